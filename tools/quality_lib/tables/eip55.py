# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Checksum case of EVM addresses against sets of {address, checksumAddress}."""
from .. import vectors

NAME = "eip55"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set with address and checksumAddress")


def swap_first_letter(text):
    """The address with the case of one letter turned; None when it has no two letters to tell mixed case by."""
    letters = [index for index, char in enumerate(text) if index > 1 and char.isalpha()]
    # One-cased text is no checksum at all, so it must stay mixed after the turn.
    for index in letters:
        turned = text[:index] + text[index].swapcase() + text[index + 1:]
        if turned[2:] not in (turned[2:].lower(), turned[2:].upper()):
            return turned
    return None


def rows():
    for name, entries in vectors.with_keys("address", "checksumAddress"):
        right = [entry["checksumAddress"] for entry in entries]
        lower = [entry["address"].lower() for entry in entries]
        turned = [text for text in map(swap_first_letter, right) if text]
        yield from vectors.score(NAME, name, "written", [{"op": "eip55", "text": text} for text in lower],
                                 vectors.gives(right))
        yield from vectors.score(NAME, name, "read", [{"op": "address", "chain": "eth", "text": text} for text in right],
                                 lambda answer, index, lower=lower: answer.get("ok") is True
                                 and answer["out"]["text"] == lower[index])
        yield from vectors.score(NAME, name, "one letter turned refused",
                                 [{"op": "address", "chain": "eth", "text": text} for text in turned], vectors.refused)
