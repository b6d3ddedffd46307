# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Uniform resources: a vector set whose questions are the bodies of the reference's unit tests, as C++ text.

Shape: {upstream_test_bodies: {test name: C++}, single_part: {len, expected}, multipart…: [UR …]}. A body is taken apart by
what it calls and what it expects; one that no rule here understands is asked nothing and counts as wrong.
"""
import json
import re

from . import data, program
from .rows import Row

KEY = "upstream_test_bodies"  # What such a set is known by.


def rows(table):
    for path in data.find("custody/*/vectors.json*"):
        told = data.read_json(path)
        if isinstance(told, dict) and KEY in told:
            yield from _score(table, data.name_of(path.parent), told)


def _score(table, name, told):
    bodies = told[KEY]
    right = [RULES[test](body) if test in RULES else False for test, body in bodies.items()]
    yield Row(table, f"{name}/test bodies", "hold", sum(right) / len(right), len(right))
    texts = [(told["single_part"]["len"], 1, told["single_part"]["expected"])] if "single_part" in told else []
    for key, parts in told.items():
        if shape := re.fullmatch(r"multipart_(\d+)_bytes_max_fragment_(\d+)", key):
            size, longest = map(int, shape.groups())
            texts += [(size, number, text, longest) for number, text in enumerate(parts, 1)]
    held = [_encode(size, *longest or [10**5], first=number)[0]["text"] == text and
            (number > 1 or not longest or _decodes([t[2] for t in texts if t[3:] == tuple(longest)], size))
            for size, number, text, *longest in texts]
    yield Row(table, f"{name}/texts", "hold", sum(held) / len(held), len(held))


# What the reference's helpers do.

def _ask(op, **fields):
    answer = program.conform([{"op": op, **fields}])[0]
    return answer.get("out") if answer.get("ok") else None


def _hex(text):
    return text.encode().hex()


def _message(size, seed="Wolf"):
    return bytes(_ask("ur_random", seed=_hex(seed), count=size, below=256)).hex()


def _encode(size, longest, first=1, parts=1, kind="content"):
    return _ask("ur_encode", type="bytes", longest=longest, first=first, parts=parts, **{kind: _message(size)})


def _decodes(texts, size):
    got = _ask("ur_decode", parts=texts)
    return got is not None and got["hex"].endswith(_message(size))


def _expected(body, name):
    """The list that a body names so: C++ braces become JSON brackets."""
    found = re.search(name + r"\s*=\s*(\{.*?\})\s*;", body, re.S).group(1)
    return json.loads(re.sub(r",\s*\]", "]", found.replace("{", "[").replace("}", "]")))


def _number(body, name):
    return int(re.search(name + r"\D*(\d+)", body).group(1))


def _lengths(body):
    size = _number(body, r"make_message(?:_ur)?\(")
    low, high = map(int, re.search(r"message\.size\(\), (\d+), (\d+)", body).groups())
    return size, low, high, _ask("ur_fragment_length", size=size, shortest=low, longest=high)


# A rule for each body.

def _crc32(body):
    pairs = re.findall(r'"([^"]+)", "([0-9a-f]{8})"', body)
    return bool(pairs) and all(_ask("crc32", hex=_hex(text)) == crc for text, crc in pairs)


def _bytewords(body):
    literal = r'"((?:[^"]*"\s*")*[^"]*)"'
    source = bytes(map(int, re.search(r"input = \{([\d,\s]+)\}", body).group(1).split(","))).hex()
    named = {name: re.sub(r'"\s*"', "", text)
             for name, text in re.findall(r"string (\w+) =\s*" + literal + ";", body)}
    asked = 0
    for call, style, rest in re.findall(r"Bytewords::(encode|decode)\(Bytewords::style::(\w+), (.*?)\);", body):
        asked += 1
        throws = re.search(r"assert_throws\(Bytewords::decode\(Bytewords::style::" + style + ", " + re.escape(rest), body)
        if call == "encode":
            wanted = rest.split("==")[1].strip().strip('"')
            good = _ask("bytewords", style=style, hex=source) == named.get(wanted, wanted)
        else:
            text = rest.split(")")[0].strip().strip('"')
            answer = program.conform([{"op": "bytewords", "style": style, "text": named.get(text, text)}])[0]
            good = answer["ok"] is False if throws else answer.get("out") == source
        if not good:
            return False
    return asked > 0


def _random(body):
    wanted = _expected(body, "expected_numbers")
    seed = _ask("crc32", hex=_hex("Wolf")) if "crc32" in body else _hex("Wolf")
    if bound := re.search(r"next_int\((\d+), (\d+)\)", body):
        low, high = map(int, bound.groups())
        return [n + low for n in _ask("ur_random", seed=seed, count=len(wanted), below=high - low + 1)] == wanted
    modulus = _number(body, r"next\(\) %")
    return [int(n) % modulus for n in _ask("ur_random", seed=seed, count=len(wanted))] == wanted


def _fragment_length(body):
    asked = re.findall(r"\((\d+), (\d+), (\d+)\) == (\d+)", body)
    return bool(asked) and all(_ask("ur_fragment_length", size=int(size), shortest=int(low), longest=int(high)) == int(out)
                               for size, low, high, out in asked)


def _sampler(body):
    wanted = _expected(body, "expected_samples")
    return _ask("ur_sample", seed=_hex("Wolf"), weights=_expected(body, "probs"), count=len(wanted)) == wanted


def _shuffle(body):
    values, wanted = _expected(body, "values"), _expected(body, "expectedResult")
    drawn = _ask("ur_shuffle", seed=_hex("Wolf"), size=len(values), rounds=len(wanted))
    return [[values[at] for at in one] for one in drawn] == wanted


def _partition(body):
    size, _, _, length = _lengths(body)
    wanted = _expected(body, "expected_fragments")
    made = _encode(size, length, parts=len(wanted), kind="hex")
    return [part["data"] for part in made] == wanted and \
        _decodes([part["text"] for part in made], size)


def _degree(body):
    size, _, _, length = _lengths(body)
    wanted = _expected(body, "expected_degrees")
    return [_ask("ur_degree", seed=_hex(f"Wolf-{nonce}"), count=-(-size // length))
            for nonce in range(1, len(wanted) + 1)] == wanted


def _fragments(body):
    size, _, _, length = _lengths(body)
    wanted = _expected(body, "expected_fragment_indexes")
    return [_ask("ur_mixed", count=-(-size // length), hex=_message(size), number=number)
            for number in range(1, len(wanted) + 1)] == wanted


def _xor(body):
    """Mixes two fragments into one, as the product does, and finds each again by the other."""
    first, second, both = re.findall(r'data_to_hex\(\w+\) == "([0-9a-f]+)"', body)
    message = _message(len(first + second) // 2)
    made = _ask("ur_encode", type="bytes", hex=message, longest=len(first) // 2, first=3, parts=20)
    mixed = [part for part in made if _ask("ur_mixed", count=2, hex=message, number=part["number"]) == [0, 1]]
    one = _ask("ur_encode", type="bytes", hex=message, longest=len(first) // 2, first=1, parts=1)
    return message == first + second and mixed[0]["data"] == both and \
        _ask("ur_decode", parts=[mixed[0]["text"], one[0]["text"]])["hex"] == message


def _encoder(body):
    wanted = _expected(body, "expected_parts")
    kind = "content" if "make_message_ur" in body else "hex"
    size, longest = _number(body, r"make_message(?:_ur)?\("), int(re.search(r"Encoder\(\w+, (\d+)", body).group(1))
    made = _encode(size, longest, parts=len(wanted), kind=kind)
    told = {"text": lambda part: part["text"], "cbor": lambda part: part["cbor"],
            "fields": lambda part: "seqNum:{number}, seqLen:{count}, messageLen:{size}, checksum:{checksum}, data:{data}"
            .format(**part)}
    how = "text" if wanted[0].startswith("ur:") else "fields" if wanted[0].startswith("seqNum") else "cbor"
    return [told[how](part) for part in made] == wanted


def _complete(body):
    size, longest = _number(body, r"make_message\("), int(re.search(r"Encoder\(\w+, (\d+)", body).group(1))
    count = _encode(size, longest, kind="hex")[0]["count"]
    made = [part["text"] for part in _encode(size, longest, parts=count, kind="hex")]
    return _decodes(made, size) and _ask("ur_decode", parts=made[:-1]) is None


def _decoder(body):
    given = re.search(r"(?:message_size = |make_message_ur\()(\d+)", body)
    size, longest = int(given.group(1)), _number(body, "max_fragment_len =")
    first = int(re.search(r"Encoder\(message, max_fragment_len, (\d+)\)|first_seq_num = (\d+)", body).group(1) or
                re.search(r"first_seq_num = (\d+)", body).group(1))
    kind = "content" if "make_message_ur" in body else "hex"
    made = _encode(size, longest, first=first, parts=4 * (size // longest + 1), kind=kind)
    return _decodes([part["text"] for part in made], size)


def _part(body):
    number, count, size, checksum, sent = re.search(
        r"Part\((\d+), (\d+), (\d+), (0x[0-9a-f]+), \{([\d ,]+)\}\)", body).groups()
    sent = bytes(map(int, sent.split(","))).hex()
    cbor = "85" + "".join(_head(int(n, 0)) for n in (number, count, size, checksum)) + f"{0x40 + len(sent) // 2:02x}" + sent
    got = _ask("ur_part", hex=cbor)
    return got is not None and got["cbor"] == cbor and got["checksum"] == int(checksum, 0)


def _head(number):
    return f"{number:02x}" if number < 24 else f"18{number:02x}" if number < 256 else f"1a{number:08x}"


def _single(body):
    size, wanted = _number(body, r"make_message_ur\("), re.search(r'expected = "([^"]+)"', body).group(1)
    return _encode(size, 10**5)[0]["text"] == wanted and _decodes([wanted], size)


RULES = {
    "test_crc32": _crc32, "test_bytewords_1": _bytewords, "test_bytewords_2": _bytewords, "test_rng_1": _random,
    "test_rng_2": _random, "test_rng_3": _random, "test_find_fragment_length": _fragment_length,
    "test_random_sampler": _sampler, "test_shuffle": _shuffle, "test_partition_and_join": _partition,
    "test_choose_degree": _degree, "test_choose_fragments": _fragments, "test_xor": _xor,
    "test_fountain_encoder": _encoder, "test_fountain_encoder_cbor": _encoder,
    "test_fountain_encoder_is_complete": _complete, "test_fountain_decoder": _decoder, "test_fountain_cbor": _part,
    "test_single_part_ur": _single, "test_ur_encoder": _encoder, "test_multipart_ur": _decoder,
}
