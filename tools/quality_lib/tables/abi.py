# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The Solidity ABI: results of calls, logs, selectors and plain encodings.

Sets: {interface, types, values, result}; {interface, types, values, topics, data, hashed}; {signature, sigHash, abi};
{v: {types, args, result}}.
"""
import json

from .. import vectors
from ..abi_values import fit, fit_all

NAME = "abi"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set of ABI values or signatures")


def is_plain(told):
    return isinstance(told, dict) and {"types", "args", "result"} <= set(told)


def told_json(told):
    return json.loads(told) if isinstance(told, str) else told


def function_of(entry):
    """The name of the one function that the interface is about: the first that gives something back, else the first."""
    functions = [part for part in told_json(entry["interface"]) if part.get("type", "function") == "function"]
    return next((part["name"] for part in functions if part.get("outputs")), functions[0]["name"])


def both_ways(name, questions, values, encoded):
    yield from vectors.score(NAME, name, "decoded", [{"op": "abi_decode", "hex": text} | question
                                                     for question, text in zip(questions, encoded, strict=True)],
                             lambda answer, index: answer.get("ok") is True and answer["out"]["values"] == values[index])
    yield from vectors.score(NAME, name, "encoded", [{"op": "abi_encode", "values": value} | question
                                                     for question, value in zip(questions, values, strict=True)],
                             vectors.gives(encoded))


def rows():
    for name, entries in vectors.with_keys("interface", "types", "values", "result"):
        questions = [{"abi": entry["interface"], "signature": function_of(entry), "part": "results"} for entry in entries]
        values = [fit_all(told_json(entry["types"]), told_json(entry.get("normalizedValues", entry["values"])))
                  for entry in entries]
        yield from both_ways(name, questions, values, [vectors.bare(entry["result"]) for entry in entries])
    for name, entries in vectors.with_keys("interface", "types", "topics", "data", "hashed"):
        yield from logs(name, entries)
    for name, entries in vectors.with_keys("signature", "sigHash"):
        yield from signatures(name, entries)
    for name, entries in vectors.with_keys("v"):
        plain = [entry["v"] for entry in entries if is_plain(entry["v"])]
        yield from both_ways(name, [{"signature": f"f({','.join(each['types'])})"} for each in plain],
                             [fit_all(each["types"], each["args"]) for each in plain],
                             [vectors.bare(each["result"]) for each in plain])


def logs(name, entries):
    def event_of(entry):
        events = [part for part in told_json(entry["interface"]) if part.get("type") == "event"]
        return next(part["name"] for part in events if len(part["inputs"]) == len(entry["types"]))
    values = [[fit("bytes32" if hashed else kind, value) for kind, hashed, value in
               zip(entry["types"], entry["hashed"], entry.get("normalizedValues", entry["values"]), strict=True)]
              for entry in entries]
    yield from vectors.score(NAME, name, "log decoded",
                             [{"op": "abi_log", "abi": entry["interface"], "signature": event_of(entry),
                               "topics": list(map(vectors.bare, entry["topics"])), "hex": vectors.bare(entry["data"])}
                              for entry in entries], vectors.gives(values))


def signatures(name, entries):
    def right(answer, index):
        out = answer.get("out") or {}
        return (answer.get("ok") is True and out["selector"] == vectors.bare(entries[index]["sigHash"]) and
                out["text"] == entries[index]["signature"])
    yield from vectors.score(NAME, name, "selector of text",
                             [{"op": "abi_signature", "signature": entry["signature"]} for entry in entries], right)
    yield from vectors.score(NAME, name, "selector of JSON",
                             [{"op": "abi_signature", "abi": entry["abi"],
                               "signature": entry["signature"].split("(")[0]} for entry in entries if "abi" in entry],
                             right)
