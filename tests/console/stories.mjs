// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Runs the stories of trace.mjs and cases.mjs in Chromium against `cordon serve --case`, each in a page of its own.
//   node stories.mjs --cordon PROGRAM --case FOLDER [--only TEXT] [--port 18710] [--chromium PROGRAM] [--dark]
//   node stories.mjs … --pictures docs/user/img    makes the pictures of the documentation anew instead
// Console errors, failed requests and violations of the policy fail a story. Ends with "N passed, N failed, N skipped".
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { stories as ofCases } from "./cases.mjs";
import { pictures } from "./pictures_trace.mjs";
import { stories as ofTrace } from "./trace.mjs";

const { values: flags } = parseArgs({ options: {
  cordon: { type: "string" }, case: { type: "string" }, only: { type: "string", default: "" }, port: { type: "string", default: "18710" },
  chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" }, dark: { type: "boolean", default: false },
  pictures: { type: "string" },
} });
const LIVES_SECONDS = "300"; // Whatever becomes of us.
const STORY_MS = 20_000;
const stories = [...ofTrace, ...ofCases].filter(([name]) => name.includes(flags.only));

if (!existsSync(flags.chromium)) {
  console.log(`${flags.chromium}: not there\n0 passed, 0 failed, ${stories.length} skipped`);
  process.exit(0);
}
// The console's own part: nothing more to install.
const { chromium } = await import("../../web/node_modules/playwright-core/index.mjs");

const folder = mkdtempSync(join(tmpdir(), "cordon-console-"));
const server = spawn("timeout", ["--foreground", LIVES_SECONDS, flags.cordon, "serve", "--case", flags.case, "--data", join(folder, "data"),
  "--listen", `127.0.0.1:${flags.port}`, "--open"], { stdio: ["ignore", "pipe", "ignore"] });
process.once("exit", () => { server.kill("SIGTERM"); });
const entry = await new Promise((done, failed) => {
  let text = "";
  server.stdout.on("data", (chunk) => {
    text += chunk;
    const link = /http:\S+#entry=\w+/.exec(text);
    if (link) done(link[0]);
  });
  server.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
});
const base = new URL(entry).origin;

/** Not page.waitForFunction: it evaluates text, which the console's policy forbids. */
async function until(page, holds, argument) {
  const end = Date.now() + 10_000;
  while (!(await page.evaluate(holds, argument))) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds}`);
    await page.waitForTimeout(50);
  }
}

const browser = await chromium.launch({ executablePath: flags.chromium,
  args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
const context = await browser.newContext({ viewport: flags.pictures ? { width: 1280, height: 800 } : { width: 1440, height: 900 }, acceptDownloads: true, colorScheme: flags.dark ? "dark" : "light" });
context.setDefaultTimeout(10_000);
let passed = 0, failed = 0;
const first = await context.newPage();
await first.goto(entry);
await first.waitForSelector("header nav");
// The tour has stories of its own.
await first.evaluate(() => localStorage.setItem("cordon.guide", "left"));
await first.close();
/** GET and POST of the API in the page's session. */
const caller = (page, method) => (path, body) => page.evaluate(async ([how, where, what]) => {
  const { data: session } = await (await fetch("/api/session")).json();
  const answer = await fetch(where, { method: how, ...(what === undefined ? {} : { body: JSON.stringify(what) }),
    headers: { "Content-Type": "application/json", "X-Cordon-CSRF": session.csrf } });
  return answer.json();
}, [method, path, body]);
if (flags.pictures) {
  const page = await context.newPage();
  await page.goto(`${base}/help`);
  await page.waitForSelector("header nav");
  for (const [name, lead] of pictures) {
    await lead({ page, base, until, get: caller(page, "GET"), post: caller(page, "POST") });
    await page.waitForTimeout(800); // Labels come a frame after the ribbons.
    await page.screenshot({ path: join(flags.pictures, `${name}.jpg`), quality: 74 });
  }
  stories.length = 0;
}
for (const [name, run] of stories) {
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !/Failed to load resource/.test(message.text())) wrong.push(message.text()); });
  // 400 is what a story about a wrong question asks for, and what it then sees told.
  page.on("response", (response) => { if (response.status() > 400) wrong.push(`${response.status()} ${response.url()}`); });
  await page.goto(`${base}/help`);
  await page.waitForSelector("header nav");
  let timer;
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error("took too long")), STORY_MS * 3); });
  try {
    await Promise.race([run({ page, base, folder, cordon: flags.cordon, until, get: caller(page, "GET"), post: caller(page, "POST") }), late]);
    if (wrong.length > 0) throw new Error(`the console said: ${wrong.join("; ")}`);
    ++passed;
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n        ${String(error?.stack ?? error).slice(0, 1500).replaceAll("\n", "\n        ")}`);
    await page.screenshot({ path: join(tmpdir(), `failed-${failed}.png`) }).catch(() => undefined);
  }
  clearTimeout(timer);
  await page.close();
}
await browser.close();
// It writes until it ends.
const ended = new Promise((done) => server.once("exit", done));
server.kill("SIGTERM");
await ended;
rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
