# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Addresses and output scripts of real txns, both ways: btc-txs files, label lists, and vectors with both forms."""
import csv
import io

from .. import data, vectors

NAME = "bitcoin-addresses"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no btc/*/*.jsonl with scripts and addresses, and no label list")


def chain_of(address):
    if address.lower().startswith("bcrt1"):
        return "btc-regtest"
    return "btc-testnet" if address.lower().startswith("tb1") or address[0] in "mn2" else "btc"


def rows():
    for path in data.find("btc/*/*.jsonl*"):
        pairs = dict.fromkeys(pairs_of(data.read_json_lines(path)))
        if pairs:
            yield from both_ways(data.name_of(path), list(pairs))
    for path in data.find("btc/*/*.tsv*"):
        table = csv.DictReader(io.StringIO(data.read_bytes(path).decode("utf-8")), delimiter="\t")
        if "address" in (table.fieldnames or ()):
            yield from accepted(data.name_of(path), sorted({row["address"] for row in table}))
    for name, entries in vectors.with_keys("kind", "expected"):
        pairs = [(entry["expected"]["scriptPubKey"], entry["expected"]["bip350Address"]) for entry in entries
                 if {"scriptPubKey", "bip350Address"} <= set(entry["expected"])]
        if pairs:
            yield from both_ways(name, pairs)


def pairs_of(txns):
    """(script, address) of the inputs and outputs of a btc-txs file that name both."""
    for txn in txns:
        if not {"txid", "in", "out"} <= set(txn):
            return
        for part in [spent[3:5] for spent in txn["in"]] + [output[1:3] for output in txn["out"]]:
            if len(part) == 2 and all(isinstance(text, str) and text for text in part):
                yield tuple(part)


def both_ways(name, pairs):
    yield from vectors.score(NAME, name, "script to address",
                             [{"op": "script_address", "chain": chain_of(text), "hex": script} for script, text in pairs],
                             lambda answer, index: answer.get("ok") is True and answer["out"]["text"] == pairs[index][1])
    yield from vectors.score(NAME, name, "address to script",
                             [{"op": "address", "chain": chain_of(text), "text": text} for _, text in pairs],
                             lambda answer, index: answer.get("ok") is True
                             and answer["out"]["script"] == pairs[index][0])


def accepted(name, texts):
    """Machine form: base58 as it is, bech32 in lower case."""
    yield from vectors.score(NAME, name, "read",
                             [{"op": "address", "chain": chain_of(text), "text": text} for text in texts],
                             lambda answer, index: answer.get("ok") is True
                             and answer["out"]["text"] in (texts[index], texts[index].lower()))
