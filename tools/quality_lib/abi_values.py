# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Values of the Solidity ABI, from the many ways in which vector sets write them to the one that conform speaks."""
from .vectors import bare


def parts_of(text):
    """The types in "int,tuple(bool,address)[2],bytes", by their outermost commas."""
    parts, depth, begin = [], 0, 0
    for index, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(text[begin:index])
            begin = index + 1
    return parts + [text[begin:]] if text else parts


def number(told):
    return int(told, 0) if isinstance(told, str) else int(told)


def fit(kind, told):
    """A value of a type: plain, or as {type, value}; numbers as such or as decimal or hex text."""
    if isinstance(told, dict):
        told = told["value"]
    if kind.endswith("]"):
        return [fit(kind[:kind.rindex("[")], part) for part in told]
    if kind.startswith("tuple("):
        return [fit(part, value) for part, value in zip(parts_of(kind[6:-1]), told, strict=True)]
    if kind.startswith(("int", "uint")):
        return str(number(told))
    if kind.startswith("bytes"):
        return bare(told) if told.startswith("0x") else told.encode("utf-8").hex()
    return told.lower() if kind == "address" else told


def fit_all(kinds, told):
    return [fit(kind, value) for kind, value in zip(kinds, told, strict=True)]
