# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""EVM feeds against anvil: blocks, logs, traces, pending txns, reorgs, restarts, several endpoints."""
import time

from tests.feed.support import Anvil, Feed, NodeTest

# Writes slot 0 and an empty log when called: PUSH1 1 PUSH1 0 SSTORE PUSH1 0 PUSH1 0 LOG0 STOP.
CODE = "0x600160005560006000a000"
CONTRACT = "0x00000000000000000000000000000000000c0de0"


class Evm(NodeTest):
    def follow(self, scheme):
        node = self.start(Anvil())
        feed = self.start(Feed(f"evm-rpc:{self.url(node, scheme)}"))
        self.assertEqual(feed.block(0)["chain"], "eip155:31337")
        feed.state("caught-up")
        return node, feed

    def test_blocks_with_logs_calls_and_changes(self):
        for scheme in ("ws", "http"):
            with self.subTest(scheme):
                node, feed = self.follow(scheme)
                node.call("anvil_setCode", CONTRACT, CODE)
                sent = node.call("eth_sendTransaction", {"from": node.ACCOUNT, "to": CONTRACT, "value": "0x7"})
                block = feed.block(1)
                self.assertEqual(set(block["gives"]), {"txns", "logs", "calls", "changes"})
                [txn] = block["txns"]
                self.assertEqual(txn["hash"], sent)
                self.assertEqual(len(txn["logs"]), 1)
                self.assertEqual(len(txn["calls"]), 1)
                self.assertEqual([each["contract"] for each in txn["changes"]], [CONTRACT])
                self.assertIn("7", [each["amount"] for each in txn["transfers"]])
                self.assertEqual(feed.finish(), 0)

    def test_a_txn_is_told_while_it_waits(self):
        for scheme in ("ws", "http"):
            with self.subTest(scheme):
                node, feed = self.follow(scheme)
                node.call("evm_setAutomine", False)
                if scheme == "http":
                    time.sleep(1.5)  # The filter sees what comes after it was made.
                sent = node.pay(99)
                pending = feed.until(lambda event: event["type"] == "pending")
                self.assertEqual(pending["hash"], sent)
                self.assertEqual(pending["transfers"][0]["amount"], "99")
                self.assertEqual(self.blocks(feed), [0])
                node.call("evm_mine")
                self.assertEqual(feed.block(1)["txns"][0]["hash"], sent)

    def test_a_reorg_is_told_as_a_rewind(self):
        for scheme in ("ws", "http"):
            with self.subTest(scheme):
                node, feed = self.follow(scheme)
                for number in (1, 2, 3, 4):
                    node.pay(number)
                    feed.block(number)
                before = [each["hash"] for each in feed.seen if each["type"] == "block"]
                node.call("anvil_reorg", 2, [])
                after = feed.block(4)
                self.assertEqual(self.blocks(feed), [0, 1, 2, 3, 4, "<2", 3, 4])
                self.assertNotEqual(after["hash"], before[4])
                node.mine(1)
                self.assertEqual(feed.block(5)["parent"], after["hash"])

    def test_a_chain_that_is_set_back(self):
        node, feed = self.follow("http")
        snapshot = node.call("evm_snapshot")
        node.mine(3)
        feed.block(3)
        node.call("evm_revert", snapshot)
        node.pay()
        feed.until(lambda event: event["type"] == "rewind")
        feed.block(1)
        self.assertEqual(self.blocks(feed), [0, 1, 2, 3, "<0", 1])

    def test_a_node_that_restarts_loses_nothing_and_repeats_nothing(self):
        state = self.folder / "state.json"
        node = self.start(Anvil(state=state))
        feed = self.start(Feed(f"evm-rpc:{self.url(node, 'ws')}"))
        feed.state("caught-up")
        node.mine(2)
        feed.block(2)
        node.stop()
        feed.state("unavailable")
        node = self.start(Anvil(port=node.port, state=state))
        node.mine(3)
        feed.block(5)
        self.assertEqual(self.blocks(feed), [0, 1, 2, 3, 4, 5])

    def test_a_feed_that_was_away_fills_in_and_finds_back_over_a_reorg(self):
        node, feed = self.follow("ws")
        node.mine(5)
        last = feed.block(5)
        self.assertEqual(feed.finish(), 0)
        node.mine(26)
        for _ in range(4):  # With txns: an empty block mined anew is the same block.
            node.pay()
        again = self.start(Feed("--seen", f"eip155:31337:5:{last['hash']}", f"evm-rpc:{self.url(node, 'ws')}"))
        again.state("caught-up")
        self.assertEqual(self.blocks(again), list(range(6, 36)))
        self.assertEqual([each["state"] for each in again.seen if each["type"] == "status"], ["behind", "caught-up"])
        seen = [f"eip155:31337:{each['number']}:{each['hash']}" for each in again.seen if each["type"] == "block"]
        again.finish()
        node.call("anvil_reorg", 4, [])
        node.mine(1)
        # Anvil does not keep lost blocks, so more than the last of those that were seen is needed.
        arguments = [word for each in seen[-6:] for word in ("--seen", each)]
        third = self.start(Feed(*arguments, f"evm-rpc:{self.url(node)}"))
        third.block(36)
        self.assertEqual(self.blocks(third), ["<31", 32, 33, 34, 35, 36])
        # With the last one alone what lies deeper is not known, and that is said.
        last = self.start(Feed(*arguments[-2:], f"evm-rpc:{self.url(node)}"))
        self.assertIn("further than is known here", last.state("gap")["text"])
        last.block(36)
        self.assertEqual(self.blocks(last), ["<34", 35, 36])

    def test_the_other_endpoint_when_one_goes_and_a_word_when_they_differ(self):
        a = self.start(Anvil())
        b = self.start(Anvil())  # Another chain of the same number: what an attacker's node would be.
        feed = self.start(Feed("--no-pending", f"evm-rpc:{self.url(a)},{self.url(b)}"))
        feed.state("caught-up")
        for node, amount in ((a, 1), (b, 2)):  # Empty blocks of one second would be the same.
            node.pay(amount)
            node.mine(2)
        self.assertIn("is on another chain", feed.state("disagree")["text"])
        a.stop()
        b.mine(1)
        # What b has is another chain from block 0 on: it is followed, and that is said.
        feed.until(lambda event: event["type"] == "rewind")
        self.assertEqual(feed.block(4)["number"], 4)

    def test_another_chain_than_its_sibling_is_refused(self):
        a, b = self.start(Anvil()), self.start(Anvil(chain=5))
        feed = self.start(Feed(f"evm-rpc:{self.url(a)},{self.url(b)}"))
        self.assertEqual(feed.child.wait(10), 4)
        self.assertIn("is of chain eip155:5, expected eip155:31337", feed.said())

    def test_no_key_is_shown_and_a_url_may_come_from_the_environment(self):
        feed = self.start(Feed("evm-rpc:env:NODE", env={"NODE": "http://127.0.0.1:1/v3/0123456789abcdef"}))
        self.assertEqual(feed.child.wait(10), 4)
        self.assertIn("http://127.0.0.1:1/…", feed.said())
        self.assertNotIn("0123456789abcdef", feed.said())
