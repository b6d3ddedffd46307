// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { shorten } from "../format/address";

/** What somebody types into the start panel, as the body of POST /api/traces. The server has the last word. */

export interface Form { seeds: string; policy: string; direction: string; hops: string; min_usd: string; since: string; until: string }
export const kNoForm: Form = { seeds: "", policy: "", direction: "", hops: "", min_usd: "", since: "", until: "" };

export function questionOf(form: Form): { question: Record<string, unknown> } | { wrong: string } {
  const seeds = form.seeds.split(/[\s,]+/).filter((part) => part !== "").join(",");
  if (seeds === "") return { wrong: "Say where to start." };
  const question: Record<string, unknown> = { seeds };
  if (form.policy !== "") question.policy = form.policy;
  if (form.direction !== "") question.direction = form.direction;
  if (form.hops.trim() !== "") {
    const hops = Number(form.hops);
    if (!Number.isInteger(hops) || hops < 1) return { wrong: "Hops are a whole number from 1." };
    question.hops = hops;
  }
  if (form.min_usd.trim() !== "") {
    const least = Number(form.min_usd);
    if (!(least >= 0)) return { wrong: "The least value is a number of US dollars." };
    question.min_usd = least;
  }
  for (const name of ["since", "until"] as const) {
    const text = form[name].trim();
    if (text === "") continue;
    const day = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
    if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(day) || Number.isNaN(Date.parse(day)))
      return { wrong: `${name === "since" ? "Since" : "Until"} is a time in UTC: 2026-01-01 or 2026-01-01T12:00:00Z.` };
    question[name] = day;
  }
  return { question };
}

/** For sight: the first two, short. */
export function seedsShort(seeds: unknown): string {
  const all = seedsText(seeds).split(",").map((one) => shorten(one, 12));
  return all.length > 3 ? `${all.slice(0, 2).join(", ")} and ${all.length - 2} more` : all.join(", ");
}

/** The seeds of a job, however the server tells them. */
export function seedsText(seeds: unknown): string {
  const list = Array.isArray(seeds) ? seeds : [seeds];
  return list.map((one) => (typeof one === "string" ? one : String((one as { seed?: unknown } | null)?.seed ?? ""))).join(",");
}
