# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""EIP-712 against sets of {domain, primaryType, types, data, encoded, digest}, some with a signature and its key."""
import json

from .. import program, vectors
from .signatures import point_of

NAME = "typed-data"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set with domain, primaryType, types, data and digest")


def question(entry):
    request = {"types": entry["types"], "primaryType": entry["primaryType"], "domain": entry["domain"],
               "message": entry["data"]}
    return {"op": "typed_data", "json": json.dumps(request)}


def rows():
    for name, entries in vectors.with_keys("domain", "primaryType", "types", "data", "digest"):
        for metric in ("encoded", "digest"):
            mine = [entry for entry in entries if metric in entry]
            yield from vectors.score(NAME, name, metric, [question(entry) for entry in mine],
                                     lambda answer, index, mine=mine, metric=metric: answer.get("ok") is True and
                                     answer["out"][metric] == vectors.bare(mine[index][metric]) and
                                     not answer["out"]["ignored"])
        signed = [entry for entry in entries if "signature" in entry and "privateKey" in entry]
        signers = program.conform([point_of(entry["privateKey"]) for entry in signed]) if signed else []
        yield from vectors.score(NAME, name, "signer",
                                 [{"op": "evm_recover", "hash": vectors.bare(entry["digest"]),
                                   "signature": vectors.bare(entry["signature"])} for entry in signed],
                                 vectors.gives([signer["out"]["evm_address"] for signer in signers]))
