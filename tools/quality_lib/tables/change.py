# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Change heuristics and peel chains: against what BlockSci's tests recorded, known chains, and owners that are known.

Recorded: a folder as of the table blocksci, with a file of nothing but lists of output numbers, and with names in
output.json that say which output is change. Known owners: lines of btc-txs with "owners_in", an owner at every end.
Reuse: other txns with all prevouts, of which exactly one output pays a signer; what keys say there is the truth for the
heuristics that do not look at keys. These wallets reuse addresses, which misleads the ones that look for fresh ones.
"""
import json
import pathlib
import re
import tempfile
from collections import defaultdict

from .. import data, program
from ..rows import Row
from .bitcoin_blocks import MAGIC

NAME = "change"
GROUP = "conformance"

# How the recording walks: for each heuristic and each of these txns a line of candidates, and a line with the only one.
RECORDED_HEURISTICS = ("address-type", "locktime", "client-behaviour", "peeling-chain", "optimal-change", "address-reuse", "legacy",
                       "none")
RECORDED_TXNS = ("change-negative-testcase-tx", "change-reuse-tx-1", "change-locktime-tx-1", "change-optimal-0-tx",
                 "peeling-chain-5-tx", "change-ten-2-tx", "fan-8-tx", "peeling-chain-4-tx", "tx-chain-10-tx-1",
                 "funding-tx-2-in-2-out")
LIST = re.compile(r"\[(?:\d+(?:, \d+)*)?\]")
# Which heuristic a name of output.json is about. Of the last two the recording asks with digits 8 - N, and for spent ones.
NAMED = {"change-optimal": "optimal-change", "change-address-type": "address-type", "change-locktime": "locktime",
         "change-reuse": "address-reuse", "change-client-behavior": "client-behaviour", "change-ten": "power-of-ten",
         "peeling-chain": "peeling-chain"}
POSITION = re.compile(r"(?P<kind>[a-z-]+?)-(?:(?P<n>\d+)-position|position-(?P<m>\d+))")


def run(_options):
    yield from recorded()
    yield from first_chains()
    yield from breaks()
    yield from owned()


def ask(ledger, *arguments):
    return [line["data"] for line in program.cordon_lines("change", "--ledger", ledger, *arguments)]


# --- BlockSci's recording

def recorded():
    for output in (path for pattern in ("*/output.json", "*/*/output.json") for path in data.find(pattern)):
        folder = output.parent
        files = sorted(folder.glob("blk*.dat"))
        names = data.read_json(output)
        if not files or not list(folder.glob("expected/*.out")):
            continue
        with tempfile.TemporaryDirectory(prefix="cordon-change-") as work:
            ledger = pathlib.Path(work) / "ledger"
            chain = MAGIC.get(files[0].read_bytes()[:4].hex(), "btc")
            program.cordon("ingest", "--ledger", ledger, "--chain", chain, *(f"btc-blocks:{file}" for file in files))
            for file in sorted(folder.glob("expected/*.out")):
                yield from lists(ledger, data.name_of(folder), names, file.read_text(encoding="utf-8").splitlines())
            yield from named(ledger, data.name_of(folder), names)
            yield from motif(ledger, data.name_of(folder), names)


def lists(ledger, name, names, lines):
    wanted = 2 * len(RECORDED_HEURISTICS) * len(RECORDED_TXNS)
    if len(lines) != wanted or not all(LIST.fullmatch(line) for line in lines) or not set(RECORDED_TXNS) <= set(names):
        return
    told = iter(json.loads(line) for line in lines)
    answers = {each: ask(ledger, names[each])[0]["candidates"] for each in RECORDED_TXNS}
    for heuristic in RECORDED_HEURISTICS:
        agree = []
        for txn in RECORDED_TXNS:
            mine = answers[txn][heuristic]
            agree += [mine == next(told), (mine if len(mine) == 1 else []) == next(told)]
        yield Row(NAME, f"{name}/{heuristic}", "as recorded", sum(agree) / len(agree), len(agree))


def named(ledger, name, names):
    agree = defaultdict(list)
    for key, position in names.items():
        found = POSITION.fullmatch(key)
        if not found or found["kind"] not in NAMED:
            continue
        number = int(found["n"] or found["m"])
        txid = names.get(key.replace("position", "tx"))
        if txid is None:
            continue
        heuristic = NAMED[found["kind"]]
        data_of = ask(ledger, txid, "--digits", max(0, 8 - number) if heuristic == "power-of-ten" else 6)[0]
        mine = data_of["candidates"][heuristic]
        if heuristic == "peeling-chain":  # Its recording asks for outputs that are spent; the ends of the chain differ.
            mine = [n for n in mine if n in data_of["candidates"]["spent"]] or mine
        agree[heuristic].append(position in mine if heuristic == "peeling-chain" and len(mine) > 1 else mine == [position])
    for heuristic, answers in sorted(agree.items()):
        yield Row(NAME, f"{name}/{heuristic}", "as named", sum(answers) / len(answers), len(answers))


# --- Chains that are known

def follow(ledger, *arguments):
    return program.cordon_json("change", "--ledger", ledger, "--follow", *arguments)["data"]


def followed(name, wanted, steps):
    """Share of the steps that are found in their order, from the beginning on; further ones do not count."""
    right = 0
    while right < min(len(wanted), len(steps)) and wanted[right] == steps[right]:
        right += 1
    return Row(NAME, f"{name}/peel chain", "followed", right / len(wanted), len(wanted))


def both_ways(ledger, name, chain):
    """Forward from what the first txn spends, and backward from what the last one spends."""
    spent = [program.cordon_json("ledger", "txn", "--ledger", ledger, txid)["data"]["inputs"][0]["prevout"]
             for txid in (chain[0], chain[-1])]
    yield followed(f"{name}/forward", chain, [step["txid"] for step in follow(ledger, spent[0])["steps"]])
    yield followed(f"{name}/backward", chain[-2::-1], [step["txid"] for step in follow(ledger, spent[1], "--back")["steps"]])


def motif(ledger, name, names):
    """The chain that a test wallet made: peeling-chain-N-tx in order."""
    numbers = sorted(int(found[1]) for found in map(re.compile(r"peeling-chain-(\d+)-tx").fullmatch, names) if found)
    if numbers:
        yield from both_ways(ledger, name, [names[f"peeling-chain-{n}-tx"] for n in numbers])


def first_chains():
    """Lists of [height, txid, [spent txid, ...], [value, ...]] beside blk files: txns of two outputs that spend each other."""
    for path in data.find("*/*/*spends*.json"):
        blocks = sorted(path.parent.glob("*.blk.xz"))
        listed = data.read_json(path)
        if not blocks or not isinstance(listed, list) or not all(isinstance(each, list) and len(each) == 4 for each in listed):
            continue
        two = {txid: inputs for _, txid, inputs, values in listed if len(inputs) == 1 and len(values) == 2}
        chain = [txid for txid, inputs in two.items() if inputs[0] not in two]
        while len(chain) == 1 or chain[-1:] != chain[-2:-1]:
            chain.append(next((txid for txid, inputs in two.items() if inputs[0] == chain[-1]), chain[-1]))
        chain.pop()
        with tempfile.TemporaryDirectory(prefix="cordon-change-") as work:
            ledger = pathlib.Path(work) / "ledger"
            program.cordon("ingest", "--ledger", ledger, *(f"btc-blocks:{file}" for file in blocks))
            yield from both_ways(ledger, data.name_of(path), chain)


def breaks():
    """Raw txns of one folder, of which one spends another: whether the wallet works in the same way."""
    for folder in sorted({path.parent for path in data.find("*/*/*_tx.hex")}):
        files = sorted(folder.glob("*_tx.hex"))
        if len(files) < 2:
            continue
        with tempfile.TemporaryDirectory(prefix="cordon-change-") as work:
            ledger = pathlib.Path(work) / "ledger"
            file = pathlib.Path(work) / "txs.hex"
            file.write_text("\n".join(each.read_text(encoding="utf-8").strip() for each in files) + "\n", encoding="utf-8")
            program.cordon("ingest", "--ledger", ledger, "--chain", "btc", f"btc-txs:{file}")
            spent = [each["spent_by"]["differs"] for txn in ask(ledger, "--all") for each in txn["outputs"] if "spent_by" in each]
        if spent:
            yield Row(NAME, f"{data.name_of(folder)}/spends", "wallet break told", sum(map(bool, spent)) / len(spent), len(spent))


# --- Owners

def owned():
    for path in data.find("*/*/*.jsonl.xz"):
        txns = data.read_json_lines(path)
        if not txns or not isinstance(txns[0], dict) or "in" not in txns[0] or "out" not in txns[0]:
            continue
        by_owner = all("owners_in" in txn for txn in txns)
        truth = {txn["txid"]: n for txn in txns for n in (true_change(txn) if by_owner else reused_change(txn),) if n is not None}
        joins = {txn["txid"] for txn in txns if txn.get("is_coinjoin")}
        if len(truth) < 10:  # A handful says nothing.
            continue
        with tempfile.TemporaryDirectory(prefix="cordon-change-") as work:
            ledger = pathlib.Path(work) / "ledger"
            file = pathlib.Path(work) / "txs.jsonl"
            file.write_bytes(data.read_bytes(path))
            program.cordon("ingest", "--ledger", ledger, "--chain", "btc-regtest" if by_owner else "btc", f"btc-txs:{file}")
            found = {each["txid"]: each for each in ask(ledger, "--all")}
        yield from accuracy(f"{data.name_of(path)}{'' if by_owner else ' (reuse)'}", found, truth, by_owner)
        if joins:
            answers = sum("change" in found[txid] for txid in joins if txid in found)
            yield Row(NAME, f"{data.name_of(path)}/joint txns", "answered", answers / len(joins), len(joins))


def true_change(txn):
    """The one output whose owner paid, while all others go to somebody else. None is one owner outside the named wallets."""
    if txn.get("coinbase") or txn.get("is_coinjoin") or not txn["in"] or any(each[4] is None for each in txn["in"]):
        return None
    payers = {each[5] for each in txn["in"]}
    own = [n for n, each in enumerate(txn["out"]) if each[3] in payers]
    return own[0] if len(payers) == 1 and len(own) == 1 and len(txn["out"]) > 1 else None


def reused_change(txn):
    """The one output that pays a signer, of a txn that no label takes for a joint one."""
    label = txn.get("label", "")
    if not (label.startswith("post_mix") or label.startswith("not_")) or any(each[4] is None for each in txn["in"]):
        return None
    signers = {each[4] for each in txn["in"]}
    own = [n for n, each in enumerate(txn["out"]) if each[2] in signers]
    return own[0] if len(own) == 1 and sum(each[0] > 0 for each in txn["out"]) > 1 else None


def accuracy(name, found, truth, by_owner):
    """Of every heuristic that leaves one output, and of the consensus: for how many txns, and how often that one is right."""
    keys = ("address-reuse", "direct-change", "multi-input")
    names = sorted({each for txn in found.values() for each in txn["candidates"]})
    for heuristic in names:
        if heuristic in ("none", "spent", "unspent") or (not by_owner and heuristic in keys):
            continue
        said = {txid: found[txid]["candidates"][heuristic] for txid in truth if txid in found}
        yield from score(name, heuristic, {txid: all_of[0] for txid, all_of in said.items() if len(all_of) == 1}, truth)
    if by_owner:
        yield from score(name, "consensus", {txid: found[txid]["change"] for txid in truth
                                             if txid in found and "change" in found[txid]}, truth)


def score(name, heuristic, said, truth):
    name = f"{name}/{heuristic}"
    yield Row(NAME, name, "coverage", len(said) / len(truth), len(truth))
    if said:
        yield Row(NAME, name, "precision", sum(truth[txid] == n for txid, n in said.items()) / len(said), len(truth))
