// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { api } from "../api/client";
import type { Alert, Case, TraceJob } from "../api/types";
import type { GuardRequest } from "../guard/types";
import type { Seen } from "./steps";

export type { Alert, Case, GuardRequest };

/** What cannot be read, or made, is not pointed at. */
async function or<T>(ask: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await ask();
  } catch {
    return otherwise;
  }
}
const first = <T>(path: string, query: Record<string, string | number | boolean>): Promise<T[]> =>
  or(async () => (await api.page<T>(path, { query })).data.items, []);

/** The real things to point at. `wanted`: what the step shows must be there, so it is made where there is none and one may. */
export async function look(guide: string, wanted: "" | "trace" | "case"): Promise<Seen> {
  const [alerts, waiting] = await Promise.all([
    first<Alert>("/api/alerts", { severity: "critical", open: true, limit: 100 }),
    first<GuardRequest>("/api/guard/withdrawals", { state: "waiting", limit: 100 }),
  ]);
  const alert = alerts.at(-1) ?? null;
  // What the alarm holds tells the story best.
  const withdrawal = waiting.find((one) => one.verdict.reasons.some((reason) => reason.source === "breaker")) ?? waiting[0] ?? null;
  // The same question is the same trace, however often it is asked.
  const seeds = guide !== "" ? guide : alert?.txs[0] === undefined ? "" : `${alert.chain}:${alert.txs[0]}`;
  const trace = wanted === "" || seeds === "" ? null : await or(async () => (await api.post<TraceJob>("/api/traces", { seeds })).data.id, null);
  return { alert, withdrawal, trace, kase: wanted === "case" ? await caseOf(alert, trace) : null };
}

async function caseOf(alert: Alert | null, trace: string | null): Promise<Case | null> {
  const cases = await first<Case>("/api/cases", { limit: 20 });
  for (const one of cases.slice(0, 5)) {
    const whole = await or(async () => (await api.get<Case>(`/api/cases/${encodeURIComponent(one.id)}`)).data, null);
    if (whole !== null && whole.items.some((item) => item.kind === "trace" && (trace === null || item.ref === trace))) return whole;
  }
  if (trace === null) return cases[0] ?? null;
  const items = [...(alert === null ? [] : [{ kind: "alert", ref: alert.id }]), { kind: "trace", ref: trace }];
  return or(async () => (await api.post<Case>("/api/cases", { title: "The theft of the guided path", items })).data, cases[0] ?? null);
}
