// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The alerts that the page knows, at up to a thousand news a second. Two rules: what is known is replaced whole by what comes
// (the server sends alerts whole), and the order of what somebody looks at changes only when they say so.

import type { Alert } from "../api/types";
import { level } from "./filter";

// More rows than a person reads, few enough to filter in a frame. The server has the rest.
export const MOST_ALERTS = 5000;

export interface Row {
  /** Of the alert, or of the incident. */
  id: string;
  alert: Alert;
  /** Alerts in it that the page knows; 1 where it is not an incident. */
  count: number;
}

export class AlertList {
  #known = new Map<string, Alert>();
  #shown: string[] = [];
  #waiting: string[] = [];  ///< Came since, oldest first.
  readonly #accept: (alert: Alert) => boolean;

  constructor(accept: (alert: Alert) => boolean) {
    this.#accept = accept;
  }

  /** How many wait behind "N new". */
  get waiting(): number {
    return this.#waiting.length;
  }
  /** The worst of them. */
  get worstWaiting(): Alert | null {
    let worst: Alert | null = null;
    for (const id of this.#waiting) {
      const alert = this.#known.get(id)!;
      if (worst === null || level(alert.severity) > level(worst.severity)) worst = alert;
    }
    return worst;
  }
  get(id: string): Alert | undefined {
    return this.#known.get(id);
  }

  /** A page of the server, newest first, behind what is shown. */
  append(page: readonly Alert[]): void {
    for (const alert of page) {
      if (!this.#known.has(alert.id)) this.#shown.push(alert.id);
      this.#known.set(alert.id, alert);
    }
  }

  /** News. Returns those that were not known: to be told. */
  take(batch: readonly Alert[]): Alert[] {
    const fresh: Alert[] = [];
    for (const alert of batch) {
      // What is shown stays even when it fits the filter no more (somebody just closed it): nothing vanishes under the hand.
      if (this.#known.has(alert.id)) this.#known.set(alert.id, alert);
      else if (this.#accept(alert)) {
        this.#known.set(alert.id, alert);
        this.#waiting.push(alert.id);
        fresh.push(alert);
      }
    }
    const over = this.#waiting.length - MOST_ALERTS;
    if (over > 0) for (const id of this.#waiting.splice(0, over)) this.#known.delete(id);
    return fresh;
  }

  /** Shows what waits, on top; drops what no longer fits, and the oldest beyond the bound. */
  showNew(): void {
    const order = [...this.#waiting.reverse(), ...this.#shown].filter((id) => this.#accept(this.#known.get(id)!));
    this.#waiting = [];
    this.#shown = order.slice(0, MOST_ALERTS);
    const kept = new Set(this.#shown);
    for (const id of this.#known.keys()) if (!kept.has(id)) this.#known.delete(id);
  }

  rows(grouped: boolean): Row[] {
    if (!grouped) return this.#shown.map((id) => ({ id, alert: this.#known.get(id)!, count: 1 }));
    const rows = new Map<string, Row>();
    for (const id of this.#shown) {
      const alert = this.#known.get(id)!;
      const key = alert.incident ?? alert.id;
      const row = rows.get(key);
      if (row === undefined) rows.set(key, { id: key, alert, count: 1 });
      else {
        row.count += 1;
        if (level(alert.severity) > level(row.alert.severity)) row.alert = alert;
      }
    }
    return [...rows.values()];
  }
}
