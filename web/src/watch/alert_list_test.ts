// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import type { Alert, Severity } from "../api/types";
import { AlertList, MOST_ALERTS } from "./alert_list";
import { apiQuery, matches, readFilter } from "./filter";

function alert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id, state: "raised", detector: "D01", title: "t", severity: "low", stage: "none", confidence: 1, chain: "eth", block: 1, block_hash: null,
    time: "2026-01-01T00:00:00Z", subject: "0xab", subject_label: null, txs: [], related: [], usd: null, reason: "r", next: null, tags: [],
    incident: null, count: 1, repeat_of: null, phase: "new", suppressed_by: null, ...more,
  };
}
const ids = (list: AlertList, grouped = false): string => list.rows(grouped).map((row) => row.id).join(" ");

test("nothing moves before somebody says so", () => {
  const list = new AlertList(() => true);
  list.append([alert("c"), alert("b"), alert("a")]);
  assert.equal(list.take([alert("d"), alert("b", { phase: "closed" }), alert("e")]).length, 2);
  assert.equal(ids(list), "c b a");
  assert.equal(list.get("b")!.phase, "closed");
  assert.equal(list.waiting, 2);
  list.showNew();
  assert.equal(ids(list), "e d c b a");
  assert.equal(list.waiting, 0);
});

test("what fits no more stays until the next look, and comes back as news when it fits again", () => {
  const list = new AlertList((one) => one.phase !== "closed");
  list.append([alert("a"), alert("b")]);
  assert.deepEqual(list.take([alert("x", { phase: "closed" }), alert("a", { phase: "closed" })]), []);
  assert.equal(ids(list), "a b");
  list.showNew();
  assert.equal(ids(list), "b");
  list.take([alert("a")]);
  assert.equal(list.waiting, 1);
});

test("the same alert again is no news; a page again brings no double", () => {
  const list = new AlertList(() => true);
  list.append([alert("a")]);
  list.append([alert("a", { count: 3 })]);
  list.take([alert("b")]);
  list.take([alert("b", { count: 2 })]);
  assert.equal(list.waiting, 1);
  list.showNew();
  assert.equal(ids(list), "b a");
  assert.equal(list.get("a")!.count, 3);
});

test("a thousand a second for minutes neither grow without bound nor hide the worst", () => {
  const list = new AlertList(() => true);
  for (let i = 0; i < 60_000; i += 250)
    list.take(Array.from({ length: 250 }, (_, j) => alert(String(i + j), { severity: i + j === 59_000 ? "critical" : "low" })));
  assert.equal(list.waiting, MOST_ALERTS);
  assert.equal(list.worstWaiting!.id, "59000");
  list.showNew();
  assert.equal(list.rows(false).length, MOST_ALERTS);
  assert.equal(list.rows(false)[0]!.id, "59999");
});

test("an incident is one row, with its worst alert", () => {
  const list = new AlertList(() => true);
  list.append([alert("c", { incident: "i1" }), alert("b"), alert("a", { incident: "i1", severity: "high" })]);
  assert.equal(ids(list, true), "i1 b");
  const row = list.rows(true)[0]!;
  assert.deepEqual([row.count, row.alert.id], [2, "a"]);
});

test("filters mean the same in the address, to the server and to what comes live", () => {
  const filter = readFilter(new URLSearchParams("severity=high&phase=new&q=Fog&detector=D01"));
  assert.deepEqual(JSON.parse(JSON.stringify(apiQuery(filter))),
    { severity: "high", phase: "new", detector: "D01", incident: "", subject: "", q: "Fog", repeats: false, suppressed: false });
  const good = alert("a", { severity: "critical", reason: "to a fogbank" });
  assert.ok(matches(good, filter, "me"));
  const not: Partial<Alert>[] = [{ severity: "medium" as Severity }, { phase: "closed" }, { detector: "D02" }, { reason: "x" }, { repeat_of: "b" }, { suppressed_by: "s" }];
  for (const more of not) assert.ok(!matches({ ...good, ...more }, filter, "me"), JSON.stringify(more));
});

test("what nobody could choose falls back to what is shown by default", () => {
  const filter = readFilter(new URLSearchParams("severity=huge&phase=constructor"));
  assert.deepEqual([filter.severity, filter.phase, filter.grouped], ["info", "open", false]);
  assert.ok(!matches(alert("a", { assignee: "you" }), { ...filter, mine: true }, "me"));
});
