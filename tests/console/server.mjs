// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Servers that end with us: on 127.0.0.1, killed by their own process id only, and by themselves when their time is over.
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";

const START_MS = 30_000;
const LIVES_SECONDS = 540; // Whatever becomes of us.

/** A port that nobody has now: of 18600 to 18699, so that it is known what may be taken. */
export async function freePort() {
  for (let port = 18600; port < 18700; ++port) {
    const free = await new Promise((done) => {
      const probe = createServer();
      probe.once("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error("no port of 18600 to 18699 is free");
}

export class Server {
  /** Starts `cordon serve` with the given arguments; a link that signs in once is in `entry`. */
  static async start(cordon, args, port) {
    const server = new Server();
    server.child = spawn("timeout", ["--foreground", String(LIVES_SECONDS), cordon, "serve", ...args, "--open"], { stdio: ["ignore", "pipe", "pipe"] });
    server.said = "";
    server.child.stderr.on("data", (chunk) => (server.said += chunk));
    process.once("exit", () => server.child.kill("SIGTERM"));
    server.ended = new Promise((done) => server.child.once("exit", done));
    server.entry = await new Promise((done, failed) => {
      let text = "";
      const timer = setTimeout(() => failed(new Error(`the server did not start: ${server.said}`)), START_MS);
      server.child.stdout.on("data", (chunk) => {
        text += chunk;
        if (!text.includes("\n")) return;
        clearTimeout(timer);
        done(text.trim());
      });
      server.child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${server.said}`)));
    });
    server.base = new URL(server.entry).origin;
    server.port = port;
    return server;
  }
  async stop() {
    this.child.kill("SIGTERM");
    await this.ended;
  }
}

/** An account, made on the server's machine. It is needed before the server starts: the store has one writer. */
export function addUser(cordon, data, name, password, roles) {
  const made = spawnSync(cordon, ["serve", "user", "add", name, ...roles.flatMap((role) => ["--role", role]), "--data", data], { input: `${password}\n`, timeout: START_MS });
  if (made.status !== 0) throw new Error(`no account: ${made.stderr}`);
}
