# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Signatures that we make, byte for byte those that others made with the same keys: the rows of the table `signing` that
are about private keys.

Shapes: {privateKey, unsignedTransaction, signedTransaction} with variants behind the same names; {key, unsigned, signed};
{privateKey, digest, signature}; {secret key, message, signature} of BIP-340; {example, fields} of BIP-143 with pairs of
label and hex; {bip, hex, expect} of PSBTs.
"""
from .. import vectors

NAME = "signing"
PSBT = "70736274ff"


def rows():
    for name, entries in vectors.with_keys("privateKey", "unsignedTransaction", "signedTransaction"):
        yield from txns(name, entries)
    for name, entries in vectors.with_keys("key", "unsigned", "signed"):
        yield from vectors.score(NAME, name, "signed txns",
                                 [{"op": "sign_evm_txn", "key": vectors.bare(entry["key"]),
                                   "hex": vectors.bare(entry["unsigned"])} for entry in entries],
                                 vectors.gives([vectors.bare(entry["signed"]) for entry in entries]))
    for name, entries in vectors.with_keys("privateKey", "digest", "signature"):
        yield from digests(name, "signed digests", "evm",
                           [(entry["privateKey"], entry["digest"], entry["signature"]) for entry in entries])
    for name, entries in vectors.with_keys("secret key", "message", "signature"):
        yield from schnorr(name, [entry for entry in entries if entry["secret key"]])
    for name, entries in vectors.with_keys("example", "fields"):
        yield from digests(name, "signed inputs", "der", [pair for entry in entries for pair in inputs(entry["fields"])])
    for name, entries in vectors.with_keys("bip", "expect", "hex"):
        yield from psbts(name, entries)


def txns(name, entries):
    """A txn may be there for several chains: the names differ behind the same word."""
    word = "unsignedTransaction"
    questions, expected = [], []
    for entry in entries:
        for field in sorted(entry):
            signed = "signedTransaction" + field.removeprefix(word)
            if field.startswith(word) and signed in entry:
                questions.append({"op": "sign_evm_txn", "key": vectors.bare(entry["privateKey"]),
                                  "hex": vectors.bare(entry[field])})
                expected.append(vectors.bare(entry[signed]))
    yield from vectors.score(NAME, name, "signed txns", questions, vectors.gives(expected))


def digests(name, metric, form, cases):
    expected = [vectors.bare(signature) for _, _, signature in cases]
    yield from vectors.score(NAME, name, metric,
                             [{"op": "sign_digest", "key": vectors.bare(key), "hex": vectors.bare(digest)}
                              for key, digest, _ in cases],
                             lambda answer, index: answer.get("ok") is True and answer["out"][form] == expected[index])


def inputs(fields):
    """(key, hash, signature) where a private key, what is signed, and the signature with the type ALL follow each other."""
    key = digest = None
    for label, value in fields:
        if label == "private key":
            key = value
        elif label.lower() == "sighash":
            digest = value
        elif label == "signature" and value.endswith("01"):
            if key and digest:
                yield key, digest, value[:-2]
            digest = None


def schnorr(name, entries):
    expected = [vectors.bare(entry["signature"]) for entry in entries]
    keys = [vectors.bare(entry["public key"]) for entry in entries]
    questions = []
    for entry in entries:
        question = {"op": "sign_schnorr", "key": vectors.bare(entry["secret key"]), "hex": vectors.bare(entry["message"])}
        if entry.get("aux_rand"):
            question["aux"] = vectors.bare(entry["aux_rand"])
        questions.append(question)
    yield from vectors.score(NAME, name, "signatures", questions,
                             lambda answer, index: answer.get("ok") is True and answer["out"] ==
                             {"key": keys[index], "signature": expected[index]})


def psbts(name, entries):
    bad = [entry["hex"] for entry in entries if entry["expect"] == "signer_must_fail"]
    # Any key: what is wrong is said before keys are looked for.
    yield from vectors.score(NAME, name, "signer refuses", [{"op": "sign_psbt", "key": "01" * 32, "hex": text} for text in bad],
                             lambda answer, _index: answer.get("ok") is False and answer.get("code") not in
                             ("not_found", "invalid_param"))
    # In a workflow a txn follows the final PSBT that it is taken from.
    cases = [(before["hex"], entry["hex"]) for before, entry in zip(entries, entries[1:])
             if before["hex"].startswith(PSBT) and not entry["hex"].startswith(PSBT) and entry["expect"] == "workflow"]
    yield from vectors.score(NAME, name, "txns taken out", [{"op": "psbt_txn", "hex": text} for text, _ in cases],
                             vectors.gives([txn for _, txn in cases]))
