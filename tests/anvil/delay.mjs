// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A Safe 1.4.1 behind Zodiac's Delay, made and used by nothing but the payloads of `cordon wallet delay` (README.md).
//   node delay.mjs CORDON        after `run --parts`, in out/anvil
//   node delay.mjs --contracts URL   only puts the factory and the master copy on a node that is there, for make_delay
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { Interface, Transaction, Wallet, concat, getAddress, getCreate2Address, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { connect, startNode } from "./node.mjs";
import { GAS, World, ZERO } from "./world.mjs";

const require = createRequire(import.meta.url);
// ERC-2470's factory, by which both were released: deploy(bytes,bytes32) at one address on all chains.
const SINGLETON_FACTORY = "0xce0042B868300000d44A59004Da54A005ffdcf9f";
const MASTER_COPY = "0xd54895B1121A2eE3f37b502F507631FA1331BED6";
const FACTORY = "0x000000000000aDdB49795b0f9bA5BC298cDda236";
const HOUR = 3600;
const COOLDOWN = 24 * HOUR, EXPIRATION = 48 * HOUR;
const ETHER = 10n ** 18n;

/// The released contracts at their own addresses, from the init codes and salts of the package.
export async function contracts(call, from) {
  const { initCode: delay, salt: delaySalt } = require("zodiac/dist/cjs/initData/Delay.js");
  const { initCode: factory, salt: factorySalt } = require("zodiac/dist/cjs/initData/ModuleProxyFactory.js");
  // The factory of factories comes as its signed txn, which is why its address is the same everywhere.
  const source = fs.readFileSync(require.resolve("zodiac/dist/cjs/factory/singletonFactory.js"), "utf8");
  const raw = /broadcastTransaction\("(0xf9[0-9a-f]+)"\)/.exec(source)[1];
  if (await call("eth_getCode", SINGLETON_FACTORY, "latest") === "0x") {
    await call("anvil_setBalance", Transaction.from(raw).from, toBeHex(ETHER));
    await receipt(call, await call("eth_sendRawTransaction", raw));
  }
  const singleton = new Interface(["function deploy(bytes,bytes32)"]);
  for (const [code, salt, expected] of [[delay, delaySalt, MASTER_COPY], [factory, factorySalt, FACTORY]]) {
    const made = getCreate2Address(SINGLETON_FACTORY, salt, keccak256(code));
    if (made !== getAddress(expected)) throw new Error(`the package's code gives ${made}, expected ${expected}`);
    await receipt(call, await call("eth_sendTransaction", { from, to: SINGLETON_FACTORY, gas: GAS,
      data: singleton.encodeFunctionData("deploy", [code, salt]) }));
    if (await call("eth_getCode", expected, "latest") === "0x") throw new Error(`there is no code at ${expected}`);
  }
}

async function receipt(call, hash) {
  for (let tries = 0; tries < 400; ++tries) {
    const found = await call("eth_getTransactionReceipt", hash);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${hash} was not mined in ten seconds`);
}

let failed = 0, passed = 0;
function check(right, what) {
  right ? ++passed : ++failed;
  console.log(`${right ? "ok  " : "FAIL"}  ${what}`);
}

async function prove(cordon) {
  const node = await startNode();
  const { call } = node;
  const key = (name) => new Wallet(keccak256(toUtf8Bytes(`cordon delay ${name}`)));
  const owners = ["a", "b", "c"].map(key), queuer = key("queuer"), anybody = key("anybody"), payee = key("payee").address;
  const [rich] = await call("eth_accounts");
  for (const each of [queuer, anybody]) await call("anvil_setBalance", each.address, toBeHex(100n * ETHER));
  const world = new World(call, [owners[0], owners[1], owners[2], { address: rich }]);
  await contracts(call, rich);
  const { artifact, proxy, singleton, handler } = (await world.releases())["1.4.1"];
  const contract = new Interface(artifact.abi);
  const safe = await world.create(concat([proxy.bytecode, toBeHex(BigInt(singleton), 32)]));
  await world.send(safe, contract.encodeFunctionData("setup",
    [owners.map((each) => each.address), 2, ZERO, "0x", handler, ZERO, 0, ZERO]));
  await call("anvil_setBalance", safe, toBeHex(100n * ETHER));

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cordon-delay-"));
  const file = (name, text) => (fs.writeFileSync(path.join(folder, name), text), path.join(folder, name));
  const config = file("delay.yaml", `version: 1
chain: eip155:31337
safe: "${safe}"
owners: [${owners.map((each) => `"${each.address}"`).join(", ")}]
threshold: 2
queuers: ["${queuer.address}"]
cooldown: 24h
expiration: 48h
answer: 4h
watchers: [treasury on call]
salt: 7
`);
  const delayAbi = new Interface(require("zodiac/dist/cjs/abi/Delay.json"));
  /// Nonces as they are on the chain now.
  async function purses() {
    const rows = [];
    for (const each of [queuer, anybody])
      rows.push(`  - {chain: "eip155:31337", address: "${each.address}", nonce: ${
        Number(await call("eth_getTransactionCount", each.address, "latest"))}, max_fee: 1000, priority_fee: 0, gas: 2000000}`);
    const [nonce] = await world.view(safe, contract, "nonce");
    rows.push(`  - {chain: "eip155:31337", address: "${safe}", safe: 1.4.1, nonce: ${nonce}}`);
    return file("purses.yaml", `version: 1\npurses:\n${rows.join("\n")}\n`);
  }
  const run = (...args) => execFileSync(cordon, args, { encoding: "utf8", timeout: 60_000 });
  const wallet = async (what, ...args) => run("wallet", "delay", what, "--config", config, "--purses", await purses(), ...args).trim();
  const explain = (type, payload, ...args) => {
    try {
      return JSON.parse(run("explain", type, file("payload", payload), "--context", context, "--json", ...args)).data;
    } catch (error) {
      if (error.status !== 1) throw error;
      return JSON.parse(error.stdout).data; // 1: WARN or BLOCK.
    }
  };
  const context = file("context.yaml", run("wallet", "delay", "context", "--config", config));
  const delay = JSON.parse(run("wallet", "delay", "explain", "--config", config, "--json")).data.address;

  /// By the key of the account; what a node says of it.
  async function send(signer, hex) {
    const txn = Transaction.from(hex);
    txn.signature = signer.signingKey.sign(txn.unsignedHash);
    return receipt(call, await call("eth_sendRawTransaction", txn.serialized));
  }
  const refusal = async (signer, hex) => {
    const txn = Transaction.from(hex);
    try {
      await call("eth_call", { from: signer.address, to: txn.to, data: txn.data }, "latest");
      return "";
    } catch (error) {
      return error.message;
    }
  };
  /// By two owners, over the hash that explain shows; the Safe must find the same.
  async function bySafe(json, what) {
    const it = JSON.parse(json);
    const told = explain("safe", json);
    const shown = told.hashes.find((each) => each.name === "safe tx hash").value;
    const fields = [it.to, it.value, it.data, it.operation, 0, 0, 0, ZERO, ZERO];
    const [hash] = await world.view(safe, contract, "getTransactionHash", ...fields, it.nonce);
    check(shown === hash, `${what}: the hash that explain shows is the Safe's`);
    const signatures = concat(owners.slice(0, 2).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
      .map((each) => each.signingKey.sign(hash).serialized));
    await world.send(safe, contract.encodeFunctionData("execTransaction", [...fields, signatures]));
    return told;
  }
  const view = async (name, ...args) => (await world.view(delay, delayAbi, name, ...args))[0];
  const balance = async (of) => BigInt(await call("eth_getBalance", of, "latest"));
  const later = async (seconds) => (await call("evm_increaseTime", seconds), call("evm_mine"));
  const payment = (amount) => ["--to", payee, "--amount", String(amount)];

  // Set-up.
  const steps = (await wallet("setup", "--by", anybody.address)).split("\n").map((line) => JSON.parse(line));
  check(steps.map((each) => each.step).join() === "deploy,queuer,enable", "the steps are deploy, queuer, enable");
  const deployed = explain("evm", steps[0].data);
  check(deployed.summary.toLowerCase().includes(delay) && deployed.verdict === "ok", "deploy: explain names the address that is made");
  check(await call("eth_getCode", delay, "latest") === "0x", "nothing is at the predicted address before");
  await send(anybody, steps[0].data);
  check(await call("eth_getCode", delay, "latest") !== "0x", `deployed where predicted: ${delay}`);
  for (const [name, expected] of [["owner", safe], ["avatar", safe], ["target", safe], ["txCooldown", BigInt(COOLDOWN)],
    ["txExpiration", BigInt(EXPIRATION)], ["queueNonce", 0n]])
    check(String(await view(name)).toLowerCase() === String(expected).toLowerCase(), `${name} is ${expected}`);
  for (const step of steps.slice(1)) check((await bySafe(step.data, step.step)).verdict === "ok", `${step.step}: explain says OK`);
  check(await view("isModuleEnabled", queuer.address), "the queuer may queue");
  check((await world.view(safe, contract, "isModuleEnabled", delay))[0], "the Delay may act for the Safe");

  // Queue, wait, execute.
  const queue = async (amount) => wallet("queue", "--by", queuer.address, ...payment(amount));
  const execute = async (amount) => wallet("execute", "--by", anybody.address, ...payment(amount));
  const one = await queue(5n * ETHER);
  const told = explain("evm", one);
  const pays = told.effects.find((each) => each.kind === "transfer" && each.to === payee.toLowerCase());
  check(pays && pays.who === safe.toLowerCase() && pays.amount === String(5n * ETHER), "queue: explain says that the Safe pays 5 ETH to the payee");
  check((await refusal(anybody, one)).includes("Module not authorized"), "who is no queuer cannot queue");
  const added = (await send(queuer, one)).logs.map((log) => delayAbi.parseLog(log)).find((log) => log.name === "TransactionAdded");
  check(added.args.queueNonce === 0n && added.args.to === payee, "TransactionAdded is written, number 0");
  check((await refusal(anybody, await execute(5n * ETHER))).includes("still in cooldown"), "it cannot leave at once");
  await later(COOLDOWN - 60);
  check((await refusal(anybody, await execute(5n * ETHER))).includes("still in cooldown"), "nor a minute before its time");
  check((await send(anybody, await execute(5n * ETHER))).status === "0x0", "the same sent as a txn is reverted");
  await later(61);
  check((await refusal(anybody, await execute(6n * ETHER))).includes("hashes do not match"), "another amount than was queued is refused");
  const before = await balance(payee);
  check((await send(anybody, await execute(5n * ETHER))).status === "0x1", "it leaves when its time has come, sent by anybody");
  check(await balance(payee) - before === 5n * ETHER, "the payee has 5 ETH more");
  check((await refusal(anybody, await execute(5n * ETHER))).includes("queue is empty"), "and not twice");

  // Void after its time.
  await send(queuer, await queue(ETHER));
  await later(COOLDOWN + EXPIRATION + 1);
  check((await refusal(anybody, await execute(ETHER))).includes("expired"), "what nobody had done in its time is void");

  // The thief of the hot key, and the owners.
  await send(queuer, await queue(90n * ETHER));
  const cancel = await wallet("cancel", "--below", "3");
  check((await bySafe(cancel, "cancel")).summary.includes("cancelled"), "cancel: explain says so");
  await later(COOLDOWN + 1);
  check((await refusal(anybody, await execute(90n * ETHER))).includes("queue is empty"), "what the Safe cancelled never leaves");
  check(await balance(safe) === 95n * ETHER, "the Safe lost only what it meant to pay");
  const asOwner = delayAbi.encodeFunctionData("setTxCooldown", [0]);
  const tried = await call("eth_call", { from: queuer.address, to: delay, data: asOwner }, "latest").then(() => "", (error) => error.message);
  check(tried.includes("not the owner"), "the queuer cannot shorten the delay");

  // What the template does not stop, and says so.
  await bySafe(JSON.stringify({ ...JSON.parse(cancel), to: payee, value: String(ETHER), data: "0x",
    nonce: String((await world.view(safe, contract, "nonce"))[0]) }), "two owners");
  check(await balance(safe) === 94n * ETHER, "two owners pay at once, past the delay: as the words say");
  fs.rmSync(folder, { recursive: true });
  node.stop();
  console.log(`delay: ${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

if (process.argv[2] === "--contracts") {
  const call = connect(process.argv[3]);
  await contracts(call, (await call("eth_accounts"))[0]);
} else {
  await prove(process.argv[2]);
}
