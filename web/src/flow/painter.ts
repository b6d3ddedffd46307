// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** What both painters have in common: the camera, what is lit, and the small marks beside a node. */
import { kInk, kSoft, nodeColour, taintStep, type Palette } from "./palette";
import { kContext } from "./picture";
import type { Scene } from "./scene";

/** Of each node and ribbon: as it is, pushed back, brought out, absent. */
export const kNormal = 0;
export const kDim = 1;
export const kLit = 2;
export const kOff = 3;

export interface Look {
  nodes: Uint8Array;
  ribbons: Uint8Array;
}

export interface Camera {
  /** Screen place of the picture's corner, in CSS pixels. */
  x: number;
  y: number;
  /** Money is height: breadth may be stretched on its own, and every ribbon still is as wide as what it carries. */
  zx: number;
  zy: number;
}

export interface Painter {
  readonly kind: "webgl" | "canvas";
  /** Calls that change what is drawn; the next draw() shows it. */
  setScene(scene: Scene): void;
  setLook(look: Look): void;
  setPalette(palette: Palette): void;
  resize(width: number, height: number, ratio: number): void;
  draw(camera: Camera): void;
  destroy(): void;
}

export const kOpacity = { dim: 0.1, lit: 0.8, dimNode: 0.22 } as const;

export const ribbonColour = (scene: Scene, ribbon: number): number =>
  scene.picture.ribbons.bits[ribbon]! & kContext ? kSoft : taintStep(scene.picture.ribbons.taint[ribbon]!);

export interface Mark { node: number; x: number; y: number; width: number; height: number; colour: number; alpha: number }

/** Every box that is drawn: stacks behind folds, the node, what rests, what appears there (report/svg.cpp). */
export function marksOf(scene: Scene): Mark[] {
  const marks: Mark[] = [];
  const { boxes, picture } = scene;
  for (const [i, node] of picture.nodes.entries()) {
    if (!scene.shown[i]) continue;
    const [x, y, w, h] = [boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!];
    const add = (x: number, y: number, width: number, height: number, colour: number, alpha: number) =>
      marks.push({ node: i, x, y, width, height, colour, alpha });
    const colour = nodeColour(node);
    if (node.count > 1) add(x - 3, y, 1.6, h, colour, 0.55);
    add(x, y, w, h, colour, 1);
    const rest = node.box[1] + node.box[3] - node.rest_top;
    if (rest >= 0.5) add(x + w + 1.2, y + h - rest, 2.4, rest, kInk, 0.75);
    const source = node.sum > 0 && node.kind !== "seed" ? (h * node.source) / node.sum : 0;
    if (source >= 1.5) add(x - 3.6, y + h - source, 2.4, source, kSoft, 0.8);
  }
  return marks;
}
