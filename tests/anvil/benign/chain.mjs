// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The node as the generator uses it: txns are collected, mined together in their order, and written with their traces.
import { once } from "node:events";
import fs from "node:fs";
import zlib from "node:zlib";
import { AbiCoder, Interface, concat, getAddress, getCreateAddress, toBeHex } from "ethers";

const CALL_MS = 120_000;
const BATCH = 200; // Calls a request: the node has to hold the answers in memory.
const GAS = 1_500_000;
const abi = AbiCoder.defaultAbiCoder();
export const GWEI = 10n ** 9n;
export const ETHER = 10n ** 18n;
const CALLS = { tracer: "callTracer" };
const CHANGES = { tracer: "prestateTracer", tracerConfig: { diffMode: true, disableCode: true } };

export const hex = (number) => `0x${BigInt(number).toString(16)}`;
export const encode = (types, values) => abi.encode(types, values);

/// One for each ABI, with its functions by name: making and searching them is what costs most.
const interfaces = new WeakMap();
export function interfaceOf(contractAbi) {
  if (contractAbi instanceof Interface) return contractAbi;
  if (!interfaces.has(contractAbi)) interfaces.set(contractAbi, new Interface(contractAbi));
  return interfaces.get(contractAbi);
}
const functions = new WeakMap();
function functionOf(contract, name) {
  if (!functions.has(contract)) functions.set(contract, new Map());
  const known = functions.get(contract);
  if (!known.has(name)) {
    const found = contract.getFunction(name);
    known.set(name, { found, selector: found.selector });
  }
  return known.get(name);
}

/// A contract: its address and how to speak to it.
export class Contract {
  constructor(chain, address, contractAbi) { Object.assign(this, { chain, address, interface: interfaceOf(contractAbi) }); }
  data(name, ...args) {
    const { found, selector } = functionOf(this.interface, name);
    return selector + abi.encode(found.inputs, args).slice(2);
  }
  call(name, ...args) { return { to: this.address, data: this.data(name, ...args) }; }
  async view(name, ...args) {
    const answer = abi.decode(functionOf(this.interface, name).found.outputs, await this.chain.read(this.address, this.data(name, ...args)));
    return answer.length === 1 ? answer[0] : answer;
  }
}

export class Chain {
  constructor(node, random, file) {
    Object.assign(this, { node, random, call: node.call });
    this.nonces = new Map();
    this.queue = [];
    this.asked = [];
    this.baseFee = 4; // gwei
    this.blocks = 0;
    this.time = 0; // Of the next block.
    this.file = zlib.createGzip({ level: 4 });
    this.closed = once(this.file.pipe(fs.createWriteStream(file)), "finish");
  }
  async post(body) {
    const response = await fetch(this.node.url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS) });
    return response.text();
  }
  async batch(calls) {
    const answers = [];
    for (let at = 0; at < calls.length; at += BATCH) {
      const text = await this.post(calls.slice(at, at + BATCH).map(([method, ...params], id) => ({ jsonrpc: "2.0", id, method, params })));
      answers.push(...JSON.parse(text).sort((a, b) => a.id - b.id));
    }
    return answers;
  }
  /// Asks with all that is asked at the same time in one request.
  ask(...call) {
    if (!this.asked.length) {
      setImmediate(async () => {
        const asked = this.asked;
        this.asked = [];
        try {
          const answers = await this.batch(asked.map((each) => each.call));
          asked.forEach(({ call: [method, ...params], resolve, reject }, n) => (answers[n].error
            ? reject(new Error(`${method}: ${answers[n].error.message} ${JSON.stringify(params).slice(0, 200)}`)) : resolve(answers[n].result)));
        } catch (error) {
          for (const { reject } of asked) reject(error);
        }
      });
    }
    return new Promise((resolve, reject) => { this.asked.push({ call, resolve, reject }); });
  }
  /// The node's answer as it wrote it: traces are long, and nobody here reads them.
  async raw(method, ...params) {
    const text = await this.post({ jsonrpc: "2.0", id: 1, method, params });
    const head = '{"jsonrpc":"2.0","id":1,"result":';
    return text.startsWith(head) ? text.slice(head.length, text.lastIndexOf("}")) : JSON.stringify(JSON.parse(text).result);
  }
  /// A call as the next block would see it: on the last block, but at its own time. Interest grows in between.
  #seen(txn) { return ["eth_call", txn, "latest", {}, { time: hex(this.time) }]; }
  read(to, data, from) { return this.ask(...this.#seen({ to, data, ...(from ? { from } : {}) })); }
  /// What each of the txns would answer; null where it would fail.
  async attempt(txns) {
    return (await this.batch(txns.map(({ from, to, data, value = 0n }) =>
      this.#seen({ from, to, data, value: hex(value), gas: hex(30_000_000) })))).map((each) => each.result ?? null);
  }
  async balance(address) { return BigInt(await this.ask("eth_getBalance", address, "latest")); }

  add(txn) {
    const nonce = this.nonces.get(txn.from) ?? 0;
    this.nonces.set(txn.from, nonce + 1);
    const made = { value: 0n, data: "0x", gas: GAS, fails: false, ...txn, nonce };
    this.queue.push(made);
    return made;
  }
  /// The address at which `from` creates it next.
  create(from, { abi: contractAbi, bytecode }, ...args) {
    const contract = interfaceOf(contractAbi);
    const address = getCreateAddress({ from, nonce: this.nonces.get(from) ?? 0 });
    this.add({ class: "setup", from, data: concat([bytecode, contract.encodeDeploy(args)]), gas: 12_000_000 });
    return new Contract(this, getAddress(address), contract);
  }

  /// Mines what was added and writes the block; the txns with their receipts.
  async mine() {
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
    await this.call("evm_setNextBlockTimestamp", hex(this.time));
    await this.call("evm_mine");
    const number = await this.call("eth_blockNumber");
    const [block, receipts, calls, changes] = await Promise.all([this.raw("eth_getBlockByNumber", number, true), this.raw("eth_getBlockReceipts", number),
      this.raw("debug_traceBlockByNumber", number, CALLS), this.raw("debug_traceBlockByNumber", number, CHANGES)]);
    if (JSON.parse(block).transactions.map(({ hash }) => hash).join() !== hashes.join()) throw new Error(`block ${number} holds other txns or another order`);
    const line = `{"chain":"eth","block":${block},"receipts":${receipts},"calls":${calls},"changes":${changes}}\n`;
    if (!this.file.write(line)) await once(this.file, "drain");
    ++this.blocks;
    const found = new Map(JSON.parse(receipts).map((each) => [each.transactionHash, each]));
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
