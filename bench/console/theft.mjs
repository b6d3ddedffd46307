// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Writes a SYNTHETIC theft of any size as canonical files, to look at and to measure the flow with.
//
// usage: theft.mjs EDGES OUT_DIR
//
// Money splits, peels, rests, comes back, mixes with clean money and ends at services, in the proportions of
// src/trace/layout_test_theft.hpp. The same bytes each time; nobody holds a key to any address.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const GWEI = 10n ** 9n;
const LOOT = 30_000n * GWEI; // in gwei: 30,000 ETH
const SMALLEST = 1_000_000n; // gwei; below it nobody pays the fee to move on
const START = 1_767_225_600; // 2026-01-01T00:00:00Z
const SERVICES = [
  ["Exchange A deposit", "deposit"], ["Exchange B deposit", "deposit"], ["Exchange C deposit", "deposit"],
  ["Exchange D", "exchange"], ["Bridge X", "bridge"], ["Bridge Y", "bridge"], ["Mixer pool 10", "mixer"],
  ["Mixer pool 100", "mixer"], ["Swap router", "swap"], ["Dice house", "gambling"],
];

const digest = (text) => createHash("sha256").update("cordon synthetic flow: " + text).digest("hex");
const address = (name) => "0x" + digest("address " + name).slice(0, 40);

/** Mulberry32: the same numbers on every machine. */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function makeTheft(edges, seed = 1) {
  const chance = dice(seed);
  const wallets = [];
  const rows = [];
  const labels = [];
  const wallet = (hop, service = null) => {
    const name = `${seed} ${edges} ${wallets.length}`;
    wallets.push({ address: address(name), hop, service, left: 0n });
    if (service !== null) labels.push([wallets.at(-1).address, SERVICES[service]]);
    return wallets.length - 1;
  };
  const row = (from, to, gwei, kind = "native") => {
    const n = rows.length;
    rows.push(`eth,${21_000_000 + n},${START + n * 97},0x${digest(`txn ${seed} ${edges} ${n}`)},0,${from},${to},native,${gwei * GWEI},${kind}`);
  };
  const zero = "0x" + "0".repeat(40);
  const mixed = address("clean money");

  wallet(0);
  row(zero, wallets[0].address, LOOT, "mint");
  row(zero, mixed, LOOT * 1000n, "mint");
  const theft = rows.length;
  const thief = wallet(1);
  row(wallets[0].address, wallets[thief].address, LOOT);
  wallets[thief].left = LOOT;

  const receiver = (from) => {
    const roll = chance();
    if (from !== thief && roll < 0.03 && wallets.length > 4) {
      const to = 1 + Math.floor(chance() * (wallets.length - 1));
      if (to !== from && wallets[to].service === null) return to;
    }
    if (from !== thief && roll < 0.15) return wallet(wallets[from].hop + 1, Math.floor(chance() * SERVICES.length));
    return wallet(wallets[from].hop + 1);
  };
  const queue = [thief];
  let moved = 1;
  for (let at = 0; at < queue.length && moved < edges; at++) {
    const from = queue[at];
    const have = wallets[from].left;
    if (wallets[from].service !== null || have < SMALLEST) continue;
    if (from !== thief && chance() < 0.08) continue; // Rests.
    const parts = [];
    if (from === thief) {
      let rest = have;
      for (let i = 0; i < 11; i++) { parts.push(rest / 4n); rest -= rest / 4n; }
      parts.push(rest);
    } else if (chance() < 0.5) parts.push(have - have / 7n, have / 7n);
    else {
      const n = 2 + Math.floor(chance() * 4);
      for (let i = 0; i < n; i++) parts.push(have / BigInt(n + 1));
    }
    if (chance() < 0.25) row(mixed, wallets[from].address, (have * BigInt(1 + Math.floor(chance() * 20))) / 10n);
    for (const part of parts) {
      if (moved >= edges) break;
      const to = receiver(from);
      row(wallets[from].address, wallets[to].address, part);
      wallets[from].left -= part;
      wallets[to].left += part;
      moved++;
      queue.push(to);
    }
  }
  return { rows, labels, seed: `eth:${rows[theft].split(",")[3]}` };
}

if (process.argv[1]?.endsWith("theft.mjs")) {
  const [edges, out] = [Number(process.argv[2]), process.argv[3]];
  if (!(edges >= 1 && edges <= 1_000_000) || !out) {
    console.error("usage: theft.mjs EDGES OUT_DIR      (1 to 1,000,000)");
    process.exit(2);
  }
  mkdirSync(out, { recursive: true });
  const theft = makeTheft(edges);
  const write = (name, head, lines) => writeFileSync(join(out, name), [head, ...lines, ""].join("\n"));
  write("transfers.csv", "chain,block,time,tx,index,from,to,asset,amount,kind", theft.rows);
  write("labels.csv", "address,label,category,source,confidence,chain",
    theft.labels.map(([at, [label, category]]) => `${at},${label} (synthetic),${category},synthetic list,0.9,eth`));
  write("assets.csv", "chain,asset,symbol,decimals,status", ["eth,native,ETH,18,verified"]);
  write("prices.csv", "chain,asset,time,usd", [`eth,native,${START},3000`]);
  writeFileSync(join(out, "seed"), theft.seed + "\n");
}
