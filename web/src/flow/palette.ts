// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/**
 * Colours and signs of src/report/palette.cpp, number for number: browser, SVG and PDF show the same picture. Never colour
 * alone: each sort of service has its own shape.
 */

export type Rgb = readonly [number, number, number];

/** Steel blue, amber, vermilion: lightness and hue both change, so the ramp survives red-green blindness and grey print. */
const kLightRamp: readonly Rgb[] = [[86, 126, 168], [214, 148, 28], [208, 52, 24]];
const kDarkRamp: readonly Rgb[] = [[96, 134, 176], [226, 164, 60], [244, 82, 48]];
export const kTaintSteps = 11;

export type Sign = "exchange" | "bridge" | "mixer" | "swap" | "gambling" | "service" | "crime";
export const kSigns: readonly Sign[] = ["exchange", "bridge", "mixer", "swap", "gambling", "service", "crime"];
export const kSignNames: Record<Sign, string> = {
  exchange: "exchange", bridge: "bridge", mixer: "mixer", swap: "swap, DeFi", gambling: "gambling",
  service: "other service", crime: "theft, scam, sanctioned",
};

export function signOf(category: string): Sign {
  switch (category) {
    case "exchange": case "deposit": return "exchange";
    case "bridge": return "bridge";
    case "mixer": return "mixer";
    case "swap": case "defi": return "swap";
    case "gambling": return "gambling";
    case "theft": case "scam": case "ransomware": case "sanctioned": return "crime";
    default: return "service";
  }
}

export function taintStep(share: number): number {
  return share > 0 ? Math.round(Math.min(1, share) * (kTaintSteps - 1)) : 0;
}

/** Places in Palette.colours: the ramp, then the signs, then ink and soft. */
export const kSignColour = kTaintSteps;
export const kInk = kTaintSteps + kSigns.length;
export const kSoft = kInk + 1;
export const kColours = kSoft + 1;

export interface Palette {
  dark: boolean;
  ground: string;
  ink: string;
  soft: string;
  line: string;
  /** Opacity of a ribbon. */
  ribbon: number;
  colours: readonly Rgb[];
}

const hex = (text: string): Rgb => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16)) as unknown as Rgb;
export const css = ([r, g, b]: Rgb, alpha = 1): string =>
  alpha >= 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${alpha})`;

function ramp(three: readonly Rgb[]): Rgb[] {
  return Array.from({ length: kTaintSteps }, (_, i) => {
    const t = (i / (kTaintSteps - 1)) * 2;
    const [a, b] = t < 1 ? [three[0]!, three[1]!] : [three[1]!, three[2]!];
    const part = t < 1 ? t : t - 1;
    return a.map((v, k) => Math.round(v + (b[k]! - v) * part)) as unknown as Rgb;
  });
}

const kDark: Palette = {
  dark: true, ground: "#0d1117", ink: "#e6e9ee", soft: "#a3adba", line: "#2b3441", ribbon: 0.46,
  colours: [...ramp(kDarkRamp),
    ...["#3ecf9a", "#56b8f5", "#c58bfb", "#a5abff", "#f57fc0", "#aab6c6", "#ff8f7a", "#e6e9ee", "#a3adba"].map(hex)],
};
const kLight: Palette = {
  dark: false, ground: "#ffffff", ink: "#16202c", soft: "#55606e", line: "#d8dee6", ribbon: 0.4,
  colours: [...ramp(kLightRamp),
    ...["#0b7a55", "#0f6aa6", "#7d30b3", "#4449bd", "#ab1f68", "#4f5b6a", "#ad241b", "#16202c", "#55606e"].map(hex)],
};

export const paletteOf = (dark: boolean): Palette => (dark ? kDark : kLight);

/** The colour of a node: a service shows what it is, everything else how much of it is stolen. */
export function nodeColour(node: { kind?: string; category?: string; taint: number }): number {
  if (node.category !== undefined) {
    const sign = signOf(node.category);
    if (sign !== "crime") return kSignColour + kSigns.indexOf(sign);
  }
  return node.kind === "context" ? kSoft : taintStep(node.taint);
}

/** Drawn on a grid of 12; `fill` in the sign's colour, `cut` in the colour of the ground. */
export const kSignShapes: Record<Sign, { fill: string; cut?: string; dots?: string }> = {
  exchange: {
    fill: "M2.5.5H9.5A2 2 0 0 1 11.5 2.5V9.5A2 2 0 0 1 9.5 11.5H2.5A2 2 0 0 1 .5 9.5V2.5A2 2 0 0 1 2.5.5Z",
    cut: "M2.5 4.4H8.6M7 2.7 8.9 4.4 7 6.1M9.5 7.7H3.4M5 6 3.1 7.7 5 9.4",
  },
  bridge: { fill: "M.4 10.6V5.2C2.6 1 9.4 1 11.6 5.2V10.6H9.4C9.4 5.4 2.6 5.4 2.6 10.6Z" },
  mixer: {
    fill: "M6 .3A5.7 5.7 0 1 1 6 11.7 5.7 5.7 0 1 1 6 .3Z",
    cut: "M6 6.2C6.5 5 4.6 4.6 4.2 6 3.8 8 6.6 9 8 7.4 9.6 5.4 8 2.8 5.4 2.9",
  },
  swap: { fill: "M6 .1 11.9 6 6 11.9.1 6Z", cut: "M3.9 6H8.1M6 3.9V8.1" },
  gambling: {
    fill: "M3.2.6H8.8A2.6 2.6 0 0 1 11.4 3.2V8.8A2.6 2.6 0 0 1 8.8 11.4H3.2A2.6 2.6 0 0 1 .6 8.8V3.2A2.6 2.6 0 0 1 3.2.6Z",
    dots: "M3.6 2.5A1.1 1.1 0 1 1 3.6 4.7 1.1 1.1 0 1 1 3.6 2.5ZM6 4.9A1.1 1.1 0 1 1 6 7.1 1.1 1.1 0 1 1 6 4.9Z" +
      "M8.4 7.3A1.1 1.1 0 1 1 8.4 9.5 1.1 1.1 0 1 1 8.4 7.3Z",
  },
  service: { fill: "M3 .8H9L12 6 9 11.2H3L0 6Z" },
  crime: { fill: "M6 .4 11.9 11.2H.1Z", cut: "M6 4.2V7.2M6 8.8V9.6" },
};
