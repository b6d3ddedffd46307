// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What an investigator does on Trace, on the address and txn pages and in the search, against a real server over the made-up case.
// A story gets {page, base, get, post, until}: a signed-in page, GET and POST of the API in its session, and a wait for what holds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const shown = (page) => page.waitForSelector(".trace canvas");

/** Asks for the trace of the case that the server was started with, and waits until it is there. */
export async function theft({ get, post }) {
  const { data: system } = await get("/api/system");
  let { data: job } = await post("/api/traces", { seeds: system.guide });
  const end = Date.now() + 20_000;
  while (job.state === "waiting" || job.state === "running") {
    assert(Date.now() < end, "the trace takes too long");
    await new Promise((done) => setTimeout(done, 50));
    job = (await get(`/api/traces/${job.id}`)).data;
  }
  assert.equal(job.state, "done", JSON.stringify(job));
  return job.id;
}
/** Opens the trace and chooses the first node of the picture's table that `fits`; back to the picture. */
export async function openTrace(t) {
  const id = await theft(t);
  await t.page.goto(`${t.base}/trace?trace=${id}`);
  await shown(t.page);
  await t.page.waitForSelector("aside h2:has-text('Who can freeze it')");
  return id;
}
async function choose({ page }, name) {
  if (await page.locator("[role=treegrid]").count() === 0) await page.click("button:text-is('Table')");
  // Columns are folded but for the first two.
  for (let i = 0; i < 12 && await page.locator("tr[aria-level='1'][aria-expanded=false]").count() > 0; ++i)
    await page.locator("tr[aria-level='1'][aria-expanded=false]").first().click();
  await page.locator("tr[aria-level='2']", { hasText: name }).first().click();
  await page.waitForSelector("aside .acts");
}
const toPicture = async ({ page }) => { await page.click("button:text-is('Picture')"); await shown(page); await page.locator(".flow").focus(); };
/** What a click on a link or button saves, as text. */
async function saved({ page }, locator) {
  const [file] = await Promise.all([page.waitForEvent("download"), locator.click()]);
  return readFileSync(await file.path());
}
const layoutSaid = (page) => page.waitForResponse((response) => response.url().includes("/layout") && response.status() === 200);

export const stories = [
  ["one figure has one name and one value: beside the picture, in the summary, the report and the letters", async (t) => {
    const { page, base, get, post } = t;
    const id = await openTrace(t);
    const { data: summary } = await get(`/api/traces/${id}/summary`);
    const percent = (part) => (part >= 0.999 && part < 1 ? ">99.9 %" : part >= 1 ? "100 %" : `${(part * 100).toFixed(1)} %`);
    const aside = await page.locator(".trace aside").innerText();
    const freezable = percent(summary.freezable / summary.traced);
    assert.ok(aside.includes(`(${freezable} of all traced)`), aside);
    for (const word of ["stolen", "Shares of all that was traced"]) assert.ok(aside.includes(word), word);
    // Shares of places that do not overlap are of one whole.
    const sum = summary.reached.reduce((all, { share }) => all + share, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
    const { data: kase } = await post("/api/cases", { items: [{ kind: "trace", ref: id }] });
    const report = (await (await page.request.get(`${base}/api/cases/${kase.id}/report.html`)).text()).replace(/<[a-z/][^>]*>/g, "");
    assert.ok(report.includes(`${percent(summary.named / summary.traced)} lies at`), "the report says another share of what is at services");
    assert.ok(report.includes(`(${freezable} at those that hold money for others`), "the report says another share of what can be asked for");
    // A service's share of the console is its letter's amount of all that was traced.
    const { data: letters } = await get(`/api/cases/${kase.id}/letters`);
    for (const letter of letters.items.filter(({ kind }) => kind === "service")) {
      const service = summary.services.find(({ key }) => key === letter.key);
      assert.ok(service, letter.key);
      const of = (rows, name) => rows.map((row) => `${row.chain} ${row.asset} ${row[name]}`).sort().join();
      assert.equal(of(letter.totals, "stolen"), of(service.tainted, "amount"), letter.key);
    }
  }],
  ["five rules stand side by side; those that are missing are traced, and one opens", async (t) => {
    const { page, get, until } = t;
    const id = await openTrace(t);
    await page.click("button:text-is('Rules')");
    await page.waitForSelector("table[aria-label='Rules compared']");
    const ask = page.locator("button:has-text('missing rule')");
    if (await ask.count() > 0) { await ask.focus(); await page.keyboard.press("Enter"); }
    await until(page, () => document.querySelectorAll("table[aria-label='Rules compared'] thead a").length === 4);
    const { data } = await get(`/api/traces/${id}/rules`);
    assert.deepEqual(data.items.map(({ policy, trace }) => [policy, trace.state]), ["fifo", "lifo", "tiho", "haircut", "poison"].map((rule) => [rule, "done"]));
    const cells = await page.locator("table[aria-label='Rules compared'] tbody tr", { hasText: "stolen" }).first().locator("td").allInnerTexts();
    assert.equal(cells.length, 6);
    // What was stolen is no matter of a rule.
    assert.equal(new Set(cells.slice(0, 4)).size, 1, cells.join());
    assert.match(await page.locator("table[aria-label='Rules compared']").innerText(), /Northbank Exchange/);
    const other = data.items.find(({ policy }) => policy === "fifo").trace.id;
    await page.click("table[aria-label='Rules compared'] thead a:text-is('fifo')");
    await until(page, (want) => location.search.includes(want), other);
    await shown(page);
  }],
  ["the start offers the case, and asks its trace", async (t) => {
    const { page, base, until } = t;
    await page.goto(`${base}/trace`);
    await page.click("text=Trace this theft");
    await shown(page);
    await until(page, () => location.search.startsWith("?trace="));
    const aside = await page.locator(".trace aside").innerText();
    assert.match(aside, /stolen/);
    assert.match(aside, /services that hold money for others/);
    // One holder is one service, whatever its addresses are called.
    assert.equal((aside.match(/Northbank Exchange/g) ?? []).length, 1, aside);
    await page.goto(`${base}/trace`);
    await page.waitForSelector("text=Traces of this server");
  }],
  ["a question typed by hand is asked, a wrong one is told", async ({ page, base, get }) => {
    const { data } = await get("/api/system");
    await page.goto(`${base}/trace`);
    await page.fill("input[placeholder^='address, txn']", "nonsense");
    await page.click("button:text-is('Trace the money')");
    await page.waitForSelector("[role=alert], .note.bad");
    await page.goto(`${base}/trace`);
    await page.fill("input[placeholder^='address, txn']", data.guide.split(",")[0]);
    await page.click("button:text-is('Trace the money')");
    await shown(page);
  }],
  ["a fold opens, closes, and undo and redo go through it", async (t) => {
    const { page } = t;
    await openTrace(t);
    await choose(t, "×");
    await toPicture(t);
    const [opened] = await Promise.all([layoutSaid(page), page.keyboard.press("Enter")]);
    assert.match(opened.url(), /open=/);
    const more = (await opened.json()).data.nodes.length;
    const [folded] = await Promise.all([layoutSaid(page), page.keyboard.press("z")]);
    const less = (await folded.json()).data.nodes.length;
    assert(more > less, `${more} nodes open, ${less} folded`);
    const [again] = await Promise.all([layoutSaid(page), page.keyboard.press("Shift+Z")]);
    assert.equal((await again.json()).data.nodes.length, more);
  }],
  ["who else paid a node and whom it paid comes from the ledger, and goes again", async (t) => {
    const { page } = t;
    await openTrace(t);
    await choose(t, "wallet chain");
    await toPicture(t);
    const [into] = await Promise.all([layoutSaid(page), page.keyboard.press("[")]);
    assert.match(into.url(), /expand=in/);
    const [out] = await Promise.all([layoutSaid(page), page.keyboard.press("]")]);
    assert.match(decodeURIComponent(out.url()), /out:/);
    const [back] = await Promise.all([layoutSaid(page), page.keyboard.press("-")]);
    assert.doesNotMatch(back.url(), /expand=/);
    // Nothing to take back any more: what lies behind is hidden, without asking.
    await page.keyboard.press("-");
    await page.waitForSelector("aside button:has-text('Show behind')");
  }],
  ["time, asset, columns and all three modes are drawn by the server", async (t) => {
    const { page, until } = t;
    await openTrace(t);
    await page.click("button:text-is('Time')");
    const bars = await page.locator(".bars").boundingBox();
    await page.mouse.move(bars.x + 3, bars.y + 20);
    await page.mouse.down();
    await page.mouse.move(bars.x + bars.width / 2, bars.y + 20, { steps: 4 });
    const [part] = await Promise.all([layoutSaid(page), page.mouse.up()]);
    assert.match(part.url(), /since=.*until=/);
    await Promise.all([layoutSaid(page), page.click("text=All the time")]);
    const asset = page.locator("label:has-text('Asset') select");
    const [one] = await Promise.all([layoutSaid(page), asset.selectOption({ index: 1 })]);
    assert.match(one.url(), /asset=/);
    await Promise.all([layoutSaid(page), asset.selectOption("")]);
    await Promise.all([layoutSaid(page), page.selectOption("label:has-text('Columns') select", "time")]);
    await Promise.all([layoutSaid(page), page.click("button:text-is('All money')")]);
    const [raw] = await Promise.all([layoutSaid(page), page.click("button:text-is('Raw')")]);
    assert.equal(raw.headers()["content-type"], "application/vnd.cordon.flow");
    await until(page, () => !document.querySelector(".bar [role=status]"));
    await page.locator(".flow").focus();
    await page.keyboard.press("Home");
    // A member of a raw picture needs the whole result, which comes when somebody asks.
    await page.waitForSelector("aside a:text-is('Address page')");
  }],
  ["a note stays with who wrote it, and a saved view shows the same to everyone", async (t) => {
    const { page, base, get, until } = t;
    await openTrace(t);
    await choose(t, "Longspan");
    await page.keyboard.press("n");
    await page.fill("dialog textarea", "Asked on Monday");
    await page.click("dialog button:text-is('Keep')");
    await page.waitForSelector("aside :text('Asked on Monday')");
    await toPicture(t);
    await page.click("button:text-is('Copy link')");
    await until(page, () => /^\/trace\/[0-9a-f]{32}$/.test(location.pathname));
    const link = page.url();
    const { data: session } = await get("/api/session");
    await page.goto(`${base}/watch`);
    await page.goto(link);
    await shown(page);
    await page.waitForSelector("aside :text('Asked on Monday')");
    assert.match(await page.locator(".trace aside").innerText(), new RegExp(session.name));
    // The same view has the same address.
    await page.click("button:text-is('Copy link')");
    await page.waitForTimeout(300);
    assert.equal(page.url(), link);
  }],
  ["the way between two nodes is found", async (t) => {
    const { page, until } = t;
    await openTrace(t);
    await choose(t, "Examplia");
    await page.keyboard.press("p");
    await choose(t, "Fogbank");
    await toPicture(t);
    await page.keyboard.press("p");
    await until(page, () => /The widest way has \d+ ribbons/.test(document.querySelector(".toasts")?.innerText ?? ""));
  }],
  ["picture, tables and documents are exported", async (t) => {
    const { page } = t;
    const id = await openTrace(t);
    await page.keyboard.press("e");
    await page.waitForSelector("dialog");
    const png = await saved(t, page.locator("dialog button:has-text('PNG')"));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    const svg = (await saved(t, page.locator("dialog a:text-is('SVG for print')"))).toString();
    assert.match(svg, /^<svg|^<\?xml/);
    const edges = (await saved(t, page.locator("dialog a:text-is('Movements, CSV')"))).toString();
    const nodes = (await saved(t, page.locator("dialog a:text-is('Addresses, CSV')"))).toString();
    const all = JSON.parse((await saved(t, page.locator("dialog a:text-is('Everything, JSON')"))).toString());
    assert.equal(all.kind, "trace.result");
    assert.equal(edges.trim().split("\n").length - 1, all.data.edges.length);
    // A row an asset.
    assert.equal(nodes.trim().split("\n").length - 1, all.data.nodes.reduce((sum, node) => sum + Math.max(1, node.assets.length), 0));
    const view = JSON.parse((await saved(t, page.locator("dialog button:text-is('This view, JSON')"))).toString());
    assert.equal(view.trace, id);
    await page.keyboard.press("Escape");
    await page.click("button:text-is('Txns')");
    await page.waitForSelector(".scroll table tbody tr");
    const rows = (await saved(t, page.locator("button:text-is('CSV of these')"))).toString();
    assert.equal(rows.trim().split("\n").length - 1, all.data.edges.length);
  }],
  ["the table twin has every node and ribbon, by keyboard", async (t) => {
    const { page, until } = t;
    await openTrace(t);
    await page.keyboard.press("v");
    await page.waitForSelector("[role=treegrid]");
    await page.locator("[role=treegrid] tbody tr").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("tr[aria-selected=true][aria-level='2']");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector("tr[aria-selected=true][aria-level='3']");
    await until(page, () => document.querySelector("aside h2").innerText === "Ribbon");
  }],
  ["an address page has its books, counterparties, labels, screening, CSV", async (t) => {
    const { page, base, get } = t;
    const id = await theft(t);
    const { data } = await get(`/api/traces/${id}/result`);
    const { address, chain } = data.nodes.find((node) => node.label?.includes("Northbank Exchange"));
    await page.goto(`${base}/address/${address}?chain=${chain}`);
    await page.waitForSelector("h1:has-text('Northbank')");
    await page.waitForSelector(".wide table tbody tr");
    const file = (await saved(t, page.locator("a:text-is('CSV of all')"))).toString();
    assert.match(file, /^chain,block,time/);
    for (const [tab, holds] of [["Paid by", "table tbody tr"], ["Paid to", ".wide table"], ["Labels", "text=synthetic list"], ["Screening", "text=Asked:"]]) {
      await page.locator("[role=tab], .tabs a, .tabs button", { hasText: tab }).first().click();
      await page.waitForSelector(holds);
    }
    await page.click("text=Trace from here");
    await shown(page);
  }],
  ["a txn page says what moved, and leads to its addresses", async (t) => {
    const { page, base, get } = t;
    const { data } = await get("/api/system");
    const [chain, hash] = data.guide.split(",")[0].split(":");
    await page.goto(`${base}/tx/${hash}?chain=${chain}`);
    await page.waitForSelector("h2:has-text('What moved')");
    await page.locator("table tbody tr a").first().click();
    await page.waitForSelector("text=Known from");
  }],
  ["everything is found in one box", async (t) => {
    const { page, base, get, post, until } = t;
    const { data: system } = await get("/api/system");
    const { data: made } = await post("/api/cases", { title: "Heron money", items: [] });
    await page.goto(`${base}/watch`);
    await page.waitForSelector("header nav");
    for (const [text, kind, at] of [
      ["Heron money", "case", `/cases/${made.id}`], ["Northbank", "label", "/address/"], [system.guide.split(",")[0].split(":")[1], "txn", "/tx/"],
    ]) {
      await page.keyboard.press("Control+k");
      await page.fill("dialog.palette input", text);
      await page.waitForSelector(`dialog.palette [role=option]:has(.kind:text-is('${kind}'))`);
      await page.locator(`dialog.palette [role=option]:has(.kind:text-is('${kind}'))`).first().click();
      await until(page, (path) => location.pathname.startsWith(path), at);
    }
    await page.goto(`${base}/search?q=Northbank`);
    await page.waitForSelector("main a[href*='/address/']");
  }],
];
