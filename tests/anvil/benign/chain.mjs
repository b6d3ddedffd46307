// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The node as the generator uses it: txns are collected, mined together in their order, and written with their traces.
import { once } from "node:events";
import fs from "node:fs";
import zlib from "node:zlib";
import { AbiCoder, Interface, concat, getAddress, getCreateAddress, toBeHex } from "ethers";

const CALL_MS = 120_000;
const BATCH = 200; // Calls a request: the node has to hold the answers in memory.
const GAS = 1_500_000;
export const GWEI = 10n ** 9n;
export const ETHER = 10n ** 18n;
const CALLS = { tracer: "callTracer" };
const CHANGES = { tracer: "prestateTracer", tracerConfig: { diffMode: true } };
const abi = AbiCoder.defaultAbiCoder();

export const hex = (number) => `0x${BigInt(number).toString(16)}`;
export const encode = (types, values) => abi.encode(types, values);

/// A contract: its address and how to speak to it.
export class Contract {
  constructor(chain, address, contractAbi) {
    Object.assign(this, { chain, address, interface: contractAbi instanceof Interface ? contractAbi : new Interface(contractAbi) });
  }
  data(name, ...args) { return this.interface.encodeFunctionData(name, args); }
  call(name, ...args) { return { to: this.address, data: this.data(name, ...args) }; }
  async view(name, ...args) {
    const answer = this.interface.decodeFunctionResult(name, await this.chain.read(this.address, this.data(name, ...args)));
    return answer.length === 1 ? answer[0] : answer;
  }
}

export class Chain {
  constructor(node, random, file) {
    Object.assign(this, { node, random, call: node.call });
    this.nonces = new Map();
    this.queue = [];
    this.baseFee = 4; // gwei
    this.blocks = 0;
    this.file = zlib.createGzip({ level: 4 });
    this.closed = once(this.file.pipe(fs.createWriteStream(file)), "finish");
  }
  async batch(calls) {
    const answers = [];
    for (let at = 0; at < calls.length; at += BATCH) {
      const response = await fetch(this.node.url, { method: "POST", headers: { "content-type": "application/json" },
        body: JSON.stringify(calls.slice(at, at + BATCH).map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params }))),
        signal: AbortSignal.timeout(CALL_MS) });
      answers.push(...(await response.json()).sort((a, b) => a.id - b.id));
    }
    return answers;
  }
  async all(calls) {
    return (await this.batch(calls)).map(({ error, result }, n) => {
      if (error) throw new Error(`${calls[n][0]}: ${error.message} ${JSON.stringify(calls[n]).slice(0, 300)}`);
      return result;
    });
  }
  read(to, data, from) { return this.call("eth_call", { to, data, ...(from ? { from } : {}) }, "latest"); }
  /// What each of the txns would answer on the last block; null where it would fail.
  async attempt(txns) {
    return (await this.batch(txns.map(({ from, to, data, value = 0n }) =>
      ["eth_call", { from, to, data, value: hex(value), gas: hex(30_000_000) }, "latest"]))).map((each) => each.result ?? null);
  }
  async balance(address) { return BigInt(await this.call("eth_getBalance", address, "latest")); }

  add(txn) {
    const nonce = this.nonces.get(txn.from) ?? 0;
    this.nonces.set(txn.from, nonce + 1);
    const made = { value: 0n, data: "0x", gas: GAS, fails: false, ...txn, nonce };
    this.queue.push(made);
    return made;
  }
  /// The address at which `from` creates it next.
  create(from, { abi: contractAbi, bytecode }, ...args) {
    const contract = new Interface(contractAbi);
    const address = getCreateAddress({ from, nonce: this.nonces.get(from) ?? 0 });
    this.add({ class: "setup", from, data: concat([bytecode, contract.encodeDeploy(args)]), gas: 12_000_000 });
    return new Contract(this, getAddress(address), contract);
  }

  /// Mines what was added, at `time`, and writes the block; the txns with their receipts.
  async mine(time) {
    // Who competes for a state is first in the block, as block builders order it.
    const txns = [...this.queue.filter((each) => each.first), ...this.queue.filter((each) => !each.first)];
    this.queue = [];
    this.baseFee = Math.min(60, Math.max(0.5, this.baseFee * Math.exp(0.1 * this.random.normal())));
    const base = BigInt(Math.round(this.baseFee * 1e9));
    const hashes = []; // One by one: the node takes those of a batch in any order.
    for (const { from, to, data, value, gas, nonce } of txns) {
      const tip = BigInt(Math.round(this.random.logNormal(0.3, 1) * 1e9));
      hashes.push(await this.call("eth_sendTransaction", { from, ...(to ? { to } : {}), data, value: hex(value), gas: hex(gas), nonce: hex(nonce),
        maxFeePerGas: hex(2n * base + tip), maxPriorityFeePerGas: hex(tip) }));
    }
    await this.call("anvil_setNextBlockBaseFeePerGas", hex(base));
    await this.call("evm_setNextBlockTimestamp", hex(time));
    await this.call("evm_mine");
    const number = await this.call("eth_blockNumber");
    const [block, receipts, calls, changes] = await this.all([["eth_getBlockByNumber", number, true], ["eth_getBlockReceipts", number],
      ["debug_traceBlockByNumber", number, CALLS], ["debug_traceBlockByNumber", number, CHANGES]]);
    if (block.transactions.some(({ hash }, n) => hash !== hashes[n])) throw new Error(`block ${block.number} has another order`);
    if (block.transactions.length !== txns.length) throw new Error(`block ${block.number} holds ${block.transactions.length} of ${txns.length} txns`);
    const line = `${JSON.stringify({ chain: "eth", block, receipts, calls, changes })}\n`;
    if (!this.file.write(line)) await once(this.file, "drain");
    ++this.blocks;
    const found = new Map(receipts.map((each) => [each.transactionHash, each]));
    txns.forEach((txn, n) => {
      txn.hash = hashes[n];
      txn.receipt = found.get(hashes[n]);
      txn.ok = txn.receipt.status === "0x1";
    });
    return txns;
  }
  async close() {
    this.file.end();
    await this.closed;
  }
}
export const word = (number) => toBeHex(number, 32);
