// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * Text, signs, notes and the marks of selection, on a canvas larger than the window: while somebody pans, it is only
 * shifted; it is written anew when the zoom has come to rest or the margin is used up.
 */
import { boxAt, kFont, kIconRoom, placeLabels, type Placed } from "./labels";
import { kDim, type Camera } from "./painter";
import { css, kSignColour, kSigns, kSignShapes, paletteOf, signOf, type Palette, type Sign } from "./palette";
import type { FlowState } from "./flow";
import { kNoState } from "./flow";
import type { Picture } from "./picture";
import type { Scene } from "./scene";

/** Canvas beyond the window, on each side, in CSS pixels. */
const kBeyond = 240;
/** A zoom that has not changed for so long has come to rest. */
const kRestMs = 90;
const kHeadRoom = 22;
const kFamily = 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export class LabelLayer {
  private readonly canvas = document.createElement("canvas");
  private readonly heads = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  private readonly headContext: CanvasRenderingContext2D;
  private readonly widths = new Map<string, number>();
  private readonly shapes = new Map<Sign, { fill: Path2D; cut: Path2D | null; dots: Path2D | null }>();
  private palette: Palette = paletteOf(true);
  private scene: Scene | null = null;
  private nodes: Uint8Array = new Uint8Array(0);
  private state: FlowState = kNoState;
  private placed: Placed[] = [];
  private drawn: Camera | null = null;
  private camera: Camera = { x: 0, y: 0, zx: 1, zy: 1 };
  private width = 1;
  private height = 1;
  private ratio = 1;
  private timer = 0;
  private rested = true;
  private headsAt = "";
  /** Where the window ends in the picture, at the zoom that shows the whole; further in, names may be as long as they are. */
  private rim = { x: Infinity, zx: 0 };

  constructor(host: HTMLElement, private readonly again: () => void) {
    this.context = this.canvas.getContext("2d")!;
    this.headContext = this.heads.getContext("2d")!;
    this.canvas.className = "flow-labels";
    this.heads.className = "flow-heads";
    for (const canvas of [this.canvas, this.heads]) {
      canvas.setAttribute("aria-hidden", "true");
      host.append(canvas);
    }
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.canvas.remove();
    this.heads.remove();
  }

  setPalette(palette: Palette): void { this.palette = palette; this.forget(); }
  setScene(scene: Scene): void { this.scene = scene; this.forget(); }
  setLook(nodes: Uint8Array, state: FlowState): void { this.nodes = nodes; this.state = state; this.forget(); }

  setRim(x: number, zx: number): void {
    if (x === this.rim.x && zx === this.rim.zx) return;
    this.rim = { x, zx };
    this.forget();
  }

  private forget(): void { this.drawn = null; this.headsAt = ""; }

  resize(width: number, height: number, ratio: number): void {
    [this.width, this.height, this.ratio] = [width, height, ratio];
    const size = (canvas: HTMLCanvasElement, w: number, h: number) => {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
      canvas.style.width = `${w}px`;
      canvas.style.height = `${h}px`;
    };
    size(this.canvas, width + 2 * kBeyond, height + 2 * kBeyond);
    size(this.heads, width, kHeadRoom);
    this.forget();
  }

  /** `moving`: nodes move under the text, so it is written each time. */
  draw(camera: Camera, moving: boolean): void {
    const zoomed = this.camera.zx !== camera.zx;
    this.camera = { ...camera };
    if (zoomed && this.drawn && !moving) {
      this.rested = false;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.rested = true; this.again(); }, kRestMs) as unknown as number;
    }
    const d = this.drawn;
    const stale = !d || moving || (d.zx !== camera.zx && this.rested) ||
      (d.zx === camera.zx && (Math.abs(d.x - camera.x) > kBeyond || Math.abs(d.y - camera.y) > kBeyond));
    if (stale) this.write(camera);
    const from = this.drawn!;
    const k = camera.zx / from.zx;
    const [x, y] = [camera.x - (from.x + kBeyond) * k, camera.y - (from.y + kBeyond) * k];
    this.canvas.style.transform = `translate(${x}px,${y}px)${k === 1 ? "" : ` scale(${k})`}`;
    this.writeHeads(camera);
  }

  /** The node whose name lies there; window coordinates. */
  at(x: number, y: number): number | null {
    const d = this.drawn;
    if (!d || d.zx !== this.camera.zx) return null;
    const [px, py] = [x - this.camera.x, y - this.camera.y];
    for (const p of this.placed) if (px >= p.x && px <= p.x + p.width && Math.abs(py - p.y) <= 7) return p.node;
    return null;
  }

  /** Room that the names of a column ask for. */
  widest(picture: Picture, column: number): number {
    let most = 0;
    for (const node of picture.nodes)
      if (node.column === column && node.label !== "")
        most = Math.max(most, this.measure(node.label) + (node.category === undefined ? 0 : kIconRoom));
    return most + 4;
  }

  private readonly measure = (text: string): number => {
    let width = this.widths.get(text);
    if (width === undefined) {
      this.context.font = `${kFont}px ${kFamily}`;
      width = this.context.measureText(text).width;
      if (this.widths.size > 20_000) this.widths.clear(); // Names come and go with raw pictures.
      this.widths.set(text, width);
    }
    return width;
  };

  private write(camera: Camera): void {
    this.drawn = { ...camera };
    const c = this.context;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width + 2 * kBeyond, this.height + 2 * kBeyond);
    this.placed = [];
    if (!this.scene) return;
    // Whole pixels, so that text is sharp.
    const ratio = this.ratio;
    const snap = (v: number) => Math.round(v * ratio) / ratio;
    const [x, y] = [camera.x + kBeyond, camera.y + kBeyond];
    this.placed = placeLabels(this.scene, camera.zx, camera.zy,
      { left: -x, top: -y, right: this.width + 2 * kBeyond - x, bottom: this.height + 2 * kBeyond - y,
        ...(camera.zx <= this.rim.zx ? { rim: this.rim.x } : {}) },
      this.measure, this.first());
    this.paint(c, this.scene, camera, this.placed, (px) => snap(px + x), (py) => snap(py + y), this.nodes, this.state);
  }

  private first(): Set<number> {
    const place = this.scene!.picture.place;
    return new Set([...this.state.selected, ...this.state.notes.map((note) => note.key)].flatMap((key) => place.get(key) ?? []));
  }

  private paint(c: CanvasRenderingContext2D, scene: Scene, { zx, zy }: Camera, placed: readonly Placed[], atX: (x: number) => number,
    atY: (y: number) => number, nodes: Uint8Array, state: FlowState): void {
    const { palette } = this;
    const { picture } = scene;
    const boxOf = (i: number) => boxAt(scene, i, zx, zy);
    c.font = `${kFont}px ${kFamily}`;
    c.textBaseline = "middle";
    c.lineJoin = "round";
    c.lineWidth = 3;
    const halo = css(hexOf(palette.ground), 0.85);
    for (const p of placed) {
      const node = picture.nodes[p.node]!;
      c.globalAlpha = nodes[p.node] === kDim ? 0.28 : 1;
      const sign = node.category === undefined ? null : signOf(node.category);
      const x = atX(p.x);
      const y = atY(p.y);
      c.strokeStyle = halo;
      c.strokeText(p.text, x + (sign ? kIconRoom : 0), y + 0.5);
      c.fillStyle = sign ? css(palette.colours[kSignColour + kSigns.indexOf(sign)]!) : palette.ink;
      c.fillText(p.text, x + (sign ? kIconRoom : 0), y + 0.5);
      if (sign) this.sign(c, sign, x, y - kFont / 2);
    }
    c.globalAlpha = 1;
    for (const key of state.selected) {
      const i = picture.place.get(key);
      if (i === undefined || !scene.shown[i]) continue;
      const [x, y, w, h] = boxOf(i);
      c.strokeStyle = palette.ink;
      c.lineWidth = 2;
      c.strokeRect(atX(x) - 3, atY(y) - 3, w + 6, Math.max(h, 1) + 6);
    }
    for (const key of state.collapsed) {
      const i = picture.place.get(key);
      if (i === undefined || !scene.shown[i]) continue;
      const [x, y, w, h] = boxOf(i);
      const [cx, cy] = [atX(x + w) + 1, atY(y + h)];
      c.fillStyle = palette.ground;
      c.strokeStyle = palette.ink;
      c.lineWidth = 1.2;
      c.beginPath();
      c.arc(cx, cy, 5.5, 0, 7);
      c.fill();
      c.stroke();
      c.beginPath();
      c.moveTo(cx - 3, cy); c.lineTo(cx + 3, cy); c.moveTo(cx, cy - 3); c.lineTo(cx, cy + 3);
      c.stroke();
    }
    for (const note of state.notes) {
      const i = picture.place.get(note.key);
      if (i === undefined || !scene.shown[i]) continue;
      const [x, y] = boxOf(i);
      c.fillStyle = note.colour || palette.ink;
      c.strokeStyle = palette.ground;
      c.lineWidth = 1.5;
      c.beginPath();
      const [px, py] = [atX(x) - 2, atY(y) - 10];
      c.moveTo(px, py); c.lineTo(px + 11, py); c.lineTo(px + 11, py + 8); c.lineTo(px + 6, py + 8); c.lineTo(px + 4, py + 11);
      c.lineTo(px + 3, py + 8); c.lineTo(px, py + 8);
      c.closePath();
      c.fill();
      c.stroke();
    }
  }

  private sign(c: CanvasRenderingContext2D, sign: Sign, x: number, y: number): void {
    let shape = this.shapes.get(sign);
    if (!shape) {
      const { fill, cut, dots } = kSignShapes[sign];
      shape = { fill: new Path2D(fill), cut: cut ? new Path2D(cut) : null, dots: dots ? new Path2D(dots) : null };
      this.shapes.set(sign, shape);
    }
    c.save();
    c.translate(x, y);
    c.scale(kFont / 12, kFont / 12);
    c.strokeStyle = css(hexOf(this.palette.ground), 0.85);
    c.lineWidth = 3;
    c.stroke(shape.fill);
    c.fill(shape.fill);
    c.strokeStyle = c.fillStyle = this.palette.ground;
    c.lineWidth = 1.3;
    c.lineCap = "round";
    if (shape.cut) c.stroke(shape.cut);
    if (shape.dots) c.fill(shape.dots);
    c.restore();
  }

  /** Heads of the columns stay at the top, as those of a table. */
  private writeHeads(camera: Camera): void {
    const key = `${camera.x} ${camera.zx}`;
    if (key === this.headsAt) return;
    this.headsAt = key;
    const c = this.headContext;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width, kHeadRoom);
    if (!this.scene) return;
    this.paintHeads(c, this.scene, (x) => x * camera.zx + camera.x, this.width);
  }

  private paintHeads(c: CanvasRenderingContext2D, scene: Scene, atX: (x: number) => number, width: number): void {
    c.font = `${kFont - 0.5}px ${kFamily}`;
    c.textBaseline = "middle";
    let free = 0;
    c.lineWidth = 3;
    c.lineJoin = "round";
    for (const column of scene.picture.columns) {
      const x = atX(column.x);
      if (x < free || x > width || column.head === "") continue;
      c.strokeStyle = css(hexOf(this.palette.ground), 0.85);
      c.strokeText(column.head, x, kHeadRoom / 2);
      c.fillStyle = this.palette.soft;
      c.fillText(column.head, x, kHeadRoom / 2);
      free = x + c.measureText(column.head).width + 10;
    }
  }

  /** For export: the whole picture. */
  paintInto(canvas: HTMLCanvasElement, scene: Scene, scale: number, nodes: Uint8Array, state: FlowState): void {
    const c = canvas.getContext("2d")!;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const { width, height } = scene.picture;
    const placed = placeLabels(scene, 1, 1, { left: 0, top: 0, right: width, bottom: height }, this.measure, this.first());
    this.paint(c, scene, { x: 0, y: 0, zx: 1, zy: 1 }, placed, (x) => x, (y) => y, nodes, { ...state, selected: [] });
    this.paintHeads(c, scene, (x) => x, width);
  }
}

function hexOf(text: string): readonly [number, number, number] {
  const n = parseInt(text.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}
