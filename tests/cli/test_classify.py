# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""cordon classify: joint txns in files and ledgers, in every format, and what is refused."""
import gzip
import hashlib
import json

from tests.cli.support import CliTest


def script(name):
    return "0014" + hashlib.sha256(name.encode()).hexdigest()[:40]


def txn(name, spent, made):
    txid = hashlib.sha256(f"txn {name}".encode()).hexdigest()
    return {"txid": txid, "time": 1_700_000_000,
            "in": [[hashlib.sha256(f"{name} coin {n}".encode()).hexdigest(), 0, value, script(f"{name} in {n}"), None]
                   for n, value in enumerate(spent)],
            "out": [[value, script(f"{name} out {n}"), None] for n, value in enumerate(made)]}


ROUND = txn("round", [1_004_000] + [1_000_000] * 4, [1_000_000] * 5)
PLAIN = txn("plain", [5000], [3000, 1900])


def lines(*txns):
    return "".join(json.dumps(each) + "\n" for each in txns)


class Classify(CliTest):
    def test_a_join_is_found_and_an_ordinary_txn_is_not(self):
        both = self.file("both.jsonl", lines(ROUND, PLAIN))
        got = [json.loads(line) for line in self.call("classify", "--txs", both, "--format", "jsonl", code=1).out.splitlines()]
        self.assertEqual({line["kind"] for line in got}, {"classify.result"})
        self.assertEqual([line["data"]["class"] for line in got], ["whirlpool", "ordinary"])
        self.assertEqual([line["data"]["txid"] for line in got], [ROUND["txid"], PLAIN["txid"]])
        self.assertTrue(all(0 <= line["data"]["confidence"] <= 1 for line in got))
        self.assertTrue(got[0]["data"]["reasons"])
        data = self.call("classify", "--txs", both, "--format", "json", code=1).json()["data"]
        self.assertEqual(data["rows"], [line["data"] for line in got])
        self.assertEqual(data["classes"], {"whirlpool": 1, "ordinary": 1})
        self.assertRegex(self.call("classify", "--txs", both, code=1).out, r"whirlpool +1\n")
        self.assertRegex(self.call("classify", "--txs", both, "--format", "csv", code=1).out, r"^txid,class,confidence,reasons\n")
        self.call("classify", "--txs", self.file("plain.jsonl", lines(PLAIN)))

    def test_compressed_files_and_ledgers_are_read_too(self):
        packed = self.file("txs.jsonl.gz", gzip.compress(lines(ROUND, PLAIN).encode()))
        self.assertEqual(len(self.call("classify", "--txs", packed, "--format", "jsonl", code=1).out.splitlines()), 2)
        self.ingest(f"btc-txs:{packed}")
        self.assertEqual(len(self.call("classify", "--ledger", self.ledger, "--format", "jsonl", code=1).out.splitlines()), 2)
        one = self.call("classify", "--ledger", self.ledger, PLAIN["txid"], "--format", "json").json()
        self.assertEqual(one["data"]["rows"][0]["class"], "ordinary")

    def test_txns_of_another_network_need_no_flag(self):
        other = json.loads(json.dumps(PLAIN))
        other["out"][0] = [3000, None, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"]
        path = self.file("regtest.jsonl", lines(PLAIN, other))
        self.call("classify", "--txs", path)
        self.assertIn(f"{path}:2", self.call("classify", "--txs", path, "--chain", "btc", code=3).err)

    def test_a_bad_line_is_refused_with_its_place(self):
        path = self.file("bad.jsonl", lines(PLAIN) + '{"txid":"00"}\n')
        self.assertIn(f"{path}:2", self.call("classify", "--txs", path, "--format", "jsonl", code=3).err)
        self.assertIn(":1", self.call("classify", "--txs", self.file("no.jsonl", "hello\n"), code=3).err)

    def test_usage(self):
        self.call("classify", code=2)
        self.call("classify", "--txs", "x", "--ledger", "y", code=2)
        self.call("classify", "--txs", "x", "ab", code=2)
        self.assertIn("classify", self.call("help").out)

    def test_clusters_leave_joins_out_unless_told(self):
        self.ingest(f"btc-txs:{self.file('txs.jsonl', lines(ROUND))}")
        self.assertEqual(self.call("cluster", "--ledger", self.ledger, "--all", "--format", "json").json()["data"]["rows"], [])
        rows = self.call("cluster", "--ledger", self.ledger, "--all", "--with-joins", "--format", "json").json()["data"]["rows"]
        self.assertEqual(len(rows), 5)
