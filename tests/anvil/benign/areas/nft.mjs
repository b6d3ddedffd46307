// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Collectibles: mints, a market of signed orders, a pool with callbacks, crafting, auctions; tokens that call back.
import { TypedDataEncoder } from "ethers";
import { ETHER } from "../chain.mjs";

const ORDER = { Order: [["seller", "address"], ["collection", "address"], ["id", "uint256"], ["price", "uint256"], ["salt", "uint256"]]
  .map(([name, type]) => ({ name, type })) };

export async function setup(world) {
  const { deployer } = world;
  const treasury = world.wallet("market treasury").address;
  const art = world.create("Art", world.wallet("artist").address);
  const market = world.create("Market", treasury);
  const pool = Object.assign(world.create("NftPool", art.address), { key: "pART" });
  const items = world.create("Items");
  const smith = world.create("Smith", items.address);
  const auction = world.create("Auction");
  const hooked = Object.assign(world.create("Hooked"), { key: "HOOK", decimals: 18, usd: 1 });
  const shop = world.create("Shop", hooked.address);
  await world.flush();
  world.setup(deployer, hooked.call("transfer", shop.address, 10n ** 25n));
  for (const each of world.people.slice(0, 120)) world.setup(deployer, hooked.call("transfer", each.address, world.units(hooked, world.random.logNormal(3000, 1))));
  for (const [name, each] of Object.entries({ market, auction })) world.label(each, name, "service");
  world.label(pool, "collectibles pool", "defi");
  world.nft = { art, market, pool, items, smith, auction, hooked, shop, owners: new Map(), next: 1, pooled: [], crafted: new Map(), lot: 1 };
  await world.flush();
}
async function mint(world) {
  const { art } = world.nft;
  const from = world.person().address;
  const count = world.random.int(1, 5);
  if ((await world.chain.balance(from)) < ETHER) return null;
  return [{ from, ...art.call("mint", count), value: BigInt(count) * (ETHER / 100n), gas: 600_000,
    next: () => { for (let n = 0; n < count; ++n) world.nft.owners.set(world.nft.next++, from); } }];
}
const owned = (world) => [...world.nft.owners].filter(([id]) => !world.claimed.has(`art:${id}`));
async function market(world) {
  const { art, market: contract, owners } = world.nft;
  const listed = owned(world);
  if (!listed.length) return null;
  const [id, owner] = world.random.pick(listed);
  const seller = world.people.find((each) => each.address === owner);
  const buyer = world.person().address;
  const price = await world.spendEther(buyer, 0.1, 1.2);
  if (!price || buyer === owner || !world.claim(`art:${id}`)) return null;
  const order = { seller: owner, collection: art.address, id, price, salt: BigInt(world.random.int(1, 2 ** 30)) };
  const domain = { name: "Market", version: "1", chainId: 1, verifyingContract: contract.address };
  const { serialized } = world.signature(seller, TypedDataEncoder.hash(domain, ORDER, order));
  const key = `${owner}:art:market`;
  const first = world.approved.has(key) ? [] : [{ class: "approve", from: owner, ...art.call("setApprovalForAll", contract.address, true), gas: 80_000 }];
  world.approved.add(key);
  return [...first, { from: buyer, ...contract.call("buy", [owner, art.address, id, price, order.salt], serialized), value: price, gas: 400_000, next: () => owners.set(id, buyer) }];
}
/// Pieces into the pool and out of it, items through the smith, hooked tokens into the shop, bids that refund.
async function callbacks(world) {
  const { random, nft } = world;
  const from = world.person().address;
  const act = random.int(0, 3);
  if (act === 0) {
    const shares = await nft.pool.view("balanceOf", from);
    if (shares >= ETHER && nft.pooled.length && random.chance(0.5) && world.claim(`pool:${from}`)) {
      const id = nft.pooled.shift();
      return [{ from, ...nft.pool.call("redeem", [id]), gas: 300_000, next: () => nft.owners.set(id, from) }];
    }
    const mine = owned(world);
    if (!mine.length) return null;
    const [id, owner] = random.pick(mine);
    world.claim(`art:${id}`);
    nft.owners.delete(id);
    return [{ from: owner, ...nft.art.call("safeTransferFrom(address,address,uint256)", owner, nft.pool.address, id), gas: 300_000, next: () => nft.pooled.push(id) }];
  }
  if (act === 1) {
    const ids = random.sample([1, 2, 3, 4, 5, 6, 7, 8], random.int(2, 5));
    const amounts = ids.map(() => random.int(1, 20));
    return [{ from, ...nft.items.call("craft", ids, amounts), gas: 400_000 },
      { from, ...nft.items.call("safeBatchTransferFrom", from, nft.smith.address, ids, amounts, "0x"), gas: 600_000 }];
  }
  if (act === 2) {
    const amount = await world.spend(from, nft.hooked, 200);
    return amount && [{ from, ...nft.hooked.call("send", nft.shop.address, amount, "0x"), gas: 200_000 }];
  }
  if (!world.claim("auction") || !world.claim(`${from}:ether`)) return null;
  if (random.chance(0.15)) ++nft.lot;
  const { price } = await nft.auction.view("lots", nft.lot);
  const value = price === 0n ? ETHER / 20n : (price * BigInt(random.int(105, 140))) / 100n;
  if ((await world.chain.balance(from)) < 2n * value + ETHER) { ++nft.lot; return null; }
  return [{ from, ...nft.auction.call("bid", nft.lot), value, gas: 150_000 }];
}
export const classes = {
  "nft-mint": { share: 0.03, make: mint },
  "nft-market": { complex: true, make: market },
  callbacks: { complex: true, make: callbacks },
};
