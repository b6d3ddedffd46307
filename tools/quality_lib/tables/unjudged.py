# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Vectors that no table asks about, with the reason: a set that is read in part must not look as if it passed whole.

Of the sets {file, name, v}, each kind of entry; of key and hash sets, the fields that the product has no use for.
"""
from .. import ur_vectors, vectors
from ..rows import Row
from . import abi, signatures

NAME = "unjudged"
GROUP = "conformance"
# By what an entry holds: all of these are about blocks, states and key files, none about what is signed.
GENESIS = "genesis block: blocks of EVM chains are not checked"
TRIE = "state trie: states are not kept"
SECRET = "private keys are not read"
REASONS = (({"parentDifficulty"}, "difficulty of a block: blocks of EVM chains are not checked"),
           ({"in", "root"}, TRIE), ({"in", "tests"}, TRIE), ({"seq", "term"}, TRIE), ({"inputs", "result"}, GENESIS),
           ({"json", "password"}, SECRET), ({"decryption_type"}, SECRET))


# Whole sets of other rooms, by the keys of their entries.
OTHER_ROOMS = (({"sending", "receiving"}, "silent payments: checking one needs a private key of a side"),
               ({"config", "round_one_outputs"}, "threshold signing: no payload shows that it was used"),
               ({"kind", "proof", "wantErr"}, "Merkle logs: nothing that is signed"))


def run(_options):
    yield from rows()


def reason_of(told):
    if not isinstance(told, dict):
        return GENESIS  # One object's texts, cut into entries: hash, state root and encoding.
    return next((reason for shape, reason in REASONS if shape <= set(told)), "no reader")


def rows():
    for name, entries in vectors.with_keys("file", "name", "v"):
        counts = {}
        for entry in entries:
            if abi.is_plain(entry["v"]) or signatures.is_key(entry["v"]):
                continue
            reason = reason_of(entry["v"])
            counts[reason] = counts.get(reason, 0) + 1
        for reason, count in sorted(counts.items()):
            yield Row(NAME, f"{name}: {reason}", "judged", 0, count)
    for key, reason in (("icapAddress", "ICAP address: no wallet shows this form"),
                        ("sha512", "SHA-512: nothing that is signed is hashed with it by itself")):
        for name, entries in vectors.with_keys(key):
            yield Row(NAME, f"{name}: {reason}", "judged", 0, len(entries))
    for shape, reason in OTHER_ROOMS:
        for name, entries in vectors.with_keys(*sorted(shape)):
            yield Row(NAME, f"{name}: {reason}", "judged", 0, len(entries))
    for name, entries in vectors.with_keys("group", "tcId", "result"):
        left = [entry for entry in entries if not ("sig" in entry and "msg" in entry and signatures.ecdsa(entry))]
        if left:
            yield Row(NAME, f"{name}: ciphers, key agreement, MACs and other curves: no part of a payload", "judged", 0,
                      len(left))
    for name, count in vectors.not_lists(known=(ur_vectors.KEY,)):
        yield Row(NAME, f"{name}: no list of vectors that a table knows", "judged", 0, count)
