// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { readStep, STEPS, type Seen } from "./steps";

test("every step has a place on an empty server too", () => {
  const nothing: Seen = { alert: null, withdrawal: null, trace: null, kase: null };
  assert.deepEqual(STEPS.map((step) => step.to(nothing)), ["/watch?severity=high", "/watch", "/guard", "/trace", "/cases"]);
});

test("steps go to the real things, by addresses that are safe", () => {
  const seen = { alert: { id: "a&b", chain: "eth", txs: ["0x1"] }, withdrawal: { request: { id: "wd/1" } }, trace: "t-1", kase: { id: "c-1" } } as unknown as Seen;
  assert.deepEqual(STEPS.map((step) => step.to(seen)),
    ["/watch?severity=high", "/watch?severity=high&alert=a%26b", "/guard/wd%2F1", "/trace?trace=t-1", "/cases/c-1?tab=letters"]);
  assert.ok(STEPS.every((step) => step.has?.(seen) ?? true));
});

test("what was kept is a step, left, or the beginning", () => {
  assert.deepEqual([null, "left", "3", "99", "-1", "x", "1.5"].map(readStep), [0, -1, 3, 0, 0, 0, 0]);
});
