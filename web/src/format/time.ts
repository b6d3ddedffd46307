// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Times. UTC unless somebody chose otherwise, and always said; ages are a help beside the time, never instead of it.

export type Zone = "utc" | "local";

const two = (value: number): string => String(value).padStart(2, "0");

function parts(date: Date, zone: Zone): [number, number, number, number, number, number] {
  return zone === "utc"
    ? [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
}
function offset(date: Date, zone: Zone): string {
  if (zone === "utc") return "Z";
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "\u2212" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
const read = (time: string | number | null | undefined): Date | null => {
  if (time == null) return null;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date;
};

/** "2026-01-01 03:14:11Z", or with the offset of here. */
export function timeFull(time: string | number | null | undefined, zone: Zone = "utc"): string {
  const date = read(time);
  if (date === null) return "time unknown";
  const [year, month, day, hour, minute, second] = parts(date, zone);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${offset(date, zone)}`;
}
/** "03:14:11" of today, else "01-31 03:14", else with the year. */
export function timeShort(time: string | number | null | undefined, now: number, zone: Zone = "utc"): string {
  const date = read(time);
  if (date === null) return "unknown";
  const [year, month, day, hour, minute, second] = parts(date, zone);
  const [thisYear, thisMonth, thisDay] = parts(new Date(now), zone);
  if (year === thisYear && month === thisMonth && day === thisDay) return `${two(hour)}:${two(minute)}:${two(second)}`;
  const shown = `${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`;
  return year === thisYear ? shown : `${year}-${shown}`;
}

const UNITS = [["d", 86400], ["h", 3600], ["min", 60]] as const;
/** "41 min", "2 h", "3 d"; of the future "in 11 h". */
export function age(time: string | number | null | undefined, now: number): string {
  const date = read(time);
  if (date === null) return "unknown";
  const seconds = Math.round((now - date.getTime()) / 1000);
  const size = Math.abs(seconds);
  const text = duration(size);
  return seconds < 0 && size >= 1 ? `in ${text}` : text;
}
export function duration(seconds: number): string {
  for (const [unit, length] of UNITS) if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}
