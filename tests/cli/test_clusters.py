# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Clusters and single txns: who signs together, by which txn, and what an address has."""
import hashlib
import json

from tests.cli.support import CliTest, address, row, transfers, txid

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def owner(name):
    """A pay-to-pubkey-hash script and its address."""
    payload = b"\0" + hashlib.sha256(name.encode()).digest()[:20]
    number = int.from_bytes(payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4], "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "76a914" + payload[1:].hex() + "88ac", "1" + text


def bare(name):
    return hashlib.sha256(f"txn {name}".encode()).hexdigest()


def spend(name, signers, receivers, time=1_700_000_000):
    """Spends output 0 of the txns "fund SIGNER", each of 100."""
    return {"txid": bare(name), "time": time, "in": [[bare(f"fund {each}"), 0, 100, *owner(each)] for each in signers],
            "out": [[value, *owner(each)] for each, value in receivers]}


def fund(name, time=1_600_000_000):
    return {"txid": bare(f"fund {name}"), "time": time, "in": [], "out": [[100, *owner(name)]]}


class Clusters(CliTest):
    def fill(self, *txns):
        lines = "".join(json.dumps(txn) + "\n" for txn in txns)
        self.ingest(f"btc-txs:{self.file('txs.jsonl', lines)}")

    def ask(self, *arguments, **options):
        return self.call("cluster", "--ledger", self.ledger, *arguments, "--format", "json", **options).json()["data"]

    def base(self):
        self.fill(*(fund(name) for name in "abcde"), spend("ab", "ab", [("x", 200)], 1_700_000_000),
                  spend("cd", "cd", [("y", 200)], 1_700_000_100))

    def test_who_signs_together_is_one_cluster_with_the_name_of_its_oldest_address(self):
        self.base()
        a, b, e = owner("a")[1], owner("b")[1], owner("e")[1]
        self.assertEqual(self.ask(b, e)["rows"], [{"address": b, "cluster": a, "size": 2},
                                                  {"address": e, "cluster": e, "size": 1}])
        self.assertEqual({each["address"] for each in self.ask("--members", b)["rows"]}, {a, b})
        self.assertEqual([each["size"] for each in self.ask("--all")["rows"]], [2, 2, 2, 2])
        lines = self.call("cluster", "--ledger", self.ledger, "--all", "--format", "jsonl").out.splitlines()
        self.assertEqual({json.loads(line)["kind"] for line in lines}, {"cluster.result"})
        self.assertRegex(self.call("cluster", "--ledger", self.ledger, "--all", "--format", "csv").out, r"^address,cluster,size\n")

    def test_why_names_the_txns_that_join_two(self):
        self.base()
        why = self.ask("--why", owner("a")[1], owner("b")[1])["why"]
        self.assertEqual([(each["txid"], each["a"], each["b"]) for each in why],
                         [(bare("ab"), owner("a")[1], owner("b")[1])])
        self.assertEqual(self.ask("--why", owner("a")[1], owner("c")[1])["why"], [])

    def test_a_merge_of_two_clusters_is_told(self):
        self.base()
        extra = [fund("b", 1_700_000_200), fund("d", 1_700_000_200)]
        extra[0]["txid"], extra[1]["txid"] = bare("fund2 b"), bare("fund2 d")
        last = {"txid": bare("bd"), "time": 1_700_000_300, "in": [[bare("fund2 b"), 0, 100, *owner("b")],
                                                                [bare("fund2 d"), 0, 100, *owner("d")]],
                "out": [[200, *owner("z")]]}
        self.assertEqual(self.ask("--merges", 2)["merges"], [])
        self.fill(*extra, last)  # Goes on from what the calls before have kept.
        merges = self.ask("--merges", 2)["merges"]
        self.assertEqual([(each["txid"], each["size_a"], each["size_b"]) for each in merges], [(bare("bd"), 2, 2)])
        self.assertEqual([each["txid"] for each in self.ask("--why", owner("a")[1], owner("c")[1])["why"]],
                         [bare("ab"), bare("bd"), bare("cd")])

    def test_what_is_kept_is_made_anew_when_it_is_damaged(self):
        self.base()
        whole = self.ask("--all")
        kept = self.ledger / "clusters-btc.bin"
        content = bytearray(kept.read_bytes())
        content[-1] ^= 1
        kept.write_bytes(content)
        answer = self.call("cluster", "--ledger", self.ledger, "--all", "--format", "json")
        self.assertEqual(answer.json()["data"], whole)
        self.assertIn("clusters-btc.bin", answer.err)
        self.assertEqual(self.call("cluster", "--ledger", self.ledger, "--all", "--format", "json").err, "")

    def test_what_makes_no_sense_is_refused(self):
        self.base()
        a = owner("a")[1]
        for arguments in ((), ("--why", a), ("--all", a), ("--merges", "0"), ("--chain", "eth", a)):
            with self.subTest(arguments=arguments):
                self.call("cluster", "--ledger", self.ledger, *arguments, code=2)
        self.assertIn("[not-found]", self.call("cluster", "--ledger", self.ledger, owner("nobody")[1], code=3).err)

    def test_a_ledger_of_account_chains_has_no_clusters(self):
        super().base()
        self.assertIn("[not-found]", self.call("cluster", "--ledger", self.ledger, "--all", code=3).err)


class Show(CliTest):
    def show(self, *what, **options):
        return self.call("ledger", "txn", *what, "--ledger", self.ledger, **options)

    def test_a_txn_of_outputs_says_what_it_spends_and_who_spends_it(self):
        lines = "".join(json.dumps(txn) + "\n" for txn in (fund("a"), spend("s", "a", [("b", 60), ("c", 30)])))
        self.ingest(f"btc-txs:{self.file('txs.jsonl', lines)}")
        data = self.show(bare("s"), "--format", "json").json()["data"]
        self.assertEqual((data["fee"], data["total_out"]), ("10", "90"))
        self.assertEqual(data["inputs"], [{"prevout": bare("fund a") + ":0", "address": owner("a")[1], "value": "100"}])
        data = self.show(bare("fund a"), "--format", "json").json()["data"]
        self.assertEqual(data["outputs"][0]["spent_by"], {"txid": bare("s"), "input": 0})
        data = self.show(owner("a")[1], "--format", "json").json()["data"]
        self.assertEqual((data["received"], data["balance"], len(data["txns"])), ("100", "0", 2))

    def test_an_address_is_told_page_by_page(self):
        rows = [row(100 + n, 1, "a", "b") for n in range(7)]
        self.ingest(f"transfers:{self.file('t.csv', transfers(*rows))}")
        seen, flags = [], ()
        while True:
            data = self.show(address("a"), "--limit", 3, *flags, "--format", "json").json()["data"]
            seen += [each["txid"] for each in data["txns"]]
            if "next" not in data:
                break
            flags = ("--from", data["next"])
        self.assertEqual(seen, [txid(100 + n) for n in range(7)])
        self.assertEqual(self.show(txid(103), "--format", "json").json()["data"]["transfers"][0]["amount"], "1")
        self.assertEqual(len(self.show("100", "101", "--format", "jsonl").out.splitlines()), 2)
        self.assertIn(address("b"), self.show(txid(103)).out)

    def test_what_is_not_there_or_no_question_is_refused(self):
        self.base()
        for what, code in (((txid("no"),), 3), ((address("no"),), 3), (("999",), 3), ((), 2),
                           (("100", "--format", "json"), 2), ((address("a"), "--limit", "0"), 2),
                           ((address("a"), "--from", "1"), 2), (("neither",), 3)):
            with self.subTest(what=what):
                self.show(*what, code=code)
