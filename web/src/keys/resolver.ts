// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { SHORTCUTS, type Shortcut, type Where } from "./table";

export interface Press {
  key: string;
  ctrl: boolean;
  alt: boolean;
  /** The press was in something that takes text. */
  inText: boolean;
}

// How long after `g` a screen's letter is waited for. Below, slow hands miss it; above, `g` alone (Trace) feels broken.
export const SEQUENCE_MS = 600;

/** From presses to ids of shortcuts. Knows no document; the caller gives the clock. */
export class Resolver {
  #first: { key: string; until: number } | null = null;

  constructor(readonly table: readonly Shortcut[] = SHORTCUTS) {}

  /** The first key of a sequence that is waited for: for the hint on screen. */
  get waiting(): string | null {
    return this.#first?.key ?? null;
  }

  /** The id; "wait" while a sequence may go on; null: not ours, leave it to the browser. */
  press(press: Press, where: Where, now: number): string | "wait" | null {
    if (press.alt) return this.#forget();
    const name = press.ctrl ? `Ctrl-${press.key.toLowerCase()}` : press.key;
    // In text fields letters are text. Only what cannot be typed still acts.
    if (press.inText && !press.ctrl && press.key !== "Escape") return this.#forget();

    const first = this.#first !== null && now <= this.#first.until ? this.#first.key : null;
    this.#first = null;
    if (first !== null) {
      const both = this.#find(`${first} ${name}`, where);
      if (both !== null) return both;
      // "g" and then a key of another thing: the other thing is meant.
    }
    if (this.#rows(where).some((row) => row.keys.some((keys) => keys.startsWith(`${name} `)))) {
      this.#first = { key: name, until: now + SEQUENCE_MS };
      return "wait";
    }
    return this.#find(name, where);
  }

  /** After SEQUENCE_MS without another press: what the first key means by itself. */
  timeout(where: Where, now: number): string | null {
    if (this.#first === null || now < this.#first.until) return null;
    const alone = this.#first.key;
    this.#first = null;
    return this.#find(alone, where);
  }

  #rows(where: Where): readonly Shortcut[] {
    return this.table.filter((row) => row.where === where || row.where === "everywhere");
  }
  #find(keys: string, where: Where): string | null {
    // The screen's own meaning goes before the general one.
    const rows = this.#rows(where).filter((row) => row.keys.includes(keys));
    return (rows.find((row) => row.where === where) ?? rows[0])?.id ?? null;
  }
  #forget(): null {
    this.#first = null;
    return null;
  }
}
