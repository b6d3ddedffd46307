# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of reading Google Benchmark's JSON: which figure, whose peer, which way is better."""
import unittest

from bench_lib import google
from bench_lib.rows import Row, Targets, markdown


def entry(name, **figures):
    return {"name": name + "_median", "run_name": name, "aggregate_name": "median", "time_unit": "ns", "cpu_time": 1.0,
            "real_time": 1.0, **figures}


class GoogleTest(unittest.TestCase):
    def test_a_rate_is_preferred_to_a_time(self):
        row, = google.parse("b", {"benchmarks": [entry("decode", bytes_per_second=2e6)]})
        self.assertEqual((row.value, row.unit, row.ratio), (2.0, "MB/s", None))

    def test_other_aggregates_than_the_median_are_left_out(self):
        mean = {**entry("decode"), "aggregate_name": "mean"}
        self.assertEqual(google.parse("b", {"benchmarks": [mean]}), [])

    def test_the_peer_is_the_one_with_the_common_beginning(self):
        found = google.parse("b", {"benchmarks": [
            entry("append/1000", items_per_second=10.0), entry("append/peer:sqlite", items_per_second=2.0),
            entry("scan", items_per_second=8.0), entry("scan/limit:memcpy", items_per_second=16.0)]})
        self.assertEqual([(row.metric, row.peer, row.ratio) for row in found],
                         [("append/1000", "append/peer:sqlite", 5.0), ("scan", "scan/limit:memcpy", 0.5)])

    def test_a_counter_has_the_unit_of_its_ending(self):
        found = google.parse("b", {"benchmarks": [entry("life", edges_p50_us=2.0, rows_per_cpu_s=9.0)]})
        self.assertEqual([(row.metric, row.unit) for row in found],
                         [("life", "ns"), ("edges_p50_us", "us"), ("rows_per_cpu_s", "rows/CPU-s")])

    def test_a_label_names_the_case_and_may_be_the_limit_of_the_others(self):
        row, = google.parse("b", {"benchmarks": [
            entry("follow/0/iterations:3", label="fifo", cpu_time=4.0),
            entry("follow/4/iterations:3", label="poison", cpu_time=2.0)]}, "poison")
        self.assertEqual((row.metric, row.peer, row.ratio), ("follow fifo", "limit: follow poison", 0.5))

    def test_less_time_is_better(self):
        self.assertEqual(Row("b", "m", 2.0, "ms", "p", 6.0).ratio, 3.0)

    def test_an_error_of_a_benchmark_is_an_error(self):
        with self.assertRaises(ValueError):
            google.parse("b", {"benchmarks": [{"name": "x", "error_occurred": True, "error_message": "no data"}]})


class TargetsTest(unittest.TestCase):
    def test_a_target_is_a_ratio_or_a_value(self):
        targets = Targets([{"bench": "a", "ratio": 2}, {"bench": "b", "max": 100}])
        self.assertTrue(targets.apply(Row("a", "m", 4.0, "items/s", "p", 2.0)).passed)
        self.assertFalse(targets.apply(Row("a", "m", 4.0, "items/s")).passed)
        self.assertTrue(targets.apply(Row("b", "m", 99.0, "MiB")).passed)
        self.assertIsNone(targets.apply(Row("c", "m", 1.0, "MiB")).passed)

    def test_a_target_may_be_for_one_peer_of_several(self):
        targets = Targets([{"bench": "a", "peer": "limit*", "ratio": 0.4}])
        self.assertTrue(targets.apply(Row("a", "m", 2.0, "us", "limit: read", 1.0)).passed)
        self.assertIsNone(targets.apply(Row("a", "m", 2.0, "us", "other", 1.0)).passed)

    def test_a_rule_with_two_targets_is_refused(self):
        with self.assertRaises(ValueError):
            Targets([{"bench": "a", "min": 1, "max": 2}])


class MarkdownTest(unittest.TestCase):
    def test_a_figure_with_several_peers_is_told_once(self):
        table = markdown([Row("b", "m", 4.0, "us", "p", 8.0), Row("b", "m", 4.0, "us", "q", 2.0)])
        self.assertEqual([line for line in table.splitlines() if "us" in line],
                         ["| m | 4 us | p | 8 us | 2 |  |", "|  |  | q | 2 us | 0.5 |  |"])


if __name__ == "__main__":
    unittest.main()
