# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The bundled cases, as a newcomer runs them."""
import csv
import json
import pathlib
import subprocess
import sys

from tests.cli.support import PROJECT, TIMEOUT, CliTest

EXAMPLES = PROJECT / "examples"


class Examples(CliTest):
    def case(self, name):
        folder = EXAMPLES / name
        case = json.loads((folder / "case.json").read_text())
        self.ingest(folder)
        return folder, self.trace(",".join(case["seeds"])).json()["data"]

    def test_every_case_becomes_a_case_file_that_verifies(self):
        for folder in sorted(path.parent for path in EXAMPLES.glob("*/case.json")):
            with self.subTest(case=folder.name):
                out = self.folder / folder.name
                self.call("report", folder, "--out", out)
                self.assertTrue(list(out.glob("*.html")))
                self.call("report", "verify", out)
                page = next(iter(out.glob("*.html")))
                page.write_bytes(page.read_bytes() + b" ")
                self.call("report", "verify", out, code=6)

    def test_dmm_is_followed_to_the_satoshi(self):
        folder, data = self.case("dmm_bitcoin_2024")
        theft = json.loads((folder / "btc-txs.jsonl").read_text().splitlines()[1])
        paid, _, receiver = theft["out"][0]
        ends = [each for each in data["endpoints"] if each["address"] == receiver]
        self.assertEqual([(each["tainted"], each["stop"]) for each in ends], [(str(paid), "unspent")])

    def test_dmm_backwards_reaches_the_wallet_that_funded_it(self):
        folder, _ = self.case("dmm_bitcoin_2024")
        funding, theft = map(json.loads, (folder / "btc-txs.jsonl").read_text().splitlines())
        data = self.trace(theft["txid"], "--direction", "backward", "--stop", "none").json()["data"]
        self.assertIn(funding["in"][0][4], {each["address"] for each in data["nodes"]})

    def test_the_synthetic_generator_gives_the_committed_bytes(self):
        folder = EXAMPLES / "synthetic_exchange_theft"
        subprocess.run([sys.executable, folder / "generate.py", self.folder], check=True, timeout=TIMEOUT)
        for name in ("transfers.csv", "labels.csv", "assets.csv", "prices.csv", "wallets.csv", "truth.csv", "case.json"):
            self.assertEqual((self.folder / name).read_bytes(), (folder / name).read_bytes(), name)

    def test_the_synthetic_theft_ends_where_the_truth_says(self):
        folder, data = self.case("synthetic_exchange_theft")
        truth = {}
        for each in csv.DictReader((folder / "truth.csv").open()):
            key = each["address"], each["asset"]
            truth[key] = truth.get(key, 0) + int(each["amount"])
        found = {}
        for each in data["endpoints"]:
            key = each["address"], each["asset"]
            found[key] = found.get(key, 0) + int(each["tainted"])
        for key, amount in truth.items():
            with self.subTest(end=key):
                self.assertIn(key, found)
                # Clean change in the same purses moves a few per cent between ends.
                self.assertLess(abs(found[key] - amount), amount / 20 + 10**18)
        stray = sum(amount for (_, asset), amount in found.items() if asset == "native") - \
            sum(amount for (_, asset), amount in truth.items() if asset == "native")
        self.assertLess(abs(stray), 10**20)

    def test_poison_and_worthless_copies_get_nothing(self):
        folder, data = self.case("synthetic_exchange_theft")
        assets = {each["asset"]: each["status"] for each in csv.DictReader((folder / "assets.csv").open())}
        copies = {each["from"] for each in csv.DictReader((folder / "transfers.csv").open())
                  if assets.get(each["asset"]) == "counterfeit"}
        self.assertTrue(copies)
        self.assertFalse(copies & {each["address"] for each in data["nodes"]})
        self.assertNotIn("counterfeit", {assets[each["asset"]] for each in data["edges"]})
