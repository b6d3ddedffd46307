// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { creationRequest, fingerprint, madeKey, policyLine, refusal } from "./enrol";

test("a key is asked for that the gate can check, with touch and PIN", () => {
  const asked = creationRequest("alice", "cordon.example", false);
  assert.deepEqual(asked.pubKeyCredParams.map((one) => one.alg), [-7, -8]);
  assert.equal(asked.authenticatorSelection?.userVerification, "required");
  assert.equal(asked.authenticatorSelection?.residentKey, "discouraged");
  assert.equal(creationRequest("alice", "cordon.example", true).authenticatorSelection?.residentKey, "required");
  assert.notDeepEqual(asked.user.id, creationRequest("alice", "cordon.example", false).user.id);
});

test("the line is the public key as openssl has it", async () => {
  for (const [name, algorithm, curve, size] of [["fido2-es256", -7, { name: "ECDSA", namedCurve: "P-256" }, 65], ["fido2-ed25519", -8, { name: "Ed25519" }, 32]] as const) {
    const pair = (await crypto.subtle.generateKey(curve as EcKeyGenParams, true, ["sign", "verify"])) as CryptoKeyPair;
    const raw = Buffer.from(await crypto.subtle.exportKey("raw", pair.publicKey));
    const made = madeKey("localhost", Uint8Array.from([1, 2, 255]).buffer, algorithm, await crypto.subtle.exportKey("spki", pair.publicKey));
    assert.equal(raw.length, size);
    assert.deepEqual(made, { text: `${name}:localhost:${raw.toString("base64")}`, id: "AQL/" });
  }
});

test("what the gate could not check is refused", () => {
  assert.throws(() => madeKey("localhost", new ArrayBuffer(1), -257, new ArrayBuffer(300)), /no key that the gate/);
  assert.throws(() => madeKey("localhost", new ArrayBuffer(1), -7, null), /no key that the gate/);
  assert.throws(() => madeKey("localhost", new ArrayBuffer(1), -7, new ArrayBuffer(91)), /malformed/);
  assert.throws(() => madeKey("localhost", new ArrayBuffer(1), -8, new ArrayBuffer(31)), /malformed/);
});

test("a name stands in quotes where YAML would read something else", () => {
  assert.equal(policyLine("alice", "k"), 'alice: "k"');
  for (const [name, quoted] of [["no", '"no"'], ["12", '"12"'], ["a b", '"a b"'], ['a"b', '"a\\"b"'], ["Yes", '"Yes"']] as const) assert.equal(policyLine(name, "k"), `${quoted}: "k"`);
});

test("a fingerprint is of the key's whole text", async () => {
  assert.equal(await fingerprint("abc"), "ba7816bf8f01cfea");
});

test("a browser's refusal is told in words of people", () => {
  assert.match(refusal(new DOMException("x", "NotAllowedError")).message, /Nothing was signed/);
  assert.equal(refusal(new Error("The server's digest")).message, "The server's digest");
});
