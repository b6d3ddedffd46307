# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""PSBTs against sets of {hex, base64, expect, section} and of {kind: valid|invalid, v: {psbt}} (BIP-375).

Where hex and base64 of an entry are different PSBTs (the first valid one of BIP-370), both are asked. A workflow entry is
one that a wallet makes: it must be read and written again, its locktime be what the heading says, and what the extractor
entry shows be what the PSBT before it gives.
"""
import base64
import re

from .. import program, vectors
from ..rows import Row

NAME = "psbt"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set with hex and expect, or kind and v.psbt")


def forms(entry):
    """The one or two PSBTs of an entry, as hex."""
    told = [entry["hex"]]
    if entry.get("base64"):
        other = base64.b64decode(entry["base64"]).hex()
        if other != entry["hex"].lower():
            told.append(other)
    return told


def whole(answer, _index=0):
    return answer.get("ok") is True and answer["out"]["reencodes"]


def rows():
    for name, entries in vectors.with_keys("hex", "expect"):
        yield from by_expectation(name, entries)
    for name, entries in vectors.with_keys("kind", "v"):
        told = [entry for entry in entries if isinstance(entry["v"], dict) and "psbt" in entry["v"]]
        yield from silent(name, told)


def by_expectation(name, entries):
    known = {"valid", "invalid", "signer_must_fail", "workflow"}
    odd = [entry for entry in entries if entry["expect"] not in known]
    if odd:
        yield Row(NAME, name, "expectations not understood", len(odd), len(odd))
    asked = {what: [{"op": "psbt", "hex": text} for entry in entries if entry["expect"] == what for text in forms(entry)]
             for what in known}
    yield from vectors.score(NAME, name, "valid", asked["valid"], whole)
    yield from vectors.score(NAME, name, "invalid", asked["invalid"], vectors.refused)
    yield from vectors.score(NAME, name, "signer must fail", asked["signer_must_fail"],
                             lambda answer, index: vectors.refused(answer, index) or
                             (answer.get("ok") is True and any(answer["out"]["faults"])))
    yield from workflow(name, [entry for entry in entries if entry["expect"] == "workflow"])


def workflow(name, entries):
    questions, checks = [], []
    before = None
    for entry in entries:
        section = entry.get("section", "")
        if not bytes.fromhex(entry["hex"]).startswith(b"psbt\xff"):
            # A plain txn: what the PSBT before it becomes.
            if before is not None:
                questions.append({"op": "psbt", "hex": before})
                checks.append(lambda out, want=entry["hex"].lower(): out["extracted"] == want)
            continue
        for text in forms(entry):
            questions.append({"op": "psbt", "hex": text})
            checks.append(check_of(section))
        before = entry["hex"]
    yield from vectors.score(NAME, name, "workflow", questions,
                             lambda answer, index: whole(answer) and checks[index](answer["out"]))


def check_of(section):
    """What a heading promises beyond a PSBT that can be read."""
    time = re.search(r"timelock .* computed to be (\d+)", section)
    if time:
        return lambda out: out["locktime"] == int(time.group(1))
    if re.search(r"timelock .* cannot be computed", section):
        return lambda out: out["locktime"] is None
    return lambda out: "invalid" not in out["signatures"]


def holds(told, answer):
    """A valid one. One that is about the kinds of inputs alone may lack the rest."""
    if not whole(answer):
        return False
    state = answer["out"]["silent"]
    if told.get("checks") == ["input_eligibility"]:
        return "witness version" not in state
    return state in ("ok", "open")


def silent(name, entries):
    for kind in ("valid", "invalid"):
        told = [entry["v"] for entry in entries if entry["kind"] == kind]
        answers = program.conform([{"op": "psbt", "base64": each["psbt"]} for each in told]) if told else []
        groups = {}
        for each, answer in zip(told, answers):
            # The part of the description before the colon says which check the entry is about.
            group = each.get("description", "").partition(":")[0] or "any"
            good = holds(each, answer) if kind == "valid" else (
                vectors.refused(answer, 0) or (answer.get("ok") is True and answer["out"]["silent"].startswith("bad")))
            groups.setdefault(group, []).append(good)
        for group, results in groups.items():
            yield Row(NAME, name, f"{kind}: {group}", sum(results) / len(results), len(results))
