// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A real `cordon serve --case` and a Chromium that is signed in to it, for stories and pictures. The console's own parts: nothing
// more to install than `npm ci` in web/.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Ends by itself after so long, whatever becomes of us. */
export async function serve({ cordon, theft, port, seconds }) {
  const folder = mkdtempSync(join(tmpdir(), "cordon-console-"));
  const server = spawn("timeout", ["--foreground", String(seconds), cordon, "serve", "--case", theft, "--data", join(folder, "data"),
    "--listen", `127.0.0.1:${port}`, "--open"], { stdio: ["ignore", "pipe", "ignore"] });
  process.once("exit", () => { server.kill("SIGTERM"); });
  const entry = await new Promise((done, failed) => {
    let text = "";
    server.stdout.on("data", (chunk) => {
      text += chunk;
      const link = /http:\S+#entry=\w+/.exec(text);
      if (link) done(link[0]);
    });
    server.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
  async function end() {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill("SIGTERM");
    await ended; // It writes until it ends.
    rmSync(folder, { recursive: true, force: true });
  }
  return { entry, base: new URL(entry).origin, folder, end };
}

export async function browse(program) {
  const { chromium } = await import("../../web/node_modules/playwright-core/index.mjs");
  return chromium.launch({ executablePath: program,
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--use-angle=swiftshader", "--enable-unsafe-swiftshader"] });
}

/** Not page.waitForFunction: it evaluates text, which the console's policy forbids. */
export async function until(page, holds, argument, ms = 10_000) {
  const end = Date.now() + ms;
  // A page that is being left cannot be asked.
  while (!(await page.evaluate(holds, argument).catch(() => false))) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds} ${argument ?? ""}`);
    await page.waitForTimeout(50);
  }
}

/** GET and POST of the API in the page's session. */
export const ofPage = (page, method) => (path, body) => page.evaluate(async ([how, where, what]) => {
  const { data: session } = await (await fetch("/api/session")).json();
  const answer = await fetch(where, { method: how, ...(what === undefined ? {} : { body: JSON.stringify(what) }),
    headers: { "Content-Type": "application/json", "X-Cordon-CSRF": session.csrf } });
  return answer.json();
}, [method, path, body]);
