// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// New tokens with their pool and vesting, releases, issue and burning by minters, factories, gas tokens.
import { Contract } from "../chain.mjs";

const ISSUERS = 3;
const SYLLABLES = ["ba", "do", "ki", "lu", "mo", "ne", "pa", "ri", "sa", "tu", "vo", "ze"];

export async function setup(world) {
  const { deployer, tokens: { USDS, DAY } } = world;
  const launchpad = world.create("Launchpad", world.dex.router.address);
  const gas = world.create("GasToken");
  const issuers = Array.from({ length: ISSUERS }, (_, n) => world.wallet(`issuer ${n}`).address);
  for (const each of issuers) {
    await world.fund(each, 200);
    world.setup(deployer, USDS.call("configureMinter", each, world.units(USDS, 1e9)));
    world.setup(deployer, DAY.call("grantRole", await DAY.view("MINTER"), each));
  }
  for (const [n, each] of issuers.entries()) world.label(each, `issuer ${n}`, "service");
  world.label(launchpad, "launchpad", "service");
  world.launch = { launchpad, gas, issuers, vesting: [], stored: new Map() };
  await world.flush();
}
async function launch(world) {
  const { random, launch: { launchpad, vesting } } = world;
  const from = world.person().address;
  const value = await world.spendEther(from, 2, 0.7);
  if (!value) return null;
  const name = Array.from({ length: random.int(2, 4) }, () => random.pick(SYLLABLES)).join("");
  const team = random.sample(world.people, random.int(1, 5)).map((each) => each.address);
  return [{ from, ...launchpad.call("launch", name, name.toUpperCase(), BigInt(random.int(1, 1000)) * 10n ** 24n, team, BigInt(random.int(5, 30)) * 86_400n), value, gas: 12_000_000,
    next: (txn) => {
      const event = launchpad.interface.getEvent("Launch").topicHash;
      const topics = txn.receipt.logs.find((each) => each.topics[0] === event).topics;
      const token = `0x${topics[1].slice(26)}`;
      const transfers = txn.receipt.logs.filter((each) => each.address === token && each.topics.length === 3);
      team.forEach((member, n) => vesting.push({ wallet: `0x${transfers[n + 1].topics[2].slice(26)}`, token, member }));
    } }];
}
async function release(world) {
  if (!world.launch.vesting.length) return null;
  const { wallet, token, member } = world.random.pick(world.launch.vesting);
  if (!world.claim(`vesting:${wallet}`)) return null;
  const contract = new Contract(world.chain, wallet, world.own.VestingWallet.abi);
  return [{ from: member, ...contract.call("release(address)", token), gas: 150_000 }];
}
/// An issuer's dollars come and go, now and then with another allowance.
async function issue(world) {
  const { random, tokens: { USDS, DAY } } = world;
  const from = random.pick(world.launch.issuers);
  if (!world.claim(`issuer:${from}`)) return null;
  if (random.chance(0.05)) return [{ from: world.deployer, ...USDS.call("configureMinter", from, world.units(USDS, 1e9)), gas: 100_000 }];
  const token = random.pick([USDS, DAY]);
  const held = await token.view("balanceOf", from);
  if (held > 0n && random.chance(0.35)) return [{ from, ...token.call("burn", held), gas: 150_000 }];
  const to = random.chance(0.3) ? from : random.pick(world.whales).address;
  return [{ from, ...token.call("mint", to, world.units(token, random.logNormal(200_000, 1.5))), gas: 150_000 }];
}
/// Storing and freeing gas, as bots did.
async function gasToken(world) {
  const { random, launch: { gas, stored } } = world;
  const from = world.person().address;
  const held = stored.get(from) ?? 0;
  if (!world.claim(`gas:${from}`)) return null;
  if (held > 0 && random.chance(0.5)) {
    const count = random.int(1, held);
    stored.set(from, held - count);
    return [{ from, ...gas.call("free", count), gas: 200_000 + 50_000 * count }];
  }
  const count = random.int(3, 25);
  stored.set(from, held + count);
  return [{ from, ...gas.call("mint", count), gas: 300_000 + 120_000 * count }];
}
/// Contracts of one's own, by hand and by a factory at a place known before.
async function create(world) {
  const { random, own, pay, dex, tokens } = world;
  const from = world.person().address;
  if (random.chance(0.5)) {
    const blueprint = await pay.factory.view("blueprint");
    const code = `0x3d602d80600a3d3981f3363d3d373d3d3d363d73${blueprint.slice(2).toLowerCase()}5af43d82803e903d91602b57fd5bf3`; // ERC-1167
    return [{ from, to: FACTORY, data: `${random.bytes32()}${code.slice(2)}`, gas: 500_000 }];
  }
  const [name, ...args] = random.pick([["Coin", "Coin", "COIN", 18, from], ["Disperse"], ["Zap", dex.router.address, tokens.WETH.address], ["Arbitrageur"], ["Farm", tokens.DAY.address, tokens.GOV.address, 1n], ["Items"]]);
  const contract = new Contract(world.chain, from, own[name].abi);
  return [{ from, data: own[name].bytecode + contract.interface.encodeDeploy(args).slice(2), gas: 4_000_000 }];
}
// Anvil has it from the start, as most chains have (github.com/Arachnid/deterministic-deployment-proxy).
const FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C";

export const classes = {
  "token-launch": { complex: true, make: launch },
  vesting: { complex: true, make: release },
  issue: { complex: true, make: issue },
  "gas-token": { complex: true, make: gasToken },
  creation: { complex: true, make: create },
};
