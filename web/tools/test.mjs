// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Runs every *_test.ts under src with Node's own runner. esbuild compiles them, since the Node of Debian 12 does not read
// TypeScript. `node tools/test.mjs amount` runs those whose path has "amount" in it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv[2] ?? "";
const tests = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith("_test.ts"))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .filter((path) => relative(root, path).includes(wanted))
  .sort();
if (tests.length === 0) {
  console.error(`no test has "${wanted}" in its path`);
  process.exit(2);
}

const out = mkdtempSync(join(tmpdir(), "cordon-web-"));
try {
  await build({
    entryPoints: tests,
    outdir: out,
    outbase: join(root, "src"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node18",
    sourcemap: "inline",
    // What a browser has of itself, and the Node of Debian 12 has not.
    banner: { js: 'import { webcrypto as cordonWebcrypto } from "node:crypto"; globalThis.crypto ??= cordonWebcrypto;' },
    logLevel: "warning",
  });
  const files = tests.map((path) => join(out, relative(join(root, "src"), path).replace(/\.ts$/, ".mjs")));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
