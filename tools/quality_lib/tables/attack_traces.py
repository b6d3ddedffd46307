# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Real attacks as call traces (detect/*/index.csv with the columns tx, chain beside CHAIN_HASH.json files): the part of them
that `cordon watch` tells with severity high or above, in union and by each detector, with Wilson's 95 % interval. The traces
have no logs, no prices, no blocks and no history.

Half of them, by a digest of the txn's hash, was looked at when the detectors were made (`development`); the other half was not
(`held out`). Both halves are in `all`.

Beside it: a sheet of another watch's own detections (detect/*/*/*.csv with "Forta Detected" and "Diff in sec"), computed here.
"""
import csv
import hashlib
import re
import statistics

from .. import data, watched
from ..rows import Row

NAME = "attack-traces"
GROUP = "quality"
FILE = re.compile(r"[a-z]+_(0x[0-9a-f]{64})\.json")


def run(_options):
    found = False
    for index in data.find("detect/*/index.csv"):
        with open(index, newline="", encoding="utf-8") as file:
            if not {"tx", "chain"} <= set(csv.DictReader(file).fieldnames or ()):
                continue
        names = [FILE.fullmatch(path.name) for path in sorted(index.parent.glob("*.json"))]
        txns = {name.group(1) for name in names if name}
        if txns:
            found = True
            yield from recall(data.name_of(index.parent), index.parent, txns)
    for sheet in data.find("detect/*/*/*.csv"):
        yield from peer(sheet)
    if not found:
        raise data.Missing("no folder detect/*/ with an index.csv of tx, chain and a call trace for each")


def is_held_out(txn):
    return hashlib.sha256(bytes.fromhex(txn[2:])).digest()[0] % 2 == 1


def recall(name, folder, txns):
    found = watched.alerts(f"evm-traces:{folder}")
    high = watched.by_detector(found, "high")
    medium = watched.by_detector(found, "medium")
    halves = {"all": txns, "development": {txn for txn in txns if not is_held_out(txn)},
              "held out": {txn for txn in txns if is_held_out(txn)}}
    for half, part in halves.items():
        yield from watched.share_rows(NAME, f"{name}/{half}", "recall", len(high["union"] & part), len(part))
        yield Row(NAME, f"{name}/{half}", "recall, medium too", len(medium["union"] & part) / len(part), len(part))
        for detector in sorted(set(high) - {"union"}):
            yield from watched.share_rows(NAME, f"{name}/{half}/{detector}", "recall", len(high[detector] & part), len(part))


def peer(sheet):
    with open(sheet, newline="", encoding="utf-8", errors="replace") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"Forta Detected", "Diff in sec"} <= set(rows[0]):
        return
    judged = [row["Forta Detected"].strip() for row in rows if row["Forta Detected"].strip()[:2] in ("TP", "FN")]
    hits = sum(text.startswith("TP") for text in judged)
    name = f"{data.name_of(sheet)} (Forta's own)"
    yield from watched.share_rows(NAME, name, "recall", hits, len(judged))
    seconds = []
    for row in rows:
        try:
            seconds.append(float(row["Diff in sec"].replace(",", "")))
        except ValueError:
            continue
    if seconds:
        yield Row(NAME, name, "median seconds after the attack", statistics.median(seconds), len(seconds))
