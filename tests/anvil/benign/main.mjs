// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Benign traced txns: README.md. Ends by itself; exit 1 when the self-check fails.
import { progress, start } from "./start.mjs";
import { write } from "./write.mjs";

const [txnsText, seed, out] = process.argv.slice(2);
const wanted = Number(txnsText);
const AREAS = ["plain", "dex", "lending", "flash", "earn", "pay", "nft", "launch", "govern", "safe", "bundle"];
const PER_BLOCK = 16;
const BLOCK_S = 12;
const JUMP_EVERY = 5;        // Blocks between two jumps of hours: governance, vesting and prices need days.
const COMPLEX_PART = 30;     // A complex class has at least 1 of so many: 100 of 3,000.
const PLAIN_PART = 4;        // The plain ones are at least 1 of so many.
const VAIN = 3;              // So many draws in vain, and the class waits for the next block.
const DRY = 60;              // Blocks in a row without a txn after which nothing more can come.

const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(0);
const areas = await Promise.all(AREAS.map((name) => import(`./areas/${name}.mjs`)));
const { node, chain, random, world } = await start(seed, out, async (made) => {
  for (const area of areas) await area.setup(made);
  for (const area of areas) await area.stock?.(made);
});
const setupBlocks = chain.blocks;

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
const vain = new Map(); // Draws of this block that came to nothing.
let dry = 0;

/// A class by how many of it are still to come, without those that are under way.
function draw() {
  const open = Object.keys(classes).filter((name) => (vain.get(name) ?? 0) < VAIN).map((name) => [name, classes[name].left - world.later.filter((each) => each.class === name).length]).filter(([, left]) => left > 0);
  let at = random.next() * open.reduce((sum, [, left]) => sum + left, 0);
  return (open.find(([, left]) => (at -= left) < 0) ?? open.at(-1))?.[0];
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
  vain.clear();
  const size = Math.max(3, Math.round(random.logNormal(PER_BLOCK, 0.4)));
  const due = world.later.filter((each) => each.time <= world.time).slice(0, size);
  world.later = world.later.filter((each) => !due.includes(each));
  for (const each of due) await take(each.class, each.make);
  for (let tries = 0; chain.queue.length < size && tries < 3 * size; ++tries) {
    const name = draw();
    if (!name) break;
    const got = await take(name, classes[name].make);
    if (!got) vain.set(name, (vain.get(name) ?? 0) + 1);
  }
  const open = Object.values(classes).some((each) => each.left > 0) && dry <= DRY;
  dry = chain.queue.length ? 0 : dry + 1;
  const idle = dry > 0;
  if (!idle) {
    const txns = await chain.mine();
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
  progress(`${traffic} txns in ${chain.blocks - setupBlocks} blocks, ${seconds()} s`);
}
await chain.close();
node.stop();
write(out, world, { seed, wanted, complex, least, seconds: seconds() });
