// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What changed by a state diff of the node, and what was predicted, in the same words.
import { AbiCoder, TypedDataEncoder, getAddress, keccak256, toBeHex, zeroPadValue } from "ethers";
import { SENTINEL, ZERO } from "./world.mjs";

const abi = AbiCoder.defaultAbiCoder();
const MAX = 2n ** 256n - 1n;
const slot = (number) => zeroPadValue(toBeHex(number), 32);
const mapped = (key, place) => keccak256(abi.encode(["address", "uint256"], [key, place]));
const mappedHash = (hash, place) => keccak256(abi.encode(["bytes32", "bytes32"], [hash, place]));
const address = (word) => getAddress(`0x${BigInt(word).toString(16).padStart(40, "0").slice(-40)}`);

// Safe storage of all three versions: singleton, modules, owners, owner count, threshold, nonce, separator, signed
// messages, approved hashes; and the two slots that are named by a hash (GuardManager.sol, FallbackManager.sol).
const MODULES = 1n, OWNERS = 2n, COUNT = slot(3n), THRESHOLD = slot(4n), NONCE = slot(5n), SIGNED = 7n, APPROVED = 8n;
const GUARD = "0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8";
const HANDLER = "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5";

/// "native 0xA": difference; sums of several changes of one thing, without those that cancel out.
class Sums {
  constructor() { this.of = new Map(); }
  add(asset, who, amount) {
    const key = `balance ${asset} of ${who}`;
    this.of.set(key, (this.of.get(key) ?? 0n) + amount);
  }
  lines() { return [...this.of].filter(([, amount]) => amount !== 0n).map(([key, amount]) => `${key}: ${amount}`); }
}

/// Of a `prestateTracer` answer in diff mode. What has no name comes out as a raw slot, and so fails the comparison.
export function changesOf(diff, world, payload, known) {
  const sums = new Sums();
  const found = new Set();
  const accounts = new Set([...Object.keys(diff.pre), ...Object.keys(diff.post)]);
  for (const raw of accounts) {
    const who = getAddress(raw);
    const before = diff.pre[raw] ?? {}, after = diff.post[raw] ?? {};
    if (after.balance !== undefined) sums.add("native", who, BigInt(after.balance) - BigInt(before.balance ?? 0));
    if (after.code !== undefined) found.add(`code of ${who}`);
    const slots = new Set([...Object.keys(before.storage ?? {}), ...Object.keys(after.storage ?? {})]);
    const token = world.tokens.includes(who);
    const safe = world.safes.find((each) => each.address === who) ?? (who === world.shared ? { address: who } : null);
    const names = token ? tokenSlots(who, known, world) : safe ? safeSlots(safe, known, payload) : new Map();
    for (const each of slots) {
      const old = BigInt(before.storage?.[each] ?? 0), now = BigInt(after.storage?.[each] ?? 0);
      if (old === now) continue;
      const name = names.get(each);
      if (name?.sum) sums.add(...name.sum, now - old);
      else if (name) for (const line of name.said(old, now)) found.add(line);
      else found.add(`slot ${each} of ${who}`);
    }
  }
  return new Set([...found, ...sums.lines()]);
}

function tokenSlots(token, known, world) {
  const names = new Map();
  for (const who of known) {
    names.set(mapped(who, 0n), { sum: [token, who] });
    if (!world.safes.some((each) => each.address === who)) continue;
    const inner = mapped(who, 1n);
    for (const spender of known)
      names.set(mappedHash(zeroPadValue(spender, 32), inner),
        { said: (_, now) => [`allowance of ${spender} over ${token} of ${who}: ${now}`] });
  }
  return names;
}

function safeSlots(safe, known, payload) {
  const who = safe.address;
  const names = new Map([
    [slot(0n), { said: (_, now) => [`implementation of ${who}: ${address(now)}`] }],
    [COUNT, { said: () => [] }], // Follows from the owners; a count that does not, would show in the next payload's views.
    [THRESHOLD, { said: (_, now) => [`threshold of ${who}: ${now}`] }],
    [NONCE, { said: (old, now) => (now === old + 1n ? [] : [`nonce of ${who}: ${now}`]) }],
    [GUARD, { said: (_, now) => [`guard of ${who}: ${address(now)}`] }],
    [HANDLER, { said: (_, now) => [`handler of ${who}: ${address(now)}`] }],
  ]);
  for (const [what, place] of [["owner", OWNERS], ["module", MODULES]])
    for (const each of [...known, SENTINEL])
      names.set(mapped(each, place), { said: (old, now) => (each === SENTINEL || (old !== 0n && now !== 0n) ? []
        : [`${what} of ${who}: ${each} ${now !== 0n ? "in" : "out"}`]) });
  for (const owner of known) {
    const inner = mapped(owner, APPROVED);
    for (const hash of payload.hashes)
      names.set(mappedHash(hash, inner), { said: (_, now) => [`hash agreed to by ${owner} at ${who}: ${now === 1n}`] });
  }
  for (const message of payload.messages)
    names.set(mappedHash(message, slot(SIGNED)), { said: (_, now) => [`message signed by ${who}: ${now === 1n}`] });
  return names;
}

export function messageHash(chainId, safe, message) {
  return TypedDataEncoder.hash({ chainId, verifyingContract: safe }, { SafeMessage: [{ name: "message", type: "bytes" }] }, { message });
}

/// Of the effects in `explain.result`. A state that is named although it stays as it is, is in `held` only.
export function predictionsOf(effects) {
  const sums = new Sums();
  const states = new Map(); // The last word on a thing holds.
  const open = [];
  const at = (text) => (text ? getAddress(text) : ZERO);
  for (const each of effects) {
    const who = each.who ? at(each.who) : "", to = at(each.to);
    const asset = each.asset === "native" ? "native" : each.asset ? at(each.asset) : "";
    switch (each.kind) {
      case "transfer":
        sums.add(asset, who, -BigInt(each.amount));
        sums.add(asset, to, BigInt(each.amount));
        break;
      case "allowance":
        states.set(`allowance of ${to} over ${asset} of ${who}`, String(each.amount ?? (each.unlimited ? MAX : "?")));
        break;
      case "owner":
      case "module":
        states.set(`${each.kind} of ${who}: ${to}`, / no | no longer /.test(each.text) ? "out" : "in");
        break;
      case "threshold": states.set(`threshold of ${who}`, each.amount); break;
      case "guard": states.set(`guard of ${who}`, to); break;
      case "handler": states.set(`handler of ${who}`, to); break;
      case "implementation": states.set(`implementation of ${who}`, to); break;
      case "approved-hash": states.set(`hash agreed to by ${who} at ${to}`, "true"); break;
      case "message": states.set(`message signed by ${who}`, "true"); break;
      case "call": break; // Moves nothing by itself: whatever changes all the same will be missed below.
      default: open.push(each.kind);
    }
  }
  return { sums: sums.lines(), states, open };
}

/// Nothing when all that changed was predicted and all that was predicted is so. `holds(name, value)` asks the node.
export async function compare(changes, predicted, holds) {
  const wrong = [];
  const said = new Set(predicted.sums);
  for (const [name, value] of predicted.states) said.add(name.startsWith("owner") || name.startsWith("module")
    ? `${name} ${value}` : `${name}: ${value}`);
  for (const each of changes) if (!said.has(each)) wrong.push(`not predicted: ${each}`);
  for (const each of predicted.sums) if (!changes.has(each)) wrong.push(`did not happen: ${each}`);
  for (const [name, value] of predicted.states) {
    const line = name.startsWith("owner") || name.startsWith("module") ? `${name} ${value}` : `${name}: ${value}`;
    if (!changes.has(line) && !(await holds(name, value))) wrong.push(`is not so: ${line}`);
  }
  return wrong;
}
