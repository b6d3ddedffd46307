// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What most txns are: transfers, approvals, permits, wrapping, moves to a new wallet; and failures.
import { TypedDataEncoder } from "ethers";
import { FAR } from "../world.mjs";

const PERMIT = { Permit: ["owner", "spender"].map((name) => ({ name, type: "address" }))
  .concat(["value", "nonce", "deadline"].map((name) => ({ name, type: "uint256" }))) };

async function etherTransfer(world) {
  const from = world.person().address;
  const value = await world.spendEther(from);
  if (!value) return null;
  const to = world.random.chance(0.2) ? world.fresh().address : world.person().address;
  return [{ from, to, value, gas: 30_000 }];
}
async function tokenTransfer(world) {
  const from = world.person().address;
  const token = world.random.pick(Object.values(world.tokens));
  const amount = await world.spend(from, token);
  if (!amount) return null;
  const to = world.random.chance(0.2) ? world.fresh().address : world.person().address;
  return [{ from, ...token.call("transfer", to, amount), gas: 120_000 }];
}
/// Takes an approval back, or limits it.
async function approve(world) {
  const from = world.person().address;
  const token = world.random.pick(Object.values(world.tokens));
  const spender = world.random.pick(world.labels).address;
  world.approved.delete(`${from}:${token.address}:${spender}`);
  return [{ from, ...token.call("approve", spender, world.random.chance(0.5) ? 0n : world.units(token, 1000)), gas: 80_000 }];
}
async function wrap(world) {
  const from = world.person().address;
  const { WETH } = world.tokens;
  if (world.random.chance(0.5)) {
    const value = await world.spendEther(from);
    return value && [{ from, ...WETH.call("deposit"), value, gas: 80_000 }];
  }
  const amount = await world.spend(from, WETH);
  return amount && [{ from, ...WETH.call("withdraw", amount), gas: 80_000 }];
}
/// A signed approval that its receiver brings along, then pulls.
async function permit(world) {
  const owner = world.person();
  const token = world.tokens[world.random.pick(["DAY", "GOV", "USDS", "LINK"])];
  const amount = await world.spend(owner.address, token);
  if (!amount || !world.claim(`permit:${owner.address}:${token.key}`)) return null;
  const puller = world.merchants[world.random.zipf(world.merchants.length)].address;
  const name = { DAY: "DAY", GOV: "Gov", USDS: "Stable", LINK: "LINK" }[token.key];
  const domain = { name, version: "1", chainId: 1, verifyingContract: token.address };
  const value = { owner: owner.address, spender: puller, value: amount, nonce: await token.view("nonces", owner.address), deadline: FAR };
  const { v, r, s } = world.signature(owner, TypedDataEncoder.hash(domain, PERMIT, value));
  return [{ from: puller, ...token.call("permit", owner.address, puller, amount, FAR, v, r, s), gas: 150_000 },
    { from: puller, ...token.call("transferFrom", owner.address, puller, amount), gas: 150_000 }];
}
/// Somebody's whole holdings to a new wallet of his own.
async function walletMove(world) {
  const from = world.people[world.random.int(world.people.length / 2, world.people.length - 1)].address;
  if (!world.claim(`move:${from}`)) return null;
  const to = world.fresh().address;
  const txns = [];
  for (const token of world.random.sample(Object.values(world.tokens), 4)) {
    if (!world.claim(`${from}:${token.key}`)) continue;
    const held = await token.view("balanceOf", from);
    if (held > 0n) txns.push({ from, ...token.call("transfer", to, held), gas: 120_000 });
  }
  return txns.length ? txns : null;
}
/// What goes wrong by itself: a late deadline, no allowance, too little gas, too little balance.
async function failed(world) {
  const from = world.person().address;
  const { USDS, DAY, WETH } = world.tokens;
  const { router } = world.dex;
  const path = [WETH.address, USDS.address];
  return [{ fails: true, ...world.random.pick([
    { from, ...router.call("swapExactETHForTokens", 0n, path, from, BigInt(world.time - 600)), value: 10n ** 16n },
    { from, ...router.call("swapExactETHForTokens", world.units(USDS, 1e7), path, from, FAR), value: 10n ** 17n },
    { from: world.fresh().address, poor: true, ...DAY.call("transfer", from, world.units(DAY, 50)), gas: 100_000 },
    { from, ...router.call("swapExactETHForTokens", 0n, path, from, FAR), value: 10n ** 16n, gas: 70_000 },
    { from: world.merchants[0].address, ...USDS.call("transferFrom", world.fresh().address, from, world.units(USDS, 100)), gas: 120_000 },
  ]) }];
}

export const classes = {
  "ether-transfer": { share: 0.05, make: etherTransfer },
  "token-transfer": { share: 0.05, make: tokenTransfer },
  approve: { share: 0.01, make: approve },
  wrap: { share: 0.01, make: wrap },
  permit: { complex: true, make: permit },
  "wallet-move": { complex: true, make: walletMove },
  failed: { complex: true, make: failed },
};
export async function setup(world) {
  world.merchants = Array.from({ length: 30 }, (_, n) => world.wallet(`merchant ${n}`));
  for (const each of world.merchants) await world.fund(each.address, 20);
}
