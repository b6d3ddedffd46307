// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// docs/formats/guard-verdict.md and explain-result.md.

import { sentence } from "../state/sentence";

export type Decision = "allow" | "hold" | "deny";
export interface Verdict {
  id: string;
  verdict: Decision;
  reasons: { decision: Decision; rule: string; text: string; source: string }[];
  approvals_needed: { group: string; needed: number; given: number }[];
  earliest: string | null;
  expires: string | null;
  request_sha256: string;
  policy_sha256: string;
  time: string;
  entry: number;
}
export interface Explanation {
  type: string;
  verdict: "ok" | "warn" | "block";
  summary: string;
  worst_case: string;
  effects: { kind: string; text: string; where?: string }[];
  findings: { rule: string; severity: "ok" | "warn" | "block"; text: string; judged?: boolean }[];
  hashes: { name: string; value: string; ledger?: string; words?: string }[];
  details: { name: string; value: string }[];
  screens?: { label: string; value: string }[];
}
export interface Need {
  group: string;
  needed: number;
  given: number;
  members: { name: string; kind: string; gave: boolean }[];
}
export interface GuardRequest {
  request: {
    id: string; chain: string; asset: string; from?: string; to: string; amount: string; requester?: string; time: string;
    payload?: { type: string };
  };
  symbol?: string | null;
  decimals?: number | null;
  usd?: number | null;
  verdict: Verdict;
  approvals: { by: string; time: string; expires: string }[];
  tx: string | null;
  asked_by: string | null;
  text: string;
  explanation?: Explanation | null;
  needs?: Need[];
}
export interface Statement {
  text: string;
  sha256: string;
  key_kind: string;
  rp: string | null;
  policy_sha256: string;
  expires: string;
  command: string;
}
export interface Breaker {
  breaker: string;
  since: string;
  by: string;
  why: string;
  text: string;
  reset: Agreement;
}
export interface Agreement {
  group: string;
  needed: number;
  given: number;
  agreed: string[];
  begins: string | null;
}
export interface Proposal {
  version: number;
  sha256: string;
  by: string;
  policy: string;
  /** What people sign. */
  text: string;
  agreement: Agreement;
}
export interface Outflow {
  time: string;
  chain: string;
  tx: string;
  from: string;
  to: string;
  asset: string;
  amount: string;
  symbol: string | null;
  decimals: number | null;
  text: string;
}
export interface Policy {
  version: number;
  sha256: string;
  text: string;
  explanation: string;
  proposed: Proposal[];
}

/** Why a statement was refused, in the gate's words. */
export function uncounted(error: unknown): string {
  const detail = (error as { detail?: unknown } | null)?.detail;
  const why = /the statement does not count: ([^]*)$/.exec(typeof detail === "string" ? detail : "")?.[1];
  return why === undefined ? sentence(error) : `It does not count: ${why}.`;
}

/** One line for a list: who is waited for, or what stands in the way. */
export function missing(one: GuardRequest): string {
  const { verdict } = one;
  if (verdict.verdict === "deny") return verdict.reasons[0]?.text ?? "denied";
  if (verdict.verdict === "allow") return "nothing: it may leave";
  const open = verdict.approvals_needed.filter((need) => need.given < need.needed);
  if (open.length > 0) return open.map((need) => `${need.needed - need.given} of ${need.group}`).join(", ");
  if (verdict.earliest !== null) return "time only";
  return verdict.reasons.find((reason) => reason.decision === "hold")?.text ?? "not known";
}
