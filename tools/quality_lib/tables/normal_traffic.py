# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Alerts of high or above on txns that are no attacks, per 1,000 txns, in union and by detector. A set is counted for what its
source gives: a detector of call traces can say nothing about one without them, so those sets stand apart. Sets:

  FOLDER            exports of ethereum-etl (detect/*/*/* with expected_transactions.json): txns and logs, no traces
  FOLDER (traces)   expected results of a node's callTracer (detect/*/call_tracer* files with a result): each one txn
  benign/*          traffic of a local node with logs and traces: $CORDON_BENIGN or out/benign, made by tests/anvil/benign/run,
                    which knows nothing of the detectors; by class of txn where there was an alert
"""
import collections
import json
import os
import pathlib
import tempfile

from .. import data, watched
from ..rows import Row

NAME = "normal-traffic"
GROUP = "quality"


def run(_options):
    found = False
    for source in (exports, traces, benign):
        for row in source():
            found = True
            yield row
    if not found:
        raise data.Missing("no exports, no tracer results, and no out/benign (tests/anvil/benign/run)")


def figures(name, found, txns, given):
    high = watched.by_detector(found, "high")
    yield Row(NAME, name, f"txns with {given}", txns, txns)
    for detector in ["union", *sorted(set(high) - {"union"})]:
        hits = len(high[detector])
        label = name if detector == "union" else f"{name}/{detector}"
        yield from watched.share_rows(NAME, label, "alerts of high or above a txn", hits, txns)
        yield Row(NAME, label, "per 1,000", 1000 * hits / txns if txns else None, txns)


def exports():
    for path in data.find("detect/*/*/*/expected_transactions.json"):
        txns = len(data.read_json_lines(path))
        with tempfile.TemporaryDirectory() as folder:
            # Only the exports: what stands beside them are a node's answers.
            for each in sorted(path.parent.glob("expected_*.json")):
                (pathlib.Path(folder) / each.name).symlink_to(each)
            found = watched.alerts(f"evm-etl:{folder}")
        yield from figures(data.name_of(path.parent), found, txns, "logs")


def traces():
    sets = collections.defaultdict(list)
    for path in data.find("detect/*/call_tracer*/*.json"):
        told = data.read_json(path)
        if isinstance(told, dict) and isinstance(told.get("result"), dict) and "from" in told["result"]:
            sets[path.parent].append((path.name, told["result"]))
    for parent, results in sorted(sets.items()):
        with tempfile.TemporaryDirectory() as folder:
            for name, result in results:
                (pathlib.Path(folder) / name).write_text(json.dumps(result), encoding="utf-8")
            found = watched.alerts(f"evm-traces:{folder}")
        yield from figures(f"{data.name_of(parent)} (traces)", found, len(results), "traces")


def benign():
    folder = pathlib.Path(os.environ.get("CORDON_BENIGN") or data.PROJECT / "out" / "benign")
    blocks = folder / "blocks.jsonl.gz"
    if not blocks.is_file():
        return
    classes = classes_of(folder)
    found = watched.alerts(f"rpc-blocks:{blocks}")
    if classes:
        found = [alert for alert in found if alert["txs"] and alert["txs"][0] in classes]
    yield from figures("benign", found, len(classes), "logs and traces")
    union = watched.by_detector(found, "high")["union"]
    for name in sorted({classes[txn] for txn in union}):
        of_class = sum(each == name for each in classes.values())
        hits = sum(classes[txn] == name for txn in union)
        yield Row(NAME, f"benign/class {name}", "alerts of high or above a txn", hits / of_class, of_class)


def classes_of(folder):
    """Txn -> class, of the traffic; what sets the world up is no traffic."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return {}
    return {txn["hash"]: txn["class"] for txn in data.read_json(manifest)["txns"] if txn["class"] != "setup"}
