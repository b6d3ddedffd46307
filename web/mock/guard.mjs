// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Invented withdrawals in the shapes of docs/formats/guard-verdict.md.
import { createHash } from "node:crypto";

export const sha256 = (text) => createHash("sha256").update(text).digest("hex");

const GROUPS = {
  treasury: ["alice", "bob", "carol"].map((name, i) => ({ name, kind: i === 0 ? "fido2-es256" : "ed25519" })),
  security: ["dave", "erin"].map((name) => ({ name, kind: "ed25519" })),
};

export const AGREEMENT = { group: "security", needed: 2, given: 0, agreed: [], begins: null };

export function makeGuard(cordon, now) {
  const policy = { ...cordon.policy("exchange.yaml"), proposed: [] };
  const ago = (minutes) => new Date(now - minutes * 60000).toISOString().replace(/\.\d+Z/, "Z");
  const payloads = [cordon.explain("bybit-71.json"), cordon.explain("bybit-70.json"), null, cordon.explain("wazirx-1718.json"), null];
  const make = (id, minutes, amount, to, verdict, reasons, needs, explanation) => {
    const request = { id, chain: "eth", asset: "native", from: "0x1db92e2eebc8e0c075a02bea49a2935bcd2dfcf4", to, amount,
      requester: "operations", time: ago(minutes), ...(explanation ? { payload: { type: "safe", data: "{}" } } : {}) };
    const text = `cordon withdrawal v1\nid: ${id}\nchain: eth\nasset: native\nfrom: ${request.from}\nto: ${to}\namount: ${amount}\n` +
      `requester: operations\ntime: ${request.time}\npayload type: ${explanation ? "safe" : "(none)"}\npayload sha256: ${sha256(id)}\n`;
    return { request, symbol: "ETH", decimals: 18, usd: Number(amount) / 1e18 * 3000, text, approvals: [], tx: null, asked_by: "mock",
      explanation, needs,
      verdict: { id, verdict, reasons, approvals_needed: needs.map(({ group, needed, given }) => ({ group, needed, given })),
        earliest: null, expires: new Date(now + 11 * 3600000).toISOString().replace(/\.\d+Z/, "Z"),
        request_sha256: sha256(text), policy_sha256: policy.sha256, time: request.time, entry: 41 } };
  };
  const reason = (decision, rule, text, source) => ({ decision, rule, text, source });
  const need = (group, needed, given = []) => ({ group, needed, given: given.length,
    members: GROUPS[group].map((member) => ({ ...member, gave: given.includes(member.name) })) });
  const requests = [
    make("wd-7781", 134, "30000000000000000000000", "0x88a1493366d48225fc3cefbdae9ebb23e323ade3", "deny",
      [reason("deny", "more-than-a-payment", "What would be signed does more than pay: the code of the Safe is replaced.", "explain"),
        reason("hold", "alarm", "The watch has an open alert about the wallet.", "alert")], [], payloads[0]),
    make("wd-7782", 41, "60000000000000000000000", "0xf89d7b9c864f589bbf53a82105107622b35eaa40", "hold",
      [reason("hold", "largest", "The tier of the wallet is hot and the value is more than $250,000.", "policy"),
        reason("hold", "hot-hour", "More than $1,000,000 in any 1h for this wallet.", "limit")],
      [need("treasury", 2, ["bob"]), need("security", 1)], payloads[1]),
    make("wd-7783", 12, "4200000000000000000", "0x77b8c3a1d0fe92a1b58a6b4c3d2e1f0099880373", "hold",
      [reason("hold", "larger", "The value is more than $10,000 and at most $250,000.", "policy")], [need("treasury", 1)], payloads[2]),
    make("wd-7784", 3, "1500000000000000000000", "0x6eedf92fb92dd68a270c3205e96dccc527728066", "hold",
      [reason("hold", "", "The destination cannot be screened: the list is 9 days old.", "screen")], [], payloads[3]),
    make("wd-7780", 300, "900000000000000000", "0x1111111111111111111111111111111111111111", "allow",
      [reason("allow", "customers", "A customer's withdrawal.", "policy")], [], payloads[4]),
  ];
  const breakers = [{ breaker: "wallet eth:0x1db92e2eebc8e0c075a02bea49a2935bcd2dfcf4", since: ago(20), by: "watch", reset: AGREEMENT,
    why: "D01: a large part of a wallet set leaves", text: "cordon breaker v1\nreset: wallet eth:0x1db9…\ntripped: " + ago(20) + "\n" }];
  return { policy, requests, breakers };
}

export function statement(guard, subject, text, by, decision, now) {
  const time = new Date(now).toISOString().replace(/\.\d+Z/, "Z");
  const expires = new Date(now + 3600000).toISOString().replace(/\.\d+Z/, "Z");
  const whole = `cordon statement v1\ndecision: ${decision}\nsubject: ${subject}\npolicy: ${guard.policy.sha256}\nby: ${by}\n` +
    `time: ${time}\nexpires: ${expires}\n\n${text}`;
  const member = Object.values(GROUPS).flat().find((one) => one.name === by);
  return { text: whole, sha256: sha256(whole), key_kind: member?.kind ?? "ed25519", rp: member?.kind.startsWith("fido2") ? "localhost" : null, policy_sha256: guard.policy.sha256, expires,
    command: `cordon statement sign --request wd.json --policy-digest ${guard.policy.sha256} --key ${by}.key${decision === "reject" ? " --reject" : ""} -o ${by}.json` };
}

/** Counts a statement as the gate would, but believes any signature. */
export function give(guard, signed, now) {
  const line = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(signed.text)?.[1] ?? "";
  const one = guard.requests.find((request) => request.request.id === line("id"));
  if (!one) return null;
  const decision = line("decision");
  for (const needed of one.needs)
    for (const member of needed.members)
      if (member.name === line("by") && !member.gave && decision === "approve") {
        member.gave = true;
        needed.given += 1;
      }
  one.approvals.push({ by: line("by"), time: line("time"), expires: line("expires") });
  one.verdict.approvals_needed = one.needs.map(({ group, needed, given }) => ({ group, needed, given }));
  if (decision === "reject") one.verdict.verdict = "deny";
  else if (one.needs.length > 0 && one.needs.every((needed) => needed.given >= needed.needed)) one.verdict.verdict = "allow";
  one.verdict.time = new Date(now).toISOString();
  return one;
}
