// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Payrolls, an exchange that pays out and sweeps, deposits to it, and a bridge's two directions.
import { ZeroAddress, getAddress, getBytes, hashMessage, keccak256, toUtf8Bytes } from "ethers";
import { ETHER, encode, word } from "../chain.mjs";

const CUSTOMERS = 300;
const VALIDATORS = 9;
const QUORUM = 6;
const OTHER_CHAINS = [10n, 56n, 137n, 42161n];

export async function setup(world, stock = 2e7) { // Dollars of each token in each hot wallet.
  const { deployer, tokens } = world;
  const disperse = world.create("Disperse");
  const operators = [0, 1, 2].map((n) => world.actor(`operator ${n}`).address);
  const hot = world.create("HotWallet", operators);
  const cold = world.actor("cold").address;
  const factory = world.create("ForwarderFactory", hot.address);
  // The same exchange's older hot wallet is a plain account.
  const plain = world.actor("hot account").address;
  await world.fundAll([...operators, cold], 200);
  await world.fund(plain, 20_000);
  await world.fund(hot.address, 30_000);
  const stocked = ["USDS", "DAY", "LINK", "WBTC"].map((key) => tokens[key]);
  for (const token of stocked) for (const to of [hot.address, plain]) world.setup(deployer, token.call("transfer", to, world.units(token, stock)));
  const validators = Array.from({ length: VALIDATORS }, (_, n) => world.wallet(`validator ${n}`)).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const relayers = [0, 1, 2].map((n) => world.actor(`relayer ${n}`).address);
  await world.fundAll(relayers, 200);
  const wrapped = Object.assign(world.create("Coin", "Wrapped", "WRP", 18, deployer), { key: "WRP", decimals: 18, usd: 2 });
  const bridge = world.create("Bridge", validators.map((each) => each.address), QUORUM, [wrapped.address]);
  world.setup(deployer, wrapped.call("grantRole", keccak256(toUtf8Bytes("MINTER")), bridge.address));
  await world.endow(wrapped, world.people.slice(0, 100).map((each) => [each.address, world.random.logNormal(5000, 1)]));
  for (const token of stocked) world.setup(deployer, token.call("transfer", bridge.address, world.units(token, 5e6)));
  await world.flush();
  const deposits = await Promise.all(Array.from({ length: CUSTOMERS }, async (_, n) =>
    ({ salt: word(n + 1), address: getAddress(await factory.view("at", word(n + 1))), full: false })));
  const accounts = Array.from({ length: 60 }, (_, n) => world.actor(`deposit ${n}`).address);
  for (const each of deposits) world.label(each, "deposit", "deposit");
  for (const each of accounts) world.label(each, "deposit", "deposit");
  for (const [name, each] of Object.entries({ "hot wallet": hot, "hot account": plain, "cold wallet": cold })) world.label(each, name, "exchange");
  world.label(bridge, "bridge", "bridge");
  world.label(disperse, "disperse", "service");
  world.wallets.push({ address: hot.address, set: "hot", tier: "hot" }, { address: plain, set: "hot", tier: "hot" }, { address: cold, set: "cold", tier: "cold" },
    ...deposits.map(({ address }) => ({ address, set: "deposits", tier: "deposit" })), ...accounts.map((address) => ({ address, set: "deposits", tier: "deposit" })));
  world.pay = { disperse, operators, hot, cold, plain, factory, stocked, deposits, accounts };
  world.bridge = { contract: bridge, validators, relayers, wrapped, nonce: 0 };
}

const receivers = (world, least, most) => Array.from({ length: world.random.int(least, most) }, () => (world.random.chance(0.3) ? world.fresh().address : world.person().address));
async function payroll(world) {
  const from = world.random.pick(world.whales).address;
  const to = receivers(world, 30, 200);
  if (world.random.chance(0.35)) {
    if (!world.claim(`${from}:ether`)) return null;
    const amounts = to.map(() => BigInt(Math.round(world.random.logNormal(0.05, 0.6) * 1e9)) * 10n ** 9n);
    return [{ from, ...world.pay.disperse.call("ether_", to, amounts), value: amounts.reduce((a, b) => a + b, 0n), gas: 12_000_000 }];
  }
  const token = world.tokens[world.random.pick(["USDS", "DAY", "LINK"])];
  if (!world.claim(`${from}:${token.key}`)) return null;
  const amounts = to.map(() => world.units(token, world.random.logNormal(150, 0.8)));
  if ((await token.view("balanceOf", from)) < amounts.reduce((a, b) => a + b, 0n)) return null;
  return [...world.approval(from, token, world.pay.disperse.address, amounts.reduce((a, b) => a + b, 0n)),
    { from, ...world.pay.disperse.call("token", token.address, to, amounts), gas: 12_000_000 }];
}
/// One payment of the account, or a batch of the contract.
export async function payout(world) {
  const { random, pay } = world;
  const token = random.chance(0.4) ? null : random.pick(pay.stocked);
  const size = () => (token ? world.units(token, random.logNormal(400, 1.5)) : BigInt(Math.round(random.logNormal(0.15, 1.3) * 1e9)) * 10n ** 9n);
  if (random.chance(0.5)) {
    const to = random.chance(0.4) ? world.fresh().address : world.person().address;
    return [token ? { from: pay.plain, ...token.call("transfer", to, size()), gas: 120_000 } : { from: pay.plain, to, value: size(), gas: 30_000 }];
  }
  const to = receivers(world, 5, 60);
  return [{ from: random.pick(pay.operators), ...pay.hot.call("pay", token?.address ?? ZeroAddress, to, to.map(size)), gas: 6_000_000 }];
}
export async function deposit(world) {
  const { random, pay } = world;
  const from = world.person().address;
  const target = random.chance(0.7) ? random.pick(pay.deposits) : { address: random.pick(pay.accounts) };
  target.full = true;
  if (random.chance(0.4)) {
    const value = await world.spendEther(from, 0.3);
    return value && [{ from, to: target.address, value, gas: 60_000 }];
  }
  const token = random.pick(pay.stocked);
  const amount = await world.spend(from, token, 700);
  return amount && [{ from, ...token.call("transfer", target.address, amount), gas: 120_000 }];
}
/// Many customers' deposits to the hot wallet in one txn, or all that a plain deposit account holds.
export async function collect(world) {
  const { random, pay } = world;
  const full = pay.deposits.filter((each) => each.full && !world.claimed.has(`sweep:${each.address}`)).slice(0, random.int(3, 40));
  if (full.length && random.chance(0.65)) {
    world.claim(...full.map((each) => `sweep:${each.address}`));
    for (const each of full) each.full = false;
    return [{ from: random.pick(pay.operators), ...pay.factory.call("sweep", full.map((each) => each.salt), pay.stocked.map((each) => each.address)), gas: 12_000_000 }];
  }
  const from = random.pick(pay.accounts);
  if (!world.claim(`sweep:${from}`)) return null;
  const held = await world.chain.balance(from);
  const txns = [];
  for (const token of pay.stocked) {
    const amount = await token.view("balanceOf", from);
    if (amount > 0n) txns.push({ from, ...token.call("transfer", pay.plain, amount), gas: 120_000 });
  }
  // Gas first: the tokens follow another time.
  if (held < ETHER / 20n) return txns.length ? [{ from: pay.plain, to: from, value: ETHER / 10n, gas: 30_000 }] : null;
  if (held > ETHER / 5n) txns.push({ from, to: pay.plain, value: held - ETHER / 10n, gas: 30_000 });
  return txns.length ? txns : null;
}
/// Collected, or moved between hot and cold; where nothing is to be collected, somebody pays in.
async function sweep(world) {
  const { random, pay } = world;
  if (random.chance(0.85)) return (await collect(world)) ?? (await deposit(world))?.map((each) => ({ class: "deposit", ...each })) ?? null;
  if (!world.claim("tiers")) return null;
  const token = random.pick(pay.stocked);
  const [from, to] = random.chance(0.6) ? [pay.plain, pay.cold] : [pay.cold, pay.plain];
  const held = await token.view("balanceOf", from);
  return held === 0n ? null : [{ from, ...token.call("transfer", to, (held * BigInt(random.int(5, 25))) / 100n), gas: 120_000 }];
}

async function bridgeSend(world) {
  const { contract, wrapped } = world.bridge;
  const from = world.person().address;
  const token = world.random.chance(0.3) ? wrapped : world.random.pick(world.pay.stocked);
  const amount = await world.spend(from, token, 1500);
  return amount && [...world.approval(from, token, contract.address, amount),
    { from, ...contract.call("send", token.address, amount, world.random.pick(OTHER_CHAINS), word(BigInt(from))), gas: 300_000 }];
}
/// A message of another chain, signed by enough validators.
async function bridgeDeliver(world) {
  const { contract, validators, relayers, wrapped } = world.bridge;
  const token = world.random.chance(0.4) ? wrapped : world.random.pick(world.pay.stocked);
  const to = world.random.chance(0.2) ? world.fresh().address : world.person().address;
  const amount = world.units(token, world.random.logNormal(1200, 1.4));
  const nonce = BigInt(++world.bridge.nonce);
  const from = world.random.pick(OTHER_CHAINS);
  const hash = hashMessage(getBytes(keccak256(encode(["address", "uint256", "uint256", "uint256", "address", "uint256", "address"],
    [contract.address, 1n, nonce, from, token.address, amount, to]))));
  const signed = validators.filter((_, n) => n % VALIDATORS !== Number(nonce) % VALIDATORS).slice(0, world.random.int(QUORUM, VALIDATORS - 1)).map((each) => world.signature(each, hash));
  return [{ from: world.random.pick(relayers), ...contract.call("deliver", nonce, from, token.address, amount, to,
    signed.map((each) => each.v), signed.map((each) => each.r), signed.map((each) => each.s)), gas: 400_000 }];
}
export const classes = {
  payroll: { complex: true, make: payroll },
  payout: { complex: true, make: payout },
  deposit: { share: 0.04, make: deposit },
  sweep: { complex: true, make: sweep },
  "bridge-send": { complex: true, make: bridgeSend },
  "bridge-deliver": { complex: true, make: bridgeDeliver },
};
