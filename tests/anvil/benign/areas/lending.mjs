// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Aave v3 with prices that reporters sign: lending, liquidations with own and with borrowed money, leverage.
import { ZeroAddress, getBytes, hashMessage, keccak256 } from "ethers";
import { Contract, encode } from "../chain.mjs";
import { released } from "../parts.mjs";
import { MAX } from "../world.mjs";
import { hop, whaleSwap } from "./dex.mjs";

const AAVE = "@aave/core-v3/artifacts/contracts/protocol";
const RAY = 10n ** 27n;
const BORROWERS = 40;
const VARIABLE = 2;
const WHOLE = 10n ** 18n; // Health below it: may be liquidated.
/// Loan to value, threshold, bonus of a liquidator, in 1/10,000.
const TERMS = { WETH: [8000, 8250, 10500], WBTC: [7300, 7800, 10600], LINK: [7000, 7500, 10700], GOV: [5500, 6000, 10900], DAY: [7500, 8000, 10500], USDS: [7700, 8000, 10450] };
const STABLE = ["DAY", "USDS"];
const COLLATERAL = ["WETH", "WBTC", "LINK", "GOV"];
const REPORTERS = 7;
const QUORUM = 5;

const aave = (folder, name, links) => released(`${AAVE}/${folder}/${name}.sol/${name}.json`, links);
const answer = (token) => BigInt(Math.round(token.usd * 1e8));

export async function setup(world) {
  const { chain, deployer, tokens } = world;
  const create = (folder, name, ...args) => world.create(aave(folder, name), ...args);
  const library = (name, links) => world.create(aave("libraries/logic", name, links)).address;
  const listed = Object.keys(TERMS).map((key) => tokens[key]);

  world.reporters = Array.from({ length: REPORTERS }, (_, n) => world.wallet(`reporter ${n}`)).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  await world.fundAll(world.reporters, 100);
  for (const token of listed) {
    token.feed = world.create("PriceFeed", world.reporters.map((each) => each.address), QUORUM, answer(token));
    world.label(token.feed, `price of ${token.key}`, "service");
  }
  const links = { BorrowLogic: library("BorrowLogic"), BridgeLogic: library("BridgeLogic"), EModeLogic: library("EModeLogic"),
    LiquidationLogic: library("LiquidationLogic"), PoolLogic: library("PoolLogic"), SupplyLogic: library("SupplyLogic"), ConfiguratorLogic: library("ConfiguratorLogic") };
  links.FlashLoanLogic = library("FlashLoanLogic", links);
  const provider = create("configuration", "PoolAddressesProvider", "market", deployer);
  world.setup(deployer, provider.call("setACLAdmin", deployer));
  await world.flush();
  const acl = create("configuration", "ACLManager", provider.address);
  world.setup(deployer, provider.call("setACLManager", acl.address));
  world.setup(deployer, acl.call("addPoolAdmin", deployer));
  const logic = world.create(aave("pool", "Pool", links), provider.address);
  const configuratorLogic = world.create(aave("pool", "PoolConfigurator", links));
  world.setup(deployer, provider.call("setPoolImpl", logic.address));
  world.setup(deployer, provider.call("setPoolConfiguratorImpl", configuratorLogic.address));
  const oracle = world.create(released("@aave/core-v3/artifacts/contracts/misc/AaveOracle.sol/AaveOracle.json"), provider.address,
    listed.map((each) => each.address), listed.map((each) => each.feed.address), ZeroAddress, ZeroAddress, 10n ** 8n);
  world.setup(deployer, provider.call("setPriceOracle", oracle.address));
  await world.flush();

  const pool = new Contract(chain, await provider.view("getPool"), aave("pool", "Pool", links).abi);
  const configurator = new Contract(chain, await provider.view("getPoolConfigurator"), aave("pool", "PoolConfigurator", links).abi);
  const [aToken, stableDebt, variableDebt] = ["AToken", "StableDebtToken", "VariableDebtToken"].map((name) => create("tokenization", name, pool.address).address);
  const part = (percent) => (RAY * BigInt(percent)) / 100n;
  const rates = create("pool", "DefaultReserveInterestRateStrategy", provider.address, part(80), 0n, part(4), part(60), part(5), part(60), part(2), part(5), part(20)).address;
  for (const { key, address, decimals } of listed) world.setup(deployer, configurator.call("initReserves", [{ aTokenImpl: aToken, stableDebtTokenImpl: stableDebt,
    variableDebtTokenImpl: variableDebt, underlyingAssetDecimals: decimals, interestRateStrategyAddress: rates, underlyingAsset: address, treasury: deployer,
    incentivesController: ZeroAddress, aTokenName: `a${key}`, aTokenSymbol: `a${key}`, variableDebtTokenName: `v${key}`, variableDebtTokenSymbol: `v${key}`,
    stableDebtTokenName: `s${key}`, stableDebtTokenSymbol: `s${key}`, params: "0x" }]));
  for (const { key, address } of listed) {
    world.setup(deployer, configurator.call("configureReserveAsCollateral", address, ...TERMS[key]));
    world.setup(deployer, configurator.call("setReserveBorrowing", address, true));
    world.setup(deployer, configurator.call("setReserveFlashLoaning", address, true));
    world.setup(deployer, configurator.call("setReserveFactor", address, 1000));
  }
  world.setup(deployer, configurator.call("updateFlashloanPremiumTotal", 5));
  await world.flush();
  for (const token of listed) {
    const facts = await pool.view("getReserveData", token.address);
    token.aToken = new Contract(chain, facts.aTokenAddress, aave("tokenization", "AToken").abi);
    token.debt = new Contract(chain, facts.variableDebtTokenAddress, aave("tokenization", "VariableDebtToken").abi);
    const amount = world.units(token, 3e7);
    world.setup(deployer, token.call("approve", pool.address, MAX));
    world.setup(deployer, pool.call("supply", token.address, amount, deployer, 0));
    world.label(token.aToken, `a${token.key}`, "defi");
    world.label(token.debt, `v${token.key}`, "defi");
  }
  const lender = world.create("FlashLender");
  const leverage = world.create("Leverage", pool.address);
  for (const key of ["WETH", ...STABLE]) world.setup(deployer, tokens[key].call("transfer", lender.address, world.units(tokens[key], 1e7)));
  for (const [name, each] of Object.entries({ "lending pool": pool, "flash lender": lender, leverage })) world.label(each, name, "defi");
  world.lending = { pool, lender, leverage };
  await world.flush();

  world.borrowers = Array.from({ length: BORROWERS }, (_, n) => Object.assign(world.actor(`borrower ${n}`), { collateral: tokens[COLLATERAL[n % COLLATERAL.length]] }));
  for (const each of world.borrowers) {
    await world.fund(each.address, 500);
    const usd = world.random.logNormal(60_000, 1);
    const amount = world.units(each.collateral, usd);
    world.setup(deployer, each.collateral.call("transfer", each.address, amount * 2n));
    world.setup(each.address, each.collateral.call("approve", pool.address, MAX));
    world.setup(each.address, pool.call("supply", each.collateral.address, amount, each.address, 0));
    each.debt = tokens[world.random.pick(STABLE)];
    world.setup(each.address, each.debt.call("approve", pool.address, MAX));
    world.setup(each.address, pool.call("borrow", each.debt.address, world.units(each.debt, usd * TERMS[each.collateral.key][0] / 1e4 * 0.97), VARIABLE, 0, each.address));
  }
  world.liquidators = Array.from({ length: 5 }, (_, n) => world.actor(`liquidator ${n}`));
  for (const each of world.liquidators) {
    await world.fund(each.address, 500);
    each.bot = chain.create(each.address, world.own.Liquidator);
    for (const key of STABLE) {
      world.setup(deployer, tokens[key].call("transfer", each.address, world.units(tokens[key], 3e5)));
      world.setup(each.address, tokens[key].call("approve", pool.address, MAX));
    }
  }
  await world.flush();
}

const stale = (world) => world.once("stale", async () => {
  const listed = Object.keys(TERMS).map((key) => world.tokens[key]);
  const answers = await Promise.all(listed.map((each) => each.feed.view("latestAnswer")));
  return listed.map((token, n) => ({ token, off: Math.abs(Number(answers[n]) / (token.usd * 1e8) - 1) })).sort((a, b) => b.off - a.off);
});
async function update(world, token) {
  if (!world.claim(`feed:${token.key}`)) return null;
  const round = (await token.feed.view("round")) + 1n;
  const answers = Array.from({ length: REPORTERS }, () => BigInt(Math.round(token.usd * 1e8 * (1 + 0.0003 * world.random.normal())))).sort((a, b) => (a < b ? -1 : 1));
  const hash = hashMessage(getBytes(keccak256(encode(["address", "uint256", "int256[]"], [token.feed.address, round, answers]))));
  const signers = world.random.sample(world.reporters, world.random.int(QUORUM, REPORTERS)).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const all = signers.map((each) => world.signature(each, hash));
  return [{ class: "oracle-update", from: signers[Number(round) % signers.length].address,
    ...token.feed.call("transmit", round, answers, all.map((each) => each.v), all.map((each) => each.r), all.map((each) => each.s)), gas: 400_000 }];
}
/// The feed that is most off; when none is, the round that is due by time.
async function oracle(world) {
  const feeds = await stale(world);
  return update(world, feeds[0].off > 0.003 ? feeds[0].token : world.random.pick(feeds).token);
}

async function lend(world) {
  const { random, lending: { pool } } = world;
  const from = world.person().address;
  if (!world.claim(`lending:${from}`)) return null;
  const account = await pool.view("getUserAccountData", from);
  const act = random.next();
  if (account.totalDebtBase > 10n ** 8n && act < 0.35) {
    for (const token of STABLE.map((key) => world.tokens[key])) {
      if ((await token.debt.view("balanceOf", from)) === 0n) continue;
      const amount = await world.spend(from, token, 3000);
      return amount && [...world.approval(from, token, pool.address, amount), { from, ...pool.call("repay", token.address, amount, VARIABLE, from), gas: 500_000 }];
    }
  }
  if (account.availableBorrowsBase > 100n * 10n ** 8n && act < 0.7) {
    const token = world.tokens[random.pick(STABLE)];
    const amount = world.units(token, Number(account.availableBorrowsBase) / 1e8 * (0.2 + 0.6 * random.next()));
    return [{ from, ...pool.call("borrow", token.address, amount, VARIABLE, 0, from), gas: 600_000 }];
  }
  if (account.totalCollateralBase > 10n ** 8n && account.totalDebtBase === 0n && act < 0.85) {
    for (const key of COLLATERAL) {
      const held = await world.tokens[key].aToken.view("balanceOf", from);
      if (held > 0n) return [{ from, ...pool.call("withdraw", world.tokens[key].address, random.chance(0.5) ? MAX : held / 2n + 1n, from), gas: 500_000 }];
    }
  }
  const token = world.tokens[random.pick(COLLATERAL)];
  const amount = await world.spend(from, token, 5000);
  return amount && [...world.approval(from, token, pool.address, amount), { from, ...pool.call("supply", token.address, amount, from, 0), gas: 500_000 }];
}

/// A borrower whose debt may be liquidated now; else what brings the next one about.
async function underWater(world) {
  const { pool } = world.lending;
  const accounts = await world.once("borrowers", async () => new Map(await Promise.all(world.borrowers.map(async (each) =>
    [each, await pool.view("getUserAccountData", each.address)]))));
  const open = world.borrowers.filter((each) => !world.claimed.has(`lending:${each.address}`));
  const below = open.filter((each) => { // Debt without collateral is lost, and nobody liquidates it.
    const { healthFactor, totalDebtBase, totalCollateralBase } = accounts.get(each);
    return healthFactor < WHOLE && totalDebtBase > 1000n * 10n ** 8n && totalCollateralBase > totalDebtBase;
  });
  if (below.length) {
    const user = world.random.pick(below);
    world.claim(`lending:${user.address}`);
    const debt = await user.debt.debt.view("balanceOf", user.address);
    return { user, amount: (debt * BigInt(world.random.int(8, 45))) / 100n };
  }
  const feeds = await stale(world);
  if (feeds[0].off > 0.003) return { txns: await update(world, feeds[0].token) };
  const user = world.random.pick(open);
  if (!user || !world.claim(`lending:${user.address}`)) return {};
  const { availableBorrowsBase: free, healthFactor, totalCollateralBase } = accounts.get(user);
  const more = (await user.collateral.view("balanceOf", user.address)) / 2n;
  const call = totalCollateralBase < 30_000n * 10n ** 8n && world.usd(user.collateral, more) > 100
    ? pool.call("supply", user.collateral.address, more, user.address, 0) : free > 200n * 10n ** 8n && healthFactor > WHOLE ? pool.call("borrow", user.debt.address, world.units(user.debt, Number(free) / 1e8 * 0.97), VARIABLE, 0, user.address) : null;
  return { txns: call && [{ class: "lending", from: user.address, ...call, gas: 600_000 }] };
}
async function liquidate(world) {
  const { user, amount, txns } = await underWater(world);
  if (!user) return txns ?? null;
  const from = world.random.pick(world.liquidators).address;
  if (!world.claim(`${from}:${user.debt.key}`) || (await user.debt.view("balanceOf", from)) < amount) return null;
  return [{ from, first: true, ...world.lending.pool.call("liquidationCall", user.collateral.address, user.debt.address, user.address, amount, world.random.chance(0.2)), gas: 1_000_000 }];
}
async function flashLiquidate(world) {
  const { user, amount, txns } = await underWater(world);
  if (!user) return txns ?? null;
  const { pool, lender } = world.lending;
  const by = world.random.pick(world.liquidators);
  const { collateral, debt } = user;
  const sources = world.random.shuffle([[1, lender.address], [2, pool.address], ...world.dex.pools.filter((each) => each.a === debt || each.b === debt).map((each) => [each.v3 ? 4 : 3, each.address])]);
  const sales = world.dex.direct(collateral, debt).map((each) => [hop(each, collateral, debt)]);
  for (const first of world.dex.direct(collateral, world.tokens.WETH)) {
    for (const second of world.dex.direct(world.tokens.WETH, debt)) sales.push([hop(first, collateral, world.tokens.WETH), hop(second, world.tokens.WETH, debt)]);
  }
  const choices = sources.slice(0, 3).flatMap(([source, from]) => world.random.shuffle(sales).slice(0, 6).map((hops) => ({ from: by.address, first: true, gas: 2_500_000, pools: [from, ...hops.map((each) => each.pool)],
    ...by.bot.call("run", source, from, pool.address, debt.address, amount, collateral.address, user.address, hops) })))
    .filter(({ pools }) => pools.every((each) => each === pool.address || each === lender.address || !world.claimed.has(each)));
  const results = await world.chain.attempt(choices);
  const best = choices.find((_, n) => results[n] && BigInt(results[n]) > 0n);
  if (!best) { // The pools do not pay what the feed says: somebody has to trade them there first.
    const moved = await whaleSwap(world, (each) => each.a === collateral || each.b === collateral);
    return moved && moved.map((each) => ({ class: "large-swap", ...each }));
  }
  world.claim(...best.pools.filter((each) => each !== pool.address && each !== lender.address));
  return [best];
}

async function leverage(world) {
  const { random, lending } = world;
  const user = world.people[random.int(40, 160)].address;
  if (!world.claim(`lending:${user}`)) return null;
  const debt = world.tokens.DAY;
  const asset = world.tokens.WETH;
  const owed = await debt.debt.view("balanceOf", user);
  const routes = random.shuffle(world.dex.direct(asset, debt));
  if (owed > 0n) {
    const collateral = await asset.aToken.view("balanceOf", user);
    const amount = owed + owed / 1000n + 1n;
    const first = world.approval(user, Object.assign(asset.aToken, { key: "aWETH" }), lending.leverage.address, MAX);
    const choices = routes.map((pool) => ({ from: user, ...lending.leverage.call("close", debt.address, amount, asset.address, asset.aToken.address, collateral - collateral / 1000n, [hop(pool, asset, debt)]), gas: 2_500_000 }));
    if (first.length) return first; // The closing itself comes with another draw: it cannot be tried before it is allowed.
    const results = await world.chain.attempt(choices);
    const best = choices.find((_, n) => results[n]);
    return best ? [best] : null;
  }
  const own = await world.spend(user, asset, 4000);
  if (!own || (await lending.pool.view("getUserAccountData", user)).totalDebtBase > 0n) return null;
  const times = 0.5 + 1.2 * random.next();
  const key = `${user}:delegation`;
  const first = [...world.approval(user, asset, lending.leverage.address, MAX)];
  if (!world.approved.has(key)) first.push({ class: "approve", from: user, ...debt.debt.call("approveDelegation", lending.leverage.address, MAX), gas: 100_000 });
  world.approved.add(key);
  return [...first, { from: user, ...lending.leverage.call("open_", debt.address, world.units(debt, world.usd(asset, own) * times), asset.address, own, [hop(routes[0], debt, asset)]), gas: 2_500_000 }];
}

export const classes = {
  "oracle-update": { complex: true, make: oracle },
  lending: { complex: true, make: lend },
  liquidation: { complex: true, make: liquidate },
  "flash-liquidation": { complex: true, make: flashLiquidate },
  leverage: { complex: true, make: leverage },
};
