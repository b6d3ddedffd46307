# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""ECDSA of secp256k1 against sets with {group, msg, sig, result}, and addresses of keys against {privateKey, address}.

Nothing here is given a secret: a key's point is the generator plus the rest of the secret times the generator.
"""
import hashlib

from .. import vectors

NAME = "signatures"
GROUP = "conformance"
CURVE = "secp256k1"
HASHES = {"SHA-256": hashlib.sha256, "SHA-512": hashlib.sha512, "SHA3-256": hashlib.sha3_256,
          "SHA3-512": hashlib.sha3_512}
GENERATOR = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"


def run(_options):
    return vectors.require(rows(), "no custody set of signatures or keys")


def rows():
    for name, entries in vectors.with_keys("group", "msg", "sig", "result"):
        mine = [entry for entry in entries if ecdsa(entry)]
        for file in sorted({entry.get("file", "") for entry in mine}):
            yield from verdicts(f"{name}: {file}", [entry for entry in mine if entry.get("file", "") == file])
    for name, entries in vectors.with_keys("privateKey", "address"):
        yield from vectors.score(NAME, name, "address", [point_of(entry["privateKey"]) for entry in entries],
                                 lambda answer, index, entries=entries: answer.get("ok") is True and
                                 answer["out"]["evm_address"] == entries[index]["address"].lower())


    for name, entries in vectors.with_keys("v"):
        keys = [entry["v"] for entry in entries if is_key(entry["v"])]
        yield from vectors.score(NAME, name, "address", [point_of(told["key"]) for told in keys],
                                 lambda answer, index, keys=keys: answer.get("ok") is True and
                                 answer["out"]["evm_address"] == "0x" + vectors.bare(keys[index]["addr"]))


def is_key(told):
    return isinstance(told, dict) and {"key", "addr"} <= set(told)


def point_of(secret):
    return {"op": "public_key_add", "key": GENERATOR, "scalar": f"{int(secret, 16) - 1:064x}"}


def ecdsa(entry):
    group = entry["group"]
    return (group.get("type", "").startswith("Ecdsa") and group.get("sha") in HASHES and
            group.get("publicKey", {}).get("curve") == CURVE)


def question(entry):
    group = entry["group"]
    return {"op": "ecdsa", "key": group["publicKey"]["uncompressed"], "signature": entry["sig"],
            # A longer hash counts by its first 256 bits (SEC 1, section 4.1.4).
            "hash": HASHES[group["sha"]](bytes.fromhex(entry["msg"])).hexdigest()[:64],
            "form": "p1363" if "P1363" in group["type"] else "der"}


def holds(entry, answer):
    """Bitcoin's rule is stricter: a high s does not count."""
    out = answer.get("out") or {}
    return out.get("verified") is True and ("Bitcoin" not in entry["group"]["type"] or out["low_s"])


def verdicts(name, entries):
    for metric, result in (("accepted", "valid"), ("refused", "invalid")):
        mine = [entry for entry in entries if entry["result"] == result]
        yield from vectors.score(NAME, name, metric, [question(entry) for entry in mine],
                                 lambda answer, index, mine=mine, metric=metric:
                                 holds(mine[index], answer) == (metric == "accepted"))
