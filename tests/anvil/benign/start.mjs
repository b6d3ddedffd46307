// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A node as mainnet looks from outside, and the world on it.
import fs from "node:fs";
import path from "node:path";
import { startNode } from "../node.mjs";
import { Chain } from "./chain.mjs";
import { Random } from "./random.mjs";
import { World } from "./world.mjs";

export const START = 1_750_000_000; // 2025-06-15
const QUIET = 200 * 86_400;         // Between the setup and the traffic: contracts and wallets are known by then.
const BUILDER = "0x00000000000000000000000000000000b01de700";

export async function start(seed, out, setup) {
  const random = new Random(`traffic ${seed}`);
  const node = await startNode(["--chain-id", "1", "--hardfork", "prague", "--timestamp", String(START), "--order", "fifo", "--no-mining",
    "--auto-impersonate", "--gas-limit", "400000000", "--transaction-block-keeper", "64"]);
  fs.mkdirSync(out, { recursive: true });
  const chain = new Chain(node, random, path.join(out, "blocks.jsonl.gz"));
  await chain.call("anvil_setCoinbase", BUILDER);
  const world = new World(chain, random, seed, START);
  await world.begin();
  await setup(world);
  await world.flush();
  world.time += QUIET;
  return { node, chain, random, world };
}
/// Tells a person how far it is, where one looks.
export function progress(text) { if (process.stderr.isTTY) process.stderr.write(`\r${text} `); }
