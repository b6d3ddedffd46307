# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The gate on the command line: what is let through, held, denied and stopped, and what its log proves."""
import json
import subprocess

from tests.cli.support import HEADER, CliTest, address, program, txid

KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032 §7.1, test 1.
MOMENT = "2026-01-01T00:00:00Z"
POLICY = f"""version: 1
checks: {{explain: off, screening: off, feed: off}}
people: {{alice: "{KEY}"}}
groups: {{board: [alice]}}
rules:
  - {{id: small, when: "amount <= 100", then: allow}}
  - {{id: big, when: "amount > 100 and amount <= 1000", then: hold, approvals: {{group: board, m: 1}}}}
limits:
  - {{id: often, scope: wallet, window: 1h, count: 3}}
change: {{group: board, m: 1, delay: 24h}}
reset: {{group: board, m: 1, delay: 1h}}
"""


class Guard(CliTest):
    def setUp(self):
        super().setUp()
        self.gate = self.folder / "gate"
        self.policy = self.file("policy.yaml", POLICY)

    def request(self, name, amount, **more):
        return {"id": name, "chain": "eth", "asset": "native", "from": address("hot"), "to": address("payee"),
                "amount": str(amount), "requester": "queue", "time": MOMENT, **more}

    def guard(self, *words, code=0, at=MOMENT):
        return self.call("guard", *words, "--state", self.gate, "--at", at, "--format", "jsonl", code=code)

    def check(self, *requests, code=0, **options):
        path = self.file("requests.jsonl", "".join(json.dumps(each) + "\n" for each in requests))
        answer = self.guard("check", path, "--policy-file", self.policy, code=code, **options)
        return [json.loads(line)["data"] for line in answer.out.splitlines()]

    def test_an_empty_file_is_no_agreement_and_no_list(self):
        empty = self.file("empty", "")
        for arguments in (["guard", "approve", str(empty), "--state", str(self.gate)],
                          ["screen", "--list", str(empty), "0x" + "22" * 20],
                          ["wallet", "tiers", "--config", str(empty)]):
            result = subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertIn("empty", result.stderr)

    def test_each_request_has_its_verdict_and_the_same_one_again(self):
        told = self.check(self.request("a", 100), self.request("b", 101), self.request("c", 1001), code=1)
        self.assertEqual([each["verdict"] for each in told], ["allow", "hold", "deny"])
        self.assertEqual(told[1]["approvals_needed"], [{"group": "board", "needed": 1, "given": 0}])
        self.assertTrue(all(each["reasons"] for each in told))
        self.assertEqual(self.check(self.request("a", 100)), told[:1])
        self.assertEqual(self.check(self.request("c", 1001), code=1), told[2:])
        self.assertEqual([each["request"]["id"] for each in self.answers("pending", code=1)], ["b"])

    def answers(self, *words, **options):
        return [json.loads(line)["data"] for line in self.guard(*words, **options).out.splitlines()]

    def test_a_changed_request_needs_an_id_of_its_own(self):
        self.check(self.request("a", 100))
        path = self.file("again.json", json.dumps(self.request("a", 99)))
        self.assertIn("conflict", self.guard("check", path, code=3).err)

    def test_a_limit_counts_what_was_let_through_over_all_calls(self):
        for n in range(3):
            self.check(self.request(f"w{n}", 1))
        self.assertEqual(self.check(self.request("fourth", 1), code=1)[0]["verdict"], "deny")
        self.assertEqual(self.check(self.request("later", 1), at="2026-01-01T01:00:01Z")[0]["verdict"], "allow")

    def test_a_breaker_stops_everything_and_says_what_resets_it(self):
        self.check(self.request("a", 1))
        self.guard("trip", "global", "--why", "a drain", "--who", "night", code=1)
        self.assertEqual(self.check(self.request("a", 1), code=1)[0]["verdict"], "hold")
        self.guard("bundle", "a", "-o", self.folder / "bundle", code=5)
        told = self.answers("reset", "global", code=1)[0]
        self.assertEqual(told["text"], f"cordon breaker v1\nreset: global\ntripped: {MOMENT}\n")
        self.guard("trip", "everything", "--why", "x", code=3)

    def test_a_statement_that_nobody_signed_is_refused(self):
        verdict = self.check(self.request("a", 500), code=1)[0]
        about = self.answers("show", "a", code=1)[0]["text"]
        text = (f"cordon statement v1\ndecision: approve\nsubject: withdrawal\npolicy: {verdict['policy_sha256']}\n"
                f"by: alice\ntime: {MOMENT}\nexpires: 2026-01-01T01:00:00Z\n\n{about}")
        forged = self.file("forged", json.dumps({"text": text, "signature": "A" * 86 + "=="}))
        self.assertIn("does not count", self.guard("approve", forged, code=5).err)
        self.assertEqual(self.answers("pending", code=1)[0]["approvals"], [])

    def test_payments_that_left_are_held_against_the_requests(self):
        self.check(self.request("a", 50), self.request("b", 60))
        rows = [f"eth,1,1767225600,{txid('a')},0,{address('hot')},{address('payee')},native,50,native",
                f"eth,2,1767225601,{txid('t')},0,{address('hot')},{address('thief')},native,7,native",
                f"eth,3,1767225602,{txid('o')},0,{address('other')},{address('payee')},native,60,native"]
        paid = self.file("paid.csv", "\n".join([HEADER, *rows]) + "\n")
        wallets = self.file("wallets.csv", f"chain,address,set,entity,tier\neth,{address('hot')},hot-1,acme,hot\n")
        lines = [json.loads(line) for line in self.guard("reconcile", f"transfers:{paid}", f"wallets:{wallets}", code=1,
                                                         at="2026-01-01T01:00:00Z").out.splitlines()]
        self.assertEqual([(each["kind"], each["data"].get("id")) for each in lines[:2]],
                         [("guard.outflow", "a"), ("guard.outflow", None)])
        self.assertIn("nobody asked", lines[1]["data"]["text"])
        self.assertEqual([each["data"]["request"]["id"] for each in lines[2:]], ["b"])

    def test_a_policy_is_replaced_by_agreement_alone(self):
        self.check(self.request("a", 1))
        other = self.file("other.yaml", POLICY.replace("version: 1", "version: 2"))
        path = self.file("request.json", json.dumps(self.request("z", 1)))
        self.guard("check", path, "--policy-file", other, code=3)
        self.assertIn("begins: 2026-01-02T00:00:00Z", self.answers("propose-policy", other, "--who", "bob", code=1)[0]["text"])
        self.guard("propose-policy", self.policy, code=3)

    def test_the_log_proves_what_happened(self):
        self.check(self.request("a", 1))
        self.call("log", "verify", self.gate / "log")
        tile = next((self.gate / "log" / "tile" / "entries").rglob("000.p/*"))
        tile.write_bytes(tile.read_bytes().replace(b'"allow"', b'"deny_"'))
        self.call("log", "verify", self.gate / "log", code=6)

    def test_one_entry_is_proven_by_its_proof_and_the_gates_key_alone(self):
        told = self.check(self.request("a", 1))
        log_key, gate_key = self.call("guard", "key", "--state", self.gate).out.split()
        self.assertTrue(gate_key.startswith("ed25519:"))
        proof = self.call("log", "prove", self.gate / "log", told[0]["entry"]).out
        path = self.file("proof.json", proof)
        self.assertIn('"decision":"allow"', self.call("log", "check", path, "--public-key", log_key).out)
        other = self.call("log", "keygen", self.folder / "other.key", "--name", "cordon-guard").out.strip()
        self.call("log", "check", path, "--public-key", other, code=6)
        self.call("log", "check", path, code=2)
        data = json.loads(proof)["data"]
        for name, changed in (("bytes", "AAAA"), ("index", data["index"] - 1), ("proof", data["proof"][1:])):
            lie = self.file("lie.json", json.dumps({"v": 1, "kind": "log.proof", "data": {**data, name: changed}}))
            self.call("log", "check", lie, "--public-key", log_key, code=(3, 6))
        for text in ("", "{", "[]", "null", '{"kind":"log.proof","data":{}}', proof[:-40], proof.replace('"index":', '"index":-'),
                     "[" * 100000, json.dumps({"kind": "log.proof", "data": {**data, "proof": [1]}})):
            self.call("log", "check", self.file("bad.json", text), "--public-key", log_key, code=3)

    def test_the_key_of_a_gate_may_come_before_its_policy(self):
        before = self.call("guard", "key", "--state", self.gate).out
        self.check(self.request("a", 1))
        self.assertEqual(self.call("guard", "key", "--state", self.gate).out, before)
        self.call("guard", "key", code=2)

    def test_a_list_without_a_date_holds_and_says_what_is_missing(self):
        self.policy = self.file("policy.yaml", POLICY.replace("screening: off, ", ""))
        listed = self.file("forbidden.txt", address("thief") + "\n")
        path = self.file("r.json", json.dumps(self.request("a", 1)))
        words = ("check", path, "--policy-file", self.policy, "--list", listed)
        self.assertIn("--as-of", self.guard(*words, code=1).out)
        self.assertIn('"allow"', self.guard(*words, "--as-of", MOMENT).out)
        self.guard(*words, "--as-of", "yesterday", code=(2, 3))

    def test_wrong_words_are_usage(self):
        self.guard("dance", code=2)
        self.guard("check", code=2)
        self.call("guard", "pending", code=2)
        self.guard("check", self.file("r.json", json.dumps(self.request("a", 1))), code=2)  # No policy yet.
        self.guard("check", self.file("bad.json", '{"id": 1}'), "--policy-file", self.policy, code=3)
