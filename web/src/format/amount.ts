// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Money as text. Amounts are whole numbers of smallest units, up to 2^256: digits and BigInt, never a JavaScript number, which
// keeps 15 of their 78 digits.

/** Sign before digits: a minus as typographers set it, of the same width as digits. */
const MINUS = "\u2212";
const GROUP = /\B(?=(\d{3})+(?!\d))/g;
// More decimals than any token has; what says more is wrong or hostile, and would make a text of that length.
const MOST_DECIMALS = 80;

export const isAmount = (text: unknown): text is string => typeof text === "string" && /^-?\d{1,80}$/.test(text);
const usable = (decimals: number | null | undefined): decimals is number =>
  decimals != null && Number.isInteger(decimals) && decimals >= 0 && decimals <= MOST_DECIMALS;

export function groupDigits(digits: string): string {
  return digits.replace(GROUP, ",");
}

/** All digits: "60000000000000000000001", 18 → "60,000.000000000000000001". What is no amount is returned as it is. */
export function amountFull(amount: string, decimals: number | null | undefined): string {
  if (!isAmount(amount)) return String(amount);
  const negative = amount.startsWith("-");
  const digits = (negative ? amount.slice(1) : amount).replace(/^0+(?=\d)/, "");
  const sign = negative && digits !== "0" ? MINUS : "";
  if (!usable(decimals) || decimals === 0) return sign + groupDigits(digits);
  const padded = digits.padStart(decimals + 1, "0");
  const fraction = padded.slice(-decimals).replace(/0+$/, "");
  const whole = groupDigits(padded.slice(0, -decimals));
  return sign + (fraction === "" ? whole : `${whole}.${fraction}`);
}

const STEPS = [["T", 12], ["B", 9], ["M", 6], ["k", 3]] as const;
const SHOWN = 4;  // Digits that tell two amounts of a list apart; the full text is one hover away.

/** For sight, cut and never rounded up: "59.99k", "0.00042". The full text belongs beside it. */
export function amountShort(amount: string, decimals: number | null | undefined): string {
  if (!isAmount(amount)) return String(amount);
  const negative = amount.startsWith("-");
  const digits = (negative ? amount.slice(1) : amount).replace(/^0+(?=\d)/, "");
  if (digits === "0") return "0";
  const sign = negative ? MINUS : "";
  const places = usable(decimals) ? decimals : 0;
  const padded = digits.padStart(places + 1, "0");
  const whole = padded.slice(0, padded.length - places);
  const fraction = places === 0 ? "" : padded.slice(-places);
  for (const [unit, zeros] of STEPS) {
    // Below 10,000 a grouped number is as short, and is exact to the unit: "2,672", not "2.672k".
    if (whole.length <= zeros + (zeros === 3 ? 1 : 0)) continue;
    const head = whole.slice(0, -zeros);
    if (head.length >= SHOWN) return sign + groupDigits(head) + unit;
    const tail = whole.slice(-zeros).slice(0, SHOWN - head.length).replace(/0+$/, "");
    return sign + head + (tail === "" ? "" : `.${tail}`) + unit;
  }
  if (whole !== "0") {
    const tail = fraction.slice(0, Math.max(0, SHOWN - whole.length)).replace(/0+$/, "");
    return sign + groupDigits(whole) + (tail === "" ? "" : `.${tail}`);
  }
  const zeros = /^0*/.exec(fraction)![0].length;
  // Below a millionth nobody counts zeros.
  if (zeros >= 6) return `${sign}<0.000001`;
  return `${sign}0.${fraction.slice(0, zeros + 2).replace(/0+$/, "")}`;
}

/** With its asset: "60,000 ETH"; an asset that nobody described is told by its contract, in smallest units. */
export function amountOf(
  amount: string,
  asset: { asset: string; symbol?: string | null | undefined; decimals?: number | null | undefined },
  how: "full" | "short" = "full",
): string {
  const text = (how === "full" ? amountFull : amountShort)(amount, asset.decimals);
  if (asset.symbol != null && asset.symbol !== "" && usable(asset.decimals)) return `${text} ${asset.symbol}`;
  const name = asset.asset === "native" ? "of the coin" : shortAsset(asset.asset);
  return `${text} smallest units ${name}`;
}
function shortAsset(asset: string): string {
  return asset.length > 14 ? `${asset.slice(0, 8)}…${asset.slice(-4)}` : asset;
}

/** Decimal text that a person typed → smallest units; null: not an amount of this asset. */
export function parseAmount(text: string, decimals: number): string | null {
  const match = /^(\d{1,60})(?:\.(\d{0,80}))?$/.exec(text.trim().replaceAll(",", ""));
  if (match === null || !usable(decimals)) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > decimals) return null;
  return (match[1]! + fraction.padEnd(decimals, "0")).replace(/^0+(?=\d)/, "");
}

/** Exact sum of smallest units. */
export function sumAmounts(amounts: readonly string[]): string {
  return amounts.reduce((sum, amount) => sum + (isAmount(amount) ? BigInt(amount) : 0n), 0n).toString();
}

/** US dollars are estimates, and are numbers. Unpriced is said, not shown as nothing. */
export function usd(value: number | null | undefined, how: "full" | "short" = "short"): string {
  if (value == null || !Number.isFinite(value)) return "unpriced";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size !== 0 && size < 0.01) return `${sign}<$0.01`;
  if (how === "full" || size < 1000)
    return `${sign}$${groupDigits(size < 1000 ? size.toFixed(2).replace(/\.00$/, "") : String(Math.round(size)))}`;
  for (const [unit, zeros] of STEPS) {
    const scaled = size / 10 ** zeros;
    if (scaled < 1) continue;
    if (scaled >= 1000) return `${sign}$${groupDigits(String(Math.floor(scaled)))}${unit}`;
    const places = scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
    // One division of whole numbers: 4.35 * 100 is 434.99999999999994.
    const cut = Math.floor(size / 10 ** (zeros - places)) / 10 ** places;
    return `${sign}$${cut.toFixed(places).replace(/\.0+$/, "")}${unit}`;
  }
  return `${sign}$${size}`;
}

/** A share of 0 to 1, as reports and letters write it (percent_text): "37.0 %"; never "0 %" or "100 %" for what is not. */
export function share(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  const percent = value * 100;
  if (percent <= 0) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  if (percent > 99.9 && percent < 100) return ">99.9 %";
  return `${percent >= 100 ? Math.round(percent) : percent.toFixed(1)} %`;
}
export const count = (value: number): string => groupDigits(String(Math.trunc(value)));
