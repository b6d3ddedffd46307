# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Ledgers made by the program, read by both readers; and the inputs that they are made of."""
import hashlib
import json
import os
import pathlib
import random

from tests.cli.support import PROJECT, START, CliTest, address, transfers, txid
from tests.formats.ledger_chain import Chain
from tests.formats.read_ledger import check_lookups, transfers as lines_of, utxo_txns

SEALED = 50_000  # So many rows at the end of an ingest are sealed; fewer stay in the log.


class FormatTest(CliTest):
    """Whatever the ledger of a test holds: the program and the second reader say the same about it."""

    def chain(self, name):
        return Chain(self.ledger, name)

    def agree(self, name, *, segments, indexes, logs, lookups=True):
        """`segments`: (visible, all) or None for a whole one; `indexes`: segments that each covers; `logs`: blocks."""
        self.call("ledger", "verify", "--ledger", self.ledger)
        chain = self.chain(name)
        cut = [None if part.blocks == part.file.own[0] else (part.blocks, part.file.own[0])
               for part in chain.parts[:len(chain.state.segments)]]
        self.assertEqual(cut, segments, "segments")
        self.assertEqual([covered for _, covered, _ in chain.state.indexes], indexes, "segments of indexes")
        self.assertEqual(sum(part.blocks for part in chain.parts[len(segments):]), logs, "blocks in logs")
        if chain.utxo:
            self._same_txns(chain)
        else:
            dump = self.call("ledger", "dump", "--ledger", self.ledger, "--chain", name).out
            for told, read in zip(dump.split("\n"), [*lines_of(chain), ""], strict=True):
                if told != read:
                    self.assertEqual(told, read)
        stats = self.call("ledger", "stats", "--ledger", self.ledger, "--format", "json").json()["data"]["chains"]
        told = next(each for each in stats if each["chain"] == name)
        self.assertEqual((told["blocks"], told["txns"], told["outputs" if chain.utxo else "transfers"]), chain.end[:3])
        if lookups:
            self.assertGreater(check_lookups(chain), 0 if segments else -1)
        return chain

    def _same_txns(self, chain):
        numbers = [str(header[0]) for _, header, _ in chain.blocks()]
        shown = self.call("ledger", "txn", *numbers, "--ledger", self.ledger, "--chain", chain.name, "--format", "jsonl")
        told = [json.loads(line)["data"] for line in shown.out.splitlines()]
        read = list(utxo_txns(chain))
        self.assertEqual(len(told), len(read))
        for ours, theirs in zip(read, told):
            theirs.pop("total_out"), theirs.pop("fee", None)  # Sums of what is compared anyway.
            if ours != theirs:
                self.assertEqual(ours, theirs)

    def rewind(self, chain, tip, source):
        """Back to block `tip`: a source that turns out bad, and began when that was the tip, is taken back."""
        note = f"cordon ingest pending 2\nsource {source}\ntip {chain} {tip}\n"
        (self.ledger / "ingest.pending").write_text(note + f"sum {hashlib.sha256(note.encode()).hexdigest()}\n")
        self.ingest(source, code=3)


def row_of(chain, block, time, tx, index, source, target, asset, amount, kind):
    return f"{chain},{block},{time},{tx},{index},{source},{target},{asset},{amount},{kind}"


def many_transfers(seed, first, blocks, rows=SEALED, chain="eth"):
    """At least `rows` rows in `blocks` blocks from number `first` on: hubs, gaps, sizes, assets and times of all kinds."""
    chance = random.Random(seed)
    assets = ["native", "TEST-1", "0x" + "ab" * 20, "0x" + "00" * 19 + "01"] + [f"code.{n}" for n in range(40)]
    kinds = ("native", "token", "internal", "mint", "burn", "fee")
    lines, number, serial = [], first, 0
    for block in range(blocks):
        time = START + number * 100_000  # Room for txns with times of their own.
        left = rows // blocks + 1
        while left > 0:
            serial += 1
            index, tx = 0, txid(f"{seed} {serial}")
            own = time + (chance.randrange(5) if chance.random() < 0.1 else 0)
            size = min(left, chance.choice((1, 1, 2, 3, 20, 70)))
            for _ in range(size):
                index += 1 if chance.random() < 0.8 else chance.randrange(1, 1000)
                ends = [address(f"hub {chance.randrange(3)}" if chance.random() < 0.3 else
                                f"{chance.choice((0, seed))} {chance.randrange(400)}") for _ in range(2)]
                lines.append(row_of(chain, number, own, tx, index, *ends, chance.choice(assets),
                                    chance.getrandbits(chance.choice((0, 1, 40, 64, 90, 256))), chance.choice(kinds)))
            left -= size
            time = own
        number += chance.choice((1, 1, 1, 4))
    return transfers(*lines), number


# --- Bitcoin txns as btc-txs: has them ---------------------------------------------------------------------------------

SCRIPTS = ("0014{:.40}", "76a914{:.40}88ac", "a914{:.40}87", "0020{:.64}", "5120{:.64}", "6a20{:.64}", "5204{:.8}", "51{:.2}")


def script(name):
    digest = hashlib.sha256(name.encode()).hexdigest()
    return SCRIPTS[int(digest[:2], 16) % len(SCRIPTS)].format(digest)


def many_txs(seed, first, blocks, unspent, rows=SEALED):
    """Blocks of btc-txs lines from height `first` on; spends some of `unspent`, and adds to it."""
    chance, lines, serial = random.Random(seed), [], 0
    per_txn = rows // (blocks * 9) + 1
    for height in range(first, first + blocks):
        for place in range(12):
            serial += 1
            name = hashlib.sha256(f"utxo {seed} {serial}".encode()).hexdigest()
            ins = []
            for _ in range(chance.choice((1, 1, 2, 90)) if place else 0):
                foreign = hashlib.sha256(f"foreign {seed} {serial} {len(ins)}".encode()).hexdigest()
                kind = chance.random()
                if kind < 0.1:
                    ins.append([foreign, chance.randrange(4)])
                elif kind < 0.3:
                    ins.append([foreign, 2**32 - 2 if kind < 0.12 else 7, 10**12, script(f"{chance.randrange(100)}"), None])
                elif unspent:
                    spent = unspent.pop(chance.randrange(len(unspent)))
                    ins.append(spent[:2])
            if place and not ins:
                ins.append([hashlib.sha256(f"only {seed} {serial}".encode()).hexdigest(), 0])
            outs = [[chance.getrandbits(chance.choice((0, 10, 20))), script(f"{chance.choice((0, seed))} {chance.randrange(300)}"), None]
                    for _ in range(chance.choice((1, per_txn, 2 * per_txn)) if place % 2 else per_txn)]
            unspent += [[name, n] for n in chance.sample(range(len(outs)), min(len(outs), 40))]
            lines.append({"txid": name, "time": START + height * 600, "in": ins, "out": outs, "height": height, "pos": place,
                          "version": chance.choice((1, 2, 2**31)), "locktime": chance.choice((0, 0, height, 2**32 - 1))})
    return "".join(json.dumps(line) + "\n" for line in lines)


def generator():
    """cordon-gen, if it is built."""
    named = os.environ.get("CORDON_GEN")
    places = [pathlib.Path(named)] if named else [PROJECT / "build" / preset / "bench" / "gen" / "cordon-gen"
                                                  for preset in ("dev", "release", "bench")]
    return next((str(place) for place in places if place.is_file()), None)


def real_blocks():
    """A small blk file of real data, with its chain."""
    root = pathlib.Path(os.environ.get("CORDON_DATA") or PROJECT.parent / "shared" / "data")
    found = sorted(root.glob("btc/**/blk00000.dat"), key=lambda path: path.stat().st_size)
    return found[0] if found else None
