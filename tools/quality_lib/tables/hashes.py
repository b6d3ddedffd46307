# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Hash functions against sets of {data, keccak256, sha256}."""
from .. import vectors

NAME = "hashes"
GROUP = "conformance"
OPS = ("keccak256", "sha256")


def run(_options):
    return vectors.require(rows(), "no custody set with data and keccak256")


def rows():
    for name, entries in vectors.with_keys("data", OPS[0]):
        for op in OPS:
            mine = [entry for entry in entries if op in entry]
            yield from vectors.score(NAME, name, op, [{"op": op, "hex": vectors.bare(entry["data"])} for entry in mine],
                                     vectors.gives([vectors.bare(entry[op]) for entry in mine]))
