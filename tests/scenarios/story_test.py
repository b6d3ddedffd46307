# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Units of the scenario reader and judge: what they refuse above all."""
import json
import unittest

from tests.scenarios import abi, names, story
from tests.scenarios.judge import Judge
from tests.scenarios.keccak import keccak256
from tests.scenarios.watch_judge import WatchJudge


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


class WatchWordsTest(unittest.TestCase):
    def events(self, text):
        return read(text + "\nwatch")[0].events

    def txn(self, body):
        return self.events(f"asset USD 6 verified contract\ntxn t: {body}")[0]["txns"][0]

    def test_hashes_are_keccak(self):
        for text, digest in (("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
                             ("Transfer(address,address,uint256)",
                              "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")):
            self.assertEqual(keccak256(text.encode()).hex(), digest)
        self.assertEqual(len({keccak256(b"a" * size) for size in range(130, 140)}), 10)  # Around the rate.

    def test_calldata_is_that_of_the_specification(self):
        # The examples of the Solidity ABI specification.
        words = abi.call("baz(uint32,bool)", [69, 1]).hex()
        self.assertEqual(words, "cdcd77c0" + "45".rjust(64, "0") + "1".rjust(64, "0"))
        words = abi.call("sam(bytes,bool,uint[])", [b"dave", 1, [1, 2, 3]]).hex()
        self.assertEqual(words, "a5643bf2" + "".join(word.rjust(64, "0") for word in ("60", "1", "a0", "4"))
                         + "64617665".ljust(64, "0") + "".join(word.rjust(64, "0") for word in "3123"))
        words = abi.call("f(uint256,uint32[],bytes10,bytes)", [0x123, [0x456, 0x789], b"1234567890", b"Hello, world!"])
        self.assertEqual(words[:4].hex(), "8be65246")
        self.assertEqual(words[4 + 64:4 + 96].hex(), "31323334353637383930".ljust(64, "0"))

    def test_calls_lie_within_the_frame_that_runs_as_their_caller(self):
        frames = self.txn("call a -> b f(); delegatecall b -> lib g(); call b -> c h(); call c -> d; call a -> e")["calls"]
        self.assertEqual([frame.get("parent") for frame in frames], [None, 0, 1, 2, 0])

    def test_what_fails_moves_nothing(self):
        txn = self.txn("call a -> b f() value 1 ETH fails")
        self.assertFalse(txn["succeeded"])
        self.assertNotIn("transfers", txn)
        self.assertTrue(txn["calls"][0]["failed"])

    def test_a_token_writes_its_log(self):
        txn = self.txn("a -> b 5 USD")
        self.assertEqual(txn["logs"][0]["data"], "0x" + hex(5_000_000)[2:].rjust(64, "0"))
        self.assertTrue(txn["input"].startswith("0xa9059cbb"))
        self.assertEqual(txn["to"], txn["logs"][0]["contract"])

    def test_a_txn_that_is_mined_again_is_the_same_in_another_block(self):
        events = self.events("txn t: a -> b 1 ETH\nreorg back 1\nmine t")
        self.assertEqual([event["type"] for event in events], ["block", "rewind", "block"])
        self.assertEqual(events[0]["txns"], events[2]["txns"])
        self.assertEqual(events[0]["number"], events[2]["number"])
        self.assertNotEqual(events[0]["hash"], events[2]["hash"])

    def test_wrong_lines_are_refused(self):
        for line in ("wallet a lukewarm x", "txn t: log c E(uint256) 1", "txn t: call a -> b f(uint256)",
                     "txn t: call a -> b f(uint256) 1, 2", "txn t: slot c 0 1 -> 2", "txn t: create a", "mine nothing",
                     "reorg forward", "same-block\ntxn t: a -> b 1 ETH", "withdrawal a -> b 1 ETH", "gives everything",
                     "holds a 1 ETH at 2030-01-01T00:00:00+00:00", "signing s: safe shown to=a", "frob"):
            with self.assertRaises(story.Wrong, msg=line):
                self.events(line)

    def test_the_judge_knows_what_stands_and_what_was_taken_back(self):
        one = read("txn t: a -> b 1 ETH\nwatch")[0]
        txid, subject = one.txn_names["t"], one.place("a")
        rows = [{"id": "1", "state": state, "detector": "D01", "severity": "high", "subject": subject, "txs": [txid],
                 "reason": "so", "next": "do"} for state in ("raised", "retracted")]
        lines = "".join(json.dumps({"data": row}) + "\n" for row in rows)
        judge = WatchJudge(one, lines, "")
        self.assertEqual(list(judge.judge(True, "retracted D01 subject a medium in txn t")), [])
        for words in ("alert D01", "retracted D01 critical", "retracted D02", "retracted subject b", "retracted why because"):
            self.assertTrue(list(judge.judge(True, words)), words)
        self.assertTrue(list(judge.judge(False, "alert D01")))
        self.assertEqual(list(judge.judge(False, "alert D02")), [])


if __name__ == "__main__":
    unittest.main()
