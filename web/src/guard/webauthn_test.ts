// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { missing, type GuardRequest, type Statement } from "./types";
import { assertionRequest, hex, obstacle, readCredentials, readSigned, sha256, signedStatement } from "./webauthn";

const TEXT = "cordon statement v1\ndecision: approve\nby: alice\ntime: 2026-01-01T00:00:00Z\nexpires: 2026-01-01T01:00:00Z\n\ncordon withdrawal v1\nid: wd-1\ntime: 2026-01-01T00:00:00Z\n";
const statement = async (more: Partial<Statement> = {}): Promise<Statement> =>
  ({ text: TEXT, sha256: hex(await sha256(TEXT)), key_kind: "fido2-es256", rp: "cordon.example", policy_sha256: "", expires: "", command: "", ...more });

test("the challenge is the digest of the text that is shown", async () => {
  const request = await assertionRequest(await statement());
  assert.equal(hex(request.challenge as Uint8Array), hex(await sha256(TEXT)));
  assert.deepEqual([request.rpId, request.userVerification], ["cordon.example", "required"]);
});

test("a server whose digest is of another text gets no signature", async () => {
  await assert.rejects(assertionRequest(await statement({ sha256: "00".repeat(32) })), /Do not sign/);
});

test("what cannot work is said before anybody touches a key", async () => {
  const at = (hostname: string, protocol = "https:") => ({ hostname, protocol });
  assert.equal(obstacle(await statement(), at("cordon.example"), true), null);
  assert.equal(obstacle(await statement(), at("console.cordon.example"), true), null);
  assert.match(obstacle(await statement(), at("evilcordon.example"), true)!, /was made for/);
  assert.match(obstacle(await statement(), at("cordon.example", "http:"), true)!, /https/);
  assert.equal(obstacle(await statement({ rp: "localhost" }), at("localhost", "http:"), true), null);
  assert.match(obstacle(await statement({ rp: "localhost" }), at("x.localhost", "http:"), true)!, /https/);
  assert.match(obstacle(await statement({ key_kind: "ed25519" }), at("cordon.example"), true)!, /file/);
  assert.match(obstacle(await statement(), at("cordon.example"), false)!, /browser/);
});

test("keys that keep nothing are told by their ids", async () => {
  const ids = readCredentials(" AQL/ \n AQL_,");
  assert.deepEqual(ids.map((id) => [...id]), [[1, 2, 255], [1, 2, 255]]);
  assert.deepEqual((await assertionRequest(await statement(), ids)).allowCredentials?.map((one) => one.id), ids);
  assert.deepEqual(readCredentials(""), []);
  assert.throws(() => readCredentials("not base64!"), /base64/);
  assert.throws(() => readCredentials("AA ".repeat(17)), /At most/);
});

test("client data stay as the browser wrote them", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
  const signed = signedStatement(TEXT, { signature: Uint8Array.from([1, 2, 255]).buffer, authenticatorData: bytes("a"), clientDataJSON: bytes('{"type":"webauthn.get" }') });
  assert.deepEqual(signed, { text: TEXT, signature: "AQL/", authenticator_data: "YQ==", client_data: '{"type":"webauthn.get" }' });
});

test("pasted statements must be about what is shown; only when they were signed may differ", () => {
  const pasted = (text: string) => JSON.stringify({ text, signature: "AA==" });
  assert.equal(readSigned(pasted(TEXT.replace("time: 2026-01-01T00:00:00Z\nexpires", "time: 2026-01-01T00:05:00Z\nexpires")), TEXT).signature, "AA==");
  for (const [from, to] of [["wd-1", "wd-2"], ["approve", "reject"], ["alice", "bob"], ["wd-1\ntime: 2026-01-01", "wd-1\ntime: 2026-01-02"]] as const)
    assert.throws(() => readSigned(pasted(TEXT.replace(from, to)), TEXT), /something else/, from);
  for (const odd of ["", "null", "[]", "{}", '{"text":1,"signature":2}', "x".repeat(200_000)]) assert.throws(() => readSigned(odd, TEXT));
});

test("a line says what is missing", () => {
  const one = (verdict: object): GuardRequest => ({ verdict: { reasons: [], approvals_needed: [], earliest: null, verdict: "hold", ...verdict } }) as unknown as GuardRequest;
  assert.equal(missing(one({ approvals_needed: [{ group: "treasury", needed: 2, given: 1 }, { group: "security", needed: 1, given: 1 }] })), "1 of treasury");
  assert.equal(missing(one({ earliest: "2026-01-01T00:00:00Z" })), "time only");
  assert.equal(missing(one({ reasons: [{ decision: "hold", text: "list too old" }] })), "list too old");
  assert.equal(missing(one({ verdict: "deny" })), "denied");
});
