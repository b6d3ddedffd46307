// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A world of real Safes on a node that mines every few seconds, and the swap of Bybit on one of them, step by step as
// standard input asks: "swap VERSION" or "pay VERSION" (harmless). Prints one line of JSON for each.
import readline from "node:readline";
import { Wallet, concat, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { startNode } from "./node.mjs";
import { GAS, World, ZERO } from "./world.mjs";

const BLOCK_SECONDS = 3;
const node = await startNode();
process.on("SIGTERM", () => process.exit(1)); // The node ends with us.
const { call } = node;
const signers = [0, 1, 2, 3].map((n) => new Wallet(keccak256(toUtf8Bytes(`cordon anvil ${n}`))));
await call("anvil_impersonateAccount", signers[3].address);
await call("anvil_setBalance", signers[3].address, toBeHex(10n ** 24n));
const world = new World(call, signers);
await world.setup();
await call("evm_setAutomine", false);
await call("evm_setIntervalMining", BLOCK_SECONDS);
console.log(JSON.stringify({ url: node.url, block_seconds: BLOCK_SECONDS,
  safes: Object.fromEntries(world.safes.map((each) => [each.version, each.address])) }));

/// Bybit, 21 February 2025: the Safe calls foreign code by delegatecall, with the selector of an ERC-20 transfer, and that
/// code writes slot 0, where the Safe keeps the address of its own code.
async function run(what, version) {
  const safe = world.safes.find((each) => each.version === version);
  const swap = what === "swap";
  const to = swap ? world.swap : signers[0].address;
  const data = swap ? world.interfaces.Swap.encodeFunctionData("transfer", [signers[3].address, 0n]) : "0x";
  const nonce = (await world.view(safe.address, safe.contract, "nonce"))[0];
  const fields = [to, swap ? 0n : 1n, data, swap ? 1 : 0, 0n, 0n, 0n, ZERO, ZERO];
  const [hash] = await world.view(safe.address, safe.contract, "getTransactionHash", ...fields, nonce);
  const signatures = concat(signers.slice(0, 2).sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
    .map((each) => each.signingKey.sign(hash).serialized));
  const input = safe.contract.encodeFunctionData("execTransaction", [...fields, signatures]);
  const sent = await call("eth_sendTransaction", { from: world.sender, to: safe.address, data: input, gas: GAS, gasPrice: "0x0" });
  let receipt = null;
  while (!(receipt = await call("eth_getTransactionReceipt", sent))) await new Promise((resolve) => setTimeout(resolve, 20));
  const slot = await call("eth_getStorageAt", safe.address, toBeHex(0), "latest");
  return { txn: sent, block: Number(receipt.blockNumber), swapped: BigInt(slot) === BigInt(signers[3].address),
    status: receipt.status };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, version] = line.split(" ");
  console.log(JSON.stringify(await run(what, version)));
}
node.stop();
