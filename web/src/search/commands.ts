// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the palette can do besides finding: every command, and every shortcut that acts on the screen that is open.

import { shortcutOf, SHORTCUTS, type Where } from "../keys/table";

export interface Command {
  id: string;
  text: string;
  key: string;
}

const EXTRA: readonly Command[] = [
  { id: "theme.dark", text: "Dark theme", key: "" },
  { id: "theme.light", text: "Light theme", key: "" },
  { id: "theme.system", text: "Theme as the system", key: "" },
  { id: "zone.utc", text: "Times in UTC", key: "" },
  { id: "zone.local", text: "Times of this machine", key: "" },
  { id: "open.doctor", text: "Health: what is missing", key: "" },
  { id: "open.help", text: "Help", key: "" },
  { id: "logout", text: "Sign out", key: "" },
];
const MOVING = /\.(down|up)$|^(search|palette|close)$/;

export function commands(where: Where, bound: (id: string) => boolean): Command[] {
  const own = SHORTCUTS.filter((row) => (row.where === where || row.where === "everywhere") && !MOVING.test(row.id) && bound(row.id));
  return [
    ...own.filter((row) => row.where !== "everywhere"),
    ...own.filter((row) => row.where === "everywhere"),
  ].map((row) => ({ id: row.id, text: capital(row.text), key: shortcutOf(row.id)!.keys[0]! })).concat(EXTRA);
}
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** All words of the query, in any order, each the beginning of a word or within one: "not a" finds "Add a note". */
export function fits(text: string, query: string): boolean {
  const low = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).filter((word) => word !== "").every((word) => low.includes(word));
}
