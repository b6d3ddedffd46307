// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Uniswap v2 (twice, as a fork of it lives beside) and v3: swaps, liquidity, migration, zaps, moved positions, aggregation.
import { ZeroAddress, getAddress } from "ethers";
import { Contract, ETHER } from "../chain.mjs";
import { released } from "../parts.mjs";
import { FAR } from "../world.mjs";

const V3 = "@uniswap/v3-periphery/artifacts/contracts";
const TICK_SPACING = { 100: 1, 500: 10, 3000: 60, 10000: 200 };
const WIDE = 60_000; // Ticks to either side: a factor of 400 in price.

/// First, second, and dollars on each side.
const PAIRS = [["WETH", "USDS", 2e7], ["WETH", "DAY", 1e7], ["WETH", "WBTC", 1.5e7], ["USDS", "DAY", 1e7], ["WETH", "LINK", 4e6],
  ["WETH", "GOV", 2e6], ["LINK", "USDS", 1e6], ["GOV", "DAY", 1e6], ["WETH", "MEME", 3e5], ["WETH", "TAX", 3e5]];
const FORKED = [["WETH", "USDS", 6e6], ["WETH", "DAY", 4e6], ["WETH", "LINK", 1e6], ["WETH", "WBTC", 5e6], ["WETH", "GOV", 6e5], ["USDS", "DAY", 2e6]];
const POOLS = [["WETH", "USDS", 500, 6e7], ["WETH", "USDS", 3000, 3e7], ["WETH", "WBTC", 3000, 3e7], ["USDS", "DAY", 100, 2e7],
  ["WETH", "DAY", 3000, 1e7], ["WETH", "LINK", 3000, 6e6], ["WETH", "GOV", 10000, 1e6]];

function root(number) {
  let guess = BigInt(Math.floor(Math.sqrt(Number(number))));
  for (let n = 0; n < 8; ++n) guess = (guess + number / guess) / 2n;
  return guess;
}
/// Price of the first token in the second, as v3 stores it, at the prices of the world.
const sqrtPrice = (a, b) => root(((BigInt(Math.round((a.usd / b.usd) * 1e12)) * 10n ** BigInt(b.decimals)) << 192n) / (10n ** BigInt(a.decimals) * 10n ** 12n));
const tickOf = (a, b) => Math.floor(Math.log((a.usd / b.usd) * 10 ** (b.decimals - a.decimals)) / Math.log(1.0001));

export async function setup(world) {
  const { chain, deployer, tokens } = world;
  const nothing = ZeroAddress;
  const weth = tokens.WETH;
  const factory2 = released("@uniswap/v2-core/build/UniswapV2Factory.json");
  const router2 = released("@uniswap/v2-periphery/build/UniswapV2Router02.json");
  const factories = [world.create(factory2, nothing), world.create(factory2, nothing)];
  const routers = factories.map((each) => world.create(router2, each.address, weth.address));
  const factory3 = world.create(released("@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"));
  const router3 = world.create(released(`${V3}/SwapRouter.sol/SwapRouter.json`), factory3.address, weth.address);
  const positions = world.create(released(`${V3}/NonfungiblePositionManager.sol/NonfungiblePositionManager.json`), factory3.address, weth.address, nothing);
  const migrator = world.create(released(`${V3}/V3Migrator.sol/V3Migrator.json`), factory3.address, weth.address, positions.address);
  const treasury = world.actor("aggregator treasury").address;
  const aggregator = world.create("Aggregator", weth.address, treasury);
  const executor = world.create("Executor");
  const zap = world.create("Zap", routers[0].address, weth.address);
  world.dex = { factories, routers, router: routers[0], factory3, router3, positions, migrator, aggregator, executor, zap, pools: [] };
  await world.flush();
  for (const spender of [...routers, positions]) {
    for (const token of Object.values(tokens)) world.setup(deployer, token.call("approve", spender.address, 2n ** 256n - 1n));
  }
  await world.flush();
  const dex = world.dex;
  for (const [fork, list] of [PAIRS, FORKED].entries()) {
    for (const [first, second, usd] of list) {
      const [a, b] = [tokens[first], tokens[second]];
      world.setup(deployer, routers[fork].call("addLiquidity", a.address, b.address, world.units(a, usd), world.units(b, usd), 0, 0, deployer, FAR));
      dex.pools.push({ v3: false, fork, a, b, usd });
    }
  }
  world.setup(deployer, factory3.call("enableFeeAmount", 100, TICK_SPACING[100]));
  for (const [first, second, fee, usd] of POOLS) {
    const [a, b] = [tokens[first], tokens[second]].sort((x, y) => (BigInt(x.address) < BigInt(y.address) ? -1 : 1));
    world.setup(deployer, positions.call("createAndInitializePoolIfNecessary", a.address, b.address, fee, sqrtPrice(a, b)));
    dex.pools.push({ v3: true, fee, a, b, usd });
  }
  await world.flush();
  for (const pool of dex.pools) {
    pool.address = getAddress(pool.v3 ? await factory3.view("getPool", pool.a.address, pool.b.address, pool.fee)
      : await factories[pool.fork].view("getPair", pool.a.address, pool.b.address));
    world.label(pool.address, `${pool.v3 ? "pool" : "pair"} ${pool.a.key}/${pool.b.key}${pool.fork ? " (fork)" : ""}${pool.fee ? ` ${pool.fee}` : ""}`, "swap");
    if (pool.v3) world.setup(deployer, positions.call("mint", mintParams(pool, deployer, world.units(pool.a, pool.usd), world.units(pool.b, pool.usd), WIDE)));
    else pool.contract = new Contract(chain, pool.address, released("@uniswap/v2-core/build/UniswapV2Pair.json").abi);
  }
  await world.flush();
  dex.direct = (x, y, v3) => dex.pools.filter((each) => (v3 === undefined || each.v3 === v3) && [each.a, each.b].includes(x) && [each.a, each.b].includes(y));
  // A position that its owner's contract keeps around the price.
  dex.rebalancers = [0, 1, 2, 3].map((n) => {
    const pool = dex.pools.filter((each) => each.v3)[n];
    const owner = world.actor(`rebalancer ${n}`).address;
    return { pool, owner };
  });
  for (const each of dex.rebalancers) {
    await world.fund(each.owner, 50);
    each.contract = chain.create(each.owner, world.own.Rebalancer, positions.address);
    for (const token of [each.pool.a, each.pool.b]) world.setup(deployer, token.call("transfer", each.contract.address, world.units(token, 2e5)));
    world.setup(each.owner, each.contract.call("open", mintParams(each.pool, deployer, 0n, 0n, 2000)));
    world.label(each.contract, "position keeper", "defi");
  }
  await world.flush();
  routers.forEach((each, n) => world.label(each, `router v2${n ? " (fork)" : ""}`, "swap"));
  for (const [name, each] of Object.entries({ "router v3": router3, positions, migrator, aggregator, executor, zap })) world.label(each, name, "swap");
}

function mintParams(pool, recipient, amount0, amount1, width, shift = 0) {
  const spacing = TICK_SPACING[pool.fee];
  const middle = Math.round((tickOf(pool.a, pool.b) + shift) / spacing) * spacing;
  const half = Math.max(spacing, Math.round(width / spacing) * spacing);
  return { token0: pool.a.address, token1: pool.b.address, fee: pool.fee, tickLower: middle - half, tickUpper: middle + half,
    amount0Desired: amount0, amount1Desired: amount1, amount0Min: 0, amount1Min: 0, recipient, deadline: FAR };
}
/// How much dearer the first token is in the pool than outside.
export async function gap(world, pool) {
  if (pool.v3) {
    const { tick } = await slot0(world, pool);
    return (1.0001 ** Number(tick) * 10 ** (pool.a.decimals - pool.b.decimals)) / (pool.a.usd / pool.b.usd) - 1;
  }
  const [a, b] = await reserves(pool);
  return world.usd(pool.b, b) / world.usd(pool.a, a) - 1;
}
const SLOT0 = [`function slot0() view returns (uint160 price, int24 tick, uint16, uint16, uint16, uint8, bool)`];
const slot0 = (world, pool) => new Contract(world.chain, pool.address, SLOT0).view("slot0");
export async function reserves(pool) {
  const [r0, r1] = await pool.contract.view("getReserves");
  return BigInt(pool.a.address) < BigInt(pool.b.address) ? [r0, r1] : [r1, r0];
}
/// Which side a trader sells: mostly the dear one, so that pools follow the market.
async function side(world, pool) {
  const dear = await gap(world, pool);
  const sellsFirst = Math.abs(dear) > 0.005 && world.random.chance(0.85) ? dear > 0 : world.random.chance(0.5);
  return { tokenIn: sellsFirst ? pool.a : pool.b, tokenOut: sellsFirst ? pool.b : pool.a, dear: Math.abs(dear) };
}

async function swap2(world) {
  const { random } = world;
  const pool = random.pick(world.dex.pools.filter((each) => !each.v3));
  const router = world.dex.routers[pool.fork];
  const { tokenIn, tokenOut } = await side(world, pool);
  const from = world.person().address;
  const { WETH, TAX } = world.tokens;
  const taxed = [tokenIn, tokenOut].includes(TAX) ? "SupportingFeeOnTransferTokens" : "";
  const path = [tokenIn.address, tokenOut.address];
  if (tokenIn === WETH && random.chance(0.7)) {
    const value = await world.spendEther(from, 0.3);
    return value && [{ from, ...router.call(`swapExactETHForTokens${taxed}`, 0n, path, from, FAR), value, gas: 400_000 }];
  }
  const amount = await world.spend(from, tokenIn, 900);
  if (!amount) return null;
  if (tokenOut === WETH && !taxed && random.chance(0.4)) path.push(random.pick([world.tokens.USDS, world.tokens.DAY].filter((each) => each !== tokenIn)).address);
  const name = tokenOut === WETH && path.length === 2 && random.chance(0.7) ? "swapExactTokensForETH" : "swapExactTokensForTokens";
  return [...world.approval(from, tokenIn, router.address, amount), { from, ...router.call(name + taxed, amount, 0n, path, from, FAR), gas: 500_000 }];
}
/// Large, for size or to bring a pool back to the market.
export async function whaleSwap(world, suits = () => true) {
  const { random } = world;
  const pool = random.pick(world.dex.pools.filter((each) => each.a !== world.tokens.TAX && each.b !== world.tokens.TAX && suits(each)));
  if (!pool || !world.claim(pool.address)) return null;
  const { tokenIn, tokenOut, dear } = await side(world, pool);
  const usd = pool.usd * Math.min(0.12, Math.max(0.01, random.logNormal(0.02, 0.7), dear / 2));
  const from = random.pick(world.whales).address;
  if (!world.claim(`${from}:${tokenIn.key}`)) return null;
  const held = await tokenIn.view("balanceOf", from);
  const amount = world.units(tokenIn, usd) < held ? world.units(tokenIn, usd) : held / 2n;
  if (amount === 0n) return null;
  const router = pool.v3 ? world.dex.router3 : world.dex.routers[pool.fork];
  const call = pool.v3 ? router.call("exactInputSingle", single(tokenIn, tokenOut, pool.fee, from, amount))
    : router.call("swapExactTokensForTokens", amount, 0n, [tokenIn.address, tokenOut.address], from, FAR);
  return [...world.approval(from, tokenIn, router.address, amount), { from, ...call, gas: 600_000 }];
}
const single = (tokenIn, tokenOut, fee, recipient, amountIn) => ({ tokenIn: tokenIn.address, tokenOut: tokenOut.address, fee, recipient,
  deadline: FAR, amountIn, amountOutMinimum: 0, sqrtPriceLimitX96: 0 });
const packed = (...parts) => `0x${parts.map((each) => (typeof each === "number" ? each.toString(16).padStart(6, "0") : each.slice(2))).join("")}`;

async function swap3(world) {
  const { random, dex } = world;
  const pool = random.pick(dex.pools.filter((each) => each.v3));
  const { tokenIn, tokenOut } = await side(world, pool);
  const from = world.person().address;
  const { WETH } = world.tokens;
  if (tokenIn === WETH && random.chance(0.6)) {
    const value = await world.spendEther(from, 0.4);
    return value && [{ from, ...dex.router3.call("exactInputSingle", single(tokenIn, tokenOut, pool.fee, from, value)), value, gas: 500_000 }];
  }
  const amount = await world.spend(from, tokenIn, 1500);
  if (!amount) return null;
  const first = world.approval(from, tokenIn, dex.router3.address, amount);
  const onward = dex.pools.filter((each) => each.v3 && [each.a, each.b].includes(tokenOut) && ![each.a, each.b].includes(tokenIn));
  if (onward.length && random.chance(0.4)) {
    const next = random.pick(onward);
    const last = next.a === tokenOut ? next.b : next.a;
    const path = packed(tokenIn.address, pool.fee, tokenOut.address, next.fee, last.address);
    return [...first, { from, ...dex.router3.call("exactInput", { path, recipient: from, deadline: FAR, amountIn: amount, amountOutMinimum: 0 }), gas: 700_000 }];
  }
  if (tokenOut === WETH) { // To the native coin: swap to the router, then unwrap, in one multicall.
    const calls = [dex.router3.data("exactInputSingle", single(tokenIn, tokenOut, pool.fee, ZeroAddress, amount)), dex.router3.data("unwrapWETH9", 0n, from)];
    return [...first, { from, ...dex.router3.call("multicall", calls), gas: 600_000 }];
  }
  return [...first, { from, ...dex.router3.call("exactInputSingle", single(tokenIn, tokenOut, pool.fee, from, amount)), gas: 500_000 }];
}

async function liquidity2(world) {
  const { random, dex } = world;
  const pool = random.pick(dex.pools.filter((each) => !each.v3 && !each.fork && each.a !== world.tokens.TAX && each.b !== world.tokens.TAX));
  const from = world.person().address;
  const shares = Object.assign(pool.contract, { key: pool.address });
  const held = await shares.view("balanceOf", from);
  if (held > 0n && random.chance(0.6)) {
    if (!world.claim(`${from}:${pool.address}`)) return null;
    const part = random.chance(0.5) ? held : held / 2n;
    return part && [...world.approval(from, shares, dex.router.address, part),
      { from, ...dex.router.call("removeLiquidity", pool.a.address, pool.b.address, part, 0, 0, from, FAR), gas: 500_000 }];
  }
  const amountA = await world.spend(from, pool.a, 3000);
  const amountB = await world.spend(from, pool.b, 3000);
  if (!amountA || !amountB) return null;
  return [...world.approval(from, pool.a, dex.router.address, amountA), ...world.approval(from, pool.b, dex.router.address, amountB),
    { from, ...dex.router.call("addLiquidity", pool.a.address, pool.b.address, amountA, amountB, 0, 0, from, FAR), gas: 500_000 }];
}
async function liquidity3(world) {
  const { random, dex } = world;
  const from = world.person().address;
  const { positions } = dex;
  if (random.chance(0.5) && (await positions.view("balanceOf", from)) > 0n) {
    const id = await positions.view("tokenOfOwnerByIndex", from, 0);
    if (!world.claim(`position:${id}`)) return null;
    const held = (await positions.view("positions", id)).liquidity;
    const collect = positions.data("collect", { tokenId: id, recipient: from, amount0Max: 2n ** 128n - 1n, amount1Max: 2n ** 128n - 1n });
    if (held === 0n) return [{ from, ...positions.call("burn", id), gas: 300_000 }];
    const part = random.chance(0.5) ? held : held / 2n + 1n;
    const calls = [positions.data("decreaseLiquidity", { tokenId: id, liquidity: part, amount0Min: 0, amount1Min: 0, deadline: FAR }), collect];
    return [{ from, ...positions.call("multicall", calls), gas: 700_000 }];
  }
  const pool = random.pick(dex.pools.filter((each) => each.v3));
  const amountA = await world.spend(from, pool.a, 4000);
  const amountB = await world.spend(from, pool.b, 4000);
  if (!amountA || !amountB) return null;
  return [...world.approval(from, pool.a, positions.address, amountA), ...world.approval(from, pool.b, positions.address, amountB),
    { from, ...positions.call("mint", mintParams(pool, from, amountA, amountB, 12_000)), gas: 800_000 }];
}
/// From a pair of v2 to a position of v3.
async function migration(world) {
  const { random, dex } = world;
  const pair = random.pick(dex.pools.filter((each) => !each.v3 && dex.direct(each.a, each.b, true).length && !each.fork));
  const pool = random.pick(dex.direct(pair.a, pair.b, true));
  const from = random.pick(world.lps).address;
  if (!world.claim(`${from}:${pair.address}`)) return null;
  const held = await pair.contract.view("balanceOf", from);
  if (held < 1000n) return null;
  const part = held / BigInt(random.int(6, 60));
  const params = mintParams(pool, from, 0n, 0n, 12_000);
  const ordered = { pair: pair.address, liquidityToMigrate: part, percentageToMigrate: random.int(50, 100), token0: params.token0, token1: params.token1,
    fee: params.fee, tickLower: params.tickLower, tickUpper: params.tickUpper, amount0Min: 0, amount1Min: 0, recipient: from, deadline: FAR, refundAsETH: random.chance(0.5) };
  return [...world.approval(from, Object.assign(pair.contract, { key: pair.address }), dex.migrator.address, part),
    { from, ...dex.migrator.call("migrate", ordered), gas: 1_200_000 }];
}
async function zap(world) {
  const from = world.person().address;
  const value = await world.spendEther(from, 0.5);
  const other = world.random.pick(["USDS", "DAY", "LINK", "GOV", "WBTC"].map((key) => world.tokens[key]));
  return value && [{ from, ...world.dex.zap.call("zap", other.address), value, gas: 700_000 }];
}
async function rebalance(world) {
  const each = world.random.pick(world.dex.rebalancers);
  if (!world.claim(each.contract.address)) return null;
  // Around the price; or beside it, where the position holds one token only.
  const width = world.random.int(500, 6000);
  const choices = [0, 2 * width, -2 * width].map((shift) => ({ from: each.owner, ...each.contract.call("move", mintParams(each.pool, each.owner, 0n, 0n, width, shift)), gas: 1_500_000 }));
  const results = await world.chain.attempt(choices);
  const works = choices.find((_, n) => results[n]);
  return works ? [works] : null;
}

export const hop = (pool, tokenIn, tokenOut) => ({ v3: pool.v3, pool: pool.address, tokenIn: tokenIn.address, tokenOut: tokenOut.address });
/// Splits over one to four routes of one to three pools.
async function aggregate(world) {
  const { random, dex } = world;
  const { WETH, TAX, MEME } = world.tokens;
  const choice = Object.values(world.tokens).filter((each) => ![TAX, MEME].includes(each));
  const [tokenIn, tokenOut] = random.sample(choice, 2);
  const routes = dex.direct(tokenIn, tokenOut).map((pool) => [hop(pool, tokenIn, tokenOut)]);
  for (const middle of choice) {
    if ([tokenIn, tokenOut].includes(middle)) continue;
    for (const first of dex.direct(tokenIn, middle)) {
      for (const second of dex.direct(middle, tokenOut)) routes.push([hop(first, tokenIn, middle), hop(second, middle, tokenOut)]);
    }
  }
  if (!routes.length) return null;
  const chosen = [];
  for (const each of random.shuffle(routes)) { // A pool serves one route.
    if (chosen.length < 4 && !each.some(({ pool }) => chosen.flat().some((other) => other.pool === pool))) chosen.push(each);
  }
  const split = chosen.map((hops) => ({ share: BigInt(Math.floor(10_000 / chosen.length)), hops }));
  const from = world.person().address;
  const native = tokenIn === WETH && random.chance(0.6);
  const amount = native ? await world.spendEther(from, 0.6) : await world.spend(from, tokenIn, 2500);
  if (!amount) return null;
  const outside = tokenOut === WETH && random.chance(0.6) ? ZeroAddress : tokenOut.address;
  return [...(native ? [] : world.approval(from, tokenIn, dex.aggregator.address, amount)),
    { from, ...dex.aggregator.call("swap", dex.executor.address, native ? ZeroAddress : tokenIn.address, outside, amount, 0n, from, split),
      value: native ? amount : 0n, gas: 2_500_000 }];
}

export async function stock(world) {
  world.whales = Array.from({ length: 12 }, (_, n) => world.actor(`whale ${n}`));
  world.lps = Array.from({ length: 15 }, (_, n) => world.actor(`provider ${n}`));
  await world.fundAll([...world.whales, ...world.lps], 20_000);
  for (const token of Object.values(world.tokens)) {
    if (token.key === "WETH") for (const each of world.whales) world.setup(each.address, { ...token.call("deposit"), value: 10_000n * ETHER });
    else if (token.key !== "TAX") await world.endow(token, world.whales.map((each) => [each.address, 2e7]));
  }
  for (const pool of world.dex.pools.filter((each) => !each.v3 && !each.fork)) {
    const all = await pool.contract.view("balanceOf", world.deployer);
    for (const each of world.lps) world.setup(world.deployer, { to: pool.address, data: pool.contract.data("transfer", each.address, all / 40n) });
  }
  await world.flush();
}
export const classes = {
  "swap-v2": { share: 0.05, make: swap2 },
  "swap-v3": { share: 0.05, make: swap3 },
  "large-swap": { complex: true, make: whaleSwap },
  "liquidity-v2": { complex: true, make: liquidity2 },
  "liquidity-v3": { complex: true, make: liquidity3 },
  "liquidity-migration": { complex: true, make: migration },
  zap: { complex: true, make: zap },
  rebalance: { complex: true, make: rebalance },
  aggregation: { complex: true, make: aggregate },
};
