// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** What lies under a point of the picture. An index by x: a question looks at one strip, not at 50,000 ribbons. */
import { cubic, type Scene } from "./scene";

export type Hit = { node: number } | { ribbon: number } | null;

/** About half a gap between columns: a strip holds what crosses it. */
const kStrip = 64;
/** Halvings that find a place on a curve to less than a thousandth of its length. */
const kHalvings = 12;
/** Pieces of an arc that are taken for straight. */
const kArcPieces = 16;

export class Picker {
  private readonly strips: number[][] = [];
  private readonly columns = new Map<number, number[]>();

  constructor(private readonly scene: Scene) {
    const { curve, segments } = scene;
    for (let s = 0; s < segments; s++) {
      let low = Infinity;
      let high = -Infinity;
      for (let k = 0; k < 8; k += 2) {
        low = Math.min(low, curve[8 * s + k]!);
        high = Math.max(high, curve[8 * s + k]!);
      }
      const pad = scene.arc[s] ? scene.width[s]! / 2 : 0;
      for (let strip = this.stripOf(low - pad); strip <= this.stripOf(high + pad); strip++)
        (this.strips[strip] ??= []).push(s);
    }
    for (const [i, node] of scene.picture.nodes.entries()) {
      const list = this.columns.get(node.column) ?? [];
      list.push(i);
      this.columns.set(node.column, list);
    }
  }

  private stripOf(x: number): number {
    return Math.max(0, Math.floor(x / kStrip));
  }

  /** What is so near still counts: thin things must be catchable. Nodes first, then what is drawn last. */
  at(x: number, y: number, reachX: number, reach: number): Hit {
    const { boxes, shown } = this.scene;
    let best = -1;
    let nearest = reach;
    for (const list of this.columns.values()) {
      const first = 4 * list[0]!;
      if (x < boxes[first]! - reachX || x > boxes[first]! + boxes[first + 2]! + reachX) continue;
      for (const i of list) {
        if (!shown[i]) continue;
        const top = boxes[4 * i + 1]!;
        const away = Math.max(top - y, y - (top + boxes[4 * i + 3]!), 0);
        if (away <= nearest && (best < 0 || away < nearest)) { best = i; nearest = away; }
      }
    }
    if (best >= 0) return { node: best };
    const strip = this.strips[this.stripOf(x)] ?? [];
    for (let k = strip.length - 1; k >= 0; k--)
      if (this.on(strip[k]!, x, y, reach)) return { ribbon: this.scene.ribbon[strip[k]!]! };
    return null;
  }

  private on(s: number, x: number, y: number, reach: number): boolean {
    const { curve, width, arc } = this.scene;
    const p = curve.subarray(8 * s, 8 * s + 8);
    const wide = Math.max(width[s]!, 2 * reach);
    if (arc[s]) {
      for (let i = 0; i < kArcPieces; i++) {
        const at = (t: number): [number, number] => [cubic(p[0]!, p[2]!, p[4]!, p[6]!, t), cubic(p[1]!, p[3]!, p[5]!, p[7]!, t)];
        if (distance(x, y, at(i / kArcPieces), at((i + 1) / kArcPieces)) <= wide / 2) return true;
      }
      return false;
    }
    if (x < p[0]! || x > p[6]!) return false;
    const slack = (wide - width[s]!) / 2;
    const low = Math.min(p[1]!, p[7]!) - slack;
    const high = Math.max(p[1]!, p[7]!) + width[s]! + slack;
    if (y < low || y > high) return false;
    const top = edgeAt(p, x);
    return y >= top - slack && y <= top + width[s]! + slack;
  }
}

/** Height of the upper edge above x: x grows along the curve, so halving finds it. */
export function edgeAt(p: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < kHalvings; i++) {
    const t = (low + high) / 2;
    if (cubic(p[0]!, p[2]!, p[4]!, p[6]!, t) < x) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return cubic(p[1]!, p[3]!, p[5]!, p[7]!, t);
}

function distance(x: number, y: number, a: readonly [number, number], b: readonly [number, number]): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length > 0 ? Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length)) : 0;
  return Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}
