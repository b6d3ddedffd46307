// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The pictures of docs/user/trace-screen.md and cases-screen.md, as [name, what leads there]. Made by `stories.mjs --pictures DIR`.
import { openTrace, theft } from "./trace.mjs";

export const pictures = [
  ["trace", openTrace],
  ["trace-node", async (t) => {
    await openTrace(t);
    await t.page.locator(".flow").focus();
    await t.page.keyboard.press("Home");
    await t.page.waitForSelector("aside .acts");
  }],
  ["trace-table", async (t) => { await openTrace(t); await t.page.keyboard.press("v"); await t.page.waitForSelector("[role=treegrid]"); }],
  ["case", async (t) => {
    const { data } = await t.post("/api/cases", { title: "The theft from Examplia Exchange", items: [{ kind: "trace", ref: await theft(t) }] });
    await t.post(`/api/cases/${data.id}/items`, { kind: "note", note: "Longspan Bridge called; they look." });
    await t.page.goto(`${t.base}/cases/${data.id}`);
    await t.page.waitForSelector("text=/\\d+ draft letters/");
  }],
  ["letters", async (t) => { await t.page.click("text=/\\d+ draft letters/"); await t.page.waitForSelector("[data-guide=letter]"); }],
];
