# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Watch and gate as they run beside each other: the gate's log is the watch's queue, the watch's alerts stop the gate,
and each keeps a log of its own."""
import contextlib
import hashlib
import json
import re
import signal
import sqlite3
import subprocess
import time
import urllib.request

from tests.cli.support import START, CliTest, address, program, row, transfers, txid

KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032 §7.1, test 1.
POLICY = f"""version: 1
checks: {{explain: off, screening: off, feed: off}}
people: {{alice: "{KEY}"}}
groups: {{board: [alice]}}
rules:
  - {{id: usual, when: "amount <= 1000", then: allow}}
breakers:
  - {{id: theft, detectors: [D07], severity: critical, trips: wallet}}
change: {{group: board, m: 1, delay: 24h}}
reset: {{group: board, m: 1, delay: 1h}}
"""
BREAKERS = POLICY[POLICY.index("breakers:"):POLICY.index("change:")]
SOON = 60  # Seconds until what runs beside the test must have come; it comes in one or two.


def block(number, *moves):
    """An event of one txn that moves (from, to, amount)."""
    digest = hashlib.sha256(f"block {number}".encode()).hexdigest()
    return json.dumps({
        "type": "block", "chain": "eth", "number": number, "hash": f"0x{digest}", "time": START + 3600 * number,
        "txns": [{"hash": txid(number), "transfers": [
            {"from": address(source), "to": address(target), "asset": "native", "amount": str(amount)}
            for source, target, amount in moves]}]}) + "\n"


class Loop(CliTest):
    def setUp(self):
        super().setUp()
        self.gate = self.folder / "gate"
        self.watched = self.folder / "watch"
        self.policy = self.file("policy.yaml", POLICY)
        self.wallets = self.file("wallets.csv", f"chain,address,set,entity,tier\neth,{address('hot')},hot-1,acme,hot\n")
        # D07 judges amounts without a price by their share of what the wallet holds.
        self.events = self.file("events.jsonl", block(1, ("genesis", "hot", 10_000)))

    def run_beside(self, *arguments):
        """A program that runs until the test is over."""
        process = subprocess.Popen([program(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    def soon(self, is_so, what):
        end = time.monotonic() + SOON
        while not (found := is_so()):
            self.assertLess(time.monotonic(), end, f"not within {SOON} s: {what}")
            time.sleep(0.1)
        return found

    def append(self, *blocks):
        with open(self.events, "a", encoding="utf-8") as file:
            file.write("".join(blocks))

    def request(self, name, amount, target="payee"):
        return {"id": name, "chain": "eth", "asset": "native", "from": address("hot"), "to": address(target),
                "amount": str(amount), "requester": "queue", "time": "2023-11-14T22:00:00Z"}

    def ask(self, port, request):
        body = json.dumps(request).encode()
        call = urllib.request.Request(f"http://127.0.0.1:{port}/v1/withdrawals", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(call, timeout=30) as answer:
            return json.load(answer)["data"]

    def has_state(self):
        """Whole: a file that is being made is there before its tables are."""
        path = self.watched / "alerts.sqlite"
        if not path.exists():
            return False
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            return store.execute("PRAGMA user_version").fetchone()[0] > 0

    def alerts(self):
        answer = self.call("alerts", "--state", self.watched, "--format", "jsonl", code=(0, 1))
        return [json.loads(line)["data"] for line in answer.out.splitlines()]

    def test_a_theft_on_a_live_chain_holds_what_is_asked_for_next(self):
        live = ("watch", f"tail:{self.events}", f"guard:{self.gate}", f"wallets:{self.wallets}", "--state", self.watched,
                "--format", "jsonl")
        watch = self.run_beside(*live)
        self.soon(self.has_state, "a state")
        gate = self.run_beside("guard", "serve", "--listen", "127.0.0.1:0", "--state", self.gate, "--policy-file",
                               self.policy, "--known", f"wallets:{self.wallets}", "--alerts", self.watched)
        port = int(re.search(r":(\d+)$", gate.stderr.readline()).group(1))
        self.assertEqual(self.ask(port, self.request("w1", 500))["verdict"], "allow")
        time.sleep(2)  # A checkpoint of the gate, and a look of the watch.
        self.append(block(2, ("hot", "payee", 500)), block(3, ("a", "b", 1)), block(4, ("a", "b", 1)))
        self.append(block(5, ("hot", "thief", 700)), block(6, ("a", "b", 1)), block(7, ("a", "b", 1)))
        told = self.soon(lambda: [each for each in self.alerts() if each["detector"] == "D07"], "the alert")
        self.assertEqual([each["txs"] for each in told], [[txid(5)]], "what was let through is no theft")
        held = self.soon(lambda: (answer := self.ask(port, self.request(f"w{time.monotonic_ns()}", 1)))["verdict"] == "hold"
                         and answer, "a held request")
        self.assertIn(f"alert {told[0]['id']}", json.dumps(held["reasons"]))
        self.assertEqual(self.ask(port, self.request("w1", 500))["verdict"], "hold", "also what was let through before")
        # The watch goes on after a kill: in the queue, too. Nothing is told twice.
        watch.kill()
        watch.wait()
        again = self.run_beside(*live)
        self.append(block(8, ("hot", "thief", 800)), block(9, ("a", "b", 1)), block(10, ("a", "b", 1)))
        self.soon(lambda: len([each for each in self.alerts() if each["detector"] == "D07"]) == 2, "one more alert")
        self.end(again)
        self.end(gate)
        breakers = self.call("guard", "breakers", "--state", self.gate, "--format", "jsonl", code=1).out.splitlines()
        self.assertEqual(json.loads(breakers[0])["data"]["breaker"], f"wallet eth:{address('hot')}")
        self.call("log", "verify", self.gate / "log")

    def check(self, *requests, at, code=0):
        """Without a watch, so that no breaker may depend on one."""
        self.policy.write_text(POLICY.replace(BREAKERS, ""))
        path = self.file("requests.jsonl", "".join(json.dumps(each) + "\n" for each in requests))
        return self.call("guard", "check", path, "--state", self.gate, "--policy-file", self.policy, "--at", at, "--known",
                         f"wallets:{self.wallets}", "--format", "jsonl", code=code)

    def test_what_a_ledger_knows_to_have_left_is_reconciled(self):
        self.check(self.request("w1", 500), self.request("w2", 5), at="2023-11-14T22:13:21Z")
        moved = self.file("moved.csv", transfers(row(1, 10_000, "genesis", "hot"), row(2, 500, "hot", "payee"),
                                                 row(3, 700, "hot", "thief")))
        self.ingest(f"transfers:{moved}", f"wallets:{self.wallets}")

        def reconcile(code, *flags):
            answer = self.call("guard", "reconcile", "--state", self.gate, "--ledger", self.ledger, "--at",
                               "2023-11-14T23:00:00Z", *flags, "--format", "jsonl", code=code)
            return [json.loads(line) for line in answer.out.splitlines()]
        told = reconcile(1)
        self.assertEqual([(each["kind"], each["data"].get("id")) for each in told[:2]],
                         [("guard.outflow", "w1"), ("guard.outflow", None)])
        self.assertEqual(told[2]["data"]["request"]["id"], "w2")
        again = reconcile(1)
        self.assertEqual([each["data"].get("id") for each in again], [each["data"].get("id") for each in told])
        self.assertEqual([each["kind"] for each in reconcile(0, "--since", "2030-01-01")], ["guard.unaccounted"])
        waits = self.call("guard", "pending", "--state", self.gate, "--at", "2023-11-14T23:00:00Z").out
        self.assertIn("w2: was let through at 2023-11-14T22:13:21Z and was not seen to leave", waits)

    def test_a_new_policy_is_tried_on_what_left(self):
        moved = self.file("moved.csv", transfers(row(1, 10_000, "genesis", "hot"), row(2, 500, "hot", "payee"),
                                                 row(3, 2000, "hot", "thief"), row(4, 1, "hot", "payee")))
        self.ingest(f"transfers:{moved}", f"wallets:{self.wallets}")

        def simulate(code, *flags):
            return self.call("guard", "simulate", "--policy-file", self.policy, "--ledger", self.ledger, *flags,
                             "--format", "json", code=code).json()["data"]
        told = simulate(1)
        self.assertEqual([told[word]["count"] for word in ("allow", "hold", "deny")], [2, 0, 1])
        self.assertEqual([each["tx"] for each in told["stopped"]], [txid(3)])
        self.assertEqual(simulate(0, "--since", "2023-11-14T22:13:24Z")["allow"]["count"], 1)

    def test_each_program_keeps_a_log_of_its_own(self):
        key = self.folder / "log.key"
        self.call("log", "keygen", key, "--name", "example.org/watch")
        log = self.folder / "log"
        self.check(self.request("w1", 500), at="2023-11-14T23:13:21Z")
        self.append(block(2, ("hot", "payee", 500)), block(5, ("hot", "thief", 700)), block(6, ("a", "b", 1)))
        told = self.call("watch", "--replay", f"events:{self.events}", f"guard:{self.gate}", f"wallets:{self.wallets}",
                         "--log", log, "--log-key", key, "--format", "jsonl", code=1).out.splitlines()
        self.call("log", "verify", log)
        bundle = next((log / "tile" / "entries").rglob("000.p/*")).read_bytes()
        entries = []
        while bundle:
            size = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2:2 + size].decode())
            bundle = bundle[2 + size:]
        self.assertEqual(json.loads(entries[0])["kind"], "watch.settings")
        self.assertEqual(entries[1:], told, "every alert as it was told")
        self.assertTrue(any(json.loads(line)["data"]["detector"] == "D07" for line in told))
        labels = self.file("bad.csv", f"address,label,category,source,confidence\n{address('thief')},T,theft,list,0.9\n")
        self.ingest(f"labels:{labels}", "--log", log, "--log-key", key)
        self.assertEqual(int((log / "checkpoint").read_text().splitlines()[1]), len(entries) + 1)
        self.ingest(f"labels:{labels}", "--log", log, code=2)
