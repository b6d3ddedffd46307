# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""`cordon serve` with `append: true` on a live node: what it watches goes into the ledger that its traces read, over
kills, reorgs and ends."""
import sys
import time

from tests.cli.support import PROJECT, program
from tests.feed.support import ANSWER_SECONDS, Anvil, LedgerTest
from tests.feed.test_watch import Watch
from tests.support.large_payment import LARGE, RULES

sys.path.insert(0, str(PROJECT / "tests" / "console"))
from server import Server, free_port  # noqa: E402


class LiveServe(LedgerTest):
    def setUp(self):
        super().setUp()
        self.rules, self.ledger, self.data = self.folder / "rules.yaml", self.folder / "ledger", self.folder / "data"
        self.rules.write_text(RULES)
        self.tokens = {}

    def serve(self, node):
        config = self.folder / "serve.yaml"
        config.write_text(f"""version: 1
name: live
data: {self.data}
ledger: {self.ledger}
listen: 127.0.0.1:{free_port()}
watch: {{sources: ["evm-rpc:{self.url(node, 'ws')}"], rules: ["{self.rules}"], append: true}}
""")
        server = Server.of_config(program(), self.data, config)
        self.addCleanup(server.end)
        server.tokens = self.tokens
        return server

    def get(self, server, path):
        return server.ask("GET", path, headers=server.as_token("analyst")).json["data"]

    def until(self, server, true):
        end = time.monotonic() + ANSWER_SECONDS
        while not (found := true()):
            self.assertLess(time.monotonic(), end, "".join(server.errors))
            time.sleep(0.05)
        return found

    def alert_of(self, server, txn):
        return self.until(server, lambda: [each for each in self.get(server, "/api/alerts?repeats=true&limit=200")["items"]
                                           if txn in each["txs"] and each["state"] == "raised"])

    def traced(self, server, txn):
        """The txns of a trace from there."""
        asked = server.ask("POST", "/api/traces", {"seeds": f"{self.CHAIN}:{txn}"}, server.as_token("analyst"))
        self.assertEqual(asked.status, 202, asked.text)
        path = f"/api/traces/{asked.json['data']['id']}"
        self.until(server, lambda: self.get(server, path)["state"] not in ("waiting", "running"))
        return [edge["tx"] for edge in self.get(server, path + "/result")["edges"]]

    def test_its_ledger_is_whole_over_kills(self):
        self.lives(reorg=lambda node, depth: None)

    def test_its_ledger_is_whole_over_kills_and_reorgs(self):
        self.lives(self.reorg)

    def lives(self, reorg):
        node = self.start(Anvil())
        node.mine(3)
        server = self.serve(node)
        self.until(server, lambda: self.get(server, "/api/system")["chains"])  # It has the tip.
        for round_ in range(5):
            sent = [node.pay(LARGE) for _ in range(3)]
            self.alert_of(server, sent[-1])
            self.assertIn(sent[-1], self.traced(server, sent[-1]))  # At once, before anybody looks again.
            if round_ == 2:  # While it looks.
                reorg(node, 2)
                sent = node.pay(LARGE)
                self.alert_of(server, sent)
            if round_ == 4:
                server.end()
                self.assertEqual(server.process.returncode, 0, "".join(server.errors))
            else:
                server.kill()
            node.pay(LARGE)
            if round_ in (1, 3):  # And while it does not: below what the ledger has.
                reorg(node, 3)
            node.pay(1)
            server = self.serve(node)
        sent = node.pay(LARGE)
        self.alert_of(server, sent)
        stored = self.stored(self.ledger)
        self.assertEqual(stored, self.on_chain(node, 3), "".join(server.errors))
        # Nothing twice, nothing of what is gone, and nothing left out.
        large = [txn for _, txn in stored if int(node.call("eth_getTransactionByHash", txn)["value"], 16) == LARGE]
        told = [txn for each in self.get(server, "/api/alerts?repeats=true&limit=200")["items"]
                if each["detector"] == "T01" and each["state"] == "raised" for txn in each["txs"]]
        self.assertEqual(sorted(told), sorted(large))
        self.assertIn(large[0], self.traced(server, large[0]))
        server.end()
        self.cordon("ledger", "verify", "--ledger", self.ledger)
        self.cordon("log", "verify", self.data / "log")

    def test_others_bring_no_blocks_and_what_is_known_goes_in(self):
        node = self.start(Anvil())
        server = self.serve(node)
        self.until(server, lambda: self.get(server, "/api/system")["chains"])
        self.alert_of(server, node.pay(LARGE))
        rows, labels = self.folder / "rows.csv", self.folder / "labels.csv"
        rows.write_text("chain,block,time,tx,index,from,to,asset,amount,kind\n")
        self.assertIn("locked", self.cordon("ingest", "--ledger", self.ledger, f"transfers:{rows}", code=4).stderr)
        labels.write_text(f"address,label,category,source,confidence\n{Anvil.OTHER},shop,service,me,1\n")
        self.cordon("ingest", "--ledger", self.ledger, f"labels:{labels}")
        address = f"/api/addresses/{Anvil.OTHER}"
        self.until(server, lambda: [label for row in self.get(server, address)["addresses"] for label in row["labels"]])
        server.end()
        # Who comes second is told who writes, watches nothing, and still answers.
        watch = self.start(Watch(f"evm-rpc:{self.url(node)}", "--ledger", str(self.ledger), "--append", "--rules",
                                 str(self.rules)))
        watch.of(node.pay(LARGE))
        server = self.serve(node)
        self.until(server, lambda: server.ask("GET", "/readyz").status == 503)
        self.assertIn("watch without adding to the ledger", "".join(server.errors))
        self.assertEqual(len(self.get(server, address)["addresses"]), 1)
