# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Calldata and logs by the text of their signature (Solidity ABI specification 2)."""
import re

from .keccak import keccak256

WORD = 32


def split(text, separator=","):
    """Parts by the separators that are in no bracket and no quotes."""
    parts, depth, quoted, begin = [], 0, False, 0
    for place, char in enumerate(text):
        quoted ^= char == '"'
        if not quoted:
            depth += (char in "([{") - (char in ")]}")
        if char == separator and depth == 0 and not quoted:
            parts.append(text[begin:place].strip())
            begin = place + 1
    last = text[begin:].strip()
    return parts + [last] if parts or last else []


def signature(text):
    """("name(type,...)", [(type, indexed)]) of "name(type [indexed] [name], ...)"."""
    match = re.fullmatch(r"(\w+)\((.*)\)", text.strip())
    if not match:
        raise ValueError(f"{text} is no signature: name(type, ...)")
    arguments = []
    for part in split(match.group(2)):
        words = re.match(r"(\([^ ]*\)[\[\]\d]*|[\w\[\]]+)((?: \w+)*)$", part)
        if not words:
            raise ValueError(f"{part} is no type")
        kind = re.sub(r"^(u?int)(?=\[|$)", r"\g<1>256", words.group(1))
        arguments.append((kind, " indexed" in words.group(2)))
    return f"{match.group(1)}({','.join(kind for kind, _ in arguments)})", arguments


def selector(text):
    return keccak256(signature(text)[0].encode())[:4]


def topic(text):
    return keccak256(signature(text)[0].encode())


def parts_of(kind):
    """The types of a tuple "(a,b)"."""
    return split(kind[1:-1])


def is_dynamic(kind):
    array = re.fullmatch(r"(.*)\[(\d*)\]", kind)
    if array:
        return not array.group(2) or is_dynamic(array.group(1))
    if kind.startswith("("):
        return any(is_dynamic(part) for part in parts_of(kind))
    return kind in ("bytes", "string")


def encode_one(kind, value):
    array = re.fullmatch(r"(.*)\[(\d*)\]", kind)
    if array:
        if array.group(2) and int(array.group(2)) != len(value):
            raise ValueError(f"{kind} has not {len(value)} elements")
        body = encode([array.group(1)] * len(value), value)
        return body if array.group(2) else len(value).to_bytes(WORD, "big") + body
    if kind.startswith("("):
        return encode(parts_of(kind), value)
    if kind in ("bytes", "string"):
        raw = value.encode() if isinstance(value, str) else value
        return len(raw).to_bytes(WORD, "big") + raw + bytes(-len(raw) % WORD)
    if kind.startswith("bytes"):
        raw = value.encode() if isinstance(value, str) else value
        if len(raw) > int(kind[5:]):
            raise ValueError(f"{len(raw)} bytes are no {kind}")
        return raw + bytes(WORD - len(raw))
    if isinstance(value, bytes):  # An address.
        return bytes(WORD - len(value)) + value
    if not isinstance(value, int):
        raise ValueError(f"{value} is no {kind}")
    return (value % (1 << 256)).to_bytes(WORD, "big")


def encode(kinds, values):
    if len(kinds) != len(values):
        raise ValueError(f"{len(values)} values for the {len(kinds)} of ({','.join(kinds)})")
    blocks = [encode_one(kind, value) for kind, value in zip(kinds, values)]
    head_size = sum(WORD if is_dynamic(kind) else len(block) for kind, block in zip(kinds, blocks))
    head, tail = b"", b""
    for kind, block in zip(kinds, blocks):
        if is_dynamic(kind):
            head += (head_size + len(tail)).to_bytes(WORD, "big")
            tail += block
        else:
            head += block
    return head + tail


def call(text, values):
    name, arguments = signature(text)
    return keccak256(name.encode())[:4] + encode([kind for kind, _ in arguments], values)


def log(text, values):
    """(topics, data)"""
    name, arguments = signature(text)
    if len(values) != len(arguments):
        raise ValueError(f"{len(values)} values for {name}")
    topics, kinds, plain = [keccak256(name.encode())], [], []
    for (kind, indexed), value in zip(arguments, values):
        if not indexed:
            kinds.append(kind)
            plain.append(value)
        elif is_dynamic(kind):
            topics.append(keccak256(value.encode() if isinstance(value, str) else value))
        else:
            topics.append(encode_one(kind, value))
    return topics, encode(kinds, plain)
