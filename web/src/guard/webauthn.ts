// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A statement signed by an authenticator in the browser. What is signed is the SHA-256 of the statement's text
// (docs/formats/statement.md); the gate checks text, challenge, origin, touch and PIN again.

import type { Statement } from "./types";

export interface Signed {
  text: string;
  signature: string;
  authenticator_data?: string;
  client_data?: string;
}

export function base64(bytes: ArrayBuffer): string {
  let text = "";
  for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte);
  return btoa(text);
}

export async function sha256(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
export const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Why this browser, at this address, cannot sign for the key; null: it can. */
export function obstacle(statement: Statement, at: { hostname: string; protocol: string }, able: boolean): string | null {
  if (!statement.key_kind.startsWith("fido2")) return "This person's key is a file, not an authenticator.";
  const rp = statement.rp ?? "";
  if (at.hostname !== rp && !at.hostname.endsWith(`.${rp}`)) return `The key was made for ${rp}; this console is at ${at.hostname}. Open it there, or sign with fido2-assert.`;
  // Of this machine alone http counts as well, in browsers and at the gate.
  if (at.protocol !== "https:" && !(rp === "localhost" && at.hostname === rp)) return "Authenticators sign for https addresses only, and the gate counts no other.";
  return able ? null : "This browser cannot ask an authenticator.";
}

/** What the authenticator is asked. The digest is made here from the text that is shown, never taken from the server. */
export async function assertionRequest(statement: Statement, credentials: readonly Uint8Array<ArrayBuffer>[] = []): Promise<PublicKeyCredentialRequestOptions> {
  const challenge = await sha256(statement.text);
  if (hex(challenge) !== statement.sha256) throw new Error("The server's digest is not that of its text. Do not sign.");
  return {
    challenge,
    ...(statement.rp === null ? {} : { rpId: statement.rp }),
    allowCredentials: credentials.map((id) => ({ type: "public-key" as const, id })),
    userVerification: "required",
    timeout: 120_000,
  };
}

const MOST_IDS = 16;
/** Ids of credentials as somebody pastes them, in either base64 (fido2-cred's first line), apart by blanks. Keys that keep
 *  nothing themselves sign only for whom tells them theirs; passkeys need none. */
export function readCredentials(pasted: string): Uint8Array<ArrayBuffer>[] {
  const all = pasted.split(/[\s,]+/).filter((part) => part !== "");
  if (all.length > MOST_IDS) throw new Error(`At most ${MOST_IDS} ids of keys.`);
  return all.map((id) => {
    try {
      return Uint8Array.from(atob(id.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
    } catch {
      throw new Error("The id of a key is base64, as fido2-cred prints it in its first line.");
    }
  });
}

export function signedStatement(text: string, response: Pick<AuthenticatorAssertionResponse, "signature" | "authenticatorData" | "clientDataJSON">): Signed {
  return {
    text,
    signature: base64(response.signature),
    authenticator_data: base64(response.authenticatorData),
    client_data: new TextDecoder("utf-8", { fatal: true }).decode(response.clientDataJSON),
  };
}

const MOST_BYTES = 128 * 1024;  // docs/formats/statement.md
/** A signed statement as somebody pastes it, of exactly this text. */
export function readSigned(pasted: string, text: string): Signed {
  if (pasted.length > MOST_BYTES) throw new Error("This is larger than any signed statement.");
  let value: unknown;
  try {
    value = JSON.parse(pasted);
  } catch {
    throw new Error("This is no signed statement: one line of JSON is expected, as `cordon statement sign` writes it.");
  }
  const signed = value as Partial<Signed> | null;
  if (signed === null || typeof signed !== "object" || typeof signed.text !== "string" || typeof signed.signature !== "string")
    throw new Error("This is no signed statement: it has no text and signature.");
  if (about(signed.text) !== about(text)) throw new Error("This statement is about something else than what is shown here.");
  return signed as Signed;
}
/** Without the times, which differ: who signs on another machine signs a minute later. */
function about(text: string): string {
  return text.replace(/^(time|expires): .*\n/gm, (line, _, place: number) => (place < text.indexOf("\n\n") ? "" : line));
}
