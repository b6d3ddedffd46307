// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A Safe 1.4.1 of three owners, two of whom must sign, with 100 ETH in it: make_safe.mjs URL OWNER OWNER OWNER. Prints its
// address. Runs where tests/anvil/run --parts has put its parts (out/anvil).
import { AbiCoder, Interface, concat, toBeHex } from "ethers";
import { connect } from "./node.mjs";
import { World, ZERO } from "./world.mjs";

const [url, ...owners] = process.argv.slice(2);
const call = connect(url);
const [account] = await call("eth_accounts");
const world = new World(call, Array(4).fill({ address: account }));
const { artifact, singleton, proxy, handler } = (await world.releases())["1.4.1"];
const safe = await world.create(concat([proxy.bytecode, AbiCoder.defaultAbiCoder().encode(["address"], [singleton])]));
await world.send(safe, new Interface(artifact.abi).encodeFunctionData("setup", [owners, 2, ZERO, "0x", handler, ZERO, 0, ZERO]));
await call("anvil_setBalance", safe, toBeHex(100n * 10n ** 18n));
console.log(safe.toLowerCase());
