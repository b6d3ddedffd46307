// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Reads what the generator wrote and trusts nothing of it: README.md. Exit 1 when something is not so.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import zlib from "node:zlib";

const out = process.argv[2];
const manifest = JSON.parse(fs.readFileSync(path.join(out, "manifest.json"), "utf8"));
const told = new Map(manifest.txns.map((each) => [each.hash, each]));
const wrong = [];
const note = (text) => wrong.push(text);
if (told.size !== manifest.txns.length) note("a txn is in the manifest twice");

const seen = new Map();
let parent = null;
let frames = 0;
const depthOf = (frame) => 1 + Math.max(0, ...(frame.calls ?? []).map(depthOf));
const countOf = (frame) => 1 + (frame.calls ?? []).reduce((sum, each) => sum + countOf(each), 0);
const lines = readline.createInterface({ input: fs.createReadStream(path.join(out, manifest.blocks)).pipe(zlib.createGunzip()), crlfDelay: Infinity });
const tally = { blocks: 0, deepest: 0, largest: 0 };
for await (const line of lines) {
  const { block, receipts, calls, changes } = JSON.parse(line);
  ++tally.blocks;
  if (parent && (block.parentHash !== parent.hash || Number(block.number) !== Number(parent.number) + 1 || Number(block.timestamp) <= Number(parent.timestamp)))
    note(`block ${Number(block.number)} does not follow the one before it`);
  parent = block;
  block.transactions.forEach((txn, n) => {
    const said = told.get(txn.hash);
    const label = `${said?.class ?? "unknown"} ${txn.hash}`;
    if (!said || said.block !== Number(block.number)) note(`${label}: the manifest does not have it in this block`);
    if (seen.has(txn.hash)) note(`${label}: mined twice`);
    if (receipts[n]?.transactionHash !== txn.hash) note(`${label}: no receipt`);
    else if ((receipts[n].status === "0x1") === Boolean(said?.fails)) note(`${label}: status ${receipts[n].status}`);
    const [frame, change] = [calls[n], changes[n]];
    if (frame?.txHash !== txn.hash || frame.result?.from !== txn.from) note(`${label}: no call trace`);
    else {
      if (Boolean(frame.result.error) !== Boolean(said?.fails)) note(`${label}: its trace ${frame.result.error ? "failed" : "succeeded"}`);
      const size = countOf(frame.result);
      frames += size;
      tally.largest = Math.max(tally.largest, size);
      tally.deepest = Math.max(tally.deepest, depthOf(frame.result));
    }
    if (change?.txHash !== txn.hash || !change.result?.post) note(`${label}: no state changes`);
    seen.set(txn.hash, said?.class);
  });
}
for (const each of told.keys()) if (!seen.has(each)) note(`${told.get(each).class} ${each}: in no block`);
const traffic = [...seen.values()].filter((each) => each !== "setup").length;
if (traffic < manifest.wanted) note(`${traffic} txns, ${manifest.wanted} wanted`);
for (const [name, { txns, failed, least, complex }] of Object.entries(manifest.classes)) {
  console.log(`${name.padEnd(22)} ${String(txns).padStart(5)}${complex ? "  complex" : ""}${failed ? `  ${failed} failed` : ""}`);
  if (txns < least) note(`${name}: ${txns} txns, at least ${least} wanted`);
}
for (const each of wrong.slice(0, 40)) console.log(`WRONG ${each}`);
console.log(`${traffic} txns and ${seen.size - traffic} of the setup in ${tally.blocks} blocks, ${frames} frames, deepest ${tally.deepest}, ` +
  `largest ${tally.largest}; seed ${manifest.seed}, ${manifest.seconds} s`);
console.log(`${seen.size - Math.min(seen.size, wrong.length)} passed, ${wrong.length} failed`);
process.exitCode = wrong.length ? 1 : 0;
