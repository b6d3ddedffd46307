// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Screenshots of every screen in both themes, from a mock that it starts itself, and axe's findings on each. To be looked at.
//   node tools/shots.mjs [--out DIR] [--only NAME] [--port 18601] [--width 1440] [--height 900] [--scale 1]
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: flags } = parseArgs({ options: {
  out: { type: "string", default: "out/shots" }, only: { type: "string", default: "" }, port: { type: "string", default: "18601" },
  width: { type: "string", default: "1440" }, height: { type: "string", default: "900" }, scale: { type: "string", default: "1" },
  themes: { type: "string", default: "dark,light" }, chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
} });
const root = fileURLToPath(new URL("..", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const base = `http://127.0.0.1:${flags.port}`;
const VICTIM = "0xbd11c59168620dc1243ee90e89ccc333b159cd2a";
const THEFT = "0xc69d3538e87ec3dc463c4467b5efe0945fe00a420cf12fb15747b3bab9e49794";

const press = (...keys) => async (page) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** [name, address, what to do there, signed in as] */
const screens = [
  ["login", "/login", null, ""],
  ["watch", "/watch"],
  ["watch-open", "/watch", press("j", "j", "j", "j", "Enter")],
  ["watch-suppress", "/watch", press("j", "j", "s")],
  ["watch-incidents", "/watch?group=incident", press("j", "x", "j", "j", "X")],
  ["watch-empty", "/watch?q=nothinghasthis"],
  ["trace", "/trace"],
  ["guard", "/guard"],
  ["guard-one", "/guard/wd-7782"],
  ["guard-denied", "/guard/wd-7781"],
  ["guard-sign", "/guard/wd-7782", press("a")],
  ["guard-policy", "/guard?tab=policy"],
  ["guard-breakers", "/guard?tab=breakers"],
  ["cases", "/cases"],
  ["case", "/cases", press("j", "Enter")],
  ["case-letters", "/cases", async (page) => {
    await press("j", "Enter")(page);
    await page.waitForURL(/cases\/c-/);
    await page.goto(`${page.url()}?tab=letters`);
  }],
  ["address", `/address/${VICTIM}`],
  ["address-counterparties", `/address/${VICTIM}?tab=out`],
  ["txn", `/tx/${THEFT}`],
  ["search", "/search?q=northbank"],
  ["palette", "/watch", press("Control+k")],
  ["keys", "/watch", press("?")],
  ["help", "/help"],
  ["account", "/account"],
  ["lost", "/no/such/page"],
].filter(([name]) => name.includes(flags.only));

const mock = spawn(process.execPath, [join(root, "mock/server.mjs"), "--port", flags.port, "--minutes", "5", "--rate", "0"], { stdio: ["ignore", "pipe", "inherit"] });
await new Promise((done, failed) => {
  mock.stdout.once("data", done);
  mock.once("exit", () => failed(new Error("the mock did not start")));
});
mkdirSync(flags.out, { recursive: true });
const browser = await chromium.launch({ executablePath: flags.chromium, args: ["--no-sandbox"] });
let serious = 0;
try {
  for (const theme of flags.themes.split(",")) {
    const context = await browser.newContext({ viewport: { width: Number(flags.width), height: Number(flags.height) }, colorScheme: theme, deviceScaleFactor: Number(flags.scale), reducedMotion: "reduce" });
    for (const [name, path, act, user = "all"] of screens) {
      const page = await context.newPage();
      page.on("pageerror", (error) => console.log(`${name} ${theme}: ERROR ${error.message}`));
      page.on("console", (message) => message.type() === "error" && !/401|403|404/.test(message.text()) && console.log(`${name} ${theme}: ${message.text()}`));
      if (user !== "" && (await context.cookies()).length === 0) await context.request.post(`${base}/api/session`, { data: { name: user, password: "x" } });
      if (user === "") await context.clearCookies();
      await page.goto(base + path);
      await page.waitForTimeout(700);
      if (act) await act(page);
      await page.waitForTimeout(500);
      await page.screenshot({ path: join(flags.out, `${name}-${theme}.png`) });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (sideways > 0) console.log(`${name} ${theme}: the page scrolls sideways by ${sideways}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const one of violations) {
        if (one.impact === "serious" || one.impact === "critical") serious += 1;
        console.log(`${name} ${theme}: axe ${one.impact} ${one.id}: ${one.nodes.length}× ${one.nodes[0].target} ${one.nodes[0].any[0]?.message ?? ""}`);
      }
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
  mock.kill();
}
console.log(`${screens.length} screens, ${serious} serious findings of axe`);
process.exitCode = serious > 0 ? 1 : 0;
