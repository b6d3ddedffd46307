# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the rows and targets of tools/quality, and of what its vector tables derive by themselves."""
import json
import pathlib
import unittest

from quality_lib import rows
from quality_lib.rows import Row, Targets, by_set
from quality_lib.tables import TABLES, base58, bech32, bitcoin_blocks, eip55, rlp, theft_tracing


class TargetsTest(unittest.TestCase):
    def test_the_first_rule_that_fits_holds(self):
        targets = Targets([{"table": "t", "set": "a/*", "metric": "recall", "min": 0.9}, {"table": "t", "min": 0.5}])
        self.assertEqual(targets.apply(Row("t", "a/1", "recall", 0.89, 1)).passed, False)
        self.assertEqual(targets.apply(Row("t", "a/1", "precision", 0.5, 1)).passed, True)

    def test_a_set_that_no_rule_knows_has_no_target(self):
        row = Targets([{"table": "t", "min": 1}]).apply(Row("other", "a", "m", 0.1, 1))
        self.assertIsNone(row.target)
        self.assertIsNone(row.passed)

    def test_an_upper_bound_is_met_from_below(self):
        targets = Targets([{"metric": "false", "max": 0}])
        self.assertTrue(targets.apply(Row("t", "s", "false", 0, 1)).passed)
        self.assertFalse(targets.apply(Row("t", "s", "false", 1, 1)).passed)

    def test_what_could_not_be_measured_misses_its_target(self):
        self.assertFalse(Targets([{"table": "t", "min": 0}]).apply(Row("t", "s", "m", None, 1)).passed)

    def test_a_rule_with_a_wrong_word_is_refused(self):
        for rule in ({"table": "t"}, {"table": "t", "min": 1, "max": 2}, {"tabel": "t", "min": 1}):
            with self.assertRaises(ValueError):
                Targets([rule])

    def test_the_shipped_rules_name_tables_that_exist(self):
        names = {table.NAME for table in TABLES}
        told = json.loads((pathlib.Path(rows.TARGETS_FILE)).read_text(encoding="utf-8"))["targets"]
        self.assertEqual({rule["table"] for rule in told} - names, set())
        Targets.load()


class MarkdownTest(unittest.TestCase):
    def test_metrics_of_one_set_share_a_line(self):
        text = rows.markdown([Row("t", "s", "a", 0.5, 10, 1, False), Row("t", "s", "b", 1.0, 10, 1, True)])
        self.assertIn("| s | 10 | **0.5** ✗ (target 1) | 1 ✓ |", text)

    def test_a_metric_that_a_set_lacks_is_an_empty_cell(self):
        text = rows.markdown([Row("t", "s", "a", 1, 1), Row("t", "u", "b", None, 2)])
        self.assertIn("| s | 1 | 1 |  |", text)
        self.assertIn("| u | 2 |  | – |", text)


class DerivedTest(unittest.TestCase):
    def test_numbers_in_rlp_are_big_endian_without_leading_zeros(self):
        self.assertEqual(rlp.value_of([0, 16, 1000, "#256", "dog", []]), ["", "10", "03e8", "0100", "646f67", []])

    def test_a_turned_letter_leaves_the_case_mixed(self):
        self.assertEqual(eip55.swap_first_letter("0xAb1c"), "0xAB1c")
        self.assertIsNone(eip55.swap_first_letter("0x1234"))

    def test_a_changed_character_is_another_of_the_alphabet(self):
        text = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"
        self.assertNotEqual(base58.changed(text), text)
        self.assertEqual(set(base58.changed(text)) - set(base58.ALPHABET), set())

    def test_a_segwit_script_tells_version_and_program(self):
        self.assertEqual(bech32.parts("BC1SW50QGDZ25J", "6002751e"), ("bc", 16, "751e"))
        self.assertEqual(bech32.parts("tb1q...", "0014ab"), ("tb", 0, "ab"))

    def test_seeds_are_told_as_mean_worst_and_best_and_more_nodes_are_worse(self):
        def score(recall, precision, nodes):
            return {"edge_recall": recall, "edge_precision": precision, "terminal_recall": 1.0, "nodes": nodes,
                    "edges_true": 5}
        scores = {("oracle", "default"): [score(0.9, 0.8, 10), score(0.7, 1.0, 12)],
                  ("none", "default"): [score(0.9, 0.6, 10), score(0.7, None, 12)]}
        told = {(row.set, row.metric): row.value for row in theft_tracing.rows_of("c", scores)}
        self.assertAlmostEqual(told["c/mean/oracle/default", "edge_recall"], 0.8)
        self.assertEqual(told["c/worst/oracle/default", "edge_recall"], 0.7)
        self.assertEqual(told["c/best/oracle/default", "edge_recall"], 0.9)
        self.assertEqual(told["c/worst/oracle/default", "nodes"], 12)
        self.assertIsNone(told["c/mean/none/default", "edge_precision"])
        self.assertIsNone(told["c/mean/none/default", "behind_oracle"])

    def test_sets_are_summed_over_tables_and_what_is_not_judged_has_not_passed(self):
        told = by_set([Row("t", "custody/a: x", "read", 0.5, 4), Row("u", "custody/a", "judged", 0, 3),
                       Row("t", "custody/b/part", "read", 1, 1), Row("t", "custody/a", "missed: why", 7, 7),
                       Row("t", "btc/a", "read", 1, 1)])
        self.assertIn("| a | 2 | 4 | 3 |", told)
        self.assertIn("| b | 1 | 1 |  |", told)
        self.assertNotIn("btc", told)

    def test_kinds_that_a_manifest_has_no_word_for_are_other(self):
        self.assertTrue(bitcoin_blocks.same_types({"p2pkh": 2, "other": 3}, {"p2pkh": 2, "script": 1, "witness": 2}))
        self.assertFalse(bitcoin_blocks.same_types({"p2pkh": 2}, {"p2pkh": 1, "p2sh": 1}))


if __name__ == "__main__":
    unittest.main()
