# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""`cordon watch` on a live node: from the tip, killed at any moment, and back after a reorg that came meanwhile."""
import json
import os
import pathlib
import queue
import random
import re
import subprocess
import tempfile
import threading
import time

from tests.cli.support import program
from tests.feed.support import ANSWER_SECONDS, Anvil, Btcd, LedgerTest, NodeTest, Process
from tests.feed import test_bitcoin
from tests.support.large_payment import LARGE, RULES

KILLS = 12


class Watch(Process):
    """`cordon watch --format jsonl`: its alerts as they come."""

    def __init__(self, *arguments, env=None):
        self.errors = tempfile.TemporaryFile("w+")
        super().__init__([program(), "watch", "--format", "jsonl", *arguments], stdout=subprocess.PIPE,
                         stderr=self.errors, text=True, env={**os.environ, **(env or {})})
        self.lines = queue.Queue()
        self.told = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            alert = json.loads(line)["data"]
            self.told.append(alert)
            self.lines.put(alert)

    def until(self, wanted, seconds=ANSWER_SECONDS):
        end = time.monotonic() + seconds
        while True:
            try:
                alert = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"it did not come; came: {self.short()}; said: {self.said()}") from None
            if wanted(alert):
                return alert

    def of(self, txn, state="raised"):
        return self.until(lambda alert: alert["detector"] == "T01" and txn in alert["txs"] and alert["state"] == state)

    def short(self):
        return [(each["detector"], each["state"], each["block"] or each["reason"]) for each in self.told]

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def kill(self):
        self.child.kill()
        self.child.wait()
        self.reader.join(ANSWER_SECONDS)

    def finish(self):
        self.child.terminate()
        code = self.child.wait(ANSWER_SECONDS)
        self.reader.join(ANSWER_SECONDS)
        return code

    def stop(self, seconds=10):
        super().stop(seconds)
        self.reader.join(seconds)
        for stream in (self.child.stdout, self.errors):
            stream.close()


class LiveWatch(LedgerTest):
    def setUp(self):
        super().setUp()
        self.rules = self.folder / "rules.yaml"
        self.rules.write_text(RULES)
        self.metrics = self.folder / "metrics"

    def watch(self, node, *arguments, scheme="ws"):
        self.metrics.unlink(missing_ok=True)
        started = self.start(Watch(f"evm-rpc:{self.url(node, scheme)}", "--rules", str(self.rules), "--metrics",
                                   str(self.metrics), *arguments))
        self.until(lambda: self.metric("blocks_total"), started)  # It has the tip.
        return started

    def until(self, true, watch):
        end = time.monotonic() + ANSWER_SECONDS
        while not true():
            self.assertIsNone(watch.child.poll(), watch.said())
            self.assertLess(time.monotonic(), end, watch.said())
            time.sleep(0.05)

    def metric(self, name):
        if not self.metrics.is_file():
            return None
        found = re.search(rf"^cordon_watch_{name}(?:{{.*}})? (\d+)$", self.metrics.read_text(), re.M)
        return int(found.group(1)) if found else None

    def large(self, node):
        return node.pay(LARGE)

    def test_from_the_tip_and_nothing_is_said_of_a_start(self):
        node = self.start(Anvil())
        before = self.large(node)
        node.mine(3)
        watch = self.watch(node)
        sent = self.large(node)
        alert = watch.of(sent)
        self.assertEqual(alert["block"], 5)
        self.assertNotIn(before, [txn for each in watch.told for txn in each["txs"]])
        self.assertEqual([each for each in watch.told if each["detector"] == "W01"], [])
        watch.finish()
        self.assertEqual(self.metric("feed_block"), 5)
        self.assertEqual(self.metric("feed_rewinds_total"), 0)

    def test_what_our_wallets_hold_is_asked_at_the_start_and_kept(self):
        config, rules, state = self.folder / "watch.yaml", self.folder / "share.yaml", str(self.folder / "state")
        config.write_text(f"""version: 1
wallets:
  - {{set: hot, entity: acme, tier: hot, chain: "eip155:31337", addresses: ["{Anvil.ACCOUNT}"]}}
""")
        rules.write_text("""- rule: T02
  desc: A large part of a wallet
  event: transfer
  condition: amount >= 30% of from.balance
  output: "%from paid %amount."
  priority: high
""")
        node = self.start(Anvil())  # Its accounts have 10,000 coins from the first block on.
        node.mine(3)
        arguments = ("--config", str(config), "--rules", str(rules), "--state", state)
        watch = self.watch(node, *arguments)
        small, large = node.pay(2_900 * 10**18), node.pay(2_900 * 10**18)
        alert = watch.until(lambda each: each["detector"] == "T02")
        self.assertEqual(alert["txs"], [large], f"2,900 of 10,000 are less than 30 %, of 7,100 more; {small}")
        self.assertNotIn("not known", watch.said())
        watch.kill()
        watch = self.watch(node, *arguments)  # A question now would be answered with less.
        last = node.pay(1_300 * 10**18)
        watch.until(lambda each: each["detector"] == "T02" and each["txs"] == [last])
        watch.finish()

    def test_a_reorg_retracts(self):
        node = self.start(Anvil())
        watch = self.watch(node)
        sent = self.large(node)
        watch.of(sent)
        node.call("anvil_reorg", 1, [])
        self.assertEqual(watch.of(sent, "retracted")["block"], 1)

    def test_killed_and_started_again_it_loses_and_repeats_nothing(self):
        state = str(self.folder / "state")
        archive, sinks = self.folder / "alerts.jsonl", self.folder / "sinks.yaml"
        sinks.write_text(f"version: 1\nsinks:\n  - {{name: archive, type: jsonl, path: {archive}}}\n")
        node = self.start(Anvil())
        sent = []
        for _ in range(4):
            watch = self.watch(node, "--state", state, "--sinks", str(sinks))
            for _ in range(3):
                sent.append(self.large(node))
            watch.of(sent[-1])
            watch.kill()
            sent += [self.large(node) for _ in range(2)]  # While nobody watches.
            node.mine(2)
        watch = self.watch(node, "--state", state, "--sinks", str(sinks))
        watch.of(sent[-1])
        watch.finish()
        # Standard output may get the last one twice; the archive has each once.
        told = [json.loads(line)["data"] for line in archive.read_text().splitlines()]
        mine = [txn for each in told if each["detector"] == "T01" and each["state"] == "raised" for txn in each["txs"]]
        self.assertEqual(mine, sent)
        self.assertNotIn("retracted", [each["state"] for each in told])

    def test_killed_at_random_moments_between_reorgs(self):
        rng = random.Random(7)
        state, archive, sinks = str(self.folder / "state"), self.folder / "alerts.jsonl", self.folder / "sinks.yaml"
        sinks.write_text(f"version: 1\nsinks:\n  - {{name: archive, type: jsonl, path: {archive}}}\n")
        arguments = ("--state", state, "--sinks", str(sinks), "--checkpoint-blocks", "3")
        node = self.start(Anvil())
        self.watch(node, *arguments).finish()
        sent = []
        for _ in range(KILLS):
            watch = self.start(Watch(f"evm-rpc:{self.url(node, 'ws')}", "--rules", str(self.rules), *arguments))
            end = time.monotonic() + rng.uniform(0.02, 1)
            while time.monotonic() < end:
                sent.append(self.large(node))
                if rng.random() < 0.2:
                    depth = min(rng.randrange(1, 4), int(node.call("eth_blockNumber"), 16))
                    try:
                        node.call("anvil_reorg", depth, [])
                    except RuntimeError as error:
                        self.skipTest(f"anvil has broken its own chain: {error}")
                time.sleep(rng.uniform(0, 0.1))
            watch.kill()
        # After many reorgs anvil 1.7 no longer has some blocks of its own chain.
        if any(node.call("eth_getBlockByNumber", hex(number), False) is None
               for number in range(int(node.call("eth_blockNumber"), 16))):
            self.skipTest("anvil has lost blocks of its own chain")
        watch = self.watch(node, *arguments)
        sent.append(self.large(node))
        watch.of(sent[-1])
        self.assertEqual(watch.finish(), 130)
        told = {}
        for line in archive.read_text().splitlines():
            alert = json.loads(line)["data"]
            if alert["detector"] == "T01":
                told.setdefault(alert["txs"][0], []).append(alert["state"])
        stands = {txn for txn in sent if node.call("eth_getTransactionReceipt", txn)}
        self.assertEqual({txn for txn, states in told.items() if states[-1] == "raised"}, stands, watch.said())
        for txn, states in told.items():
            for before, after in zip(states, states[1:]):
                self.assertNotEqual(before, after, f"{txn} told twice")

    def away(self, end, depth):
        """Told, then ended; a reorg of so many blocks comes before it is started again."""
        state = str(self.folder / "state")
        node = self.start(Anvil())
        watch = self.watch(node, "--state", state)
        stays, goes = self.large(node), self.large(node)
        watch.of(stays)
        watch.of(goes)
        end(watch)
        node.call("anvil_reorg", depth, [])
        node.pay(1)
        watch = self.watch(node, "--state", state)
        self.assertEqual(watch.of(goes, "retracted")["block"], 2)
        after = self.large(node)
        watch.of(after)
        watch.finish()
        raised = [txn for each in watch.told if each["detector"] == "T01" and each["state"] == "raised"
                  for txn in each["txs"]]
        # Standard output may get the last one before a kill twice.
        self.assertEqual([txn for txn in raised if txn != goes], [after], "what stood was told again")
        self.assertEqual(sum(each["state"] == "retracted" for each in watch.told), 1)
        return watch

    def test_a_reorg_while_it_was_dead_retracts(self):
        self.away(Watch.kill, 1)

    def test_a_reorg_below_its_checkpoint_retracts(self):
        watch = self.away(Watch.finish, 1)
        self.assertIn("the watch goes back to block 0", watch.said())
        self.assertEqual([each for each in watch.told if each["detector"] == "W01"], [])

    def test_a_reorg_below_every_checkpoint_is_said(self):
        state = self.folder / "state"
        node = self.start(Anvil())
        watch = self.watch(node, "--state", str(state))
        sent = self.large(node)
        watch.of(sent)
        watch.finish()
        for older in state.glob("watch.checkpoint.*"):
            older.unlink()
        node.call("anvil_reorg", 1, [])
        node.pay(1)
        watch = self.watch(node, "--state", str(state))
        watch.of(sent, "retracted")
        [gap] = [each for each in watch.told if each["detector"] == "W01"]
        self.assertIn("before every checkpoint", gap["reason"])
        watch.of(self.large(node))

    def test_the_ledger_is_kept_whole_over_kills_and_reorgs(self):
        ledger, state = self.folder / "ledger", self.folder / "state"
        node = self.start(Anvil())
        node.mine(3)
        arguments = ("--ledger", str(ledger), "--append", "--state", str(state), "--checkpoint-blocks", "2")
        for round_ in range(5):
            watch = self.watch(node, *arguments)
            for _ in range(3):
                sent = self.large(node)
            watch.of(sent)
            if round_ == 2:  # While it looks.
                self.reorg(node, 2)
                sent = self.large(node)
                watch.of(sent)
            watch.kill()
            self.large(node)
            if round_ in (1, 3):  # And while it does not: below what the ledger has.
                self.reorg(node, 3)
            node.pay(1)
        watch = self.watch(node, *arguments)
        sent = self.large(node)
        watch.of(sent)
        self.assertEqual(self.stored(ledger), self.on_chain(node, 3), watch.said())
        found = json.loads(self.cordon("trace", "--ledger", ledger, "--seed", f"eip155:31337:{sent}", "--format",
                                       "json").stdout)
        self.assertIn(sent, [edge["tx"] for edge in found["data"]["edges"]])
        self.assertEqual(watch.finish(), 130)
        self.cordon("ledger", "verify", "--ledger", ledger)

    def test_without_a_state_it_goes_on_behind_the_ledger(self):
        ledger = self.folder / "ledger"
        node = self.start(Anvil())
        watch = self.watch(node, "--ledger", str(ledger), "--append")
        watch.of(self.large(node))
        watch.kill()
        missed = [self.large(node) for _ in range(3)]
        self.reorg(node, 1)
        watch = self.watch(node, "--ledger", str(ledger), "--append")
        watch.of(missed[1])
        watch.of(self.large(node))
        watch.finish()
        self.assertEqual(self.stored(ledger), self.on_chain(node, 0))

    def test_a_ledger_has_one_writer_and_one_chain(self):
        ledger = self.folder / "ledger"
        node = self.start(Anvil())
        watch = self.watch(node, "--ledger", str(ledger), "--append")
        watch.of(self.large(node))
        second = self.start(Watch(f"evm-rpc:{self.url(node)}", "--ledger", str(ledger), "--append"))
        second.child.wait(ANSWER_SECONDS)
        self.assertIn("watch without adding to the ledger", second.said())
        self.watch(node, "--ledger", str(ledger)).finish()  # Readers may,
        labels = self.folder / "labels.csv"
        labels.write_text(f"address,label,category,source,confidence\n{Anvil.OTHER},shop,service,me,1\n")
        self.cordon("ingest", "--ledger", ledger, f"labels:{labels}")  # and those who bring no blocks.
        rows = self.folder / "rows.csv"
        rows.write_text("chain,block,time,tx,index,from,to,asset,amount,kind\n")
        self.assertIn("locked", self.cordon("ingest", "--ledger", ledger, f"transfers:{rows}", code=4).stderr)
        watch.finish()
        before = self.stored(ledger)
        # Of the same number, and another chain: two nodes that start in one second have one genesis.
        other = self.start(Anvil(extra=("--timestamp", "1700000000")))
        other.pay(7)
        strange = self.start(Watch(f"evm-rpc:{self.url(other)}", "--ledger", str(ledger), "--append"))
        strange.child.wait(ANSWER_SECONDS)
        self.assertIn("a ledger of its own", strange.said())
        self.assertEqual(self.stored(ledger), before)

    def test_append_says_what_it_needs(self):
        for arguments, said in ((["evm-rpc:http://127.0.0.1:1", "--append"], "--ledger DIR"),
                                (["--replay", f"events:{self.rules}", "--ledger", "l", "--append"], "cordon ingest")):
            self.assertIn(said, self.cordon("watch", *arguments, code=2).stderr)

    def test_a_start_says_what_is_watched_and_how_a_node_is_written(self):
        self.assertIn("evm-rpc:URL", self.cordon("watch", "http://127.0.0.1:1/key", code=2).stderr)
        self.assertIn("btc-rpc:", self.cordon("watch", "eth:http://127.0.0.1:1", code=3).stderr)
        node = self.start(Anvil())
        watch = self.watch(node)
        self.assertIn("no address is known to be yours", watch.said())
        watch.finish()
        config = self.folder / "watch.yaml"
        config.write_text(f"""version: 1
wallets:
  - {{set: hot, entity: acme, tier: hot, chain: "eip155:31337", addresses: ["{Anvil.ACCOUNT}"]}}
""")
        watch = self.watch(node, "--config", str(config))
        self.assertIn("1 addresses are yours", watch.said())

    def test_a_tailed_file_goes_on_where_it_was_left(self):
        node = self.start(Anvil())
        queue_file = self.folder / "queue.jsonl"
        state = str(self.folder / "state")
        line = '{"type":"status","chain":"eip155:31337","state":"gap","block":%d,"time":"2026-01-01T00:00:00Z","text":"%d"}\n'
        queue_file.write_text(line % (1, 1))
        arguments = (f"tail:{queue_file}", "--state", state)
        watch = self.watch(node, *arguments)
        watch.until(lambda alert: alert["reason"].endswith(": 1"))
        watch.finish()
        with queue_file.open("a") as file:
            file.write(line % (2, 2))
        watch = self.watch(node, *arguments)
        watch.until(lambda alert: alert["reason"].endswith(": 2"))
        watch.finish()
        self.assertEqual(len(watch.told), 1)
        # Another file of the name is read from its front.
        pathlib.Path(queue_file).write_text(line % (3, 3) + line % (4, 4) + line % (5, 5))
        watch = self.watch(node, *arguments)
        watch.until(lambda alert: alert["reason"].endswith(": 5"))
        self.assertEqual(len(watch.told), 3)

    def test_a_state_belongs_to_its_chain(self):
        state = str(self.folder / "state")
        node = self.start(Anvil())
        self.watch(node, "--state", state).finish()
        other = self.start(Watch(f"evm-rpc:{self.url(self.start(Anvil(chain=5)))}", "--state", state))
        other.child.wait(ANSWER_SECONDS)
        self.assertIn("has watched chain eip155:31337", other.said())

    def test_a_replay_and_a_live_source_do_not_mix(self):
        watch = self.start(Watch("evm-rpc:http://127.0.0.1:1", f"events:{self.rules}"))
        self.assertEqual(watch.child.wait(ANSWER_SECONDS), 2)
        self.assertIn("replay the one, or watch the other", watch.said())


class BitcoinLedger(NodeTest):
    def test_blocks_of_a_bitcoin_node_are_kept_over_kills(self):
        ledger = self.folder / "ledger"
        node = self.start(Btcd(self.folder / "node", test_bitcoin.ADDRESS))

        def watch():
            return self.start(Watch(f"btc-rpc:{self.url(node)}", "--ledger", str(ledger), "--append", env=test_bitcoin.Bitcoin.ENV))

        def stored(words):
            done = subprocess.run([program(), "ledger", *words, "--ledger", str(ledger), "--format", "json"],
                                  capture_output=True, text=True, timeout=ANSWER_SECONDS, check=False)
            return json.loads(done.stdout)["data"] if done.returncode == 0 else None

        def until(tip, running):
            end = time.monotonic() + 3 * ANSWER_SECONDS
            while True:
                stats = stored(["stats"])
                if stats and stats["chains"] and stats["chains"][0]["tip"]["number"] == tip:
                    self.assertEqual(stats["chains"][0]["blocks"], tip + 1)
                    return
                self.assertIsNone(running.child.poll(), running.said())
                self.assertLess(time.monotonic(), end, f"{stats}; {running.said()}")
                time.sleep(0.2)

        running = watch()
        until(0, running)
        mined = node.call("generate", test_bitcoin.MATURITY + 1)
        until(test_bitcoin.MATURITY + 1, running)
        coinbase = node.call("getblock", mined[0], 1)["tx"][0]
        sent = node.call("sendrawtransaction", test_bitcoin.spend(coinbase, 4_999_999_000))
        running.kill()
        node.call("generate", 2)  # While nobody watches.
        running = watch()
        until(test_bitcoin.MATURITY + 3, running)
        found = json.dumps(stored(["txn", sent]))
        self.assertIn(coinbase, found)  # What it spends is known.
        running.finish()
