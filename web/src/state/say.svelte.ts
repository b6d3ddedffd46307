// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { sentence } from "./sentence";

/** Words for people who look, and for people who listen: polite, or assertive for what cannot wait. */
class Say {
  polite = $state("");
  assertive = $state("");
  toasts = $state<{ id: number; text: string; kind: "fine" | "bad" }[]>([]);
  #next = 0;

  /** Only for listeners: what is plain to see already. */
  quietly(text: string): void {
    this.polite = text;
  }
  alarm(text: string): void {
    this.assertive = text;
  }
  /** Shown and told. What went wrong stays until it is closed. */
  done(text: string): void {
    this.#show(text, "fine");
    this.polite = text;
  }
  wrong(error: unknown): void {
    const text = sentence(error);
    this.#show(text, "bad");
    this.assertive = text;
  }
  close(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }
  #show(text: string, kind: "fine" | "bad"): void {
    const id = this.#next++;
    this.toasts = [...this.toasts.slice(-3), { id, text, kind }];
    const READ_MS = 6000;
    if (kind === "fine") setTimeout(() => this.close(id), READ_MS);
  }
}
export const say = new Say();

export { sentence };
