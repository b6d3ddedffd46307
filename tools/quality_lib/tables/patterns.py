# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What the recognisers of account chains find where the truth is known. Sets:

  VECTORS/bait                look-alike vectors (intel/*/vectors.json with known, candidate, expected) as zero-value rows in
                              the history of one address that has paid every known address
  FOLDER/dust                 movements of known thieves (evm/*/ with a *.csv of block_time,from,to,value_eth and a list of
                              addresses): senders that a trace from the thieves taints, and thieves where dusting is named
  FOLDER/imitated             aggregated edges with zero weights (evm/*/edges.csv.zst): of the look-alike groups with just one
                              labelled member, the part in which that member is named as the one imitated
  CASE/seedN/as-made          real thefts in synthetic noise, explorer labels: terminals and mules that deposit-address names
  CASE/seedN/swept            the same, with services that sweep their terminals. Ours, so a test of the rule, not of the world:
                              each exchange terminal keeps its stolen inflows and at most two customers, is swept whole to
                              one of five labelled hot wallets (three of whose services pay the gas), beside forty other
                              customers a service; and mules that pay the hot wallets directly, as decoys
"""
import bisect
import csv
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from .. import data, program
from ..rows import Row
from .theft_tracing import WAYS_SEEDS, cases

NAME = "patterns"
GROUP = "quality"
HEADER = "chain,block,time,tx,index,from,to,asset,amount,kind".split(",")
SERVICES, GAS_PAYERS, CUSTOMERS, DECOYS = 5, 3, 40, 10


def run(options):
    found = False
    for path in data.find("intel/*/vectors.json"):
        told = data.read_json(path)
        if isinstance(told, dict) and told.get("vectors") and "candidate" in told["vectors"][0]:
            found = True
            yield from bait(path, told)
    for path in data.find("evm/*/*.csv"):
        lists = sorted(path.parent.glob("*addresses.txt"))
        if lists and path.read_text(encoding="utf-8").startswith("block_time,from,to,value_eth\n"):
            found = True
            yield from dust(path, lists[0])
    for path in data.find("evm/*/edges.csv.zst"):
        if (path.parent / "nodes.csv.zst").is_file():
            found = True
            yield from imitated(path.parent)
    seeds = options.seeds or (WAYS_SEEDS[:1] if options.quick else WAYS_SEEDS)
    for case in cases():
        found = True
        for seed in seeds:
            yield from deposits(case, seed)
    if not found:
        raise data.Missing("no look-alike vectors, dust, edges or theft cases")


class Ledger:
    """A ledger made of rows (time, tx, from, to, asset, amount, kind), in a folder that goes away."""

    def __init__(self, rows, labels=(), assets=()):
        self._folder = tempfile.TemporaryDirectory(prefix="cordon-quality-")
        self.path = pathlib.Path(self._folder.name)
        self._write("transfers", HEADER, (["eth", block, time, tx, index, *rest]
                                          for block, time, tx, index, *rest in rows))
        self._write("labels", "address,label,category,source,confidence".split(","), labels)
        self._write("assets", "chain,asset,symbol,decimals,status".split(","), assets)
        program.cordon("ingest", "--ledger", self.path / "ledger",
                       *(f"{schema}:{self.path / schema}.csv" for schema in ("transfers", "labels", "assets")))

    def _write(self, name, header, rows):
        with open(self.path / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)

    def ask(self, verb, *arguments):
        return program.cordon_json(verb, "--ledger", self.path / "ledger", *arguments, accept=(0, 1, 4))["data"]

    def close(self):
        self._folder.cleanup()


def numbered(rows, start=1):
    """Each row a txn and a block of its own."""
    return [[number, 1_600_000_000 + 12 * number, f"0x{number:064x}", 0, *row] for number, row in enumerate(rows, start)]


def bait(path, told):
    victim = "0x" + "7" * 40
    known = [address.lower() for address in told["known"]]
    # What is no address cannot stand in a row.
    candidates = [(vector["candidate"].lower(), bool(vector["expected"])) for vector in told["vectors"]
                  if re.fullmatch(r"0x[0-9a-f]{40}", vector["candidate"].lower())]
    rows = [[victim, address, "USD", 1_000_000, "token"] for address in known]
    rows += [[victim, address, "USD", 0, "token"] for address, _ in candidates]
    ledger = Ledger(numbered(rows))
    named = {address for finding in ledger.ask("patterns", "--address", victim, "--kind", "address-poisoning")["patterns"]
             for address in finding["addresses"][2:]}
    ledger.close()
    right = {address for address, expected in candidates if expected}
    name = data.name_of(path.parent) + "/bait"
    yield Row(NAME, name, "recall", len(named & right) / len(right), len(candidates))
    yield Row(NAME, name, "precision", len(named & right) / len(named) if named else None, len(candidates))


def dust(path, list_path):
    thieves = set(list_path.read_text(encoding="utf-8").split())
    with open(path, newline="", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["block_time"])
    moved = [[row["from"], row["to"], "native", round(float(row["value_eth"]) * 10 ** 18), "native"] for row in rows]
    ledger = Ledger(numbered(moved))
    held = sorted(thieves & {row["to"] for row in rows})
    traced = ledger.ask("trace", "--seed", ",".join(held), "--policy", "poison")
    # Whom the thieves pay, at any time and over whomever, is theirs and no sender of dust.
    theirs, more = set(thieves), True
    while more:
        more = {row["to"] for row in rows if row["from"] in theirs and float(row["value_eth"]) > 0} - theirs
        theirs |= more
    outside = {row["from"] for row in rows} - theirs
    tainted = {node["address"] for node in traced["nodes"]} & outside
    found = ledger.ask("patterns", "--address", ",".join(held), "--kind", "dusting")["patterns"]
    ledger.close()
    name = data.name_of(path.parent) + "/dust"
    yield Row(NAME, name, "senders_tainted", len(tainted), len(outside))
    yield Row(NAME, name, "thieves_dusted", len({finding["addresses"][0] for finding in found}), len(held))


def imitated(folder):
    def table(name):
        return list(csv.DictReader(io.StringIO(data.read_bytes(folder / name).decode("utf-8"))))
    nodes, edges = table("nodes.csv.zst"), table("edges.csv.zst")
    flag = next(key for key in nodes[0] if key.endswith("_label"))
    labelled = sorted(node["address"] for node in nodes if node[flag] == "1")
    if not labelled or "raw_weight" not in edges[0]:
        return
    # Sums over all tokens can be larger than any amount; how large says nothing here.
    rows = [[edge["from"], edge["to"], "USD", min(int(float(edge["raw_weight"])), 10 ** 30), "token"] for edge in edges]
    ledger = Ledger(numbered(rows))
    found = ledger.ask("patterns", "--address", ",".join(labelled), "--kind", "look-alikes")["patterns"]
    ledger.close()
    marked, groups, right = set(labelled), 0, 0
    for group in {tuple(finding["addresses"]) for finding in found}:
        if len(marked & set(group)) == 1:
            groups += 1
            right += group[0] in marked
    yield Row(NAME, data.name_of(folder) + "/imitated", "labelled_first", right / groups if groups else None, groups)


def deposits(case, seed):
    make = data.tools_dir() / "make_noisy_case.py"
    if not make.is_file():
        raise data.Missing(f"{make} is not there")
    with tempfile.TemporaryDirectory(prefix="cordon-quality-") as folder:
        made = {}
        for labels in ("explorer", "oracle"):
            made[labels] = pathlib.Path(folder) / labels
            subprocess.run([sys.executable, str(make), "--labels", labels, str(case), str(seed), str(made[labels])],
                           check=True, stderr=subprocess.PIPE)
        told = json.loads((made["explorer"] / "case.json").read_text(encoding="utf-8"))

        def read(labels, name):
            with open(made[labels] / f"{name}.csv", newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
        rows, truth = read("explorer", "transfers"), {row["tx"] for row in read("explorer", "truth")}
        labels, assets = read("explorer", "labels"), read("explorer", "assets")
        exchanges = {row["address"] for row in read("oracle", "labels") if row["category"] == "exchange"}
        mules = {end for row in rows if row["tx"] in truth for end in (row["from"], row["to"])} - set(told["terminals"])
    for variant in ("as-made", "swept"):
        swept, hot, decoys = (), (), ()
        if variant == "swept":
            if not exchanges & set(told["terminals"]):
                continue
            rows, swept, hot, decoys = with_sweeps(rows, truth, exchanges & set(told["terminals"]), seed)
            labels = [row for row in labels if row["address"] not in swept]
        ledger = Ledger([[int(row["block"]), int(row["time"]), row["tx"], int(row["index"]),
                          *(row[key] for key in HEADER[5:])] for row in rows],
                        [list(row.values()) for row in labels]
                        + [[address, f"Exchange{number} 1", "exchange", "made", "0.9"]
                           for number, address in enumerate(hot)],
                        [list(row.values()) for row in assets])
        traced = ledger.ask("trace", "--seed", ",".join(f"{told['chain']}:{address}" for address in told["sources"]))
        inferred = {node["address"] for node in traced["nodes"]
                    if str(node.get("label_source", "")).startswith("inferred: sweeps")}
        reached = {node["address"] for node in traced["nodes"]}
        name = f"{told['case']}/seed{seed}/{variant}"
        terminals = set(swept or told["terminals"]) & reached
        yield Row(NAME, name, "terminals_inferred", len(inferred & terminals), len(terminals))
        yield Row(NAME, name, "mules_wrong", len(inferred & mules), len(mules & reached))
        if decoys:
            wrong = ledger.ask("patterns", "--address", ",".join(decoys), "--kind", "deposit-address")["patterns"]
            yield Row(NAME, name, "decoys_wrong", len(wrong), len(decoys))
        ledger.close()


def with_sweeps(rows, truth, terminals, seed):
    """The rows with the terminals as deposit addresses; the terminals, the hot wallets, the decoys."""
    rng = random.Random(f"sweeps {seed}")
    asset = next(row["asset"] for row in rows if row["tx"] in truth)
    numbers = {"address": 0, "txn": 0}

    def fresh(kind, digits):
        numbers[kind] += 1
        return f"0x{rng.getrandbits(4 * digits):0{digits}x}"
    hot = [fresh("address", 40) for _ in range(SERVICES)]
    station = [fresh("address", 40) for _ in range(SERVICES)]
    times = sorted({(int(row["time"]), int(row["block"])) for row in rows})
    first, last = times[0][0], times[-1][0]
    kept, made, customers = [], [], dict.fromkeys(terminals, 0)
    service_of = {terminal: rng.randrange(SERVICES) for terminal in sorted(terminals)}
    allowed = {terminal: rng.randrange(3) for terminal in sorted(terminals)}

    def add(time, sender, receiver, amount, unit=asset):
        block = times[max(0, bisect.bisect_right(times, (time, 1 << 62)) - 1)][1]
        made.append(dict(zip(HEADER, ("eth", block, time, fresh("txn", 64), 0, sender, receiver, unit, amount,
                                      "native" if unit == "native" else "token"))))

    def sweep(time, address, service, amount):
        later = time + rng.randint(600, 86_400)
        if service < GAS_PAYERS:
            add(later - 60, station[service], address, 10 ** 15, "native")
        add(later, address, hot[service], amount)
    clean = [fresh("address", 40) for _ in range(400)]
    for row in rows:
        ours = row["from"] in terminals or row["to"] in terminals
        if ours and row["tx"] not in truth:
            if row["from"] in terminals or customers[row["to"]] >= allowed[row["to"]]:
                continue
            customers[row["to"]] += 1
        kept.append(row)
        if row["to"] in terminals and row["asset"] == asset and int(row["amount"]) > 0:
            sweep(int(row["time"]), row["to"], service_of[row["to"]], row["amount"])
    for service in range(SERVICES):
        for _ in range(CUSTOMERS):
            address, payer = fresh("address", 40), rng.choice(clean)
            for _ in range(rng.randint(1, 3)):
                time, amount = rng.randint(first, last), rng.randint(10 ** 7, 10 ** 10)
                add(time, payer, address, amount)
                sweep(time, address, service, amount)
        for _ in range(CUSTOMERS):
            add(rng.randint(first, last), hot[service], rng.choice(clean), rng.randint(10 ** 7, 10 ** 9))
    decoys = []
    for number in range(DECOYS):
        # Gas of their own, or withdrawn from the exchange to which they pay.
        hub, gas = fresh("address", 40), hot[number % SERVICES] if number % 2 else fresh("address", 40)
        for _ in range(3):
            address = fresh("address", 40)
            decoys.append(address)
            for turn in range(4):
                time = rng.randint(first, last)
                add(time, gas, address, 10 ** 15, "native")
                add(time + 60, hub, address, 10 ** 9 + turn)
                add(time + 3600, address, hot[number % SERVICES], 10 ** 9 + turn)
    everything = kept + made
    everything.sort(key=lambda row: (int(row["time"]), int(row["block"]), row["tx"], int(row["index"])))
    return everything, terminals, hot, decoys
