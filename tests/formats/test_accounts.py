# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Account chains: heads in the log, segments, merged indexes, rewinds into both."""
from tests.cli.support import START, address, row, transfers, txid
from tests.formats.ledger_files import read_log
from tests.formats.support import FormatTest, many_transfers, row_of

TRON = ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7")


class SmallHeads(FormatTest):
    def test_every_kind_of_row_stays_in_the_log(self):
        kinds = ("native", "token", "internal", "mint", "burn", "fee")
        zero = "0x" + "00" * 20
        rows = [row(1, 2**256 - 1, "a", "b", asset="CODE.x_1-"), row(2, 0, "a", "a", index=7)]
        rows += [row_of("eth", 9, START + 9, txid("one"), n * n, zero if n % 2 else address("m"), address("n"),
                        "0x" + "cd" * 20, 256**n, kind) for n, kind in enumerate(kinds)]
        # A txn with a time of its own, in a block that begins earlier.
        rows += [row_of("eth", 9, START + 1000, txid("late"), 0, address("n"), address("m"), "native", 1, "native")]
        rows += [row(5, 3, chain="eip155:424242"), row(6, 4, chain="bsc")]
        rows += [row_of("tron", 3, START, txid("t")[2:], 4, *TRON, TRON[0], 10**6, "token")]
        self.ingest(f"transfers:{self.file('a.csv', transfers(*rows))}")
        for name, blocks in (("eth", 3), ("eip155:424242", 1), ("bsc", 1), ("tron", 1)):
            with self.subTest(name):
                self.agree(name, segments=[], indexes=[], logs=blocks)

    def test_several_ingests_and_batches_make_several_records(self):
        for part in range(4):
            rows = [row(10 * part + n, n, f"{n}", f"{part}") for n in range(1, 9)]
            self.ingest(f"transfers:{self.file(f'{part}.csv', transfers(*rows))}", "--batch-blocks", 1 + part)
        records, _ = read_log((self.ledger / "chains" / "eth" / "log-1").read_bytes(), "log-1")
        self.assertEqual(len(records), 8 + 4 + 3 + 2)
        self.agree("eth", segments=[], indexes=[], logs=32)

    def test_a_source_taken_back_leaves_a_rewind_record(self):
        self.base()
        bad = transfers(row(103, 5, "q", "a"), row(104, 6, "new", "newer", asset="GONE"), row(105, 1), row(106, -1))
        self.ingest(f"transfers:{self.file('bad.csv', bad)}", "--batch-blocks", 1, code=3)
        records, _ = read_log((self.ledger / "chains" / "eth" / "log-1").read_bytes(), "log-1")
        self.assertEqual([record[0] for record in records], [3, 3, 3, 2])
        self.agree("eth", segments=[], indexes=[], logs=3)
        # What follows takes the numbers of what is gone.
        more = transfers(row(103, 7, "other", "b", asset="KEPT"), row(104, 8, "q", "other"))
        self.ingest(f"transfers:{self.file('more.csv', more)}")
        self.agree("eth", segments=[], indexes=[], logs=5)

    def test_a_chain_whose_blocks_are_all_gone(self):
        bad = self.file("bad.csv", transfers(row(1, 5), row(2, 5), row(3, -1)))
        self.ingest(f"transfers:{bad}", "--batch-blocks", 1, code=3)
        self.assertEqual(self.chain("eth").end, (0,) * 6)


class Segments(FormatTest):
    def test_segments_are_cut_and_their_indexes_merged(self):
        bad = f"transfers:{self.file('bad.csv', transfers(row(10**6, -1)))}"
        at = 1
        for part in range(2):
            content, at = many_transfers(part, at, 24)
            self.ingest(f"transfers:{self.file(f'{part}.csv', content)}")
        chain = self.agree("eth", segments=[None, None], indexes=[1, 1], logs=0, lookups=False)

        # Into the middle of the second segment; the numbers behind the cut go to others.
        tip = chain.parts[1].header(10)[0]
        self.rewind("eth", tip, bad)
        self.agree("eth", segments=[None, (11, 24)], indexes=[1, 1], logs=0, lookups=False)
        content, at = many_transfers(2, tip + 1, 30)
        self.ingest(f"transfers:{self.file('2.csv', content)}")
        self.agree("eth", segments=[None, (11, 24), None], indexes=[1, 1, 1], logs=0)

        # The eighth makes one index of all; a small one stays in the log.
        for part in range(3, 8):
            content, at = many_transfers(part, at, 7)
            self.ingest(f"transfers:{self.file(f'{part}.csv', content)}")
        content, at = many_transfers(8, at, 5, rows=100)
        self.ingest(f"transfers:{self.file('8.csv', content)}")
        chain = self.agree("eth", segments=[None, (11, 24)] + [None] * 6, indexes=[8], logs=5)

        # Far back: the merged index covers less than it knows, and the segment is cut deeper.
        tip = chain.parts[1].header(3)[0]
        self.rewind("eth", tip, bad)
        content, at = many_transfers(9, tip + 1, 5, rows=200)
        self.ingest(f"transfers:{self.file('9.csv', content)}")
        self.agree("eth", segments=[None, (4, 24)], indexes=[2], logs=5)

    def test_rows_of_one_kind_only(self):
        """Columns of width 0: one asset, one size, one kind, no gaps; a txn with all rows, empty lists."""
        rows = [row_of("eth", 1, START, txid("all"), n, address("a"), address("b"), "native", 200, "native")
                for n in range(50_100)]
        self.ingest(f"transfers:{self.file('a.csv', transfers(*rows))}")
        chain = self.agree("eth", segments=[None], indexes=[1], logs=0)
        for name in ("asset", "kind", "gap", "amount_size", "from", "to", "txn_time"):
            self.assertEqual(chain.parts[0].file.column[name].width, 0, name)
