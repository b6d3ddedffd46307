// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { commands, fits } from "./commands";

test("only what acts here is offered, the screen's own first, moving about not at all", () => {
  const all = commands("watch", () => true);
  assert.equal(all[0]!.text.charAt(0), all[0]!.text.charAt(0).toUpperCase());
  assert.ok(all.findIndex((one) => one.id === "watch.ack") < all.findIndex((one) => one.id === "go.trace"));
  assert.ok(!all.some((one) => one.id === "watch.down" || one.id.startsWith("trace.") || one.id === "palette"));
  assert.ok(!commands("watch", (id) => id !== "watch.ack").some((one) => one.id === "watch.ack"));
});

test("words are found in any order", () => {
  assert.ok(fits("Add a note", "note add"));
  assert.ok(fits("Add a note", ""));
  assert.ok(!fits("Add a note", "note x"));
});
