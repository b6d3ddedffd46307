# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The swap of Bybit on real Safes of a local node, found by `cordon watch` over a WebSocket before the next block."""
import json
import queue
import shutil
import subprocess
import threading
import time
import unittest

from tests.cli.support import PROJECT, program
from tests.feed.support import ANSWER_SECONDS, Anvil, NodeTest, Process, Rpc

DETECTOR = "D12"
PLACE = PROJECT / "out" / "anvil"


class Lines(Process):
    """A child that is spoken to in lines of JSON; each comes with the time when it came."""

    def __init__(self, command, **how):
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.errors = []
        threading.Thread(target=lambda: self.errors.extend(self.child.stderr), daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.put((time.monotonic(), json.loads(line)))

    def ask(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        return self.next()[1]

    def next(self, seconds=ANSWER_SECONDS):
        return self.lines.get(timeout=seconds)

    def stop(self, seconds=10):
        self.child.stdin.close()  # The world ends by itself then, and its node with it.
        super().stop(seconds)
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            stream.close()


class Safe(NodeTest):
    def setUp(self):
        super().setUp()
        Anvil.binary()
        if not shutil.which("node"):
            raise unittest.SkipTest("node is not there")
        shutil.copy(PROJECT / "tests" / "feed" / "safe.mjs", PLACE)

    def test_the_swap_is_found_before_the_next_block(self):
        world = self.start(Lines(["node", "safe.mjs"], cwd=PLACE))
        _, told = world.next(120)
        rpc = Rpc(int(told["url"].rsplit(":", 1)[1]))
        config = self.folder / "watch.yaml"
        config.write_text("version: 1\nsafes:\n" + "".join(
            f"  - {{name: safe-{version}, chain: \"eip155:31337\", address: \"{address.lower()}\"}}\n"
            for version, address in told["safes"].items()))
        watch = self.start(Lines([program(), "watch", told["url"].replace("http", "evm-rpc:ws"), "--config", str(config),
                                  "--format", "jsonl"]))
        if watch.child.poll() is None:
            time.sleep(1)
        if watch.child.poll() is not None:
            time.sleep(0.2)
            self.fail("".join(watch.errors))
        for version in ("1.1.1", "1.4.1"):
            with self.subTest(version):
                harmless = world.ask(f"pay {version}")
                self.assertEqual(harmless["status"], "0x1")
                done = world.ask(f"swap {version}")
                self.assertTrue(done["swapped"])
                alert, came = None, 0.0
                while alert is None:
                    came, line = watch.next()
                    data = line["data"]
                    # A txn that waits is told before its block: better still, and not what is asked here.
                    if data["detector"] == DETECTOR and data["state"] == "raised":
                        self.assertNotIn(harmless["txn"], data["txs"])
                        if done["txn"] in data["txs"]:
                            alert = data
                tip = int(rpc("eth_blockNumber"), 16)
                self.assertEqual(tip, done["block"], "the next block came first")
                self.assertEqual(alert["severity"], "critical")
                self.assertEqual(alert["block"], done["block"])
                self.assertEqual(alert["subject"].lower(), told["safes"][version].lower())
