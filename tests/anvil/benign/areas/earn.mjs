// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Staking, vaults that compound, donations to them, and claims of a Merkle drop.
import { concat, keccak256 } from "ethers";
import { encode } from "../chain.mjs";
import { MAX } from "../world.mjs";

const CLAIMS = 2 ** 11; // Leaves of a drop.
const DROPS = 2;

export async function setup(world) {
  const { deployer, tokens: { LINK, GOV, DAY, WETH }, dex } = world;
  const farms = [[LINK, 2000], [dex.pools[0].contract, 5000], [DAY, 1000]].map(([token, perDay]) =>
    Object.assign(world.create("Farm", token.address, GOV.address, world.units(GOV, perDay * GOV.usd) / 86_400n), { token }));
  const [first] = farms;
  const vault = Object.assign(world.create("Vault", LINK.address, first.address, dex.router.address, [GOV.address, WETH.address, LINK.address]), { key: "vault" });
  for (const [n, each] of farms.entries()) {
    world.setup(deployer, GOV.call("transfer", each.address, world.units(GOV, 2e7)));
    world.label(each, `farm ${n}`, "defi");
  }
  world.label(vault, "vault", "defi");
  world.setup(deployer, LINK.call("approve", vault.address, MAX));
  world.setup(deployer, vault.call("deposit", world.units(LINK, 1e5), deployer));
  for (const each of world.people.slice(0, 60)) { // Shares of the first pair, to stake.
    world.setup(deployer, { to: dex.pools[0].address, data: dex.pools[0].contract.data("transfer", each.address, 10n ** 13n) });
  }
  const drops = [];
  for (let n = 0; n < DROPS; ++n) {
    const leaves = Array.from({ length: CLAIMS }, (_, index) => {
      const account = index < world.people.length ? world.people[index].address : world.wallet(`claimer ${n} ${index}`).address;
      return { index, account, amount: world.units(GOV, world.random.logNormal(400, 1)) };
    });
    const layers = [leaves.map(({ index, account, amount }) => keccak256(keccak256(encode(["uint256", "address", "uint256"], [index, account, amount]))))];
    while (layers.at(-1).length > 1) {
      const below = layers.at(-1);
      layers.push(Array.from({ length: below.length / 2 }, (_, at) => keccak256(concat([below[2 * at], below[2 * at + 1]].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1))))));
    }
    const contract = world.create("MerkleDrop", GOV.address, layers.at(-1)[0]);
    world.setup(deployer, GOV.call("transfer", contract.address, leaves.reduce((sum, each) => sum + each.amount, 0n)));
    world.label(contract, `drop ${n}`, "service");
    drops.push({ contract, leaves, layers, open: world.random.shuffle(leaves.map((each) => each.index)) });
  }
  world.earn = { farms, vault, drops };
  world.keeper = world.wallet("keeper").address;
  await world.fund(world.keeper, 100);
}
async function claim(world) {
  const drop = world.random.pick(world.earn.drops);
  const index = drop.open.pop();
  if (index === undefined) return null;
  const { account, amount } = drop.leaves[index];
  const proof = drop.layers.slice(0, -1).map((layer, level) => layer[(index >> level) ^ 1]);
  const from = world.random.chance(0.85) ? account : world.person().address; // Anybody may claim for another.
  if (from === account && index >= world.people.length) await world.endowEther(account);
  return [{ from, ...drop.contract.call("claim", index, account, amount, proof), gas: 200_000 }];
}
async function stake(world) {
  const farm = world.random.pick(world.earn.farms);
  const from = world.person().address;
  if (!world.claim(`farm:${farm.address}:${from}`)) return null;
  const { amount } = await farm.view("stakes", from);
  const act = world.random.next();
  if (amount > 0n && act < 0.3) return [{ from, ...farm.call("withdraw", world.random.chance(0.6) ? amount : amount / 2n), gas: 250_000 }];
  if (amount > 0n && act < 0.65) return [{ from, ...farm.call("deposit", 0n), gas: 200_000 }];
  const isPair = !farm.token.usd;
  const wanted = isPair ? (await farm.token.view("balanceOf", from)) / 3n : await world.spend(from, farm.token, 2000);
  if (!wanted) return null;
  return [...world.approval(from, farm.token, farm.address, wanted), { from, ...farm.call("deposit", wanted), gas: 300_000 }];
}
async function vault(world) {
  const { LINK } = world.tokens;
  const { vault: contract } = world.earn;
  const from = world.person().address;
  if (!world.claim(`vault:${from}`)) return null;
  const shares = await contract.view("balanceOf", from);
  if (shares > 0n && world.random.chance(0.5)) return [{ from, ...contract.call("redeem", world.random.chance(0.5) ? shares : shares / 2n + 1n, from, from), gas: 500_000 }];
  const amount = await world.spend(from, LINK, 2000);
  return amount && [...world.approval(from, LINK, contract.address, amount), { from, ...contract.call("deposit", amount, from), gas: 500_000 }];
}
/// Rewards into more of the asset; now and then somebody gives the vault something.
async function harvest(world) {
  if (!world.claim("harvest")) return null;
  if (world.random.chance(0.15)) {
    const amount = await world.spend(world.whales[0].address, world.tokens.LINK, 500);
    return amount && [{ from: world.whales[0].address, ...world.tokens.LINK.call("transfer", world.earn.vault.address, amount), gas: 100_000 }];
  }
  return [{ from: world.keeper, ...world.earn.vault.call("harvest"), gas: 800_000 }];
}
export const classes = {
  claim: { complex: true, make: claim },
  staking: { complex: true, make: stake },
  vault: { complex: true, make: vault },
  harvest: { complex: true, make: harvest },
};
