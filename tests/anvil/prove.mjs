// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Predicted effects against what a node does: README.md. Ends by itself; exit 1 when anything differs.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Wallet, Interface, concat, getAddress, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { changesOf, compare, messageHash, predictionsOf } from "./changes.mjs";
import { startNode } from "./node.mjs";
import { Payloads } from "./payloads.mjs";
import { GAS, World, ZERO } from "./world.mjs";

const [cordon, countText = "200", seedText = "1"] = process.argv.slice(2);
const CHAIN = 31337;
const RUN_MS = 20_000;
const SUCCESS = "0x442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e"; // ExecutionSuccess(bytes32,uint256)
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "cordon-anvil-"));
process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));

function explain(input, ...flags) {
  const done = spawnSync(cordon, ["explain", "safe", "-", ...flags], { input, timeout: RUN_MS, maxBuffer: 1 << 26 });
  if (done.status !== 0 && done.status !== 1) throw new Error(`cordon: ${done.status} ${done.stderr}`);
  return done.stdout.toString();
}
const result = (text) => JSON.parse(text).data;

const node = await startNode();
const { call } = node;
const signers = [0, 1, 2, 3].map((n) => new Wallet(keccak256(toUtf8Bytes(`cordon anvil ${n}`))));
await call("anvil_impersonateAccount", signers[3].address);
await call("anvil_setBalance", signers[3].address, toBeHex(10n ** 24n));
const world = new World(call, signers);
await world.setup();
const payloads = new Payloads(world, Number(seedText));
const sign = new Interface(["function signMessage(bytes)"]);

/// Everybody who may stand in a mapping.
const known = [...new Set([...signers.map((each) => each.address), ...payloads.strangers, world.shared, world.guard, world.swap,
  ...world.safes.flatMap((each) => [each.address, each.module]), ...world.tokens])];

/// Whether a state that was predicted and did not change was so all along.
async function holds(name, value, safe) {
  const view = async (at, contract, ...args) => (await world.view(at, contract, ...args))[0];
  const of = (pattern) => pattern.exec(name)?.slice(1);
  let found;
  if ((found = of(/^threshold of (\S+)/))) return String(await view(found[0], safe.contract, "getThreshold")) === value;
  if ((found = of(/^allowance of (\S+) over (\S+) of (\S+)/)))
    return String(await view(found[1], world.interfaces.Token, "allowance", found[2], found[0])) === value;
  const slots = { guard: "0x4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8",
    handler: "0x6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5" };
  if ((found = of(/^(guard|handler) of (\S+)/)))
    return BigInt(await call("eth_getStorageAt", found[1], slots[found[0]], "latest")) === BigInt(value);
  return false;
}

const tally = { payloads: 0, equal: 0, hashes: 0, failed: 0, simulated: 0, kinds: new Map() };
const wrong = [];

async function prove(payload) {
  const { safe } = payload;
  const label = `${safe.version} ${payload.kind}`;
  const nonce = (await world.view(safe.address, safe.contract, "nonce"))[0];
  const fields = [payload.to, payload.value, payload.data, payload.operation, 0n, 0n, 0n, ZERO, ZERO];
  const hash = (await world.view(safe.address, safe.contract, "getTransactionHash", ...fields, nonce))[0];
  const json = JSON.stringify({ safe: safe.address, chainId: CHAIN, version: safe.version, to: payload.to,
    value: String(payload.value), data: payload.data, operation: payload.operation, safeTxGas: "0", baseGas: "0",
    gasPrice: "0", gasToken: ZERO, refundReceiver: ZERO, nonce: String(nonce) });
  const said = result(explain(json, "--format", "json"));
  ++tally.payloads;
  if (said.hashes.some((each) => each.name.startsWith("safe tx hash") && each.value === hash)) ++tally.hashes;
  else wrong.push(`${label}: the hash on chain ${hash} is none of ours`);

  payload.messages = payload.kind === "signMessage"
    ? [messageHash(CHAIN, safe.address, sign.decodeFunctionData("signMessage", payload.data)[0])] : [];
  payload.hashes = [...payload.data.matchAll(/d4d9bdcd([0-9a-f]{64})/g)].map((each) => `0x${each[1]}`);
  const signatures = concat([...signers.slice(0, 2)].sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
    .map((each) => each.signingKey.sign(hash).serialized));
  const data = safe.contract.encodeFunctionData("execTransaction", [...fields, signatures]);

  const simulated = payload.target ? await simulate(payload, json) : null;
  const before = await call("evm_snapshot");
  const sent = await call("eth_sendTransaction", { from: world.sender, to: safe.address, data, gas: GAS, gasPrice: "0x0" });
  const receipt = await world.receipt(sent);
  const diff = await call("debug_traceTransaction", sent, { tracer: "prestateTracer", tracerConfig: { diffMode: true } });
  const predicted = predictionsOf(said.effects);
  const good = receipt.status === "0x1" && receipt.logs.some((each) => each.topics[0] === SUCCESS);
  let differs = [];
  if (!good) {
    ++tally.failed;
    differs = ["the node did not execute it"];
  } else {
    const changes = changesOf(diff, world, payload, known);
    if (payload.target) {
      // Foreign code: nothing is predicted but that anything may happen, until a node was asked.
      if (predicted.open.join() !== "code" || said.verdict !== "block") differs.push("a foreign delegatecall is not blocked");
      for (const each of changes) if (!simulated.has(each)) differs.push(`the simulation missed: ${each}`);
      for (const each of simulated) if (!changes.has(each)) differs.push(`the simulation invented: ${each}`);
      ++tally.simulated;
    } else {
      differs = await compare(changes, predicted, (name, value) => holds(name, value, safe));
      if (predicted.open.length) differs.push(`left open: ${predicted.open}`);
    }
  }
  await call("evm_revert", before);
  if (differs.length === 0) ++tally.equal;
  const kind = tally.kinds.get(label) ?? [0, 0];
  tally.kinds.set(label, [kind[0] + 1, kind[1] + (differs.length === 0 ? 1 : 0)]);
  for (const each of differs) wrong.push(`${label}: ${each}`);
}

/// What `explain` reads out of a node's answer to the question that it asks itself, without any signature.
async function simulate(payload, json) {
  const code = await call("eth_getCode", payload.target, "latest");
  const request = JSON.parse(explain(json, "--simulation-request", code));
  const answer = await call(request.method, ...request.params);
  const file = path.join(scratch, "simulation.json");
  fs.writeFileSync(file, JSON.stringify({ jsonrpc: "2.0", id: 1, result: answer }));
  const said = result(explain(json, "--simulation", file, "--format", "json"));
  const found = new Set();
  for (const { rule, text } of said.findings) {
    const slot0 = /^The simulation writes slot 0.* of (0x\w+): from \S+ to (\S+?)\.?$/.exec(text);
    if (rule === "R2" && slot0) found.add(`implementation of ${getAddress(slot0[1])}: ${getAddress(`0x${slot0[2].slice(-40)}`)}`);
  }
  return found;
}

for (const payload of payloads.all(Number(countText))) await prove(payload);
node.stop();
for (const [label, [all, equal]] of [...tally.kinds].sort()) console.log(`${label.padEnd(32)} ${equal} of ${all}`);
for (const each of wrong.slice(0, 40)) console.log(`WRONG ${each}`);
if (wrong.length > 40) console.log(`… and ${wrong.length - 40} more`);
console.log(`${tally.payloads} payloads (seed ${seedText}): ${tally.equal} with equal effects, ${tally.hashes} with the hash of the ` +
  `chain, ${tally.simulated} simulated before signing, ${tally.failed} not executed`);
console.log(`${tally.equal} passed, ${tally.payloads - tally.equal} failed`);
process.exitCode = wrong.length === 0 ? 0 : 1;
