// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { isAborted, type Answer } from "../api/client";

/**
 * Something read from the server: what is there stays shown while it is read again. Ask in an effect:
 * `$effect(() => thing.read((signal) => api.get(…)))`; what was asked before and is not there yet is left.
 */
export class Load<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  warnings = $state.raw<string[]>([]);
  incomplete = $state(false);
  busy = $state(false);
  #control: AbortController | null = null;

  read(ask: (signal: AbortSignal) => Promise<Answer<T>>): () => void {
    this.#control?.abort();
    const control = new AbortController();
    this.#control = control;
    this.busy = true;
    void ask(control.signal).then(
      (answer) => {
        if (control.signal.aborted) return;
        this.data = answer.data;
        this.warnings = answer.warnings;
        this.incomplete = answer.incomplete;
        this.error = null;
        this.busy = false;
      },
      (error: unknown) => {
        if (control.signal.aborted || isAborted(error)) return;
        this.error = error;
        this.busy = false;
      },
    );
    return () => control.abort();
  }
}
