# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Crossings: from exports of two chains to the list that a person sees."""
import json
import sqlite3

from tests.cli.support import CliTest, address, row, transfers, txid

START = 1_700_000_000
BRIDGE, USER, FRESH, TOKEN = (address(name) for name in ("bridge", "user", "fresh", "token"))
SWAP_OUT, SWAP_IN = "edbdf5e2", "0175b1c4"  # anySwapOutUnderlying, anySwapInAuto


def word(value):
    return (value.removeprefix("0x") if isinstance(value, str) else f"{value:x}").rjust(64, "0")


def export(name, calldata, sender, source, target, amount, time):
    """A txn with its call and the token transfer that it makes."""
    common = {"transaction_index": 0, "block_timestamp": time, "block_hash": txid(f"block {name}")}
    lines = [
        {"type": "transaction", "hash": txid(name), "block_number": time, "from_address": sender, "to_address": BRIDGE,
         "value": 0, "nonce": 1, "gas_price": 1, "receipt_status": 1, "input": calldata, **common},
    ], [
        {"type": "token_transfer", "transaction_hash": txid(name), "block_number": time, "log_index": 0, "token_address": TOKEN,
         "from_address": source, "to_address": target, "value": amount, **common},
    ]
    return ["".join(json.dumps(line) + "\n" for line in each) for each in lines]


class Links(CliTest):
    def take_in(self, chain, name, *told):
        folder = self.folder / name
        for number, text in enumerate(export(name, *told)):
            self.file(f"{name}/part{number}.json", text)
        self.ingest("--chain", chain, f"evm-etl:{folder}")

    def bridge(self, message=txid("out")):
        labels = self.file("labels.csv", f"address,label,category,source,confidence\n{BRIDGE},A bridge,bridge,list,0.9\n")
        self.ingest(f"labels:{labels}")
        self.take_in("eth", "out", "0x" + SWAP_OUT + word(TOKEN) + word(USER) + word(1000) + word(137),
                     USER, USER, BRIDGE, 1000, START)
        # Hours later, less than half, to somebody else: only the message says that it is the same.
        self.take_in("polygon", "in", "0x" + SWAP_IN + word(message) + word(TOKEN) + word(FRESH) + word(400) + word(1),
                     address("relayer"), BRIDGE, FRESH, 400, START + 90_000)

    def ask(self, *flags, code=0):
        return self.call("links", "--ledger", self.ledger, *flags, "--format", "json", code=code).json()["data"]

    def test_the_message_in_the_calls_ties_deposit_and_payout(self):
        self.bridge()
        [crossing] = self.ask()["crossings"]
        self.assertEqual(crossing["confidence"], 1)
        self.assertEqual((crossing["from"]["chain"], crossing["from"]["txn"]), ("eth", txid("out")))
        self.assertEqual((crossing["to"]["chain"], crossing["to"]["txn"], crossing["to"]["address"], crossing["to"]["amount"]),
                         ("polygon", txid("in"), FRESH, "400"))
        self.assertEqual(crossing["why"], ["message", f"multichain:{txid('out')}"])

    def trace(self, *flags, code=0):
        return self.call("trace", "--ledger", self.ledger, "--seed", f"eth:{USER}", *flags, "--format", "json",
                         code=code).json()["data"]

    def test_a_trace_goes_over_the_bridge_to_the_other_chain(self):
        self.bridge()
        traced = self.trace()
        [edge] = [edge for edge in traced["edges"] if edge["kind"] == "bridge"]
        self.assertEqual((edge["from"], edge["via"], edge["to_chain"], edge["to"], edge["to_tx"], edge["confidence"]),
                         (USER, BRIDGE, "polygon", FRESH, txid("in"), 1))
        self.assertEqual((edge["tainted"], edge["to_tainted"]), ("1000", "400"))
        [end] = traced["endpoints"]
        self.assertEqual((end["chain"], end["address"], end["tainted"], end["stop"]), ("polygon", FRESH, "400", "unspent"))

    def test_the_searches_go_over_the_bridge_too(self):
        self.bridge()
        asked = ("--mode", "paths", "--to", f"polygon:{FRESH}")
        found = self.trace(*asked, "--layout")
        [path], [edge], [ribbon] = found["paths"], found["edges"], found["layout"]["ribbons"]
        self.assertEqual((path["bottleneck"], path["asset"]), ("400", TOKEN))
        self.assertEqual((edge["from"], edge["via"], edge["to_chain"], edge["to"], edge["to_tx"], edge["to_amount"]),
                         (USER, BRIDGE, "polygon", FRESH, txid("in"), "400"))
        self.assertEqual(ribbon["kinds"], ["bridge to polygon"])
        self.assertGreater(ribbon["width"], 0)
        table = self.call("trace", "--ledger", self.ledger, "--seed", f"eth:{USER}", *asked).out
        self.assertRegex(table, r"step 1: bridge to polygon, message, multichain:0x[0-9a-f]{64}, 100 %")
        ranked = self.trace("--mode", "ranked")
        self.assertEqual({(node["chain"], node["address"]) for node in ranked["nodes"]},
                         {("eth", USER), ("polygon", FRESH)})

    def test_a_search_takes_no_crossing_that_is_not_sure_enough(self):
        self.pool()
        new = address("new0")
        paths = self.call("trace", "--ledger", self.ledger, "--seed", address("user0"), "--mode", "paths", "--to", new,
                          "--min-confidence", "0", "--format", "json", code=None).json()["data"]["paths"]
        self.assertEqual([path["bottleneck"] for path in paths], ["97"])
        paths = self.call("trace", "--ledger", self.ledger, "--seed", address("user0"), "--mode", "paths", "--to", new,
                          "--format", "json").json()["data"]["paths"]
        self.assertEqual(paths, [])

    def test_a_trace_rests_at_a_bridge_that_no_message_ties(self):
        self.bridge(message=txid("another"))
        traced = self.trace()
        self.assertEqual([edge["kind"] for edge in traced["edges"]], ["token"])
        self.assertEqual([(end["chain"], end["address"], end["stop"]) for end in traced["endpoints"]], [("eth", BRIDGE, "label")])

    def test_another_message_ties_nothing(self):
        self.bridge(message=txid("another"))
        self.assertEqual(self.ask("--min-confidence", "0")["crossings"], [])

    def test_taking_it_in_again_changes_nothing(self):
        self.bridge()
        before = self.facts(), self.ask()
        self.bridge()
        self.assertEqual((self.facts(), self.ask()), before)
        self.assertEqual(len(before[0]), 2)
        self.call("ledger", "verify", "--ledger", self.ledger)

    def facts(self):
        connection = sqlite3.connect(f"file:{self.ledger / 'records.sqlite'}?mode=ro", uri=True)
        self.addCleanup(connection.close)
        return connection.execute("SELECT * FROM fact ORDER BY 1, 2, 3").fetchall()

    def pool(self):
        """Five deposit 100 each; the third withdraws to his own address, the others to new ones."""
        rows = [row(100 + i, 100, f"user{i}", "pool") for i in range(5)]
        rows += [row(110 + i, 97, "pool", "user2" if i == 2 else f"new{i}") for i in range(4)]
        labels = self.file("labels.csv", f"address,label,category,source,confidence\n{address('pool')},A pool,mixer,list,1\n")
        self.ingest(f"transfers:{self.file('pool.csv', transfers(*rows))}", f"labels:{labels}")

    def test_a_pool_is_told_with_its_clues(self):
        self.pool()
        data = self.ask("--kind", "mixer")
        self.assertEqual([each["from"]["address"] for each in data["crossings"]], [address("user2")])
        [pool] = data["pools"]
        self.assertEqual((pool["deposits"], pool["withdrawals"], pool["denomination"]), (5, 4, "100"))
        clues = {each["clue"]: each for each in pool["clues"]}
        self.assertEqual(clues["same-address"]["pointed"], 1)
        self.assertEqual(clues["nearest-deposit"]["tested"], 1)
        self.assertGreater(len(self.ask("--kind", "mixer", "--min-confidence", "0")["crossings"]), 1)

    def test_every_format_says_the_same_and_twice_alike(self):
        self.pool()
        table = self.call("links", "--ledger", self.ledger).out
        self.assertRegex(table, r"mixer +0\.98 .*same-addr")
        lines = [json.loads(line) for line in self.call("links", "--ledger", self.ledger, "--format", "jsonl").out.splitlines()]
        self.assertEqual([line["kind"] for line in lines], ["links.crossing", "links.pool", "links.bridges"])
        sheet = self.call("links", "--ledger", self.ledger, "--format", "csv").out.splitlines()
        self.assertEqual(len(sheet), 2)
        self.assertEqual(len(sheet[0].split(",")), len(sheet[1].split(",")))
        self.assertEqual(table, self.call("links", "--ledger", self.ledger).out)

    def test_an_address_narrows_the_list(self):
        self.pool()
        self.assertEqual(len(self.ask("--address", address("user2"))["crossings"]), 1)
        self.assertEqual(self.ask("--address", address("user1"))["crossings"], [])
        self.call("links", "--ledger", self.ledger, "--address", "nonsense", code=2)

    def test_what_is_asked_wrongly_is_refused(self):
        self.pool()
        self.call("links", code=2)
        for wrong in ("2", "-1", "nan", "x", ""):
            self.call("links", "--ledger", self.ledger, "--min-confidence", wrong, code=2)
        self.call("links", "--ledger", self.ledger, "--kind", "teleport", code=2)
        self.call("links", "--ledger", self.folder / "nothing", code=3)

    def test_a_ledger_without_either_has_none(self):
        self.base()
        data = self.ask()
        self.assertEqual((data["crossings"], data["pools"], data["bridges"]["deposits"]), ([], [], 0))
        self.assertIn("no crossings", self.call("links", "--ledger", self.ledger).out)
