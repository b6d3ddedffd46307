// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every screen of the console over the bundled case, as [name, what leads there]. The docs show those that DOCUMENTED
// names; --look shows all.
// What leads there gets {page, base, get, post, kase}: `kase` is the id of a case that holds the trace of the theft.
import { openTrace } from "./trace.mjs";

const at = (path, shows, ...keys) => async ({ page, base }) => {
  await page.goto(base + path);
  await page.waitForSelector(shows);
  for (const key of keys) await page.keyboard.press(key);
};
const then = (...steps) => async (t) => {
  for (const step of steps) await step(t);
};
const presses = (...keys) => async ({ page }) => {
  for (const key of keys) await page.keyboard.press(key);
};
const sees = (what) => ({ page }) => page.waitForSelector(what);
const clicks = (what) => ({ page }) => page.click(what);
const list = ".virtual .item";
const ofCase = (rest, shows) => async (t) => at(`/cases/${t.kase}${rest}`, shows)(t);
const victim = async ({ get }) => (await get("/api/alerts?severity=critical")).data.items[0].subject;
const stolen = async ({ get }) => (await get("/api/system")).data.guide.split(",")[0].split(":")[1];

/** Asks for the rules that are missing, and waits for all five. */
async function comparesRules({ page }) {
  const table = "table[aria-label='Rules compared']";
  await page.waitForSelector(table);
  const ask = page.locator("button:has-text('missing rule')");
  if (await ask.count() > 0) await ask.click();
  await page.waitForSelector(`${table} thead a >> nth=3`, { timeout: 60_000 });
}

export const screens = [
  ["watch", at("/watch", list)],
  ["watch-alert", then(at("/watch?severity=critical", list, "j", "Enter"), sees(".detail dl"))],
  ["watch-select", at("/watch?severity=high", list, "j", "x", "j", "j", "X")],
  ["watch-suppress", then(at("/watch?severity=critical", list, "j", "s"), sees("dialog"))],
  ["watch-close", then(at("/watch?severity=critical", list, "j", "d"), sees("dialog"))],
  ["watch-incidents", at("/watch?group=incident", list)],
  ["watch-empty", at("/watch?q=nothinghasthis", ".empty")],
  ["watch-suppressions", at("/watch?panel=suppressions", "main h2, main .note, main table")],
  ["trace-start", at("/trace", "main form")],
  ["trace", openTrace],
  ["trace-node", then(openTrace, async ({ page }) => { await page.locator(".flow").focus(); }, presses("Home"), sees("aside .acts"))],
  ["trace-time", then(openTrace, presses("t"), sees(".bars"))],
  ["trace-table", then(openTrace, presses("v"), sees("[role=treegrid]"))],
  ["trace-txns", then(openTrace, presses("g"), sees(".scroll table tbody tr"))],
  ["trace-export", then(openTrace, presses("e"), sees("dialog"))],
  ["trace-rules", then(openTrace, clicks("button:text-is('Rules')"), comparesRules)],
  ["guard", at("/guard", "main table tbody tr")],
  ["guard-held", at("/guard/wd-1004", "main .reasons")],
  ["guard-all", at("/guard?tab=all", "main table tbody tr")],
  ["guard-breakers", at("/guard?tab=breakers", "main article")],
  ["guard-policy", at("/guard?tab=policy", "main h3")],
  ["guard-unaccounted", at("/guard?tab=unaccounted", "main h2, main .note")],
  ["cases", at("/cases", "main table tbody tr, main .item, main a[href^='/cases/']")],
  ["case", ofCase("", "text=/\\d+ draft letters/")],
  ["letters", ofCase("?tab=letters", "[data-guide=letter]")],
  ["case-seal", then(ofCase("", "button:text-is('Seal…')"), clicks("button:text-is('Seal…')"), sees("dialog"))],
  ["address", async (t) => at(`/address/${await victim(t)}?chain=eth`, ".wide table tbody tr")(t)],
  ["address-paid", async (t) => at(`/address/${await victim(t)}?chain=eth&tab=out`, ".wide table tbody tr")(t)],
  ["txn", async (t) => at(`/tx/${await stolen(t)}?chain=eth`, "main table tbody tr")(t)],
  ["search", at("/search?q=northbank", "main a[href*='/address/']")],
  ["palette", then(at("/cases", "main h1", "Control+k"), async ({ page }) => page.fill("dialog.palette input", "north"), sees("dialog.palette .kind"))],
  ["keys", then(at("/watch", list, "?"), sees("dialog"))],
  ["help", at("/help", "#health table tbody tr")],
  ["menu", then(at("/cases", "main h1"), clicks("header .menu > button"), sees("#menu"))],
  ["accounts", at("/account", "main table tbody tr")],
  ["account-new", then(at("/account", "main table tbody tr"), clicks("button:text-is('New account')"), sees("dialog"))],
  ["tokens", at("/account?tab=tokens", "main table")],
  ["audit", at("/account?tab=audit", "main table tbody tr")],
  ["lost", at("/no/such/page", "main h1")],
  ["login", async (t) => { await t.page.context().clearCookies(); await at("/login", "form")(t); }],
];

/** Pictures of docs/user. */
export const DOCUMENTED = new Set(["watch", "watch-alert", "watch-suppress", "trace", "trace-node", "trace-table", "trace-rules", "guard", "guard-held", "guard-breakers",
  "case", "letters", "address", "palette", "accounts"]);

/** Without a baseline: what they show is another thing in each tour (the digest of a policy, of keys that are made anew). */
export const UNSTEADY = new Set(["guard-policy"]);
