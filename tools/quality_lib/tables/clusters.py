# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Clusters of a chain whose every address has a known owner, with and without leaving out joint txns.

Takes every X.jsonl beside an X.owners.json (address -> owner), wherever below btc/. A pair of addresses in one cluster is
right when both have the same owner; addresses without a known owner are left out of the counts. n is the pairs that were
joined: where an emulation has no ordinary txn of several owned addresses it is 0, and the precision says nothing.

Beside it the real rounds of each folder of txns labelled as joins: nobody's addresses may become one cluster by them.
"""
import collections
import json
import pathlib
import tempfile

from .. import data, program
from ..rows import Row
from . import coinjoin

NAME = "clusters"
GROUP = "quality"


def cases():
    for owners in data.find("btc/**/*.owners.json*"):
        stem = owners.name.split(".owners.json")[0]
        for chain in sorted(owners.parent.glob(f"{stem}.jsonl*")):
            yield owners, chain


def run(_options):
    found, rounds = list(cases()), labelled_rounds()
    if not found and not rounds:
        raise data.Missing("no folder below btc/ with NAME.jsonl and NAME.owners.json, and no txns labelled as joins")
    for owners, chain in found:
        truth = {address: str(owner) for address, owner in data.read_json(owners).items() if owner is not None}
        with tempfile.TemporaryDirectory(prefix="cordon-clusters-") as folder:
            ledger = pathlib.Path(folder) / "ledger"
            network = network_of(truth)
            program.cordon("ingest", "--ledger", ledger, "--chain", network, f"btc-txs:{chain}")
            name = data.name_of(chain).split(".")[0]
            yield from score(f"{name}/default", clusters(ledger), truth)
            yield from score(f"{name}/with joins", clusters(ledger, "--with-joins"), truth)

    for folder, lines in sorted(rounds.items()):
        with tempfile.TemporaryDirectory(prefix="cordon-clusters-") as work:
            ledger, txns = pathlib.Path(work) / "ledger", pathlib.Path(work) / "txns.jsonl"
            txns.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
            program.cordon("ingest", "--ledger", ledger, f"btc-txs:{txns}")
            for name, flags in (("default", ()), ("with joins", ("--with-joins",))):
                sizes = collections.Counter(cluster for _, cluster in clusters(ledger, *flags))
                yield Row(NAME, f"{folder}: its rounds/{name}", "largest cluster", max(sizes.values(), default=1), len(lines))


def labelled_rounds():
    """Folder -> txns whose label is a class of joins and is not disputed."""
    rounds = collections.defaultdict(list)
    for path, lines in coinjoin.files():
        found = [line for line in lines if coinjoin.expected(line) in coinjoin.JOINS and not line.get("disputed")]
        if found:
            rounds[data.name_of(path.parent)] += found
    return rounds


def network_of(truth):
    prefixes = collections.Counter(address.split("1")[0] for address in truth)
    return {"bcrt": "btc-regtest", "tb": "btc-testnet"}.get(prefixes.most_common(1)[0][0], "btc")


def clusters(ledger, *flags):
    lines = program.cordon_lines("cluster", "--ledger", ledger, "--all", *flags)
    return [(line["data"]["address"], line["data"]["cluster"]) for line in lines]


def score(name, rows, truth):
    owned = collections.Counter(truth.values())
    inside = collections.defaultdict(collections.Counter)
    for address, cluster in rows:
        if address in truth:
            inside[cluster][truth[address]] += 1
    right = sum(pairs(count) for owners in inside.values() for count in owners.values())
    joined = sum(pairs(sum(owners.values())) for owners in inside.values())
    true = sum(pairs(count) for count in owned.values())
    yield Row(NAME, name, "pair precision", right / joined if joined else 1.0, joined)
    yield Row(NAME, name, "pair recall", right / true if true else 0.0, true)
    yield Row(NAME, name, "most owners in one", max((len(owners) for owners in inside.values()), default=0), len(inside))


def pairs(count):
    return count * (count - 1) // 2
