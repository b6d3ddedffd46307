// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The whole console, as the server sends it, must stay small: it is read over bad lines at bad hours, and every byte of it
// is attack surface. Fails when dist/ is larger than the limit.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 150; // docs/decisions/0017-console.md
const dist = fileURLToPath(new URL("../dist", import.meta.url));

let files;
try {
  files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
} catch {
  console.error("size: no dist/, run `npm run build` first");
  process.exit(2);
}
const rows = files
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .map((path) => ({ path: relative(dist, path), size: gzipSync(readFileSync(path), { level: 9 }).length }))
  .sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);
for (const row of rows) console.log(`${kb(row.size)} kB gz  ${row.path}`);
const total = rows.reduce((sum, row) => sum + row.size, 0);
console.log(`${kb(total)} kB gz  in all, of ${LIMIT_KB}`);
if (total > LIMIT_KB * 1000) {
  console.error("size: too large");
  process.exit(1);
}
