# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Signatures of people (statements): Ed25519 and P-256 with SHA-256 against sets with {group, msg, sig, result}, where the
group names curve and key. "refused" are those marked invalid; of those marked acceptable nothing is asked.
"""
import hashlib

from .. import vectors


def rows(table):
    for name, entries in vectors.with_keys("group", "msg", "sig", "result"):
        for file in sorted({entry.get("file", "") for entry in entries}):
            for ask in (ed25519, p256):
                mine = [entry for entry in entries if entry.get("file", "") == file and ask(entry)]
                yield from verdicts(table, f"{name}: {file}", mine, ask)


def verdicts(table, name, entries, ask):
    for metric, result in (("accepted", "valid"), ("refused", "invalid")):
        asked = [ask(entry) for entry in entries if entry["result"] == result]
        yield from vectors.score(table, name, metric, asked,
                                 lambda answer, _index, metric=metric:
                                 (answer.get("out") is True) == (metric == "accepted"))


def ed25519(entry):
    key = entry["group"].get("publicKey", {})
    if not isinstance(key, dict) or key.get("curve") != "edwards25519" or "pk" not in key:
        return None
    return {"op": "ed25519", "key": key["pk"], "message": entry["msg"], "signature": entry["sig"]}


def p256(entry):
    group = entry["group"]
    key = group.get("publicKey", {})
    if (not isinstance(key, dict) or key.get("curve") != "secp256r1" or group.get("sha") != "SHA-256" or
            group.get("type") != "EcdsaVerify"):
        return None
    return {"op": "p256", "key": key["uncompressed"], "signature": entry["sig"],
            "hash": hashlib.sha256(bytes.fromhex(entry["msg"])).hexdigest()}
