# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""One measured figure, its target, and how figures are shown."""
import dataclasses
import fnmatch
import json
import pathlib

TARGETS_FILE = pathlib.Path(__file__).resolve().parent.parent / "quality_targets.json"


@dataclasses.dataclass
class Row:
    """A figure: value is None when it could not be measured (then it fails its target, if it has one)."""
    table: str
    set: str
    metric: str
    value: float | int | None
    n: int
    target: float | None = None
    passed: bool | None = None  # None: there is no target.

    def as_json(self):
        return {"table": self.table, "set": self.set, "metric": self.metric, "value": self.value, "n": self.n,
                "target": self.target, "pass": self.passed}


class Targets:
    """Rules of tools/quality_targets.json, by table, set and metric (shell patterns); the first that fits holds.

    A rule has "min" or "max". A set that no rule knows has no target.
    """

    def __init__(self, rules):
        for rule in rules:
            unknown = set(rule) - {"table", "set", "metric", "min", "max", "why"}
            if unknown or ("min" in rule) == ("max" in rule):
                raise ValueError(f"quality targets: a rule has table, set, metric and one of min or max, not {rule}")
        self.rules = rules

    @classmethod
    def load(cls, path=TARGETS_FILE):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file)["targets"])

    def apply(self, row):
        for rule in self.rules:
            if all(fnmatch.fnmatchcase(getattr(row, key), rule.get(key, "*")) for key in ("table", "set", "metric")):
                lower = "min" in rule
                row.target = rule["min" if lower else "max"]
                row.passed = row.value is not None and (row.value >= row.target if lower else row.value <= row.target)
                return row
        return row


def shown(value):
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def markdown(rows):
    """One table a name, in the order of the rows; metrics of one set share a line where they share n."""
    out = []
    for table in dict.fromkeys(row.table for row in rows):
        mine = [row for row in rows if row.table == table]
        metrics = list(dict.fromkeys(row.metric for row in mine))
        out += [f"### {table}", "", "| set | n | " + " | ".join(metrics) + " |", "|---|---|" + "---|" * len(metrics)]
        lines = {}
        for row in mine:
            lines.setdefault((row.set, row.n), {})[row.metric] = row
        for (name, count), cells in lines.items():
            out.append(f"| {name} | {count:,} | " + " | ".join(cell(cells.get(metric)) for metric in metrics) + " |")
        out.append("")
    return "\n".join(out)


def by_set(rows, folder="custody"):
    """What passed of all that was asked of each set of a folder, over all tables: a set has as many questions as its
    vectors have parts that can be judged. "missed" metrics say why, and are no questions; what is not judged has not
    passed."""
    sets = {}
    for row in rows:
        if not row.set.startswith(f"{folder}/") or row.value is None or row.metric.startswith("missed"):
            continue
        name = row.set.split(":")[0].split("/")[1]
        known = sets.setdefault(name, [0, 0, 0])
        if row.metric == "judged" or row.metric.startswith("not judged"):
            known[2] += row.n
        else:
            known[0] += round(row.value * row.n)
            known[1] += row.n
    out = [f"### every set of {folder}/: passed of all questions", "", "| set | passed | of | not judged |", "|---|---|---|---|"]
    for name, (passed, asked, left) in sorted(sets.items()):
        out.append(f"| {name} | {passed:,} | {asked:,} | {f'{left:,}' if left else ''} |")
    return "\n".join([*out, ""]) if sets else ""


def cell(row):
    if row is None:
        return ""
    text = shown(row.value)
    if row.passed is None:
        return text
    return f"{text} ✓" if row.passed else f"**{text}** ✗ (target {shown(row.target)})"
