// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { chainName, digitGroups, looksLike, oneLine, shorten } from "./address";

const EVM = "0x1db92e2eebc8e0c075a02bea49a2935bcd2dfcf4";

test("short forms keep both ends, groups keep all", () => {
  assert.equal(shorten(EVM), "0x1db92e…2dfcf4");
  assert.equal(shorten("wd-7781"), "wd-7781");
  assert.equal(digitGroups(EVM).join(""), EVM);
  assert.equal(digitGroups(EVM)[1], "1db9");
  assert.deepEqual(digitGroups(""), []);
});

test("what is pasted is told apart by its form", () => {
  assert.equal(looksLike(` ${EVM} `), "address");
  assert.equal(looksLike(`0x${"ab".repeat(32)}`), "txn");
  assert.equal(looksLike("975ec405ac9dc9fa5ab8009d94d6a1fe31dff8a8127ea90d023104e52754e4d7"), "txn");
  assert.equal(looksLike("3P8MfdM4pULv7ozdQvfwAqNF29zAjmnUYD"), "address");
  assert.equal(looksLike("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"), "address");
  for (const text of ["", "northbank", "0x12", "wd-7781", "x".repeat(100000)]) assert.equal(looksLike(text), null);
});

test("text of others cannot hide anything or fill the screen", () => {
  assert.equal(oneLine("pay \u202egnp.exe"), "pay \ufffdgnp.exe");
  assert.equal(oneLine("a\nb\u200bc"), "a\ufffdb\ufffdc");
  assert.equal(oneLine("x".repeat(1000)).length, 301);
  assert.equal(chainName("constructor"), "constructor");
});
