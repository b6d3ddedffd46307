// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A page of the flow in Chromium, for pictures and measurements.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const here = fileURLToPath(new URL(".", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Serves the page and `files` (name → bytes) on loopback. */
export async function servePage(files, port = 0) {
  const bundle = await build({
    entryPoints: [join(here, "flow_page.ts")], bundle: true, format: "esm", target: "es2022", minify: true, write: false,
  });
  const page = readFileSync(join(here, "flow_page.html"));
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    if (path === "/") return response.setHeader("Content-Type", "text/html").end(page);
    if (path === "/page.js") return response.setHeader("Content-Type", "text/javascript").end(bundle.outputFiles[0].contents);
    const file = files.get(basename(path));
    if (!file) return response.writeHead(404).end();
    response.setHeader("Content-Type", path.endsWith(".flow") ? "application/vnd.cordon.flow" : "application/json");
    response.end(file);
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

export const launch = () => chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
});
