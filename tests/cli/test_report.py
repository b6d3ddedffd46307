# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Letters, seal, verify: what goes to a service, and what another machine can check."""
import csv
import io
import json
import zipfile

from tests.cli.support import PROJECT, CliTest, address, row, transfers

CASE = PROJECT / "examples" / "synthetic_exchange_theft"


class Report(CliTest):
    def letters(self, case, *arguments):
        out = self.folder / "letters"
        self.call("report", "letters", case, "--out", out, *arguments)
        return {path.stem: list(csv.DictReader(io.StringIO(path.read_text()))) for path in sorted(out.rglob("*.csv"))
                if path.read_text().startswith("chain,block,time,tx,outpoint")}

    def test_one_holder_has_one_letter(self):
        drafts = self.letters(CASE)
        self.assertEqual(sum("northbank" in key for key in drafts), 1, drafts.keys())
        self.assertFalse([key for key in drafts if "fogbank" in key], "a mixer has no letter")
        for key, rows in drafts.items():
            self.assertTrue(rows, key)
            for one in rows:
                self.assertLessEqual(int(one["stolen"]), int(one["amount"]), "never more than moved")

    def test_labels_that_name_each_address_are_one_service(self):
        names = {name: address(name) for name in ("thief", "one", "two", "three")}
        labels = "address,label,category,source,confidence\n" + "".join(
            f"{names[name]},{text},exchange,list,0.9\n" for name, text in
            (("one", f"Northbank_Deposit_{names['one'][:6]}"), ("two", "Northbank 14"), ("three", "northbank: hot wallet")))
        self.file("case/transfers.csv", transfers(row(1, 100, "victim", "thief"), *(
            row(2 + n, 20, "thief", name) for n, name in enumerate(("one", "two", "three")))))
        self.file("case/labels.csv", labels)
        self.file("case/case.json", json.dumps({"v": 1, "title": "T", "seeds": [f"eth:{address('victim')}"]}))
        drafts = self.letters(self.folder / "case")
        self.assertEqual(list(drafts), ["northbank"])
        self.assertEqual(sum(int(one["stolen"]) for one in drafts["northbank"]), 60)
        page = next(iter((self.folder / "letters").rglob("northbank.txt"))).read_text()
        self.assertIn("DRAFT FOR COUNSEL", page)
        # The report counts services as the letters do.
        self.call("report", self.folder / "case", "--out", self.folder / "report")
        html = (self.folder / "report" / "case.html").read_text()
        self.assertIn("1 named service,", html)

    def test_what_is_sealed_is_verified_anywhere_and_a_changed_byte_is_found(self):
        out = self.folder / "sealed"
        self.call("report", "seal", CASE, "--out", out, "--chromium", "/no/browser")
        archive, = out.glob("*.zip")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        moved = archive.rename(elsewhere / "a.zip")
        self.call("report", "verify", moved, cwd=elsewhere)
        with zipfile.ZipFile(moved) as packed:
            packed.extractall(elsewhere / "unpacked")
        self.call("report", "verify", elsewhere / "unpacked")
        page = elsewhere / "unpacked" / "case.html"
        page.write_text(page.read_text().replace("stolen", "st0len", 1))
        self.call("report", "verify", elsewhere / "unpacked", code=6)
        broken = bytearray(moved.read_bytes())
        broken[len(broken) // 2] ^= 1
        self.call("report", "verify", self.file("broken.zip", bytes(broken)), code=(2, 3, 4, 5, 6))
        self.call("report", "verify", self.folder / "nothing.zip", code=(2, 3, 5))
