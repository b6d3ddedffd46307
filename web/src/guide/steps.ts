// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Sixty seconds on the real screens: theft, alert, hold, trace, letter. Each step has its place, and points at the real thing.

import type { Alert, Case, GuardRequest } from "./seen";

export interface Seen {
  /** The first of the worst alerts that are open. */
  alert: Alert | null;
  /** A withdrawal that waits. */
  withdrawal: GuardRequest | null;
  /** The trace of the theft; null: not asked yet, or nobody may. */
  trace: string | null;
  /** A case that has it. */
  kase: Case | null;
}
export interface Step {
  title: string;
  text: string;
  /** Instead, while what it speaks of is not there. */
  without?: string;
  /** Whether it is there. */
  has?: (seen: Seen) => boolean;
  /** What is pointed at. */
  target: string;
  /** What must have been made. */
  wants: "" | "trace" | "case";
  to: (seen: Seen) => string;
}

export const STEPS: readonly Step[] = [
  {
    title: "A theft",
    text: "A hot wallet is being emptied. What matters most is marked by shape, word and colour. Once you have touched the list nothing moves in it: what is new waits behind a button.",
    without: "The case is played again in about a minute; what is noticed comes into this list while it runs. Where nothing is, go on: a trace needs no alert.",
    has: ({ alert }) => alert !== null,
    target: ".virtual .item:has(.mark.critical)",
    wants: "",
    to: () => "/watch?severity=high",
  },
  {
    title: "The alert",
    text: "What happened, with the numbers; what to do next; the evidence; everything of the same incident. By keyboard: j and k move, Enter opens, a takes it.",
    without: "There is no critical alert, or not yet. Go back and wait, or go on: a trace needs none.",
    has: ({ alert }) => alert !== null,
    target: ".detail .note",
    wants: "",
    to: ({ alert }) => (alert === null ? "/watch" : `/watch?severity=high&alert=${encodeURIComponent(alert.id)}`),
  },
  {
    title: "The hold",
    text: "The alert has stopped the wallet: what it is asked to pay is held, with every reason in plain words. Starting again takes the statements of several people; the console itself can approve nothing.",
    without: "Nothing waits here. Where a wallet is stopped, what it is asked to pay is held, with every reason in plain words.",
    has: ({ withdrawal }) => withdrawal !== null,
    target: ".reasons, main table",
    wants: "",
    to: ({ withdrawal }) => (withdrawal === null ? "/guard" : `/guard/${encodeURIComponent(withdrawal.request.id)}`),
  },
  {
    title: "The trace",
    text: "Where the money went, hop by hop. Wide is much, vermilion is stolen; what stands together opens. The right rim is where it can be frozen.",
    without: "Where the money went. Asking for a trace needs the role analyst.",
    has: ({ trace }) => trace !== null,
    target: "",
    wants: "trace",
    to: ({ trace }) => (trace === null ? "/trace" : `/trace?trace=${encodeURIComponent(trace)}`),
  },
  {
    title: "The letter",
    text: "One draft for each service that holds some of it, with exactly what it needs: addresses, txns, amounts, times. Read it, then send it yourself. Sealing the case makes an archive that anybody can check.",
    without: "A case has a draft letter for each service that holds some of it. There is no case yet.",
    has: ({ kase }) => kase !== null,
    target: "[data-guide=letter], [data-guide=seal], main .note",
    wants: "case",
    to: ({ kase }) => (kase === null ? "/cases" : `/cases/${encodeURIComponent(kase.id)}?tab=letters`),
  },
];

/** What was kept: the step one is at; -1: left. Anything else: the beginning. */
export function readStep(kept: string | null): number {
  if (kept === "left") return -1;
  const step = Number(kept ?? "0");
  return Number.isInteger(step) && step >= 0 && step < STEPS.length ? step : 0;
}
