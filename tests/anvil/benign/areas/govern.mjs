// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Votes that run for days and are executed through a timelock, upgrades of every kind of proxy, use of what is upgraded.
import { ZeroAddress, ZeroHash, id as digest } from "ethers";
import { Contract } from "../chain.mjs";

const HOUR = 3600;
const DAY_S = 24 * HOUR;
const VOTING = { delay: HOUR, period: DAY_S }; // As contracts/Govern.sol has it.
const DELEGATES = 12;
const SUCCEEDED = 4n; // Governor.ProposalState
const BEACON_USERS = 3;

export async function setup(world) {
  const { chain, deployer, own, tokens: { GOV, DAY } } = world;
  const timelock = world.create("TimelockController", 2 * DAY_S, [], [ZeroAddress], deployer);
  const dao = world.create("Dao", GOV.address, timelock.address);
  for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE"]) world.setup(deployer, timelock.call("grantRole", digest(role), dao.address));
  world.setup(deployer, timelock.call("renounceRole", ZeroHash, deployer));
  const developers = [0, 1, 2].map((n) => world.actor(`developer ${n}`).address);
  await world.fundAll(developers, 100);
  const teamLock = world.create("TimelockController", DAY_S, developers, developers, ZeroAddress);
  const treasury = world.create("Treasury", timelock.address);
  world.setup(deployer, DAY.call("transfer", treasury.address, world.units(DAY, 5e6)));

  const logic = [1, 2, 3].map((rate) => world.create("Points", rate));
  const start = (admin) => logic[0].data("initialize", admin);
  const voted = world.create("ERC1967Proxy", logic[0].address, start(timelock.address));
  const uups = world.create("ERC1967Proxy", logic[0].address, start(teamLock.address));
  const transparent = world.create("TransparentUpgradeableProxy", logic[0].address, teamLock.address, start(deployer));
  const beacon = world.create("UpgradeableBeacon", logic[0].address, teamLock.address);
  const behind = Array.from({ length: BEACON_USERS }, () => world.create("BeaconProxy", beacon.address, start(deployer)));
  await world.flush();
  // A transparent proxy makes its admin contract as its first creation.
  const slot = await chain.call("eth_getStorageAt", transparent.address, "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103", "latest");
  const admin = new Contract(chain, `0x${slot.slice(26)}`, own.ProxyAdmin.abi);
  const proxies = [voted, uups, transparent, ...behind].map((each) => new Contract(chain, each.address, own.Points.abi));
  for (const each of proxies) world.label(each, "points", "service");
  for (const [name, each] of Object.entries({ dao, timelock, "team timelock": teamLock, treasury })) world.label(each, name, "service");
  const delegates = world.people.slice(0, DELEGATES).map((each) => each.address);
  for (const each of world.people.slice(0, 150)) world.setup(each.address, { ...GOV.call("delegate", world.random.pick(delegates)), gas: 200_000 });
  for (const each of delegates) world.setup(each, { ...GOV.call("delegate", each), gas: 200_000 });
  world.govern = { dao, timelock, teamLock, treasury, developers, voted: proxies[0], uups: proxies[1], transparent: proxies[2], admin, beacon, proxies, delegates, proposals: 0 };
  await world.flush();
}

/// A proposal, its votes over a day, its queueing and, two days later, its execution.
async function governance(world) {
  const { random, govern } = world;
  const { dao, treasury, voted, delegates } = govern;
  if (govern.proposals > 60) return null;
  const title = `Proposal ${++govern.proposals}`;
  const newest = world.create("Points", random.int(1, 9));
  Object.assign(world.chain.queue.at(-1), { class: "creation" });
  const action = random.pick([
    treasury.call("setFee", random.int(1, 100)),
    treasury.call("pay", world.tokens.DAY.address, world.person().address, world.units(world.tokens.DAY, random.logNormal(3000, 1))),
    voted.call("upgradeToAndCall", newest.address, "0x"),
  ]);
  const parts = [[action.to], [0n], [action.data]];
  const proposal = await dao.view("hashProposal", ...parts, digest(title));
  const started = world.time + VOTING.delay;
  const voters = random.sample(delegates, random.int(6, DELEGATES));
  for (const from of voters) {
    // Ends early enough that no jump of hours carries a vote past the end.
    const time = started + 60 + Math.floor(random.next() * 0.5 * VOTING.period);
    const support = random.chance(0.85) ? 1 : random.int(0, 2);
    world.later.push({ time, class: "governance", make: async () => (world.time > started + VOTING.period ? null
      : [{ from, ...(random.chance(0.3) ? dao.call("castVoteWithReason", proposal, support, "for the protocol") : dao.call("castVote", proposal, support)), gas: 300_000 }]) });
  }
  const execute = async () => [{ from: world.person().address, ...dao.call("execute", ...parts, digest(title)), gas: 600_000 }];
  world.later.push({ time: started + VOTING.period + 60, class: "governance", make: async () => ((await dao.view("state", proposal)) !== SUCCEEDED ? null
    : [{ from: random.pick(voters), ...dao.call("queue", ...parts, digest(title)), gas: 400_000,
      next: () => world.later.push({ time: world.time + 2 * DAY_S + 60, class: "governance", make: execute }) }]) });
  return [{ from: random.pick(delegates), ...dao.call("propose", ...parts, title), gas: 600_000 }];
}
/// New code and a day in the team's timelock; the issuer of the stable coin upgrades at once.
async function upgrade(world) {
  const { random, govern, tokens: { USDS }, own } = world;
  if (random.chance(0.12)) {
    if (!world.claim("stable upgrade")) return null;
    const owner = world.actor("stable admin").address;
    await world.endowEther(owner);
    const slot = await world.chain.call("eth_getStorageAt", USDS.address, "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103", "latest");
    const admin = new Contract(world.chain, `0x${slot.slice(26)}`, own.ProxyAdmin.abi);
    const logic = world.create(random.pick(["Stable", "StableNext"]));
    Object.assign(world.chain.queue.at(-1), { class: "creation" });
    return [{ from: owner, ...admin.call("upgradeAndCall", USDS.address, logic.address, "0x"), gas: 300_000 }];
  }
  const from = random.pick(govern.developers);
  const logic = world.chain.create(from, own.Points, random.int(1, 9));
  Object.assign(world.chain.queue.at(-1), { class: "upgrade", gas: 2_000_000 });
  const action = random.pick([
    govern.uups.call("upgradeToAndCall", logic.address, "0x"),
    govern.admin.call("upgradeAndCall", govern.transparent.address, logic.address, "0x"),
    govern.beacon.call("upgradeTo", logic.address),
  ]);
  const salt = random.bytes32();
  const args = [action.to, 0n, action.data, ZeroHash, salt];
  return [{ from, ...govern.teamLock.call("schedule", ...args, DAY_S), gas: 300_000,
    next: () => world.later.push({ time: world.time + DAY_S + 60, class: "upgrade",
      make: async () => [{ from: random.pick(govern.developers), ...govern.teamLock.call("execute", ...args), gas: 400_000 }] }) }];
}
async function use(world) {
  return [{ from: world.person().address, ...world.random.pick(world.govern.proxies).call("earn", world.random.int(1, 500)), gas: 150_000 }];
}
export const classes = {
  governance: { complex: true, make: governance },
  upgrade: { complex: true, make: upgrade },
  "proxy-use": { share: 0.02, make: use },
};
