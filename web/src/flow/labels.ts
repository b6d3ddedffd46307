// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * Which labels are written, and where, at a given zoom. Text keeps its size on the screen, so the room for it changes with
 * the zoom: what the layout placed comes first, then the largest nodes that still find room. Never one over another.
 */
import type { Scene } from "./scene";

export const kFont = 11;
export const kIconRoom = 1.4 * kFont; // layout.hpp, FlowNode::kIconRoom
const kLine = 14;
/** Air between a node and its name. */
const kGap = 4;
/** Right of a node to the right edge of the bar of what rests there (painter.ts, marksOf). */
const kRestBar = 3.6;
/** More are not looked at in one go: nobody reads them, and a frame must end. */
const kMostCandidates = 6000;

export interface Placed {
  node: number;
  text: string;
  /** Left edge and middle line, in pixels of the picture times zoom. */
  x: number;
  y: number;
  width: number;
  /** Has a sign at its left. */
  sign: boolean;
}

export interface Region {
  left: number; top: number; right: number; bottom: number;
  /** No text crosses it: where the window ends while the whole picture stands in it. */
  rim?: number;
}

/** Rectangles in cells, so that a question looks at its neighbours only. */
class Taken {
  private readonly cells = new Map<number, number[]>();
  private readonly boxes: number[] = [];

  private *cellsOf(x: number, y: number, w: number, h: number): Generator<number> {
    for (let i = Math.floor(x / 128); i <= Math.floor((x + w) / 128); i++)
      for (let j = Math.floor(y / 32); j <= Math.floor((y + h) / 32); j++) yield i * 65536 + j;
  }

  add(x: number, y: number, w: number, h: number, owner: number): void {
    const at = this.boxes.push(x, y, w, h, owner) - 5;
    for (const cell of this.cellsOf(x, y, w, h)) {
      const list = this.cells.get(cell);
      if (list) list.push(at);
      else this.cells.set(cell, [at]);
    }
  }

  free(x: number, y: number, w: number, h: number, owner: number): boolean {
    const b = this.boxes;
    for (const cell of this.cellsOf(x, y, w, h))
      for (const at of this.cells.get(cell) ?? [])
        if (b[at + 4] !== owner && x < b[at]! + b[at + 2]! && b[at]! < x + w && y < b[at + 1]! + b[at + 3]! && b[at + 1]! < y + h)
          return false;
    return true;
  }
}

export type Measure = (text: string) => number;

/** Places that could be written in `region` (pixels of the picture times zoom), the most important first. */
export function placeLabels(scene: Scene, zx: number, zy: number, region: Region, measure: Measure, first: ReadonlySet<number>): Placed[] {
  const { nodes, node_width } = scene.picture;
  const taken = new Taken();
  const inside: number[] = [];
  for (let i = 0; i < nodes.length; i++) {
    if (!scene.shown[i]) continue;
    const [x, y, w, h] = boxAt(scene, i, zx, zy);
    if (x > region.right || x + w < region.left - 400 || y > region.bottom || y + h < region.top) continue;
    inside.push(i);
  }
  const weight = (i: number): number =>
    (first.has(i) ? 4 : 0) + (nodes[i]!.kind === "seed" ? 2 : 0) + (nodes[i]!.label !== "" ? 1 : 0);
  inside.sort((a, b) => weight(b) - weight(a) || nodes[b]!.sum - nodes[a]!.sum || a - b);
  // A name may lie over a hair-thin neighbour no more than over a thick one.
  for (const i of inside)
    taken.add(scene.boxes[4 * i]! * zx - 3, scene.boxes[4 * i + 1]! * zy, node_width * zx + 6,
      Math.max(1, scene.boxes[4 * i + 3]! * zy), i);
  const out: Placed[] = [];
  for (const i of inside.slice(0, kMostCandidates)) {
    const node = nodes[i]!;
    const sign = node.category !== undefined;
    const room = sign ? kIconRoom : 0;
    // The bar of what rests stands between.
    const bar = node.rest > 0 ? kRestBar * zx : 0;
    const x = (scene.boxes[4 * i]! + node_width) * zx + bar + (bar > 0 ? kGap / 2 : kGap);
    const middle = (scene.boxes[4 * i + 1]! + scene.boxes[4 * i + 3]! / 2) * zy;
    // The layout may have put it above or below the middle; when zoomed out its place still is a hint.
    const own = node.label_box ? (node.label_box[1] + node.label_box[3] / 2 - (node.box[1] + node.box[3] / 2)) : 0;
    const half = (scene.boxes[4 * i + 3]! * zy) / 2;
    const tries = [middle + own, middle, ...(half > kLine ? [middle - half / 2, middle + half / 2] : [])];
    const next = scene.picture.columns[node.column + 1]?.x;
    const free = Math.min(next === undefined ? Infinity : next * zx - x - kGap, (region.rim ?? Infinity) - x) - room;
    placing: for (const text of namesOf(node.label, node.name, node.count, free, measure)) {
      const width = measure(text) + room;
      if (region.rim !== undefined && x < region.rim && x + width > region.rim) continue;
      for (const y of tries) {
        if (!taken.free(x - 1, y - kLine / 2, width + 2, kLine, i)) continue;
        taken.add(x - 1, y - kLine / 2, width + 2, kLine, i);
        out.push({ node: i, text, x, y, width, sign });
        break placing;
      }
    }
  }
  return out;
}

/** x, y, width, height on the screen, from the picture's corner. */
export function boxAt(scene: Scene, i: number, zx: number, zy: number): [number, number, number, number] {
  const b = scene.boxes;
  return [b[4 * i]! * zx, b[4 * i + 1]! * zy, b[4 * i + 2]! * zx, b[4 * i + 3]! * zy];
}

/** From whole to short: what does not fit may fit without its amount, or as an amount alone. */
function namesOf(label: string, name: string, count: number, free: number, measure: Measure): string[] {
  const many = count > 1 ? `×${count.toLocaleString("en-US")}` : "";
  const cut = label.lastIndexOf(" · ");
  const amount = cut > 0 ? label.slice(cut + 3) : "";
  const end = [many, amount].filter((part) => part !== "").join(" · ");
  const names = [label, many === "" ? name : `${name} ${many}`, shortened(name, ` · ${end}`, free, measure), end, many || amount];
  return [...new Set(names)].filter((text) => text !== "");
}

/** As much of a name as the gap to the next column has room for; less than this of it says nothing. */
const kLeastName = 7;
function shortened(name: string, end: string, free: number, measure: Measure): string {
  const letters = [...name];
  const keep = Math.floor((free - measure(`…${end}`)) / (measure(name) / Math.max(1, letters.length)));
  return keep >= kLeastName && keep < letters.length ? `${letters.slice(0, keep).join("").trimEnd()}…${end}` : "";
}
