// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Contracts as { abi, bytecode }: released ones as their packages built them, ours compiled once into a cache.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import solc from "solc";
import { keccak256, toUtf8Bytes } from "ethers";

const require = createRequire(import.meta.url);
const here = path.dirname(new URL(import.meta.url).pathname);

/// `file` within a package; its `links` name libraries as { Name: address }.
export function released(file, links = {}) {
  const found = require(file);
  let code = found.bytecode?.object ?? found.bytecode ?? found.evm.bytecode.object;
  if (!code.startsWith("0x")) code = `0x${code}`;
  for (const libraries of Object.values(found.linkReferences ?? {})) {
    for (const [name, places] of Object.entries(libraries)) {
      for (const { start, length } of places) {
        code = code.slice(0, 2 + 2 * start) + links[name].slice(2).toLowerCase() + code.slice(2 + 2 * (start + length));
      }
    }
  }
  return { abi: found.abi, bytecode: code };
}

function imported(name) {
  try {
    return { contents: fs.readFileSync(require.resolve(name), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

/// All of contracts/*.sol by name, and what they import of OpenZeppelin.
export function compiled() {
  const folder = path.join(here, "contracts");
  const sources = Object.fromEntries(fs.readdirSync(folder).sort()
    .map((name) => [name, { content: fs.readFileSync(path.join(folder, name), "utf8") }]));
  const input = JSON.stringify({ language: "Solidity", sources, settings: { evmVersion: "cancun", viaIR: false,
    optimizer: { enabled: true, runs: 200 }, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } } });
  const cache = path.join(here, `compiled-${keccak256(toUtf8Bytes(input)).slice(2, 18)}.json`);
  if (fs.existsSync(cache)) return JSON.parse(fs.readFileSync(cache, "utf8"));
  const output = JSON.parse(solc.compile(input, { import: imported }));
  const errors = (output.errors ?? []).filter((each) => each.severity === "error");
  if (errors.length) throw new Error(errors.slice(0, 5).map((each) => each.formattedMessage).join("\n"));
  const all = {};
  for (const contracts of Object.values(output.contracts)) {
    for (const [name, each] of Object.entries(contracts)) all[name] = { abi: each.abi, bytecode: `0x${each.evm.bytecode.object}` };
  }
  fs.writeFileSync(`${cache}.part`, JSON.stringify(all));
  fs.renameSync(`${cache}.part`, cache);
  return all;
}
