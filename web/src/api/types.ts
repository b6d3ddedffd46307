// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the server answers, as docs/formats describes it. Amounts are decimal texts in smallest units: never numbers.

export interface Envelope<T> {
  v: 1;
  kind: string;
  data: T;
  warnings: string[];
  incomplete: boolean;
}
export interface Page<T> {
  items: T[];
  next: string | null;
}

export type Permission = "read" | "investigate" | "approve" | "operate" | "administer";
export type Role = "viewer" | "analyst" | "approver" | "operator" | "admin";
export interface Session {
  name: string;
  roles: Role[];
  may: Permission[];
  csrf: string;
}
export interface System {
  version: string;
  name: string;
  simulated: boolean;
  /** Seeds of the case that is shown; empty: none. */
  guide: string;
  /** Public key of the server's log. */
  log_key: string;
  /** What the case says of its units and of its labels' authors. */
  words?: { assets: { name: string; about: string }[]; authors: { name: string; about: string }[] };
  parts: ("watch" | "trace" | "guard" | "cases")[];
  chains: { chain: string; height: number; time: string | null }[];
}
export interface Doctor {
  checks: { name: string; state: "good" | "warning" | "bad"; detail: string; fix: string }[];
}
export interface AuditEntry {
  index: number;
  time: string;
  who: string;
  what: string;
  target: string;
  status: number | string;
}
/** The entries of the log that left by retention: those before `until`. */
export interface AuditLeft {
  until: number;
  bundle: number;
  anchor: number;
  time?: string;
  by?: string;
  why?: string;
  archived?: boolean;
}
export interface AuditPage extends Page<AuditEntry> {
  left: AuditLeft | null;
}
export interface Account {
  name: string;
  roles: Role[];
  disabled?: boolean;
}
export interface Token {
  name: string;
  roles: Role[];
  expires?: string | null;
  /** The secret: only in the answer that made it. */
  token?: string;
}

// Watch

export type Severity = "info" | "low" | "medium" | "high" | "critical";
export type Phase = "new" | "acknowledged" | "investigating" | "closed";
export interface Step {
  time: string;
  who: string;
  what: string;
  why: string;
}
export interface Alert {
  id: string;
  state: "pending" | "raised" | "retracted";
  detector: string;
  title: string;
  severity: Severity;
  stage: string;
  confidence: number;
  chain: string;
  block: number | null;
  block_hash: string | null;
  time: string;
  /** Null: the alert is about the watch itself. */
  subject: string | null;
  subject_label: string | null;
  txs: string[];
  related: string[];
  usd: number | null;
  reason: string;
  next: string | null;
  tags: string[];
  incident: string | null;
  count: number;
  repeat_of: string | null;
  phase: Phase;
  suppressed_by: string | null;
  assignee?: string | null;
  history?: Step[];
}
export interface Incident {
  id: string;
  title: string;
  severity: Severity;
  phase: Phase;
  first: string;
  last: string;
  usd: number | null;
  /** Ids: what they are, GET /api/alerts?incident= says. */
  alerts: string[];
  history: Step[];
}
export interface SuppressionAsk {
  detector?: string;
  subject?: string;
  chain?: string;
  tag?: string;
  at_most?: Severity;
  reason: string;
  until: string;
}
export interface Suppression extends SuppressionAsk {
  id: string;
  who?: string;
  from?: string;
}
export interface WatchStatus {
  run: "none" | "running" | "over" | "failed";
  sources: { source: string; chain: string; height: number; time: string | null; lag_ms: number | null; state: string }[];
  rates: ({ minute: string } & Record<Severity, number>)[];
  open: Record<Severity, number>;
}

// Trace. What is drawn belongs to src/flow.

export interface TraceJob {
  id: string;
  state: string;
  seeds: unknown[];
  done: number;
  nodes: number;
  edges: number;
  error?: string;
}

// Addresses and txns

export interface Label {
  label: string;
  category: string;
  source: string;
  confidence: number;
  entity?: string;
  detail?: string;
  as_of?: string;
  list?: string;
}
export interface Holding {
  asset: string;
  symbol: string | null;
  decimals: number | null;
  received: string;
  sent: string;
  balance: string | null;
  transfers: number;
  usd?: number | null;
}
export interface AddressRow {
  chain: string;
  address: string;
  labels: Label[];
  wallet?: { name?: string; tier?: string } | string | null;
  holdings: Holding[];
  first: string | null;
  last: string | null;
  transfers: number;
  cut: boolean;
  alerts?: number;
  cases?: number;
}
export interface AddressInfo {
  addresses: AddressRow[];
  alerts: number;
  cases: number;
}
export interface TransferRow {
  chain: string;
  block: number;
  time: string | null;
  tx: string;
  index: number;
  from: string;
  to: string;
  asset: string;
  symbol?: string | null;
  decimals?: number | null;
  amount: string;
  kind: string;
  from_label?: string | null;
  to_label?: string | null;
  usd?: number | null;
}
export interface Counterparty {
  address: string;
  label?: string | null;
  category?: string | null;
  asset: string;
  symbol?: string | null;
  decimals?: number | null;
  amount: string;
  transfers: number;
  usd?: number | null;
}
export interface Counterparties {
  largest: Counterparty[];
  more: number;
  cut: boolean;
}
export interface TxnPart {
  address: string | null;
  amount: string;
  label?: string | null;
  spent_by?: string | null;
}
export interface TxnInfo {
  chain: string;
  tx: string;
  block: number | null;
  time: string | null;
  fee?: string | null;
  transfers?: TransferRow[];
  inputs?: TxnPart[];
  outputs?: TxnPart[];
  labels?: Label[];
  links?: { kind: string; to_chain?: string; to_tx?: string; confidence?: number; why?: string[] }[];
}
export interface SearchItem {
  type: "address" | "txn" | "alert" | "incident" | "case" | "withdrawal" | "label";
  chain?: string;
  id: string;
  title: string;
  detail: string;
  url: string;
}

// Cases

export type CaseState = "open" | "sealed" | "closed";
export interface CaseItem {
  number: number;
  kind: "alert" | "incident" | "trace" | "view" | "address" | "txn" | "note";
  ref: string;
  note: string;
  by: string;
  time: string;
}
/** `was`: what stood there before. */
export interface CaseStep { time: string; who: string; what: string; was: string }
/** Who writes the letters; empty: a blank to fill in. */
export interface Sender { organisation: string; name: string; role: string; email: string; phone: string; reference: string; answer_to: string; hold_until: string }
export interface Case {
  id: string;
  title: string;
  summary: string;
  state: CaseState;
  by: string;
  made: string;
  changed: string;
  items: CaseItem[];
  archive?: string | null;
  sender: Sender;
  /** Keys of the letters that were asked for; empty: all. */
  letters_for: string[];
  /** The step at which its sealing is, while somebody seals it. */
  sealing?: string;
  history?: CaseStep[];
}
export interface LetterRow {
  key: string;
  service: string;
  category: string;
  said_by: string[];
  totals: { chain: string; asset: string; symbol?: string | null; decimals?: number | null; stolen: string; usd?: number | null }[];
  rows: number;
  /** False: somebody chose others. */
  drafted: boolean;
  confidence: string;
}
/** Stolen money that no letter asks for, and why not. */
export interface Unasked { name: string; category: string; chain: string; asset: string; stolen: string; why: string; symbol?: string; decimals?: number }
export interface LetterList { items: LetterRow[]; without_letter: Unasked[] }
