# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Change and peel chains: which output goes back, where a chain of payments leads, and what clusters make of it."""
import json

from tests.cli.support import CliTest
from tests.cli.test_clusters import bare, fund, owner

WALLET = {"version": 2, "locktime": 800_000}  # How the payer's software writes txns; the shops write neither.


def txn(name, spent, outputs, time, **wallet):
    """Spends [(txn, n, sat, owner)…] for [(owner, sat)…]."""
    return {"txid": bare(name), "time": time, **wallet,
            "in": [[bare(source), n, sat, *owner(who)] for source, n, sat, who in spent],
            "out": [[sat, *owner(who)] for who, sat in outputs]}


def peels(count):
    """A payer peels 10,000 a time; each shop spends what it got by its own software."""
    lines, held, rest = [{**fund("rich"), "out": [[1_000_000, *owner("rich")]]}], ("fund rich", 0, 1_000_000, "rich"), 1_000_000
    for n in range(count):
        rest -= 10_537
        lines.append(txn(f"peel {n}", [held], [(f"shop {n}", 10_000), (f"rest {n}", rest)], 1_700_000_000 + n, **WALLET))
        lines.append(txn(f"out {n}", [(f"peel {n}", 0, 10_000, f"shop {n}")], [("bank", 9_000)], 1_700_001_000 + n))
        held = (f"peel {n}", 1, rest, f"rest {n}")
    return lines


class Change(CliTest):
    def fill(self, *lines):
        self.ingest(f"btc-txs:{self.file('txs.jsonl', ''.join(json.dumps(line) + chr(10) for line in lines))}")

    def ask(self, *arguments, verb="change", **options):
        return self.call(verb, "--ledger", self.ledger, *arguments, "--format", "json", **options).json()["data"]

    def label(self, name, text, category, confidence):
        return f"{owner(name)[1]},{text},{category},list,{confidence}\n"

    def base(self):
        self.fill(*peels(4))

    def test_a_txn_says_which_output_went_back_and_why(self):
        self.base()
        data = self.ask(bare("peel 1"))
        self.assertEqual(data["change"], 1)
        self.assertGreater(data["confidence"], 0.9)
        self.assertEqual(set(data["votes"].values()), {1})
        self.assertEqual(data["candidates"]["wallet-fingerprint"], [1])
        self.assertEqual(data["outputs"][0]["spent_by"]["differs"], ["version 2, then 1", "locktime a height, then none"])
        self.assertEqual(data["outputs"][1]["spent_by"]["differs"], [])
        self.assertIn("same software", self.call("change", "--ledger", self.ledger, bare("peel 1")).out)

    def test_what_heuristics_do_not_agree_on_is_unclear(self):
        self.fill(fund("a"), txn("t", [("fund a", 0, 100, "a")], [("b", 33), ("c", 61)], 1_700_000_000))
        data = self.ask(bare("t"))
        self.assertNotIn("change", data)
        self.assertEqual(data["unclear"], "no-votes")
        self.assertIn("unclear", self.call("change", "--ledger", self.ledger, bare("t")).out)

    def test_a_peel_chain_is_followed_both_ways(self):
        self.base()
        data = self.ask("--follow", bare("fund rich") + ":0")
        self.assertEqual([step["txid"] for step in data["steps"]], [bare(f"peel {n}") for n in range(4)])
        self.assertEqual([step["peeled"] for step in data["steps"]], ["10000"] * 4)
        self.assertEqual((data["stop"], data["end"]), ("unspent", bare("peel 3") + ":1"))
        back = self.ask("--follow", bare("peel 3") + ":1", "--back")
        self.assertEqual([step["txid"] for step in back["steps"]], [bare(f"peel {n}") for n in (3, 2, 1, 0)])
        self.assertEqual(back["stop"], "coinbase")
        self.assertEqual(self.ask("--follow", bare("fund rich") + ":0", "--hops", 2)["stop"], "hops")
        self.assertEqual(self.ask("--follow", bare("fund rich") + ":0", "--min-value", 985_000)["stop"], "below-value")
        self.assertIn("ends at", self.call("change", "--ledger", self.ledger, "--follow", bare("fund rich") + ":0").out)

    def test_a_payment_does_not_begin_the_chain_and_a_gathering_ends_it(self):
        self.base()
        self.assertEqual(self.ask("--follow", bare("peel 2") + ":0", "--back")["stop"], "paid")
        self.assertEqual(self.ask("--follow", bare("peel 2") + ":0")["stop"], "shape")

    def test_a_chain_ends_at_a_label(self):
        self.base()
        self.ingest("labels:" + str(self.file("l.csv", "address,label,category,source,confidence\n"
                                              + self.label("rest 1", "Some Exchange", "exchange", 0.8))))
        data = self.ask("--follow", bare("fund rich") + ":0")
        self.assertEqual((data["stop"], data["label"], len(data["steps"])), ("label", "Some Exchange", 2))

    def test_all_txns_that_may_have_change_are_told_one_a_line(self):
        self.base()
        lines = self.call("change", "--ledger", self.ledger, "--all", "--format", "jsonl").out.splitlines()
        self.assertEqual([json.loads(line)["data"]["txid"] for line in lines], [bare(f"peel {n}") for n in range(4)])

    def test_questions_that_make_no_sense_are_refused(self):
        self.base()
        for arguments in ((), ("--all", bare("peel 1")), ("--follow", "nonsense"), (bare("peel 1"), "--format", "csv"),
                          ("--all", "--format", "json"), (bare("peel 1"), "--digits", "x")):
            with self.subTest(arguments=arguments):
                self.call("change", "--ledger", self.ledger, *arguments, code=(2, 3))
        self.assertIn("[not-found]", self.call("change", "--ledger", self.ledger, bare("no"), code=3).err)
        self.assertIn("[not-found]", self.call("change", "--ledger", self.ledger, "--follow", bare("no") + ":0", code=3).err)

    def test_clusters_take_change_only_when_asked_and_say_so(self):
        self.base()
        rich, rest = owner("rich")[1], owner("rest 2")[1]  # Whose the last rest is nobody knows: it is unspent.
        self.assertEqual(self.ask("--why", rich, rest, verb="cluster")["why"], [])
        why = self.ask("--why", rich, rest, "--change", verb="cluster")["why"]
        self.assertEqual([each["txid"] for each in why], [bare(f"peel {n}") for n in range(3)])
        self.assertEqual({each["by"] for each in why}, {"change"})
        self.assertIn("wallet-fingerprint", why[0]["heuristics"])
        self.assertIn("change: ", self.call("cluster", "--ledger", self.ledger, "--why", rich, rest, "--change").out)
        # Guesses are not kept.
        self.assertEqual(self.ask(rich, verb="cluster")["rows"][0]["size"], 1)

    def test_two_large_clusters_are_not_joined_by_a_guess_and_the_alarm_says_so(self):
        self.base()
        data = self.ask("--alarms", "--change", "--large", 2, verb="cluster")
        self.assertEqual([(each["refused"], each["size_a"] >= 2) for each in data["alarms"]], [])
        data = self.ask("--alarms", "--change", "--large", 1, verb="cluster")
        self.assertEqual([each["refused"] for each in data["alarms"]], [True] * 3)
        self.assertEqual([each["txid"] for each in data["alarms"]], [bare(f"peel {n}") for n in range(3)])
        self.assertIn("refused", self.call("cluster", "--ledger", self.ledger, "--alarms", "--change", "--large", "1").out)


class Labels(CliTest):
    def fill(self, *labels):
        txns = [fund(name) for name in "ab"] + [
            {"txid": bare("ab"), "time": 1_700_000_000, "in": [[bare(f"fund {each}"), 0, 100, *owner(each)] for each in "ab"],
             "out": [[200, *owner("x")]]},
            {"txid": bare("more"), "time": 1_700_000_100, "in": [], "out": [[50, *owner("b")]]},
            {"txid": bare("loot"), "time": 1_600_000_100, "in": [], "out": [[70, *owner("thief")]]},
            {"txid": bare("cash"), "time": 1_700_000_200, "in": [[bare("loot"), 0, 70, *owner("thief")]],
             "out": [[70, *owner("b")]]}]
        text = "address,label,category,source,confidence\n" + "".join(
            f"{owner(name)[1]},{label},{category},{source},{confidence}\n" for name, label, category, source, confidence in labels)
        self.ingest(f"btc-txs:{self.file('t.jsonl', ''.join(json.dumps(each) + chr(10) for each in txns))}",
                    f"labels:{self.file('l.csv', text)}")

    def cluster(self, name):
        return self.call("cluster", "--ledger", self.ledger, owner(name)[1], "--format", "json").json()["data"]["rows"][0]

    def test_a_label_holds_for_the_cluster_and_says_where_it_comes_from(self):
        self.fill(("a", "Some Exchange", "exchange", "list", 0.8))
        row = self.cluster("b")
        self.assertEqual([(each["label"], each["via"], each["source"]) for each in row["labels"]],
                         [("Some Exchange", owner("a")[1], "list")])
        self.assertAlmostEqual(row["labels"][0]["confidence"], 0.72)
        self.assertAlmostEqual(self.cluster("a")["labels"][0]["confidence"], 0.8)
        self.assertNotIn("label_conflict", row)
        self.assertIn("Some Exchange", self.call("cluster", "--ledger", self.ledger, owner("b")[1]).out)

    def test_labels_that_contradict_each_other_are_all_shown(self):
        self.fill(("a", "Some Exchange", "exchange", "list", 0.8), ("b", "A Thief", "theft", "press", 0.5))
        row = self.cluster("b")
        self.assertEqual(len(row["labels"]), 2)
        self.assertTrue(row["label_conflict"])
        self.assertIn("contradict", self.call("cluster", "--ledger", self.ledger, owner("b")[1]).out)

    def test_a_trace_stops_at_the_label_of_a_cluster_once_clusters_are_there(self):
        self.fill(("a", "Some Exchange", "exchange", "list", 0.8))
        rests = lambda: self.trace(owner("thief")[1]).json()["data"]["endpoints"][0]  # noqa: E731
        self.assertNotIn("label", rests())
        self.cluster("a")
        end = rests()
        self.assertEqual((end["stop"], end["category"]), ("label", "exchange"))
        self.assertEqual(end["label"], f"Some Exchange (cluster of {owner('a')[1]})")
        self.assertAlmostEqual(end["label_confidence"], 0.72)
