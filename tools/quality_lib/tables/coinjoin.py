# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Joint Bitcoin txns: what cordon classify calls each txn, against every file of labelled txns below btc/.

A file counts when its lines are txns with `label` or `is_coinjoin`; a set is FILE: WHAT IS EXPECTED. Words of a label say
it: the name of a class, "not" for a known false positive, "post" for an ordinary spend, "coinjoin" for a join of any kind. A
txn with `disputed` is in a set of its own: whoever made the list doubts it. Flagged innocents are shown twice: all of them, and those whose inputs a second search
cannot part among as many owners as there are equal outputs ("unexplained"); the books of the others close as a join's do.
"""
import collections
import itertools

from .. import data, program
from ..rows import Row

NAME = "coinjoin"
GROUP = "quality"
JOINS = {"wasabi1", "wasabi2", "whirlpool", "joinmarket"}
INNOCENT = ("known false positive", "ordinary spend", "no join")
CLASSES = JOINS | {"whirlpool_tx0", "stonewall", "payout", "consolidation", "ordinary"}
SEARCHED_INPUTS, SEARCHED_STEPS = 40, 300_000  # Beyond that a txn counts as unexplained.
FEE, LEAST_FEE = 0.005, 10_000  # What an owner may gain or pay: a share of the equal output, and at least so much.


def files():
    found = []
    for path in data.find("btc/**/*.jsonl*"):
        lines = data.read_json_lines(path)
        if lines and all("txid" in line and "in" in line for line in lines) and \
                any("label" in line or "is_coinjoin" in line for line in lines):
            found.append((path, lines))
    return found


def expected(line):
    """A class, "join" for any of them, one of INNOCENT; None when the label says nothing that can be judged."""
    if "is_coinjoin" in line:
        return "join" if line["is_coinjoin"] else "no join"
    label = line.get("label") or ""
    words = set(label.split("_"))
    if "not" in words:
        return "known false positive"
    if "post" in words:
        return "ordinary spend"
    if label in CLASSES:
        return label
    return "perhaps a join" if "coinjoin" in words else None


def run(_options):
    found = files()
    if not found:
        raise data.Missing("no file btc/**/*.jsonl of txns with label or is_coinjoin")
    spends = []
    for path, lines in found:
        answers = {line["data"]["txid"]: line["data"]
                   for line in program.cordon_lines("classify", "--txs", path, accept=(0, 1))}
        sets = collections.defaultdict(list)
        for line in lines:
            wanted = expected(line)
            if wanted and not line.get("coinbase"):
                name = f"{data.name_of(path).split('.')[0]}: {'disputed ' if line.get('disputed') else ''}{wanted}"
                sets[name, wanted].append((line, answers[line["txid"]]["class"]))
        for (name, wanted), txns in sorted(sets.items()):
            yield from judge(name, wanted, txns)
            spends += txns if wanted == "ordinary spend" else []
    if spends:
        yield from judge("all files: ordinary spend", "ordinary spend", spends)


def judge(name, wanted, txns):
    got = collections.Counter(kind for _, kind in txns)
    joins = [line for line, kind in txns if kind in JOINS]
    if wanted in INNOCENT:
        unexplained = sum(1 for line in joins if not parts_among_owners(line))
        yield Row(NAME, name, "flagged", len(joins) / len(txns), len(txns))
        yield Row(NAME, name, "unexplained", unexplained / len(txns), len(txns))
        yield Row(NAME, name, "stonewall", got["stonewall"] / len(txns), len(txns))
    elif wanted == "perhaps a join":
        yield Row(NAME, name, "called a join", len(joins) / len(txns), len(txns))
        yield Row(NAME, name, "stonewall", got["stonewall"] / len(txns), len(txns))
    else:
        right = len(joins) if wanted == "join" else got[wanted]
        yield Row(NAME, name, "recall", right / len(txns), len(txns))


def parts_among_owners(line):
    """Whether the books of n owners close: each owner's coins are one equal output and at most one change, but for what a
    maker gains or an owner pays, which is little. One owner pays for all, and his books close by conservation; one output
    may be a coordinator's. Written from the protocols, not from the program's rules.
    """
    if not all(entry[2] for entry in line["in"]):
        return False
    coins = sorted((entry[2] for entry in line["in"]), reverse=True)
    values = [entry[0] for entry in line["out"] if not (entry[1] or "").startswith("6a")]
    (equal, owners), = collections.Counter(values).most_common(1)
    changes = sorted((value for value in values if value != equal), reverse=True)
    if owners < 3 or not owners <= len(coins) <= SEARCHED_INPUTS or len(changes) > owners:
        return False
    steps = [SEARCHED_STEPS]
    for payer in [None, *range(len(changes))]:
        others = changes[:payer] + changes[payer + 1:] if payer is not None else changes
        if len(others) < owners:
            wanted = [equal + change for change in others] + [equal] * (owners - 1 - len(others))
            if fill(coins, wanted, max(LEAST_FEE, int(equal * FEE)), steps):
                return True
    return False


def fill(coins, wanted, tolerance, steps):
    if not wanted:
        return bool(coins)
    for size in range(1, 5):  # Who brings more coins than that can only be the payer.
        for chosen in itertools.combinations(range(len(coins)), size):
            steps[0] -= 1
            if steps[0] < 0:
                return False
            if abs(sum(coins[i] for i in chosen) - wanted[0]) <= tolerance:
                rest = [coin for i, coin in enumerate(coins) if i not in chosen]
                if fill(rest, wanted[1:], tolerance, steps):
                    return True
    return False
