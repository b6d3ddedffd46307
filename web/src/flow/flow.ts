// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * The flow on the page: layers, camera, pointer and keys. It shows what it is told (setPicture, setState) and reports what
 * somebody does; it decides nothing. Draws only when something changed: a still picture costs nothing.
 */
import { CanvasPainter } from "./canvas";
import { LabelLayer } from "./label_layer";
import type { Camera, Look, Painter } from "./painter";
import { kDim, kLit, kNormal } from "./painter";
import { paletteOf } from "./palette";
import { Ways, type Lit } from "./paths";
import { Picker, type Hit } from "./pick";
import { heirOf, type Picture } from "./picture";
import { makeScene, shownNodes, type Offsets, type Scene } from "./scene";
import { WebGlPainter } from "./webgl";

export interface FlowNote { key: string; text: string; colour: string }

/** What of the view document the picture shows. */
export interface FlowState {
  selected: readonly string[];
  ribbon: number | null;
  collapsed: readonly string[];
  moved: readonly { key: string; y: number }[];
  notes: readonly FlowNote[];
  /** Only what moved then stays bright; unix milliseconds. */
  brush: { since: number; until: number } | null;
  /** All ways between two nodes. */
  path: readonly [string, string] | null;
}

export const kNoState: FlowState = { selected: [], ribbon: null, collapsed: [], moved: [], notes: [], brush: null, path: null };

export interface FlowEvents {
  select?: (keys: string[], ribbon: number | null) => void;
  hover?: (hit: Hit, x: number, y: number) => void;
  open?: (key: string) => void;
  move?: (key: string, y: number) => void;
}

export interface FlowOptions {
  dark: boolean;
  /** "canvas" is for tests and for browsers without WebGL2, which get it anyway. */
  painter?: "webgl" | "canvas";
  still?: boolean; // prefers-reduced-motion
  events?: FlowEvents;
}

const kZoomLeast = 0.02;
const kZoomMost = 60;
const kZoomStep = 1.25;
const kPanStep = 80;
/** A press that moves less is a click. */
const kClickPx = 4;
const kReachPx = 4;
const kDoubleClickMs = 350;
/** How long known nodes take to their new places; none where motion is unwelcome. */
const kMoveMs = 150;
/** Above this, moving each frame would cost more than it tells. */
const kMaxMoving = 5000;
const kMargin = 16;
/** A small case is not blown up further. */
const kFitMost = 1.6;
/** How far breadth and height may differ: curves must still look like ways. */
const kStretchMost = 4;
/** Part of the window that the names of the last column may take; longer ones are shortened. */
const kNamesMost = 0.38;
/** A wheel's notch is about 100: a fifth. */
const kWheel = 0.0018;

export class Flow {
  readonly painterKind: "webgl" | "canvas";
  private readonly painter: Painter;
  private readonly labels: LabelLayer;
  private readonly canvas: HTMLCanvasElement;
  private readonly watcher: ResizeObserver;
  private readonly stop = new AbortController();
  private readonly events: FlowEvents;
  private camera: Camera = { x: 0, y: 0, zx: 1, zy: 1 };
  private picture: Picture | null = null;
  private scene: Scene | null = null;
  private picker: Picker | null = null;
  private ways: Ways | null = null;
  private state: FlowState = kNoState;
  private hovered: Hit = null;
  private frame = 0;
  private width = 0;
  private height = 0;
  private dirty = { scene: false, look: false };
  private fitted = false;
  private moving: { from: Offsets; since: number } | null = null;
  private drag: { node: number; dy: number } | null = null;
  private pointers = new Map<number, { x: number; y: number }>();
  private press: { x: number; y: number; hit: Hit; moved: boolean; add: boolean } | null = null;
  private lastClick = { time: -Infinity, key: "" };
  private asked: { x: number; y: number } | null = null;

  constructor(private readonly host: HTMLElement, private options: FlowOptions) {
    this.events = options.events ?? {};
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.canvas.className = "flow-ribbons";
    host.append(this.canvas);
    this.painter = this.makePainter();
    this.painterKind = this.painter.kind;
    this.labels = new LabelLayer(host, () => this.invalidate());
    this.setDark(options.dark);
    this.listen();
    this.watcher = new ResizeObserver(() => this.onResize());
    this.watcher.observe(host);
    this.onResize();
  }

  private makePainter(): Painter {
    if (this.options.painter !== "canvas") {
      try {
        return new WebGlPainter(this.canvas, () => this.invalidate());
      } catch {
        // A canvas that was asked for WebGL in vain may still give a 2D context.
      }
    }
    return new CanvasPainter(this.canvas);
  }

  destroy(): void {
    this.stop.abort();
    this.watcher.disconnect();
    cancelAnimationFrame(this.frame);
    this.labels.destroy();
    this.painter.destroy();
    this.canvas.remove();
  }

  setDark(dark: boolean): void {
    this.options.dark = dark;
    this.painter.setPalette(paletteOf(dark));
    this.labels.setPalette(paletteOf(dark));
    this.invalidate();
  }

  /** A new picture of the same trace keeps `anchor` where it is on the screen, and moves what both show gently. */
  setPicture(picture: Picture, anchor?: string): void {
    const before = this.scene;
    const old = before?.picture;
    this.picture = picture;
    this.ways = new Ways(picture);
    this.hovered = null;
    this.drag = null;
    this.moving = null;
    const another = old && (old.mode !== picture.mode || old.axis !== picture.axis);
    if (another) this.fitted = false;
    else if (before && old) {
      const kept = anchor ?? this.state.selected[0];
      const a = kept === undefined ? undefined : old.place.get(kept);
      const b = a === undefined ? undefined : heirOf(old.nodes[a]!, picture);
      if (a !== undefined && b !== undefined) {
        this.camera.x += (before.boxes[4 * a]! - picture.nodes[b]!.box[0]) * this.camera.zx;
        this.camera.y += (before.boxes[4 * a + 1]! - picture.nodes[b]!.box[1]) * this.camera.zy;
      }
      if (this.options.still !== true && picture.ribbons.count <= kMaxMoving) {
        const from = new Float32Array(2 * picture.nodes.length);
        const [dx, dy] = a !== undefined && b !== undefined
          ? [picture.nodes[b]!.box[0] - before.boxes[4 * a]!, picture.nodes[b]!.box[1] - before.boxes[4 * a + 1]!] : [0, 0];
        for (const [i, node] of picture.nodes.entries()) {
          const at = old.place.get(node.key);
          if (at === undefined) continue;
          from[2 * i] = before.boxes[4 * at]! + dx - node.box[0];
          from[2 * i + 1] = before.boxes[4 * at + 1]! + dy - node.box[1];
        }
        if (from.some((v) => Math.abs(v) > 0.5)) this.moving = { from, since: performance.now() };
      }
    }
    this.dirty.scene = true;
    if (!this.fitted) this.fit();
    this.invalidate();
  }

  setState(state: FlowState): void {
    const same = state.moved === this.state.moved && state.collapsed === this.state.collapsed;
    this.state = state;
    if (same) this.dirty.look = true;
    else this.dirty.scene = true;
    this.invalidate();
  }

  fit(): void {
    if (!this.picture || this.width < 2) return;
    const { width, height, columns, node_width } = this.picture;
    // Text does not shrink with the picture, so the names of the last column need their room in window pixels.
    const last = (columns.at(-1)?.x ?? width) + node_width;
    const names = Math.min(this.width * kNamesMost, this.labels.widest(this.picture, columns.length - 1) + 8);
    const zx = Math.min((this.width - 2 * kMargin) / width, (this.width - kMargin - names) / last, kFitMost);
    const zy = Math.min((this.height - 2 * kMargin) / height, kFitMost);
    this.camera = { x: 0, y: 0, zx: Math.min(zx, zy * kStretchMost), zy: Math.min(zy, zx * kStretchMost) };
    this.camera.x = Math.max(0, (this.width - Math.max(width * this.camera.zx, last * this.camera.zx + names)) / 2);
    this.camera.y = Math.max(0, (this.height - height * this.camera.zy) / 2);
    this.labels.setRim(this.width - this.camera.x - 2, this.camera.zx);
    this.fitted = true;
    this.invalidate();
  }

  zoomBy(factor: number, x = this.width / 2, y = this.height / 2): void {
    const { camera } = this;
    const k = Math.max(kZoomLeast / camera.zx, Math.min(kZoomMost / camera.zx, factor));
    this.camera = { x: x - (x - camera.x) * k, y: y - (y - camera.y) * k, zx: camera.zx * k, zy: camera.zy * k };
    this.invalidate();
  }

  panBy(dx: number, dy: number): void {
    this.camera.x += dx;
    this.camera.y += dy;
    this.invalidate();
  }

  /** Brings a node into sight without moving the picture more than it must. */
  reveal(key: string): void {
    const at = this.picture?.place.get(key);
    if (at === undefined || !this.scene) return;
    const { boxes } = this.scene;
    const x = (boxes[4 * at]! + boxes[4 * at + 2]! / 2) * this.camera.zx + this.camera.x;
    const y = (boxes[4 * at + 1]! + boxes[4 * at + 3]! / 2) * this.camera.zy + this.camera.y;
    const edge = 60;
    this.panBy(Math.max(edge - x, Math.min(0, this.width - 2 * edge - x)), Math.max(edge - y, Math.min(0, this.height - edge - y)));
  }

  /** The next node along ribbons (left, right: the widest way) or within the column (up, down). */
  neighbour(key: string, direction: "left" | "right" | "up" | "down"): string | null {
    const { picture, ways, scene } = this;
    const at = picture?.place.get(key);
    if (!picture || !ways || !scene || at === undefined) return null;
    const { from, to, value } = picture.ribbons;
    if (direction === "left" || direction === "right") {
      let best = -1;
      for (const r of direction === "right" ? ways.out[at]! : ways.in[at]!)
        if (scene.shown[from[r]!] && scene.shown[to[r]!] && (best < 0 || value[r]! > value[best]!)) best = r;
      return best < 0 ? null : picture.nodes[direction === "right" ? to[best]! : from[best]!]!.key;
    }
    const column = picture.nodes.map((_, i) => i)
      .filter((i) => scene.shown[i] && picture.nodes[i]!.column === picture.nodes[at]!.column)
      .sort((a, b) => scene.boxes[4 * a + 1]! - scene.boxes[4 * b + 1]!);
    const next = column[column.indexOf(at) + (direction === "down" ? 1 : -1)];
    return next === undefined ? null : picture.nodes[next]!.key;
  }

  between(a: string, b: string): ReturnType<Ways["between"]> {
    const [s, t] = [this.picture?.place.get(a), this.picture?.place.get(b)];
    return s === undefined || t === undefined || !this.ways ? null : this.ways.between(s, t);
  }

  /** The whole picture, `ratio` device pixels to one of its own, as it would be printed. */
  async png(ratio = 2): Promise<Blob> {
    if (!this.scene || !this.picture) throw new Error("nothing to export");
    // Canvases have bounds of their own; 16,384 is what every browser gives.
    const scale = Math.min(ratio, 16_384 / this.picture.width, 16_384 / this.picture.height);
    const canvas = document.createElement("canvas");
    const painter = new CanvasPainter(canvas);
    painter.setPalette(paletteOf(this.options.dark));
    painter.setScene(this.scene);
    painter.setLook(this.look());
    painter.resize(this.picture.width, this.picture.height, scale);
    painter.draw({ x: 0, y: 0, zx: 1, zy: 1 });
    this.labels.paintInto(canvas, this.scene, scale, this.look().nodes, this.state);
    return new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the picture is too large"))), "image/png"));
  }

  // ---- drawing

  private invalidate(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.draw);
  }

  private readonly draw = (now: number): void => {
    this.frame = 0;
    if (this.asked) this.hoverAt(this.asked.x, this.asked.y);
    if (this.moving) {
      if (now - this.moving.since >= kMoveMs) this.moving = null;
      this.dirty.scene = true;
    }
    if (this.dirty.scene) this.rebuild(now);
    if (this.dirty.look && this.scene) {
      const look = this.look();
      this.painter.setLook(look);
      this.labels.setLook(look.nodes, this.state);
    }
    this.dirty = { scene: false, look: false };
    this.painter.draw(this.camera);
    this.labels.draw(this.camera, this.moving !== null || this.drag !== null);
    if (this.moving) this.invalidate();
  };

  private rebuild(now: number): void {
    const { picture } = this;
    if (!picture) return;
    const places = new Set(this.state.collapsed.flatMap((key) => picture.place.get(key) ?? []));
    this.scene = makeScene(picture, shownNodes(picture, places), this.offsets(picture, now));
    this.picker = null;
    this.painter.setScene(this.scene);
    this.labels.setScene(this.scene);
    this.dirty.look = true;
  }

  private offsets(picture: Picture, now: number): Offsets | undefined {
    if (this.state.moved.length === 0 && !this.moving && !this.drag) return undefined;
    const offsets = new Float32Array(2 * picture.nodes.length);
    for (const { key, y } of this.state.moved) {
      const at = picture.place.get(key);
      if (at !== undefined) offsets[2 * at + 1] = y - picture.nodes[at]!.box[1];
    }
    if (this.drag) offsets[2 * this.drag.node + 1]! += this.drag.dy;
    if (this.moving) {
      // Slow at the end, so that the eye can follow to the new place.
      const left = (1 - Math.max(0, Math.min(1, (now - this.moving.since) / kMoveMs))) ** 3;
      for (let i = 0; i < offsets.length; i++) offsets[i] = offsets[i]! * (1 - left) + this.moving.from[i]! * left;
    }
    return offsets;
  }

  private look(): Look {
    const picture = this.picture!;
    const look: Look = { nodes: new Uint8Array(picture.nodes.length), ribbons: new Uint8Array(picture.ribbons.count) };
    const lit = this.lit();
    if (lit) {
      for (let i = 0; i < look.nodes.length; i++) look.nodes[i] = lit.nodes[i] ? kNormal : kDim;
      for (let i = 0; i < look.ribbons.length; i++) look.ribbons[i] = lit.ribbons[i] ? kNormal : kDim;
      for (const r of lit.bright) look.ribbons[r] = kLit;
    }
    const { brush } = this.state;
    if (brush) {
      const { first, last } = picture.ribbons;
      for (let r = 0; r < look.ribbons.length; r++)
        if (last[r]! < brush.since || first[r]! >= brush.until) look.ribbons[r] = kDim; // NaN stays: nobody knows.
    }
    return look;
  }

  private lit(): (Lit & { bright: number[] }) | null {
    const { picture, ways, state, hovered } = this;
    if (!picture || !ways) return null;
    if (hovered && "node" in hovered)
      return { ...ways.through([hovered.node]), bright: [...ways.in[hovered.node]!, ...ways.out[hovered.node]!] };
    if (hovered) return { ...ways.through([], [hovered.ribbon]), bright: [hovered.ribbon] };
    if (state.path) {
      const found = this.between(...state.path);
      if (found) return { ...found, bright: found.widest };
    }
    const places = state.selected.flatMap((key) => picture.place.get(key) ?? []);
    const ribbons = state.ribbon !== null && state.ribbon < picture.ribbons.count ? [state.ribbon] : [];
    if (places.length + ribbons.length === 0) return null;
    return { ...ways.through(places, ribbons), bright: [...ribbons, ...places.flatMap((i) => [...ways.in[i]!, ...ways.out[i]!])] };
  }

  // ---- pointer and keys

  private listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(type: K, act: (event: HTMLElementEventMap[K]) => void, passive = true) =>
      this.host.addEventListener(type, act, { signal: this.stop.signal, passive });
    on("pointerdown", (event) => this.onDown(event));
    on("pointermove", (event) => this.onMove(event));
    on("pointerup", (event) => this.onUp(event));
    on("pointercancel", (event) => { this.pointers.delete(event.pointerId); this.press = null; this.dropDrag(); });
    on("pointerleave", () => { this.asked = null; this.setHover(null, 0, 0); });
    on("wheel", (event) => {
      event.preventDefault();
      const { x, y } = this.local(event);
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 32 : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        this.panBy(-(event.deltaX || event.deltaY) * lines, event.shiftKey ? 0 : -event.deltaY * lines);
      else this.zoomBy(Math.exp(-event.deltaY * lines * kWheel), x, y);
    }, false);
    on("keydown", (event) => this.onKey(event), false);
  }

  private local(event: MouseEvent): { x: number; y: number } {
    const box = this.host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private hitAt(x: number, y: number): Hit {
    if (!this.scene) return null;
    this.picker ??= new Picker(this.scene);
    const { zx, zy } = this.camera;
    const named = this.labels.at(x, y);
    if (named !== null) return { node: named };
    return this.picker.at((x - this.camera.x) / zx, (y - this.camera.y) / zy, kReachPx / zx, kReachPx / zy);
  }

  private onDown(event: PointerEvent): void {
    const at = this.local(event);
    this.pointers.set(event.pointerId, at);
    this.host.setPointerCapture(event.pointerId);
    if (this.pointers.size > 1) { this.press = null; this.dropDrag(); return; } // A pinch.
    if (event.button !== 0) return;
    this.press = { ...at, hit: this.hitAt(at.x, at.y), moved: false, add: event.shiftKey || event.ctrlKey || event.metaKey };
  }

  private onMove(event: PointerEvent): void {
    const at = this.local(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.asked = at; // Looked up once a frame.
      this.invalidate();
      return;
    }
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)![1];
      const apart = (p: { x: number; y: number }) => Math.hypot(p.x - other.x, p.y - other.y);
      this.panBy((at.x - before.x) / 2, (at.y - before.y) / 2);
      if (apart(before) > 1) this.zoomBy(apart(at) / apart(before), (at.x + other.x) / 2, (at.y + other.y) / 2);
    } else if (this.press) {
      if (!this.press.moved && Math.hypot(at.x - this.press.x, at.y - this.press.y) < kClickPx) return;
      this.press.moved = true;
      const { hit } = this.press;
      if (hit && "node" in hit) {
        this.drag = { node: hit.node, dy: (at.y - this.press.y) / this.camera.zy };
        this.dirty.scene = true;
        this.invalidate();
      } else this.panBy(at.x - before.x, at.y - before.y);
    }
    this.pointers.set(event.pointerId, at);
  }

  private onUp(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    const { press, picture } = this;
    this.press = null;
    if (!press || !picture) return;
    if (this.drag && this.scene) {
      const { node } = this.drag;
      const y = this.scene.boxes[4 * node + 1]!;
      this.dropDrag();
      this.events.move?.(picture.nodes[node]!.key, y);
      return;
    }
    if (press.moved) return;
    const { hit } = press;
    if (hit && "node" in hit) {
      const { key } = picture.nodes[hit.node]!;
      const twice = event.timeStamp - this.lastClick.time < kDoubleClickMs && this.lastClick.key === key;
      this.lastClick = { time: event.timeStamp, key };
      if (twice) { this.events.open?.(key); return; }
      const had = this.state.selected.includes(key);
      this.events.select?.(press.add ? (had ? this.state.selected.filter((k) => k !== key) : [...this.state.selected, key]) : [key], null);
    } else this.events.select?.([], hit ? hit.ribbon : null);
  }

  private dropDrag(): void {
    if (!this.drag) return;
    this.drag = null;
    this.dirty.scene = true;
    this.invalidate();
  }

  private hoverAt(x: number, y: number): void {
    this.asked = null;
    this.setHover(this.hitAt(x, y), x, y);
  }

  private setHover(hit: Hit, x: number, y: number): void {
    const same = JSON.stringify(hit) === JSON.stringify(this.hovered);
    this.hovered = hit;
    this.host.style.cursor = hit ? "pointer" : "";
    if (!same || hit) this.events.hover?.(hit, x, y);
    if (same) return;
    this.dirty.look = true;
    this.invalidate();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.host) return;
    const arrow = ({ ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const)[event.key];
    const key = this.state.selected.at(-1);
    if (arrow) {
      if (event.shiftKey || key === undefined) {
        const [dx, dy] = { left: [1, 0], right: [-1, 0], up: [0, 1], down: [0, -1] }[arrow] as [number, number];
        this.panBy(dx * kPanStep, dy * kPanStep);
      } else {
        const next = this.neighbour(key, arrow);
        if (next !== null) { this.events.select?.([next], null); this.reveal(next); }
      }
    } else if (event.key === "+" || event.key === "=") this.zoomBy(kZoomStep);
    else if (event.key === "−" || event.key === "_") this.zoomBy(1 / kZoomStep);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter" && key !== undefined) this.events.open?.(key);
    else if (event.key === "Home" && this.picture?.nodes[0]) this.events.select?.([this.picture.nodes[0].key], null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private onResize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (width < 2 || height < 2) return;
    const first = this.width === 0;
    if (!first) { this.camera.x += (width - this.width) / 2; } // The middle stays in the middle.
    [this.width, this.height] = [width, height];
    const ratio = Math.min(3, globalThis.devicePixelRatio || 1); // More is not seen, but paid for.
    this.painter.resize(width, height, ratio);
    this.labels.resize(width, height, ratio);
    if (first || !this.fitted) this.fit();
    this.draw(performance.now()); // Now, else the canvas flickers empty for a frame.
  }
}
