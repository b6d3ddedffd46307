# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Payloads of real thefts through `cordon explain`: blocked by the rules that their record names, and benign ones ok.

Sets are recognised by shape: lists of {id, must_flag} are incidents, lists with the fields of a Safe transaction are
Safe rows. Also 10,000 payloads that differ from benign ones in one field: no change of an effect keeps the sentence.
"""
import json
import pathlib
import random
import tempfile

from .. import data, explain_cases, program
from ..explain_cases import multi_send, word
from ..rows import Row

NAME = "incidents"
GROUP = "conformance"
MUTATIONS, CHUNK, SEED = 10_000, 250, 20250221  # Chunks: payloads of one file compete for one nonce.


def run(_options):
    incidents, rows = [], []
    for path in data.find("custody/*/*.json"):
        told = data.read_json(path)
        if not isinstance(told, list) or not all(isinstance(entry, dict) for entry in told):
            continue
        incidents += [entry for entry in told if "must_flag" in entry and "id" in entry]
        rows += [entry for entry in told if explain_cases.is_safe(entry)]
    if not incidents and not rows:
        raise data.Missing("no incidents and no Safe rows in custody")
    with tempfile.TemporaryDirectory() as folder:
        ask = Asker(pathlib.Path(folder))
        yield from malicious(ask, incidents, rows)
        yield from pairs(ask, incidents)
        benign_rows = [row for row in rows if row.get("safeTxHash") not in
                       {entry["signed"]["safeTxHash"] for entry in incidents if explain_cases.is_safe(entry.get("signed"))}]
        yield from benign(ask, benign_rows)
        yield from simulations(ask)
        yield from hashes(ask, rows)
        yield from mutations(ask, benign_rows)


class Asker:
    def __init__(self, folder):
        self.folder = folder

    def explain(self, kind, objects, context=None, *more):
        """One answer an object."""
        path = self.folder / "payload.json"
        path.write_text("\n".join(json.dumps(entry) for entry in objects), encoding="utf-8")
        arguments = ["explain", kind, path, *more]
        if context:
            known = self.folder / "context.json"
            known.write_text(json.dumps(context), encoding="utf-8")
            arguments += ["--context", known]
        return [line["data"] for line in program.cordon_lines(*arguments, accept=(0, 1))]


def raised(answer):
    return {finding["rule"] for finding in answer["findings"] if finding["severity"] != "ok"}


def selector_of(function):
    """By the program itself: the hash of the text, from the answers of conform."""
    answer = program.conform([{"op": "keccak256", "hex": function.encode().hex()}])[0]
    return "0x" + answer["out"].removeprefix("0x")[:8]


def malicious(ask, incidents, history):
    blocked, bare, named, wanted, total, unmapped = 0, 0, 0, 0, 0, 0
    for incident in incidents:
        rules, open_texts = explain_cases.expected(incident)
        found = list(explain_cases.payloads(incident, selector_of))
        if not found:
            # Reported only, or of a chain whose payloads have a table of their own.
            yield Row(NAME, f"{incident['id']}: no EVM payload in the record", "must_flag", None, len(incident["must_flag"]))
            continue
        unmapped += len(open_texts)
        seen = set()
        for kind, payload in found:
            context = explain_cases.context_of(incident, payload, history)
            signed = dict(payload)
            answer = ask.explain(kind, [signed], context)[0]
            total += 1
            blocked += answer["verdict"] == "block"
            bare += ask.explain(kind, [payload])[0]["verdict"] == "block"
            seen |= raised(answer)
        # Signatures that were collected under what was shown, or under anything else than what they sign.
        if "R7" in rules:
            other = incident["shown"] if explain_cases.is_safe(incident.get("shown")) else \
                {**incident["signed"], "nonce": int(incident["signed"]["nonce"]) + 1}
            other = {**{key: value for key, value in other.items() if key != "safeTxHash"},
                     "version": incident["safe_version"], "signatures": incident["signatures"]}
            seen |= raised(ask.explain("safe", [other], explain_cases.context_of(incident, other, history))[0]) & {"R7"}
        missed = rules - seen
        wanted += len(rules)
        named += len(rules) - len(missed)
        yield Row(NAME, f"{incident['id']}: " + (f"misses {' '.join(sorted(missed))}" if missed else "rules of its record"),
                  "named", (len(rules) - len(missed)) / len(rules) if rules else None, len(rules))
    if total:
        yield Row(NAME, "malicious payloads", "blocked", blocked / total, total)
        yield Row(NAME, "malicious payloads", "blocked without any context", bare / total, total)
        yield Row(NAME, "must_flag texts that no rule speaks of", "count", unmapped, total)


def pairs(ask, incidents):
    """What was shown and what was signed: other sentence, other hash, other verdict; signatures betray it."""
    apart, betrayed, total = 0, 0, 0
    for incident in incidents:
        shown, signed = incident.get("shown"), incident.get("signed")
        if not explain_cases.is_safe(shown) or not explain_cases.is_safe(signed):
            continue
        total += 1
        first, second = ask.explain("safe", [shown])[0], ask.explain("safe", [signed])[0]
        apart += first["summary"] != second["summary"] and first["verdict"] == "ok" and second["verdict"] == "block" and \
            first["hashes"] != second["hashes"]
        with_signatures = {**shown, "signatures": incident["signatures"]}
        context = {"version": 1, "chain": f"eip155:{incident['chainId']}",
                   "owners": next(value for key, value in incident.items() if key.startswith("owners"))}
        betrayed += "R7" in raised(ask.explain("safe", [with_signatures], context)[0])
    if total:
        yield Row(NAME, "shown and signed", "told apart", apart / total, total)
        yield Row(NAME, "shown and signed", "betrayed by the signatures", betrayed / total, total)


def simulations(ask):
    """prestateTracer diffs of the custody folder: what they write at slot 0 of an account blocks even a plain payment."""
    seen, total = 0, 0
    for path in data.find("custody/*/*.json"):
        told = data.read_json(path)
        if not isinstance(told, dict) or set(told) != {"pre", "post"}:
            continue
        for account, after in told["post"].items():
            if not any(int(slot, 16) == 0 for slot in after.get("storage", {})):
                continue
            payment = {"safe": account, "chainId": 1, "to": explain_cases.NOBODY, "value": "1", "operation": 0, "nonce": 1,
                       "version": "1.4.1"}
            total += 1
            answer = ask.explain("safe", [payment], None, "--simulation", path)[0]
            seen += answer["verdict"] == "block" and raised(answer) == {"R2"}
    if total:
        yield Row(NAME, "simulations that write slot 0", "blocked", seen / total, total)


OWNER_CALLS = {"0x0d582f13": 0}  # addOwnerWithThreshold: the argument that is a new owner.
# The calls of SafeMigration and its releases (safe-deployments).
MIGRATIONS = ("0x526643F69b81B008F46d95CD5ced5eC0edFFDaC6", "0x6439e7ABD8Bb915A5263094784C5CF561c4172AC")
LIBRARY = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"  # MultiSendCallOnly 1.4.1.
MIGRATION_CALLS = ("0xf6682ab0", "0xed007fc6", "0x07f464a4", "0x68cb3d94")


def benign(ask, rows):
    groups = {}
    answers = ask.explain("safe", rows) if rows else []
    for row, answer in zip(rows, answers, strict=True):
        name = "payments, no context"
        if row["data"][:10] in OWNER_CALLS:
            name = "owner management, covered by policy"
            owner = "0x" + row["data"][10 + 24:10 + 64]
            context = {"version": 1, "chain": f"eip155:{row['chainId']}", "threshold": int(row["data"][74:138], 16),
                       "book": [{"address": owner, "may": ["be-owner"]}]}
            answer = ask.explain("safe", [row], context)[0]
        elif any(effect["kind"] == "approved-hash" for effect in answer["effects"]):
            name = "consent to a payload of the same file"
        groups.setdefault(name, []).append(answer["verdict"] == "ok")
    migrations = [{**bare(row), "to": to, "data": call, "operation": 1, "value": "0"}
                  for row in rows[:3] for to in MIGRATIONS for call in MIGRATION_CALLS]
    for nonce, each in enumerate(migrations):  # Two for one nonce would rightly be warned of.
        each["nonce"] = nonce
    if migrations:
        groups["migrations to a release"] = [answer["verdict"] == "ok" for answer in ask.explain("safe", migrations)]
    for name, good in groups.items():
        yield Row(NAME, f"benign: {name}", "ok", sum(good) / len(good), len(good))


CLAIMS = {"safeTxHash": "safe tx hash", "domainHash": "domain hash", "messageHash": "message hash"}


def bare(row):
    return {key: value for key, value in row.items() if key not in CLAIMS}


def hashes(ask, rows):
    right, total = 0, 0
    for row, answer in zip(rows, ask.explain("safe", list(map(bare, rows))) if rows else [], strict=True):
        for claim, name in CLAIMS.items():
            if row.get(claim):
                total += 1
                right += row[claim].lower() in {each["value"] for each in answer["hashes"] if each["name"].startswith(name)}
    if total:
        yield Row(NAME, "hashes of Safe rows", "equal", right / total, total)


def mutated(rng, row):
    out = bare(row)
    field = rng.choice(("safe", "to", "value", "data", "data", "data", "operation", "safeTxGas", "baseGas", "gasPrice",
                        "gasToken", "refundReceiver", "nonce", "chainId"))
    if field in ("safe", "to", "gasToken", "refundReceiver"):
        out[field] = "0x" + rng.randbytes(20).hex()
    elif field == "data":
        raw = bytearray.fromhex(row["data"][2:])
        kind = rng.randrange(4)
        if raw and kind < 2:
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        elif raw and kind == 2:
            del raw[rng.randrange(len(raw)):]
        else:
            raw += rng.randbytes(rng.randrange(1, 40))
        out[field] = "0x" + raw.hex()
    elif field == "operation":
        out[field] = 1 - int(row[field])
    else:
        out[field] = str(rng.randrange(1, 1 << rng.choice((4, 16, 62 if field == "chainId" else 128))))
    return out


def batches(rows):
    """Payloads of several effects, of the addresses of the rows: fewer than a sentence names, and more."""
    payees = sorted({row["to"] for row in rows})
    transfer, approve = "0xa9059cbb", "0x095ea7b3"
    parts = [(payees[n % len(payees)], n, "0x") if n % 3 else
             (payees[n % len(payees)], 0, (approve if n % 2 else transfer) + word(payees[n % 2]) + word(1000 + n))
             for n in range(1, 12)]
    return [{**bare(rows[0]), "to": LIBRARY, "operation": 1, "data": multi_send(parts[:count]), "version": "1.4.1"}
            for count in (2, 4, 5, 11)]


def mutations(ask, rows):
    if not rows:
        return
    rng = random.Random(SEED)
    rows = list(map(bare, rows)) + batches(rows)
    bases = ask.explain("safe", rows)
    changed, silent, done = 0, 0, 0
    while done < MUTATIONS:
        picks = [rng.randrange(len(rows)) for _ in range(min(CHUNK, MUTATIONS - done))]
        for pick, answer in zip(picks, ask.explain("safe", [mutated(rng, rows[pick]) for pick in picks]), strict=True):
            if answer["effects"] != bases[pick]["effects"]:
                changed += 1
                silent += answer["summary"] == bases[pick]["summary"]
        done += len(picks)
    yield Row(NAME, "one field changed at random", "effects changed, sentence not", silent, changed)
    yield Row(NAME, "one field changed at random", "payloads", done, done)
