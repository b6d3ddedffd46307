# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""RLP against sets of {in, out} (values; "INVALID" must be refused) and {decoded, encoded} (hex)."""
from .. import vectors

NAME = "rlp"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set with in and out, or decoded and encoded")


def value_of(told):
    """A value as conform writes it: hex strings, nested. Numbers are big-endian without leading zeros, "#..." too."""
    if isinstance(told, list):
        return [value_of(part) for part in told]
    if isinstance(told, str) and told.startswith("#"):
        told = int(told[1:])
    if isinstance(told, int):
        return told.to_bytes((told.bit_length() + 7) // 8, "big").hex()
    return told.encode("utf-8").hex()


def hex_of(told):
    return [hex_of(part) for part in told] if isinstance(told, list) else vectors.bare(told)


def both_ways(name, values, encoded):
    yield from vectors.score(NAME, name, "decoded", [{"op": "rlp_decode", "hex": text} for text in encoded],
                             vectors.gives(values))
    yield from vectors.score(NAME, name, "encoded", [{"op": "rlp_encode", "value": value} for value in values],
                             vectors.gives(encoded))


def rows():
    for name, entries in vectors.with_keys("in", "out"):
        good = [entry for entry in entries if entry["in"] not in ("VALID", "INVALID")]
        yield from both_ways(name, [value_of(entry["in"]) for entry in good],
                             [vectors.bare(entry["out"]) for entry in good])
        accepted = [vectors.bare(entry["out"]) for entry in entries if entry["in"] == "VALID"]
        yield from vectors.score(NAME, name, "accepted", [{"op": "rlp_decode", "hex": text} for text in accepted],
                                 lambda answer, _index: answer.get("ok") is True)
        bad = [vectors.bare(entry["out"]) for entry in entries if entry["in"] == "INVALID"]
        yield from vectors.score(NAME, name, "refused", [{"op": "rlp_decode", "hex": text} for text in bad],
                                 vectors.refused)
    for name, entries in vectors.with_keys("decoded", "encoded"):
        yield from both_ways(name, [hex_of(entry["decoded"]) for entry in entries],
                             [vectors.bare(entry["encoded"]) for entry in entries])
