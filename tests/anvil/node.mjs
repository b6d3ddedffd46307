// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A local node that ends with us: on a free port of 127.0.0.1, killed by its own process id only.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const START_MS = 30_000;
const CALL_MS = 60_000;

/// The binary of this machine's platform package.
function binary() {
  const platform = `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
  return require.resolve(`${platform}/bin/anvil`);
}

const FREE_OF_CHARGE = ["--chain-id", "31337", "--hardfork", "prague", "--base-fee", "0", "--gas-price", "0"];

export async function startNode(flags = FREE_OF_CHARGE) {
  const child = spawn(binary(), ["--host", "127.0.0.1", "--port", "0", ...flags],
    { stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => child.kill("SIGTERM");
  process.on("exit", stop);
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the node did not start in time")), START_MS);
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = /Listening on (127\.0\.0\.1:\d+)/.exec(text);
      if (found) {
        clearTimeout(timer);
        resolve(`http://${found[1]}`);
      }
    });
    child.on("exit", (code) => reject(new Error(`the node ended with ${code}`)));
  });
  let id = 0;
  const call = async (method, ...params) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const answer = await response.json();
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  return { call, stop, url };
}
