# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bitcoin txns: the vector lists of Bitcoin Core (valid, invalid, sighash, taproot), and raw txns with known ids.

Shapes: [[prevouts], hex, flags] lists · [hex, script, index, type, hash] lists · JSON lines with "tx" and "prevouts" ·
NAME_tx.hex beside a JSON file that tells NAME_txid, and perhaps NAME_wtxid and NAME_vsize ·
NAME.bin (raw bytes) beside a manifest.json with NAME: {txid, size, inputs, outputs}.
"""
import re

from .. import data, program, vectors
from ..rows import Row

NAME = "bitcoin-transactions"
GROUP = "conformance"
HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
# What Bitcoin Core's list marks as broken in itself, without any script being run.
BAD_IN_ITSELF = "BADTX"


def run(_options):
    return vectors.require(rows(), "no list of txns in btc/*/")


def rows():
    for path in data.find("btc/*/*.json"):
        told = data.read_json(path)
        if isinstance(told, list):
            yield from from_list(data.name_of(path), told)
    for path in data.find("btc/*/*.jsonl*"):
        told = data.read_json_lines(path)
        if told and {"tx", "prevouts"} <= set(told[0]):
            yield from decodes(data.name_of(path), [entry["tx"] for entry in told])
    for path in data.find("btc/**/*.hex"):
        yield from known_ids(path)
    for path in data.find("btc/*/manifest.json"):
        yield from raw_with_facts(path.parent, data.read_json(path))


def from_list(name, told):
    with_prevouts = [entry for entry in told if isinstance(entry, list) and len(entry) == 3
                     and isinstance(entry[0], list) and is_hex(entry[1])]
    sighash = [entry for entry in told if isinstance(entry, list) and len(entry) == 5 and is_hex(entry[0])
               and isinstance(entry[2], int) and is_hex(entry[4])]
    if with_prevouts:
        bad = [entry[1] for entry in with_prevouts if BAD_IN_ITSELF in str(entry[2]).split(",")]
        yield from decodes(name, [entry[1] for entry in with_prevouts])
        yield from spends(name, with_prevouts)
        yield from vectors.score(NAME, name, "refused", [{"op": "tx", "hex": text, "strict": True} for text in bad],
                                 vectors.refused)
        if not bad:
            yield from vectors.score(NAME, name, "sound",
                                     [{"op": "tx", "hex": entry[1], "strict": True} for entry in with_prevouts],
                                     lambda answer, _index: answer.get("ok") is True)
    if sighash:
        yield from decodes(name, [entry[0] for entry in sighash])


def is_hex(text):
    return isinstance(text, str) and HEX.fullmatch(text) is not None


def decodes(name, txns):
    yield from vectors.score(NAME, name, "re-encodes", [{"op": "tx", "hex": text} for text in txns],
                             lambda answer, _index: answer.get("ok") is True and answer["out"]["reencodes"] is True)


def spends(name, entries):
    """The inputs of a decoded txn are the prevouts that the list gives for it."""
    def right(answer, index):
        if answer.get("ok") is not True:
            return False
        told = {(prevout[0], prevout[1] % 2**32) for prevout in entries[index][0]}
        return told == {(spent["txid"], spent["vout"]) for spent in answer["out"]["inputs"]}
    # A txn with an input that the list leaves out, or gives twice, is broken on purpose.
    entries = [entry for entry in entries if BAD_IN_ITSELF not in str(entry[2]).split(",")]
    yield from vectors.score(NAME, name, "inputs", [{"op": "tx", "hex": entry[1]} for entry in entries], right)


def known_ids(path):
    text = re.sub(r"\s+", "", data.read_bytes(path).decode("utf-8", "replace"))
    if not is_hex(text):
        return
    told = {}
    stem = path.name.removesuffix(".hex").removesuffix("_tx")
    for side in sorted(path.parent.glob("*.json")):
        facts = data.read_json(side)
        if isinstance(facts, dict):
            told |= {key: facts[f"{stem}_{key}"] for key in ("txid", "wtxid", "vsize") if f"{stem}_{key}" in facts}
    answer = program.conform([{"op": "tx", "hex": text}])[0]
    if not told:
        # Without an id to compare, only what is a txn at all counts: other files may hold other things in hex.
        if answer.get("ok") is True:
            yield Row(NAME, data.name_of(path), "re-encodes", float(answer["out"]["reencodes"] is True), 1)
        return
    for key, value in told.items():
        yield Row(NAME, data.name_of(path), key, float(answer.get("ok") is True and answer["out"][key] == value), 1)


def raw_with_facts(folder, manifest):
    """What a manifest tells of one txn that lies beside it as raw bytes."""
    for name, facts in manifest.items():
        files = [path for path in sorted(folder.glob(f"{name}.*")) if path.name.split(".")[1] in ("bin", "raw")]
        if not isinstance(facts, dict) or "txid" not in facts or not files:
            continue
        answer = program.conform([{"op": "tx", "hex": data.read_bytes(files[0]).hex()}])[0]
        out = answer.get("out", {}) if answer.get("ok") is True else {}
        given = {"txid": out.get("txid"), "size": out.get("size"), "inputs": len(out.get("inputs", ())),
                 "outputs": len(out.get("outputs", ()))}
        for key in (key for key in given if key in facts):
            yield Row(NAME, data.name_of(files[0]), key, float(given[key] == facts[key]), 1)
