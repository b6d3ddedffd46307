// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** The trace in plain words. Every term of the machine is said once here. */
import { count, share } from "../format/amount";
import type { FlowNode, Picture } from "../flow/picture";
import type { Member } from "./answers";

const kStops: Readonly<Record<string, string>> = {
  label: "It reached a labelled service: there the trace stops, for its money is mixed with everybody's.",
  "high-degree": "It reached an address with so many counterparties that it is a service nobody has labelled.",
  unspent: "It lies there: nothing in the ledger moved it on.",
  "below-limit": "It went on in amounts below the limit of this trace.",
  hops: "It goes on beyond the number of hops of this trace.",
  time: "It goes on outside the time of this trace.",
  budget: "The trace reached its size limit here: more may lie behind.",
  fee: "It was paid as a fee.",
  burned: "It was burned: nobody has it.",
  unknown: "It was spent in a txn that the ledger does not hold, or left by a crossing that could not be followed.",
  mixer: "It went into a joint txn of strangers (a mixer): whose it is after that cannot be said.",
};
const kStopNames: Readonly<Record<string, string>> = {
  label: "at labelled services", "high-degree": "at unlabelled services", unspent: "lying still", "below-limit": "below the limit",
  hops: "beyond the hops", time: "outside the time", budget: "beyond the size limit", fee: "fees", burned: "burned",
  unknown: "not in the ledger", mixer: "in mixers",
};
export const stopWords = (stop: string | undefined): string => (stop === undefined ? "" : (kStops[stop] ?? stop));
export const stopName = (stop: string): string => kStopNames[stop] ?? stop;

/** Values of the picture: "94.5k ETH", "$94.5k". */
export function value(amount: number, unit: string): string {
  const size = Math.abs(amount);
  // Cut, as amounts and dollars are elsewhere: the same money is not $2.33M here and $2.34M there.
  const cut = (zeros: number) => {
    const scaled = size / 10 ** zeros;
    const places = scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2;
    return `${amount < 0 ? "-" : ""}${(Math.floor(size / 10 ** (zeros - places) + 1e-9) / 10 ** places).toFixed(places).replace(/\.0+$/, "")}`;
  };
  const text = size >= 1e9 ? `${cut(9)}B` : size >= 1e6 ? `${cut(6)}M` : size >= 1e3 ? `${cut(3)}k`
    : size >= 1 ? cut(0) : size === 0 ? "0" : amount.toPrecision(2);
  return unit === "" ? text : unit === "USD" ? `$${text}` : `${text} ${unit}`;
}

export function nodeName(node: FlowNode): string {
  return node.count > 1 ? `${node.name} ×${count(node.count)}` : node.name;
}

const kKinds: Readonly<Record<FlowNode["kind"], string>> = {
  seed: "start of the trace", wallet: "address", service: "service", chain: "peel chain", fold: "several addresses in one", context: "outside of the trace",
};
export const kindName = (node: FlowNode): string => kKinds[node.kind];

/** What a court would ask about this node before it believes it. */
export function honesty(node: FlowNode, members: readonly Member[], backward: boolean): string[] {
  const marks: string[] = [];
  if (members.some((one) => one.spent_unknown)) marks.push("Part of it was spent in a txn that the ledger does not hold.");
  for (const one of members) if (one.conflict) marks.push(`Labels disagree: ${one.conflict_why ?? one.address}.`);
  const least = Math.min(1, ...members.map((one) => one.confidence));
  if (least < 1) marks.push(`That stolen money came here is ${share(least)} sure: a link on the way is likely, not proven.`);
  if (node.stop === "budget") marks.push("The trace reached its size limit here: more may lie behind.");
  if (node.source > 0 && node.kind !== "seed" && !backward)
    marks.push("More left here than the ledger saw arrive: the difference is inherited, and counts as stolen in the share that is known.");
  if (node.dust_out > 0 || node.dust_in > 0) marks.push("Some movements are too thin to draw; they are counted, not shown.");
  return marks;
}

/** The picture for somebody who does not see it. */
export function pictureText(picture: Picture): string {
  const ends = [...picture.nodes].filter((node) => node.rest > 0).sort((a, b) => b.rest - a.rest).slice(0, 5)
    .map((node) => `${nodeName(node)} ${value(node.rest, picture.unit)}`);
  return `Flow of ${value(picture.loot, picture.unit)} stolen, in ${picture.nodes.length} nodes, ${picture.columns.length} columns and ` +
    `${picture.ribbons.count} ribbons. It rests mostly at: ${ends.join("; ") || "nothing that is known"}. The table has everything.`;
}
