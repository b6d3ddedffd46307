# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Base58Check: extended keys of BIP-32 sets, base58 addresses of label lists, and both with one character changed."""
import csv
import io

from .. import data, vectors

NAME = "base58"
GROUP = "conformance"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def run(_options):
    return vectors.require(rows(), "no custody set with xpub, and no btc/*/ label list")


def rows():
    for name, entries in vectors.with_keys("xpub"):
        yield from good(name, [entry[key] for entry in entries for key in ("xpub", "xprv") if entry.get(key)])
    for name, entries in vectors.with_keys("key", "why"):
        bad = [entry["key"] for entry in entries if "checksum" in entry["why"]]
        yield from vectors.score(NAME, name, "refused", [{"op": "base58check", "text": text} for text in bad],
                                 vectors.refused)
    for path in data.find("btc/*/*.tsv*"):
        table = csv.DictReader(io.StringIO(data.read_bytes(path).decode("utf-8")), delimiter="\t")
        if "address" in (table.fieldnames or ()):
            texts = sorted({row["address"] for row in table if row["address"][:1] in "13"})
            yield from good(data.name_of(path), texts)


def good(name, texts):
    if not texts:
        return
    answers = {}

    def keep(answer, index):
        if answer.get("ok") is True:
            answers[texts[index]] = answer["out"]
        return answer.get("ok") is True

    yield from vectors.score(NAME, name, "decoded", [{"op": "base58check", "text": text} for text in texts], keep)
    decoded = list(answers)
    yield from vectors.score(NAME, name, "encoded again",
                             [{"op": "base58check", "hex": answers[text]} for text in decoded], vectors.gives(decoded))
    # Four bytes of checksum: a changed character passes once in four thousand million.
    yield from vectors.score(NAME, name, "one character changed refused",
                             [{"op": "base58check", "text": changed(text)} for text in texts], vectors.refused)


def changed(text):
    place = len(text) // 2
    return text[:place] + ALPHABET[(ALPHABET.index(text[place]) + 1) % len(ALPHABET)] + text[place + 1:]
