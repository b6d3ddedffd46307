# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bech32 and Bech32m strings and segwit addresses, as BIP-173 and BIP-350 list them.

Two shapes: {bip, rule, string, note} where the rule is the heading of the BIP, and {BIP: {address_to_script}}.
BIP-350 supersedes BIP-173 for witness versions from 1 on: what BIP-173 called valid there must now be refused.
"""
from .. import data, vectors
from .address_sets import chain_of

NAME = "bech32"
GROUP = "conformance"
SUPERSEDED = "superseded refused"


def run(_options):
    return vectors.require(rows(), "no custody set with bip, rule and string, and no BIP-173 and BIP-350 lists")


def rows():
    for name, entries in vectors.with_keys("bip", "rule", "string"):
        yield from from_rules(name, entries)
    for path in data.find("btc/vectors/*.json"):
        lists = data.read_json(path)
        if isinstance(lists, dict) and all(isinstance(part, dict) and "address_to_script" in part
                                           for part in lists.values()):
            yield from from_lists(data.name_of(path), lists)


def from_rules(name, entries):
    groups = {"valid": [], "invalid": [], "segwit": [], "segwit invalid": []}
    for entry in entries:
        rule = entry["rule"].lower()
        bad = "invalid" in rule or "not valid" in rule
        groups[("segwit" if "segwit" in rule else "") + (" invalid" if bad and "segwit" in rule else "")
               or ("invalid" if bad else "valid")].append(entry)
    kinds = {173: "bech32", 350: "bech32m"}
    valid, invalid = groups["valid"], groups["invalid"]
    yield from vectors.score(NAME, name, "valid strings", [{"op": "bech32", "text": entry["string"]} for entry in valid],
                             lambda answer, index: answer.get("ok") is True
                             and answer["out"]["kind"] == kinds[valid[index]["bip"]])
    # A string that is bad as one kind may be good as the other.
    yield from vectors.score(NAME, name, "invalid strings",
                             [{"op": "bech32", "text": entry["string"]} for entry in invalid],
                             lambda answer, index: vectors.refused(answer, index) or (
                                 answer.get("ok") is True and answer["out"]["kind"] != kinds[invalid[index]["bip"]]))
    yield from segwit(name, [(entry["bip"], entry["string"], entry["note"]) for entry in groups["segwit"]])
    yield from vectors.score(NAME, name, "invalid addresses",
                             [{"op": "address", "chain": chain_of(entry["string"]), "text": entry["string"]}
                              for entry in groups["segwit invalid"]], vectors.refused)


def from_lists(name, lists):
    yield from segwit(name, [(int(bip), text, script) for bip, part in lists.items()
                             for text, script in part["address_to_script"]])


def segwit(name, told):
    now = {text.lower() for bip, text, _ in told if bip != 173}
    old = [text for bip, text, script in told if bip == 173 and not script.startswith("00") and text.lower() not in now]
    good = [(text, script) for _, text, script in told if text not in old]
    yield from vectors.score(NAME, name, "addresses", [{"op": "segwit", "text": text} for text, _ in good],
                             lambda answer, index: answer.get("ok") is True and answer["out"]["script"] == good[index][1])
    yield from vectors.score(NAME, name, SUPERSEDED, [{"op": "segwit", "text": text} for text in old], vectors.refused)
    again = [dict(zip(("prefix", "version", "program"), parts(text, script)), op="segwit") for text, script in good]
    yield from vectors.score(NAME, name, "written", again, vectors.gives([text.lower() for text, _ in good]))


def parts(text, script):
    """Prefix, version and program of an address, by its script: OP_n, then one push."""
    opcode = int(script[:2], 16)
    return text.lower().rpartition("1")[0], opcode - 0x50 if opcode else 0, script[4:]
