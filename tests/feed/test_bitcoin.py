# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bitcoin feeds against btcd on simnet: blocks, what inputs spend, the mempool, and a reorg between two nodes."""
import hashlib
import struct
import time

from tests.feed.support import Btcd, Feed, NodeTest
from tests.kill.inputs import base58check

SIMNET_P2SH = b"\x7b"
MATURITY = 100  # Blocks until what was mined may be spent.
# A script that anybody may spend: OP_TRUE. Its owner needs no key, and the test no signatures.
SCRIPT_HASH = hashlib.new("ripemd160", hashlib.sha256(b"\x51").digest()).digest()
ADDRESS = base58check(SIMNET_P2SH + SCRIPT_HASH)
OUTPUT_SCRIPT = b"\xa9\x14" + SCRIPT_HASH + b"\x87"


def spend(txid, value):
    """The output 0 of a txn, to the same script."""
    return (struct.pack("<i", 1) + b"\x01" + bytes.fromhex(txid)[::-1] + struct.pack("<I", 0) + b"\x02\x01\x51" +
            b"\xff" * 4 + b"\x01" + struct.pack("<q", value) + bytes([len(OUTPUT_SCRIPT)]) + OUTPUT_SCRIPT +
            b"\0" * 4).hex()


def txns(block):
    return block["txns"]


class Bitcoin(NodeTest):
    ENV = {"CORDON_BTC_USER": "user", "CORDON_BTC_PASSWORD": "password"}

    def node(self, name="a", **how):
        return self.start(Btcd(self.folder / name, ADDRESS, **how))

    def follow(self, node, *arguments):
        return self.start(Feed(*arguments, f"btc-rpc:{self.url(node)}", env=self.ENV))

    def test_blocks_the_mempool_and_what_inputs_spend(self):
        node = self.node()
        feed = self.follow(node)
        feed.block(0)
        hashes = node.call("generate", MATURITY + 1)
        first = feed.block(1, 60)
        coinbase = txns(first)[0]["hash"]
        feed.block(MATURITY + 1, 60)
        value = int(txns(first)[0]["outputs"][0]["value"])
        sent = node.call("sendrawtransaction", spend(coinbase, value - 1000))
        pending = feed.until(lambda event: event["type"] == "pending")
        self.assertEqual(pending["hash"], sent)
        node.call("generate", 1)
        block = feed.block(MATURITY + 2)
        self.assertEqual(len(hashes), MATURITY + 1)
        [spender] = [each for each in txns(block) if each["hash"] == sent]
        self.assertEqual(int(spender["inputs"][0]["value"]), value)
        self.assertEqual(feed.finish(), 0)

    def test_what_was_received_before_the_feed_comes_from_the_index(self):
        for index in (True, False):
            with self.subTest(index=index):
                node = self.node(f"index-{index}", index=index)
                hashes = node.call("generate", MATURITY + 1)
                block = node.call("getblock", hashes[0], 1)
                value = 5_000_000_000
                feed = self.follow(node)
                feed.state("caught-up", 60)
                sent = node.call("sendrawtransaction", spend(block["tx"][0], value - 1000))
                node.call("generate", 1)
                told = feed.block(MATURITY + 2)
                [spender] = [each for each in txns(told) if each["hash"] == sent]
                self.assertEqual(spender["inputs"][0].get("value"), str(value) if index else None)
                feed.finish()
                self.assertEqual("did not tell what 1 inputs spend" in feed.said(), not index)

    def test_a_real_reorg_between_two_nodes(self):
        a, b = self.node("a"), self.node("b")
        feed = self.follow(a)
        feed.block(0)
        # Together up to block 3, then apart: a mines two blocks, b four.
        b.call("addnode", f"127.0.0.1:{a.peer_port}", "add")
        a.call("generate", 3)
        self.until(lambda: b.call("getblockcount") == 3)
        b.call("addnode", f"127.0.0.1:{a.peer_port}", "remove")
        self.until(lambda: b.call("getconnectioncount") == 0)
        a.call("generate", 2)
        lost = feed.block(5)["hash"]
        kept = b.call("generate", 4)
        b.call("addnode", f"127.0.0.1:{a.peer_port}", "add")
        self.until(lambda: a.call("getblockcount") == 7)
        told = feed.block(7)
        self.assertEqual(self.blocks(feed), [0, 1, 2, 3, 4, 5, "<3", 4, 5, 6, 7])
        self.assertEqual(told["hash"], kept[-1])
        # And for one who was away meanwhile.
        feed.finish()
        again = self.follow(a, "--seen", f"btc-regtest:5:{lost}")
        again.block(7)
        self.assertEqual(self.blocks(again), ["<3", 4, 5, 6, 7])

    def test_other_credentials_are_refused(self):
        node = self.node()
        feed = self.start(Feed(f"btc-rpc:{self.url(node)}", env={"CORDON_BTC_USER": "x"}))
        self.assertEqual(feed.child.wait(20), 4)
        self.assertIn("credentials", feed.said())
        named = self.start(Feed(f"btc-rpc:http://user:password@127.0.0.1:{node.port}"))
        self.assertEqual(named.child.wait(20), 4)
        self.assertIn("CORDON_BTC_COOKIE", named.said())
        self.assertNotIn("password@", named.said())

    def until(self, done, seconds=30):
        end = time.monotonic() + seconds
        while not done():
            self.assertLess(time.monotonic(), end, "the nodes did not come to it in time")
            time.sleep(0.1)
