# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""One measured speed, its peer and its target."""
import dataclasses
import fnmatch
import json
import pathlib

TARGETS_FILE = pathlib.Path(__file__).resolve().parent.parent / "bench_targets.json"
# Units in which less is better; everything else is a rate.
LESS_IS_BETTER = {"ns", "us", "ms", "s", "CPU-s", "MiB", "B/row", "B/txn", "us/txn"}


@dataclasses.dataclass
class Row:
    bench: str
    metric: str
    value: float | None
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    target: float | None = None
    passed: bool | None = None

    @property
    def ratio(self):
        """How many times better than the peer; above 1 is better, whichever way the unit runs."""
        if not self.value or not self.peer_value:
            return None
        return self.peer_value / self.value if self.unit in LESS_IS_BETTER else self.value / self.peer_value

    def as_json(self):
        return {"bench": self.bench, "metric": self.metric, "value": self.value, "unit": self.unit, "peer": self.peer,
                "peer_value": self.peer_value, "ratio": self.ratio, "target": self.target, "pass": self.passed}


class Targets:
    """Rules of tools/bench_targets.json: bench, metric and peer (shell patterns), and one of "ratio" (at least), "min" or
    "max" (of the value). The first rule that fits a row counts.
    """

    NAMES = ("bench", "metric", "peer")
    KINDS = ("ratio", "min", "max")

    def __init__(self, rules):
        for rule in rules:
            if set(rule) - {*self.NAMES, *self.KINDS, "why"} or len(set(self.KINDS) & set(rule)) != 1:
                raise ValueError(f"bench targets: a rule has bench, metric, peer and one of ratio, min, max, not {rule}")
        self.rules = rules

    @classmethod
    def load(cls, path=TARGETS_FILE):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file)["targets"])

    def apply(self, row):
        for rule in self.rules:
            if not all(fnmatch.fnmatchcase(getattr(row, key) or "", rule.get(key, "*")) for key in self.NAMES):
                continue
            kind = next(key for key in self.KINDS if key in rule)
            measured = row.ratio if kind == "ratio" else row.value
            row.target = rule[kind]
            row.passed = measured is not None and (measured <= row.target if kind == "max" else measured >= row.target)
            return row
        return row


def shown(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def markdown(rows):
    out = []
    for bench in dict.fromkeys(row.bench for row in rows):
        out += [f"### {bench}", "", "| what | value | peer or limit | its value | times better | target |", "|---|---|---|---|---|---|"]
        told = (None, None, None)
        for row in (row for row in rows if row.bench == bench):
            metric, value = row.metric, f"{shown(row.value)} {row.unit}"
            verdict = "" if row.passed is None else f"{shown(row.target)} {'✓' if row.passed else '✗'}"
            peer = f"{shown(row.peer_value)} {row.unit}" if row.peer_value is not None else ""
            # A figure with several peers is told once.
            before, told = told, (metric, value, verdict)
            if before[:2] == told[:2]:
                metric = value = ""
                verdict = "" if before[2] == verdict else verdict
            out.append(f"| {metric} | {value} | {row.peer or ''} | {peer} | {shown(row.ratio)} | {verdict} |")
        out.append("")
    return "\n".join(out)
