// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the generator leaves beside the blocks: docs/formats/{labels,assets,prices,wallets}.md, and which txn is of which class.
import fs from "node:fs";
import path from "node:path";

const SOURCE = "tests/anvil/benign";
const low = (address) => (address.startsWith("0x") ? address.toLowerCase() : address);

export function write(out, world, facts) {
  const put = (name, header, rows) => fs.writeFileSync(path.join(out, name), `${[header, ...rows].join("\n")}\n`);
  const once = new Map(world.labels.map((each) => [low(each.address), each]));
  put("labels.csv", "address,label,category,source,confidence,chain",
    [...once].map(([address, { name, category }]) => `${address},${name},${category},${SOURCE},1,eth`));
  put("assets.csv", "chain,asset,symbol,decimals,status", ["eth,native,ETH,18,verified",
    ...Object.values(world.tokens).map((each) => `eth,${low(each.address)},${each.key},${each.decimals},verified`)]);
  put("prices.csv", "chain,asset,time,usd", world.prices.map(({ address, time, usd }) => `eth,${low(address)},${time},${usd.toPrecision(8)}`));
  put("wallets.csv", "chain,address,set,entity,tier", world.wallets.map(({ address, set, tier }) => `eth,${low(address)},${set},Exchange,${tier}`));

  const counts = {};
  for (const { class: name, ok } of world.record) {
    counts[name] ??= { txns: 0, failed: 0 };
    ++counts[name].txns;
    if (!ok) ++counts[name].failed;
  }
  const classes = Object.fromEntries(Object.keys(counts).sort()
    .map((name) => [name, { ...counts[name], least: facts.least[name] ?? 0, complex: facts.complex.includes(name) }]));
  const txns = world.record.map(({ hash, class: name, block, fails }) => ({ hash, block, class: name, ...(fails ? { fails } : {}) }));
  const { seed, wanted, seconds } = facts;
  fs.writeFileSync(path.join(out, "manifest.json"),
    `${JSON.stringify({ seed, wanted, seconds, blocks: "blocks.jsonl.gz", classes, txns }, null, 1)}\n`);
}
