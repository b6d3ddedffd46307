// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Who signs in, with what, and what each role sees and may, on the server of stories.mjs; the guided path; what axe finds.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

import { PASSWORD, ROLES } from "./house.mjs";
import { theft } from "./trace.mjs";
import { findings, signIn, UNKNOWN, visit } from "./visitor.mjs";

const VICTIM = "0xbd11c59168620dc1243ee90e89ccc333b159cd2a";
const THEMES = ["light", "dark"];
const GUIDE_SECONDS = 60;
const states = new Map();  // Role → the cookies of its one session.

function terminal(t, ...words) {
  const done = spawnSync(t.cordon, ["serve", ...words, "--data", join(t.folder, "data")], { input: `${PASSWORD}\n`, encoding: "utf8", timeout: 60_000 });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}
/** Signed in with an account of this role; its password was typed once. */
async function as(t, role, options = {}) {
  if (!states.has(role)) {
    terminal(t, "user", "add", role, "--role", role);
    const visitor = await visit(t.browser, t.base);
    await signIn(visitor, role);
    states.set(role, await visitor.context.storageState());
    await visitor.close();
  }
  return visit(t.browser, t.base, { ...options, state: states.get(role) });
}

/** [name, address, what there is when it is ready] of every screen, with the things of the case. */
async function screens(t) {
  const { data: system } = await t.get("/api/system");
  const trace = await theft(t);
  const alerts = (await t.get("/api/alerts?limit=500")).data.items;
  const held = (await t.get("/api/guard/withdrawals?state=all")).data.items;
  assert(alerts.length > 0 && held.length > 0, "the replay has raised nothing yet");
  const { data: kase } = await t.post("/api/cases", { title: "Of all screens", items: [{ kind: "trace", ref: trace }] });
  const tx = system.guide.split(",")[0].split(":").at(-1);
  return [
    ["watch", "/watch?phase=all", "[role=option], .empty"], ["alert", `/watch?phase=all&alert=${alerts[0].id}`, ".detail h2"],
    ["incidents", "/watch?phase=all&group=incident", "[role=option], .empty"], ["suppressions", "/watch?panel=suppressions", "h2"],
    ["nothing found", "/watch?q=nothinghasthis", ".empty"],
    ["trace start", "/trace", "h1"], ["trace", `/trace?trace=${trace}`, ".trace canvas"],
    ["guard", "/guard?tab=all", "table"], ["withdrawal", `/guard/${encodeURIComponent(held[0].request.id)}`, "h2"],
    ["breakers", "/guard?tab=breakers", "main article"], ["trip", "/guard?tab=breakers&trip=global", "main article"], ["policy", "/guard?tab=policy", "main h1"], ["unaccounted", "/guard?tab=unaccounted", "main h1"],
    ["cases", "/cases", "table"], ["sealed cases", "/cases?tab=sealed", "main h1"], ["case", `/cases/${kase.id}`, "h1"],
    ["letters", `/cases/${kase.id}?tab=letters`, "[data-guide=letter], .note"],
    ["address", `/address/${VICTIM}`, "h1"], ["txn", `/tx/${tx}`, "h1"], ["search", "/search?q=northbank", "main h1"],
    ["accounts", "/account", "h1"], ["tokens", "/account?tab=tokens", "h1"], ["log", "/account?tab=audit", "h1"], ["help", "/help", "h1"],
    ["lost", "/no/such/page", "main h1, main p"],
  ];
}
/** The replay of the case is over: theft, alerts and held withdrawals are there. */
async function played(t) {
  for (const end = Date.now() + 120_000; ;) {
    const { data } = await t.get("/api/guard/withdrawals?state=waiting");
    const { data: alerts } = await t.get("/api/alerts?severity=critical&limit=1");
    if (data.items.length > 0 && alerts.items.length > 0) return;
    assert(Date.now() < end, "nothing is held yet");
    await new Promise((done) => setTimeout(done, 1000));
  }
}
async function go({ page, base }, path, ready) {
  await page.goto(base + path);
  await page.waitForSelector("header nav");
  await page.waitForSelector(ready);
  await page.waitForTimeout(150); // What comes with it.
}

/** What would leave the page, end the session or ask somebody outside: is tried by stories of its own. */
const LEFT = /sign out|disable|enable|revoke|print|^Copy|^Guide/i;

export const stories = [
  ["a wrong password says so, too many say when, a link works once, out is out", async (t) => {
    terminal(t, "user", "add", "signer", "--role", "viewer");
    const visitor = await visit(t.browser, t.base, { allowed: [...UNKNOWN, /^(401|429) POST \/api\/session$/] });
    const { page } = visitor;
    await page.goto(`${t.base}/cases?tab=open`);
    const answer = async (password) => {
      await page.fill("input[name=name]", "signer");
      await page.fill("input[name=password]", password);
      const [said] = await Promise.all([page.waitForResponse((one) => one.url().endsWith("/api/session") && one.request().method() === "POST"), page.keyboard.press("Enter")]);
      if (said.status() !== 201) await page.waitForSelector("[role=alert]");
      return said.status();
    };
    assert.equal(await answer("not this one"), 401);
    const words = await page.locator("[role=alert]").innerText();
    assert.doesNotMatch(words, /401|undefined|Error/);
    assert.equal(await page.locator("input[name=password]").inputValue(), "", "a wrong password stays in the field");
    assert.equal(await answer(PASSWORD), 201);
    await page.waitForSelector("header nav");
    assert.match(page.url(), /\/cases\?tab=open$/, "it leads where one was going");
    // Out: the cookie counts no more, wherever it is kept.
    const cookies = await visitor.context.cookies();
    await page.click(".menu > button");
    await page.click("button:text-is('Sign out')");
    await page.waitForSelector("input[name=name]");
    await visitor.context.addCookies(cookies);
    assert.equal((await page.request.get(`${t.base}/api/alerts`)).status(), 401);
    await page.goto(`${t.base}/watch`);
    await page.waitForSelector("input[name=name]");
    // Ten and more at once: when it may be tried again is told, and the right one does not help before.
    let status = 401;
    for (let i = 0; i < 15 && status === 401; ++i) status = await answer(`guess ${i}`);
    assert.equal(status, 429, "guessing is not limited");
    assert.match(await page.locator("[role=alert]").innerText(), /in \d+ seconds?/);
    assert.equal(await answer(PASSWORD), 429);
    await page.waitForTimeout(11_000); // For the stories behind this one.
    // The link that let the first one in is used up.
    const second = await visit(t.browser, t.base, { allowed: [...UNKNOWN, /^401 POST \/api\/session$/] });
    await second.page.goto(t.entry);
    await second.page.waitForSelector("[role=alert]");
    assert.doesNotMatch(second.page.url(), /entry/, "the secret stays in the address");
    assert.equal(await second.page.locator("header nav").count(), 0);
    await second.close();
    await visitor.close();
  }],
  ["an admin makes accounts and tokens, and what he ends has ended at once", async (t) => {
    const admin = await as(t, "admin");
    const { page } = admin;
    await go(admin, "/account", "h1");
    await page.click("button:text-is('New account')");
    await page.fill("dialog input[type=text], dialog input:not([type])", "newcomer");
    await page.fill("dialog input[type=password]", PASSWORD);
    await page.check("dialog input[value=analyst]");
    await page.click("dialog button:text-is('Save')");
    const row = page.locator("tr", { hasText: "newcomer" });
    await row.waitFor();
    assert.match(await row.innerText(), /analyst/);
    const newcomer = await visit(t.browser, t.base, { allowed: [...UNKNOWN, /^401 /] });
    await newcomer.page.goto(`${t.base}/cases`);
    await signIn(newcomer, "newcomer");
    // Disabled: he is out where he stands, without touching anything, and is told why.
    await row.locator("button:text-is('Disable')").click();
    await newcomer.page.waitForSelector("text=Your session has ended", { timeout: 45_000 });
    assert.match(newcomer.page.url(), /\/cases$/);
    await newcomer.close();

    await go(admin, "/account?tab=tokens", "h1");
    await page.click("button:text-is('New token')");
    await page.fill("dialog input:not([type=checkbox]):not([inputmode])", "nightly");
    await page.click("dialog button:text-is('Make it')");
    await page.waitForSelector("text=is shown this once");
    const secret = (await page.locator(".note.warn .mono, .note.warn code").first().innerText()).trim();
    const asked = async (path) => (await fetch(t.base + path, { headers: { Authorization: `Bearer ${secret}` } })).status;
    assert.equal(await asked("/api/alerts"), 200);
    assert.equal(await asked("/api/accounts"), 403);
    await page.click("tr:has-text('nightly') button:text-is('Revoke')");
    await page.waitForSelector("tr:has-text('nightly')", { state: "detached" });
    assert.equal(await asked("/api/alerts"), 401);
    await go(admin, "/account?tab=audit", "table");
    const log = await page.locator("table").innerText();
    for (const what of [/newcomer/, /nightly/]) assert.match(log, what);
    assert(!log.includes(secret), "the log has the secret");
    await admin.close();
  }, 120],
  ["every role walks every screen in both themes, and nothing is offered that is refused", async (t) => {
    await played(t);
    const all = await screens(t);
    let pressed = 0;
    for (const role of ROLES) {
      const once = new Set();
      for (const theme of THEMES) {
        const visitor = await as(t, role, { theme });
        const { page } = visitor;
        visitor.allowed.push(/^400 /, /^409 /);  // A question without words, a case that cannot be sealed: said in words, and no lack of a right.
        for (const [name, path, ready] of all) {
          try {
            await go(visitor, path, ready);
            if (theme === "light") pressed += await pressAll(visitor, path, ready, once);
            await visitor.fine();
          } catch (error) {
            throw new Error(`${role}, ${theme}, ${name}: ${error.message}`);
          }
        }
        await visitor.close();
      }
    }
    assert(pressed > 200, `${pressed} buttons only`);
    return `${ROLES.length} roles × ${all.length} screens × ${THEMES.length} themes, ${pressed} buttons`;
  }, 600],
  ["axe finds nothing serious on any screen or dialog, in both themes", async (t) => {
    await played(t);
    await as(t, "viewer").then((visitor) => visitor.close()); // An account to look at.
    const all = await screens(t);
    const bad = [];
    let looked = 0;
    for (const theme of THEMES) {
      const look = async (page, name) => {
        looked += 1;
        for (const one of await findings(page)) bad.push(`${name}, ${theme}: ${one}`);
      };
      const nobody = await visit(t.browser, t.base, { theme, allowed: UNKNOWN });
      await nobody.page.goto(`${t.base}/watch`);
      await nobody.page.waitForSelector("input[name=name]");
      await look(nobody.page, "sign in");
      await nobody.close();
      // The first one has all roles but cannot be had twice: the session of the stories' own page.
      const visitor = await visit(t.browser, t.base, { theme, state: await t.page.context().storageState() });
      const { page } = visitor;
      for (const [name, path, ready] of all) {
        await go(visitor, path, ready);
        await look(page, name);
      }
      for (const [name, path, ready, act] of DIALOGS(all)) {
        try {
          await go(visitor, path, ready);
          await act(visitor);
          await page.waitForSelector("dialog[open], .menu .panel");
          await page.waitForTimeout(300);
          await look(page, name);
        } catch (error) {
          bad.push(`${name}, ${theme}: ${error.message}`);
        }
      }
      await visitor.close();
    }
    assert.deepEqual(bad, [], bad.join("\n"));
    return `${looked} looks`;
  }, 300],
  ["a newcomer walks the guided path in a minute, and what it points at can be seen", async (t) => {
    await played(t);
    await as(t, "analyst").then((visitor) => visitor.close());
    const visitor = await visit(t.browser, t.base, { state: { ...states.get("analyst"), origins: [] } });
    const { page } = visitor;
    await page.goto(`${t.base}/watch`);
    await page.waitForSelector("header nav");
    await page.evaluate(() => localStorage.removeItem("cordon.guide"));
    await visitor.context.addInitScript(() => { if (localStorage.getItem("cordon.guide") === "left") localStorage.removeItem("cordon.guide"); });
    await page.reload();
    await page.waitForSelector("aside.guide");
    const began = Date.now();
    await page.click("aside.guide button.primary");
    const steps = [[/watch\?severity=high/, ".item.at, [role=option]"], [/alert=/, ".detail"], [/guard\//, ".reasons"], [/trace\?trace=/, ".trace canvas"], [/cases\/.*letters/, "[data-guide=letter]"]];
    for (const [i, [place, shown]] of steps.entries()) {
      await page.waitForURL(place);
      await page.waitForSelector(shown);
      await page.waitForTimeout(700); // A person reads; labels and marks come.
      const over = await covered(page);
      assert.deepEqual(over, [], `step ${i + 1}: the guide lies over ${over.join(", ")}`);
      const words = await page.locator("aside.guide").innerText();
      assert.doesNotMatch(words, /not there|There is no|Nothing waits/, `step ${i + 1}: ${words}`);
      if (i !== 3) {
        await page.waitForSelector("[data-pointed]");
        assert(await page.locator("[data-pointed]").first().evaluate(isSeen), `step ${i + 1}: what is pointed at is not to be seen`);
      }
      if (i < 4) await page.click("aside.guide button:has-text('Next')");
    }
    const seconds = (Date.now() - began) / 1000;
    assert(seconds < GUIDE_SECONDS, `${seconds} s`);
    await page.locator("[data-guide=letter]").first().click();
    await page.waitForSelector("pre.mono:has-text('DRAFT')");
    await page.click("aside.guide button:text-is('Done')");
    await page.waitForSelector("aside.guide", { state: "detached" });
    await visitor.close();
    return `${seconds.toFixed(1)} s from theft to letter`;
  }, 200],
];

/** Dialogs and what else opens, with the screen on which each does. */
function DIALOGS(all) {
  const on = (name) => all.find(([one]) => one === name).slice(1, 3);
  const click = (text) => async ({ page }) => page.locator(`main button:has-text("${text}"):visible`).first().click();
  const press = (...names) => async ({ page, keys }) => (await page.waitForTimeout(100), keys(...names));
  return [
    ["note dialog", ...on("alert"), press("n")], ["close dialog", ...on("watch"), press("j", "d")], ["suppress dialog", ...on("watch"), press("j", "s")],
    ["assign dialog", ...on("alert"), click("Assign…")], ["palette", ...on("watch"), press("Control+k")], ["keys", ...on("watch"), press("?")],
    ["menu", ...on("watch"), async ({ page }) => page.click(".menu > button")],
    ["new case", ...on("cases"), press("c")], ["seal dialog", ...on("case"), click("Seal…")],
    ["new account", ...on("accounts"), click("New account")], ["change account", ...on("accounts"), click("Change…")], ["new token", ...on("tokens"), click("New token")],
  ];
}

/**
 * Presses each button of the screen that can be pressed; the filters and tabs that a screen shows with each of its tabs once in all
 * (`once`: what this role has pressed). Only a refusal fails: what happens then, other stories ask. Returns how many.
 */
async function pressAll(visitor, path, ready, once) {
  const { page } = visitor;
  const screen = path.split("?")[0];
  const buttons = () => page.locator("main button:visible:enabled");
  const names = await buttons().evaluateAll((all) => all.map((one) => one.innerText.trim().replace(/\s+/g, " ")));
  let pressed = 0;
  for (const name of names) {
    if (name === "" || LEFT.test(name) || once.has(`${screen} ${name}`)) continue;
    once.add(`${screen} ${name}`);
    const button = buttons().filter({ hasText: name.split(" ")[0] });
    if (await button.count() === 0) continue;
    await button.first().click({ timeout: 3000 }).catch((error) => { if (!/Timeout|detached|intercepts/.test(error.message)) throw error; });
    pressed += 1;
    await page.waitForTimeout(60);
    const refused = visitor.wrong.filter((one) => /^40[13] /.test(one));
    assert.deepEqual(refused, [], `“${name}” is offered and refused`);
    const here = new URL(page.url());
    if (await page.locator("dialog").count() > 0) await page.keyboard.press("Escape");
    if (here.pathname + here.search === path) continue;
    // Back as a link leads there: reading the whole page anew for each button takes ten minutes.
    await page.evaluate((to) => { history.pushState(null, "", to); dispatchEvent(new PopStateEvent("popstate")); }, path);
    await page.waitForSelector(ready);
  }
  return pressed;
}

function isSeen(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  const there = document.elementFromPoint(Math.min(innerWidth - 2, left + width / 2), Math.min(innerHeight - 2, top + Math.min(height / 2, 20)));
  return width > 0 && there !== null && (element.contains(there) || there.contains(element));
}
/** Text of the screen that lies, seen, below the guide. */
const covered = (page) => page.evaluate(() => {
  const guide = document.querySelector("aside.guide").getBoundingClientRect();
  const main = document.querySelector("main");
  const over = [];
  for (const one of main.querySelectorAll("button, a, h1, h2, canvas, .flow-labels, .flow-labels *")) {
    const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
    if (width === 0 || height === 0 || getComputedStyle(one).visibility === "hidden") continue;
    // Cut off by what scrolls is not covered: only what main itself shows counts.
    const shown = main.getBoundingClientRect();
    if (top < guide.bottom && bottom > guide.top + 1 && left < guide.right && right > guide.left && shown.bottom > guide.top + 1) over.push(`${one.tagName}.${one.className}`.slice(0, 60));
  }
  return [...new Set(over)].slice(0, 5);
});
