# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Keys of approvers, and statements that are signed, mixed up, changed and looked at too late."""
import json
import os
import unittest

from .support import CliTest, address

POLICY = "ab" * 32
TIME = ("--time", "2026-01-01T00:00:00Z")


class Statements(CliTest):
    def request(self, **changed):
        fields = {"id": "wd-1", "chain": "eth", "asset": "native", "from": address("hot"), "to": address("payee"),
                  "amount": "250", "requester": "bob", "time": "2026-01-01T00:00:00Z", **changed}
        return self.file("wd-1.json", json.dumps(fields).encode())

    def key(self, name="alice"):
        path = self.folder / f"{name}.key"
        made = self.call("statement", "new-key", "--name", name, "-o", path, code=0)
        return path, made.out.strip()

    def sign(self, key, out, *words, code=0):
        return self.call("statement", "sign", "--key", key, "--policy-digest", POLICY, "--yes", *TIME, "-o",
                         self.folder / out, *words, code=code)

    def test_what_was_signed_verifies_and_says_what_it_is_about(self):
        key, public = self.key()
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.assertTrue(public.startswith("ed25519:"))
        self.sign(key, "a.json", "--request", self.request())
        good = self.call("statement", "verify", self.folder / "a.json", "--public-key", public, *TIME, "--json",
                         code=0).json()["data"]
        self.assertEqual((good["approves"], good["subject"], good["by"], good["policy"], good["in_time"]),
                         (True, "withdrawal", "alice", POLICY, True))
        self.assertIn("amount: 250\n", good["about"])
        _, other = self.key("carol")
        self.call("statement", "verify", self.folder / "a.json", "--public-key", other, *TIME, code=3)

    def test_without_a_file_the_statement_is_all_that_is_on_standard_output(self):
        key, _ = self.key()
        payload = "0x02e90101843b9aca008506fc23ac00825208940000000000000000000000000000000000000001" + "81fa80c0"
        made = self.call("statement", "sign", "--key", key, "--policy-digest", POLICY, "--yes", *TIME, "--reject",
                         "--request", self.request(payload={"type": "evm", "data": payload}), code=0)
        self.assertEqual({"text", "signature"}, set(json.loads(made.out)))
        self.assertIn("the payload:", made.err)

    def test_a_change_of_one_word_ends_it(self):
        key, public = self.key()
        self.sign(key, "a.json", "--request", self.request())
        text = (self.folder / "a.json").read_text(encoding="utf-8")
        for old, new in (("approve", "reject"), ("amount: 250", "amount: 251"), ("by: alice", "by: carol")):
            self.assertIn(old, text)
            changed = self.file("changed.json", text.replace(old, new).encode())
            self.call("statement", "verify", changed, "--public-key", public, *TIME, code=3)
        for bad in (b"", b"{}", text[:-9].encode(), text.encode() * 2):
            self.call("statement", "verify", self.file("bad.json", bad), "--public-key", public, *TIME, code=3)

    def test_it_counts_from_its_time_until_it_expires(self):
        key, public = self.key()
        self.sign(key, "no.json", "--request", self.request(), "--reject", "--expires", "30m")
        for time, code in (("2025-12-31T23:59:59Z", 1), ("2026-01-01T00:00:00Z", 0), ("2026-01-01T00:29:59Z", 0),
                           ("2026-01-01T00:30:00Z", 1)):
            self.call("statement", "verify", self.folder / "no.json", "--public-key", public, "--time", time, code=code)

    def test_nothing_is_overwritten_or_signed_unasked(self):
        key, _ = self.key()
        self.sign(key, "a.json", "--request", self.request())
        self.sign(key, "a.json", "--request", self.request(), code=3)
        self.call("statement", "new-key", "--name", "alice", "-o", key, code=3)
        self.call("statement", "sign", "--key", key, "--policy-digest", POLICY, "--request", self.request(), *TIME,
                  code=3)
        os.chmod(key, 0o644)
        self.sign(key, "b.json", "--request", self.request(), code=3)
        self.assertFalse((self.folder / "b.json").exists())

    def test_a_payload_that_pays_another_can_only_be_rejected(self):
        key, public = self.key()
        # 250 wei to somebody else: an unsigned txn of type 2 (EIP-1559).
        body = (b"\x01\x80\x01\x01\x82\x52\x08\x94" + bytes.fromhex(address("thief")[2:]) + b"\x81\xfa\x80\xc0")
        raw = "0x02" + (bytes([0xC0 + len(body)]) + body).hex()
        request = self.request(payload={"type": "evm", "data": raw})
        refused = self.sign(key, "a.json", "--request", request, code=3)
        self.assertIn("R12", refused.out)
        self.sign(key, "no.json", "--request", request, "--reject")
        self.call("statement", "verify", self.folder / "no.json", "--public-key", public, *TIME, code=0)

    def test_policies_and_breakers_are_signed_too(self):
        key, public = self.key()
        policy = self.file("policy.txt", f"cordon policy v1\nversion: 7\nsha256: {'cd' * 32}\n"
                           "begins: 2026-01-03T00:00:00Z\n".encode())
        self.sign(key, "policy.json", "--policy", policy)
        self.sign(key, "breaker.json", "--breaker", "everything", "--since", "2026-01-01T00:00:00Z")
        for name, subject in (("policy.json", "policy"), ("breaker.json", "breaker")):
            data = self.call("statement", "verify", self.folder / name, "--public-key", public, *TIME, "--json",
                             code=0).json()["data"]
            self.assertEqual(data["subject"], subject)
        self.sign(key, "x.json", "--policy", self.request(), code=3)
        self.sign(key, "x.json", "--policy", policy, "--request", self.request(), code=2)
        self.sign(key, "x.json", code=2)

    def test_a_sealed_key_needs_its_passphrase(self):
        secret = self.file("secret", b"correct horse\n")
        wrong = self.file("wrong", b"correct house\n")
        for path in (secret, wrong):
            os.chmod(path, 0o600)
        key = self.folder / "alice.key"
        self.call("statement", "new-key", "--name", "alice", "--passphrase-file", secret, "-o", key, code=0)
        self.sign(key, "a.json", "--request", self.request(), "--passphrase-file", secret)
        self.sign(key, "b.json", "--request", self.request(), "--passphrase-file", wrong, code=3)
        self.sign(key, "b.json", "--request", self.request(), code=3)

    def test_words_that_are_missing_are_named(self):
        for words in ((), ("stamp",), ("new-key",), ("sign",), ("verify",), ("attach",), ("text",)):
            self.call("statement", *words, code=2)


if __name__ == "__main__":
    unittest.main()
