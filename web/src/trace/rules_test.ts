// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";

import type { Summary } from "./answers";
import { parts, receivers } from "./rules";

const summary = (traced: number, services: [string, number][], freezable = 0): Summary => ({
  unit: "ETH", loot: traced, traced, inherited: 0, named: freezable, freezable, totals: { seeded: "0", inherited: "0", resting: "0", fees: "0", burned: "0", assumed: "0" },
  params: {}, assets: [], reached: [], warnings: [],
  services: services.map(([name, share]) => ({ name, key: name.toLowerCase(), category: "exchange", addresses: 1, tainted: [], share, said_by: [], can_hold: true })),
});

test("rules are compared by value, and poison is in no difference", () => {
  const rules = ["fifo", "lifo", "poison"];
  const { rows, more } = receivers(rules, [summary(100, [["A", 0.5], ["B", 0.1]]), summary(200, [["A", 0.5]]), summary(1000, [["A", 1], ["C", 1]])], 2);
  assert.deepEqual(rows.map((row) => [row.name, row.values, row.spread]), [["A", [50, 100, 1000], 50], ["B", [10, null, null], 10]]);
  assert.equal(more, 1);
});

test("what is not traced yet is in no difference", () => {
  const { rows } = receivers(["fifo", "lifo"], [summary(100, [["A", 0.5]]), null], 9);
  assert.equal(rows[0]!.spread, 0);
});

test("parts add up to all", () => {
  const { freezable, named, elsewhere } = parts(summary(100, [], 30));
  assert.ok(Math.abs(freezable + named + elsewhere - 1) < 1e-12);
  assert.equal(freezable, 0.3);
  assert.deepEqual(parts(summary(0, [])), { freezable: 0, named: 0, elsewhere: 1 });
});
