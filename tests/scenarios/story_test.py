# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the scenario reader and judge: what they refuse above all."""
import unittest

from tests.scenarios import names, story
from tests.scenarios.judge import Judge


def read(text):
    return story.read(text, "test")


class StoryTest(unittest.TestCase):
    def test_a_name_is_always_the_same_address(self):
        first, second = read("transfer a -> b 1 ETH\ntrace a\n---\ntransfer b -> a 1 ETH\ntrace a")
        self.assertEqual(first.rows[0][5], second.rows[0][6])

    def test_amounts_are_exact(self):
        one = read("asset USD 6 verified\ntransfer a -> b 0.000001 USD\ntransfer a -> b 1.5 ETH\ntrace a")[0]
        self.assertEqual([row[8] for row in one.rows], [1, 1_500_000_000_000_000_000])

    def test_wrong_lines_are_refused_with_their_number(self):
        for line in ("transfer a -> b 1 USD", "transfer a b 1 ETH", "transfer a -> b 1.5.5 ETH", "transfer a -> b -1 ETH",
                     "chain doge", "asset USD six verified", "label a", "frobnicate", "at yesterday",
                     "at 2001-01-01T00:00:00+00:00", "expect a -> b 1 ETH", "repeat many transfer a -> b 1 ETH"):
            with self.assertRaises(story.Wrong, msg=line) as caught:
                read(f"# first\n{line}\ntrace a")
            self.assertIn("line 2", str(caught.exception))

    def test_a_fraction_of_the_smallest_unit_is_refused(self):
        with self.assertRaises(story.Wrong):
            read("asset USD 6 verified\ntransfer a -> b 0.0000001 USD\ntrace a")

    def test_a_story_that_asks_nothing_is_refused(self):
        with self.assertRaises(story.Wrong):
            read("transfer a -> b 1 ETH")

    def test_a_trace_word_without_its_value_is_refused(self):
        with self.assertRaises(story.Wrong):
            read("transfer a -> b 1 ETH\ntrace a policy")

    def test_bitcoin_spends_what_an_earlier_txn_made(self):
        one = read("chain btc\ntxn a: coinbase -> x 50 BTC\ntxn b: a:0 -> y 1 sat, op_return\ntrace a:0")[0]
        self.assertEqual(one.txns[1][2][0].value, 5_000_000_000)
        with self.assertRaises(story.Wrong):
            read("chain btc\ntxn b: a:0 -> y 1 sat\ntrace b")

    def test_bech32_is_as_bip_173_writes_it(self):
        program = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
        self.assertEqual(names._segwit("bc", program), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")


class JudgeTest(unittest.TestCase):
    TEXT = "asset USD 6 verified\ntransfer a -> b 10 USD\ntrace a\n"

    def complaints(self, expectation, edges=(), endpoints=(), totals=()):
        one = read(self.TEXT + expectation)[0]
        data = {"edges": list(edges), "endpoints": list(endpoints), "nodes": [], "params": {"policy": "fifo"},
                "totals": {"by_asset": list(totals)}}
        question = one.questions[0]
        return list(Judge(one, question, {"data": data, "warnings": [], "incomplete": False}).complaints(question))

    def edge(self, tainted):
        one = read(self.TEXT)[0]
        return {"from": one.address("a"), "to": one.address("b"), "asset": "USD", "amount": "10000000",
                "tainted": str(tainted), "kind": "token"}

    def test_an_edge_as_expected_is_no_complaint(self):
        self.assertEqual(self.complaints("expect a -> b 4 of 10 USD", [self.edge(4_000_000)]), [])

    def test_a_missing_a_wrong_and_a_forbidden_edge_are_complaints(self):
        self.assertEqual(len(self.complaints("expect a -> b")), 1)
        self.assertEqual(len(self.complaints("expect a -> b 5 USD", [self.edge(4_000_000)])), 1)
        self.assertEqual(len(self.complaints("expect-none a -> b", [self.edge(1)])), 1)
        self.assertEqual(len(self.complaints("expect-none b", [self.edge(1)])), 1)

    def test_an_edge_without_taint_is_no_edge(self):
        self.assertEqual(self.complaints("expect-none a -> b", [self.edge(0)]), [])

    def test_books_that_do_not_close_are_a_complaint(self):
        books = dict.fromkeys(("seeded", "inherited", "swapped_in", "resting", "fees", "burned", "swapped_out"), "0")
        self.assertEqual(len(self.complaints("", totals=[{**books, "asset": "USD", "seeded": "1"}])), 1)

    def test_an_expectation_in_no_known_words_is_a_complaint(self):
        self.assertEqual(len(self.complaints("expect rain tomorrow")), 1)


if __name__ == "__main__":
    unittest.main()
