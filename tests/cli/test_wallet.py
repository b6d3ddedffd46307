# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Tiers from files and from a ledger, what is proposed, vaults, and PSBTs of several signers."""
import base64
import json
import unittest

from .support import CliTest, address, row, transfers

TIME = ("--time", "2026-01-01T00:00:00Z")
# Public keys of BIP-32's test vectors.
XPUBS = ("xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
         "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB")


class Tiers(CliTest):
    def setUp(self):
        super().setUp()
        self.config = self.file("tiers.yaml", f"""version: 1
requester: treasury
assets:
  - chain: eth
    asset: native
    hot: {{wallets: ["{address('hot')}"], floor: 20, target: 50, cap: 100, most: 40, delay: 6h}}
    cold: {{wallets: ["{address('cold')}"]}}
""")

    def balances(self, hot, cold):
        return self.file("balances.csv", "chain,address,asset,amount\n"
                         f"eth,{address('hot')},native,{hot}\neth,{address('cold')},native,{cold}\n")

    def wallet(self, what, *words, code=0):
        return self.call("wallet", what, "--config", self.config, *TIME, *words, code=code)

    def test_low_and_high_are_said_and_end_with_1(self):
        for hot, standing, code in ((60, "fine", 0), (19, "below its floor", 1), (101, "above its cap", 1)):
            told = self.wallet("tiers", "--balances", self.balances(hot, 1000), "--json", code=code).json()
            self.assertEqual(told["kind"], "wallet.tiers")
            self.assertEqual(told["data"]["tiers"][0]["standing"], standing)
        self.assertIn("below its floor", self.wallet("tiers", "--balances", self.balances(0, 9), code=1).out)

    def test_a_refill_is_a_request_that_explain_finds_to_be_what_it_says(self):
        purses = self.file("purses.yaml", f"version: 1\npurses:\n  - {{chain: eth, address: \"{address('cold')}\", "
                           "safe: 1.4.1, nonce: 12}\n")
        out = self.wallet("propose", "--balances", self.balances(0, 1000), "--purses", purses).out
        request = json.loads(out)
        self.assertEqual((request["from"], request["to"], request["amount"], request["requester"]),
                         (address("cold"), address("hot"), "40", "treasury"))
        context = self.file("context.json", json.dumps({"version": 1, "chain": "eth", "request": {
            key: request[key] for key in ("id", "from", "to", "asset", "amount")}}))
        payload = self.file("payload.json", request["payload"]["data"])
        told = self.call("explain", "safe", payload, "--context", context, "--json", code=(0, 1)).out
        self.assertIn("It is what request", told)
        # As the queue would have it again: while it is open, and until its delay is over, there is no other.
        again = self.file("again.jsonl", out)
        for flag, time, lines in (("--open", "2026-01-09T00:00:00Z", 0), ("--past", "2026-01-01T05:59:59Z", 0),
                                  ("--past", "2026-01-01T06:00:00Z", 1)):
            more = self.call("wallet", "propose", "--config", self.config, "--balances", self.balances(0, 1000), flag,
                             again, "--time", time).out
            self.assertEqual(len(more.splitlines()), lines, (flag, time))

    def test_a_ledger_knows_what_wallets_hold(self):
        self.ingest(f"transfers:{self.file('t.csv', transfers(row(1, 500, 'x', 'cold'), row(2, 7, 'x', 'hot')))}")
        tiers = self.wallet("tiers", "--ledger", self.ledger, "--json", code=1).json()["data"]["tiers"]
        self.assertEqual([each["balance"] for each in tiers], ["7", "500"])

    def test_what_is_wrong_is_said_with_its_place(self):
        good = self.balances(1, 2)
        bad = self.file("bad.csv", good.read_text() + good.read_text().splitlines()[1] + "\n")
        self.assertIn("bad.csv:4", self.wallet("tiers", "--balances", bad, code=3).err)
        self.wallet("propose", "--balances", good, "--purses", self.file("p.yaml", "version: 1\npurses: []\n"), code=3)
        self.wallet("propose", "--balances", good, "--past", self.file("p.jsonl", "{}\n"), code=3)
        self.wallet("tiers", code=2)
        self.call("wallet", "tiers", "--balances", good, code=2)
        for words in ((), ("drain",), ("combine", good)):
            self.call("wallet", *words, code=2)


class Vaults(CliTest):
    def key(self, number, step):
        return f"[{number * 8}/48h]{XPUBS[step % 2]}/{step}/<0;1>/*"

    def test_the_words_are_those_of_the_descriptor(self):
        words = ("wallet", "vault", "--quorum", "2", "--key", self.key("a", 0), "--key", self.key("b", 1), "--key",
                 self.key("c", 2), "--recovery", self.key("d", 3))
        told = self.call(*words, "--json").json()["data"]
        self.assertEqual(told["words"], "2 of 3: aaaaaaaa, bbbbbbbb, cccccccc; or dddddddd and 12,960 blocks (about 90 "
                         "days) after the coin came")
        self.assertRegex(told["descriptor"], r"^wsh\(or_d\(multi\(2,.*older\(12960\)\)\)\)#[a-z0-9]{8}$")
        self.assertIn(told["words"], self.call(*words).out)
        self.assertTrue(self.call(*words, "--chain", "btc-testnet", "--json").json()["data"]["address"].startswith("tb1"))
        self.call(*words, "--after-blocks", "65536", code=2)

    def test_signatures_of_two_files_are_joined(self):
        # The unsigned txn of one input and one output, and a row 0x02 for each signer's key (BIP-174).
        txn = (b"\2\0\0\0" + b"\1" + b"\7" * 32 + b"\0" * 4 + b"\0" + b"\xfd" + b"\xff" * 3 + b"\1" +
               (1000).to_bytes(8, "little") + b"\x16\0\x14" + b"\5" * 20 + b"\0" * 4)

        def signed(*keys):
            rows = b"".join(b"\x22\2" + key + b"\x47" + b"\x30" * 70 + b"\1" for key in keys)
            return b"psbt\xff\1\0" + bytes([len(txn)]) + txn + b"\0" + rows + b"\0" + b"\0"
        one, two = (bytes([2]) + bytes.fromhex(x) for x in (
            "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"))
        a, b = self.file("a.psbt", signed(one)), self.file("b.psbt", base64.b64encode(signed(two)) + b"\n")
        self.assertEqual(base64.b64decode(self.call("wallet", "combine", a, b).out), signed(one, two))
        self.call("wallet", "combine", a, self.file("c.psbt", signed(two).replace(b"\5" * 20, b"\6" * 20)), code=3)
        self.call("wallet", "combine", a, self.file("d.psbt", b""), code=3)


if __name__ == "__main__":
    unittest.main()
