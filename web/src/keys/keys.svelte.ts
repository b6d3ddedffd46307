// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { Resolver, SEQUENCE_MS } from "./resolver";
import type { Where } from "./table";

type Handlers = Readonly<Record<string, () => void>>;

const TEXT = "input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]";
// What a focused control does by itself with these keys is what its user expects.
const OWN: Readonly<Record<string, string>> = { Enter: "a[href], button, summary, [role=tab]", ArrowDown: "[role=tablist] *", ArrowUp: "[role=tablist] *" };

class Keys {
  /** Of the screen that is shown. */
  where = $state<Where>("everywhere");
  /** "g", while a second key is waited for. */
  waiting = $state<string | null>(null);
  #resolver = new Resolver();
  #stack: Handlers[] = [];

  constructor() {
    addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Until the returned function is called. Later ones go before earlier ones. `$effect(() => keys.bind({…}))`. */
  bind(handlers: Handlers): () => void {
    this.#stack.push(handlers);
    return () => {
      this.#stack = this.#stack.filter((one) => one !== handlers);
    };
  }

  run(id: string): boolean {
    for (let i = this.#stack.length - 1; i >= 0; --i) {
      const handler = this.#stack[i]![id];
      if (handler !== undefined) {
        handler();
        return true;
      }
    }
    return false;
  }
  has(id: string): boolean {
    return this.#stack.some((handlers) => handlers[id] !== undefined);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target as Element | null;
    // A dialog has its keys to itself; the browser closes it by Escape.
    if (document.querySelector("dialog[open]:modal") !== null && !(event.ctrlKey || event.metaKey)) return;
    if (target?.closest?.(OWN[event.key] ?? "[data-none]") != null) return;
    const press = { key: event.key, ctrl: event.ctrlKey || event.metaKey, alt: event.altKey, inText: target?.closest?.(TEXT) != null };
    const id = this.#resolver.press(press, this.where, performance.now());
    this.waiting = this.#resolver.waiting;
    if (id === null) return;
    if (id === "wait") {
      setTimeout(() => {
        const alone = this.#resolver.timeout(this.where, performance.now());
        this.waiting = this.#resolver.waiting;
        if (alone !== null) this.run(alone);
      }, SEQUENCE_MS + 5);
      event.preventDefault();
    } else {
      // Out of the field, where letters are keys again: some screens begin in one.
      if (id === "close" && press.inText && target instanceof HTMLElement) target.blur();
      if (this.run(id)) event.preventDefault();
    }
  }
}

export const keys = new Keys();
