// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every shortcut there is, once: what acts, what `?` shows, what the palette prints beside a command.

export type Where = "everywhere" | "watch" | "trace" | "guard" | "cases";

export interface Shortcut {
  id: string;
  where: Where;
  /** As KeyboardEvent.key; "Ctrl-k" also with the Command key; "g w": one after the other. */
  keys: readonly string[];
  text: string;
}

const row = (where: Where, id: string, keys: string, text: string): Shortcut => ({ id, where, keys: keys.split(" | "), text });

export const SHORTCUTS: readonly Shortcut[] = [
  row("everywhere", "search", "/", "search"),
  row("everywhere", "palette", "Ctrl-k", "do or find anything"),
  row("everywhere", "help", "?", "show the keys of this screen"),
  row("everywhere", "go.watch", "g w", "go to Watch"),
  row("everywhere", "go.trace", "g t", "go to Trace"),
  row("everywhere", "go.guard", "g g", "go to Guard"),
  row("everywhere", "go.cases", "g c", "go to Cases"),
  row("everywhere", "close", "Escape", "close, or leave the selection"),

  row("watch", "watch.down", "j | ArrowDown", "next alert"),
  row("watch", "watch.up", "k | ArrowUp", "previous alert"),
  row("watch", "watch.open", "Enter", "open the alert beside the list"),
  row("watch", "watch.select", "x", "select, or no longer"),
  row("watch", "watch.range", "X", "select all from the last selected to here"),
  row("watch", "watch.ack", "a", "acknowledge: it is mine now"),
  row("watch", "watch.assign", "i", "assign to me"),
  row("watch", "watch.investigate", "v", "investigate"),
  row("watch", "watch.close", "d", "close, with the reason"),
  row("watch", "watch.note", "n", "add a note"),
  row("watch", "watch.suppress", "s", "suppress what is like it…"),
  row("watch", "watch.case", "c", "make a case of it"),
  row("watch", "watch.trace", "t", "trace the money from here"),
  row("watch", "watch.new", ".", "show the new alerts"),
  row("watch", "watch.export", "e", "export the list as CSV"),

  row("trace", "trace.down", "j | ArrowDown", "next node or row"),
  row("trace", "trace.up", "k | ArrowUp", "previous node or row"),
  row("trace", "trace.open", "Enter", "open: a fold, or the address"),
  row("trace", "trace.expand_in", "[", "expand what came in"),
  row("trace", "trace.expand_out", "]", "expand what went out"),
  row("trace", "trace.collapse", "-", "collapse"),
  row("trace", "trace.fold", "f", "fold threshold"),
  row("trace", "trace.time", "t", "time brush"),
  row("trace", "trace.level", "g", "addresses or txns"),
  row("trace", "trace.table", "v", "table or picture"),
  row("trace", "trace.stolen", "h", "stolen money only"),
  row("trace", "trace.note", "n", "add a note"),
  row("trace", "trace.undo", "z", "undo"),
  row("trace", "trace.redo", "Z", "redo"),
  row("trace", "trace.path", "p", "path between two"),
  row("trace", "trace.export", "e", "export"),
  row("trace", "trace.case", "c", "make a case of it"),

  row("guard", "guard.down", "j | ArrowDown", "next withdrawal"),
  row("guard", "guard.up", "k | ArrowUp", "previous withdrawal"),
  row("guard", "guard.open", "Enter", "open it"),
  row("guard", "guard.approve", "a", "approve: read and sign the statement"),
  row("guard", "guard.reject", "r", "reject: read and sign the statement"),
  row("guard", "guard.trip", "b", "trip a breaker: stop withdrawals"),

  row("cases", "cases.down", "j | ArrowDown", "next case or item"),
  row("cases", "cases.up", "k | ArrowUp", "previous case or item"),
  row("cases", "cases.open", "Enter", "open it"),
  row("cases", "cases.note", "n", "add a note"),
  row("cases", "cases.new", "c", "new case"),
];

export const shortcutOf = (id: string): Shortcut | undefined => SHORTCUTS.find((shortcut) => shortcut.id === id);

const SHOWN: Readonly<Record<string, string>> = { ArrowDown: "↓", ArrowUp: "↑", Escape: "Esc", Enter: "Enter ⏎" };
/** For people: "Ctrl K", "g w". */
export const shownKey = (key: string): string =>
  key.startsWith("Ctrl-") ? `Ctrl ${key.slice(5).toUpperCase()}` : (SHOWN[key] ?? key);
