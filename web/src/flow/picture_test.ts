// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { pictureOfBinary } from "./binary";
import { BadPicture, kBack, kindsOf, pictureOf, type Picture } from "./picture";
import { small, testLayout } from "./test_picture";

/** docs/formats/flow.md, written by another hand than the reader. */
function binary(layout: Record<string, unknown>, change: (bytes: Uint8Array) => Uint8Array = (b) => b, as: (p: Picture) => Partial<{ count: number }> = () => ({})): ArrayBuffer {
  const p = pictureOf(layout);
  const r = p.ribbons;
  const json = new TextEncoder().encode(JSON.stringify({ ...layout, ribbons: { count: r.count, points: r.xy.length / 2, kinds: r.kinds, ...as(p) } }));
  const parts: Uint8Array[] = [new Uint8Array([0x43, 0x46, 0x4c, 0x31]), new Uint8Array(new Uint32Array([json.length]).buffer), json];
  let size = 8 + json.length;
  for (const array of [r.from, r.to, r.value, r.taint, r.movements, r.confidence, r.width, r.first, r.last, r.bits, r.start, r.xy]) {
    const pad = new Uint8Array((8 - (size % 8)) % 8);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    parts.push(pad, bytes);
    size += pad.length + bytes.length;
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return change(out).slice().buffer as ArrayBuffer;
}

test("a layout is read as it was written", () => {
  const p = pictureOf(small());
  assert.equal(p.nodes.length, 6);
  assert.equal(p.ribbons.count, 7);
  assert.equal(p.place.get("n3"), 3);
  assert.equal(p.ribbons.bits[5]! & kBack, kBack);
  assert.deepEqual(kindsOf(p.ribbons, 0), ["native"]);
  assert.equal(p.ribbons.first[0], Date.parse("2026-01-01T00:00:00Z"));
  assert.ok(Number.isNaN(p.ribbons.first[5]!));
});

test("the binary form says the same as JSON", () => {
  const json = pictureOf(small());
  const { picture } = pictureOfBinary(binary(small()));
  assert.deepEqual(picture.ribbons, json.ribbons);
  assert.deepEqual(picture.nodes, json.nodes);
});

test("a hostile layout is refused, never drawn", () => {
  const bad: [string, unknown][] = [
    ["no object", null], ["no object", []], ["empty", {}],
    ["a ribbon to nowhere", { ...small(), ribbons: [{ from: 0, to: 99, value: 1, width: 1, path: [[0, 0], [1, 1]] }] }],
    ["a place below zero", { ...small(), ribbons: [{ from: -1, to: 0, value: 1, width: 1, path: [[0, 0], [1, 1]] }] }],
    ["half a place", { ...small(), ribbons: [{ from: 0.5, to: 0, value: 1, width: 1, path: [[0, 0], [1, 1]] }] }],
    ["one point", { ...small(), ribbons: [{ from: 0, to: 1, value: 1, width: 1, path: [[0, 0]] }] }],
    ["an arc of two", { ...small(), ribbons: [{ from: 0, to: 1, value: 1, back: true, arc_width: 1, arc: [[0, 0], [1, 1]] }] }],
    ["text for a number", { ...small(), ribbons: [{ from: 0, to: 1, value: "1", width: 1, path: [[0, 0], [1, 1]] }] }],
    ["a point that is none", { ...small(), ribbons: [{ from: 0, to: 1, value: 1, width: 1, path: [[0, null], [1, 1]] }] }],
    ["a width below zero", { ...small(), ribbons: [{ from: 0, to: 1, value: 1, width: -1, path: [[0, 0], [1, 1]] }] }],
    ["no size", { ...small(), width: 0 }], ["a box of three", { ...small(), nodes: [{ key: "a", box: [1, 2, 3] }] }],
  ];
  for (const [what, layout] of bad) assert.throws(() => pictureOf(layout), BadPicture, what);
});

test("keys that are names of objects are keys", () => {
  const layout = testLayout([[1]], []);
  (layout.nodes as { key: string }[])[0]!.key = "__proto__";
  assert.equal(pictureOf(layout).place.get("__proto__"), 0);
});

test("every truncation of the binary form is refused", () => {
  const whole = binary(small());
  for (let n = 0; n < whole.byteLength; n++) assert.throws(() => pictureOfBinary(whole.slice(0, n)), BadPicture, `${n} bytes`);
});

test("wrong lengths and wrong bytes of the binary form are refused", () => {
  assert.throws(() => pictureOfBinary(binary(small(), (b) => { b[0] = 0; return b; })), BadPicture, "magic");
  assert.throws(() => pictureOfBinary(binary(small(), (b) => { new DataView(b.buffer).setUint32(4, 0xffffffff, true); return b; })), BadPicture, "JSON length");
  assert.throws(() => pictureOfBinary(binary(small(), (b) => { b[9] = 0xff; return b; })), BadPicture, "UTF-8");
  for (const count of [-1, 1.5, 1e9, Infinity, 8])
    assert.throws(() => pictureOfBinary(binary(small(), undefined, () => ({ count }))), BadPicture, `count ${count}`);
});

test("flipping any byte of the arrays throws BadPicture or gives a picture that holds", () => {
  const whole = binary(small());
  for (let n = 8; n < whole.byteLength; n += 3) {
    const copy = whole.slice(0);
    new Uint8Array(copy)[n]! ^= 0x80;
    try {
      const { picture } = pictureOfBinary(copy);
      for (let r = 0; r < picture.ribbons.count; r++) assert.ok(picture.ribbons.from[r]! < picture.nodes.length);
    } catch (error) {
      assert.ok(error instanceof BadPicture, String(error));
    }
  }
});
