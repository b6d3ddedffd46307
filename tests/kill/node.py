# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""An EVM chain that grows and is reorganised as a test wants, and its node: JSON-RPC over HTTP on loopback, with blocks and
receipts and nothing else."""
import http.server
import json
import threading
import time

from large_payment import LARGE

PAYER, PAID = "0x" + "11" * 20, "0x" + "22" * 20


def payments(blocks, large=False):
    """Block and txn of each."""
    return [(int(block["number"], 16), txn["hash"]) for block in blocks for txn in block["transactions"]
            if not large or txn["value"] == hex(LARGE)]


class Chain:
    def __init__(self, rng):
        self.rng, self.lock = rng, threading.Lock()
        self.blocks, self.by_hash = [], {}
        self.again = []  # (number, txn) of lost blocks: each is taken in again, above its old block.

    def random_hash(self):
        return f"0x{self.rng.getrandbits(256):064x}"

    def grow(self, count):
        with self.lock:
            for _ in range(count):
                self.add()

    def grow_to_large(self):
        """At least by one block; the large payment in the last one."""
        self.grow(1)
        while not (found := payments(self.blocks[-1:], large=True)):
            self.grow(1)
        return found[0]

    def reorg(self, depth):
        """Puts others in the place of the last blocks, and one more; what the chain was before."""
        with self.lock:
            before = list(self.blocks)
            for block in before[-depth:]:
                self.again += [(block["number"], txn) for txn in block["transactions"]]
            del self.blocks[-depth:]
            for _ in range(depth + 1):
                self.add()
            return before

    def add(self):
        number = len(self.blocks)
        txns = [txn for above, txn in self.again if number > int(above, 16)]
        self.again = [(above, txn) for above, txn in self.again if number <= int(above, 16)]
        txns += [{"hash": self.random_hash(), "from": PAYER, "to": PAID, "input": "0x",
                  "value": hex(self.rng.choice((1, 2, LARGE)))} for _ in range(self.rng.randrange(1, 4))]
        block = {"number": hex(number), "hash": self.random_hash(), "timestamp": hex(int(time.time())), "transactions": txns,
                 "parentHash": self.blocks[-1]["hash"] if self.blocks else "0x" + "00" * 32}
        self.blocks.append(block)
        self.by_hash[block["hash"]] = block  # A node knows its lost blocks, too.

    def answer(self, method, params):
        """None: it has no such method."""
        if method == "eth_chainId":
            return {"result": "0x7a69"}
        if method == "eth_getBlockByHash":
            return {"result": self.by_hash.get(params[0])}
        if method not in ("eth_getBlockByNumber", "eth_getBlockReceipts"):
            return None
        place = len(self.blocks) - 1 if params[0] == "latest" else int(params[0], 16)
        block = self.blocks[place] if place < len(self.blocks) else None
        if method == "eth_getBlockByNumber" or block is None:
            return {"result": block}
        return {"result": [{"transactionHash": txn["hash"], "blockHash": block["hash"], "status": "0x1", "logs": []}
                           for txn in block["transactions"]]}


class Node:
    """A context: it ends with it."""

    def __init__(self, chain):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps([each(call) for call in asked] if isinstance(asked, list) else each(asked)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        def each(call):
            with chain.lock:
                said = chain.answer(call["method"], call["params"])
            said = said or {"error": {"code": -32601, "message": f"no method {call['method']}"}}
            return {"jsonrpc": "2.0", "id": call["id"], **said}

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # Who asked was killed.
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
