// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the list shows. It is kept in the address, asked of the server for pages, and applied here to what comes live: the two
// must mean the same.

import type { Query } from "../api/client";
import type { Alert, Phase, Severity } from "../api/types";

export const LEVELS: readonly Severity[] = ["info", "low", "medium", "high", "critical"];
export const PHASES: readonly Phase[] = ["new", "acknowledged", "investigating", "closed"];
export const level = (severity: Severity): number => LEVELS.indexOf(severity);

export interface Filter {
  /** At least. */
  severity: Severity;
  /** "open": all but closed. */
  phase: Phase | "open" | "all";
  detector: string;
  incident: string;
  subject: string;
  q: string;
  repeats: boolean;
  suppressed: boolean;
  mine: boolean;
  grouped: boolean;
}

const one = <T extends string>(value: string, allowed: readonly T[], fallback: T): T => allowed.find((each) => each === value) ?? fallback;

export function readFilter(query: URLSearchParams): Filter {
  const text = (name: string): string => query.get(name) ?? "";
  return {
    severity: one(text("severity"), LEVELS, "info"),
    phase: one(text("phase"), [...PHASES, "open", "all"] as const, "open"),
    detector: text("detector"),
    incident: text("incident"),
    subject: text("subject"),
    q: text("q"),
    repeats: text("repeats") === "true",
    suppressed: text("suppressed") === "true",
    mine: text("mine") === "true",
    grouped: text("group") === "incident",
  };
}

export function apiQuery(filter: Filter): Query {
  return {
    severity: filter.severity === "info" ? undefined : filter.severity,
    phase: filter.phase === "open" || filter.phase === "all" ? undefined : filter.phase,
    open: filter.phase === "open" ? true : undefined,
    detector: filter.detector,
    incident: filter.incident,
    subject: filter.subject,
    q: filter.q,
    repeats: filter.repeats,
    suppressed: filter.suppressed,
  };
}

export function matches(alert: Alert, filter: Filter, me: string): boolean {
  if (level(alert.severity) < level(filter.severity)) return false;
  if (filter.phase === "open" ? alert.phase === "closed" : filter.phase !== "all" && alert.phase !== filter.phase) return false;
  if (filter.detector !== "" && alert.detector !== filter.detector) return false;
  if (filter.incident !== "" && alert.incident !== filter.incident) return false;
  if (filter.subject !== "" && alert.subject !== filter.subject) return false;
  if (!filter.repeats && alert.repeat_of !== null) return false;
  if (!filter.suppressed && alert.suppressed_by !== null) return false;
  if (filter.mine && alert.assignee !== me) return false;
  if (filter.q === "") return true;
  const wanted = filter.q.toLowerCase();
  return [alert.title, alert.reason, alert.subject ?? "", alert.subject_label ?? "", alert.detector, alert.id]
    .some((text) => text.toLowerCase().includes(wanted));
}
