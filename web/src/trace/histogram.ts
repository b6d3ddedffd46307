// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** When the money moved. A ribbon stands for movements between its first and its last; its value is spread evenly over them. */
import type { Picture } from "../flow/picture";

export interface Histogram { since: number; until: number; bins: Float64Array; most: number; unknown: number }

export function histogram(picture: Picture, bins: number): Histogram | null {
  const { first, last, value, count } = picture.ribbons;
  let since = Infinity;
  let until = -Infinity;
  let unknown = 0;
  for (let r = 0; r < count; r++) {
    if (Number.isNaN(first[r]!) || Number.isNaN(last[r]!)) { unknown++; continue; }
    since = Math.min(since, first[r]!);
    until = Math.max(until, last[r]!);
  }
  if (!(since <= until) || bins < 1) return null;
  until = Math.max(until, since + 1000) + 1; // The last moment belongs to it.
  const out = new Float64Array(bins);
  const scale = bins / (until - since);
  for (let r = 0; r < count; r++) {
    if (Number.isNaN(first[r]!) || Number.isNaN(last[r]!)) continue;
    const a = (first[r]! - since) * scale;
    const b = Math.max(a, (last[r]! - since) * scale);
    const [from, to] = [Math.floor(a), Math.min(bins - 1, Math.floor(b))];
    if (b - a < 1) { out[from]! += value[r]!; continue; }
    for (let i = from; i <= to; i++) out[i]! += (value[r]! * (Math.min(b, i + 1) - Math.max(a, i))) / (b - a);
  }
  return { since, until, bins: out, most: Math.max(...out), unknown };
}
