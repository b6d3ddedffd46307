# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Texts that a hardware screen must show by ERC-7730: sets of {rawTx or data, expectedTexts} beside a registry folder.

A text counts when it stands, blanks aside (screens wrap anywhere), in what is shown: the product's screens in their order
within the words that the recording device puts around them (FRAME). Misses are counted by class, every one in one.

Symbols and decimals of tokens stand in no descriptor: with $CORDON_TOKENS or out/token-lists/tokens.csv (made by
tools/token_list with the registry of the set) there are rows with that list, and always rows without one.
"""
import os
import pathlib
import re

from .. import data, program, vectors
from ..rows import Row

NAME = "clear-signing"
GROUP = "conformance"

# What the recordings have of the device itself, before and after the screens.
FRAME = ("Review transaction to {intent} Swipe to review", "Transaction signed")
AMOUNT = re.compile(r"[0-9][0-9.]*\D*")


def run(_options):
    return vectors.require(rows(), "no custody set with expectedTexts beside a folder registry of descriptors")


def registries():
    return sorted({path.parents[2] for path in data.find("custody/*/registry/*/*.json")})


def token_list():
    given = os.environ.get("CORDON_TOKENS")
    path = pathlib.Path(given) if given else data.PROJECT / "out" / "token-lists" / "tokens.csv"
    return path if path.is_file() else None


def packed(text):
    return "".join(text.split())


def shown(answer):
    if not answer.get("ok"):
        return ""
    out = answer["out"]
    screens = " ".join(f"{label} {value}" for label, value in out["screens"])
    return packed(f"{FRAME[0].format(intent=out['intent'])} {screens} {FRAME[1]}")


def reason(text, answer, seen):
    """Why a text is not there. The classes exclude each other in this order."""
    if not answer.get("ok"):
        return f"no words ({answer.get('code')})"
    if text.endswith(".eth"):
        return "a name that only the network knows (ENS)"
    if "..." in text:
        return "cut off by the recording device"
    if "???" in text:
        return "a token that the device did not know and the list does"
    if packed(text).lower() in seen.lower():
        return "letters in another case"
    if AMOUNT.fullmatch(packed(text)):
        return "a token that the list has otherwise or not at all"
    return "a recording of other words than the descriptor has now"


def rows():
    for registry in registries():
        for name, entries in vectors.with_keys("expectedTexts"):
            yield from measured(registry, name, entries, None)
            if token_list():
                yield from measured(registry, name, entries, token_list())


def question(entry, registry, tokens):
    asked = {"op": "clear_signing", "registry": str(registry)} | ({"tokens": str(tokens)} if tokens else {})
    if "rawTx" in entry:
        return asked | {"hex": vectors.bare(entry["rawTx"])}
    return asked | {"typed": program.json.dumps(entry["data"])}


def measured(registry, name, entries, tokens):
    kind = f"{name}: {'with a token list' if tokens else 'descriptors alone'}"
    answers = program.conform([question(entry, registry, tokens) for entry in entries])
    count, whole, misses = 0, 0, {}
    for entry, answer in zip(entries, answers):
        seen = shown(answer)
        missing = [text for text in entry["expectedTexts"] if packed(text) not in seen]
        count += len(entry["expectedTexts"])
        whole += not missing
        for text in missing:
            misses.setdefault(reason(text, answer, seen), []).append(text)
    missed = sum(map(len, misses.values()))
    yield Row(NAME, kind, "expected texts", (count - missed) / count, count)
    yield Row(NAME, kind, "whole tests", whole / len(entries), len(entries))
    for why, texts in sorted(misses.items()):
        yield Row(NAME, kind, f"missed: {why}", len(texts), count)
