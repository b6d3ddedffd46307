// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// From a trace to a sealed archive that another machine checks. Stories get what those of trace.mjs get, and {cordon, folder}.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openTrace, theft } from "./trace.mjs";

export const stories = [
  ["a trace becomes a case with one key, and the case says where it can be frozen", async (t) => {
    const { page, until } = t;
    await openTrace(t);
    await page.keyboard.press("c");
    await until(page, () => location.pathname.startsWith("/cases/"));
    await page.waitForSelector("h2:has-text('Where it can be frozen')");
    await page.waitForSelector("text=/\\d+ draft letters/");
    const panel = await page.locator("section:has(h2:text-is('Where it can be frozen'))").innerText();
    for (const service of ["Longspan Bridge", "Northbank Exchange", "Tern Exchange", "Lucky Heron"]) assert.match(panel, new RegExp(service));
    assert.doesNotMatch(panel, /Fogbank/, "a mixer has no letter");
    const title = await page.locator("h1").innerText();
    assert.doesNotMatch(title, /[0-9a-f]{16}/, "a title is words");
  }],
  ["letters are read, printed, saved; what no letter asks for is told", async (t) => {
    const { page, get } = t;
    await openTrace(t);
    await page.click("button:text-is('Draft letters')");
    await page.waitForSelector("[data-guide=letter]");
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const { data } = await get(`/api/cases/${id}/letters`);
    assert.equal(await page.locator("[data-guide=letter]").count(), data.items.length);
    await page.locator("[data-guide=letter]").first().click();
    await page.waitForSelector("pre.mono:has-text('DRAFT')");
    await page.waitForSelector("h2:has-text('What no letter asks for')");
    assert.match(await page.locator("main").innerText(), /Fogbank[^]*mixer/);
    for (const [ending, holds] of [["html", /Draft for counsel/i], ["csv", /^chain,block,time/]]) {
      const answer = await page.request.get(`${t.base}/api/cases/${id}/letters/${data.items[0].key}.${ending}`);
      assert.equal(answer.status(), 200);
      assert.match(await answer.text(), holds);
    }
  }],
  ["one letter alone is drafted, on whose word is filled in once, and the others can be had too", async (t) => {
    const { page, base, get } = t;
    await openTrace(t);
    await page.click("button[aria-label='Its letter alone, to Northbank Exchange (synthetic)']");
    await page.waitForSelector("[data-guide=letter]");
    const id = new URL(page.url()).pathname.split("/").at(-1);
    assert.equal(await page.locator("[data-guide=letter]").count(), 1, "more than one letter");
    await page.waitForSelector("text=Not told: organisation, name, role, telephone, e-mail");
    await page.click("section:has(h2:text-is('Who writes them')) button:text-is('Fill in')");
    await page.getByLabel("Organisation", { exact: true }).fill("Examplia Ltd");
    await page.getByLabel("Name", { exact: true }).fill("Ana <b>Ruiz");
    await page.getByLabel("Telephone, day and night").fill("+1 555 0100");
    await page.getByLabel("Hold until").fill("2026-12-31, 12:00 UTC");
    await page.keyboard.press("Enter");
    await page.waitForSelector("section:has(h2:text-is('Who writes them')) dd:text-is('Ana <b>Ruiz')");
    await page.waitForSelector("text=Not told: role, e-mail");
    await page.locator("[data-guide=letter]").click();
    const text = await page.locator("pre.mono:has-text('At a glance')").innerText();
    for (const part of ["Examplia Ltd, Ana <b>Ruiz", "+1 555 0100", "2026-12-31, 12:00 UTC", "Before you act"]) assert.ok(text.includes(part), part);
    const { data: kase } = await get(`/api/cases/${id}`);
    assert.ok(kase.history.some(({ what }) => what === "sender"), "the history does not have it");
    const bridge = await page.request.get(`${base}/api/cases/${id}/letters/longspan-bridge-synthetic.html`);
    assert.equal(bridge.status(), 404, "a letter that nobody asked for");
    await page.click("button:has-text('Draft all')");
    const { data: all } = await get(`/api/cases/${id}/letters`);
    await t.until(page, (many) => document.querySelectorAll("[data-guide=letter]").length === many, all.items.length);
    // Whoever reads the log sees that it was changed.
    const { data: audit } = await get("/api/audit?limit=50");
    assert.ok(audit.items.some(({ target, what }) => JSON.stringify([target, what]).includes(id)), "the log does not have it");
  }],
  ["a sealing tells its steps, is not lost with its dialog, and is told to who comes later", async (t) => {
    const { page, base, get, post } = t;
    const trace = await theft(t);
    const { data: kase } = await post("/api/cases", { title: "Sealed behind a closed dialog", items: [{ kind: "trace", ref: trace }] });
    // Seen in the page as they come: the events of the steps, whatever the clock does.
    await page.goto(`${base}/cases/${kase.id}`);
    await page.click("button:text-is('Seal…')");
    await page.waitForSelector("dialog >> text=Nobody is told as the sender");
    await page.evaluate(() => {
      window.told = [];
      new MutationObserver(() => {
        const now = document.querySelector("dialog [aria-current=step]")?.textContent;
        if (now && window.told.at(-1) !== now) window.told.push(now);
      }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    await page.click("dialog button:text-is('Seal it')");
    await page.waitForSelector("dialog ol li");
    assert.equal(await page.locator("dialog ol li").count(), 5);
    await page.click("dialog button:has-text('Close, and go on')");
    await page.waitForSelector("text=Nothing comes or goes any more", { timeout: 60_000 });
    assert.ok((await page.evaluate(() => window.told)).length >= 1, "no step was told");
    const { data } = await get(`/api/cases/${kase.id}`);
    assert.equal(data.state, "sealed");
    assert.equal(data.sealing, undefined);
  }],
  ["a case is written, noted, sealed, and verified in another folder", async (t) => {
    const { page, base, get, until } = t;
    await openTrace(t);
    await page.keyboard.press("c");
    await page.waitForSelector("button:text-is('Seal…')");
    const id = new URL(page.url()).pathname.split("/").at(-1);
    await page.click("section:has(h2:text-is('Story')) button:text-is('Edit')");
    await page.fill("textarea.tall", "A hot wallet was emptied on a Sunday.");
    await page.click("button:text-is('Save')");
    await page.waitForSelector("text=A hot wallet was emptied");
    await page.keyboard.press("n");
    await page.fill("section:has(h2:text-is('Evidence')) textarea", "Bridge called at nine");
    await page.click("button:text-is('Add')");
    await page.waitForSelector(".item:has-text('Bridge called at nine')");
    const report = await page.request.get(`${base}/api/cases/${id}/report.html`);
    assert.match(await report.text(), /A hot wallet was emptied/);
    await page.click("button:text-is('Seal…')");
    await page.click("dialog button:text-is('Seal it')");
    await page.waitForSelector("text=Nothing comes or goes any more", { timeout: 60_000 });
    const link = page.locator("a:text-is('Archive (zip)')");
    const [file] = await Promise.all([page.waitForEvent("download"), link.click()]);
    const folder = mkdtempSync(join(t.folder, "elsewhere-"));
    const zip = join(folder, "case.zip");
    await file.saveAs(zip);
    const good = spawnSync(t.cordon, ["report", "verify", zip], { cwd: folder, timeout: 30_000, encoding: "utf8" });
    assert.equal(good.status, 0, good.stdout + good.stderr);
    // One byte of it, somewhere in its middle.
    const bytes = readFileSync(zip);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    writeFileSync(zip, bytes);
    const bad = spawnSync(t.cordon, ["report", "verify", zip], { cwd: folder, timeout: 30_000, encoding: "utf8" });
    assert.notEqual(bad.status, 0, "a changed archive was believed");
    // Sealed: nothing offers a change, and the server refuses one.
    assert.equal(await page.locator("button:has-text('Add a note')").isDisabled(), true);
    const { data } = await get(`/api/cases/${id}`);
    assert.equal(data.state, "sealed");
    await page.click("text=History");
    await until(page, () => /seal/.test(document.querySelector("main").innerText));
    await page.goto(`${base}/cases?tab=sealed`);
    await page.waitForSelector(`a[href='/cases/${id}']`);
  }],
];
