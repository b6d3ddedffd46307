# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Thefts by one properly signed Bitcoin txn: the theft is blocked, the victim's own txn before it is not.

A case is a folder with *.hex files of txns and a JSON file of roles: theft_txid, funding_txid, victim_address,
victim_cold_address (each at the beginning of its text), attacker_address. Context is built from the roles alone: the
account, its txn before, and a payee in the book that looks like the thief's address. That payee is made here, for no role
names the one that the thief imitated: the same five first and two last characters.
"""
import hashlib
import json
import pathlib
import tempfile

from .. import data, program
from ..rows import Row

NAME = "incidents-bitcoin"
GROUP = "conformance"
ROLES = ("theft_txid", "funding_txid", "victim_address", "attacker_address")
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
HEAD, TAIL = 5, 2


def run(_options):
    found = False
    for path in data.find("btc/*/*.json"):
        roles = data.read_json(path)
        if not (isinstance(roles, dict) and all(role in roles for role in ROLES)):
            continue
        found = True
        yield from case(data.name_of(path.parent), path.parent, roles)
    if not found:
        raise data.Missing("no folder of btc with txns and a JSON file of roles")


def case(name, folder, roles):
    txns = {}
    for path in sorted(folder.glob("*.hex")):
        text = path.read_text(encoding="ascii").strip()
        answer = program.conform([{"op": "tx", "hex": text}])[0]
        if answer.get("ok"):
            txns[answer["out"]["txid"]] = text
    theft, funding = txns.get(roles["theft_txid"]), txns.get(roles["funding_txid"])
    if theft is None or funding is None:
        yield Row(NAME, name, "blocked", None, 0)
        return
    victim = roles["victim_address"].split()[0]
    cold = roles.get("victim_cold_address", victim).split()[0]
    thief = roles["attacker_address"].split()[0]
    context = {"version": "1", "chain": "btc", "account": victim, "txns": [funding]}
    plain = explain(theft, context)
    yield Row(NAME, name, "blocked", int(plain["verdict"] == "block"), 1)
    yield from signals(name, plain)
    imitated = look_alike(thief)
    if imitated is not None:
        told = explain(theft, dict(context, book=[{"address": imitated, "name": "usual payee", "may": ["be-paid"]}]))
        yield Row(NAME, name, "look-alike blocked", int(("R4", "block") in rules(told)), 1)
    approved = {"id": "1", "chain": "btc", "to": imitated or victim, "asset": "native", "amount": "1"}
    told = explain(theft, dict(context, request=approved))
    yield Row(NAME, name, "not as approved: blocked", int(("R12", "block") in rules(told)), 1)
    before = {"version": "1", "chain": "btc", "account": cold,
              "book": [{"address": victim, "name": "own", "may": ["be-paid"]}]}
    yield Row(NAME, name, "txn before it: ok", int(explain(funding, before)["verdict"] == "ok"), 1)


def rules(told):
    return {(finding["rule"], finding["severity"]) for finding in told["findings"]}


def signals(name, told):
    """What a careful reader of such a theft names: no change, an output of a foreign kind, other software."""
    raised = {finding["rule"] for finding in told["findings"] if finding.get("judged", True)}
    for rule, what in (("B7", "no change"), ("B8", "foreign kind of output"), ("B9", "other software"),
                       ("B15", "signs together"), ("R3", "first seen")):
        yield Row(NAME, name, f"named: {what}", int(rule in raised), 1)


def explain(txn, context):
    with tempfile.TemporaryDirectory() as place:
        payload, known = pathlib.Path(place, "txn.hex"), pathlib.Path(place, "context.json")
        payload.write_text(txn, encoding="ascii")
        known.write_text(json.dumps(context), encoding="utf-8")
        return program.cordon_json("explain", "btc", payload, "--context", known, accept=(0, 1))["data"]


def look_alike(address):
    """Another address with the same ends, found by counting; nothing for addresses that are not base58."""
    if not address or any(letter not in ALPHABET for letter in address):
        return None
    number = 0
    for letter in address:
        number = number * 58 + ALPHABET.index(letter)
    payload = number.to_bytes(25, "big")[:21]
    for step in range(1, 1 << 20):
        # The first bytes give the first characters: only the last ones change.
        changed = payload[:9] + (int.from_bytes(payload[9:], "big") ^ step).to_bytes(12, "big")
        text = base58check(changed)
        if text != address and text[:HEAD] == address[:HEAD] and text[-TAIL:] == address[-TAIL:]:
            return text
    return None


def base58check(payload):
    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\0"))) + text
