# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Bad transfers: files. Each is refused with its place, and leaves the ledger as it was."""
import bz2
import gzip
import lzma

from tests.cli.support import HEADER, CliTest, address, row, transfers, txid

GOOD = row(200, 7)
PLACE = r"bad\.csv:3"


def with_field(name, value, block=201):
    fields = row(block, 5).split(",")
    fields[HEADER.split(",").index(name)] = value
    return ",".join(fields)


class BadTransfers(CliTest):
    def setUp(self):
        super().setUp()
        self.base()

    def refuses_row(self, bad, code, place=PLACE):
        """The third line of the file is `bad`; the line before it is good and must not be kept."""
        path = self.file("bad.csv", transfers(GOOD, bad))
        return self.refuses(f"transfers:{path}", says=(place, rf"\[({code})\]"))

    def test_amounts_that_are_no_amount(self):
        for text in ("-1", "+1", "1.5", "1e18", "0x10", " 1", "1 ", "1_000", "", "007", "nan", "inf", "١", "1,5"):
            with self.subTest(amount=text):
                self.refuses_row(with_field("amount", text), "malformed|overflow")

    def test_amounts_over_256_bits(self):
        for text in (str(2**256), "9" * 90, "1" + "0" * 5000):
            with self.subTest(amount=text[:20]):
                self.refuses_row(with_field("amount", text), "overflow|malformed|limit")

    def test_the_largest_amount_is_taken(self):
        path = self.file("max.csv", transfers(row(200, 2**256 - 1)))
        self.ingest(f"transfers:{path}")
        self.assertIn(str(2**256 - 1), self.state())

    def test_numbers_that_are_none(self):
        for field in ("block", "time", "index"):
            for text in ("", "-1", "1.0", "abc", "0x1", str(2**64)):
                with self.subTest(field=field, text=text):
                    self.refuses_row(with_field(field, text), "malformed|overflow|order")

    def test_chains_that_nobody_knows(self):
        for text in ("", "ETH", "dogecoin", "eip155:", "eip155:01", "eip155:-1"):
            with self.subTest(chain=text):
                self.refuses_row(with_field("chain", text), "malformed|unsupported|wrong-chain")

    def test_addresses_that_are_none(self):
        for text in ("0x12", "0x" + "g" * 40, address("a")[2:], "0x" + "0" * 41):
            with self.subTest(address=text):
                self.refuses_row(with_field("from", text), "malformed")

    def test_an_address_in_mixed_case_with_a_wrong_checksum(self):
        self.refuses_row(with_field("to", "0x5Aaeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"[:-1] + "d"), "checksum")

    def test_an_address_of_another_chain(self):
        for text in ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
                     "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"):
            with self.subTest(address=text):
                self.refuses_row(with_field("to", text), "wrong-chain|malformed|checksum")

    def test_hashes_that_are_none(self):
        for text in ("", "0x12", txid(1)[2:], "0x" + "z" * 64, txid(1) + "0"):
            with self.subTest(hash=text):
                self.refuses_row(with_field("tx", text), "malformed")

    def test_kinds_and_assets_that_do_not_exist(self):
        self.refuses_row(with_field("kind", "gift"), "malformed")
        self.refuses_row(with_field("kind", ""), "malformed")
        for text in ("", "a b", "x" * 65, "0x12", "ü"):
            with self.subTest(asset=text):
                self.refuses_row(with_field("asset", text), "malformed")

    def test_rows_with_too_few_or_too_many_fields(self):
        self.refuses_row(row(201).rsplit(",", 1)[0], "malformed|truncated")
        self.refuses_row(row(201) + ",more", "malformed|trailing")
        self.refuses_row("", "malformed|truncated")

    def test_blocks_and_times_that_fall(self):
        self.refuses_row(row(199), "order")
        self.refuses_row(row(201, time=1), "order")

    def test_an_index_that_does_not_rise(self):
        self.refuses_row(row(200, 1, index=0), "order|duplicate")
        path = self.file("bad.csv", transfers(row(200, index=5), row(200, index=4)))
        self.refuses(f"transfers:{path}", says=(PLACE, r"\[order\]"))

    def test_a_txn_whose_rows_are_not_adjacent(self):
        path = self.file("bad.csv", transfers(row(200, name="p"), row(200, name="q"), row(200, name="p", index=1)))
        self.refuses(f"transfers:{path}", says=r"\[(order|duplicate)\]")

    def test_a_txn_in_two_blocks(self):
        path = self.file("bad.csv", transfers(row(200, name="p"), row(201, name="q"), row(202, name="p")))
        self.refuses(f"transfers:{path}", says=r"\[duplicate\]")

    def test_a_txn_that_is_stored_in_another_block(self):
        path = self.file("bad.csv", transfers(row(200), row(201, name=100)))
        self.refuses(f"transfers:{path}", says=r"\[duplicate\]")

    def test_another_version_of_a_stored_block(self):
        path = self.file("bad.csv", transfers(row(102, 21, "b", "c")))
        self.refuses(f"transfers:{path}", says=r"\[conflict\]")

    def test_columns_unknown_missing_or_repeated(self):
        body = "\n" + GOOD + "\n"
        for header in (HEADER + ",memo", HEADER.rsplit(",", 1)[0], HEADER.replace("kind", "tx"),
                       HEADER.replace("amount", "value"), HEADER.upper(), "", GOOD):
            with self.subTest(header=header):
                path = self.file("bad.csv", header + body)
                self.refuses(f"transfers:{path}", says=(r"bad\.csv:1", r"\[(malformed|duplicate|truncated)\]"))

    def test_columns_in_another_order_are_fine(self):
        order = list(reversed(HEADER.split(",")))
        fields = dict(zip(HEADER.split(","), row(200).split(",")))
        path = self.file("turned.csv", ",".join(order) + "\n" + ",".join(fields[name] for name in order) + "\n")
        self.ingest(f"transfers:{path}")
        self.assertIn(row(200), self.state())

    def test_an_empty_file_and_one_of_blanks(self):
        for content in (b"", b"\n", b" ", b"\0" * 100):
            with self.subTest(content=content):
                path = self.file("bad.csv", content)
                self.refuses(f"transfers:{path}", says=r"bad\.csv")

    def test_a_byte_order_mark_and_windows_line_ends_are_taken(self):
        path = self.file("crlf.csv", b"\xef\xbb\xbf" + transfers(row(200), row(201)).replace(b"\n", b"\r\n"))
        self.ingest(f"transfers:{path}")
        self.assertIn(row(201), self.state())

    def test_a_byte_order_mark_inside(self):
        path = self.file("bad.csv", transfers(GOOD) + b"\xef\xbb\xbf" + row(201).encode() + b"\n")
        self.refuses(f"transfers:{path}", says=(PLACE, r"\[malformed\]"))

    def test_text_that_is_not_utf_8(self):
        for bad in (row(201).encode("utf-16-le"), row(201, asset="A\udcff").encode("utf-8", "surrogateescape"),
                    with_field("kind", "nat\0ive").encode()):
            with self.subTest(bad=bad[:20]):
                path = self.file("bad.csv", transfers(GOOD) + bad + b"\n")
                self.refuses(f"transfers:{path}", says=(PLACE, r"\[malformed\]"))
        path = self.file("bad.csv", transfers(GOOD).decode().encode("utf-16"))
        self.refuses(f"transfers:{path}", says=r"bad\.csv:1")

    def test_quotes_that_do_not_end(self):
        path = self.file("bad.csv", transfers(GOOD) + b'eth,"201\n' + row(202).encode() + b"\n")
        self.refuses(f"transfers:{path}", says=r"bad\.csv:3")

    def test_a_file_cut_in_the_middle_of_a_row(self):
        whole = transfers(GOOD, row(201, 123456))
        for cut in range(len(whole) - 2, len(whole) - 60, -7):
            with self.subTest(cut=cut):
                path = self.file("bad.csv", whole[:cut])
                self.refuses(f"transfers:{path}", says=PLACE)

    def test_a_last_line_without_its_end_is_taken(self):
        path = self.file("open.csv", transfers(row(200)).rstrip(b"\n"))
        self.ingest(f"transfers:{path}")
        self.assertIn(row(200), self.state())

    def test_a_line_of_megabytes(self):
        path = self.file("bad.csv", transfers(GOOD) + b"x" * 20_000_000 + b"\n")
        self.refuses(f"transfers:{path}", says=PLACE)

    def test_an_error_after_many_good_rows_keeps_none(self):
        rows = [row(200 + i, i + 1) for i in range(30_000)]
        path = self.file("bad.csv", transfers(*rows, with_field("amount", "-1", 40_000)))
        self.refuses(f"transfers:{path}", says=r"bad\.csv:30002")
        self.refuses(f"transfers:{path}", says=r"bad\.csv:30002", extra=("--batch-blocks", "100"))

    def test_compressed_files_that_are_cut_or_go_on(self):
        plain = transfers(*(row(200 + i, i) for i in range(2000)))
        for suffix, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
            packed = pack(plain)
            for name, content in (("cut", packed[:-20]), ("half", packed[:len(packed) // 2]),
                                  ("trailing", packed + b"garbage after the end"), ("head", packed[:4])):
                with self.subTest(suffix=suffix, name=name):
                    path = self.file(f"bad.csv.{suffix}", content)
                    self.refuses(f"transfers:{path}", says=r"bad\.csv\.")
            flipped = bytearray(packed)
            flipped[len(packed) // 2] ^= 0x40
            with self.subTest(suffix=suffix, name="flipped"):
                path = self.file(f"bad.csv.{suffix}", bytes(flipped))
                self.refuses(f"transfers:{path}", says=r"bad\.csv\.")

    def test_compressed_files_are_read_as_the_plain_one(self):
        plain = transfers(*(row(200 + i, i) for i in range(50)))
        states = []
        for name, content in (("p.csv", plain), ("g.csv.gz", gzip.compress(plain)), ("b.csv.bz2", bz2.compress(plain)),
                              ("x.csv.xz", lzma.compress(plain)), ("two.csv.gz", gzip.compress(plain[:900]) +
                                                                   gzip.compress(plain[900:]))):
            self.ledger = self.folder / ("ledger of " + name)
            self.ingest(f"transfers:{self.file(name, content)}")
            states.append(self.call("ledger", "dump", "--ledger", self.ledger).out)
        self.assertEqual(len(set(states)), 1)
