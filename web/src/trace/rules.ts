// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** The five rules of one theft, side by side. What is computed is here; Rules.svelte draws it. */
import type { TraceJob } from "../api/types";
import type { Summary } from "./answers";

export interface RuleRow { policy: string; trace: TraceJob | null }
export const kRuleNames: Readonly<Record<string, string>> = {
  fifo: "first in, first out", lifo: "last in, first out", tiho: "stolen in, highest out", haircut: "in proportion", poison: "all is stolen",
};
/** Poison measures nothing: it is a net for leads, and stands in no difference. */
export const measures = (policy: string): boolean => policy !== "poison";

export interface Receiver { name: string; category: string; canHold: boolean; /** By rule, in the unit of the trace; null: not there. */ values: (number | null)[]; spread: number }

/** Services that receive most by any rule that measures, and how far the rules are apart on each. */
export function receivers(rules: readonly string[], summaries: readonly (Summary | null)[], most: number): { rows: Receiver[]; more: number } {
  const rows = new Map<string, Receiver>();
  summaries.forEach((summary, at) => {
    for (const service of summary?.services ?? []) {
      const key = `${service.key} ${service.category}`;
      let row = rows.get(key);
      if (!row) rows.set(key, (row = { name: service.name, category: service.category, canHold: service.can_hold, values: rules.map(() => null), spread: 0 }));
      row.values[at] = (row.values[at] ?? 0) + (service.share ?? 0) * summary!.traced;
    }
  });
  const measured = rules.flatMap((rule, at) => (measures(rule) && summaries[at] ? [at] : []));
  const top = (row: Receiver) => Math.max(0, ...measured.map((at) => row.values[at] ?? 0));
  for (const row of rows.values()) {
    const values = measured.map((at) => row.values[at] ?? 0);
    row.spread = values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
  }
  const all = [...rows.values()].sort((a, b) => top(b) - top(a) || (a.name < b.name ? -1 : 1));
  return { rows: all.slice(0, most), more: Math.max(0, all.length - most) };
}

/** Where all that was traced lies, as parts of 1. */
export function parts(summary: Summary): { freezable: number; named: number; elsewhere: number } {
  const of = (value: number) => (summary.traced > 0 ? Math.max(0, Math.min(1, value / summary.traced)) : 0);
  const freezable = of(summary.freezable);
  const named = of(summary.named - summary.freezable);
  return { freezable, named, elsewhere: Math.max(0, 1 - freezable - named) };
}
