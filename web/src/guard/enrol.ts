// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A key of one's own, made in an authenticator, and its line for the policy (docs/formats/statement.md, "Keys"). Nothing of
// it goes to the server: a key counts only when the policy names it, and that takes the quorum.

import { base64, hex } from "./webauthn";

// COSE's numbers of what the gate can check.
const ES256 = -7;
const ED25519 = -8;
const POINT = 65;  // SEC 1, uncompressed; SubjectPublicKeyInfo ends with it.
const EDWARDS = 32;

export interface MadeKey {
  /** "fido2-es256:RP:BASE64" */
  text: string;
  /** Of the credential, which keys that keep nothing must be told. */
  id: string;
}

export function creationRequest(name: string, rp: string, passkey: boolean, random: (bytes: number) => Uint8Array<ArrayBuffer> = fresh): PublicKeyCredentialCreationOptions {
  return {
    challenge: random(32),
    rp: { id: rp, name: "Cordon" },
    // Of its own each time: an authenticator replaces a passkey of the same user.
    user: { id: random(32), name, displayName: name },
    pubKeyCredParams: [{ type: "public-key", alg: ES256 }, { type: "public-key", alg: ED25519 }],
    authenticatorSelection: { residentKey: passkey ? "required" : "discouraged", requireResidentKey: passkey, userVerification: "required" },
    attestation: "none",
    timeout: 120_000,
  };
}
function fresh(bytes: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

export function madeKey(rp: string, id: ArrayBuffer, algorithm: number, spki: ArrayBuffer | null): MadeKey {
  const sizes: Readonly<Record<number, readonly [string, number]>> = { [ES256]: ["fido2-es256", POINT], [ED25519]: ["fido2-ed25519", EDWARDS] };
  const form = sizes[algorithm];
  if (form === undefined || spki === null) throw new Error("This authenticator makes no key that the gate can check (ES256 or Ed25519).");
  const key = spki.slice(-form[1]);
  if (key.byteLength !== form[1] || (algorithm === ES256 && new Uint8Array(key)[0] !== 4)) throw new Error("The authenticator's public key is malformed.");
  return { text: `${form[0]}:${rp}:${base64(key)}`, id: base64(id) };
}

/** Ids of keys that this browser has signed with or made, by the policy's name of the person: no secret, a help for the memory. */
export function rememberedIds(who: string): string {
  try {
    return localStorage.getItem(`cordon.key.${who}`) ?? "";
  } catch {
    return "";
  }
}
export function rememberIds(who: string, ids: string): void {
  try {
    if (ids.trim() === "") localStorage.removeItem(`cordon.key.${who}`);
    else localStorage.setItem(`cordon.key.${who}`, ids.trim());
  } catch {
    // Then they are asked for next time.
  }
}

/** A line of the policy's `people`: names are quoted where YAML needs it. */
export function policyLine(name: string, key: string): string {
  return `${/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name) ? name : JSON.stringify(name)}: "${key}"`;
}
/** By which two people compare a key over the telephone. */
export async function fingerprint(key: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
  return hex(digest).slice(0, 16);
}

/** Why a browser gave no signature or key, in words: its own are for programmers. */
export function refusal(error: unknown): Error {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const WORDS: Readonly<Record<string, string>> = {
    NotAllowedError: "Nothing was signed: the key was not touched in time, its PIN was not given, or it is another key. Try again; one that is no passkey needs its id.",
    InvalidStateError: "This authenticator has this key already.",
    SecurityError: "The browser does not let an authenticator sign at this address.",
    ConstraintError: "This authenticator cannot ask for a PIN or finger, or cannot keep a passkey.",
    NotSupportedError: "This authenticator makes no key that the gate can check (ES256 or Ed25519).",
  };
  const words = WORDS[name];
  return words === undefined ? (error instanceof Error ? error : new Error(String(error))) : new Error(words);
}
