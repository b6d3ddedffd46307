# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Mixers and bridges: what cordon links ties together, beside given pairs and streams made for it.

Pools, by net (folders with deposits_NET_CURRENCY_AMOUNT.csv and withdrawals_…; quality_lib/mixer_events.py):
  NAME/CLUE pointed        share of all withdrawals to which the clue gives a candidate, at whatever confidence
  NAME/CLUE right          share of right answers where the program could test the clue: on withdrawals whose recipient
                           is a depositor himself, with the address hidden (people who do that are careless, so this is
                           a bound from above); n is the number of tests
  NAME linked              share of withdrawals with a crossing of confidence 0.5 or more
Given pairs of addresses (folders with links.csv, joined with the pool that holds their first deposits):
  NAME same_address_recall pairs of one address twice of which the events hold both first txns: share tied at 0.5 or more
  NAME link_precision      of the pairs of addresses tied at 0.5 or more: share that is among the given pairs of the
                           pool, or is one address which deposited before it withdrew. The first half of that "or" is
                           somebody else's finding and the second is true by itself; a link of another kind that the
                           given pairs do not have counts as wrong.
  NAME/clue_KIND           given pairs of a kind that events cannot show (gas price, outside transfers, gas funder, the
                           sender of a txn): how many there are in the events, and how many the program lists all the same
Known thieves (folders with a column of addresses and names "Name Tag") among the depositors, and those with a link.
Bridges (folders with NAME_calldata.csv, NAME_deposits.jsonl, NAME_pairs.csv): share of the deposits to which a call can
be found that says the same: first by the deposit's txn hash where the call carries it, else by receiver, amount and
sender or asset where it says them. The calls are those of the far side: nothing else is given. Amounts of the far side
lack the fee, and may be in other decimals; each call is given to one deposit, the nearest in amount first. told_apart
leaves out those that have a twin of the same content, so that which is whose cannot be told. pairs_verified is the
share of given pairs whose deposit is tied; that the far txn is the given one cannot be checked, for the calls come
without their hashes.
Streams (quality_lib/bridge_streams.py): share of deposits found by asset, amount and time, and share of false crossings
among those of confidence 0.5 or more.
"""
import csv
import io
import pathlib
import tempfile

from .. import bridge_calls, bridge_streams, data, mixer_events, program
from ..rows import Row

NAME = "links"
GROUP = "quality"
SURE = 0.5
SEEDS = (1, 2, 3, 4, 5)


def run(options):
    measured = False
    for source in (pools, bridges):
        for row in source():
            measured = True
            yield row
    if not measured:
        raise data.Missing("no folder of mixer events or bridge calldata")
    yield from streams(options.seeds or (SEEDS[:1] if options.quick else SEEDS))


def links_of(sources, folder, kind):
    ledger = pathlib.Path(folder) / "ledger"
    program.cordon("ingest", "--ledger", ledger, *sources)
    lines = program.cordon_lines("links", "--ledger", ledger, "--kind", kind, "--min-confidence", "0")
    by_kind = {}
    for line in lines:
        by_kind.setdefault(line["kind"], []).append(line["data"])
    return by_kind


# --- mixers ----------------------------------------------------------------------------------------------------------

def pools():
    for folder in sorted({path.parent for path in data.find("*/*/deposits_*_*_*.csv*")}):
        by_net = {}
        for pool in mixer_events.pools(folder):
            by_net.setdefault(pool.net, []).append(pool)
        thieves = known_thieves()
        for net, its_pools in sorted(by_net.items()):
            with tempfile.TemporaryDirectory(prefix="cordon-quality-") as scratch:
                found = links_of(mixer_events.write(its_pools, scratch), scratch, "mixer")
            crossings = {}
            for each in found.get("links.crossing", []):
                crossings.setdefault(each["via"], []).append(each)
            told = {each["pool"]: each for each in found.get("links.pool", [])}
            for pool in its_pools:
                yield from pool_rows(folder, pool, told.get(pool.address), crossings.get(pool.address, []), thieves)


def pool_rows(folder, pool, told, crossings, thieves):
    name = f"{data.name_of(folder)}/{pool.name}"
    n = len(pool.withdrawals)
    if told is None:  # Too few deposits to tell a pool by.
        yield Row(NAME, name, "linked", 0.0 if n else None, n)
        return
    sure = [each for each in crossings if each["confidence"] >= SURE]
    yield Row(NAME, name, "linked", len({(each["to"]["txn"], each["to"]["index"]) for each in sure}) / max(n, 1), n)
    for clue in told["clues"]:
        yield Row(NAME, f"{name}/{clue['clue']}", "pointed", clue["pointed"] / max(n, 1), n)
        if clue["tested"]:
            yield Row(NAME, f"{name}/{clue['clue']}", "right", clue["right"] / clue["tested"], clue["tested"])
    yield from given_pairs(name, pool, crossings, sure)
    depositors = {row["from"].lower() for row in pool.deposits} & thieves
    if depositors:
        linked = depositors & {each["from"]["address"] for each in sure}
        yield Row(NAME, name, "known_thieves", len(depositors), len(depositors))
        yield Row(NAME, name, "known_thieves_linked", len(linked), len(depositors))


def known_thieves():
    found = set()
    for path in data.find("*/*/*.csv"):
        with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.DictReader(file)
            names = {(field or "").lower(): field for field in reader.fieldnames or []}
            if "address" in names and "name tag" in names:
                found |= {row[names["address"]].lower() for row in reader}
    return found


def given_pairs(name, pool, crossings, sure):
    deposits = {row["tx_hash"]: row for row in pool.deposits}
    withdrawals = {row["tx_hash"] for row in pool.withdrawals}
    for path in data.find("*/*/links.csv*"):
        rows = list(csv.DictReader(io.StringIO(data.read_bytes(path).decode("utf-8-sig"))))
        by_pool = {}
        for row in rows:
            by_pool.setdefault(row["pool_name"], []).append(row)
        for given in by_pool.values():
            inside = [row for row in given
                      if row["first_deposit_hash"] in deposits and row["first_withdraw_hash"] in withdrawals]
            if len(inside) * 2 < len(given):  # Another pool's.
                continue
            yield from compare(name, pool, inside, given, crossings, sure)


def pair_of(row):
    return row["deposit_address"].lower(), row["withdraw_address"].lower()


def compare(name, pool, inside, given, crossings, sure):
    tied = {(each["from"]["address"], each["to"]["address"]) for each in sure}
    listed = {(each["from"]["address"], each["to"]["address"]) for each in crossings}
    same = {pair_of(row) for row in inside if pair_of(row)[0] == pair_of(row)[1]}
    yield Row(NAME, name, "same_address_recall", len(same & tied) / len(same) if same else None, len(same))
    first = {}
    for row in pool.deposits:
        first[row["from"].lower()] = min(first.get(row["from"].lower(), 1 << 62), int(row["timestamp"]))
    identities = {(row["to"].lower(),) * 2 for row in pool.withdrawals
                  if first.get(row["to"].lower(), 1 << 62) <= int(row["timestamp"])}
    right = tied & ({pair_of(row) for row in given} | identities)
    yield Row(NAME, name, "link_precision", len(right) / len(tied) if tied else None, len(tied))
    for kind in sorted({row["clue_type"] for row in inside}):
        pairs = {pair_of(row) for row in inside if row["clue_type"] == kind} - same
        if pairs:
            yield Row(NAME, f"{name}/clue_{kind}", "given", len(pairs), len(pairs))
            yield Row(NAME, f"{name}/clue_{kind}", "listed", len(pairs & listed), len(pairs))


# --- bridges ---------------------------------------------------------------------------------------------------------

def bridges():
    for path in data.find("*/*/*_calldata.csv*"):
        stem = path.name.partition("_calldata.csv")[0]
        deposits = sorted(path.parent.glob(f"{stem}_deposits.jsonl*"))
        pairs = sorted(path.parent.glob(f"{stem}_pairs.csv*"))
        if not deposits or not pairs:
            continue
        calls = bridge_calls.decoded(mixer_events.rows_of(path))
        told = data.read_json_lines(deposits[0])
        tied, doubtful = bridge_calls.tie(told, calls)
        name = f"{data.name_of(path.parent)}/{stem}"
        yield Row(NAME, name, "calls_decoded", sum(call is not None for call in calls) / len(calls), len(calls))
        yield Row(NAME, name, "deposits_decoded", len(tied) / len(told), len(told))
        yield Row(NAME, name, "told_apart", (len(tied) - len(doubtful)) / len(told), len(told))
        given = mixer_events.rows_of(pairs[0])
        yield Row(NAME, name, "pairs_verified", sum(row["src_tx"] in tied for row in given) / len(given), len(given))


# --- streams ---------------------------------------------------------------------------------------------------------

def streams(seeds):
    worst = {}
    for seed in seeds:
        stream = bridge_streams.Stream(seed).make()
        with tempfile.TemporaryDirectory(prefix="cordon-quality-") as scratch:
            found = links_of(stream.write(scratch), scratch, "bridge")
        true, hits, told, false = bridge_streams.judge(stream, found.get("links.crossing", []), SURE)
        for metric, value, n in (("found", hits / true, true), ("false", false / told if told else None, told)):
            yield Row(NAME, f"stream/seed{seed}", metric, value, n)
            worst.setdefault(metric, []).append((value, n))
    if len(seeds) > 1:
        yield Row(NAME, "stream/worst", "found", min(value for value, _ in worst["found"]), sum(n for _, n in worst["found"]))
        yield Row(NAME, "stream/worst", "false", max(value if value is not None else 1.0 for value, _ in worst["false"]),
                  sum(n for _, n in worst["false"]))
