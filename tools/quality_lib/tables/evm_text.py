# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Names, packed hashes and amounts with decimals, as EVM wallets write them.

Sets: {test, name, expected} (ENS); {types, values, keccak256, sha256, ripemd160} (abi.encodePacked);
{wei, ether, ether_format, ...} (units).
"""
from .. import program, vectors
from ..abi_values import fit_all
from ..rows import Row

NAME = "evm-text"
GROUP = "conformance"
DECIMALS = {"ether": 18, "finney": 15, "szabo": 12, "gwei": 9, "satoshi": 8, "mwei": 6, "kwei": 3}


def run(_options):
    return vectors.require(rows(), "no custody set of names, packed hashes or units")


def rows():
    for name, entries in vectors.with_keys("test", "name", "expected"):
        yield from vectors.score(NAME, name, "namehash", [{"op": "namehash", "text": entry["name"]} for entry in entries],
                                 vectors.gives([vectors.bare(entry["expected"]) for entry in entries]))
    for name, entries in vectors.with_keys("types", "values", "keccak256"):
        yield from packed(name, entries)
    for name, entries in vectors.with_keys("wei", "ether"):
        yield from units(name, entries)


def packed(name, entries):
    encoded = program.conform([{"op": "abi_packed", "signature": f"f({','.join(entry['types'])})",
                                "values": fit_all(entry["types"], entry["values"])} for entry in entries])
    for op in ("keccak256", "sha256", "ripemd160"):
        mine = [(entry, answer) for entry, answer in zip(entries, encoded, strict=True) if op in entry]
        # Solidity widens the 20 bytes of RIPEMD-160 to a bytes32. What was not encoded is asked as no hex at all.
        yield from vectors.score(NAME, name, op, [{"op": op, "hex": answer.get("out", "-")} for _, answer in mine],
                                 lambda answer, index, mine=mine, op=op: answer.get("ok") is True and
                                 answer["out"].ljust(64, "0") == vectors.bare(mine[index][0][op]))


def units(name, entries):
    read, amounts, written, texts, negative = [], [], [], [], []
    for entry in entries:
        for unit, decimals in DECIMALS.items():
            if unit not in entry:
                continue
            question = {"op": "units", "decimals": decimals}
            if entry["wei"].startswith("-"):
                negative.append(question | {"text": entry[unit]})
                continue
            read.append(question | {"text": entry[unit]})
            amounts.append(entry["wei"])
            written.append(question | {"amount": entry["wei"]})
            texts.append(entry[f"{unit}_format"])
    answers = program.conform(read)
    # A number that begins with its point is refused with a reason: nobody signs ".1" by mistake for "1".
    bare_point = [index for index, question in enumerate(read) if question["text"].startswith(".")]
    right = sum(answer.get("out") == amounts[index] for index, answer in enumerate(answers) if index not in bare_point)
    yield Row(NAME, name, "amount read", right / (len(read) - len(bare_point)), len(read) - len(bare_point))
    yield from vectors.score(NAME, name, "bare point refused", [read[index] for index in bare_point], vectors.refused)
    yield from vectors.score(NAME, name, "amount written", written,
                             lambda answer, index: answer.get("ok") is True and
                             float(answer["out"]) == float(texts[index]) and
                             answer["out"].rstrip("0") == texts[index].removesuffix(".0").rstrip("0"))
    # Money is never below zero (base/amount.hpp).
    yield from vectors.score(NAME, name, "below zero refused", negative, vectors.refused)
