# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""How well `trace --mode ranked` finds the thieves' accounts: a real network without times, and thefts in noise.

Two kinds of data, told by their shape: folders evm/*/ with edges.csv (from,to,raw_weight) and nodes.csv (address and a
column that ends in _exploiter_label, 1 for the accounts wanted); and theft cases (flows.csv, addresses.csv), made noisy
by the case tools. Of the first only edges are read: the other columns of nodes.csv are given for the wanted accounts alone.

Recall at N is the share of the wanted among the first N of the order, starts left out; @true is at as many as are wanted.
Beside the ranking: by degree (undirected; a leak where the extract is a union of the wanted accounts' neighbourhoods),
and for the thefts the order of poison (by hop) and haircut (by tainted amount).
"""
import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

from .. import data, program
from ..rows import Row
from .theft_tracing import WAYS_SEEDS, cases

NAME = "ranking"
GROUP = "quality"
LABEL_END = "_exploiter_label"
EDGE_COLUMNS = {"from", "to", "raw_weight"}
CUTS = (70, 200)


def run(options):
    networks, thefts = list(find_networks()), cases()
    if not networks and not thefts:
        raise data.Missing("no folder evm/*/ with edges.csv of from,to,raw_weight, and none with flows.csv")
    for folder, edges, wanted in networks:
        yield from one_network(folder, edges, wanted)
    make = data.tools_dir() / "make_noisy_case.py"
    if not make.is_file():
        raise data.Missing(f"{make} is not there")
    for case in thefts:
        for seed in options.seeds or (WAYS_SEEDS[:1] if options.quick else WAYS_SEEDS):
            yield from one_theft(case, seed, make)


def table_of(path):
    return csv.DictReader(io.StringIO(data.read_bytes(path).decode("utf-8")))


def find_networks():
    for path in data.find("evm/*/edges.csv*"):
        nodes = sorted(path.parent.glob("nodes.csv*"))
        edges = table_of(path)
        if not nodes or not EDGE_COLUMNS <= set(edges.fieldnames or ()):
            continue
        rows = table_of(nodes[0])
        label = [name for name in rows.fieldnames or () if name.endswith(LABEL_END)]
        if label and "address" in rows.fieldnames:
            yield path.parent, list(edges), [row["address"] for row in rows if row[label[0]] == "1"]


def recall(order, wanted, count):
    return len(set(order[:count]) & wanted) / len(wanted)


def by_score(result):
    nodes = [node for node in result["nodes"] if not node.get("seed")]
    return [node["address"] for node in sorted(nodes, key=lambda n: (-n["score"], n["address"]))]


def by_degree(pairs, left_out):
    neighbours = {}
    for giver, taker in pairs:
        neighbours.setdefault(giver, set()).add(taker)
        neighbours.setdefault(taker, set()).add(giver)
    return [a for a in sorted(neighbours, key=lambda a: (-len(neighbours[a]), a)) if a not in left_out]


def write_csv(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def one_network(folder, edges, wanted):
    """The wanted account with the first place in nodes.csv is the theft: the others are counted from there."""
    theft, others = wanted[0], set(wanted[1:])
    name = data.name_of(folder)
    with tempfile.TemporaryDirectory(prefix="cordon-quality-") as scratch:
        scratch = pathlib.Path(scratch)
        # One asset that nobody verified, since the weights add up tokens of every kind; one block and one time, since
        # there is none. The ranking must know by itself what that means.
        write_csv(scratch / "transfers.csv", "chain,block,time,tx,index,from,to,asset,amount,kind",
                  (["eth", 1, 0, f"0x{i + 1:064x}", 0, edge["from"], edge["to"], "MIXED", edge["raw_weight"], "token"]
                   for i, edge in enumerate(edges)))
        write_csv(scratch / "assets.csv", "chain,asset,symbol,decimals,status", [["eth", "MIXED", "MIXED", 0, "unknown"]])
        ledger = scratch / "ledger"
        program.cordon("ingest", "--ledger", ledger, *(f"{schema}:{scratch / schema}.csv"
                                                       for schema in ("transfers", "assets")))
        answer = program.cordon_json("trace", "--ledger", ledger, "--seed", f"eth:{theft}", "--mode", "ranked",
                                     accept=(0, 1, 4))
        order = by_score(answer["data"])
    degree = by_degree(((edge["from"], edge["to"]) for edge in edges), {theft})
    for way, ranks in (("ranked", order), ("degree", degree)):
        for cut in CUTS:
            yield Row(NAME, f"{name}/{way}", f"recall_at_{cut}", recall(ranks, others, cut), len(others))
    yield Row(NAME, f"{name}/ranked", "recall_in_community", recall(order, others, len(order)), len(others))
    yield Row(NAME, f"{name}/ranked", "nodes", len(order), len(others))


def one_theft(case, seed, make):
    with tempfile.TemporaryDirectory(prefix="cordon-quality-") as scratch:
        scratch = pathlib.Path(scratch)
        noisy, ledger = scratch / "case", scratch / "ledger"
        subprocess.run([sys.executable, str(make), "--labels", "none", str(case), str(seed), str(noisy)], check=True,
                       stderr=subprocess.PIPE)
        told = json.loads((noisy / "case.json").read_text(encoding="utf-8"))
        sources = set(told["sources"])
        true = {address for row in table_of(noisy / "truth.csv") for address in (row["from"], row["to"])} - sources
        program.cordon("ingest", "--ledger", ledger, *(f"{schema}:{noisy / schema}.csv"
                                                       for schema in ("transfers", "assets")))
        seeds = ",".join(f"{told['chain']}:{address}" for address in sorted(sources))

        def ask(*flags):
            return program.cordon_json("trace", "--ledger", ledger, "--seed", seeds, *flags, accept=(0, 1, 4))["data"]

        def tainted(node):
            return sum(int(each["tainted"]) for each in node["assets"])

        def ordered(nodes, key):
            return [n["address"] for n in sorted(nodes, key=key) if n["address"] not in sources]

        orders = {
            "ranked": by_score(ask("--mode", "ranked")),
            "poison": ordered(ask("--policy", "poison")["nodes"], lambda n: (n["hop"], -tainted(n), n["address"])),
            "haircut": ordered(ask("--policy", "haircut")["nodes"], lambda n: (-tainted(n), n["address"])),
            "degree": by_degree(((row["from"], row["to"]) for row in table_of(noisy / "transfers.csv")), sources),
        }
    for way, ranks in orders.items():
        name = f"{told['case']}/seed{seed}/{way}"
        yield Row(NAME, name, "recall_at_true", recall(ranks, true, len(true)), len(true))
        if way == "ranked":
            yield Row(NAME, name, "recall_in_community", recall(ranks, true, len(ranks)), len(true))
            yield Row(NAME, name, "nodes", len(ranks), len(true))
