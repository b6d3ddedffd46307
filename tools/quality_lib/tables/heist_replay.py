# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Thirty past thefts, played before the detectors: who was first, and what could still be saved (heists/README.md).

The facts are compiled into the program; `cordon heists replay all` plays them with five seeds. Figures are medians over
the seeds, of two middle values the worse.
  all                   in_time: heists whose first alert of high or critical comes before the first theft's block or in
                        it; half_saveable: those with half of the value not yet in a block at that moment;
                        detected: those with any such alert; median_lead_seconds of the detected
  signal: WORD          the same, of the heists with a public precursor on a chain, off it, or none
  chain alone           in_time without alerts about something that was to be signed: a house that did not ask
  normal traffic        false criticals, and false alerts of high, per wallet-month before the theft; the worst heist
  NAME                  one heist: its lead in seconds (negative: after the first loss), share saveable
Forta's own sheet (a file tp_list.csv with columns "Forta Detected" and "Diff in sec") stands beside it: share of attacks
detected, median seconds from the attack to the alert, share of alerts before the attack.
"""
import csv
import statistics

from .. import data, program
from ..rows import Row

NAME = "heist-replay"
GROUP = "quality"
SEEDS = (1, 2, 3, 4, 5)
HALF = 0.5


def run(options):
    runs = 1 if options.quick else len(SEEDS)
    heists = program.cordon_json("heists", "replay", "all", "--seed", SEEDS[0], "--runs", runs)["data"]["heists"]
    yield from totals("all", heists)
    for signal in sorted({heist["signal"] for heist in heists}):
        yield from totals(f"signal: {signal}", [heist for heist in heists if heist["signal"] == signal])
    yield Row(NAME, "chain alone", "in_time", sum(map(in_time_on_chain, heists)), len(heists))
    months = sum(run["wallet_months"] for heist in heists for run in heist["runs"])
    for metric in ("false_criticals", "false_highs"):
        found = sum(run[metric] for heist in heists for run in heist["runs"])
        yield Row(NAME, "normal traffic", f"{metric}_per_wallet_month", found / months, len(heists) * runs)
        yield Row(NAME, "normal traffic", f"worst heist's {metric}",
                  max(heist[f"{metric}_per_wallet_month"] for heist in heists), len(heists) * runs)
    for heist in heists:
        yield Row(NAME, heist["name"], "lead_seconds", heist["lead_seconds"], runs)
        yield Row(NAME, heist["name"], "saveable", heist["saveable"], runs)
    yield from forta()


def totals(name, heists):
    leads = [heist["lead_seconds"] for heist in heists if heist["lead_seconds"] is not None]
    yield Row(NAME, name, "in_time", sum(heist["in_time"] for heist in heists), len(heists))
    yield Row(NAME, name, "half_saveable", sum(heist["saveable"] >= HALF for heist in heists), len(heists))
    yield Row(NAME, name, "detected", len(leads), len(heists))
    if leads:
        yield Row(NAME, name, "median_lead_seconds", statistics.median_low(leads), len(heists))


def in_time_on_chain(heist):
    good = sum(run["first_on_chain"] is not None and run["first_on_chain"]["time"] <= run["first_theft"]
               for run in heist["runs"])
    return good * 2 > len(heist["runs"])


def forta():
    try:
        folder = data.data_dir()
    except data.Missing:
        return  # What we measure of ourselves needs no data.
    for path in sorted(folder.rglob("tp_list.csv")):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows or not {"Forta Detected", "Diff in sec"} <= set(rows[0]):
            continue
        # "TP (locally)" and the like count as what they begin with.
        judged = [row for row in rows if row["Forta Detected"].strip().upper()[:2] in ("TP", "FN")]
        found = [row for row in judged if row["Forta Detected"].strip().upper()[:2] == "TP"]
        late = [int(row["Diff in sec"].replace(",", "")) for row in found
                if row["Diff in sec"].replace(",", "").lstrip("-").isdigit()]
        name = f"Forta's sheet: {path.parent.name}"
        yield Row(NAME, name, "recall", len(found) / len(judged), len(judged))
        if late:
            yield Row(NAME, name, "median_lead_seconds", -statistics.median_high(late), len(late))
            yield Row(NAME, name, "before_the_attack", sum(each < 0 for each in late) / len(late), len(late))
