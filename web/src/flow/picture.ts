// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * The picture of a trace as the server laid it out (docs/formats/trace-result.md, data.layout): nodes as objects, ribbons as
 * arrays, because there are tens of thousands of them. Everything here has been checked: a place that does not exist, a
 * number that is none, or an array of another length never reaches the painter.
 */

/** context: expanded, no part of the trace. */
export type NodeKind = "seed" | "wallet" | "service" | "chain" | "fold" | "context";
export type Mode = "stolen" | "all" | "raw";
export type Axis = "hop" | "time";
export type Box = readonly [x: number, y: number, width: number, height: number];

export interface FlowNode {
  key: string;
  kind: NodeKind;
  name: string;
  count: number;
  category?: string;
  members: number[];
  /** Of context only: "eth:0x…", and how much moved, for people. */
  address?: string;
  moved?: string;
  column: number;
  hop_first: number;
  hop_last: number;
  stop?: string;
  in: number;
  out: number;
  rest: number;
  source: number;
  lost: number;
  dust_in: number;
  dust_out: number;
  internal: number;
  sum: number;
  taint: number;
  box: Box;
  rest_top: number;
  label: string;
  label_box?: Box;
}

/** Bits of Ribbons.bits; kinds begin at kKindShift. */
export const kBack = 1;
export const kContext = 2;
export const kKindShift = 8;
/** What the 24 bits above kKindShift can name. */
const kMaxKinds = 24;

export interface Ribbons {
  count: number;
  from: Uint32Array;
  to: Uint32Array;
  value: Float64Array;
  taint: Float32Array;
  movements: Uint32Array;
  confidence: Float32Array;
  width: Float32Array;
  /** Unix milliseconds; NaN: unknown. */
  first: Float64Array;
  last: Float64Array;
  bits: Uint32Array;
  /** count + 1 places in points: ribbon i has points start[i] … start[i + 1] - 1. */
  start: Uint32Array;
  /** x, y of each point: the upper edge, or the four points of an arc. */
  xy: Float32Array;
  kinds: string[];
}

export interface Omitted {
  folded_nodes: number;
  dust_movements: number;
  dust_nodes: number;
  dust_value: number;
  internal_movements: number;
  fee_movements: number;
  fee_value: number;
  labels: number;
}

export interface Picture {
  width: number;
  height: number;
  font_size: number;
  node_width: number;
  mode: Mode;
  axis: Axis;
  backward: boolean;
  unit: string;
  loot: number;
  scale_px: number;
  columns: { x: number; head: string }[];
  nodes: FlowNode[];
  ribbons: Ribbons;
  omitted: Omitted;
  notes: string[];
  /** Place of each key in nodes. */
  place: Map<string, number>;
}

export class BadPicture extends Error {}

type Json = Record<string, unknown>;

/** More nodes than a server sends: its own bound is some hundred thousand. */
const kMaxNodes = 1_000_000;

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function object(value: unknown, where: string): Json {
  if (!isObject(value)) throw new BadPicture(`${where}: expected an object`);
  return value;
}

function list(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new BadPicture(`${where}: expected a list`);
  return value;
}

function number(value: unknown, where: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new BadPicture(`${where}: expected a number`);
  return value;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const numberOr = (value: unknown, other: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : other;

function box(value: unknown, where: string): Box {
  const four = list(value, where);
  if (four.length !== 4) throw new BadPicture(`${where}: expected four numbers`);
  return [number(four[0], where), number(four[1], where), number(four[2], where), number(four[3], where)];
}

const kKinds: readonly NodeKind[] = ["seed", "wallet", "service", "chain", "fold", "context"];

function node(value: unknown, where: string): FlowNode {
  const from = object(value, where);
  const kind = kKinds.find((k) => k === from.kind) ?? "wallet";
  const out: FlowNode = {
    key: text(from.key), kind, name: text(from.name), count: numberOr(from.count, 1),
    members: Array.isArray(from.members) ? from.members.filter((m): m is number => Number.isInteger(m) && m >= 0) : [],
    column: numberOr(from.column, 0), hop_first: numberOr(from.hop_first, 0), hop_last: numberOr(from.hop_last, 0),
    in: numberOr(from.in, 0), out: numberOr(from.out, 0), rest: numberOr(from.rest, 0), source: numberOr(from.source, 0),
    lost: numberOr(from.lost, 0), dust_in: numberOr(from.dust_in, 0), dust_out: numberOr(from.dust_out, 0),
    internal: numberOr(from.internal, 0), sum: numberOr(from.sum, 0), taint: numberOr(from.taint, 1),
    box: box(from.box, `${where}/box`), rest_top: numberOr(from.rest_top, Infinity), label: text(from.label),
  };
  if (typeof from.category === "string") out.category = from.category;
  if (typeof from.stop === "string") out.stop = from.stop;
  if (typeof from.address === "string") out.address = from.address;
  if (typeof from.moved === "string") out.moved = from.moved;
  if (from.label_box !== undefined && out.label !== "") out.label_box = box(from.label_box, `${where}/label_box`);
  return out;
}

export function emptyRibbons(count: number, points: number, kinds: string[] = []): Ribbons {
  return {
    count, kinds,
    from: new Uint32Array(count), to: new Uint32Array(count), value: new Float64Array(count),
    taint: new Float32Array(count), movements: new Uint32Array(count), confidence: new Float32Array(count),
    width: new Float32Array(count), first: new Float64Array(count), last: new Float64Array(count),
    bits: new Uint32Array(count), start: new Uint32Array(count + 1), xy: new Float32Array(2 * points),
  };
}

const millis = (value: unknown): number => (typeof value === "string" ? Date.parse(value) : NaN);

function ribbonsOf(values: unknown[]): Ribbons {
  const rows = values.map((value, i) => object(value, `ribbons/${i}`));
  const pathOf = (row: Json, i: number) => list(row.back === true ? row.arc : row.path, `ribbons/${i}/path`);
  let points = 0;
  for (const [i, row] of rows.entries()) points += pathOf(row, i).length;
  const out = emptyRibbons(rows.length, points);
  let at = 0;
  for (const [i, row] of rows.entries()) {
    const where = `ribbons/${i}`;
    out.from[i] = place(row.from, where);
    out.to[i] = place(row.to, where);
    out.value[i] = number(row.value, where);
    out.taint[i] = numberOr(row.taint, 1);
    out.movements[i] = numberOr(row.movements, 1);
    out.confidence[i] = numberOr(row.confidence, 1);
    out.width[i] = number(row.back === true ? row.arc_width : row.width, where);
    out.first[i] = millis(row.first);
    out.last[i] = millis(row.last);
    let bits = (row.back === true ? kBack : 0) | (row.context === true ? kContext : 0);
    for (const kind of Array.isArray(row.kinds) ? row.kinds : []) {
      if (typeof kind !== "string") continue;
      let k = out.kinds.indexOf(kind);
      if (k < 0 && out.kinds.length < kMaxKinds) k = out.kinds.push(kind) - 1;
      if (k >= 0) bits |= 1 << (kKindShift + k);
    }
    out.bits[i] = bits >>> 0;
    out.start[i] = at;
    for (const point of pathOf(row, i)) {
      const pair = list(point, `${where}/path`);
      out.xy[2 * at] = number(pair[0], where);
      out.xy[2 * at + 1] = number(pair[1], where);
      at++;
    }
  }
  out.start[rows.length] = at;
  return out;
}

function place(value: unknown, where: string): number {
  const at = number(value, where);
  if (!Number.isInteger(at) || at < 0) throw new BadPicture(`${where}: expected a place`);
  return at;
}

/** What cannot be wrong afterwards; `ribbons` are given when they came as arrays. */
export function pictureOf(layout: unknown, ribbons?: Ribbons): Picture {
  const from = object(layout, "layout");
  const rawNodes = list(from.nodes, "nodes");
  if (rawNodes.length > kMaxNodes) throw new BadPicture(`nodes: more than ${kMaxNodes}`);
  const nodes = rawNodes.map((value, i) => node(value, `nodes/${i}`));
  const all = ribbons ?? ribbonsOf(list(from.ribbons, "ribbons"));
  checkRibbons(all, nodes.length);
  const omitted = isObject(from.omitted) ? from.omitted : {};
  const mode = from.mode === "all" || from.mode === "raw" ? from.mode : "stolen";
  const picture: Picture = {
    width: number(from.width, "width"), height: number(from.height, "height"),
    font_size: numberOr(from.font_size, 11), node_width: numberOr(from.node_width, 8),
    mode, axis: from.axis === "time" ? "time" : "hop", backward: from.backward === true,
    unit: text(from.unit), loot: numberOr(from.loot, 0), scale_px: numberOr(from.scale_px, 1),
    columns: list(from.columns ?? [], "columns").map((value, i) => {
      const column = object(value, `columns/${i}`);
      return { x: number(column.x, `columns/${i}`), head: text(column.head) };
    }),
    nodes, ribbons: all,
    omitted: {
      folded_nodes: numberOr(omitted.folded_nodes, 0), dust_movements: numberOr(omitted.dust_movements, 0),
      dust_nodes: numberOr(omitted.dust_nodes, 0), dust_value: numberOr(omitted.dust_value, 0),
      internal_movements: numberOr(omitted.internal_movements, 0), fee_movements: numberOr(omitted.fee_movements, 0),
      fee_value: numberOr(omitted.fee_value, 0), labels: numberOr(omitted.labels, 0),
    },
    notes: (Array.isArray(from.notes) ? from.notes : []).filter((n): n is string => typeof n === "string"),
    place: new Map(nodes.map((n, i) => [n.key, i])),
  };
  if (!(picture.width > 0 && picture.height > 0)) throw new BadPicture("width, height: expected more than 0");
  return picture;
}

function checkRibbons(ribbons: Ribbons, nodes: number): void {
  const points = ribbons.xy.length / 2;
  for (let i = 0; i < ribbons.count; i++) {
    if (ribbons.from[i]! >= nodes || ribbons.to[i]! >= nodes) throw new BadPicture(`ribbons/${i}: no such node`);
    const begin = ribbons.start[i]!;
    const end = ribbons.start[i + 1]!;
    if (begin > end || end > points) throw new BadPicture(`ribbons/${i}: points out of order`);
    const back = (ribbons.bits[i]! & kBack) !== 0;
    if (back ? end - begin !== 4 : end - begin < 2) throw new BadPicture(`ribbons/${i}: wrong number of points`);
    if (!(ribbons.width[i]! >= 0 && Number.isFinite(ribbons.width[i]))) throw new BadPicture(`ribbons/${i}: bad width`);
  }
  for (const v of ribbons.xy) if (!Number.isFinite(v)) throw new BadPicture("ribbons: a point that is none");
}

/** Where a node of an earlier picture is now: itself, or what its largest member stands in since a fold was opened or closed. */
export function heirOf(node: FlowNode, now: Picture): number | undefined {
  const same = now.place.get(node.key);
  if (same !== undefined || node.members.length === 0) return same;
  const at = now.nodes.findIndex((one) => one.members.includes(node.members[0]!));
  return at < 0 ? undefined : at;
}

export function kindsOf(ribbons: Ribbons, i: number): string[] {
  return ribbons.kinds.filter((_, k) => (ribbons.bits[i]! >>> (kKindShift + k)) & 1);
}
