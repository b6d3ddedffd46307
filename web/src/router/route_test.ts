// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { href, parseRoute } from "./route";

test("every address that is made is understood", () => {
  assert.deepEqual(parseRoute("/"), { screen: "watch" });
  assert.deepEqual(parseRoute("/cases"), { screen: "cases" });
  assert.deepEqual(parseRoute(href.case("c-7f3a9c12")), { screen: "cases", id: "c-7f3a9c12" });
  assert.deepEqual(parseRoute("/tx/0xab"), { screen: "txn", id: "0xab" });
  const odd = "a/b c?d#%é";
  assert.deepEqual(parseRoute(href.withdrawal(odd)), { screen: "guard", id: odd });
});

test("what is no address of the console is lost, and never throws", () => {
  for (const path of ["/nothing", "/watch/1", "/cases/a/b", "/address/%E0%A4%A", "/constructor", "/__proto__/x"])
    assert.deepEqual(parseRoute(path), { screen: "lost" }, path);
});
