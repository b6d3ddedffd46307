// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What stands around the stories of approve.mjs: a local chain, a cold key, `cordon serve` with gate and watch, and people with
// an authenticator each. All of it ends with the program.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const LIVES_SECONDS = "1200"; // Whatever becomes of us; a busy machine takes its time.
const PASSWORD = "correct horse battery";
const START_MS = 60_000;
const TABS_AT_MOST = 120;

/** Ends when its time is over, or with us. */
function child(command, args, how = {}) {
  const started = spawn("timeout", ["--foreground", LIVES_SECONDS, command, ...args], { stdio: ["ignore", "pipe", "pipe"], ...how });
  process.once("exit", () => started.kill("SIGTERM"));
  started.said = "";
  for (const stream of [started.stdout, started.stderr]) stream.on("data", (data) => { started.said += data; });
  started.over = new Promise((done) => started.once("exit", done));
  return started;
}
async function within(ms, what, holds) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await holds();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not in ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

export class Chain {
  constructor(anvil, port) {
    this.port = port;
    this.child = child(anvil, ["--host", "127.0.0.1", "--port", String(port), "--chain-id", "1", "--block-time", "1", "--base-fee", "0", "--gas-price", "0"]);
  }
  async call(method, ...params) {
    const answer = await fetch(`http://127.0.0.1:${this.port}`, { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
    const said = await answer.json();
    if (said.error) throw new Error(`${method}: ${said.error.message}`);
    return said.result;
  }
  up() {
    return within(START_MS, "anvil", () => this.call("eth_chainId").catch(() => null));
  }
  async pay(from, to, value) {
    return this.call("eth_sendTransaction", { from, to, value: `0x${BigInt(value).toString(16)}` });
  }
}

export class Stage {
  folder = mkdtempSync(join(tmpdir(), "cordon-approve-"));
  constructor({ cordon, signer, port }) {
    Object.assign(this, { cordon: resolve(cordon), signer: resolve(signer), port });
    this.base = `http://localhost:${port}`;
    this.data = join(this.folder, "data");
  }
  write(name, text) {
    writeFileSync(join(this.folder, name), text);
    return join(this.folder, name);
  }
  read = (name) => readFileSync(join(this.folder, name), "utf8");
  /** A program to its end; its output. */
  run(command, args, input = "") {
    const done = spawnSync(command, args, { cwd: this.folder, input, encoding: "utf8", timeout: 60_000 });
    if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.status} ${done.stderr}${done.error ?? ""}`);
    return done.stdout.trim();
  }
  /** The same by somebody at a terminal; `shown` is what their other screen shows. */
  terminal(command, ...shown) {
    return this.run("python3", [join(here, "in_terminal.py"), this.folder, command, ...shown]);
  }
  async serve(config) {
    await this.end();
    this.write("serve.yaml", config);
    this.server = child(this.cordon, ["serve", "--config", join(this.folder, "serve.yaml")]);
    await within(START_MS, "serve", () => {
      if (this.server.exitCode !== null) throw new Error(`serve has ended: ${this.server.said}`);
      return /https?:\/\//.test(this.server.said);
    });
  }
  async end() {
    this.server?.kill("SIGTERM");
    await this.server?.over;
    this.server = undefined;
  }
  account(name, ...roles) {
    this.run(this.cordon, ["serve", "user", "add", name, ...roles.flatMap((role) => ["--role", role]), "--data", this.data], `${PASSWORD}\n`);
  }
  token(name, ...roles) {
    return this.run(this.cordon, ["serve", "token", "new", name, ...roles.flatMap((role) => ["--role", role]), "--data", this.data]).split("\n").at(-1);
  }
  payload(...args) {
    return this.run("python3", [join(root, "examples/guard/payload"), ...args.map(String)]);
  }
}

/** Not page.waitForFunction: it evaluates text, which the console's policy forbids. */
export async function until(page, holds, argument, ms = 15_000) {
  const end = Date.now() + ms;
  while (!(await page.evaluate(holds, argument))) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds} (${argument ?? ""})\n${(await page.locator("body").innerText()).slice(0, 2000)}`);
    await page.waitForTimeout(50);
  }
}

/** Somebody with a browser and an authenticator of their own. The authenticator is the page's: it stays one page. */
export class Person {
  static async come(browser, base, name, how = {}) {
    const person = new Person();
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"], ...how });
    context.setDefaultTimeout(10_000);
    Object.assign(person, { name, base, context, page: await context.newPage(), wrong: [] });
    person.page.on("pageerror", (error) => person.wrong.push(String(error?.stack ?? error)));
    person.page.on("console", (message) => { if (/Content Security Policy/.test(message.text())) person.wrong.push(message.text()); });
    person.cdp = await context.newCDPSession(person.page);
    await person.cdp.send("WebAuthn.enable");
    const { authenticatorId } = await person.cdp.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "usb",
      hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    person.authenticator = authenticatorId;
    return person;
  }
  async credentials() {
    return (await this.cdp.send("WebAuthn.getCredentials", { authenticatorId: this.authenticator })).credentials;
  }
  /** How often the authenticator has signed. */
  async signatures() {
    return (await this.credentials()).reduce((sum, one) => sum + one.signCount, 0);
  }
  async enter() {
    await this.page.goto(`${this.base}/guard`);
    await this.page.fill("input[name=name]", this.name);
    await this.page.fill("input[name=password]", PASSWORD);
    await this.page.keyboard.press("Enter");
    await this.page.waitForSelector("header nav");
  }
  /** The API in this person's session: {status, …body}. */
  ask(method, path, body) {
    return this.page.evaluate(async ([how, where, what]) => {
      const { data: session } = await (await fetch("/api/session")).json();
      const answer = await fetch(where, { method: how, ...(what === null ? {} : { body: what }), headers: { "Content-Type": "application/json", "X-Cordon-CSRF": session.csrf } });
      return { status: answer.status, ...(await answer.json()) };
    }, [method, path, body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body)]);
  }
  /** Signs any text with this person's own key, past the console, and hands it in: what the gate says. */
  async force(text) {
    const ids = (await this.credentials()).map((one) => one.credentialId);
    const signed = await this.page.evaluate(async ([what, known]) => {
      const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(what));
      const bytes = (one) => Uint8Array.from(atob(one), (c) => c.charCodeAt(0));
      const { response } = await navigator.credentials.get({ publicKey: { challenge, rpId: "localhost", userVerification: "required",
        allowCredentials: known.map((id) => ({ type: "public-key", id: bytes(id) })) } });
      const text64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
      return { text: what, signature: text64(response.signature), authenticator_data: text64(response.authenticatorData), client_data: new TextDecoder().decode(response.clientDataJSON) };
    }, [text, ids]);
    return this.ask("POST", "/api/guard/statements", signed);
  }
  async keys(...names) {
    for (const name of names) await this.page.keyboard.press(name);
  }
  /** To what a selector names by Tab alone, as somebody without a mouse, and there a key. */
  async reach(selector, key = "Enter") {
    const wanted = this.page.locator(selector).first();
    await wanted.waitFor();
    const there = () => wanted.evaluate((node) => node === document.activeElement);
    for (let tabs = 0; !(await there()); ++tabs) {
      if (tabs === TABS_AT_MOST) throw new Error(`${selector} is not reached by ${TABS_AT_MOST} Tabs`);
      await this.keys("Tab");
    }
    await this.keys(key);
  }
  async open(path, shows = "h1") {
    await this.page.goto(`${this.base}${path}`);
    await this.page.waitForSelector(shows);
  }
  dialog = () => this.page.locator("dialog[open]");
  /** Opens a withdrawal's statement by key, reads and signs it. */
  async sign(id, key = "a") {
    await this.open(`/guard/${id}`, "text=Who must agree");
    await this.keys(key);
    await this.page.waitForSelector("dialog pre");
    await this.consent();
  }
  /** Reads it, and touches the key. */
  async consent() {
    await this.reach("dialog input[type=checkbox]", "Space");
    await this.reach("dialog button.primary");
  }
  toasts = () => this.page.locator(".toasts").innerText();
  told = (text, ms) => until(this.page, (what) => document.querySelector(".toasts").innerText.includes(what), text, ms);
}
export { within };
