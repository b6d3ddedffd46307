// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { Resolver, SEQUENCE_MS, type Press } from "./resolver";
import { SHORTCUTS } from "./table";

const key = (name: string, more: Partial<Press> = {}): Press => ({ key: name, ctrl: false, alt: false, inText: false, ...more });

test("no key means two things on one screen, and every id is once", () => {
  assert.equal(new Set(SHORTCUTS.map((row) => row.id)).size, SHORTCUTS.length);
  for (const where of ["watch", "trace", "guard", "cases"] as const) {
    const keys = SHORTCUTS.filter((row) => row.where === where).flatMap((row) => row.keys);
    assert.equal(new Set(keys).size, keys.length, where);
  }
});

test("letters are text in text fields", () => {
  const resolver = new Resolver();
  for (const name of ["j", "a", "/", "?", "g", "Backspace"]) assert.equal(resolver.press(key(name, { inText: true }), "watch", 0), null);
  assert.equal(resolver.press(key("Escape", { inText: true }), "watch", 0), "close");
  assert.equal(resolver.press(key("k", { ctrl: true, inText: true }), "watch", 0), "palette");
});

test("keys with Ctrl and Alt are the browser's, but for Ctrl-K", () => {
  const resolver = new Resolver();
  assert.equal(resolver.press(key("a", { ctrl: true }), "watch", 0), null);
  assert.equal(resolver.press(key("a", { alt: true }), "watch", 0), null);
  assert.equal(resolver.press(key("K", { ctrl: true }), "trace", 0), "palette");
});

test("g and a letter go to a screen; g alone switches the level on Trace", () => {
  const resolver = new Resolver();
  assert.equal(resolver.press(key("g"), "trace", 0), "wait");
  assert.equal(resolver.waiting, "g");
  assert.equal(resolver.press(key("w"), "trace", 100), "go.watch");
  assert.equal(resolver.press(key("g"), "trace", 1000), "wait");
  assert.equal(resolver.timeout("trace", 1000 + SEQUENCE_MS - 1), null);
  assert.equal(resolver.timeout("trace", 1000 + SEQUENCE_MS), "trace.level");
  assert.equal(resolver.press(key("g"), "watch", 5000), "wait");
  assert.equal(resolver.timeout("watch", 9000), null);
  assert.equal(resolver.press(key("g"), "watch", 10000), "wait");
  assert.equal(resolver.press(key("g"), "watch", 10100), "go.guard");
});

test("a late or foreign second key means what it means alone", () => {
  const resolver = new Resolver();
  resolver.press(key("g"), "watch", 0);
  assert.equal(resolver.press(key("j"), "watch", 10), "watch.down");
  resolver.press(key("g"), "watch", 1000);
  assert.equal(resolver.press(key("c"), "watch", 1000 + SEQUENCE_MS + 1), "watch.case");
});

test("a key means what its screen says, and nothing elsewhere", () => {
  const resolver = new Resolver();
  assert.equal(resolver.press(key("t"), "watch", 0), "watch.trace");
  assert.equal(resolver.press(key("t"), "trace", 0), "trace.time");
  assert.equal(resolver.press(key("x"), "guard", 0), null);
  assert.equal(resolver.press(key("Z"), "trace", 0), "trace.redo");
  assert.equal(resolver.press(key("j"), "everywhere", 0), null);
});
