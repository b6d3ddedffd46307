// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Somebody at a browser of his own, and everything that goes wrong before his eyes or behind them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { PASSWORD } from "./house.mjs";

/** Runs before the page's own scripts: counts what only a mouse does, and breaches of the policy. A key on a button is a click without detail. */
function notes() {
  window.mouse = 0;
  window.breaches = [];
  for (const type of ["pointerdown", "mousedown", "mousemove", "wheel", "click"])
    addEventListener(type, (event) => { if (event.isTrusted && (type !== "click" || event.detail > 0)) window.mouse += 1; }, { capture: true });
  document.addEventListener("securitypolicyviolation", (event) => window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`));
}

/** `allowed`: of "STATUS METHOD /path", what may be answered with 400 and more. */
export async function visit(browser, base, { theme = "light", allowed = [], state, viewport = { width: 1440, height: 900 } } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, acceptDownloads: true, ...(state ? { storageState: state } : {}) });
  context.setDefaultTimeout(10_000);
  await context.addInitScript(notes);
  // The guide has a story of its own.
  await context.addInitScript(() => { if (localStorage.getItem("cordon.guide") === null) localStorage.setItem("cordon.guide", "left"); });
  const page = await context.newPage();
  const wrong = [], asked = [];
  const it = { context, page, base, wrong, asked, allowed: [...allowed], isDown: false };
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) wrong.push(`console: ${message.text()}`);
    if (message.type() === "warning" && /Content Security Policy/.test(message.text())) wrong.push(`policy: ${message.text()}`);
  });
  page.on("request", (request) => asked.push({ at: Date.now(), what: `${request.method()} ${new URL(request.url()).pathname}` }));
  page.on("response", (response) => {
    const what = `${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`;
    if (response.status() >= 400 && !it.allowed.some((one) => one.test(what))) wrong.push(what);
  });
  page.on("requestfailed", (request) => {
    // Left: by going elsewhere, or because another answer was wanted.
    if (!it.isDown && request.failure()?.errorText !== "net::ERR_ABORTED") wrong.push(`${request.failure()?.errorText} ${request.url()}`);
  });
  /** Fails for all that went wrong so far. */
  it.fine = async () => {
    wrong.push(...(await page.evaluate(() => window.breaches.splice(0)).catch(() => [])));
    const all = wrong.splice(0);
    assert.deepEqual(all, [], `at ${page.url()}: ${all.join("; ")}`);
  };
  it.close = async () => {
    try {
      await it.fine();
    } finally {
      await context.close();
    }
  };
  it.keys = async (...names) => { for (const name of names) await page.keyboard.press(name); };
  return it;
}

/** Nobody yet: that is not known (401) until he has signed in. */
export const UNKNOWN = [/^401 GET \/api\/(session|system)$/];

/** By keyboard alone. */
export async function signIn(visitor, name, password = PASSWORD) {
  const { page } = visitor;
  visitor.allowed.push(...UNKNOWN);
  if (page.url() === "about:blank") await page.goto(`${visitor.base}/watch`);
  await page.waitForSelector("input[name=name]");
  await tabTo(page, (element) => element.name === "name");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("header nav");
}

/** Tab, as often as it takes a person. */
export async function tabTo(page, isThere, argument, most = 90) {
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press("Tab");
    const there = await page.evaluate(() => document.activeElement instanceof HTMLElement
      ? { tag: document.activeElement.tagName, text: document.activeElement.innerText.trim(), name: document.activeElement.getAttribute("name") ?? "",
          label: document.activeElement.getAttribute("aria-label") ?? "", type: document.activeElement.getAttribute("type") ?? "", value: document.activeElement.value ?? "" } : null);
    if (there !== null && isThere(there, argument)) return there;
  }
  throw new Error(`Tab does not lead to ${isThere} ${argument ?? ""}`);
}

/** The API as somebody else sees it: not through the browser that is judged. */
export async function caller(base, name, password = PASSWORD) {
  const json = { "Content-Type": "application/json", Origin: base };
  const first = await fetch(`${base}/api/session`, { method: "POST", headers: json, body: JSON.stringify({ name, password }) });
  assert.equal(first.status, 201, await first.clone().text());
  const cookie = first.headers.get("set-cookie").split(";")[0];
  const { data } = await first.json();
  return async (path, method = "GET", body = undefined) => {
    const answer = await fetch(base + path, { method, headers: { ...json, cookie, "X-Cordon-CSRF": data.csrf }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    assert(answer.ok, `${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return text === "" ? null : JSON.parse(text).data;
  };
}

/** What axe finds serious or critical. It is put in by the debugger, past the policy that forbids the page to take it. */
const axe = readFileSync(createRequire(new URL("../../web/package.json", import.meta.url)).resolve("axe-core/axe.min.js"), "utf8");
export async function findings(page) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  assert(passes.length > 5, "axe has looked at nothing");
  return violations.filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.impact} ${one.id}: ${one.nodes.length}× ${one.nodes[0].target} ${one.nodes[0].any[0]?.message ?? one.nodes[0].failureSummary ?? ""}`);
}
