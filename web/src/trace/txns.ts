// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** The txns behind a node or a ribbon. Exact: amounts are compared as integers. */
import type { FlowNode, Picture } from "../flow/picture";
import type { Edge, Result } from "./answers";

export type Order = "time" | "tainted" | "from" | "to";

const whoOf = (result: Result, node: FlowNode): Set<string> =>
  new Set(node.members.flatMap((place) => (result.nodes[place] ? [`${result.nodes[place].chain} ${result.nodes[place].address}`] : [])));

const kMostZeros = 80;
const size = (amount: string): string => amount.padStart(kMostZeros, "0");
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of what is selected; nothing selected: all. */
export function txnsOf(result: Result, picture: Picture, selected: readonly string[], ribbon: number | null): Edge[] {
  const from = (edge: Edge) => `${edge.chain} ${edge.from}`;
  const to = (edge: Edge) => `${edge.to_chain ?? edge.chain} ${edge.to}`;
  if (ribbon !== null) {
    const [a, b] = [whoOf(result, picture.nodes[picture.ribbons.from[ribbon]!]!), whoOf(result, picture.nodes[picture.ribbons.to[ribbon]!]!)];
    return result.edges.filter((edge) => a.has(from(edge)) && b.has(to(edge)));
  }
  const nodes = selected.flatMap((key) => picture.place.get(key) ?? []);
  if (nodes.length === 0) return result.edges;
  const who = new Set(nodes.flatMap((i) => [...whoOf(result, picture.nodes[i]!)]));
  return result.edges.filter((edge) => who.has(from(edge)) || who.has(to(edge)));
}

export function sorted(edges: readonly Edge[], by: Order, down: boolean): Edge[] {
  const key = (edge: Edge): string => (by === "tainted" ? size(edge.tainted) : by === "time" ? `${edge.time ?? ""} ${size(String(edge.block))}` : edge[by]);
  const sign = down ? -1 : 1;
  return edges.map((edge, i) => ({ edge, i, k: key(edge) })).sort((a, b) => sign * compare(a.k, b.k) || a.i - b.i).map(({ edge }) => edge);
}
