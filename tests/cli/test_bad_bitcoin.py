# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bad raw blocks and bad btc-txs: lines."""
import json

from tests.cli.support import CliTest, coinbase_txid, framed, p2wpkh, regtest_chain

CHAIN = ("--chain", "btc-regtest")


class BadBlocks(CliTest):
    def setUp(self):
        super().setUp()
        self.blocks = regtest_chain(6)
        self.ingest(*CHAIN, f"btc-blocks:{self.file('good.dat', framed(self.blocks[:3]))}")

    def refuses_file(self, content, says=()):
        path = self.file("blk00001.dat", content)
        return self.refuses(f"btc-blocks:{path}", says=(r"blk00001\.dat", *says), extra=CHAIN)

    def test_sound_blocks_go_in_and_the_same_again_changes_nothing(self):
        path = self.file("all.dat", framed(self.blocks))
        self.ingest(*CHAIN, f"btc-blocks:{path}")
        state = self.state()
        self.ingest(*CHAIN, f"btc-blocks:{path}")
        self.assertEqual(self.state(), state)
        chain = self.call("ledger", "stats", "--ledger", self.ledger, "--format", "json").json()["data"]["chains"][0]
        self.assertEqual((chain["blocks"], chain["txns"]), (6, 11))

    def test_cut_blocks(self):
        whole = framed(self.blocks[3:4])
        for cut in (1, 3, 4, 7, 8, 9, 50, 87, 88, 89, len(whole) // 2, len(whole) - 1):
            with self.subTest(cut=cut):
                self.refuses_file(framed(self.blocks[:3]) + whole[:cut], (r"offset|bytes|expected",))

    def test_cut_bare_blocks(self):
        for cut in (0, 1, 79, 80, 81, 120, len(self.blocks[3]) - 1):
            with self.subTest(cut=cut):
                self.refuses_file(self.blocks[3][:cut])

    def test_a_block_that_goes_on(self):
        self.refuses_file(self.blocks[3] + b"\x01")
        self.refuses_file(framed([self.blocks[3] + b"\x01"]))

    def test_a_wrong_magic(self):
        self.refuses_file(framed(self.blocks[3:5], b"\xfa\xbf\xb5\xdb"))
        self.refuses_file(framed(self.blocks[3:4]) + b"junk" + framed(self.blocks[4:5]))

    def test_the_magic_of_another_network(self):
        self.refuses_file(framed(self.blocks[3:4], b"\xf9\xbe\xb4\xd9"))

    def test_a_length_beyond_the_file_and_one_too_small(self):
        block = self.blocks[3]
        for length in (0xFFFFFFFF, len(block) + 1, len(block) - 1, 0, 80):
            with self.subTest(length=length):
                self.refuses_file(b"\xfa\xbf\xb5\xda" + length.to_bytes(4, "little") + block)

    def test_every_flipped_byte_that_the_merkle_root_covers_is_found(self):
        block = self.blocks[3]
        for place in list(range(36, 68, 9)) + list(range(80, len(block), 23)):
            flipped = bytearray(block)
            flipped[place] ^= 0x01
            with self.subTest(place=place):
                self.refuses_file(framed([bytes(flipped)]))

    def test_a_block_with_a_repeated_txn(self):
        block = self.blocks[3]
        spent = coinbase_txid(self.blocks[2], block)
        second = block[block.index(spent) - 5:]  # After its version and the count of inputs.
        self.refuses_file(framed([block[:80] + b"\x03" + block[81:] + second]))

    def test_a_block_whose_parent_is_unknown_is_left_out_and_told(self):
        stranger = regtest_chain(4, b"\x77" * 32)[3]
        path = self.file("blk00001.dat", framed([self.blocks[3], stranger]))
        answer = self.ingest(*CHAIN, f"btc-blocks:{path}", "--format", "json")
        self.assertEqual(answer.json()["data"]["chains"][0]["blocks"], 4)
        self.assertTrue(answer.json()["warnings"], "a block that was left out is told")


class BadTxnLines(CliTest):
    def setUp(self):
        super().setUp()
        self.first = {"txid": "aa" * 32, "time": 1700000000, "in": [["bb" * 32, 0, 1000, p2wpkh("x").hex(), None]],
                      "out": [[900, p2wpkh("y").hex(), None]]}
        self.ingest(f"btc-txs:{self.file('good.jsonl', self.line(self.first))}", code=(0, 3))

    @staticmethod
    def line(txn):
        return json.dumps({key: value for key, value in txn.items() if value != "absent"}) + "\n"

    def test_lines_that_are_no_txn(self):
        sound = {"txid": "cc" * 32, "time": 1700000001, "in": [["aa" * 32, 0, 900, p2wpkh("y").hex(), None]],
                 "out": [[800, p2wpkh("z").hex(), None]]}
        bad = [{**sound, "txid": "cc"}, {**sound, "txid": 5}, {**sound, "txid": "absent"}, {**sound, "out": "absent"},
               {**sound, "in": "absent"}, {**sound, "out": [[-1, "", None]]}, {**sound, "out": [[1.5, "", None]]},
               {**sound, "out": [[2**64, "", None]]}, {**sound, "out": [[1, "zz", None]]}, {**sound, "in": [["aa" * 32]]},
               {**sound, "in": [["aa" * 32, -1, 900, "", None]]}, {**sound, "time": "noon"}, {**sound, "out": {}}]
        for txn in bad:
            with self.subTest(txn=txn):
                path = self.file("bad.jsonl", self.line({**sound, "txid": "dd" * 32, "in": self.first["in"]})[:0] +
                                 self.line(txn))
                self.refuses(f"btc-txs:{path}", says=r"bad\.jsonl:1")

    def test_lines_that_are_no_json(self):
        for text in ("{", "[]", "null", "{} {}", '{"txid":"' + "cc" * 32, "\0", "\xff"):
            with self.subTest(text=text):
                self.refuses(f"btc-txs:{self.file('bad.jsonl', text.encode('latin-1'))}", says=r"bad\.jsonl")

    def test_an_output_spent_twice(self):
        spend = {"time": 1700000002, "in": [["aa" * 32, 0, 900, p2wpkh("y").hex(), None]],
                 "out": [[800, p2wpkh("z").hex(), None]]}
        path = self.file("bad.jsonl", self.line({**spend, "txid": "cc" * 32}) + self.line({**spend, "txid": "dd" * 32}))
        self.refuses(f"btc-txs:{path}", says=r"\[(conflict|duplicate)\]")
