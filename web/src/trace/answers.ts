// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** What the server answers about traces (docs/formats/trace-result.md, api.md), as far as the screen shows it. */
import type { Label } from "../api/types";
import { isObject } from "../flow/picture";

export interface AssetInfo { chain: string; asset: string; symbol?: string; decimals?: number; status?: string }
export interface Holding { asset: string; received: string; tainted: string; resting: string }
export interface Member {
  address: string;
  chain: string;
  hop: number;
  label?: string;
  category?: string;
  label_source?: string;
  label_confidence?: number;
  labels?: Label[];
  conflict?: boolean;
  conflict_why?: string;
  assets: Holding[];
  stop?: string;
  first_seen?: string;
  last_seen?: string;
  spent_unknown?: boolean;
  seed?: boolean;
  confidence: number;
}
export interface Edge {
  chain: string;
  tx: string;
  block: number;
  from: string;
  to: string;
  asset: string;
  amount: string;
  tainted: string;
  to_asset?: string;
  to_amount?: string;
  to_chain?: string;
  to_tx?: string;
  kind: string;
  confidence: number;
  hop: number;
  time: string | null;
  why?: string[];
}
/** What the table of txns reads of a whole result. */
export interface Result { nodes: Member[]; edges: Edge[] }
export interface Totals { chain?: string; asset?: string; seeded: string; inherited: string; resting: string; fees: string; burned: string; assumed: string;
  nodes?: number; edges?: number; by_asset?: (Totals & { asset: string })[] }
export interface Service {
  name: string;
  /** Of its letter. */
  key: string;
  category: string;
  addresses: number;
  tainted: { chain: string; asset: string; amount: string }[];
  usd?: number | null;
  /** Of all that was traced. */
  share?: number | null;
  said_by: string[];
  /** It holds money for others: a letter can ask it to keep it back. */
  can_hold: boolean;
}
export interface Summary {
  /** What `loot` is counted in: "USD", a symbol. */
  unit: string;
  loot: number;
  /** What every share is of: the loot and what was inherited, wherever it was found. */
  traced: number;
  inherited: number;
  /** Of `traced`: at named services; of it at those that hold money for others. */
  named: number;
  freezable: number;
  totals: Totals;
  params: Record<string, unknown>;
  assets: AssetInfo[];
  services: Service[];
  reached: { stop: string; share: number }[];
  warnings: string[];
}

/** Of each node of the picture, those of its members that came with it (at most 40): rows that say by `index` which node of the result
 * they are. */
export function membersOf(data: Record<string, unknown>, nodes: readonly { members: readonly number[] }[]): Member[][] {
  const given = Array.isArray(data.members) ? data.members : [];
  const byPlace = new Map<number, Member>();
  for (const row of given) {
    if (!isObject(row)) continue;
    if (typeof row.index === "number" && isMember(row)) byPlace.set(row.index, row);
  }
  return nodes.map((node) => node.members.flatMap((place) => byPlace.get(place) ?? []));
}

const isMember = (value: unknown): value is Member =>
  isObject(value) && typeof value.address === "string" && typeof value.chain === "string" && Array.isArray(value.assets);

export function assetOf(assets: readonly AssetInfo[], chain: string, asset: string): AssetInfo {
  return assets.find((one) => one.chain === chain && one.asset === asset) ?? { chain, asset };
}
