// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { age, duration, timeFull, timeShort } from "./time";

const AT = "2026-01-31T03:14:11.250Z";
const NOW = Date.parse("2026-01-31T05:00:00Z");

test("times are UTC and say so", () => {
  assert.equal(timeFull(AT), "2026-01-31 03:14:11Z");
  assert.match(timeFull(AT, "local"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+−]\d\d:\d\d$/);
  assert.equal(timeFull(null), "time unknown");
  assert.equal(timeFull("yesterday"), "time unknown");
});

test("short times leave out only what is plain", () => {
  assert.equal(timeShort(AT, NOW), "03:14:11");
  assert.equal(timeShort("2026-01-30T03:14:11Z", NOW), "01-30 03:14");
  assert.equal(timeShort("2024-05-31T04:26:00Z", NOW), "2024-05-31 04:26");
});

test("ages are cut to one unit, in both directions", () => {
  assert.equal(age(AT, NOW), "1 h");
  assert.equal(age("2026-01-31T04:59:30Z", NOW), "30 s");
  assert.equal(age("2026-02-02T05:00:00Z", NOW), "in 2 d");
  assert.equal(age(undefined, NOW), "unknown");
  assert.equal(duration(0), "0 s");
  assert.equal(duration(59.9), "59 s");
});
