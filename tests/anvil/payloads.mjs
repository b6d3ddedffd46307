// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Payloads of every kind whose effects are predicted, from a seed: the same every time.
import { Interface, concat, getAddress, hexlify, keccak256, solidityPacked, toUtf8Bytes } from "ethers";
import { SENTINEL, ZERO } from "./world.mjs";

const MULTISEND = new Interface(["function multiSend(bytes)"]);
const SIGN = new Interface(["function signMessage(bytes)"]);

/// xorshift64*: good enough to vary tests, and the same in every language.
export class Random {
  constructor(seed) { this.state = BigInt(seed) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn || 1n; }
  next() {
    this.state ^= this.state >> 12n;
    this.state ^= this.state << 25n & 0xffffffffffffffffn;
    this.state ^= this.state >> 27n;
    return this.state * 0x2545f4914f6cdd1dn & 0xffffffffffffffffn;
  }
  below(n) { return Number(this.next() % BigInt(n)); }
  pick(list) { return list[this.below(list.length)]; }
  address() { return getAddress(hexlify(keccak256(toUtf8Bytes(`stranger ${this.next()}`))).slice(0, 42)); }
}

export class Payloads {
  constructor(world, seed) {
    this.world = world;
    this.random = new Random(seed);
    this.strangers = Array.from({ length: 12 }, () => this.random.address());
  }

  // Single calls: {to, value, data}. `apart` names what may happen once a batch.
  calls(safe) {
    const { random, strangers, world } = this;
    const token = world.interfaces.Token;
    const self = (name, ...args) => ({ to: safe.address, value: 0n, data: safe.contract.encodeFunctionData(name, args) });
    const erc20 = (name, ...args) => ({ to: random.pick(world.tokens), value: 0n, data: token.encodeFunctionData(name, args) });
    const amount = () => random.next() % 10n ** 18n + 1n;
    const owner = random.below(3);
    // The list runs from the sentinel; setup() keeps the order in which owners were given.
    const before = owner === 0 ? SENTINEL : safe.owners[owner - 1];
    const made = {
      pay: () => ({ to: random.pick(strangers), value: amount(), data: "0x" }),
      nothing: () => ({ to: safe.address, value: 0n, data: "0x" }),
      transfer: () => erc20("transfer", random.pick(strangers), amount()),
      transferToSelf: () => erc20("transfer", safe.address, amount()),
      approve: () => erc20("approve", random.pick(strangers), amount()),
      approveAll: () => erc20("approve", random.pick(strangers), 2n ** 256n - 1n),
      revoke: () => erc20("approve", random.pick(strangers), 0n),
      transferFrom: () => erc20("transferFrom", safe.address, random.pick(strangers), amount()),
      addOwner: () => self("addOwnerWithThreshold", random.pick(strangers), 1 + random.below(4)),
      removeOwner: () => self("removeOwner", before, safe.owners[owner], 1 + random.below(2)),
      swapOwner: () => self("swapOwner", before, safe.owners[owner], random.pick(strangers)),
      changeThreshold: () => self("changeThreshold", 1 + random.below(3)),
      enableModule: () => self("enableModule", random.pick(strangers)),
      disableModule: () => self("disableModule", SENTINEL, safe.module),
      setHandler: () => self("setFallbackHandler", random.below(3) === 0 ? ZERO : random.pick(strangers)),
      // Each Safe is an owner of `shared`, a Safe that Safes own.
      approveHash: () => ({ to: world.shared, value: 0n,
        data: safe.contract.encodeFunctionData("approveHash", [keccak256(toUtf8Bytes(`hash ${random.next()}`))]) }),
    };
    if (safe.version !== "1.1.1") made.setGuard = () => self("setGuard", random.below(3) === 0 ? ZERO : world.guard);
    if (safe.version === "1.1.1") made.changeMasterCopy = () => self("changeMasterCopy", world.guard);
    return made;
  }

  /// Each kind once a Safe, then batches, nested ones, and signed messages.
  *all(count) {
    for (const safe of this.world.safes)
      for (const kind of Object.keys(this.calls(safe))) yield this.single(safe, kind, this.calls(safe)[kind]());
    for (const safe of this.world.safes) yield this.swap(safe);
    for (const safe of this.world.safes) if (safe.signMessage) yield this.signed(safe);
    for (let made = 0; made < count; ++made) {
      const safe = this.world.safes[made % this.world.safes.length];
      const roll = this.random.below(10);
      if (roll < 4) {
        const calls = this.calls(safe);
        const kind = this.random.pick(Object.keys(calls));
        yield this.single(safe, kind, calls[kind]());
      } else if (roll < 8) {
        yield this.batch(safe, 1 + this.random.below(6), 0);
      } else if (roll < 9) {
        yield this.batch(safe, 1 + this.random.below(4), 1);
      } else {
        yield this.swap(safe);
      }
    }
  }

  single(safe, kind, call) { return { safe, kind, ...call, operation: 0 }; }

  swap(safe) {
    const data = this.world.interfaces.Swap.encodeFunctionData("transfer", [this.random.pick(this.strangers), 0n]);
    return { safe, kind: "swap", to: this.world.swap, value: 0n, data, operation: 1, target: this.world.swap };
  }

  signed(safe) {
    const data = SIGN.encodeFunctionData("signMessage", [toUtf8Bytes(`message ${this.random.next()}`)]);
    return { safe, kind: "signMessage", to: safe.signMessage, value: 0n, data, operation: 1 };
  }

  /// In one batch nothing may depend on what the list of owners or modules was before it.
  batch(safe, size, depth, seen = new Set()) {
    const groups = { addOwner: "owners", removeOwner: "owners", swapOwner: "owners", changeThreshold: "owners",
      enableModule: "modules", disableModule: "modules", setHandler: "handler", setGuard: "guard", changeMasterCopy: "never" };
    seen.add("never");
    const parts = [];
    while (parts.length < size) {
      const calls = this.calls(safe);
      const kind = this.random.pick(Object.keys(calls));
      if (seen.has(groups[kind])) continue;
      if (groups[kind]) seen.add(groups[kind]);
      parts.push({ ...calls[kind](), operation: 0 });
    }
    if (depth > 0) {
      const inner = this.batch(safe, 1 + this.random.below(3), depth - 1, seen);
      parts.push({ to: safe.multiSend, value: 0n, data: inner.data, operation: 1 });
    }
    const packed = concat(parts.map((each) => solidityPacked(["uint8", "address", "uint256", "uint256", "bytes"],
      [each.operation, each.to, each.value, (each.data.length - 2) / 2, each.data])));
    const callOnly = depth === 0 && safe.callOnly && this.random.below(2) === 0;
    return { safe, kind: depth ? "batch in a batch" : callOnly ? "batch, calls only" : "batch",
      to: callOnly ? safe.callOnly : safe.multiSend, value: 0n,
      data: MULTISEND.encodeFunctionData("multiSend", [packed]), operation: 1 };
  }
}
