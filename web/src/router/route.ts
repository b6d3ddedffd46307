// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Addresses of the console, which people may guess, cite and keep: one table, both ways.

export type Screen =
  | "watch" | "trace" | "guard" | "cases" | "address" | "txn" | "search" | "account" | "help" | "login" | "lost";

export interface Route {
  screen: Screen;
  /** What it shows: a view, a withdrawal, a case, an address, a txn. */
  id?: string;
}

const WITH_ID: Readonly<Record<string, Screen>> = {
  trace: "trace", guard: "guard", cases: "cases", address: "address", tx: "txn",
};
const ALONE: Readonly<Record<string, Screen>> = {
  watch: "watch", trace: "trace", guard: "guard", cases: "cases",
  search: "search", account: "account", help: "help", login: "login",
};

export function parseRoute(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first = "watch", second] = parts;
  if (parts.length <= 1) return { screen: Object.hasOwn(ALONE, first) ? ALONE[first]! : "lost" };
  if (parts.length === 2 && second !== undefined && Object.hasOwn(WITH_ID, first)) {
    try {
      return { screen: WITH_ID[first]!, id: decodeURIComponent(second) };
    } catch {
      return { screen: "lost" };  // "%E0%A4%A": no UTF-8.
    }
  }
  return { screen: "lost" };
}

const segment = encodeURIComponent;
export const href = {
  watch: "/watch",
  alert: (id: string): string => `/watch?alert=${segment(id)}`,
  incident: (id: string): string => `/watch?incident=${segment(id)}`,
  trace: "/trace",
  view: (id: string): string => `/trace/${segment(id)}`,
  /** A new question, or a trace by its id. */
  traceOf: (seed: string): string => `/trace?seed=${segment(seed)}`,
  traceJob: (id: string): string => `/trace?trace=${segment(id)}`,
  guard: "/guard",
  withdrawal: (id: string): string => `/guard/${segment(id)}`,
  cases: "/cases",
  case: (id: string): string => `/cases/${segment(id)}`,
  address: (address: string, chain?: string): string =>
    `/address/${segment(address)}${chain === undefined ? "" : `?chain=${segment(chain)}`}`,
  txn: (hash: string, chain?: string): string =>
    `/tx/${segment(hash)}${chain === undefined ? "" : `?chain=${segment(chain)}`}`,
  search: (text: string): string => `/search?q=${segment(text)}`,
} as const;
