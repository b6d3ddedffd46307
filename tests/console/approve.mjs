// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A withdrawal from the request to money that has moved, in browsers of several people with FIDO2 keys, against a real server,
// the offline signer and a local Ethereum node. The stories follow on each other: they are one night of one treasury.
//   node approve.mjs --cordon PROGRAM [--signer PROGRAM] [--port 18640] [--chromium PROGRAM] [--shots FOLDER]
// Ends with "N passed, N failed, N skipped"; skipped by name without Chromium or anvil (tests/feed/run --parts).
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { Chain, Person, Stage, until, within } from "./guarded.mjs";

const { values: flags } = parseArgs({ options: {
  cordon: { type: "string" }, signer: { type: "string" }, port: { type: "string", default: "18640" }, shots: { type: "string" },
  chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
} });
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const signer = flags.signer ?? join(dirname(resolve(flags.cordon)), "../signer_app/cordon-signer");
const port = Number(flags.port);

const PAYEE = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
const HOT = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"; // Of anvil: it signs for it unasked.
const ETHER = 10n ** 18n;
const STORY_MS = 60_000;
const now = () => new Date().toISOString().replace(/\.\d+Z/, "Z");
const policy = (keys, version, m) => `version: ${version}
people:
${Object.values(keys).map((line) => `  ${line}`).join("\n")}
groups: {treasury: [alice, bob, dave], audit: [carol]}
checks: {screening: off}
rules:
  - {id: small, when: "symbol == ETH and amount <= 1 ETH", then: allow}
  - {id: large, when: "symbol == ETH and amount > 1 ETH", then: hold, approvals: {group: treasury, m: ${m}}, why: Two of the treasury agree to more than one ether}
change: {group: treasury, m: ${m}, delay: 2s}
reset: {group: treasury, m: 2}
`;

const t = {}; // What the stories know together.
const stories = [
  ["four people make keys in the console, before there is a gate", async () => {
    await t.stage.serve(t.config(""));
    for (const [name, ...roles] of [["alice", "approver"], ["bob", "approver"], ["carol", "approver"], ["dave", "approver", "operator"]]) {
      t.stage.account(name, ...roles);
      t[name] = await Person.come(t.browser, t.stage.base, name);
      await t[name].enter();
      const { page } = t[name];
      await page.waitForSelector("h2:has-text('Make a key')");
      assert.equal(await page.inputValue("label:has-text('Your name in the policy') input"), name);
      // Both kinds: those that the authenticator remembers, and those that it must be told.
      if (name === "bob" || name === "carol") await t[name].reach("form input[type=checkbox]", "Space");
      await t[name].reach("button:text-is('Make a key')");
      await page.waitForSelector("h2:has-text('Your line for the policy')");
      t.keys[name] = await page.locator("section:has(h2:has-text('Your line')) pre").first().innerText();
      assert.match(t.keys[name], new RegExp(`^${name}: "fido2-es256:localhost:[A-Za-z0-9+/]{87}="$`));
      const [credential] = await t[name].credentials();
      assert.equal(credential.isResidentCredential, name === "alice" || name === "dave");
    }
    // Under a number no key can be made, and where it can is told.
    const stranger = await Person.come(t.browser, `http://127.0.0.1:${port}`, "alice");
    await stranger.enter();
    await stranger.page.waitForSelector(`text=http://localhost:${port}`);
    assert.equal(await stranger.page.locator("button:text-is('Make a key')").count(), 0);
    await stranger.context.close();
  }],
  ["the policy names these keys, a cold key wants two of them and the gate", async () => {
    const { stage } = t;
    stage.write("policy.yaml", policy(t.keys, 1, 2));
    stage.run(stage.cordon, ["guard", "policy", "validate", "policy.yaml"]);
    const gate = stage.run(stage.cordon, ["guard", "key", "--state", join(stage.data, "gate")]).split("\n").at(-1);
    const members = ["alice", "bob", "dave"].map((name) => ({ name, key: /"(.*)"/.exec(t.keys[name])[1] }));
    stage.write("quorum.json", JSON.stringify({ needed: 2, members, gate }));
    stage.terminal(`'${stage.signer}' new-key -o cold.key --label cold --quorum quorum.json --chain eth --kind evm`);
    t.cold = /0x[0-9a-f]{40}/.exec(stage.terminal(`'${stage.signer}' show --key cold.key --count 1`).toLowerCase())[0];
    stage.write("wallets.csv", `chain,address,set,entity,tier\neth,${t.cold},cold,acme,cold\neth,${HOT},hot,acme,hot\n`);
    const [rich] = await t.chain.call("eth_accounts");
    await t.chain.pay(rich, t.cold, 90n * ETHER);
    await stage.serve(t.config(`watch: {sources: ["evm-rpc:http://127.0.0.1:${t.chain.port}"]}\nguard: {policy: policy.yaml}\n`));
    t.token = stage.token("queue", "operator");
    for (const name of ["alice", "bob", "carol", "dave"]) await t[name].enter(); // Sessions end with the server.
    await t.alice.page.waitForSelector("text=Nothing waits for a decision.");
    // What is not followed is held.
    await within(30_000, "the watch follows the chain", async () => (await t.alice.ask("GET", "/api/watch")).data.sources.some((one) => one.chain === "eth" && one.state === "live"));
  }],
  ["a request over the API is held, and the screen says in words what it would do", async () => {
    assert.equal((await t.request("wd-1", 5n)).verdict, "hold");
    const { page } = t.alice;
    // The list tells that it has changed, and moves only when asked.
    await page.click("text=Something has changed");
    await page.waitForSelector("tr:has-text('wd-1'):has-text('2 of treasury')");
    await t.alice.open("/guard/wd-1", "text=What it would do");
    const body = await page.locator("main").innerText();
    assert.match(body, /pays 5 ETH to 0x70997970/);
    assert.match(body, /Two of the treasury agree to more than one ether/);
    assert.match(body, /0 of 2 of treasury/);
    await t.shot("guard-withdrawal", page);
  }],
  ["the first of two reads and signs by keyboard alone", async () => {
    const { page } = t.alice;
    await t.alice.open("/watch");
    await t.alice.keys("g", "g");
    await page.waitForSelector("tr:has-text('wd-1')");
    await t.alice.keys("j", "Enter");
    await page.waitForSelector("text=Who must agree");
    await t.alice.keys("a");
    await page.waitForSelector("dialog pre");
    assert.match(await page.locator("dialog pre").first().innerText(), /decision: approve[^]*by: alice[^]*id: wd-1[^]*amount: 5000000000000000000/);
    await t.shot("guard-sign", page);
    for (let i = 0; i < 12 && !(await page.evaluate(() => document.activeElement.type === "checkbox")); ++i) await t.alice.keys("Tab");
    await t.alice.keys("Space");
    for (let i = 0; i < 6 && !(await page.evaluate(() => document.activeElement.matches("button.primary"))); ++i) await t.alice.keys("Tab");
    await t.alice.keys("Enter");
    await t.alice.told("It still waits.");
    await page.waitForSelector("text=1 of 2 of treasury");
  }],
  ["the same person twice is once", async () => {
    const { page } = t.alice;
    await t.alice.keys("a");
    await page.waitForSelector("dialog >> text=It would not count: alice has agreed already.");
    assert.equal(await page.locator("dialog button:has-text('with the key')").count(), 0);
    const answer = await t.alice.force(await t.text("alice", "wd-1"));
    assert.deepEqual([answer.status, /alice has given one already/.test(answer.detail)], [403, true], JSON.stringify(answer));
  }],
  ["who is in none of the groups is told so, and does not count", async () => {
    await t.carol.open("/guard/wd-1", "text=Who must agree");
    await t.carol.keys("a");
    await t.carol.page.waitForSelector("dialog >> text=carol is in none of the groups that are asked");
    assert.equal(await t.carol.page.locator("dialog button:has-text('with the key')").count(), 0);
    const answer = await t.carol.force(await t.text("carol", "wd-1"));
    assert.deepEqual([answer.status, /carol is in none of the groups/.test(answer.detail)], [403, true], JSON.stringify(answer));
    assert.equal((await t.alice.ask("GET", "/api/guard/withdrawals/wd-1")).data.verdict.approvals_needed[0].given, 1);
  }],
  ["nobody agrees to what he, or a program of his, asked for", async () => {
    for (const [id, requester] of [["wd-own", "dave"], ["wd-bot", "dave/bot"]]) {
      const asked = await t.dave.ask("POST", "/api/guard/withdrawals", t.form(id, 2n, requester));
      assert.equal(asked.data?.verdict, "hold", JSON.stringify(asked));
      await t.dave.open(`/guard/${id}`, "text=Who must agree");
      await t.dave.keys("a");
      await t.dave.page.waitForSelector("dialog >> text=It would not count: dave asked for it and cannot agree to it.");
      assert.equal(await t.dave.page.locator("dialog button:has-text('with the key')").count(), 0);
      const answer = await t.dave.force(await t.text("dave", id));
      assert.deepEqual([answer.status, /nobody agrees to what he asked for himself/.test(answer.detail)], [403, true], JSON.stringify(answer));
    }
  }],
  ["the line breaks between signing and handing in: nothing is signed twice", async () => {
    const { page } = t.bob;
    await page.route("**/api/guard/statements", (route) => route.abort());
    await t.bob.sign("wd-1");
    await page.waitForSelector("dialog >> text=Signed, but no answer came.");
    await t.shot("guard-lost", page);
    const signed = await t.bob.signatures();
    // Closed by mistake: what was signed is still there.
    await t.bob.keys("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    await t.bob.keys("a");
    await page.waitForSelector("dialog >> text=Signed, but no answer came.");
    // Now the answer is lost, and not the question.
    await page.unroute("**/api/guard/statements");
    await page.route("**/api/guard/statements", async (route) => { await route.fetch(); await route.abort(); }, { times: 1 });
    await page.click("dialog button:text-is('Hand it in again')");
    await until(page, () => document.querySelector("h1").innerText.includes("Allowed"));
    await page.waitForSelector("dialog >> text=Signed, but no answer came.");
    await page.click("dialog button:text-is('Hand it in again')");
    await t.bob.told("It had arrived the first time");
    assert.equal(await t.bob.signatures(), signed, "a key was touched again");
    const { data } = await t.bob.ask("GET", "/api/guard/withdrawals/wd-1");
    assert.deepEqual(data.approvals.map((one) => one.by).sort(), ["alice", "bob"]);
  }],
  ["what was let through waits among the unaccounted, its bundle is signed offline, and the money leaves", async () => {
    const { stage } = t;
    const { page } = t.dave;
    await t.dave.open("/guard?tab=unaccounted", "h2:has-text('Let through, and not left yet')");
    await page.waitForSelector("li:has-text('wd-1')");
    await page.click("li a:text-is('wd-1')");
    await page.waitForSelector("h3:has-text('Compare with the device')");
    // The other screen: what the console shows of the payload.
    const shown = (await page.locator("dl.facts:has(dt:has-text('signing hash')) dd .groups").first().innerText()).replace(/\s/g, "").replace(/^0x/, "").toLowerCase();
    assert.match(shown, /^[0-9a-f]{64}$/);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("a:has-text('Bundle for the signer')")]);
    await file.saveAs(join(stage.folder, "wd-1.bundle"));
    const said = stage.terminal(`'${stage.signer}' sign --key cold.key --bundle wd-1.bundle -o wd-1.signed`, `  signing hash  0x${shown}`);
    assert.match(said, /AGREED BY alice, bob/);
    // One letter is another: refused, whoever made it.
    stage.write("bad.bundle", stage.read("wd-1.bundle").replace("5000000000000000000", "6000000000000000000"));
    assert.throws(() => stage.terminal(`'${stage.signer}' verify-bundle --key cold.key --bundle bad.bundle`), /5|not signed/);
    t.left = await t.chain.call("eth_sendRawTransaction", stage.read("wd-1.signed").trim());
    await within(20_000, "the gate sees it leave", async () => (await t.dave.ask("GET", "/api/guard/withdrawals/wd-1")).data.tx === t.left);
    await page.waitForSelector("dt:text-is('Left in')");
    await t.dave.open("/guard?tab=unaccounted", "h2:has-text('Let through, and not left yet')");
    assert.equal(await page.locator("li:has-text('wd-1')").count(), 0);
    assert.equal(await page.locator("text=none that was seen").count(), 1);
  }],
  // More than a hundredth of the wallet: less says nothing where no price is known.
  ["a payment that nobody asked for is told, by the gate and by the watch; the one that was asked for is not", async () => {
    const stolen = await t.chain.pay(HOT, PAYEE, 300n * ETHER);
    const { page } = t.dave;
    await page.waitForSelector("li:has-text('nobody asked for it')", { timeout: 20_000 });
    await t.shot("guard-unaccounted", page);
    // D07 waits a minute of block time for a queue that is late.
    await t.chain.call("evm_increaseTime", 120);
    const d07 = () => t.dave.ask("GET", "/api/alerts?detector=D07").then((answer) => answer.data.items);
    await within(30_000, "D07", async () => {
      await t.chain.call("anvil_mine", "0x1");
      return (await d07()).length > 0;
    });
    assert.deepEqual((await d07()).flatMap((alert) => alert.txs), [stolen]);
  }],
  ["what was changed after it was signed, of another payload, or expired does not count, and the screen says why", async () => {
    await t.request("wd-2", 4n);
    const text = await t.text("alice", "wd-2");
    const asked = await t.queue("POST", "/api/guard/withdrawals", t.form("wd-2", 6n, "queue"));
    assert.deepEqual([asked.status, /this id was asked for something else before/.test(asked.detail)], [409, true]);
    for (const [from, to, why] of [
      ["amount: 4000000000000000000", "amount: 6000000000000000000", /nothing that waits is what it is about/],
      [/payload sha256: \w+/, `payload sha256: ${"ab".repeat(32)}`, /nothing that waits is what it is about/],
      [/policy: \w+/, `policy: ${"cd".repeat(32)}`, /given under another policy/],
      [/time: (\S+)\nexpires: \S+/, "time: 2026-01-01T00:00:00Z\nexpires: 2026-01-01T01:00:00Z", /it expired at 2026-01-01T01:00:00Z/],
    ]) {
      const changed = text.replace(from, to);
      assert.notEqual(changed, text);
      const answer = await t.alice.force(changed);
      assert.deepEqual([answer.status, why.test(answer.detail)], [403, true], JSON.stringify(answer));
    }
    // On the screen: another's statement, and one whose time is over.
    const { page } = t.alice;
    await t.alice.open("/guard/wd-2", "text=Who must agree");
    await t.alice.keys("a");
    await page.waitForSelector("dialog pre");
    await page.check("dialog input[type=checkbox]");
    await page.fill("dialog textarea", JSON.stringify({ text: text.replace("4000000000000000000", "6000000000000000000"), signature: "AA==" }));
    await page.click("dialog button:text-is('Hand it in')");
    await page.waitForSelector("dialog >> text=about something else");
    await page.fill("dialog textarea", JSON.stringify({ text, signature: "AA==" }));
    await page.click("dialog button:text-is('Hand it in')");
    await page.waitForSelector("dialog [role=alert]:has-text('It does not count')");
    assert.equal(await page.isChecked("dialog input[type=checkbox]"), false, "a new text is read anew");
    await page.route("**/statement?*", async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      body.data.expires = "2026-01-01T00:00:00Z";
      await route.fulfill({ response: answer, json: body });
    }, { times: 1 });
    await t.alice.keys("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    await t.alice.keys("a");
    await page.waitForSelector("dialog pre");
    await t.alice.consent();
    await page.waitForSelector("dialog >> text=The text had expired before you signed.");
    await t.alice.consent();
    await t.alice.told("It still waits.");
  }],
  ["a no is signed as well, ends it, and says whose it was", async () => {
    await t.request("wd-3", 7n);
    await t.bob.sign("wd-3", "r");
    await until(t.bob.page, () => document.querySelector("h1").innerText.includes("Denied"));
    await t.bob.page.waitForSelector("text=bob said no");
    assert.equal(await t.bob.page.locator("header.head button:has-text('Approve')").count(), 0);
    assert.equal((await t.request("wd-3", 7n)).verdict, "deny");
  }],
  ["a policy is proposed and signed in the console, begins after its delay, and what was agreed before is stale", async () => {
    const before = (await t.alice.ask("GET", "/api/guard/withdrawals/wd-2")).data;
    assert.equal(before.approvals.length, 1);
    const next = policy(t.keys, 2, 2).replace("amount <= 1 ETH", "amount <= 2 ETH").replace("amount > 1 ETH", "amount > 2 ETH");
    await t.dave.open("/guard?tab=policy", "text=Propose another policy");
    await t.dave.reach("summary:has-text('Propose another policy')");
    await t.dave.page.fill("textarea", next.replace("rules:", "ruls:"));
    await t.dave.reach("button:text-is('Propose')");
    await t.dave.page.waitForSelector(".toasts :text('ruls')");
    await t.dave.page.fill("textarea", next);
    await t.dave.reach("button:text-is('Propose')");
    await t.dave.page.waitForSelector("h2:has-text('Proposed: version 2')");
    await t.dave.reach("button:has-text('Sign for it')");
    await t.dave.page.waitForSelector("dialog >> text=It would not count: dave proposed it and cannot agree to it.");
    for (const name of ["alice", "bob"]) {
      await t[name].open("/guard?tab=policy", "h2:has-text('Proposed: version 2')");
      await t[name].reach("button:has-text('Sign for it')");
      await t[name].page.waitForSelector("dialog pre");
      await t[name].consent();
      await t[name].told("The statement counts.");
    }
    await within(15_000, "version 2", async () => (await t.bob.ask("GET", "/api/guard/policy")).data.version === 2);
    await t.bob.open("/guard/wd-2", "text=Who must agree");
    await t.bob.page.waitForSelector("text=Another policy has begun");
    await t.shot("guard-stale", t.bob.page);
    for (const name of ["bob", "alice"]) {
      await t[name].sign("wd-2");
      await t[name].told("The statement counts.");
    }
    await until(t.alice.page, () => document.querySelector("h1").innerText.includes("Allowed"));
  }],
  ["a breaker is tripped with a few keys, stops what was let through, and only the quorum resets it", async () => {
    const { page } = t.dave;
    await t.dave.open("/guard/wd-2", "text=Who must agree");
    await t.dave.keys("b");
    await page.waitForSelector("h2:has-text('Stop withdrawals')");
    await until(page, () => document.activeElement?.tagName === "TEXTAREA");
    assert.equal(await page.inputValue("input[list=breakers]"), `wallet eth:${t.cold}`);
    await page.keyboard.type("somebody rang and said so");
    await t.dave.keys("Tab", "Enter");
    await page.waitForSelector("article:has-text('somebody rang and said so')");
    await t.shot("guard-breakers", page);
    assert.equal((await t.queue("GET", "/api/guard/withdrawals/wd-2/bundle")).status, 409);
    assert.equal((await t.request("wd-4", 1n)).verdict, "hold");
    await t.bob.open("/guard/wd-4", "text=somebody rang and said so");
    for (const name of ["alice", "bob"]) {
      await t[name].open("/guard?tab=breakers", "article");
      await t[name].reach("button:has-text('Sign for the reset')");
      await t[name].page.waitForSelector("dialog pre");
      await t[name].consent();
      await t[name].told("The statement counts.");
    }
    await page.waitForSelector("text=Nothing is stopped.");
    assert.equal((await t.request("wd-4", 1n)).verdict, "allow");
  }],
  ["what was let through can be taken back", async () => {
    const { page } = t.dave;
    await t.dave.open("/guard/wd-4", "text=Who must agree");
    await t.dave.reach("button:has-text('Cancel…')");
    await page.waitForSelector("dialog textarea");
    await until(page, () => document.activeElement?.tagName === "TEXTAREA");
    await page.keyboard.type("the customer changed his mind");
    await t.dave.reach("button:text-is('Cancel it for good')");
    await until(page, () => document.querySelector("h1").innerText.includes("Denied"));
    await page.waitForSelector("text=taken back by dave: the customer changed his mind");
    assert.equal((await t.queue("GET", "/api/guard/withdrawals/wd-4/bundle")).status, 409);
  }],
  ["a withdrawal is found by a part of its id, by Ctrl-K, and by its link", async () => {
    const { page } = t.carol;
    await t.carol.open("/watch");
    await t.carol.keys("Control+k");
    await page.waitForSelector("dialog[open] input");
    await page.keyboard.type("OWN");
    await page.waitForSelector("#lines >> text=withdrawal wd-own");
    await t.carol.keys("Enter");
    await page.waitForURL("**/guard/wd-own");
    await page.waitForSelector("h1:has-text('wd-own')");
    await t.carol.open("/search?q=wd-", "h2:has-text('Withdrawals')");
    assert.equal(await page.locator("section:has(h2:text-is('Withdrawals')) tr").count(), 6);
    await t.carol.open("/guard/wd-none", "text=nobody asked for it");
  }],
  ["nothing of Guard is wider than a telephone, or than twice the letters", async () => {
    for (const [what, how, scale] of [["390", { width: 390, height: 844 }, 1], ["200", { width: 1280, height: 900 }, 2]]) {
      const { page } = t.alice;
      await page.setViewportSize(how);
      for (const [name, path, shows] of [["list", "/guard?tab=all", "tr:has-text('wd-own')"], ["one", "/guard/wd-own", "h3:has-text('Compare')"],
        ["sign", "/guard/wd-own?sign=approve", "dialog pre"], ["breakers", "/guard?tab=breakers", "h2"], ["policy", "/guard?tab=policy", "h3"],
        ["unaccounted", "/guard?tab=unaccounted", "li:has-text('nobody asked')"], ["key", "/guard?tab=key", "h2"]]) {
        await t.alice.open(path);
        await page.evaluate((times) => { document.documentElement.style.fontSize = `${87.5 * times}%`; }, scale);
        await page.waitForSelector(shows);
        const wide = await page.evaluate(() => {
          const boxes = [document.documentElement, document.querySelector("main"), document.querySelector("dialog[open] .body")].filter(Boolean);
          return boxes.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`);
        });
        await t.shot(`guard-${name}-${what}`, page);
        assert.deepEqual(wide, [], `${name} at ${what}`);
      }
    }
  }],
];

const parts = join(root, "out/anvil/node_modules/@foundry-rs");
const [anvil] = (existsSync(parts) ? readdirSync(parts) : []).map((name) => join(parts, name, "bin/anvil")).filter((path) => /anvil-linux-/.test(path) && existsSync(path));
const missing = !existsSync(flags.chromium) ? flags.chromium : anvil === undefined ? "anvil (tests/feed/run --parts)" : !existsSync(signer) ? signer : null;
if (missing !== null) {
  console.log(`${missing}: not there\n0 passed, 0 failed, ${stories.length} skipped`);
  process.exit(0);
}
const { chromium } = await import("../../web/node_modules/playwright-core/index.mjs");
if (flags.shots) mkdirSync(flags.shots, { recursive: true });
Object.assign(t, {
  keys: {},
  stage: new Stage({ cordon: flags.cordon, signer, port }),
  chain: new Chain(anvil, port + 1),
  browser: await chromium.launch({ executablePath: flags.chromium, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] }),
  config: (more) => `version: 1\nname: Night treasury\ndata: ${t.stage.data}\nlisten: 127.0.0.1:${port}\n${more === "" ? "" : "known: [wallets:wallets.csv]\n"}${more}`,
  shot: (name, page) => (flags.shots ? page.screenshot({ path: join(flags.shots, `${name}.png`) }) : undefined),
  /** A request. Only one is ever carried out: its nonce is the first. */
  form(id, ethers, requester) {
    const value = BigInt(ethers) * ETHER;
    const data = t.stage.payload("evm", "--chain", 1, "--nonce", 0, "--to", PAYEE, "--value", value);
    return { id, chain: "eth", asset: "native", from: t.cold, to: PAYEE, amount: String(value), requester, time: t.asked[id] ??= now(), payload: { type: "evm", data } };
  },
  asked: {},
  /** As the program that has the queue's token. */
  async queue(method, path, body) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}),
      headers: { Authorization: `Bearer ${t.token}`, "Content-Type": "application/json" } });
    return { status: answer.status, ...(await answer.json()) };
  },
  async request(id, ethers) {
    const answer = await t.queue("POST", "/api/guard/withdrawals", t.form(id, ethers, "queue"));
    if (answer.data === undefined) throw new Error(JSON.stringify(answer));
    return answer.data;
  },
  /** What somebody would sign. */
  text: async (by, id) => (await t[by].ask("GET", `/api/guard/withdrawals/${id}/statement?by=${by}`)).data.text,
});
await t.chain.up();
let passed = 0, failed = 0;
for (const [name, run] of stories) {
  let timer;
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error("took too long")), STORY_MS); });
  const people = () => ["alice", "bob", "carol", "dave"].map((one) => t[one]).filter(Boolean);
  try {
    await Promise.race([run(), late]);
    const wrong = people().flatMap((one) => one.wrong.splice(0));
    if (wrong.length > 0) throw new Error(`a browser said: ${wrong.join("; ")}`);
    ++passed;
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n        ${String(error?.stack ?? error).slice(0, 2500).replaceAll("\n", "\n        ")}`);
    for (const one of people()) if (flags.shots) await one.page.screenshot({ path: join(flags.shots, `failed-${failed}-${one.name}.png`) }).catch(() => undefined);
  }
  clearTimeout(timer);
  // Later stories stand on these.
  if (failed > 0 && passed < 2) break;
}
await t.browser.close();
await t.stage.end();
t.chain.child.kill("SIGTERM");
await t.chain.child.over;
rmSync(t.stage.folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, ${stories.length - passed - failed} skipped`);
process.exit(failed > 0 ? 1 : 0);
