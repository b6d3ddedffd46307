// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Runs the stories of trace.mjs, cases.mjs, watch.mjs and people.mjs in Chromium against `cordon serve --case`, each in a page of its own.
//   node stories.mjs --cordon PROGRAM --case FOLDER [--only TEXT] [--port 18710] [--chromium PROGRAM] [--dark]
// Console errors, failed requests and violations of the policy fail a story. Ends with "N passed, N failed, N skipped".
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { stories as ofCases } from "./cases.mjs";
import { stories as ofPeople } from "./people.mjs";
import { browse, ofPage, serve, until } from "./served.mjs";
import { stories as ofTrace } from "./trace.mjs";
import { stories as ofWatch } from "./watch.mjs";

const { values: flags } = parseArgs({ options: {
  cordon: { type: "string" }, case: { type: "string" }, only: { type: "string", default: "" }, port: { type: "string", default: "18710" },
  chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" }, dark: { type: "boolean", default: false },
} });
const LIVES_SECONDS = 2400; // Whatever becomes of us. All stories took ten minutes on two busy cores.
const STORY_SECONDS = 60; // Unless the story says otherwise.
const stories = [...ofTrace, ...ofCases, ...ofPeople, ...ofWatch].filter(([name]) => name.includes(flags.only));

if (!existsSync(flags.chromium)) {
  console.log(`${flags.chromium}: not there\n0 passed, 0 failed, ${stories.length} skipped`);
  process.exit(0);
}
const { base, entry, folder, end } = await serve({ cordon: flags.cordon, theft: flags.case, port: flags.port, seconds: LIVES_SECONDS });
const browser = await browse(flags.chromium);
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, colorScheme: flags.dark ? "dark" : "light" });
context.setDefaultTimeout(10_000);
let passed = 0, failed = 0;
const first = await context.newPage();
await first.goto(entry);
await first.waitForSelector("header nav");
// The tour has stories of its own.
await first.evaluate(() => localStorage.setItem("cordon.guide", "left"));
await first.close();
for (const [name, run, seconds = STORY_SECONDS] of stories) {
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/Failed to load resource/.test(message.text())) wrong.push(message.text()); });
  // 400 is what a story about a wrong question asks for, and what it then sees told.
  page.on("response", (response) => { if (response.status() > 400) wrong.push(`${response.status()} ${response.url()}`); });
  await page.goto(`${base}/help`);
  await page.waitForSelector("header nav");
  let timer;
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error("took too long")), seconds * 1000); });
  try {
    const said = await Promise.race([run({ page, base, browser, entry, folder, cordon: flags.cordon, until, get: ofPage(page, "GET"), post: ofPage(page, "POST") }), late]);
    if (wrong.length > 0) throw new Error(`the console said: ${wrong.join("; ")}`);
    ++passed;
    console.log(`ok      ${name}${said ? `: ${said}` : ""}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n        ${String(error?.stack ?? error).slice(0, 1500).replaceAll("\n", "\n        ")}`);
    await page.screenshot({ path: join(tmpdir(), `failed-${failed}.png`) }).catch(() => undefined);
  }
  clearTimeout(timer);
  await page.close();
}
await browser.close();
await end();
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
