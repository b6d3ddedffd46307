// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** The table twin of the picture: hops, in them nodes, in them ribbons; only what is open is a row. */
import { kindsOf, type Picture } from "../flow/picture";
import type { Ways } from "../flow/paths";
import { nodeName } from "./words";

export interface GridRow {
  id: string;
  level: 1 | 2 | 3;
  expanded?: boolean;
  key?: string;
  ribbon?: number;
  name: string;
  detail: string;
  value: number;
  rest: number;
  taint: number;
  movements: number;
  first: number;
  last: number;
  place: number;
  of: number;
}

export function gridRows(picture: Picture, ways: Ways, open: ReadonlySet<string>, shown?: Uint8Array): GridRow[] {
  const rows: GridRow[] = [];
  const columns: number[][] = picture.columns.map(() => []);
  picture.nodes.forEach((node, i) => { if (!shown || shown[i]) columns[node.column]?.push(i); });
  const some = { rest: 0, taint: NaN, movements: 0, first: NaN, last: NaN };
  columns.forEach((nodes, c) => {
    if (nodes.length === 0) return;
    const id = `c${c}`;
    const sum = (of: "sum" | "rest") => nodes.reduce((all, i) => all + picture.nodes[i]![of], 0);
    rows.push({ ...some, id, level: 1, expanded: open.has(id), name: picture.columns[c]!.head || `column ${c + 1}`,
      detail: `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`, value: sum("sum"), rest: sum("rest"), place: c + 1, of: columns.length });
    if (!open.has(id)) return;
    nodes.sort((a, b) => picture.nodes[b]!.sum - picture.nodes[a]!.sum || a - b);
    nodes.forEach((i, at) => {
      const node = picture.nodes[i]!;
      const lines = [...ways.in[i]!.map((r) => [r, "from"] as const), ...ways.out[i]!.map((r) => [r, "to"] as const)];
      rows.push({ ...some, id: node.key, level: 2, ...(lines.length > 0 ? { expanded: open.has(node.key) } : {}), key: node.key, name: nodeName(node),
        detail: node.category ?? node.kind, value: node.sum, rest: node.rest, taint: node.taint, place: at + 1, of: nodes.length });
      if (!open.has(node.key)) return;
      const { from, to, value, taint, movements, first, last } = picture.ribbons;
      lines.forEach(([r, side], k) => rows.push({
        id: `${node.key} ${r}`, level: 3, ribbon: r, rest: 0, name: `${side} ${nodeName(picture.nodes[side === "to" ? to[r]! : from[r]!]!)}`,
        detail: kindsOf(picture.ribbons, r).join(", "), value: value[r]!, taint: taint[r]!, movements: movements[r]!,
        first: first[r]!, last: last[r]!, place: k + 1, of: lines.length,
      }));
    });
  });
  return rows;
}
