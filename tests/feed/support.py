# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Nodes on loopback that end with the test, and what a live feed tells of them."""
import base64
import csv
import json
import os
import pathlib
import queue
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.request

from tests.cli.support import PROJECT, program

START_SECONDS = 30
ANSWER_SECONDS = 20  # A test waits so long for what must come.


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Process:
    """A child that is ended by its own id, and nothing else."""

    def __init__(self, command, **how):
        self.child = subprocess.Popen(command, **how)

    def stop(self, seconds=10):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


class Rpc:
    def __init__(self, port, user=None):
        self.port, self.user = port, user

    def __call__(self, method, *params):
        body = json.dumps({"jsonrpc": "1.0" if self.user else "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}", body, {"Content-Type": "application/json"})
        if self.user:
            request.add_header("Authorization", "Basic " + base64.b64encode(self.user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
        if said.get("error"):
            raise RuntimeError(f"{method}: {said['error']}")
        return said["result"]

    def until_up(self, method):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return self(method)
            except (OSError, ValueError) as error:
                if time.monotonic() > end:
                    raise RuntimeError(f"the node did not start in time: {error}") from error
                time.sleep(0.05)


class Anvil(Process):
    """Foundry's local node. With `state` its chain outlives it."""
    ACCOUNT = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    OTHER = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"

    @staticmethod
    def binary():
        places = sorted((PROJECT / "out" / "anvil" / "node_modules" / "@foundry-rs").glob("anvil-linux-*/bin/anvil"))
        if not places:
            raise unittest.SkipTest("anvil is not there: tests/feed/run --parts")
        return str(places[0])

    def __init__(self, port=None, state=None, chain=31337, extra=()):
        self.port = port or free_port()
        command = [self.binary(), "--host", "127.0.0.1", "--port", str(self.port), "--chain-id", str(chain),
                   "--base-fee", "0", "--gas-price", "0", *extra]
        if state:
            command += ["--state", str(state), "--preserve-historical-states"]
        super().__init__(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.call = Rpc(self.port)
        self.call.until_up("eth_chainId")

    def pay(self, amount=1):
        return self.call("eth_sendTransaction", {"from": self.ACCOUNT, "to": self.OTHER, "value": hex(amount)})

    def mine(self, count=1):
        self.call("anvil_mine", hex(count))


class Btcd(Process):
    USER = "user:password"

    @staticmethod
    def binary():
        place = PROJECT / "out" / "feed" / "btcd"
        if not place.is_file():
            raise unittest.SkipTest("btcd is not there: tests/feed/run --parts")
        return str(place)

    def __init__(self, folder, mining_address, index=False):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "btcd.conf"
        config.write_text("")
        self.port, self.peer_port = free_port(), free_port()
        user, password = self.USER.split(":")
        command = [self.binary(), "--simnet", f"--configfile={config}", f"--datadir={folder / 'data'}",
                   f"--logdir={folder / 'log'}", "--notls", f"--rpcuser={user}", f"--rpcpass={password}",
                   f"--rpclisten=127.0.0.1:{self.port}", f"--listen=127.0.0.1:{self.peer_port}",
                   f"--miningaddr={mining_address}", "--relaynonstd", "--nodnsseed", "--blockmaxsize=100000"]
        if index:
            command.append("--txindex")
        super().__init__(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                         env={**os.environ, "HOME": str(folder)})
        self.call = Rpc(self.port, self.USER)
        self.call.until_up("getblockcount")


class Feed(Process):
    """feed_lines over live sources: its events as dictionaries."""

    def __init__(self, *arguments, env=None):
        tool = pathlib.Path(program()).resolve().parents[2] / "tests" / "feed" / "feed_lines"
        if not tool.is_file():
            raise unittest.SkipTest(f"{tool} is not built")
        self.errors = tempfile.TemporaryFile("w+")
        super().__init__([str(tool), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                         text=True, env={**os.environ, **(env or {})})
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def next(self, seconds=ANSWER_SECONDS):
        event = self.lines.get(timeout=seconds)
        if event is None:
            raise RuntimeError(f"the feed has ended: {self.said()}")
        self.seen.append(event)
        return event

    def until(self, wanted, seconds=ANSWER_SECONDS):
        """The first event for which `wanted` holds; what comes before stays in `seen`."""
        end = time.monotonic() + seconds
        while True:
            try:
                event = self.next(max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"it did not come in {seconds} s; came: "
                                     f"{[short(each) for each in self.seen[-20:]]}") from None
            if wanted(event):
                return event

    def block(self, number, seconds=ANSWER_SECONDS):
        return self.until(lambda event: event["type"] == "block" and event["number"] == number, seconds)

    def state(self, name, seconds=ANSWER_SECONDS):
        return self.until(lambda event: event["type"] == "status" and event["state"] == name, seconds)

    def nothing_more(self, seconds=1.5):
        """What else comes in a while."""
        end, more = time.monotonic() + seconds, []
        while time.monotonic() < end:
            try:
                more.append(self.next(max(0.01, end - time.monotonic())))
            except queue.Empty:
                break
        return [short(event) for event in more]

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def finish(self):
        """Ends it the polite way; its exit code."""
        self.child.stdin.close()
        return self.child.wait(ANSWER_SECONDS)

    def stop(self, seconds=10):
        super().stop(seconds)
        for stream in (self.child.stdin, self.child.stdout, self.errors):
            stream.close()


def short(event):
    kind = event["type"]
    if kind == "block":
        return event["number"]
    if kind == "rewind":
        return f"<{event['keep']}"
    return event["state"] if kind == "status" else kind


class NodeTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, process):
        self.addCleanup(process.stop)
        return process

    def blocks(self, feed):
        """Numbers and rewinds so far, in their order."""
        return [short(each) for each in feed.seen if each["type"] in ("block", "rewind")]

    def url(self, node, scheme="http"):
        return f"{scheme}://127.0.0.1:{node.port}"


class LedgerTest(NodeTest):
    """Of an anvil, and of the ledger that its blocks go into."""
    CHAIN = "eip155:31337"

    def cordon(self, *arguments, code=0):
        done = subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=ANSWER_SECONDS,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def stored(self, ledger):
        """Block and txn of every payment in the ledger."""
        rows = csv.DictReader(self.cordon("ledger", "dump", "--ledger", ledger, "--chain", self.CHAIN).stdout.splitlines())
        return [(int(row["block"]), row["tx"]) for row in rows if row["kind"] == "native"]

    def on_chain(self, node, first):
        """The same of the chain itself."""
        tip = int(node.call("eth_blockNumber"), 16)
        blocks = (node.call("eth_getBlockByNumber", hex(number), True) for number in range(first, tip + 1))
        return [(int(block["number"], 16), txn["hash"]) for block in blocks for txn in block["transactions"]]

    def reorg(self, node, depth):
        try:
            node.call("anvil_reorg", depth, [])
        except RuntimeError as error:
            self.skipTest(f"anvil has broken its own chain: {error}")
        tip = int(node.call("eth_blockNumber"), 16)
        if any(node.call("eth_getBlockByNumber", hex(number), False) is None for number in range(tip + 1)):
            self.skipTest("anvil has lost blocks of its own chain")
