// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "./csv";

test("cells are quoted where they must be, and no cell is a formula", () => {
  assert.equal(csv(["a", "b"], [['x "y", z', null], ["=HYPERLINK(1)", -5], ["60000000000000000000000", "-1.5"], ["-rm", "l\n2"]]),
    'a,b\r\n"x ""y"", z",\r\n\'=HYPERLINK(1),-5\r\n60000000000000000000000,-1.5\r\n\'-rm,"l\n2"\r\n');
});
