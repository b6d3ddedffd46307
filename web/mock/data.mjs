// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the mock tells: answers of the program itself about an example, and around them invented withdrawals and cases.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const example = join(root, "examples/synthetic_exchange_theft");

/** One answer of the program; exit code 1 means "something was found". */
export class Cordon {
  constructor(program) {
    this.program = program;
    this.work = mkdtempSync(join(tmpdir(), "cordon-mock-"));
    this.ledger = join(this.work, "ledger");
    const given = ["transfers", "labels", "assets", "prices", "wallets"].map((kind) => `${kind}:${example}/${kind}.csv`);
    this.sources = given;
    this.run("ingest", "--ledger", this.ledger, ...given, "-q");
  }
  run(...args) {
    try {
      return execFileSync(this.program, args, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"], timeout: 60000 });
    } catch (error) {
      if (error.status === 1) return error.stdout;
      throw new Error(`cordon ${args[0]}: ${error.stderr ?? error}`);
    }
  }
  alerts() {
    return this.run("watch", "--replay", ...this.sources, "--format", "jsonl")
      .split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).data);
  }
  trace(seeds, { mode = "stolen", axis = "hop", open = [] } = {}) {
    const flags = open.length > 0 ? ["--open", open.join("\n")] : [];
    return JSON.parse(this.run("trace", "--ledger", this.ledger, "--seed", seeds.join(","), "--format", "json", "--layout",
      "--view", mode, "--columns", axis, ...flags));
  }
  svg(seeds, theme) {
    const out = join(this.work, "flow.svg");
    this.run("trace", "--ledger", this.ledger, "--seed", seeds.join(","), "--out", `svg:${out}`, "--theme", theme);
    return readFileSync(out, "utf8");
  }
  explain(name) {
    return JSON.parse(this.run("explain", "safe", join(root, "examples/explain", name), "--format", "json")).data;
  }
  screen(address) {
    return JSON.parse(this.run("screen", address, "--ledger", this.ledger, "--format", "json")).data;
  }
  policy(name) {
    return JSON.parse(this.run("guard", "policy", "explain", join(root, "examples/policies", name), "--format", "json")).data;
  }
  close() {
    rmSync(this.work, { recursive: true, force: true });
  }
}

function csv(name) {
  const [head, ...lines] = readFileSync(join(example, name), "utf8").trim().split("\n");
  const names = head.split(",");
  // Quoted cells of the example have no quotes in them.
  const cells = (line) => [...line.matchAll(/("([^"]*)"|[^,]*)(,|$)/g)].map((match) => match[2] ?? match[1]);
  return lines.map((line) => Object.fromEntries(cells(line).slice(0, names.length).map((cell, i) => [names[i], cell])));
}

export const seeds = JSON.parse(readFileSync(join(example, "case.json"), "utf8")).seeds;
export const labels = csv("labels.csv");
export const wallets = csv("wallets.csv");
export const assets = csv("assets.csv");
const prices = csv("prices.csv");
export const iso = (seconds) => new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
const assetOf = new Map(assets.map((row) => [row.asset, row]));
const labelOf = new Map(labels.map((row) => [row.address, row.label]));
function usd(asset, amount) {
  const price = prices.find((row) => row.asset === asset);
  const info = assetOf.get(asset);
  return price && info ? Number(amount) / 10 ** Number(info.decimals) * Number(price.usd) : null;
}
const dress = (row) => ({ symbol: assetOf.get(row.asset)?.symbol ?? null, decimals: Number(assetOf.get(row.asset)?.decimals ?? NaN) || null });
export const transfers = csv("transfers.csv").map((row) => ({
  chain: row.chain, block: Number(row.block), time: iso(row.time), tx: row.tx, index: Number(row.index), from: row.from, to: row.to,
  asset: row.asset, ...dress(row), amount: row.amount, kind: row.kind, from_label: labelOf.get(row.from) ?? null,
  to_label: labelOf.get(row.to) ?? null, usd: usd(row.asset, row.amount),
}));

export function addressInfo(address) {
  const mine = transfers.filter((row) => row.from === address || row.to === address);
  const said = labels.filter((row) => row.address === address)
    .map((row) => ({ label: row.label, category: row.category, source: row.source, confidence: Number(row.confidence) }));
  if (mine.length === 0 && said.length === 0) return null;
  const holdings = [...new Set(mine.map((row) => row.asset))].map((asset) => {
    const of = mine.filter((row) => row.asset === asset);
    const sum = (side) => of.filter((row) => row[side] === address).reduce((all, row) => all + BigInt(row.amount), 0n);
    const [received, sent] = [sum("to"), sum("from")];
    return { asset, ...dress({ asset }), received: String(received), sent: String(sent), balance: String(received - sent),
      transfers: of.length, usd: usd(asset, String(received - sent)) };
  });
  const wallet = wallets.find((row) => row.address === address);
  return { chain: "eth", address, labels: said, ...(wallet ? { wallet: { set: wallet.set, tier: wallet.tier, entity: wallet.entity } } : {}),
    holdings, first: mine[0]?.time ?? null, last: mine.at(-1)?.time ?? null, transfers: mine.length, cut: false };
}

export function counterparties(address, side) {
  const [mine, other] = side === "in" ? ["to", "from"] : ["from", "to"];
  const sums = new Map();
  for (const row of transfers.filter((one) => one[mine] === address && one.amount !== "0")) {
    const key = `${row[other]} ${row.asset}`;
    const sum = sums.get(key) ?? { address: row[other], label: labelOf.get(row[other]) ?? null, asset: row.asset, ...dress(row), amount: 0n, transfers: 0 };
    sum.amount += BigInt(row.amount);
    sum.transfers += 1;
    sums.set(key, sum);
  }
  const all = [...sums.values()].map((sum) => ({ ...sum, amount: String(sum.amount), usd: usd(sum.asset, String(sum.amount)) }))
    .sort((a, b) => (b.usd ?? 0) - (a.usd ?? 0));
  return { largest: all.slice(0, 20), more: Math.max(0, all.length - 20), cut: false };
}
