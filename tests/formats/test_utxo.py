# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""UTXO chains: what the ledger spends and what it does not know, spenders through the index."""
import hashlib
import json
import subprocess
import unittest

from tests.cli.support import START, framed, regtest_chain
from tests.formats.read_ledger import utxo_txns
from tests.formats.support import FormatTest, generator, many_txs, real_blocks, script


def named(word):
    return hashlib.sha256(word.encode()).hexdigest()


def line(word, height, ins, outs):
    return json.dumps({"txid": named(word), "time": START + height * 600, "in": ins, "out": outs, "height": height}) + "\n"


class Txs(FormatTest):
    def test_spent_and_foreign_outputs_in_the_log(self):
        # y spends an output of x before the ledger knows x; z has inputs of every kind.
        first = line("coin", 1, [], [[50, script("a"), None], [60, script("b"), None]]) + \
            line("y", 2, [[named("x"), 1]], [[1, script("c"), None]])
        second = line("x", 3, [[named("far"), 2**32 - 2, 900, script("a"), None]],
                      [[10, script("a"), None], [20, script("d"), None]]) + \
            line("z", 4, [[named("coin"), 1], [named("nobody"), 0], [named("x"), 0], [named("rich"), 3, 77, script("e"), None]],
                 [[5, script("a"), None]] * 3)
        for number, content in enumerate((first, second)):
            self.ingest(f"btc-txs:{self.file(f'{number}.jsonl', content)}")
        self.agree("btc", segments=[], indexes=[], logs=4)

    def test_segments_are_cut_and_their_indexes_merged(self):
        unspent, at, early = [], 1, None
        for part in range(2):
            self.ingest(f"btc-txs:{self.file(f'{part}.jsonl', many_txs(part, at, 20, unspent))}")
            at += 20
            early = early or list(unspent)

        # Only the ledger sees that this one spends what its txn does not have.
        bad = self.file("bad.jsonl", line("bad", 10**6, [[named("utxo 0 1"), 10**6]], [[1, script("a"), None]]))
        self.rewind("btc", 27, f"btc-txs:{bad}")
        self.agree("btc", segments=[None, (7, 20)], indexes=[1, 1], logs=0)

        # What was spent behind the cut is unspent again.
        spent = {entry["prevout"] for txn in utxo_txns(self.chain("btc")) for entry in txn["inputs"]}
        unspent, at = [point for point in early if f"{point[0]}:{point[1]}" not in spent], 28
        for part in range(2, 8):
            self.ingest(f"btc-txs:{self.file(f'{part}.jsonl', many_txs(part, at, 15, unspent))}")
            at += 15
        self.ingest(f"btc-txs:{self.file('8.jsonl', many_txs(8, at, 3, unspent, rows=50))}")
        self.agree("btc", segments=[None, (7, 20)] + [None] * 6, indexes=[8], logs=3)

        self.rewind("btc", 5, f"btc-txs:{bad}")
        self.agree("btc", segments=[(5, 20)], indexes=[1], logs=0)


class Blocks(FormatTest):
    def test_an_extract_of_raw_blocks(self):
        blocks = regtest_chain(20)
        self.ingest(f"btc-blocks:{self.file('blk00000.dat', framed(blocks[3:]))}", "--chain", "btc-regtest")
        self.agree("btc-regtest", segments=[], indexes=[], logs=17)

    def test_a_generated_chain(self):
        program = generator()
        if program is None:
            raise unittest.SkipTest("cordon-gen is not built: cmake --build --preset dev --target cordon-gen")
        for txns, segments in ((300, []), (9_000, [None])):
            with self.subTest(txns):
                folder, self.ledger = self.folder / f"gen{txns}", self.folder / f"ledger{txns}"
                subprocess.run([program, "bitcoin", "--txns", str(txns), "--shuffle", "--out", folder], check=True,
                               stdout=subprocess.DEVNULL)
                self.ingest(f"btc-blocks:{folder}", "--chain", "btc-regtest")
                chain = self.chain("btc-regtest")
                if max(chain.end[1:4]) < 50_000:
                    segments = []
                blocks = 0 if segments else chain.end[0]
                self.agree("btc-regtest", segments=segments, indexes=[1] * len(segments), logs=blocks)

    def test_real_blocks(self):
        path = real_blocks()
        if path is None:
            raise unittest.SkipTest("no blk00000.dat below $CORDON_DATA/btc")
        magic = {b"\xf9\xbe\xb4\xd9": "btc", b"\xfa\xbf\xb5\xda": "btc-regtest", b"\x0b\x11\x09\x07": "btc-testnet"}
        name = magic[path.read_bytes()[:4]]
        self.ingest(f"btc-blocks:{path}", "--chain", name)
        blocks = self.chain(name).end[0]
        self.agree(name, segments=[], indexes=[], logs=blocks)
