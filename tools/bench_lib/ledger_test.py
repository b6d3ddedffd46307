# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the ledger's benchmark: answers are compared, figures stand beside the right peers, the picture is sound."""
import argparse
import sys
import unittest
import xml.etree.ElementTree

from bench_lib import growth_svg, ledger, measured

FLOORS = {"page_cache_read_bytes_per_s": 8e9, "sha256d_400_ns": 400.0, "dependent_read_ns": 500.0,
          "fdatasync_4k_p50_us": 500.0}


def account(**others):
    return {key: 1.0 for key, *_ in ledger.ACCOUNT} | {"answer_edges": 7, "dependent_read_ns": 250.0} | others


class AnswersTest(unittest.TestCase):
    def test_stores_that_answer_alike_pass(self):
        ledger.compare({"cordon": account(), "lmdb": account(rows_per_cpu_s=9.0)})

    def test_a_store_that_answers_otherwise_fails_by_name(self):
        with self.assertRaisesRegex(measured.Failed, "answer_edges differs: 7 of cordon, 8 of sqlite"):
            ledger.compare({"cordon": account(), "lmdb": account(), "sqlite": account(answer_edges=8)})

    def test_medians_are_of_figures_and_answers_must_agree(self):
        found = ledger.medians([account(txn_p50_us=value) for value in (3.0, 1.0, 2.0)])
        self.assertEqual((found["txn_p50_us"], found["answer_edges"]), (2.0, 7))
        with self.assertRaises(measured.Failed):
            ledger.medians([account(), account(answer_edges=8)])


class RowsTest(unittest.TestCase):
    def test_each_figure_stands_beside_the_peers_and_its_limit(self):
        rows = list(ledger.account_rows("a", {"cordon": account(), "lmdb": account(txn_p50_us=4.0)}, FLOORS))
        self.assertEqual([(row.peer, row.ratio) for row in rows if row.metric == "a: txn by hash p50"],
                         [("LMDB", 4.0), ("limit: dependent random read", 0.5), ("the same in its own files", 0.25)])
        self.assertEqual([row.peer for row in rows if row.metric == "a: longest append"], [None])

    def test_bitcoin_stands_beside_what_was_published_for_the_nearest_size(self):
        found = {key: 1.0 for key, *_ in ledger.BITCOIN} | {"peak_anonymous_bytes": 2 ** 30, "dependent_read_ns": 500.0}
        rows = {(row.metric, row.peer): row for row in ledger.bitcoin_rows(900_000, found, FLOORS)}
        self.assertEqual(rows["bitcoin 900,000 txns: on disk", ledger.BLOCKSCI].ratio, 530)
        self.assertEqual(rows["bitcoin 900,000 txns: peak anonymous memory", ledger.BLOCKSCI].value, 1024)


class MeasuredTest(unittest.TestCase):
    def test_anonymous_memory_of_a_command_is_seen(self):
        code = "import time; kept = bytearray(64 << 20); time.sleep(0.2)"
        *_, resident, anonymous = measured.once([sys.executable, "-c", code])
        self.assertTrue(64 < anonymous <= resident, (anonymous, resident))


class FolderTest(unittest.TestCase):
    def test_a_disk_that_is_too_small_is_told_before_anything_runs(self):
        bench = ledger.Bench(argparse.Namespace(repetitions=1, quick=True, dir=None))
        with self.assertRaisesRegex(measured.Failed, "are needed; see --dir"):
            bench.folder(10 ** 18)


class GrowthPictureTest(unittest.TestCase):
    POINTS = [{"gigabytes": size, "rows_per_cpu_s": 2e6 / size, "edges_p50_us": size, "txn_p50_us": 1.0,
               "peak_anonymous_bytes": 2 ** 28} for size in (1, 4, 10)]

    def test_it_is_well_formed_and_names_every_line_with_its_units(self):
        words = "".join(xml.etree.ElementTree.fromstring(growth_svg.draw(self.POINTS)).itertext())
        for expected in ("ingest 10 %", "out-edges p50 1000 %", "1 → 10 us", "256 → 256 MiB", "GB", "prefers-color-scheme"):
            self.assertIn(expected, words)

    def test_labels_keep_apart_and_above_the_axis(self):
        moved = growth_svg.apart([300, 299, 340, 100], 30, 340)
        self.assertEqual(moved, [300, 270, 340, 100])

    def test_the_axis_ends_above_the_highest_value(self):
        self.assertEqual(growth_svg.scale(80), (25, 100))
        self.assertEqual(growth_svg.scale(433), (100, 500))


if __name__ == "__main__":
    unittest.main()
