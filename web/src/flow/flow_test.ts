// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { placeLabels } from "./labels";
import { marksOf } from "./painter";
import { css, kColours, nodeColour, paletteOf, taintStep } from "./palette";
import { Ways } from "./paths";
import { edgeAt, Picker } from "./pick";
import { heirOf, kBack, pictureOf } from "./picture";
import { makeScene, shownNodes } from "./scene";
import { small, testLayout } from "./test_picture";

const sceneOf = (layout = small()) => {
  const picture = pictureOf(layout);
  return makeScene(picture, shownNodes(picture, new Set()));
};
const near = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-3, `${what}: ${a} is not ${b}`);

test("a ribbon is as wide at its end as at its start, and begins and ends at its nodes", () => {
  const { picture, curve, width, ribbon, arc, segments } = sceneOf();
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (let s = 0; s < segments; s++) {
    if (arc[s]) continue;
    assert.equal(width[s], picture.ribbons.width[ribbon[s]!]);
    if (!first.has(ribbon[s]!)) first.set(ribbon[s]!, s);
    const before = last.get(ribbon[s]!);
    if (before !== undefined) { // Pieces join.
      near(curve[8 * s]!, curve[8 * before + 6]!, "x");
      near(curve[8 * s + 1]!, curve[8 * before + 7]!, "y");
    }
    last.set(ribbon[s]!, s);
  }
  for (const [r, s] of first) near(curve[8 * s]!, picture.nodes[picture.ribbons.from[r]!]!.box[0] + 8, "leaves its node");
  for (const [r, s] of last) near(curve[8 * s + 6]!, picture.nodes[picture.ribbons.to[r]!]!.box[0], "reaches its node");
});

test("ports of a node do not overlap and do not leave it", () => {
  const { picture, curve, ribbon, arc, segments } = sceneOf();
  for (const side of ["from", "to"] as const)
    for (let node = 0; node < picture.nodes.length; node++) {
      const ports: [number, number][] = [];
      for (let s = 0; s < segments; s++) {
        const r = ribbon[s]!;
        const end = side === "from" ? 0 : 6;
        const at = picture.nodes[node]!.box[0] + (side === "from" ? 8 : 0);
        if (arc[s] || picture.ribbons[side][r] !== node || Math.abs(curve[8 * s + end]! - at) > 1e-3) continue;
        ports.push([curve[8 * s + end + 1]!, curve[8 * s + end + 1]! + picture.ribbons.width[r]!]);
      }
      ports.sort((a, b) => a[0] - b[0]);
      for (let i = 1; i < ports.length; i++) assert.ok(ports[i]![0] >= ports[i - 1]![1] - 1e-3, `node ${node} ${side}`);
      const [, y, , h] = picture.nodes[node]!.box;
      for (const [top, bottom] of ports) assert.ok(top >= y - 1e-3 && bottom <= y + h + 1e-3, `node ${node} ${side}`);
    }
});

test("a moved node takes the ends of its ribbons with it, and nothing else", () => {
  const picture = pictureOf(small());
  const shown = shownNodes(picture, new Set());
  const offsets = new Float32Array(2 * picture.nodes.length);
  offsets[2 * 3 + 1] = 25;
  const [still, moved] = [makeScene(picture, shown), makeScene(picture, shown, offsets)];
  for (let i = 0; i < picture.nodes.length; i++) near(moved.boxes[4 * i + 1]! - still.boxes[4 * i + 1]!, i === 3 ? 25 : 0, `node ${i}`);
  for (let s = 0; s < still.segments; s++) {
    const r = still.ribbon[s]!;
    if (picture.ribbons.start[r + 1]! - picture.ribbons.start[r]! !== 2) continue;
    near(moved.curve[8 * s + 1]! - still.curve[8 * s + 1]!, 0, "start");
    near(moved.curve[8 * s + 7]! - still.curve[8 * s + 7]!, picture.ribbons.to[r] === 3 ? 25 : 0, "end");
  }
});

test("what lies only behind a collapsed node is hidden, what has another way is not", () => {
  const picture = pictureOf(small());
  assert.deepEqual([...shownNodes(picture, new Set([2]))], [1, 1, 1, 1, 0, 1]);
  assert.deepEqual([...shownNodes(picture, new Set([0]))], [1, 0, 0, 0, 0, 1]);
  assert.deepEqual([...shownNodes({ ...picture, backward: true }, new Set([3]))], [0, 0, 1, 1, 1, 1].map((v, i) => (i === 0 ? 1 : i === 1 ? 0 : v)));
});

test("what is picked is what is drawn there", () => {
  const scene = sceneOf();
  const picker = new Picker(scene);
  for (const [i, node] of scene.picture.nodes.entries()) {
    const [x, y, w, h] = node.box;
    assert.deepEqual(picker.at(x + w / 2, y + h / 2, 2, 2), { node: i });
  }
  for (let s = 0; s < scene.segments; s++) {
    const p = scene.curve.subarray(8 * s, 8 * s + 8);
    if (scene.arc[s] || p[6]! - p[0]! < 20) continue;
    const x = (p[0]! + p[6]!) / 2;
    const hit = picker.at(x, edgeAt(p, x) + scene.width[s]! / 2, 1, 1);
    assert.ok(hit && "ribbon" in hit && hit.ribbon >= scene.ribbon[s]!, `segment ${s}`); // A later one may lie above.
  }
  assert.equal(picker.at(5, 5, 1, 1), null);
  assert.equal(picker.at(-1e9, NaN, 1, 1), null);
});

test("picking asks a strip, not the whole picture", () => {
  const columns = Array.from({ length: 10 }, (_, c) => Array.from({ length: c === 0 ? 1 : 2000 }, () => 1));
  const ribbons = [];
  for (let c = 1, at = 1; c < 10; c++) for (let i = 0; i < 2000; i++, at++) ribbons.push({ from: c === 1 ? 0 : at - 2000, to: at, value: 1 });
  const picker = new Picker(sceneOf(testLayout(columns, ribbons, 0.2)));
  const begun = performance.now();
  for (let i = 0; i < 100; i++) picker.at(300 + i, 200 + i, 2, 2);
  assert.ok(performance.now() - begun < 2000); // Milliseconds in truth; a busy machine may take its time.
});

test("through: all that leads here and all that comes of it, without going round by arcs", () => {
  const picture = pictureOf(small());
  const lit = new Ways(picture).through([2]);
  assert.deepEqual([...lit.nodes], [1, 0, 1, 1, 1, 0]);
  assert.deepEqual([...lit.ribbons], [0, 1, 0, 1, 1, 0, 0]);
  const line = new Ways(picture).through([], [2]);
  assert.deepEqual([...line.nodes], [1, 1, 0, 1, 0, 0]);
  assert.deepEqual([...line.ribbons], [1, 0, 1, 0, 0, 0, 0]);
});

test("between two: the widest way and all others, in the direction that exists", () => {
  const ways = new Ways(pictureOf(small()));
  const way = ways.between(3, 0)!;
  assert.equal(way.from, 0);
  assert.deepEqual(way.widest, [0, 2]);
  assert.equal(way.bottleneck, 50);
  assert.deepEqual([...way.nodes], [1, 1, 1, 1, 0, 0]);
  assert.equal(ways.between(0, 5), null);
  assert.equal(ways.between(0, 0), null);
  assert.deepEqual(ways.between(4, 1)!.widest, [5]); // Only the arc leads there.
});

test("labels never lie over each other or over another node, at any zoom", () => {
  let seed = 7;
  const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const columns = Array.from({ length: 6 }, (_, c) => Array.from({ length: c === 0 ? 1 : 40 }, () => 1 + Math.floor(chance() * 20)));
  const scene = sceneOf(testLayout(columns, []));
  for (const [zx, zy] of [[1, 1], [0.3, 0.9], [0.1, 0.1], [3, 3], [0.02, 0.02]] as const) {
    const placed = placeLabels(scene, zx, zy, { left: -1e4, top: -1e4, right: 1e5, bottom: 1e5 }, (text) => text.length * 6, new Set());
    assert.ok(placed.length > 0);
    for (const [i, a] of placed.entries()) {
      for (const b of placed.slice(i + 1))
        assert.ok(a.x + a.width <= b.x || b.x + b.width <= a.x || Math.abs(a.y - b.y) >= 13.9, `${a.text} over ${b.text} at ${zx}`);
      for (let n = 0; n < scene.picture.nodes.length; n++) {
        if (n === a.node) continue;
        const [x, y, w, h] = [0, 1, 2, 3].map((k) => scene.boxes[4 * n + k]! * (k % 2 ? zy : zx)) as [number, number, number, number];
        assert.ok(a.x + a.width <= x || x + w <= a.x || a.y + 6.9 <= y || y + h <= a.y - 6.9, `${a.text} over node ${n} at ${zx}`);
      }
    }
  }
});

test("the palette is that of report/palette.cpp", () => {
  for (const dark of [false, true]) {
    const { colours } = paletteOf(dark);
    assert.equal(colours.length, kColours);
    for (const colour of colours) for (const part of colour) assert.ok(Number.isInteger(part) && part >= 0 && part <= 255);
  }
  assert.equal(css(paletteOf(false).colours[0]!), "rgb(86,126,168)");
  assert.equal(css(paletteOf(false).colours[10]!), "rgb(208,52,24)");
  assert.deepEqual([taintStep(0), taintStep(NaN), taintStep(0.55), taintStep(2)], [0, 0, 6, 10]);
  assert.equal(nodeColour({ taint: 1, category: "theft" }), 10);
  assert.equal(nodeColour({ taint: 1, category: "deposit" }), 11);
});

test("a node is found again by its key, or by its largest member when its fold was opened", () => {
  const before = pictureOf(small());
  const now = pictureOf(small());
  assert.equal(heirOf(before.nodes[2]!, now), 2);
  assert.equal(heirOf({ ...before.nodes[2]!, key: "fold", members: [4, 1] }, now), 4);
  assert.equal(heirOf({ ...before.nodes[2]!, key: "fold", members: [77] }, now), undefined);
  assert.equal(heirOf({ ...before.nodes[2]!, key: "fold", members: [] }, now), undefined);
});

test("what rests and what was inherited stand beside their node", () => {
  const layout = small();
  Object.assign((layout.nodes as object[])[3]!, { rest: 70, rest_top: 40, source: 35 });
  const scene = sceneOf(layout);
  const marks = marksOf(scene).filter((mark) => mark.node === 3);
  assert.deepEqual(marks.map((mark) => Math.round(mark.height)), [70, 70, 35]);
  assert.ok(scene.picture.ribbons.bits[5]! & kBack);
});
