# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Answers of the ledger against those that BlockSci's regression tests recorded.

Any folder with blk*.dat, output.json (name -> txid, address, height) and expected/*.out (docs/decisions/0005). The blocks
are ingested, and every fact in those files that both programs can tell is compared; a row is the share that agrees.
Clusters by BlockSci's change heuristics are only asked to contain ours.
"""
import json
import pathlib
import tempfile
from collections import Counter
from datetime import datetime

from .. import blocksci_output as recorded
from .. import data, program
from ..rows import Row
from .bitcoin_blocks import MAGIC, blocks_of

NAME = "blocksci"
GROUP = "conformance"


def run(_options):
    folders = [path.parent for pattern in ("*/output.json", "*/*/output.json") for path in data.find(pattern)
               if list(path.parent.glob("expected/*.out")) and list(path.parent.glob("blk*.dat"))]
    if not folders:
        raise data.Missing("no folder with blk*.dat, output.json and expected/*.out")
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="cordon-blocksci-") as work:
            yield from compare(folder, pathlib.Path(work) / "ledger")


class Chain:
    """What cordon says: all txns in the order of the chain, and look-ups in them."""

    def __init__(self, folder, ledger):
        self.ledger = str(ledger)
        files = sorted(folder.glob("blk*.dat"))
        self.chain = MAGIC.get(files[0].read_bytes()[:4].hex(), "btc")
        program.cordon("ingest", "--ledger", self.ledger, "--chain", self.chain, *(f"btc-blocks:{file}" for file in files))
        self.blocks = {block["number"]: block for block in blocks_of(self.chain, *files)}
        self.txns = [line["data"] for line in self.ask("ledger", "txn", *sorted(self.blocks))]
        self.ordinal = {txn["txid"]: place for place, txn in enumerate(self.txns)}
        # As BlockSci prints them; an unspent output has the spender 0.
        self.inputs = [[{"spends": self.ordinal.get(each["prevout"].split(":")[0]), "address": each.get("address"),
                         "value": int(each.get("value", -1))} for each in txn["inputs"]] for txn in self.txns]
        self.outputs = [[{"spender": self.ordinal[each["spent_by"]["txid"]] if "spent_by" in each else 0,
                          "address": each["address"], "value": int(each["value"])} for each in txn["outputs"]]
                        for txn in self.txns]

    def ask(self, *arguments):
        return program.cordon_lines(*arguments, "--ledger", self.ledger, "--chain", self.chain)

    def address(self, text):
        return self.ask("ledger", "txn", text)[0]["data"]

    def cluster(self, text):
        """Every address of the cluster of this one."""
        return {line["data"]["address"] for line in self.ask("cluster", "--members", text)}

    def of_block(self, height):
        return [place for place, txn in enumerate(self.txns) if txn["block"] == height]

    def at(self, ordinal):
        return self.txns[ordinal] if 0 <= ordinal < len(self.txns) else None


def compare(folder, ledger):
    chain, name = Chain(folder, ledger), data.name_of(folder)
    program.cordon("ledger", "verify", "--ledger", str(ledger))
    files = {path.name: path.read_text(encoding="utf-8").splitlines() for path in sorted(folder.glob("expected/*.out"))}
    lines = [line for text in files.values() for line in text]
    told = {"counts of the chain": [agrees for text in files.values() for agrees in counts(chain, text)],
            "named txns and addresses": named(chain, json.loads((folder / "output.json").read_text(encoding="utf-8"))),
            "transactions": [same_txn(chain, facts) for text in files.values() for facts in recorded.transactions(text)],
            "blocks": [same_block(chain, facts) for text in files.values() for facts in recorded.blocks(text)],
            "inputs and outputs": [same_end(chain, facts) for text in files.values() for facts in recorded.ends(text)],
            "addresses": [same_owner(chain, facts) for text in files.values() for facts in recorded.owners(text)]}
    for kind, matches in OBJECTS.items():
        told[f"mentions: {kind}"] = [matches(chain, fields) for line in lines for found, fields in recorded.objects(line)
                                     if found == kind]
    for metric, answers in told.items():
        if answers:
            yield Row(NAME, name, metric, sum(answers) / len(answers), len(answers))
    yield from clusters(chain, name, files)


def counts(chain, lines):
    """A file of bare numbers: blocks, txns, inputs, outputs; then txns, inputs and outputs of one block."""
    if len(lines) != 7 or not all(line.isdigit() for line in lines):
        return
    numbers = [int(line) for line in lines]
    got = [len(chain.blocks), len(chain.txns), sum(map(len, chain.inputs)), sum(map(len, chain.outputs))]
    yield from (mine == theirs for mine, theirs in zip(got, numbers))
    yield any(numbers[4:] == [len(here), sum(len(chain.inputs[n]) for n in here), sum(len(chain.outputs[n]) for n in here)]
              for here in map(chain.of_block, chain.blocks))


def named(chain, names):
    found = []
    for key, value in names.items():
        if isinstance(value, str) and recorded.HASH.match(value):
            found.append(value in chain.ordinal)
            height = names.get(key.removesuffix("-tx") + "-height")
            if height is not None:
                found.append(value in chain.ordinal and chain.txns[chain.ordinal[value]]["block"] == height)
        elif isinstance(value, str) and recorded.TEXT.fullmatch(value):
            found.append(bool(chain.address(value)["txns"]))
    return found


def same_txn(chain, told):
    txn = chain.at(told["ordinal"])
    return txn is not None and told == {
        "txid": txn["txid"], "height": txn["block"], "fee": int(txn.get("fee", 0)), "ordinal": told["ordinal"],
        "time": told["time"] if same_time(told["time"], txn["time"]) else None, "coinbase": txn["coinbase"],
        "locktime": txn["locktime"], "outputs": len(txn["outputs"]), "total_out": int(txn["total_out"])}


def same_time(told, got):
    return datetime.fromisoformat(told) == datetime.fromisoformat(got.replace("Z", "+00:00"))


def same_block(chain, told):
    block, here = chain.blocks.get(told["height"]), chain.of_block(told["height"])
    if block is None:
        return False
    fee = sum(int(chain.txns[n].get("fee", 0)) for n in here)
    minted = sum(int(chain.txns[n]["total_out"]) for n in here if chain.txns[n]["coinbase"])
    return told == {"hash": block["hash"], "weight": block["weight"], "fee": fee, "height": block["number"], "txns": len(here),
                    "inputs": sum(len(chain.inputs[n]) for n in here), "outputs": sum(len(chain.outputs[n]) for n in here),
                    "total_in": sum(each["value"] for n in here for each in chain.inputs[n]), "revenue": minted,
                    "total_out": sum(int(chain.txns[n]["total_out"]) for n in here),
                    "timestamp": told["timestamp"] if seconds(block["time"]) == told["timestamp"] else None}


def seconds(time):
    return int(datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp())


def same_end(chain, told):
    """One input or output, with the txns on both sides of it."""
    listed = (chain.inputs if told["kind"] == "input" else chain.outputs)
    if chain.at(told["ordinal"]) is None or told["n"] >= len(listed[told["ordinal"]]):
        return False
    got = listed[told["ordinal"]][told["n"]]
    if (got["address"], got["value"]) != (told["address"], told["value"]):
        return False
    if told["kind"] == "input":
        return got["spends"] == told["spends"]
    return got["spender"] == (int(told["spender"]) if told["spent"] else 0)


def same_owner(chain, told):
    """All that an address got and spent, by value and by txn, and what is left."""
    address = told["address"] or next((each["address"] for each in told["outputs"] if each["address"]), None)
    if address is None:  # A bare script, which the two programs call differently: by what it got, then.
        return all(mentioned_output(chain, each) for each in told["outputs"]) and \
            all(mentioned_input(chain, each) for each in told["inputs"])
    got = chain.address(address)
    inputs = [(place, each) for place, txn in enumerate(chain.inputs) for each in txn if each["address"] == address]
    outputs = [(place, each) for place, txn in enumerate(chain.outputs) for each in txn if each["address"] == address]
    pairs = (
        (int(got["balance"]), told["balance"]), (got["outputs"], len(told["outputs"])),
        ({chain.ordinal[each["txid"]] for each in got["txns"]}, {place for place, _ in inputs + outputs}),
        (Counter((each["spends"], each["value"]) for _, each in inputs),
         Counter((int(each["spent_tx_index"]), int(each["value"])) for each in told["inputs"])),
        (Counter((each["spender"], each["value"]) for _, each in outputs),
         Counter((int(each["spending_tx_index"]), int(each["value"])) for each in told["outputs"])),
        ({place for place, _ in inputs}, {int(each["tx_index"]) for each in told["spends"]}),
        ({place for place, _ in outputs}, {int(each["tx_index"]) for each in told["receives"]}))
    return all(mine == theirs for mine, theirs in pairs)


def mentioned_txn(chain, told):
    txn, place = chain.at(int(told["tx_index"])), int(told["tx_index"])
    return txn is not None and txn["block"] == int(told["block_height"]) and \
        (len(chain.inputs[place]), len(chain.outputs[place])) == (int(told["len(txins)"]), int(told["len(txouts)"]))


def mentioned_input(chain, told):
    return any(each["spends"] == int(told["spent_tx_index"]) and each["value"] == int(told["value"])
               and told["address"] in (None, each["address"]) for txn in chain.inputs for each in txn)


def mentioned_output(chain, told):
    return any(each["spender"] == int(told["spending_tx_index"]) and each["value"] == int(told["value"])
               and told["address"] in (None, each["address"]) for txn in chain.outputs for each in txn)


def mentioned_block(chain, told):
    block = chain.blocks.get(int(told["height"]))
    return block is not None and (block["hash"], block["txns"], seconds(block["time"])) == \
        (told["header_hash"], int(told["tx_count"]), int(told["timestamp"]))


OBJECTS = {"Tx": mentioned_txn, "TxIn": mentioned_input, "TxOut": mentioned_output, "Block": mentioned_block}


def clusters(chain, name, files):
    """Lists of addresses alone are clusters. Where change was guessed too, theirs must contain ours."""
    for file, lines in files.items():
        lists = [recorded.addresses(line) for line in lines if recorded.is_address_list(line)]
        guessed = len(lists) > 1 and "with_change" in file
        answers = []
        for theirs in lists:
            ours = chain.cluster(theirs[0])
            theirs = set(theirs)
            answers.append(ours <= theirs if guessed else ours == theirs)
        if answers:
            case = file.removesuffix(".out").split(".")[-1].removeprefix("test_clustering_")
            yield Row(NAME, name, f"clusters {'within' if guessed else 'equal'}: {case}", sum(answers) / len(answers),
                      len(answers))
