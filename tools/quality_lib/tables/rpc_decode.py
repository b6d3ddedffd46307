# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Answers of EVM nodes: call traces, state diffs, blocks and receipts, against what the files say when read another way."""
import collections
import csv
import json

from .. import data, program, vectors
from ..rows import Row

NAME = "rpc-decode"
GROUP = "conformance"
PLACES = ("detect", "custody")
MAX_BYTES = 64 << 20
ZERO = "0x" + "0" * 64


def run(_options):
    return vectors.require(rows(), "no JSON with call traces, state diffs or blocks below detect or custody")


def documents():
    """(path, document) of every JSON file."""
    for place in PLACES:
        for path in data.find(f"{place}/**/*.json"):
            if path.is_file() and path.stat().st_size <= MAX_BYTES:
                try:
                    yield path, json.loads(path.read_text(encoding="utf-8"))
                except (ValueError, UnicodeDecodeError):
                    continue  # No JSON: not what is measured here.


def is_frame(told):
    return isinstance(told, dict) and "from" in told and not str(told.get("type", "0x")).startswith("0x")


def is_diff(told):
    return isinstance(told, dict) and {"pre", "post"} <= set(told) and all(isinstance(told[key], dict) for key in ("pre", "post"))


def is_block(told):
    return (isinstance(told, dict) and {"parentHash", "transactions", "timestamp"} <= set(told)
            and all(isinstance(txn, dict) for txn in told["transactions"]))


def is_receipt(told):
    return isinstance(told, dict) and {"transactionHash", "blockHash", "logs"} <= set(told)


def within(told, wanted, depth=3):
    """What is wanted in a document: itself, or in its lists and members, not further down than answers and fixtures lie."""
    if wanted(told):
        yield told
    elif depth and isinstance(told, (dict, list)):
        for part in told.values() if isinstance(told, dict) else told:
            yield from within(part, wanted, depth - 1)


def number(text):
    return int(text or "0x0", 16)


def without_blank(row):
    return {key: value for key, value in row.items() if value not in (None, "", "0", False)}


def flat(frame):
    """The frames in pre-order, as events: writes them."""
    out, stack = [], [(frame, None)]
    while stack:
        told, parent = stack.pop()
        kind = told["type"].lower()
        failed = "error" in told
        sender = told.get("from")
        if sender is None and parent is not None:  # Of old nodes: whose code ran.
            above = out[parent]
            sender = above["from"] if above["kind"] in ("delegatecall", "callcode") else above.get("to")
        row = without_blank({
            "kind": kind, "from": sender.lower(), "value": str(number(told.get("value"))), "failed": failed,
            "to": None if failed and kind.startswith("create") else told.get("to", "").lower(),
            "input": told.get("input", "0x").removeprefix("0x"), "output": (told.get("output") or "0x").removeprefix("0x")})
        for key in ("input", "output"):
            if key in row:
                row[key] = "0x" + row[key]
        if parent is not None:
            row["parent"] = parent
        stack += [(child, len(out)) for child in reversed(told.get("calls") or [])]
        out.append(row)
    return out


def changes(diff):
    out = []
    slots = {(address.lower(), slot) for side in diff.values() for address, told in side.items()
             for slot in told.get("storage") or {}}
    for address, slot in sorted(slots):
        before, after = (({key.lower(): value for key, value in diff[side].items()}.get(address) or {})
                         .get("storage", {}).get(slot, ZERO) for side in ("pre", "post"))
        if before != after:
            out.append({"contract": address, "slot": slot, "before": before, "after": after})
    return out


def txn_as_told(told, receipt):
    """The fields of a txn that both sides have, in one form."""
    row = {"hash": told["hash"], "from": told["from"], "to": told.get("to"), "value": str(number(told["value"])),
           "nonce": number(told["nonce"]), "input": told["input"] if told["input"] != "0x" else None}
    if receipt:
        status = receipt.get("status")
        row["succeeded"] = None if status is None else status == "0x1"
        row["logs"] = [without_blank({"index": number(log["logIndex"]), "contract": log["address"], "topics": log["topics"],
                                      "data": log["data"].removeprefix("0x") and log["data"]}) for log in receipt["logs"]]
    return {key: value for key, value in row.items() if value not in (None, "0", [])}


def txn_as_given(given, receipt):
    keys = {"hash", "from", "to", "value", "nonce", "input"} | ({"succeeded", "logs"} if receipt else set())
    row = {key: value for key, value in given.items() if key in keys}
    if "logs" in row:
        row["logs"] = [without_blank(log) for log in row["logs"]]
    return row


def txn_of(answer):
    return answer["out"]["txns"][0] if answer.get("ok") else {}


def share(name, metric, right):
    return Row(NAME, name, metric, sum(right) / len(right), len(right))


def rows():
    by_folder = collections.defaultdict(list)
    for path, told in documents():
        by_folder[path.parent].append((path, told))
    for folder, files in sorted(by_folder.items()):
        yield from folder_rows(folder, files)


def folder_rows(folder, files):
    name = data.name_of(folder)
    frames = [(path, frame) for path, told in files for frame in within(told, is_frame)]
    if frames:
        answers = program.conform([{"op": "rpc_calls", "json": json.dumps(frame)} for _, frame in frames])
        given = [txn_of(answer).get("calls") for answer in answers]
        yield share(name, "calls as told", [calls == flat(frame) for calls, (_, frame) in zip(given, frames)])
        yield Row(NAME, name, "frames", sum(len(calls or []) for calls in given), len(frames))
        yield from indexed(name, folder, {path.stem: calls for (path, _), calls in zip(frames, given)})
    diffs = [diff for _, told in files for diff in within(told, is_diff)]
    if diffs:
        answers = program.conform([{"op": "rpc_changes", "json": json.dumps(diff)} for diff in diffs])
        given = [txn_of(answer).get("changes", []) for answer in answers]
        yield share(name, "changes as told", [answer.get("ok") and rows == changes(diff)
                                              for answer, rows, diff in zip(answers, given, diffs)])
        yield from against_parity(name, files, given)
    yield from blocks(name, files)


def indexed(name, folder, calls_by_stem):
    """Against the figures that an index beside the traces gives for each."""
    index = folder / "index.csv"
    if not index.is_file():
        return
    with open(index, newline="", encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    figures = {
        "frames": len, "depth": lambda calls: max(depths(calls)) + 1,  # It counts the txn as a level.
        "delegatecalls": lambda calls: sum(call["kind"] == "delegatecall" for call in calls),
        "creates": lambda calls: sum(call["kind"].startswith("create") for call in calls),
        "selfdestructs": lambda calls: sum(call["kind"] == "selfdestruct" for call in calls)}
    for metric, figure in figures.items():
        if told and metric in told[0]:
            found = [(row, next((calls for stem, calls in calls_by_stem.items() if stem.endswith(row["tx"])), None))
                     for row in told]
            yield share(name, f"{metric} as indexed", [bool(calls) and figure(calls) == int(row[metric]) for row, calls in found])


def depths(calls):
    out = []
    for call in calls:
        out.append(out[call["parent"]] + 1 if "parent" in call else 0)
    return out


def against_parity(name, files, given):
    """trace_replay…'s stateDiff tells the same slots in another way, when it lies beside."""
    right = []
    for _, told in files:
        for entry in within(told, lambda part: isinstance(part, dict) and isinstance(part.get("stateDiff"), dict)):
            slots = [{"contract": address, "slot": slot, "before": moved["*"]["from"], "after": moved["*"]["to"]}
                     for address, account in sorted(entry["stateDiff"].items())
                     for slot, moved in sorted(account["storage"].items()) if "*" in moved]
            right.append(slots in given)
    if right:
        yield share(name, "changes as stateDiff tells", right)


def blocks(name, files):
    """Blocks with full txns; a second time with those of their txns alone whose receipts lie beside."""
    receipts = collections.defaultdict(dict)
    for _, told in files:
        for receipt in within(told, is_receipt):
            receipts[receipt["blockHash"]][receipt["transactionHash"]] = receipt
    found = [block for _, told in files for block in within(told, is_block) if block.get("hash")]
    for metric, cut in (("blocks as told", False), ("receipts as told", True)):
        questions, expected = [], []
        for block in found:
            mine = receipts.get(block["hash"], {}) if cut else {}
            if cut and not mine:
                continue
            txns = [txn for txn in block["transactions"] if not cut or txn["hash"] in mine]
            question = {"op": "rpc_block", "chain": "eth", "block": json.dumps({**block, "transactions": txns})}
            if cut:
                question["receipts"] = json.dumps([mine[txn["hash"]] for txn in txns])
            questions.append(question)
            expected.append((block, [txn_as_told(txn, mine.get(txn["hash"])) for txn in txns], cut))
        if questions:
            answers = program.conform(questions)
            yield share(name, metric, [same_block(answer, *each) for answer, each in zip(answers, expected)])
            yield Row(NAME, name, metric.replace("as told", "hold txns"), sum(len(each[1]) for each in expected), len(expected))


def same_block(answer, block, txns, cut):
    if not answer.get("ok"):
        return False
    out = answer["out"]
    return (out["number"] == number(block["number"]) and out["hash"] == block["hash"]
            and out["parent"] == block["parentHash"] and [txn_as_given(txn, cut) for txn in out["txns"]] == txns)
