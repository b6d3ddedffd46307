// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** What somebody looks at, as a document (docs/formats/view.md), and its history. */
import type { Axis, Mode } from "../flow/picture";

export interface Note { key: string; text: string; colour: string; by: string; time: string }
export interface Expansion { key: string; side: "in" | "out" }
export interface View {
  v: 1;
  trace: string;
  question: Record<string, unknown>;
  title: string;
  mode: Mode;
  axis: Axis;
  open: string[];
  expand: Expansion[];
  hidden: string[];
  brush?: { since: string; until: string };
  assets: string[];
  notes: Note[];
  moved: { key: string; y: number }[];
  selected: string[];
}

export const newView = (trace: string, question: Record<string, unknown> = {}, title = ""): View => ({
  v: 1, trace, question, title, mode: "stolen", axis: "hop", open: [], expand: [], hidden: [], assets: [], notes: [], moved: [],
  selected: [],
});

/** Bounds of what is believed; the server refuses more than 1 MiB anyway. */
const kMost = 10_000;

const isRow = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string").slice(0, kMost) : [];
const rows = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRow).slice(0, kMost) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const isTime = (value: unknown): value is string => typeof value === "string" && !Number.isNaN(Date.parse(value));
/** `#rrggbb` and nothing else: it becomes a colour of the canvas. */
const colourOf = (value: unknown): string => (typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value) ? value : "");

/** null: not a view of this version. What is unknown in it is left out; what is missing is empty. */
export function parseView(from: unknown): View | null {
  if (!isRow(from) || from.v !== 1 || typeof from.trace !== "string" || from.trace === "") return null;
  const view = newView(from.trace, isRow(from.question) ? from.question : {}, textOf(from.title));
  if (from.mode === "all" || from.mode === "raw") view.mode = from.mode;
  if (from.axis === "time") view.axis = "time";
  view.open = texts(from.open);
  view.hidden = texts(from.hidden);
  view.assets = texts(from.assets);
  view.selected = texts(from.selected);
  view.expand = rows(from.expand).flatMap(({ key, side }) =>
    typeof key === "string" && (side === "in" || side === "out") ? [{ key, side }] : []);
  view.notes = rows(from.notes).flatMap(({ key, text, colour, by, time }) =>
    typeof key === "string" && typeof text === "string"
      ? [{ key, text, colour: colourOf(colour), by: textOf(by), time: isTime(time) ? time : "" }] : []);
  view.moved = rows(from.moved).flatMap(({ key, y }) =>
    typeof key === "string" && typeof y === "number" && Number.isFinite(y) ? [{ key, y }] : []);
  if (isRow(from.brush) && isTime(from.brush.since) && isTime(from.brush.until))
    view.brush = { since: from.brush.since, until: from.brush.until };
  return view;
}

/** Whether the server must lay out anew. */
export const sameLayout = (a: View, b: View): boolean => layoutKey(a) === layoutKey(b);
const layoutKey = (view: View): string => JSON.stringify([view.trace, view.mode, view.axis, view.open, view.expand, view.brush, view.assets]);

/** Keys may hold commas ("fold:3:wallets, mixed"): each is escaped by itself before it stands in a list. */
const listed = (keys: readonly string[]): string => keys.map((key) => key.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");

/** The query of GET /api/traces/ID/layout and flow.svg. */
export function layoutQuery(view: View, width: number, height: number): Record<string, string | number | undefined> {
  return {
    mode: view.mode, axis: view.axis,
    open: listed(view.open) || undefined,
    expand: view.expand.map(({ key, side }) => `${side}:${listed([key])}`).join(",") || undefined,
    since: view.brush?.since, until: view.brush?.until,
    asset: listed(view.assets) || undefined, width: Math.round(width), height: Math.round(height),
  };
}

/** Adds, or takes away what is there. */
export const toggled = (list: readonly string[], key: string): string[] =>
  list.includes(key) ? list.filter((one) => one !== key) : [...list, key];

/** What `-` means: take back what was opened or expanded there, else hide what lies behind; again: show it. */
export function collapse(view: View, key: string): View {
  // A fold that was opened is gone; its members are seen, and the rest of it under a key with "+".
  const base = key.replace(/\++$/, "");
  if (view.open.includes(base)) return { ...view, open: view.open.filter((one) => one.replace(/\++$/, "") !== base) };
  if (view.expand.some((one) => one.key === key)) return { ...view, expand: view.expand.filter((one) => one.key !== key) };
  return { ...view, hidden: toggled(view.hidden, key) };
}

export function withNote(view: View, note: Note): View {
  const notes = view.notes.filter((one) => one.key !== note.key);
  return { ...view, notes: note.text === "" ? notes : [...notes, note] };
}

/** Undo and redo. Selection is not history: undoing must not take the eye elsewhere. */
export class History {
  private past: { view: View; did: string }[] = [];
  private future: { view: View; did: string }[] = [];
  /** Nobody goes back further; each entry is a document. */
  static readonly kMost = 200;

  constructor(private now: View) {}

  get view(): View { return this.now; }
  get undoes(): string | null { return this.past.at(-1)?.did ?? null; }
  get redoes(): string | null { return this.future.at(-1)?.did ?? null; }

  do(did: string, next: View): void {
    if (JSON.stringify(next) === JSON.stringify(this.now)) return;
    this.past.push({ view: this.now, did });
    if (this.past.length > History.kMost) this.past.shift();
    this.future = [];
    this.now = next;
  }
  select(selected: string[]): void { this.now = { ...this.now, selected }; }
  undo(): string | null { return this.step(this.past, this.future); }
  redo(): string | null { return this.step(this.future, this.past); }

  private step(from: { view: View; did: string }[], to: { view: View; did: string }[]): string | null {
    const entry = from.pop();
    if (!entry) return null;
    to.push({ view: this.now, did: entry.did });
    this.now = { ...entry.view, selected: this.now.selected };
    return entry.did;
  }
}
