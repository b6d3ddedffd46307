# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What `cordon watch --replay` raises on a source, counted by txn, detector and severity."""
import collections

from . import program, wilson
from .rows import Row

SEVERITIES = ("info", "low", "medium", "high", "critical")


def alerts(*sources, accept=(0, 1)):
    """The alerts that stand at the end of a replay: of each id the last that was told. Exit 1 says that there are some."""
    last = {}
    for envelope in program.cordon_lines("watch", "--replay", *sources, accept=accept):
        if envelope.get("kind") != "alert":
            continue
        alert = envelope.get("data", envelope)
        last[alert["id"]] = alert
    return [alert for alert in last.values() if alert["state"] != "retracted"]


def by_detector(found, least):
    """Detector -> txns with an alert of at least this severity; "union" for any detector. Feed health is none."""
    seen = collections.defaultdict(set)
    for alert in found:
        if SEVERITIES.index(alert["severity"]) < SEVERITIES.index(least) or alert["detector"].startswith("W"):
            continue
        for txn in alert["txs"][:1]:  # The first is the one that raised it.
            seen[alert["detector"]].add(txn)
            seen["union"].add(txn)
    return seen


def share_rows(table, name, metric, hits, n):
    """A share with the ends of its 95 % interval."""
    low, high = wilson.interval(hits, n)
    yield Row(table, name, metric, hits / n if n else None, n)
    yield Row(table, name, f"{metric}, 95 % from", low, n)
    yield Row(table, name, f"{metric}, 95 % to", high, n)
