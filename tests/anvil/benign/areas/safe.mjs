// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Safes of the released versions: payments, batches, owners, modules, guards, creation, moves to newer releases.
import { Interface, TypedDataEncoder, ZeroAddress, concat, solidityPacked } from "ethers";
import { World as Releases } from "../../world.mjs";
import { Contract, encode } from "../chain.mjs";
import { released } from "../parts.mjs";
import { FAR } from "../world.mjs";

const SENTINEL = "0x0000000000000000000000000000000000000001";
const CALL = 0;
const DELEGATE = 1;
const OWNERS = 40;
const SAFES = { "1.1.1": 5, "1.3.0": 10, "1.4.1": 10 };
const FIELDS = [["to", "address"], ["value", "uint256"], ["data", "bytes"], ["operation", "uint8"], ["safeTxGas", "uint256"], ["baseGas", "uint256"],
  ["gasPrice", "uint256"], ["gasToken", "address"], ["refundReceiver", "address"], ["nonce", "uint256"]];
const SAFE_TX = { SafeTx: FIELDS.map(([name, type]) => ({ name, type })) };
// Where the Safe team put them; the packages' code has to give these addresses.
const OFFICIAL = {
  "1.3.0": ["safe-1.3.0/build/artifacts/contracts/proxies/GnosisSafeProxyFactory.sol/GnosisSafeProxyFactory.json", "0xa6B71E26C5e0845f74c812102Ca7114b6a896AB2"],
  "1.4.1": ["@safe-global/safe-contracts/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json", "0x4e1DCf7AD4e460CfD30791CCC4F9c8a4f820ec67"],
};
const NEWEST = "@safe-global/safe-smart-account/build/artifacts/contracts";
const NEWEST_AT = { Safe: ["", "0xFf51A5898e281Db6DfC7855790607438dF2ca44b"], SafeL2: ["", "0xEdd160fEBBD92E350D4D398fb636302fccd67C7e"],
  CompatibilityFallbackHandler: ["handler/", "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4"] };
const MIGRATION = "0x6439e7ABD8Bb915A5263094784C5CF561c4172AC";

class Deployed extends Releases {
  constructor(world) {
    super(world.chain.call, Array(4).fill({ address: world.deployer }));
    this.world = world;
  }
  async send(to, data) { this.world.setup(this.world.deployer, { to, data }); }
}

export async function setup(world) {
  const { chain, deployer, tokens, random } = world;
  const deployed = new Deployed(world);
  const versions = await deployed.releases();
  const factories = {};
  for (const [version, [file, address]] of Object.entries(OFFICIAL)) {
    const { abi, bytecode } = released(file);
    factories[version] = new Contract(chain, await deployed.official(bytecode, address), abi);
  }
  factories["1.1.1"] = factories["1.3.0"]; // Its own is no part of the package; any factory makes its proxies.
  const newest = {};
  for (const [name, [folder, address]] of Object.entries(NEWEST_AT)) newest[name] = await deployed.official(released(`${NEWEST}/${folder}${name}.sol/${name}.json`).bytecode, address);
  const library = released(`${NEWEST}/libraries/SafeMigration.sol/SafeMigration.json`);
  const code = concat([library.bytecode, encode(["address", "address", "address"], Object.values(newest))]);
  const migration = new Contract(chain, await deployed.official(code, MIGRATION), library.abi);

  const owners = Array.from({ length: OWNERS }, (_, n) => world.wallet(`owner ${n}`));
  await world.fundAll(owners, 100);
  const module = world.create("SpendingLimit");
  const libraries = [migration.address, ...Object.values(versions).flatMap((each) => [each.multiSend, each.callOnly, each.signMessage].filter(Boolean))];
  const guard = world.create("LibraryGuard", libraries);
  await world.flush();
  world.safe = { versions, factories, migration, owners, module, guard, safes: [], salt: 0 };
  for (const [version, count] of Object.entries(SAFES)) {
    for (let n = 0; n < count; ++n) {
      const { safe, call } = await creation(world, version);
      world.setup(deployer, call);
      await stock(world, safe, random.logNormal(100_000, 1));
    }
  }
  for (const [name, each] of Object.entries({ "spending limit": module, guard })) world.label(each, name, "service");
  await world.flush();
}
async function stock(world, safe, usd) {
  const { USDS, DAY, LINK } = world.tokens;
  for (const token of [USDS, DAY, LINK]) world.setup(world.deployer, token.call("transfer", safe.address, world.units(token, usd)));
  await world.fund(safe.address, 30);
}
async function creation(world, version) {
  const { versions, factories, owners } = world.safe;
  const parts = versions[version];
  const of = world.random.sample(owners, world.random.int(3, 7));
  const threshold = world.random.int(2, Math.min(4, of.length - 1));
  const contract = new Interface(parts.artifact.abi);
  const init = contract.encodeFunctionData("setup", [of.map((each) => each.address), threshold, ZeroAddress, "0x", parts.handler, ZeroAddress, 0, ZeroAddress]);
  const salt = BigInt(++world.safe.salt);
  const factory = factories[version];
  const call = factory.call("createProxyWithNonce", parts.singleton, init, salt);
  const address = factory.interface.decodeFunctionResult("createProxyWithNonce", await world.chain.read(call.to, call.data))[0];
  const safe = Object.assign(new Contract(world.chain, address, contract), { version, parts, owners: of, threshold, modules: [], guarded: false, moves: 0, limits: new Map(), modern: version !== "1.1.1" });
  world.safe.safes.push(safe);
  return { safe, call: { ...call, gas: 600_000 } };
}

/// What the owners sign, as a txn of one of them or of a relayer.
async function executed(world, safe, { to, value = 0n, data = "0x", operation = CALL }, gas = 500_000) {
  const nonce = await safe.view("nonce");
  const body = { to, value, data, operation, safeTxGas: 0n, baseGas: 0n, gasPrice: 0n, gasToken: ZeroAddress, refundReceiver: ZeroAddress, nonce };
  const domain = { verifyingContract: safe.address, ...(safe.modern ? { chainId: 1 } : {}) };
  const hash = TypedDataEncoder.hash(domain, SAFE_TX, body);
  const signers = world.random.sample(safe.owners, safe.threshold).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1));
  const approving = world.random.chance(0.1) ? world.random.pick(signers) : null; // One agrees on chain instead of by key.
  const signatures = concat(signers.map((each) => (each === approving ? solidityPacked(["uint256", "uint256", "uint8"], [BigInt(each.address), 0n, 1])
    : world.signature(each, hash).serialized)));
  const { nonce: _, ...fields } = body;
  const from = world.random.chance(0.7) ? world.random.pick(signers).address : world.person().address;
  return [...(approving ? [{ from: approving.address, ...safe.call("approveHash", hash), gas: 100_000 }] : []),
    { from, ...safe.call("execTransaction", ...Object.values(fields), signatures), gas }];
}
function someSafe(world, suits = () => true) {
  const free = world.safe.safes.filter((each) => !world.claimed.has(each.address) && each.ready !== false && suits(each));
  if (!free.length) return null;
  const safe = free[world.random.zipf(free.length)];
  world.claim(safe.address);
  return safe;
}
async function payment(world, safe) {
  const token = world.tokens[world.random.pick(["USDS", "DAY", "LINK"])];
  const to = world.random.chance(0.2) ? world.fresh().address : world.person().address;
  if (world.random.chance(0.3)) {
    const held = await world.chain.balance(safe.address);
    return { to, value: (held * BigInt(world.random.int(1, 5))) / 100n };
  }
  const held = await token.view("balanceOf", safe.address);
  const wanted = world.units(token, world.random.logNormal(2000, 1.3));
  const amount = wanted < held / 12n ? wanted : held / 12n;
  return token.call("transfer", to, amount);
}
async function transfer(world) {
  const safe = someSafe(world);
  return safe && executed(world, safe, await payment(world, safe));
}
/// Through the release's MultiSend: payments, an approval with its swap, a deposit into the vault.
async function batch(world) {
  const safe = someSafe(world);
  if (!safe) return null;
  const { random, tokens: { USDS, WETH, LINK }, dex, earn } = world;
  const calls = [];
  const count = random.int(2, 7);
  for (let n = 0; n < count; ++n) calls.push(await payment(world, safe));
  const amount = (await USDS.view("balanceOf", safe.address)) / 20n;
  if (random.chance(0.3) && amount > 0n) {
    calls.push(USDS.call("approve", dex.router.address, amount), dex.router.call("swapExactTokensForTokens", amount, 0n, [USDS.address, WETH.address], safe.address, FAR));
  } else if (random.chance(0.3)) {
    const some = (await LINK.view("balanceOf", safe.address)) / 20n;
    if (some > 0n) calls.push(LINK.call("approve", earn.vault.address, some), earn.vault.call("deposit", some, safe.address));
  }
  const packed = concat(calls.map(({ to, value = 0n, data = "0x" }) => solidityPacked(["uint8", "address", "uint256", "uint256", "bytes"], [CALL, to, value, (data.length - 2) / 2, data])));
  const library = safe.parts.callOnly && random.chance(0.6) ? safe.parts.callOnly : safe.parts.multiSend;
  return executed(world, safe, { to: library, operation: DELEGATE, data: MULTI_SEND.encodeFunctionData("multiSend", [packed]) }, 2_500_000);
}
const MULTI_SEND = new Interface(["function multiSend(bytes)"]);
const SIGN_MESSAGE = new Interface(["function signMessage(bytes)"]);

/// Owners, threshold, modules, guard, handler, a message signed on chain, a nonce used up.
async function administer(world) {
  const safe = someSafe(world);
  if (!safe) return null;
  const { random } = world;
  const { owners, module, guard } = world.safe;
  const before = (owner) => safe.order[safe.order.indexOf(owner) - 1] ?? SENTINEL;
  safe.order = [...(await safe.view("getOwners"))];
  const newcomer = random.pick(owners.filter((each) => !safe.owners.includes(each)));
  const leaver = random.pick(safe.owners);
  const self = (name, ...args) => ({ to: safe.address, data: safe.data(name, ...args) });
  const without = () => { safe.owners = safe.owners.filter((each) => each !== leaver); };
  const choices = [
    [safe.owners.length < 9, () => self("addOwnerWithThreshold", newcomer.address, safe.threshold), () => { safe.owners = [...safe.owners, newcomer]; }],
    [safe.owners.length > safe.threshold + 1, () => self("removeOwner", before(leaver.address), leaver.address, safe.threshold), without],
    [true, () => self("swapOwner", before(leaver.address), leaver.address, newcomer.address), () => { without(); safe.owners = [...safe.owners, newcomer]; }],
    [safe.owners.length > safe.threshold + 1, () => self("changeThreshold", safe.threshold + 1), () => { ++safe.threshold; }],
    [safe.threshold > 2, () => self("changeThreshold", safe.threshold - 1), () => { --safe.threshold; }],
    [!safe.modules.length, () => self("enableModule", module.address), () => safe.modules.push(module.address)],
    [safe.modules.length, () => self("disableModule", SENTINEL, module.address), () => { safe.modules = []; }],
    [safe.modern, () => self("setGuard", safe.guarded ? ZeroAddress : guard.address), () => { safe.guarded = !safe.guarded; }],
    [true, () => self("setFallbackHandler", safe.parts.handler), () => {}],
    [safe.parts.signMessage, () => ({ to: safe.parts.signMessage, operation: DELEGATE, data: SIGN_MESSAGE.encodeFunctionData("signMessage", [random.bytes32()]) }), () => {}],
    [true, () => ({ to: safe.address }), () => {}],
  ].filter(([suits]) => suits);
  const [, act, done] = random.pick(choices);
  const txns = await executed(world, safe, act());
  txns.at(-1).next = done;
  return txns;
}
/// Payments by a module that the Safe allowed, after the limit it set.
async function byModule(world) {
  const { module } = world.safe;
  const safe = someSafe(world, (each) => each.modules.length);
  if (!safe) {
    const other = someSafe(world);
    if (!other) return null;
    const txns = await executed(world, other, { to: other.address, data: other.data("enableModule", module.address) });
    txns.at(-1).next = () => other.modules.push(module.address);
    return txns.map((each) => ({ class: "safe-admin", ...each }));
  }
  const [known] = safe.limits;
  if (!known) {
    const spender = world.random.pick(safe.owners).address;
    const txns = await executed(world, safe, module.call("setLimit", spender, world.tokens.DAY.address, world.units(world.tokens.DAY, 1e6)));
    txns.at(-1).next = () => safe.limits.set(spender, true);
    return txns;
  }
  const { data, to } = await payment(world, safe);
  if (to !== world.tokens.DAY.address) return null;
  const [receiver, amount] = world.tokens.DAY.interface.decodeFunctionData("transfer", data);
  return [{ from: known[0], ...module.call("pay", safe.address, to, receiver, amount), gas: 300_000 }];
}
async function make(world) {
  const version = world.random.pick(["1.3.0", "1.4.1", "1.4.1"]);
  const { safe, call } = await creation(world, version);
  safe.ready = false;
  const from = world.random.pick(safe.owners).address;
  const amount = await world.spendEther(from, 1, 0.8);
  return [{ from, ...call, next: () => { safe.ready = true; } }, ...(amount ? [{ class: "ether-transfer", from, to: safe.address, value: amount, gas: 60_000 }] : [])];
}
/// To a newer release: 1.1.1 by its own function, later ones by the library that was released for it.
async function migrate(world) {
  const { versions, migration } = world.safe;
  const safe = someSafe(world, (each) => each.moves < 3);
  if (!safe) return make(world).then((txns) => txns.map((each) => ({ class: "safe-creation", ...each })));
  const next = () => { ++safe.moves; };
  if (safe.version === "1.1.1" && !safe.modern) {
    const txns = await executed(world, safe, { to: safe.address, data: safe.data("changeMasterCopy", versions["1.3.0"].singleton) });
    txns.at(-1).next = () => { next(); safe.modern = true; safe.parts = versions["1.3.0"]; safe.interface = new Interface(safe.parts.artifact.abi); };
    return txns;
  }
  const name = ["migrateSingleton", "migrateWithFallbackHandler", "migrateL2Singleton"][safe.moves % 3];
  const txns = await executed(world, safe, { to: migration.address, operation: DELEGATE, data: migration.data(name) });
  txns.at(-1).next = next;
  return txns;
}
export const classes = {
  "safe-transfer": { complex: true, make: transfer },
  "safe-batch": { complex: true, make: batch },
  "safe-admin": { complex: true, make: administer },
  "safe-module": { complex: true, make: byModule },
  "safe-creation": { complex: true, make },
  "safe-migration": { complex: true, make: migrate },
};
