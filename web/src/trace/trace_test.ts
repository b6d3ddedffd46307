// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { Ways } from "../flow/paths";
import { pictureOf } from "../flow/picture";
import { small } from "../flow/test_picture";
import { membersOf, type Edge, type Member, type Result } from "./answers";
import { gridRows } from "./grid";
import { histogram } from "./histogram";
import { kNoForm, questionOf, seedsShort, seedsText } from "./question";
import { sorted, txnsOf } from "./txns";
import { collapse, History, layoutQuery, newView, parseView, sameLayout, withNote, type View } from "./view";
import { honesty, stopWords, value } from "./words";

const full = (): View => ({
  ...newView("abc", { seeds: "eth:0x1" }, "A theft"), mode: "all", axis: "time", open: ["fold:3:wallets, mixed"], expand: [{ key: "n1", side: "in" }],
  hidden: ["n2"], brush: { since: "2026-01-01T00:00:00Z", until: "2026-01-02T00:00:00Z" }, assets: ["native"],
  notes: [{ key: "n1", text: "who?", colour: "#f2a73b", by: "ann", time: "2026-01-01T00:00:00.000Z" }], moved: [{ key: "n1", y: 12.5 }], selected: ["n1"],
});

test("a view goes out and comes back the same", () => {
  assert.deepEqual(parseView(JSON.parse(JSON.stringify(full()))), full());
  assert.deepEqual(parseView(newView("x")), newView("x"));
});

test("what is no view is none, and what is odd in one is left out", () => {
  for (const bad of [null, 1, "x", [], {}, { v: 2, trace: "x" }, { v: 1 }, { v: 1, trace: "" }]) assert.equal(parseView(bad), null);
  const view = parseView({ v: 1, trace: "x", mode: "wild", open: [1, "a", null], expand: [{ key: "a", side: "up" }, 7], moved: [{ key: "a", y: "1" }, { key: "a", y: 1e400 }],
    notes: [{ key: "a", text: "b", colour: "url(https://evil)", time: "never" }], brush: { since: "x", until: "y" }, __proto__: { polluted: true } })!;
  assert.deepEqual(view, { ...newView("x"), open: ["a"], notes: [{ key: "a", text: "b", colour: "", by: "", time: "" }] });
  assert.equal(parseView({ v: 1, trace: "x", open: Array.from({ length: 1e6 }, () => "k") })!.open.length, 10_000);
});

test("undo and redo walk the document, selection stays", () => {
  const history = new History(newView("x"));
  history.do("open", { ...history.view, open: ["a"] });
  history.do("note", withNote(history.view, { key: "a", text: "t", colour: "", by: "", time: "" }));
  history.do("nothing", { ...history.view });
  history.select(["b"]);
  assert.equal(history.undoes, "note");
  assert.equal(history.undo(), "note");
  assert.deepEqual(history.view.notes, []);
  assert.deepEqual(history.view.selected, ["b"]);
  assert.equal(history.undo(), "open");
  assert.equal(history.undo(), null);
  assert.equal(history.redo(), "open");
  history.do("mode", { ...history.view, mode: "raw" });
  assert.equal(history.redo(), null);
  for (let i = 0; i < 500; i++) history.do("move", { ...history.view, moved: [{ key: "a", y: i }] });
  let steps = 0;
  while (history.undo() !== null) steps++;
  assert.equal(steps, History.kMost);
});

test("collapse takes back an opening, then an expansion, then hides, then shows", () => {
  let view = { ...newView("x"), open: ["fold:1:a"], expand: [{ key: "n", side: "out" as const }] };
  view = collapse(view, "fold:1:a+") as typeof view;
  assert.deepEqual(view.open, []);
  view = collapse(view, "n") as typeof view;
  assert.deepEqual(view.expand, []);
  view = collapse(view, "n") as typeof view;
  assert.deepEqual(view.hidden, ["n"]);
  assert.deepEqual(collapse(view, "n").hidden, []);
});

test("keys with commas stay one key in a query", () => {
  const query = layoutQuery(full(), 1100.4, 640);
  assert.equal(query.open, "fold:3:wallets%2C mixed");
  assert.equal(query.expand, "in:n1");
  assert.equal(query.width, 1100);
  assert.equal(layoutQuery(newView("x"), 1, 1).open, undefined);
  assert.ok(sameLayout(full(), { ...full(), notes: [], moved: [], hidden: [] }));
  assert.ok(!sameLayout(full(), { ...full(), mode: "raw" }));
});

test("a question is what was typed, checked", () => {
  assert.deepEqual(questionOf({ ...kNoForm, seeds: " eth:0x1 ,\n0x2 " }), { question: { seeds: "eth:0x1,0x2" } });
  assert.deepEqual(questionOf({ ...kNoForm, seeds: "a", policy: "fifo", hops: "3", min_usd: "1.5", since: "2026-01-01" }),
    { question: { seeds: "a", policy: "fifo", hops: 3, min_usd: 1.5, since: "2026-01-01T00:00:00Z" } });
  for (const bad of [{ seeds: " , " }, { seeds: "a", hops: "0" }, { seeds: "a", hops: "x" }, { seeds: "a", min_usd: "-1" }, { seeds: "a", since: "yesterday" }])
    assert.ok("wrong" in questionOf({ ...kNoForm, ...bad }));
  assert.equal(seedsText([{ seed: "a" }, "b", null]), "a,b,");
  assert.equal(seedsShort("a,b,c,d"), "a, b and 2 more");
});

test("members are told by their place in the result", () => {
  const member = { address: "0x1", chain: "eth", hop: 1, assets: [], confidence: 1 };
  const nodes = [{ members: [4, 9] }, { members: [7] }];
  const rows = [{ ...member, index: 9 }, { ...member, index: 7 }, { index: 4 }, null, 3];
  assert.deepEqual(membersOf({ members: rows }, nodes).map((list) => list.length), [1, 1]);
  assert.deepEqual(membersOf({}, nodes), [[], []]);
});

test("the grid has hops, in them nodes by size, in them ribbons", () => {
  const picture = pictureOf(small());
  const ways = new Ways(picture);
  assert.deepEqual(gridRows(picture, ways, new Set()).map((row) => row.name), ["THEFT", "HOP 1", "HOP 2", "HOP 3"]);
  const rows = gridRows(picture, ways, new Set(["c1", "n2"]));
  assert.deepEqual(rows.map((row) => row.level), [1, 1, 2, 2, 3, 3, 3, 1, 1]);
  assert.deepEqual(rows.filter((row) => row.level === 3).map((row) => row.name), ["from node 0", "to node 3", "to node 4 ×7"]);
  assert.deepEqual(rows.map((row) => [row.place, row.of]).slice(2, 4), [[1, 2], [2, 2]]);
  assert.equal(gridRows(picture, ways, new Set(["c2"]), new Uint8Array([1, 1, 1, 1, 0, 1])).filter((row) => row.level === 2).length, 1);
});

test("the histogram keeps the sum, and says how much has no time", () => {
  const picture = pictureOf(small());
  const h = histogram(picture, 8)!;
  assert.equal(h.unknown, 2);
  assert.ok(Math.abs(h.bins.reduce((a, b) => a + b, 0) - 190) < 1e-9);
  picture.ribbons.last[0] = picture.ribbons.last[4]!;
  assert.ok(Math.abs(histogram(picture, 50)!.bins.reduce((a, b) => a + b, 0) - 190) < 1e-6);
  picture.ribbons.first.fill(NaN);
  assert.equal(histogram(picture, 8), null);
});

test("txns of a node, of a ribbon, of all; amounts compared as integers", () => {
  const picture = pictureOf(small());
  const nodes = picture.nodes.map((_, i) => ({ address: `a${i}`, chain: "eth", hop: 0, assets: [], confidence: 1 }) as Member);
  const edge = (from: number, to: number, tainted: string, time: string | null): Edge =>
    ({ chain: "eth", tx: "t", block: 1, from: `a${from}`, to: `a${to}`, asset: "native", amount: tainted, tainted, kind: "native", confidence: 1, hop: 1, time });
  const result: Result = { nodes, edges: [edge(0, 1, "9", "2026-01-02T00:00:00Z"), edge(0, 2, "10000000000000000000001", null), edge(2, 3, "10000000000000000000000", "2026-01-01T00:00:00Z")] };
  assert.equal(txnsOf(result, picture, [], null).length, 3);
  assert.equal(txnsOf(result, picture, ["n2"], null).length, 2);
  assert.equal(txnsOf(result, picture, [], 3).length, 1);
  assert.deepEqual(sorted(result.edges, "tainted", true).map((e) => e.tainted.length), [23, 23, 1]);
  assert.equal(sorted(result.edges, "tainted", true)[0]!.tainted, "10000000000000000000001");
  assert.equal(sorted(result.edges, "time", false)[0]!.time, null);
});

test("words", () => {
  assert.equal(value(94_500, "USD"), "$94.5k");
  assert.equal(value(0, "ETH"), "0 ETH");
  assert.equal(value(0.00012, ""), "0.00012");
  assert.match(stopWords("unspent"), /lies there/);
  assert.equal(stopWords("new-reason"), "new-reason");
  const node = { ...pictureOf(small()).nodes[1]!, stop: "budget", source: 5, dust_out: 1 };
  assert.equal(honesty(node, [{ address: "a", chain: "eth", hop: 0, assets: [], confidence: 0.9, spent_unknown: true }], false).length, 5);
});
