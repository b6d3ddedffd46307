// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Stories in a real browser, against a mock under load. Needs dist/ (npm run build), Chromium and a built cordon.
//   node tools/browser.mjs [--only TEXT] [--port 18602]
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { chromium } from "playwright-core";

const { values: flags } = parseArgs({ options: {
  port: { type: "string", default: "18602" }, only: { type: "string", default: "" },
  chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
} });
const root = fileURLToPath(new URL("..", import.meta.url));
const base = `http://127.0.0.1:${flags.port}`;
const LOAD = 1000; // Alerts a second that Watch must bear (the issue's figure).

async function mock(rate) {
  const child = spawn(process.execPath, [join(root, "mock/server.mjs"), "--port", flags.port, "--minutes", "4", "--rate", String(rate)], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done, failed) => {
    child.stdout.once("data", done);
    child.once("exit", () => failed(new Error("the mock did not start")));
  });
  return child;
}
const keys = async (page, ...names) => {
  for (const name of names) await page.keyboard.press(name);
};
async function login(page, name = "all") {
  await page.goto(`${base}/watch`);
  await page.fill("input[name=name]", name);
  await page.fill("input[name=password]", "x");
  await page.keyboard.press("Enter");
  await page.waitForSelector("header nav");
}
// Not page.waitForFunction: it evaluates text, which the console's policy forbids.
async function until(page, holds, argument) {
  const end = Date.now() + 10_000;
  while (!(await page.evaluate(holds, argument))) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds}`);
    await page.waitForTimeout(50);
  }
}
const toasts = (page) => page.locator(".toasts").innerText();

const stories = [
  ["twenty alerts are triaged by keyboard alone", 0, async (page) => {
    await login(page);
    await page.waitForSelector("[role=option]");
    const rows = await page.locator("[role=option]").count();
    // The example has fewer than twenty without repeats: with them there are enough.
    await page.goto(`${base}/watch?repeats=true`);
    await page.waitForSelector("[role=option]");
    for (let i = 0; i < 6; ++i) await keys(page, "j", "a");
    await until(page, () => document.querySelectorAll("[role=option]").length > 0 && document.body.innerText.includes("acknowledged, all"));
    await keys(page, "j", "x", "j", "j", "X", "i");
    await until(page, () => document.querySelector(".toasts").innerText.includes("3 alerts assigned"));
    await keys(page, "j", "n");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.type("ajskcd/?g are letters here");
    await keys(page, "Control+Enter");
    await until(page, () => document.querySelector(".toasts").innerText.includes("noted"));
    await keys(page, "Escape", "Escape", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "j", "x", "d");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.type("handled together");
    await keys(page, "Control+Enter");
    await until(page, () => document.querySelector(".toasts").innerText.includes("closed"));
    return `${rows} rows without repeats`;
  }],
  ["letters do nothing in text fields, Escape leaves a dialog, g and a letter change the screen", 0, async (page) => {
    await login(page);
    await page.waitForSelector("[role=option]");
    await page.focus("input[type=search]");
    await page.keyboard.type("jax?");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.fill("input[type=search]", "");
    await page.locator("main").focus();
    await keys(page, "?");
    await page.waitForSelector("dialog[open]");
    await keys(page, "Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    await keys(page, "g", "c");
    await page.waitForURL("**/cases");
    await keys(page, "Control+k");
    await page.waitForSelector("dialog[open] input");
    await page.keyboard.type("northbank");
    await until(page, () => document.querySelector("#lines").innerText.includes("Northbank"));
    await keys(page, "Enter");
    await page.waitForURL("**/address/**");
  }],
  ["a viewer sees everything and can change nothing", 0, async (page) => {
    await login(page, "viewer");
    await page.waitForSelector("[role=option]");
    await keys(page, "j", "Enter");
    await page.waitForSelector("aside.detail");
    assert.ok(await page.locator("aside.detail button:has-text('Acknowledge')").isDisabled());
    await keys(page, "a");
    await until(page, () => document.querySelector(".toasts").innerText.includes("needs the role analyst"));
    await page.goto(`${base}/guard/wd-7782`);
    await page.waitForSelector("h1");
    assert.ok(await page.locator("button:has-text('Approve')").isDisabled());
    await page.goto(`${base}/account`);
    assert.equal(await page.locator("text=New account").count(), 0);
  }],
  ["a wrong password says so; a lost session asks again and comes back to the same place", 0, async (page) => {
    await page.goto(`${base}/guard`);
    await page.fill("input[name=name]", "all");
    await page.fill("input[name=password]", "wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert]");
    await page.fill("input[name=password]", "x");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=wd-7782");
    await page.context().clearCookies();
    await page.click("text=wd-7782");
    await page.waitForSelector("input[name=password]");
    await page.fill("input[name=name]", "all");
    await page.fill("input[name=password]", "x");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=What it would do");
  }],
  ["a suppression shows what it hides, and needs reason and end", 0, async (page) => {
    await login(page);
    await page.waitForSelector("[role=option]");
    await keys(page, "j", "s");
    await page.waitForSelector("text=would have hidden");
    assert.ok(await page.locator("dialog footer button:has-text('Suppress')").isDisabled());
    await page.click("text=8 hours");
    await page.fill("dialog textarea", "planned migration, ticket 7");
    await page.click("dialog footer button:has-text('Suppress')");
    await until(page, () => document.querySelector(".toasts").innerText.includes("Suppressed"));
    await page.goto(`${base}/watch?panel=suppressions`);
    await page.waitForSelector("text=planned migration");
  }],
  ["a withdrawal is approved with statements signed elsewhere; another's statement is refused", 0, async (page) => {
    await login(page);
    await page.goto(`${base}/guard/wd-7783`);
    await page.waitForSelector("text=What was asked");
    await keys(page, "a");
    // No name of the policy's: who signs is chosen.
    await page.selectOption("dialog select", "carol");
    await page.waitForSelector("dialog pre");
    const text = await page.locator("dialog pre").first().textContent();
    assert.match(text, /^cordon statement v1\ndecision: approve\n/);
    await page.check("dialog input[type=checkbox]");
    await page.fill("dialog textarea", JSON.stringify({ text: text.replace("wd-7783", "wd-7782"), signature: "AA==" }));
    await page.click("text=Hand it in");
    await page.waitForSelector("text=about something else");
    await page.fill("dialog textarea", JSON.stringify({ text, signature: "AA==" }));
    await page.click("text=Hand it in");
    await until(page, () => document.querySelector("h1").innerText.includes("Allowed"));
  }],
  ["from an alert to a sealed case", 0, async (page) => {
    await login(page);
    await page.waitForSelector("[role=option]");
    await keys(page, "j", "c");
    await page.waitForURL("**/cases/c-*");
    await page.waitForSelector("text=Evidence");
    await page.click("text=Seal…");
    await page.click("text=Seal it");
    await page.waitForSelector("text=Nothing comes or goes any more");
  }],
  ["the guide goes from theft to letter, can be left and comes back", 0, async (page) => {
    await login(page);
    await page.click("text=Show me");
    for (const place of [/watch\?severity=high/, /alert=/, /guard\//, /trace\?/, /cases\//]) {
      await page.waitForURL(place);
      if (!place.test("/cases/")) await page.click("aside.guide button.primary");
    }
    await page.waitForSelector("[data-pointed]");
    await page.click("aside.guide >> text=Leave");
    await page.reload();
    await page.waitForSelector("header nav");
    assert.equal(await page.locator("aside.guide").count(), 0);
  }],
  ["hostile text stays text", 0, async (page) => {
    await login(page);
    await page.goto(`${base}/search?q=${encodeURIComponent("<img src=x onerror=alert(1)>")}`);
    await page.waitForSelector("text=Nothing is known by");
    assert.equal(await page.locator("main img").count(), 0);
    await page.goto(`${base}/address/${encodeURIComponent("javascript:alert(1)")}`);
    await page.waitForSelector("[role=alert], .note");
  }],
  [`Watch stays usable at ${LOAD} alerts a second`, LOAD, async (page) => {
    await page.addInitScript(() => {
      window.longest = 0;
      window.busy = 0;
      window.frames = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          window.longest = Math.max(window.longest, entry.duration);
          window.busy += entry.duration;
        }
      }).observe({ type: "longtask", buffered: true });
      const frame = () => ((window.frames += 1), requestAnimationFrame(frame));
      requestAnimationFrame(frame);
    });
    await login(page);
    await page.waitForSelector("[role=option]");
    await page.waitForTimeout(8000);
    await keys(page, "j", "j");
    const before = await page.locator("[role=option][aria-current=true]").getAttribute("id");
    const order = () => page.locator("[role=option]").evaluateAll((rows) => rows.slice(0, 5).map((row) => row.id).join());
    const first = await order();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const script = async () => (await session.send("Performance.getMetrics")).metrics.find((one) => one.name === "TaskDuration").value;
    const [from, since, framesBefore] = [await script(), Date.now(), await page.evaluate(() => ((window.longest = 0), window.frames))];
    await page.waitForTimeout(6000);
    assert.equal(await order(), first, "rows moved by themselves");
    const answer = Date.now();
    await keys(page, "j");
    await until(page, (id) => document.querySelector("[role=option][aria-current=true]").id !== id, before);
    const keyMs = Date.now() - answer;
    const seconds = (Date.now() - since) / 1000;
    const share = (await script() - from) / seconds;
    const { longest, frames } = await page.evaluate(() => ({ longest: window.longest, frames: window.frames }));
    const waiting = /([\d,]+) new/.exec(await page.locator(".bar").innerText());
    assert.ok(waiting !== null);
    await keys(page, ".");
    await until(page, (id) => document.querySelector("[role=option]").id !== id, first.split(",")[0]);
    const heap = await page.evaluate(() => Math.round(performance.memory.usedJSHeapSize / 1e6));
    assert.ok(keyMs < 1000, `a key took ${keyMs} ms`);
    return `${waiting[1]} waited, main thread ${(share * 100).toFixed(0)} %, longest task ${longest.toFixed(0)} ms, ${((frames - framesBefore) / seconds).toFixed(0)} frames/s, key to row ${keyMs} ms, heap ${heap} MB`;
  }],
].filter(([name]) => name.includes(flags.only));

const browser = await chromium.launch({ executablePath: flags.chromium, args: ["--no-sandbox"] });
let failed = 0;
let server = null;
let rate = -1;
try {
  for (const [name, wanted, story] of stories) {
    if (wanted !== rate) {
      server?.kill();
      server = await mock(rate = wanted);
    }
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => /Content Security Policy/.test(message.text()) && errors.push(message.text()));
    try {
      const said = await story(page);
      assert.deepEqual(errors, []);
      console.log(`good  ${name}${said ? `: ${said}` : ""}`);
    } catch (error) {
      failed += 1;
      console.log(`BAD   ${name}: ${error.message.split("\n").slice(0, 4).join(" ")} ${errors.join("; ")} [${page.url()}] ${(await toasts(page).catch(() => "")).replaceAll("\n", " ")}`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  server?.kill();
}
console.log(`${stories.length - failed} of ${stories.length} stories`);
process.exitCode = failed > 0 ? 1 : 0;
