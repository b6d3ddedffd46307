// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Benign traced txns: README.md. Ends by itself; exit 1 when the self-check fails.
import fs from "node:fs";
import path from "node:path";
import { startNode } from "../node.mjs";
import { Chain } from "./chain.mjs";
import { Random } from "./random.mjs";
import { World } from "./world.mjs";
import { write } from "./write.mjs";

const [txnsText, seed, out] = process.argv.slice(2);
const wanted = Number(txnsText);
const AREAS = ["plain", "dex", "lending", "flash", "earn", "pay", "nft", "launch"];
const START = 1_750_000_000; // 2025-06-15
const QUIET = 200 * 86_400;  // Between the setup and the traffic: contracts and wallets are known by then.
const PER_BLOCK = 16;
const BLOCK_S = 12;
const JUMP_EVERY = 5;        // Blocks between two jumps of hours: governance, vesting and prices need days.
const COMPLEX_PART = 30;     // A complex class has at least 1 of so many: 100 of 3,000.
const PLAIN_PART = 4;        // The plain ones are at least 1 of so many.
const DRY = 60;              // Blocks in a row without a txn after which nothing more can come.

const random = new Random(`traffic ${seed}`);
const node = await startNode(["--chain-id", "1", "--hardfork", "prague", "--timestamp", String(START), "--order", "fifo", "--no-mining",
  "--auto-impersonate", "--gas-limit", "400000000", "--transaction-block-keeper", "64"]);
fs.mkdirSync(out, { recursive: true });
const chain = new Chain(node, random, path.join(out, "blocks.jsonl.gz"));
await chain.call("anvil_setCoinbase", "0x4838B106FCe9647Bdf1E7877BF73cE8B0BAD5f97");
const world = new World(chain, random, seed);
const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(0);

const areas = await Promise.all(AREAS.map((name) => import(`./areas/${name}.mjs`)));
await world.begin();
for (const area of areas) await area.setup(world);
for (const area of areas) await area.stock?.(world);
await world.flush();
const setupBlocks = chain.blocks;
world.time += QUIET;

const classes = Object.assign({}, ...areas.map((each) => each.classes));
const complex = Object.keys(classes).filter((each) => classes[each].complex);
const simple = Object.values(classes).reduce((sum, each) => sum + (each.share ?? 0), 0);
const ofEach = Math.ceil(wanted / COMPLEX_PART);
// What the complex classes leave of the wanted goes to the plain ones by their share, but these are there in any case.
const rest = Math.max(wanted - ofEach * complex.length, Math.ceil(wanted / PLAIN_PART));
for (const each of Object.values(classes)) each.left = each.complex ? ofEach : Math.ceil((each.share / simple) * rest);
const least = Object.fromEntries(Object.entries(classes).map(([name, each]) => [name, each.left]));
/// What a story does later: { time, class, make }.
world.later = [];
let dry = 0;

function draw() {
  const names = Object.keys(classes).filter((each) => classes[each].left > 0);
  let at = random.next() * names.reduce((sum, each) => sum + classes[each].left, 0);
  for (const each of names) if ((at -= classes[each].left) < 0) return each;
  return names.at(-1);
}
async function take(name, make) {
  const txns = await make(world);
  if (!txns) return 0;
  for (const txn of txns) {
    const made = { class: name, ...txn };
    if (made.poor) await world.fund(made.from, 0.1);
    chain.add(made);
    if (classes[made.class]) --classes[made.class].left;
  }
  return txns.length;
}
let traffic = 0;
while (true) {
  world.newBlock();
  const size = Math.max(3, Math.round(random.logNormal(PER_BLOCK, 0.4)));
  const due = world.later.filter((each) => each.time <= world.time).slice(0, size);
  world.later = world.later.filter((each) => !due.includes(each));
  for (const each of due) await take(each.class, each.make);
  for (let tries = 0; chain.queue.length < size && tries < 3 * size; ++tries) {
    const name = draw();
    if (!name) break;
    const got = await take(name, classes[name].make);
    classes[name].tried = (classes[name].tried ?? 0) + (got ? 0 : 1);
  }
  const open = Object.values(classes).some((each) => each.left > 0) && dry <= DRY;
  dry = chain.queue.length ? 0 : dry + 1;
  const idle = dry > 0;
  if (!idle) {
    const txns = await chain.mine(world.time);
    traffic += txns.length;
    for (const txn of txns) {
      world.note(txn);
      await txn.next?.(txn);
    }
    world.time += BLOCK_S;
  }
  if (!open && world.later.length === 0) break;
  if (!open && !due.length) world.time = Math.max(world.time, Math.min(...world.later.map((each) => each.time)));
  else if (idle || random.chance(1 / JUMP_EVERY)) {
    world.time += random.int(3600, 8 * 3600);
    world.walk();
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${traffic} txns in ${chain.blocks - setupBlocks} blocks, ${seconds()} s `);
}
if (process.stderr.isTTY) process.stderr.write("\n");
await chain.close();
node.stop();
write(out, world, { seed, wanted, complex, least, seconds: seconds() });
