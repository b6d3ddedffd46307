// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A made-up house on `cordon serve --config`: its wallets, a feed that we write (tail:), one account a role. It can be stopped and
// started again over the same data. Browsers that are signed in to it note whatever goes wrong.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const ROLES = ["viewer", "analyst", "approver", "operator", "admin"];
export const PASSWORD = "correct horse battery";
const LIVES_SECONDS = "420"; // Whatever becomes of us.
const START_MS = 60_000;     // On a machine that is busy.
// The day before yesterday: a feed that is behind, of alerts that are of the last 30 days, which a preview counts.
const T0 = Math.floor(Date.now() / 1000) - 2 * 86_400, BLOCK_SECONDS = 12;
const WALLETS = 24;

const hex = (tag, number, digits) => `0x${(tag + number.toString(16).padStart(digits - tag.length, "0")).slice(0, digits)}`;
export const stranger = (tag, i) => hex(tag, i, 40);
export const wallet = (i) => hex("aa", i, 40);
export const thief = (i) => hex("bb", i, 40);
const ether = (n) => `${BigInt(n) * 10n ** 18n}`;
const isoTime = (block) => new Date((T0 + block * BLOCK_SECONDS) * 1000).toISOString().replace(".000", "");

/** A block of payments {from, to, eth}: one txn each. */
export const block = (number, payments) => JSON.stringify({
  type: "block", chain: "eth", number, hash: hex("cc", number, 64), time: isoTime(number),
  txns: payments.map(({ from, to, eth, of = 0 }, i) => ({
    hash: hex("dd", number * 4096 + i, 64), transfers: [{ from, to, asset: "native", amount: ether(eth), ...(of ? { kind: "mint" } : {}) }],
  })),
});
const NOBODY = `0x${"00".repeat(20)}`;

/** Alerts of every severity, about wallets that share nothing. `bulk` is for load: nothing else has info. */
const RULES = `- rule: paid-a-stranger
  desc: A hot wallet paid a stranger
  event: transfer
  condition: from.tier == hot and amount >= 100 ETH
  output: "%from.set paid %amount to %to."
  next: Compare with the withdrawal queue.
  priority: high
  subject: from
- rule: small-payment
  desc: A small payment left
  event: transfer
  condition: from.tier == hot and amount < 100 ETH and amount >= 10 ETH
  output: "%from.set paid %amount to %to."
  priority: low
  subject: from
- rule: bulk
  desc: A payment of the load
  event: transfer
  condition: amount == 1 ETH
  output: "%from paid %amount."
  priority: info
  subject: from
`;

function terminal(house, words, text) {
  const done = spawnSync(house.cordon, words, { input: text, encoding: "utf8", timeout: 60_000 });
  assert.equal(done.error, undefined, String(done.error));
  return done;
}

/** {base, folder, data, start(), stop(), people(), feed(...lines), run(...words)}; not started yet. */
export function house({ cordon, folder, port, name = "Examplia", extra = "", rules = RULES }) {
  const data = join(folder, "data"), config = join(folder, "serve.yaml"), feed = join(folder, "feed.jsonl");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "wallets.csv"), "chain,address,set,entity,tier\n" +
    Array.from({ length: WALLETS }, (_, i) => `eth,${wallet(i)},hot-${i},Examplia ${i},hot\n`).join(""));
  writeFileSync(join(folder, "prices.csv"), `chain,asset,time,usd\neth,native,${T0},3000\n`);
  writeFileSync(join(folder, "rules.yaml"), rules);
  writeFileSync(config, `version: 1\nname: ${name}\ndata: data\nlisten: 127.0.0.1:${port}\nknown: [wallets:wallets.csv, prices:prices.csv]\n` +
    `watch: {sources: ["tail:feed.jsonl"], rules: [rules.yaml]}\n${extra}`);
  // What the wallets hold: minted in the first block.
  writeFileSync(feed, `${block(1, Array.from({ length: WALLETS }, (_, i) => ({ from: NOBODY, to: wallet(i), eth: 1000, of: 1 })))}\n`);
  const it = {
    cordon, folder, data, base: `http://127.0.0.1:${port}`, process: null,
    feed: (...lines) => appendFileSync(feed, lines.map((line) => `${line}\n`).join("")),
    run: (...words) => terminal(it, words),
    async start() {
      assert.equal(it.process, null);
      const child = spawn("timeout", ["--foreground", LIVES_SECONDS, cordon, "serve", "--config", config], { stdio: ["ignore", "ignore", "pipe"] });
      it.process = child;
      it.said = "";
      process.once("exit", () => it.process === child && child.kill("SIGTERM"));
      const end = Date.now() + START_MS;
      child.stderr.on("data", (chunk) => { it.said += chunk; });
      while (!/ http:\/\//.test(it.said)) {
        assert(child.exitCode === null && Date.now() < end, `serve did not start: ${it.said.slice(-800)}`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    /** Only ever our own child. */
    async stop() {
      const child = it.process;
      if (child === null) return;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
      it.process = null;
    },
    /** One account a role, of the role's name. */
    people() {
      for (const role of ROLES) {
        const made = terminal(it, ["serve", "user", "add", role, "--role", role, "--data", data], `${PASSWORD}\n`);
        assert.equal(made.status, 0, made.stderr);
      }
    },
  };
  return it;
}
