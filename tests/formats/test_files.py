# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The page's own examples, and what both readers say of torn and damaged files."""
import random
import re

from tests.cli.support import PROJECT, row, transfers
from tests.formats.ledger_chain import Chain
from tests.formats.ledger_files import Corrupt, crc32c, hash_bytes, read_log
from tests.formats.read_ledger import transfers as lines_of
from tests.formats.support import FormatTest, many_transfers

PAGE = PROJECT / "docs" / "formats" / "ledger.md"


class Page(FormatTest):
    def test_hashes_and_checksums_are_as_the_page_says(self):
        text, txn = PAGE.read_text(), bytes(range(32))
        for example in (hash_bytes(txn), hash_bytes(b"\x11" * 20, 2), hash_bytes(b"\x02\xaa\xbb", 9), hash_bytes(b"", 1),
                        hash_bytes(bytes(8)), hash_bytes((1).to_bytes(8, "little")),
                        hash_bytes((10**6).to_bytes(8, "little")), hash_bytes(txn, 1), hash_bytes(txn, 2**32)):
            self.assertIn(f"`{example:016x}`", text)
        self.assertEqual(len(set(re.findall(r"`[0-9a-f]{16}`", text))), 8)
        self.assertEqual(crc32c(b"123456789"), 0xE3069283)


class Damage(FormatTest):
    def test_a_torn_log_loses_its_last_records_and_nothing_else(self):
        rows = [row(n, n) for n in range(1, 6)]
        self.ingest(f"transfers:{self.file('a.csv', transfers(*rows))}", "--batch-blocks", 1)
        path = self.ledger / "chains" / "eth" / "log-1"
        whole, ends = path.read_bytes(), [8]
        for record in read_log(whole, "log-1")[0]:
            ends.append(ends[-1] + 16 + len(record))
        for size in sorted({8, len(whole)} | set(range(8, len(whole), 37)) | {end - 1 for end in ends[1:]} | set(ends)):
            path.write_bytes(whole[:size])
            blocks = sum(end <= size for end in ends) - 1
            self.assertEqual(Chain(self.ledger, "eth").end[0], blocks, f"cut to {size} bytes")
            if size in ends[1:]:
                dump = self.call("ledger", "dump", "--ledger", self.ledger).out
                self.assertEqual(dump.splitlines(), list(lines_of(Chain(self.ledger, "eth"))))

    def test_a_flipped_bit_of_a_log_or_manifest_is_found(self):
        self.base()
        chance = random.Random(1)
        for name in ("log-1", "manifest"):
            path = self.ledger / "chains" / "eth" / name
            whole = path.read_bytes()
            for at in range(len(whole)):
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1:])
                # A size that grew is a torn frame to both readers only when one flip does not explain it: it does.
                self.assertRaises(Corrupt, Chain, self.ledger, "eth")
                if at % 40 == 9:
                    self.call("ledger", "stats", "--ledger", self.ledger, code=6)
            path.write_bytes(whole)

    def test_a_flipped_bit_of_a_segment_or_index_is_found(self):
        self.ingest(f"transfers:{self.file('a.csv', many_transfers(7, 1, 3)[0])}")
        chance = random.Random(2)
        for path in sorted((self.ledger / "chains" / "eth").glob("*-[34]")):
            whole = path.read_bytes()
            places = [0, 8, 63, len(whole) - 1, len(whole) - 13] + [chance.randrange(len(whole)) for _ in range(4)]
            for at in places:
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1:])
                self.assertRaises(Corrupt, Chain, self.ledger, "eth")
                self.call("ledger", "verify", "--ledger", self.ledger, code=6)
            path.write_bytes(whole)
        Chain(self.ledger, "eth")

    def test_strays_do_not_count(self):
        self.base()
        for name in ("segment-9", "index-8", "log-7", "manifest.tmp"):
            self.file(f"ledger/chains/eth/{name}", b"stray")
        self.file("ledger/chains/bsc/log-1", b"CORDLOG1")
        self.agree("eth", segments=[], indexes=[], logs=3)
