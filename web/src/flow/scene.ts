// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * The picture as it stands on the canvas: what somebody moved, hid or is being animated has been applied, and ribbons are
 * cut into cubic curves, one a gap between columns. All painters and the picking read this, so they agree.
 */
import { kBack, type Picture } from "./picture";

/** Thinner lines vanish (report/svg.cpp draws the same). In pixels of the picture. */
export const kThinnest = 0.8;

export interface Scene {
  picture: Picture;
  /** x, y, width, height of each node. */
  boxes: Float32Array;
  shown: Uint8Array;
  segments: number;
  /** Four points a segment: of the upper edge, or of the centre line of an arc. */
  curve: Float32Array;
  width: Float32Array;
  ribbon: Uint32Array;
  arc: Uint8Array;
}

/** How far each node stands from its place in the picture: dx, dy. */
export type Offsets = Float32Array;

/** Nodes that are seen when those in `collapsed` show nothing of what lies behind them. */
export function shownNodes(picture: Picture, collapsed: ReadonlySet<number>): Uint8Array {
  const n = picture.nodes.length;
  const shown = new Uint8Array(n).fill(1);
  if (collapsed.size === 0) return shown;
  const { from, to, bits, count } = picture.ribbons;
  // Backward, the trace grows to the left.
  const [near, far] = picture.backward ? [to, from] : [from, to];
  const hasBefore = new Uint8Array(n);
  const next: number[][] = Array.from({ length: n }, () => []);
  for (let r = 0; r < count; r++) {
    if (bits[r]! & kBack) continue;
    next[near[r]!]!.push(far[r]!);
    hasBefore[far[r]!] = 1;
  }
  const reach = (stopAt: ReadonlySet<number>): Uint8Array => {
    const seen = new Uint8Array(n);
    const queue: number[] = [];
    for (let i = 0; i < n; i++) if (!hasBefore[i]) { seen[i] = 1; queue.push(i); }
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (stopAt.has(at)) continue;
      for (const to of next[at]!) if (!seen[to]) { seen[to] = 1; queue.push(to); }
    }
    return seen;
  };
  const all = reach(new Set());
  const left = reach(collapsed);
  for (let i = 0; i < n; i++) if (all[i] && !left[i]) shown[i] = 0;
  return shown;
}

export function makeScene(picture: Picture, shown: Uint8Array, offsets?: Offsets): Scene {
  const { nodes, ribbons, node_width } = picture;
  const boxes = new Float32Array(4 * nodes.length);
  for (const [i, node] of nodes.entries()) {
    boxes.set(node.box, 4 * i);
    if (offsets) { boxes[4 * i]! += offsets[2 * i]!; boxes[4 * i + 1]! += offsets[2 * i + 1]!; }
  }
  let room = 0;
  for (let r = 0; r < ribbons.count; r++)
    if (shown[ribbons.from[r]!] && shown[ribbons.to[r]!])
      room += ribbons.bits[r]! & kBack ? 1 : 2 * (ribbons.start[r + 1]! - ribbons.start[r]!) - 3;
  const scene: Scene = {
    picture, boxes, shown, segments: 0, curve: new Float32Array(8 * room), width: new Float32Array(room),
    ribbon: new Uint32Array(room), arc: new Uint8Array(room),
  };
  let at = 0;
  const add = (r: number, arc: number, p: readonly number[]) => {
    scene.curve.set(p, 8 * at);
    scene.width[at] = ribbons.width[r]!;
    scene.ribbon[at] = r;
    scene.arc[at++] = arc;
  };
  for (let r = 0; r < ribbons.count; r++) {
    const [a, b] = [ribbons.from[r]!, ribbons.to[r]!];
    if (!shown[a] || !shown[b]) continue;
    const begin = ribbons.start[r]!;
    const last = ribbons.start[r + 1]! - 1 - begin;
    // Ends go with their nodes, what is between goes part of the way.
    const x = (i: number) => ribbons.xy[2 * (begin + i)]! + shift(offsets, a, b, 0, i / last);
    const y = (i: number) => ribbons.xy[2 * (begin + i) + 1]! + shift(offsets, a, b, 1, i / last);
    if (ribbons.bits[r]! & kBack) {
      add(r, 1, [x(0), y(0), x(1), y(1), x(2), y(2), x(3), y(3)]);
      continue;
    }
    for (let i = 1; i <= last; i++) {
      const x0 = i === 1 ? x(0) : x(i - 1) + node_width; // A lane is as wide as a node.
      const middle = (x0 + x(i)) / 2;
      add(r, 0, [x0, y(i - 1), middle, y(i - 1), middle, y(i), x(i), y(i)]);
      if (i < last) add(r, 0, [x(i), y(i), x(i), y(i), x(i) + node_width, y(i), x(i) + node_width, y(i)]);
    }
  }
  scene.segments = at;
  return scene;
}

function shift(offsets: Offsets | undefined, a: number, b: number, axis: 0 | 1, part: number): number {
  return offsets ? offsets[2 * a + axis]! * (1 - part) + offsets[2 * b + axis]! * part : 0;
}

/** A coordinate of a cubic curve. */
export function cubic(p0: number, p1: number, p2: number, p3: number, t: number): number {
  const u = 1 - t;
  return u * u * u * p0 + 3 * u * u * t * p1 + 3 * u * t * t * p2 + t * t * t * p3;
}
