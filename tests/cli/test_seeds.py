# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Every form of a seed: [CHAIN:](ADDRESS[@TIME] | TXID | TXID:VOUT), comma = union."""
from tests.cli.support import START, CliTest, address, coinbase_txid, framed, regtest_chain, row, transfers, txid


class AccountSeeds(CliTest):
    def setUp(self):
        super().setUp()
        rows = (row(100, 50, "x", "a"), row(101, 30, "a", "b"), row(103, 10, "a", "d"), row(104, 20, "b", "c"),
                row(105, 7, "p", "q"))
        self.ingest(f"transfers:{self.file('base.csv', transfers(*rows))}")

    def reached(self, seed, *flags):
        data = self.trace(seed, *flags).json()["data"]
        return {each["tx"] for each in data["edges"]}

    def test_an_address_taints_what_it_sends(self):
        expected = {txid(101), txid(103), txid(104)}
        for seed in (address("a"), "eth:" + address("a"), "eip155:1:" + address("a")):
            with self.subTest(seed=seed):
                self.assertEqual(self.reached(seed), expected)

    def test_an_address_from_a_time_on(self):
        for moment in (str(START + 102), "2023-11-14T22:15:02Z", "2023-11-14T23:15:02+01:00"):
            with self.subTest(moment=moment):
                self.assertEqual(self.reached(f"{address('a')}@{moment}"), {txid(103)})
                self.assertEqual(self.reached(f"eth:{address('a')}@{moment}"), {txid(103)})

    def test_a_txn(self):
        for seed in (txid(101), "eth:" + txid(101), "eth:0x" + txid(101)[2:].upper()):
            with self.subTest(seed=seed):
                self.assertIn(txid(104), self.reached(seed))

    def test_a_union(self):
        both = self.reached(f"{txid(101)},{address('p')}")
        self.assertLessEqual({txid(104), txid(105)}, both)
        self.assertEqual(self.reached(f"{address('a')},{address('a')}"), self.reached(address("a")))

    def test_an_address_in_checksum_case(self):
        plain = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
        fields = row(200, 5).replace(address("a"), plain)
        self.ingest(f"transfers:{self.file('mixed.csv', transfers(fields))}")
        self.assertEqual(self.reached("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), {txid(200)})
        answer = self.trace("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", code=(2, 3))
        self.assertIn("checksum", answer.err)

    def test_what_the_ledger_does_not_hold_is_not_found(self):
        for seed in (address("nobody"), txid("none"), "eth:" + address("nobody"), "bsc:" + address("a"),
                     f"{address('a')},{txid('none')}"):
            with self.subTest(seed=seed):
                self.assertIn("[not-found]", self.trace(seed, code=3).err)

    def test_what_is_no_seed_is_refused_with_the_seed_in_the_message(self):
        for seed in ("", ",", address("a") + ",", "0x12", "hello", "moon:" + address("a"), address("a") + "@",
                     address("a") + "@yesterday", "eth:", "alert:D11", txid(101) + ":0", txid(101) + "0",
                     "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", address("a") + " ", "\x1b[31m", "a" * 100_000):
            with self.subTest(seed=seed[:80]):
                answer = self.trace(seed, code=(2, 3))
                self.assertRegex(answer.err, "seed|--seed")
                self.assertNotIn("\x1b", answer.err, "control characters in a message")
                self.assertLess(len(answer.err), 2_000, "a message repeats a huge seed")


class OutputSeeds(CliTest):
    def setUp(self):
        super().setUp()
        self.blocks = regtest_chain(5)
        self.ingest("--chain", "btc-regtest", f"btc-blocks:{self.file('chain.dat', framed(self.blocks))}")
        self.coinbases = [coinbase_txid(block, spender)[::-1].hex()
                          for block, spender in zip(self.blocks, self.blocks[1:])]

    def test_a_txn_and_an_outpoint(self):
        first = self.coinbases[0]
        for seed in (first, first + ":0", "btc-regtest:" + first, f"btc-regtest:{first}:0", first.upper()):
            with self.subTest(seed=seed):
                data = self.trace(seed).json()["data"]
                self.assertEqual(sum(int(each["tainted"]) for each in data["endpoints"] if each["stop"] != "fee"), 49 * 10**8)
                self.assertTrue(any(each.get("spends", "").startswith(first) for each in data["edges"]))

    def test_an_address_that_received_it(self):
        node = self.trace(self.coinbases[0]).json()["data"]["edges"][0]
        for seed in (node["from"], "btc-regtest:" + node["from"]):
            with self.subTest(seed=seed):
                self.assertTrue(self.trace(seed).json()["data"]["edges"])

    def test_a_union_of_outpoints(self):
        data = self.trace(",".join(name + ":0" for name in self.coinbases[:2])).json()["data"]
        self.assertEqual(sum(int(each["tainted"]) for each in data["endpoints"] if each["stop"] != "fee"), 98 * 10**8)

    def test_outputs_that_do_not_exist(self):
        first = self.coinbases[0]
        for seed in (first + ":7", first + ":4294967295", "00" * 32 + ":0", "00" * 32):
            with self.subTest(seed=seed):
                self.assertIn("[not-found]", self.trace(seed, code=3).err)
        for seed in (first + ":", first + ":x", first + ":-1", first + ":4294967296", first[:-1] + ":0"):
            with self.subTest(seed=seed):
                self.trace(seed, code=(2, 3))
