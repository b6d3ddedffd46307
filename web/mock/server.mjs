// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The mock; see README.md beside it.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { addressInfo, assets, Cordon, counterparties, labels, seeds, transfers } from "./data.mjs";
import { AGREEMENT, give, makeGuard, sha256, statement } from "./guard.mjs";

const { values: flags } = parseArgs({ options: {
  port: { type: "string", default: "18600" }, cordon: { type: "string", default: process.env.CORDON ?? "" },
  rate: { type: "string", default: "0.2" }, minutes: { type: "string", default: "60" },
} });
const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "../dist");
const program = [flags.cordon, join(here, "../../build/dev/src/app/cordon"), join(here, "../../../../main/build/dev/src/app/cordon")]
  .find((path) => path !== "" && existsSync(path));
if (program === undefined) {
  console.error("mock: no cordon; build it, or say where: --cordon PROGRAM");
  process.exit(2);
}

const cordon = new Cordon(program);
process.on("exit", () => cordon.close());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
setTimeout(() => process.exit(0), Number(flags.minutes) * 60000).unref();

const started = Date.now();
const clock = () => new Date().toISOString();
const ROLES = { viewer: ["read"], analyst: ["read", "investigate"], approver: ["read", "approve"], operator: ["read", "operate"],
  admin: ["read", "administer"], all: ["read", "investigate", "approve", "operate", "administer"] };
const sessions = new Map();
const guard = makeGuard(cordon, started);
const suppressions = [];
const cases = [];
const accounts = Object.keys(ROLES).filter((name) => name !== "all").map((name) => ({ name, roles: [name], disabled: false }));
const tokens = [{ name: "siem", roles: ["viewer"], expires: null }];
const audit = [];
const views = new Map();

// The example's alerts, moved to now so that the last hour has something in it.
const alerts = new Map();
const incidentHistory = new Map();
{
  const told = cordon.alerts();
  const last = Math.max(...told.map((alert) => Date.parse(alert.time)));
  for (const alert of told)
    alerts.set(alert.id, { ...alert, time: new Date(Date.parse(alert.time) - last + started - 60000).toISOString().replace(/\.\d+Z/, "Z"), assignee: null, history: [] });
}
const LEVELS = ["info", "low", "medium", "high", "critical"];
const newest = () => [...alerts.values()].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : a.id < b.id ? -1 : 1));

const jobs = new Map();
const results = new Map();
function resultOf(id, view = {}) {
  const key = JSON.stringify([id, view]);
  if (!results.has(key)) results.set(key, cordon.trace(jobs.get(id).asked, view));
  return results.get(key);
}
function askTrace(asked) {
  const id = `t-${sha256(JSON.stringify(asked)).slice(0, 12)}`;
  if (!jobs.has(id)) {
    const job = { id, state: "done", asked, seeds: asked.map((seed) => ({ seed })), done: 1, nodes: 0, edges: 0 };
    jobs.set(id, job);
    try {
      const { data } = resultOf(id);
      Object.assign(job, { nodes: data.nodes.length, edges: data.edges.length });
    } catch (error) {
      Object.assign(job, { state: "failed", error: String(error.message) });
    }
  }
  const { asked: _, ...job } = jobs.get(id);
  return job;
}
const theft = askTrace(seeds);

const streams = new Set();
let eventId = 0;
const past = [];
function tell(event, data) {
  const text = `id: ${++eventId}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  past.push({ id: eventId, text });
  if (past.length > 200) past.shift();
  for (const stream of streams) stream.write(text);
}
let invented = 0;
const model = newest().find((alert) => !alert.repeat_of) ?? [...alerts.values()][0];
function inventAlert() {
  const severity = LEVELS[[1, 2, 2, 1, 2, 3, 1, 2, 0, 4][invented % 10]];
  const to = `0x${randomBytes(20).toString("hex")}`;
  const alert = { ...model, id: sha256(`${started} ${++invented}`).slice(0, 32), severity, time: clock().replace(/\.\d+Z/, "Z"),
    related: [to], usd: 1000 * (1 + invented % 977), incident: `i-sim-${Math.floor(invented / 12)}`, phase: "new", assignee: null, history: [],
    reason: `${1 + invented % 40} ETH of the set examplia-hot goes to ${to}, which nobody ever paid or was paid by. SIMULATED.`, tags: ["simulated"] };
  alerts.set(alert.id, alert);
  if (alerts.size > 20000) alerts.delete(alerts.keys().next().value);
  return alert;
}
let due = 0;
setInterval(() => {
  due += Number(flags.rate) / 4;
  const fresh = [];
  while (due >= 1) {
    due -= 1;
    fresh.push(inventAlert());
  }
  if (fresh.length > 0) tell("alert", fresh);
}, 250).unref();
setInterval(() => tell("feed", watchStatus()), 5000).unref();

function watchStatus() {
  const rates = [];
  const minute = Math.floor(Date.now() / 60000);
  for (let i = 59; i >= 0; --i) rates.push({ minute: new Date((minute - i) * 60000).toISOString().replace(".000Z", "Z"), critical: 0, high: 0, medium: 0, low: 0, info: 0 });
  const open = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const alert of alerts.values()) {
    const place = 59 - (minute - Math.floor(Date.parse(alert.time) / 60000));
    if (place >= 0 && place < 60) rates[place][alert.severity] += 1;
    if (alert.phase !== "closed") open[alert.severity] += 1;
  }
  return { run: "running", sources: [{ source: "simulated", chain: "eth", height: 21001121 + Math.floor((Date.now() - started) / 12000), time: clock(), lag_ms: 1200, state: "live" }], rates, open };
}

class Refusal extends Error {
  constructor(status, code, detail, field) {
    super(detail);
    Object.assign(this, { status, code, detail, field });
  }
}
const missing = (what) => new Refusal(404, "not_found", `There is no ${what} of this name.`);
const found = (value, what) => {
  if (value == null) throw missing(what);
  return value;
};
function page(all, query) {
  const from = Number(query.get("cursor") ?? 0);
  const limit = Math.min(500, Number(query.get("limit") ?? 100));
  return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
}
function incident(id) {
  const mine = newest().filter((alert) => alert.incident === id);
  if (mine.length === 0) return null;
  const worst = mine.reduce((a, b) => (LEVELS.indexOf(b.severity) > LEVELS.indexOf(a.severity) ? b : a));
  return { id, title: worst.title, severity: worst.severity, phase: worst.phase, first: mine.at(-1).time, last: mine[0].time,
    usd: mine.reduce((sum, alert) => Math.max(sum, alert.usd ?? 0), 0), alerts: mine.map((alert) => alert.id), history: incidentHistory.get(id) ?? [] };
}
const matches = (alert, by) => (!by.detector || alert.detector === by.detector) && (!by.subject || alert.subject === by.subject) &&
  (!by.chain || alert.chain === by.chain) && (!by.tag || alert.tags.includes(by.tag)) &&
  (!by.at_most || LEVELS.indexOf(alert.severity) <= LEVELS.indexOf(by.at_most));
function act({ ids, action, why, assignee }, who) {
  if (["close", "note"].includes(action) && !why) throw new Refusal(400, "invalid_param", "This needs a why.", "/why");
  const chosen = ids.flatMap((id) => (alerts.has(id) ? [alerts.get(id)] : newest().filter((alert) => alert.incident === id)));
  if (chosen.length === 0) throw missing("alert");
  const PHASE = { acknowledge: "acknowledged", investigate: "investigating", close: "closed", reopen: "new" };
  const changed = chosen.map((alert) => {
    const next = { ...alert, phase: PHASE[action] ?? alert.phase, history: [...alert.history, { time: clock(), who, what: action, why: why ?? "" }] };
    if (action === "acknowledge") next.assignee = who;
    if (action === "assign") next.assignee = assignee || null;
    alerts.set(next.id, next);
    return next;
  });
  tell("alert", changed);
  return { changed: changed.length };
}
function makeCase(body, who) {
  const now = clock();
  const one = { id: `c-${randomBytes(4).toString("hex")}`, title: body.title ?? "The theft from Examplia Exchange",
    summary: "SYNTHETIC. A hot wallet was emptied of three assets in four txns within a minute.", state: "open", by: who, made: now, changed: now,
    items: (body.items ?? []).map((item, i) => ({ number: i + 1, note: "", ...item, by: who, time: now })), archive: null, letters_for: body.letters_for ?? [],
    sender: { organisation: "", name: "", role: "", email: "", phone: "", reference: "", answer_to: "", hold_until: "" },
    history: [{ time: now, who, what: "opened", why: "" }] };
  cases.unshift(one);
  return one;
}
makeCase({ items: [{ kind: "trace", ref: theft.id }, { kind: "alert", ref: [...alerts.keys()][2], note: "the first word of it" }] }, "analyst");
function letters() {
  const { data } = resultOf(theft.id);
  const services = new Map();
  for (const end of data.endpoints.filter((one) => ["exchange", "deposit", "service"].includes(one.category))) {
    const name = (end.label ?? "").replace(/: deposit address$/, "");
    const key = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const one = services.get(key) ?? { key, service: name, category: end.category, said_by: [`${end.label_source}: addresses`], drafted: true, totals: [], rows: 0, confidence: "Labelled by one source; every movement is on the chain." };
    const total = one.totals.find((sum) => sum.asset === end.asset);
    if (total) Object.assign(total, { stolen: String(BigInt(total.stolen) + BigInt(end.tainted)), usd: total.usd + (end.usd ?? 0) });
    else one.totals.push({ chain: "eth", asset: end.asset, symbol: assets.find((asset) => asset.asset === end.asset)?.symbol ?? null, decimals: 18, stolen: end.tainted, usd: end.usd ?? null });
    one.rows += 1;
    services.set(key, one);
  }
  return [...services.values()];
}
function summary(id) {
  const { data, warnings } = resultOf(id);
  return { totals: data.totals, params: data.params, assets: data.assets, unit: data.layout.unit, loot: data.layout.loot, inherited: 0, traced: data.layout.loot, named: 0.6 * data.layout.loot, freezable: 0.5 * data.layout.loot, services: letters().map((letter) => ({ name: letter.service, key: letter.key, category: letter.category,
    addresses: letter.rows, tainted: letter.totals.map(({ chain, asset, stolen }) => ({ chain, asset, amount: stolen })), usd: letter.totals[0].usd, share: 0.1, said_by: letter.said_by, can_hold: true })),
    reached: [{ stop: "label", share: 0.6 }, { stop: "unspent", share: 0.4 }], warnings };
}
function layout(id, query) {
  const open = (query.get("open") ?? "").split(",").filter((key) => key !== "");
  const { data, warnings, incomplete } = resultOf(id, { mode: query.get("mode") ?? "stolen", axis: query.get("axis") ?? "hop", open });
  return { data: { ...data.layout, members: [...new Set(data.layout.nodes.flatMap((node) => node.members.slice(0, 40)))].map((index) => ({ index, ...data.nodes[index] })) }, warnings, incomplete };
}
function search(text, limit) {
  const q = text.trim().toLowerCase();
  const items = [];
  const add = (type, id, title, detail, url, chain) => items.push({ type, id, title, detail, url, ...(chain ? { chain } : {}) });
  if (q === "") return { items };
  for (const row of transfers) {
    if (row.tx.startsWith(q) && q.length > 5) add("txn", row.tx, "Txn", `block ${row.block}`, `/tx/${row.tx}`, "eth");
    for (const side of ["from", "to"]) if (row[side].startsWith(q) && q.length > 3) add("address", row[side], "Address", row[`${side}_label`] ?? "no label", `/address/${row[side]}`, "eth");
  }
  for (const row of labels) if (row.label.toLowerCase().includes(q)) add("label", row.address, row.label, `${row.category}, says ${row.source}`, `/address/${row.address}`, "eth");
  for (const alert of newest()) if (alert.title.toLowerCase().includes(q) || alert.id.startsWith(q)) add("alert", alert.id, alert.title, `${alert.severity}, ${alert.phase}`, `/watch?alert=${alert.id}`);
  for (const one of cases) if (one.title.toLowerCase().includes(q) || one.id === q) add("case", one.id, one.title, one.state, `/cases/${one.id}`);
  for (const { request, verdict } of guard.requests) if (request.id.includes(q)) add("withdrawal", request.id, request.id, verdict.verdict, `/guard/${request.id}`);
  const seen = new Set();
  return { items: items.filter((item) => !seen.has(item.type + item.id) && seen.add(item.type + item.id)).slice(0, limit) };
}
const file = (type, body, name) => ({ file: { type, body, name } });
const csvOf = (rows) => [Object.keys(rows[0] ?? {}).join(","), ...rows.map((row) => Object.values(row).map((cell) => JSON.stringify(cell ?? "")).join(","))].join("\n");

function transfersOf({ path, query }) {
  const dust = query.get("dust") === "true";
  const side = query.get("side");
  const rows = transfers.filter((row) => (side !== "out" && row.to === path[0]) || (side !== "in" && row.from === path[0]))
    .filter((row) => (dust || row.amount !== "0") && (!query.get("asset") || row.asset === query.get("asset")));
  return query.get("order") === "asc" ? rows : rows.reverse();
}

// [method, path with * for a part, permission or "" for anybody, kind, handler]
const routes = [
  ["GET", "/api/session", "read", "session", ({ session }) => session],
  ["POST", "/api/session", "", "session", ({ body, reply }) => {
    const name = body.entry !== undefined ? "admin" : body.name;
    if (!Object.hasOwn(ROLES, name ?? "") || body.password === "wrong") throw new Refusal(401, "unauthenticated", "Name or password is wrong.");
    const id = randomBytes(16).toString("hex");
    sessions.set(id, { name, roles: name === "all" ? Object.keys(ROLES).slice(0, 5) : [name], may: ROLES[name], csrf: randomBytes(16).toString("hex") });
    reply.setHeader("Set-Cookie", `cordon=${id}; HttpOnly; SameSite=Strict; Path=/`);
    return sessions.get(id);
  }],
  ["DELETE", "/api/session", "read", "session.ended", ({ id }) => (sessions.delete(id), {})],
  ["GET", "/api/system", "read", "system", () => ({ version: "0.1.0-mock", name: "mock", simulated: true, log_key: "mock-log+0+AA", guide: "eth:0xc69d3538e87ec3dc463c4467b5efe0945fe00a420cf12fb15747b3bab9e49794", parts: ["watch", "trace", "guard", "cases"],
    chains: watchStatus().sources.map(({ chain, height, time }) => ({ chain, height, time })) })],
  ["GET", "/api/doctor", "read", "doctor", () => ({ checks: [
    { name: "ledger", state: "good", detail: "743 transfers of 1 chain, no gap", fix: "" },
    { name: "feed", state: "warning", detail: "No node is connected: the stream is simulated.", fix: "Write a node's address into cordon.yaml: feeds: [evm-rpc:ws://127.0.0.1:8545]" },
    { name: "alerts", state: "bad", detail: "No alert has been delivered to a person in 30 days.", fix: "cordon doctor alerts --send-test" }] })],
  ["GET", "/api/audit", "administer", "audit.list", ({ query }) => page([...audit].reverse(), query)],
  ["GET", "/api/accounts", "administer", "account.list", ({ query }) => page(accounts, query)],
  ["POST", "/api/accounts", "administer", "account", ({ body }) => (accounts.push({ name: body.name, roles: body.roles, disabled: false }), accounts.at(-1))],
  ["PATCH", "/api/accounts/*", "administer", "account", ({ path, body }) => {
    const { password: _, ...rest } = body;
    return Object.assign(found(accounts.find((one) => one.name === path[0]), "account"), rest);
  }],
  ["GET", "/api/tokens", "administer", "token.list", ({ query }) => page(tokens, query)],
  ["POST", "/api/tokens", "administer", "token", ({ body }) => (tokens.push({ expires: null, ...body }), { ...tokens.at(-1), token: `cordon_${randomBytes(24).toString("base64url")}` })],
  ["DELETE", "/api/tokens/*", "administer", "token", ({ path }) => (tokens.splice(tokens.findIndex((one) => one.name === path[0]), 1), {})],
  ["GET", "/api/alerts", "read", "alert.list", ({ query }) => {
    const q = (query.get("q") ?? "").toLowerCase();
    const least = LEVELS.indexOf(query.get("severity") ?? "info");
    return page(newest().filter((alert) => LEVELS.indexOf(alert.severity) >= least && (query.get("repeats") !== "false" || !alert.repeat_of) &&
      (!query.get("phase") || alert.phase === query.get("phase")) && (query.get("open") !== "true" || alert.phase !== "closed") &&
      (!query.get("detector") || alert.detector === query.get("detector")) && (!query.get("incident") || alert.incident === query.get("incident")) &&
      (!query.get("subject") || alert.subject === query.get("subject")) && (query.get("suppressed") === "true" || !alert.suppressed_by) &&
      (q === "" || `${alert.title} ${alert.reason} ${alert.subject}`.toLowerCase().includes(q))), query);
  }],
  ["GET", "/api/alerts/*", "read", "alert", ({ path }) => found(alerts.get(path[0]), "alert")],
  ["POST", "/api/alerts/actions", "investigate", "alert.changed", ({ body, session }) => act(body, session.name)],
  ["GET", "/api/incidents", "read", "incident.list", ({ query }) => page([...new Set(newest().map((alert) => alert.incident))].map(incident), query)],
  ["GET", "/api/incidents/*", "read", "incident", ({ path }) => found(incident(path[0]), "incident")],
  ["GET", "/api/suppressions", "read", "suppression.list", ({ query }) => page(suppressions, query)],
  ["POST", "/api/suppressions/preview", "investigate", "suppression.preview", ({ body }) => ({ suppression: { id: "", ...body }, hidden: newest().filter((alert) => matches(alert, body)).slice(0, 500) })],
  ["POST", "/api/suppressions", "investigate", "suppression", ({ body, session }) => {
    if (!body.reason || !body.until) throw new Refusal(400, "invalid_param", "A suppression needs a reason and an end.", body.reason ? "/until" : "/reason");
    const one = { id: `s-${randomBytes(4).toString("hex")}`, who: session.name, from: clock(), ...body };
    suppressions.push(one);
    const hidden = newest().filter((alert) => matches(alert, one)).map((alert) => ({ ...alert, suppressed_by: one.id }));
    for (const alert of hidden) alerts.set(alert.id, alert);
    tell("alert", hidden);
    return one;
  }],
  ["DELETE", "/api/suppressions/*", "investigate", "suppression", ({ path }) => {
    const place = suppressions.findIndex((one) => one.id === path[0]);
    if (place < 0) throw missing("suppression");
    for (const alert of alerts.values()) if (alert.suppressed_by === path[0]) alert.suppressed_by = null;
    return suppressions.splice(place, 1)[0];
  }],
  ["GET", "/api/watch", "read", "watch.status", watchStatus],
  ["POST", "/api/traces", "investigate", "trace.job", ({ body }) => askTrace([].concat(body.seeds).map((seed) => (typeof seed === "string" ? seed : seed.seed)))],
  ["GET", "/api/traces", "read", "trace.list", ({ query }) => page([...jobs.values()].map(({ asked: _, ...job }) => job).reverse(), query)],
  ["GET", "/api/traces/*", "read", "trace.job", ({ path }) => (({ asked: _, ...job }) => job)(found(jobs.get(path[0]), "trace"))],
  ["GET", "/api/traces/*/result", "read", "trace.result", ({ path }) => (found(jobs.get(path[0]), "trace"), resultOf(path[0]).data)],
  ["GET", "/api/traces/*/summary", "read", "trace.summary", ({ path }) => (found(jobs.get(path[0]), "trace"), summary(path[0]))],
  ...["GET", "POST"].map((method) => [method, "/api/traces/*/rules", method === "GET" ? "read" : "investigate", "trace.rules", ({ path }) => ({ items: ["fifo", "lifo", "tiho", "haircut", "poison"]
    .map((policy) => { const { asked: _, ...job } = found(jobs.get(path[0]), "trace"); return { policy, trace: policy === "lifo" ? job : null }; }) })]),
  ["GET", "/api/traces/*/layout", "read", "trace.layout", ({ path, query }) => (found(jobs.get(path[0]), "trace"), layout(path[0], query).data)],
  ["GET", "/api/traces/*/flow.svg", "read", "", ({ path, query }) => file("image/svg+xml", cordon.svg(found(jobs.get(path[0]), "trace").asked, query.get("theme") ?? "light"))],
  ["GET", "/api/traces/*/edges.csv", "read", "", ({ path }) => file("text/csv", csvOf(resultOf(path[0]).data.edges), "edges.csv")],
  ["GET", "/api/traces/*/nodes.csv", "read", "", ({ path }) => file("text/csv", csvOf(resultOf(path[0]).data.nodes), "nodes.csv")],
  ["GET", "/api/traces/*/path", "read", "trace.path", ({ path, query }) => {
    const { edges } = resultOf(path[0]).data;
    const from = new Map([[query.get("from"), []]]);  // Breadth first: not the widest, but a way.
    for (const [at, way] of from) for (const edge of edges) if (edge.from === at && !from.has(edge.to)) from.set(edge.to, [...way, edge]);
    const way = found(from.get(query.get("to")), "path");
    return { edges: way, bottleneck: way.reduce((least, edge) => (BigInt(edge.tainted) < BigInt(least) ? edge.tainted : least), way[0]?.tainted ?? "0") };
  }],
  ["POST", "/api/views", "investigate", "view", ({ body }) => {
    const id = sha256(JSON.stringify(body)).slice(0, 32);
    views.set(id, body);
    return { id };
  }],
  ["GET", "/api/views/*", "read", "view", ({ path }) => found(views.get(path[0]), "view")],
  ["GET", "/api/addresses/*", "read", "address.info", ({ path }) => ({ addresses: [found(addressInfo(path[0]), "address")],
    alerts: newest().filter((alert) => alert.subject === path[0]).length, cases: 0 })],
  ["GET", "/api/addresses/*/transfers", "read", "transfer.list", (call) => page(transfersOf(call), call.query)],
  ["GET", "/api/addresses/*/transfers.csv", "read", "", (call) => file("text/csv", csvOf(transfersOf(call)), "transfers.csv")],
  ["GET", "/api/addresses/*/counterparties", "read", "counterparty.list", ({ path, query }) => counterparties(path[0], query.get("side") ?? "out")],
  ["GET", "/api/txns/*", "read", "txn.info", ({ path }) => {
    const rows = transfers.filter((row) => row.tx === path[0]);
    if (rows.length === 0) throw missing("txn");
    const { chain, tx, block, time } = rows[0];
    return { chain, tx, block, time, fee: null, transfers: rows, labels: [], links: [] };
  }],
  ["GET", "/api/screen/*", "read", "screen.result", ({ path }) => cordon.screen(path[0])],
  ["GET", "/api/search", "read", "search.result", ({ query }) => search(query.get("q") ?? "", Number(query.get("limit") ?? 20))],
  ["GET", "/api/guard/withdrawals", "read", "guard.list", ({ query }) => page(guard.requests.filter((one) =>
    query.get("state") === "all" || (query.get("state") === "allowed" ? one.verdict.verdict === "allow" : one.verdict.verdict === "hold")), query)],
  ["GET", "/api/guard/withdrawals/*", "read", "guard.request", ({ path }) => found(guard.requests.find((one) => one.request.id === path[0]), "withdrawal")],
  ["GET", "/api/guard/withdrawals/*/statement", "approve", "guard.statement", ({ path, query }) => {
    const one = found(guard.requests.find((request) => request.request.id === path[0]), "withdrawal");
    return statement(guard, "withdrawal", one.text, query.get("by"), query.get("decision") ?? "approve", Date.now());
  }],
  ["POST", "/api/guard/statements", "approve", "guard.verdict", ({ body }) => {
    if (typeof body.text !== "string" || typeof body.signature !== "string") throw new Refusal(400, "invalid_param", "A signed statement has text and signature.", "/signature");
    const { verdict } = found(give(guard, body, Date.now()), "withdrawal");
    tell("verdict", [verdict]);
    return verdict;
  }],
  ["POST", "/api/guard/withdrawals/*/cancel", "operate", "guard.verdict", ({ path }) => {
    const one = found(guard.requests.find((request) => request.request.id === path[0]), "withdrawal");
    one.verdict.verdict = "deny";
    one.verdict.reasons.unshift({ decision: "deny", rule: "", text: "The request was cancelled.", source: "gate" });
    tell("verdict", [one.verdict]);
    return one.verdict;
  }],
  ["GET", "/api/guard/breakers", "read", "guard.breakers", () => ({ items: guard.breakers, next: null })],
  ["POST", "/api/guard/breakers", "operate", "guard.breakers", ({ body, session }) => {
    guard.breakers.push({ breaker: body.breaker, since: clock(), by: session.name, why: body.why, reset: AGREEMENT, text: `cordon breaker v1\nreset: ${body.breaker}\ntripped: ${clock()}\n` });
    return { items: guard.breakers, next: null };
  }],
  ["GET", "/api/guard/breakers/statement", "approve", "guard.statement", ({ query }) => {
    const one = found(guard.breakers.find((breaker) => breaker.breaker === query.get("breaker")), "breaker");
    return statement(guard, "breaker", one.text, query.get("by"), "approve", Date.now());
  }],
  ["GET", "/api/guard/policy", "read", "guard.policy", () => ({ ...guard.policy, explanation: guard.policy.text })],
  ["GET", "/api/guard/unaccounted", "read", "guard.unaccounted", () => ({ items: [], outflows: [] })],
  ["GET", "/api/cases", "read", "case.list", ({ query }) => page(cases.filter((one) => !query.get("state") || one.state === query.get("state")), query)],
  ["POST", "/api/cases", "investigate", "case", ({ body, session }) => makeCase(body, session.name)],
  ["GET", "/api/cases/*", "read", "case", ({ path }) => found(cases.find((one) => one.id === path[0]), "case")],
  ["PATCH", "/api/cases/*", "investigate", "case", ({ path, body }) => Object.assign(found(cases.find((one) => one.id === path[0]), "case"), body, { changed: clock() })],
  ["POST", "/api/cases/*/items", "investigate", "case", ({ path, body, session }) => {
    const one = found(cases.find((each) => each.id === path[0]), "case");
    one.items.push({ number: (one.items.at(-1)?.number ?? 0) + 1, note: "", ...body, by: session.name, time: clock() });
    return one;
  }],
  ["DELETE", "/api/cases/*/items/*", "investigate", "case", ({ path }) => {
    const one = found(cases.find((each) => each.id === path[0]), "case");
    one.items = one.items.filter((item) => String(item.number) !== path[1]);
    return one;
  }],
  ["GET", "/api/cases/*/letters", "read", "letter.list", () => ({ items: letters(), without_letter: [], next: null })],
  ["GET", "/api/cases/*/letters/*", "read", "", ({ path }) => file(path[1].endsWith(".html") ? "text/html" : "text/plain",
    path[1].endsWith(".html") ? `<!doctype html><html lang=en><title>Letter</title><h1>DRAFT FOR COUNSEL</h1><p>${path[1]}</p>` : `DRAFT FOR COUNSEL ${path[1]}\n`)],
  ["GET", "/api/cases/*/report.html", "read", "", () => file("text/html", "<!doctype html><html lang=en><title>Report</title><h1>Case report</h1>")],
  ["POST", "/api/cases/*/seal", "investigate", "case.sealed", ({ path }) => {
    const one = found(cases.find((each) => each.id === path[0]), "case");
    Object.assign(one, { state: "sealed", archive: sha256(one.id), changed: clock() });
    return { sha256: one.archive, warnings: ["no Chromium: no PDF"] };
  }],
  ["GET", "/api/cases/*/archive.zip", "read", "", () => file("application/zip", "PK", "case.zip")],
].map(([method, path, ...rest]) => [method, new RegExp(`^${path.replace(/\./g, "\\.").replace(/\*/g, "([^/]+)")}$`), ...rest]);
// A longer path without a part is meant before one with it: /alerts/actions is no alert.
routes.sort((a, b) => (a[1].source.match(/\(/g)?.length ?? 0) - (b[1].source.match(/\(/g)?.length ?? 0));

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
function serveFile(path, reply) {
  let name = join(dist, normalize(path));
  if (!name.startsWith(dist) || !existsSync(name) || !statSync(name).isFile()) name = join(dist, "index.html");
  if (!existsSync(name)) return reply.writeHead(404).end("no dist/: npm run build, or npm run dev\n");
  reply.writeHead(200, { "Content-Type": TYPES[extname(name)] ?? "application/octet-stream", "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'" }).end(readFileSync(name));
}

function problem(reply, status, code, detail, field) {
  reply.writeHead(status, { "Content-Type": "application/problem+json" })
    .end(JSON.stringify({ status, title: { 401: "Please sign in", 403: "Your role does not allow this", 404: "Not found" }[status] ?? "Refused", code, detail, ...(field ? { field } : {}) }));
}

createServer((request, reply) => {
  const url = new URL(request.url, "http://mock");
  if (url.pathname === "/healthz" || url.pathname === "/readyz") return reply.end("ok\n");
  if (!url.pathname.startsWith("/api")) return serveFile(url.pathname, reply);
  const id = /cordon=([0-9a-f]+)/.exec(request.headers.cookie ?? "")?.[1];
  const session = sessions.get(id);
  if (url.pathname === "/api/events") {
    if (!session) return problem(reply, 401, "unauthenticated", "");
    reply.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const last = Number(request.headers["last-event-id"] ?? url.searchParams.get("last") ?? NaN);
    if (Number.isFinite(last) && last < (past[0]?.id ?? 0) - 1) reply.write(`id: ${eventId}\nevent: reset\ndata: null\n\n`);
    else if (Number.isFinite(last)) for (const one of past) if (one.id > last) reply.write(one.text);
    reply.write(": hello\n\n");
    streams.add(reply);
    request.on("close", () => streams.delete(reply));
    return undefined;
  }
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const decoded = url.pathname;
    const route = routes.find(([method, pattern]) => method === request.method && pattern.test(decoded));
    if (!route) return problem(reply, 404, "not_found", "There is no such call.");
    const [, pattern, permission, kind, handler] = route;
    if (permission !== "" && !session) return problem(reply, 401, "unauthenticated", "Nobody is signed in.");
    if (permission !== "" && !session.may.includes(permission)) return problem(reply, 403, "forbidden", `This needs the permission to ${permission}.`);
    if (request.method !== "GET" && permission !== "" && request.headers["x-cordon-csrf"] !== session.csrf) return problem(reply, 403, "csrf", "The page is out of date: load it again.");
    try {
      const text = Buffer.concat(chunks).toString("utf8");
      const body = text === "" ? {} : JSON.parse(text);
      const path = pattern.exec(decoded).slice(1).map(decodeURIComponent);
      const answer = handler({ path, query: url.searchParams, body, session, id, reply });
      if (request.method !== "GET") audit.push({ index: audit.length, time: clock(), who: session?.name ?? body.name ?? "", what: `${request.method} ${kind}`, target: path.join(" "), status: 200 });
      if (answer?.file) {
        const { type, body: content, name } = answer.file;
        return reply.writeHead(200, { "Content-Type": type, ...(name ? { "Content-Disposition": `attachment; filename="${name}"` } : {}) }).end(content);
      }
      return reply.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" })
        .end(JSON.stringify({ v: 1, kind, data: answer, warnings: [], incomplete: false }));
    } catch (error) {
      if (error instanceof Refusal) return problem(reply, error.status, error.code, error.detail, error.field);
      return problem(reply, 500, "internal", String(error.message ?? error));
    }
  });
}).listen(Number(flags.port), "127.0.0.1", () => console.log(`mock: http://127.0.0.1:${flags.port}/ with ${alerts.size} alerts, trace ${theft.id}; ends in ${flags.minutes} min`));
