// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Who acts and with what: people, tokens, and what one block may still do.
import { Signature, Wallet, dataSlice, getAddress, keccak256, toUtf8Bytes } from "ethers";
import { Contract, ETHER, hex } from "./chain.mjs";
import { compiled, released } from "./parts.mjs";

const PEOPLE = 400;
const MINT_AT_ONCE = 100; // Receivers a txn of the setup.
export const FAR = 4102444800n; // 2100-01-01: a deadline nobody meets.
export const MAX = 2n ** 256n - 1n;

/// What the tokens are worth at the start (dollars), and how much prices move in a jump of hours.
const TOKENS = {
  WETH: { decimals: 18, usd: 3000, sigma: 0.02 },
  USDS: { decimals: 6, usd: 1, sigma: 0 },
  DAY: { decimals: 18, usd: 1, sigma: 0 },
  WBTC: { decimals: 8, usd: 90000, sigma: 0.02 },
  LINK: { decimals: 18, usd: 15, sigma: 0.04 },
  GOV: { decimals: 18, usd: 8, sigma: 0.03 },
  MEME: { decimals: 18, usd: 0.002, sigma: 0.08 },
  TAX: { decimals: 18, usd: 0.5, sigma: 0.03 },
};

export class World {
  constructor(chain, random, seed, time) {
    Object.assign(this, { chain, random, seed, time, made: 0, approved: new Set(), labels: [], prices: [], wallets: [], record: [] });
    this.own = compiled();
    this.people = Array.from({ length: PEOPLE }, (_, n) => this.wallet(`person ${n}`));
    this.deployer = this.actor("deployer").address;
    this.newBlock();
  }
  /// Of the next block; what is asked of the chain is asked as of then.
  get time() { return this.chain.time; }
  set time(seconds) { this.chain.time = seconds; }
  /// A key that follows from the seed.
  wallet(name) { return new Wallet(keccak256(toUtf8Bytes(`cordon benign ${this.seed} ${name}`))); }
  /// Somebody who never signs for others to check: an address is enough.
  actor(name) { return { address: getAddress(dataSlice(keccak256(toUtf8Bytes(`cordon benign ${this.seed} ${name}`)), 12)) }; }
  fresh() { return this.actor(`fresh ${++this.made}`); }
  person() { return this.people[this.random.zipf(this.people.length)]; }
  newBlock() {
    this.claimed = new Set();
    this.known = new Map();
  }
  /// Asked once a block: what is planned for it is planned on the state before it.
  once(key, ask) {
    if (!this.known.has(key)) this.known.set(key, ask());
    return this.known.get(key);
  }
  /// Whether nobody else of this block has it: two txns planned on the same state would hinder each other.
  claim(...keys) {
    if (keys.some((key) => this.claimed.has(key))) return false;
    for (const key of keys) this.claimed.add(key);
    return true;
  }
  label(contract, name, category) { this.labels.push({ address: contract.address ?? contract, name, category }); }
  create(name, ...args) { return this.chain.create(this.deployer, this.own[name] ?? name, ...args); }
  at(address, name) { return new Contract(this.chain, address, this.own[name]?.abi ?? released(name).abi); }
  setup(from, txn) { return this.chain.add({ class: "setup", from, gas: 12_000_000, ...txn }); }
  async flush() {
    this.time += 12;
    if (!this.chain.queue.length) return;
    for (const each of await this.chain.mine()) {
      this.note(each);
      if (!each.ok) throw new Error(`a txn of the setup failed: to ${each.to} data ${each.data.slice(0, 74)}`);
    }
  }
  note({ hash, class: name, ok, fails, receipt }) { this.record.push({ hash, class: name, ok, fails, block: Number(receipt.blockNumber) }); }
  async fund(address, ether) { await this.chain.ask("anvil_setBalance", address, hex(BigInt(Math.round(ether * 1e6)) * 10n ** 12n)); }

  async fundAll(actors, ether) { await Promise.all(actors.map((each) => this.fund(each.address ?? each, typeof ether === "number" ? ether : ether()))); }
  /// A purse for somebody who was not here before.
  async endowEther(address) { if ((await this.chain.balance(address)) === 0n) await this.fund(address, 0.5); }

  units(token, usd) { return BigInt(Math.max(1, Math.round((usd / token.usd) * 1e6))) * 10n ** BigInt(token.decimals) / 1_000_000n; }
  usd(token, amount) { return (Number(amount) / 10 ** token.decimals) * token.usd; }
  /// Something that `from` can pay this block, around `median` dollars; null when it has too little.
  async spend(from, token, median = 500, sigma = 1.6) {
    if (!this.claim(`${from}:${token.key}`)) return null;
    const held = await token.view("balanceOf", from);
    const wanted = this.units(token, this.random.logNormal(median, sigma));
    const most = held / 3n;
    const amount = wanted < most ? wanted : most;
    return this.usd(token, amount) < 1 ? null : amount;
  }
  async spendEther(from, median = 0.2, sigma = 1.5) {
    if (!this.claim(`${from}:ether`)) return null;
    const held = await this.chain.balance(from);
    const wanted = BigInt(Math.round(this.random.logNormal(median, sigma) * 1e9)) * 10n ** 9n;
    const most = held / 4n;
    return held < ETHER ? null : wanted < most ? wanted : most;
  }
  /// The approval that has to come first, if any; people give it once and for all, or for this time.
  approval(from, token, spender, amount) {
    const key = `${from}:${token.address}:${spender}`;
    if (this.approved.has(key)) return [];
    const forever = this.random.chance(0.8);
    if (forever) this.approved.add(key);
    return [{ class: "approve", from, ...token.call("approve", spender, forever ? MAX : amount), gas: 80_000 }];
  }
  signature(wallet, hash) { return Signature.from(wallet.signingKey.sign(hash)); }

  async begin() {
    const { chain, deployer } = this;
    await this.fund(deployer, 1e6);
    await this.fundAll(this.people, () => Math.max(20, this.random.logNormal(60, 1)));
    const weth = this.create(released("canonical-weth/build/contracts/WETH9.json"));
    const logic = this.create("Stable");
    const admin = this.actor("stable admin").address;
    const proxy = this.create("TransparentUpgradeableProxy", logic.address, admin,
      logic.data("initialize", deployer));
    const contracts = { WETH: weth, USDS: new Contract(chain, proxy.address, this.own.Stable.abi), GOV: this.create("GovToken") };
    for (const key of ["DAY", "WBTC", "LINK", "MEME"]) contracts[key] = this.create("Coin", key, key, TOKENS[key].decimals, deployer);
    contracts.TAX = this.create("Taxed", deployer);
    this.setup(deployer, contracts.USDS.call("configureMinter", deployer, 10n ** 24n));
    this.tokens = Object.fromEntries(Object.entries(TOKENS).map(([key, facts]) => [key, Object.assign(contracts[key], facts, { key })]));
    for (const token of Object.values(this.tokens)) this.price(token);
    await this.flush();
    const whale = [deployer, 2e9];
    for (const token of Object.values(this.tokens)) {
      if (token.key === "WETH") {
        this.setup(deployer, { ...token.call("deposit"), value: 300_000n * ETHER });
        for (const each of this.people.slice(0, 150)) this.setup(each.address, { ...token.call("deposit"), value: BigInt(this.random.int(1, 5)) * ETHER, gas: 80_000 });
      } else if (token.key === "TAX") {
        for (const each of this.people.slice(0, 60)) this.setup(deployer, token.call("transfer", each.address, this.units(token, 2000)));
      } else await this.endow(token, [whale, ...this.people.map((each) => [each.address, this.random.logNormal(20_000, 1.5)])]);
      await this.flush();
    }
  }
  /// Mints dollars' worth to each.
  async endow(token, receivers) {
    for (let at = 0; at < receivers.length; at += MINT_AT_ONCE) {
      const some = receivers.slice(at, at + MINT_AT_ONCE);
      this.setup(this.deployer, token.call("mintMany", some.map(([to]) => to), some.map(([, usd]) => this.units(token, usd))));
    }
  }
  price(token) { this.prices.push({ address: token.key === "WETH" ? "native" : token.address, time: this.time, usd: token.usd },
    ...(token.key === "WETH" ? [{ address: token.address, time: this.time, usd: token.usd }] : [])); }
  /// After hours went by: what the world outside now pays.
  walk() {
    const shaken = this.random.pick(Object.values(this.tokens)); // News about one of them.
    for (const token of Object.values(this.tokens)) {
      if (!token.sigma) continue;
      token.usd *= Math.exp((token === shaken ? 4 : 1) * token.sigma * this.random.normal());
      this.price(token);
    }
  }
}
