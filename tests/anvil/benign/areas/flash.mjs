// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrage between pools, with borrowed and with own money, and by contracts made for the txn.
import { gap, hop, whaleSwap } from "./dex.mjs";

const BASE = ["WETH", "DAY", "USDS"];
const SIZES = [300, 1000, 3000, 10_000, 30_000, 100_000, 300_000];
const TRIED = 4; // Cycles that look best are tried at every size.
const feeOf = (pool) => (pool.v3 ? pool.fee / 1e6 : 0.003);

export async function setup(world) {
  const { chain, deployer, tokens } = world;
  world.bots = [];
  for (let n = 0; n < 8; ++n) {
    const owner = world.wallet(`searcher ${n}`).address;
    await world.fund(owner, 500);
    const helping = n % 2 === 1;
    const contract = chain.create(owner, world.own[helping ? "Searcher" : "Arbitrageur"]);
    for (const key of BASE) world.setup(deployer, tokens[key].call("transfer", contract.address, world.units(tokens[key], 4e5)));
    world.bots.push({ owner, contract, helping });
  }
  await world.flush();
}

/// Closed ways through two or three pools, with what a small amount would come back as.
async function cycles(world, usable) {
  const pools = world.dex.pools.filter(usable);
  const gaps = new Map(await Promise.all(pools.map(async (each) => [each, await gap(world, each)])));
  // Selling the dear first token gives its premium, buying it costs it.
  const rate = (pool, tokenIn) => (pool.a === tokenIn ? 1 + gaps.get(pool) : 1 / (1 + gaps.get(pool))) * (1 - feeOf(pool));
  const found = [];
  const other = (pool, token) => (pool.a === token ? pool.b : pool.a);
  for (const base of BASE.map((key) => world.tokens[key])) {
    const walk = (at, way, gain) => {
      for (const pool of pools) {
        if ((pool.a !== at && pool.b !== at) || way.some((each) => each.pool === pool)) continue;
        const next = other(pool, at);
        const longer = [...way, { pool, tokenIn: at, tokenOut: next }];
        const total = gain * rate(pool, at);
        if (next === base) { if (longer.length > 1) found.push({ base, way: longer, gain: total }); }
        else if (longer.length < 3) walk(next, longer, total);
      }
    };
    walk(base, [], 1);
  }
  return found.filter((each) => each.gain > 1.0005).sort((a, b) => b.gain - a.gain).slice(0, TRIED);
}
async function arbitrage(world, helping) {
  const { random, lending, tokens } = world;
  const free = (pool) => !world.claimed.has(pool.address) && pool.a !== tokens.TAX && pool.b !== tokens.TAX && (!helping || !pool.v3);
  const bot = random.pick(world.bots.filter((each) => each.helping === helping && !world.claimed.has(each.owner)));
  if (!bot) return null;
  const choices = [];
  for (const { base, way } of await cycles(world, free)) {
    const used = way.map((each) => each.pool.address);
    const sources = [[0, bot.contract.address], [1, lending.lender.address], [2, lending.pool.address],
      ...world.dex.pools.filter((each) => (each.a === base || each.b === base) && !used.includes(each.address) && free(each)).slice(0, 3).map((each) => [each.v3 ? 4 : 3, each.address])];
    const [source, lender] = random.pick(sources);
    for (const usd of SIZES) {
      choices.push({ from: bot.owner, first: true, gas: 4_000_000, base, pools: source > 2 ? [...used, lender] : used,
        ...bot.contract.call("run", source, lender, base.address, world.units(base, usd), way.map((each) => hop(each.pool, each.tokenIn, each.tokenOut))) });
    }
  }
  const results = await world.chain.attempt(choices);
  const gains = choices.map((each, n) => (results[n] ? world.usd(each.base, BigInt(results[n])) : 0));
  const best = gains.indexOf(Math.max(...gains));
  if (!(gains[best] > 0.5)) {
    const moved = await whaleSwap(world, free);
    return moved && moved.map((each) => ({ class: "large-swap", ...each }));
  }
  world.claim(bot.owner, ...choices[best].pools);
  return [choices[best]];
}
export const classes = {
  arbitrage: { complex: true, make: (world) => arbitrage(world, false) },
  "helper-arbitrage": { complex: true, make: (world) => arbitrage(world, true) },
};
