// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { amountFull, amountOf, amountShort, groupDigits, parseAmount, share, sumAmounts, usd } from "./amount";

test("every digit of the largest amount there is stays", () => {
  const largest = (2n ** 256n - 1n).toString();
  assert.equal(amountFull(largest, 0).replaceAll(",", ""), largest);
  const text = amountFull(largest, 18);
  assert.equal(parseAmount(text, 18), largest);
});

test("full amounts have no zero too many and none too few", () => {
  assert.equal(amountFull("60000000000000000000001", 18), "60,000.000000000000000001");
  assert.equal(amountFull("450290000000", 8), "4,502.9");
  assert.equal(amountFull("1", 18), "0.000000000000000001");
  assert.equal(amountFull("0", 18), "0");
  assert.equal(amountFull("-5", 1), "−0.5");
  assert.equal(amountFull("1234567", null), "1,234,567");
  assert.equal(amountFull("000120", 1), "12");
});

test("what is no amount is shown as it came, never as a number", () => {
  assert.equal(amountFull("1e5", 2), "1e5");
  assert.equal(amountShort("NaN", 2), "NaN");
  assert.equal(amountFull("12", 1_000_000_000), "12");
  assert.equal(amountFull("9".repeat(500), 2), "9".repeat(500));
});

test("short amounts are cut, never rounded up", () => {
  assert.equal(amountShort("59999999999999999999999", 18), "59.99k");
  assert.equal(amountShort("2672990000", 6), "2,672");
  assert.equal(amountShort("999999999", 6), "999.9");
  assert.equal(amountShort("30000000000000000000000", 18), "30k");
  assert.equal(amountShort("4200000000000000000", 18), "4.2");
  assert.equal(amountShort("420000000000000", 18), "0.00042");
  assert.equal(amountShort("1", 18), "<0.000001");
  assert.equal(amountShort("1230000000", 0), "1.23B");
  assert.equal(amountShort("12345678901234567890", 0), "12,345,678T");
  assert.equal(amountShort("0", 18), "0");
});

test("an asset that nobody described is told in smallest units", () => {
  assert.equal(amountOf("60000000000000000000000", { asset: "native", symbol: "ETH", decimals: 18 }), "60,000 ETH");
  assert.equal(amountOf("250", { asset: "0x2aa146ff450028928bbe83f88744ae7d4b58f5b9" }), "250 smallest units 0x2aa146…f5b9");
});

test("typed amounts are exact or refused", () => {
  assert.equal(parseAmount("1,234.5", 2), "123450");
  assert.equal(parseAmount("0.001", 2), null);
  assert.equal(parseAmount("1e3", 2), null);
  assert.equal(parseAmount("-1", 2), null);
  assert.equal(parseAmount("", 2), null);
  assert.equal(parseAmount(".5", 2), null);
  assert.equal(parseAmount("0", 18), "0");
});

test("sums are exact", () => {
  assert.equal(sumAmounts(["9007199254740993", "1", "x"]), "9007199254740994");
  assert.equal(sumAmounts([]), "0");
});

test("dollars say when they are not known", () => {
  assert.equal(usd(null), "unpriced");
  assert.equal(usd(NaN), "unpriced");
  assert.equal(usd(0), "$0");
  assert.equal(usd(0.001), "<$0.01");
  assert.equal(usd(12.5), "$12.50");
  assert.equal(usd(4_350_001.89), "$4.35M");
  assert.equal(usd(4_350_000), "$4.35M");
  assert.equal(usd(999_999), "$999k");
  assert.equal(usd(4_350_001.89, "full"), "$4,350,002");
});

test("shares and groups", () => {
  assert.equal(share(0.37), "37.0 %");
  assert.equal(share(0.1234), "12.3 %");
  assert.equal(share(0.99999), ">99.9 %");
  assert.equal(share(1), "100 %");
  assert.equal(share(0), "0 %");
  assert.equal(share(0.004), "0.4 %");
  assert.equal(share(0.0001), "<0.1 %");
  assert.equal(groupDigits("100"), "100");
  assert.equal(groupDigits("1000"), "1,000");
});
