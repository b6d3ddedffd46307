# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""cordon explain: what signers are told, in both outputs, with and without what they know, and what is refused."""
import json
import subprocess

from tests.cli.support import CliTest, address, row, transfers

SAFE, PAYEE, STRANGER = address("safe"), address("payee"), address("stranger")
TRANSFER = "0xa9059cbb" + PAYEE[2:].rjust(64, "0") + f"{5:064x}"


def proposal(to=PAYEE, **fields):
    return {"safe": SAFE, "chainId": 1, "to": to, "value": "5", "data": "0x", "operation": 0, "nonce": 7,
            "version": "1.4.1", **fields}


class Explain(CliTest):
    def explain(self, kind, payload, *flags, code=0):
        text = payload if isinstance(payload, str) else json.dumps(payload)
        return self.call("explain", kind, self.file("payload", text), *flags, "--format", "json", code=code).json()

    def test_a_payment_is_ok_and_the_same_call_as_a_delegatecall_is_blocked(self):
        envelope = self.explain("safe", proposal())
        self.assertEqual(envelope["kind"], "explain.result")
        data = envelope["data"]
        self.assertEqual((data["verdict"], data["effects"][0]["kind"], data["effects"][0]["amount"]), ("ok", "transfer", "5"))
        self.assertEqual(data["effects"][0]["to"], PAYEE)
        token = self.explain("safe", proposal(STRANGER, data=TRANSFER, value="0"))["data"]
        self.assertEqual(token["verdict"], "ok")
        masked = self.explain("safe", proposal(STRANGER, data=TRANSFER, value="0", operation=1), code=1)["data"]
        self.assertEqual(masked["verdict"], "block")
        self.assertEqual({effect["kind"] for effect in masked["effects"]}, {"code"})
        self.assertLessEqual({"R1", "R2", "R6"}, {each["rule"] for each in masked["findings"] if each["severity"] == "block"})

    def test_the_verdict_is_the_first_thing_a_person_sees(self):
        payload = self.file("payload", json.dumps(proposal(STRANGER, data=TRANSFER, operation=1)))
        for width in ("40", "100", "200"):
            answer = self.call("explain", "safe", payload, code=1, env={"COLUMNS": width, "PATH": "/usr/bin"})
            self.assertTrue(answer.out.startswith("BLOCK"), answer)
            self.assertNotIn("\x1b", answer.out)
        self.assertIn("\x1b[", self.call("explain", "safe", payload, "--color", "always", code=1).out)

    def test_standard_input_and_several_payloads(self):
        text = (json.dumps(proposal()) + "\n" + json.dumps(proposal(nonce=8))).encode()
        path = self.file("both", text)
        with open(path, "rb") as both:
            lines = self.call("explain", "safe", "-", "--format", "jsonl", stdin=both).out.splitlines()
        self.assertEqual([json.loads(line)["data"]["verdict"] for line in lines], ["ok", "ok"])
        self.assertEqual(len(self.explain("safe", text.decode())["data"]["results"]), 2)

    def test_what_a_signer_knows_changes_the_verdict(self):
        known = {"version": 1, "chain": "eth", "book": [{"address": STRANGER, "name": "Exchange", "may": ["be-paid"]}]}
        context = self.file("known.json", json.dumps(known))
        data = self.explain("safe", proposal(), "--context", context, code=1)["data"]
        self.assertEqual([each["severity"] for each in data["findings"] if each["rule"] == "R3"], ["warn"])
        data = self.explain("safe", proposal(STRANGER), "--context", context)["data"]
        self.assertIn("Exchange (", data["summary"])
        request = self.file("wd.json", json.dumps({"id": "wd-1", "chain": "eth", "asset": "native", "from": SAFE,
                                                   "to": PAYEE, "amount": "6"}))
        data = self.explain("safe", proposal(), "--request", request, code=1)["data"]
        self.assertEqual(data["findings"][0]["rule"], "R12")

    def test_the_ledger_is_history_and_names(self):
        good = self.file("t.csv", transfers(row(100, 50, "safe", "payee")))
        labels = self.file("l.csv", f"address,label,category,source,confidence\n{PAYEE},Some Exchange,exchange,list,0.9\n")
        self.ingest(f"transfers:{good}", f"labels:{labels}")
        data = self.explain("safe", proposal(), "--ledger", self.ledger)["data"]
        self.assertIn('labelled "Some Exchange"', data["summary"])
        data = self.explain("safe", proposal(STRANGER), "--ledger", self.ledger, code=1)["data"]
        self.assertIn("R3", {each["rule"] for each in data["findings"] if each["severity"] == "warn"})

    def test_calldata_messages_and_requests(self):
        data = self.explain("evm", TRANSFER, "--to", STRANGER, "--from", SAFE)["data"]
        self.assertEqual((data["effects"][0]["who"], data["effects"][0]["asset"]), (SAFE, STRANGER))
        self.assertEqual(self.explain("message", "I agree.")["data"]["verdict"], "ok")
        self.assertEqual(self.explain("message", "0x" + "ab" * 32, code=1)["data"]["verdict"], "block")
        asked = self.call("explain", "safe", self.file("p", json.dumps(proposal())), "--simulation-request", "0x60").json()
        self.assertEqual(asked["method"], "debug_traceCall")
        self.assertEqual(list(asked["params"][2]["stateOverrides"]), [SAFE])

    def test_bad_input_is_refused_by_name(self):
        for payload, says in (("", "offset 0"), ("{", "offset"), ('{"safe":1}', "field safe"),
                              (json.dumps({**proposal(), "operation": 2}), "field operation"),
                              (json.dumps({**proposal(), "to": PAYEE[:-1]}), "field to"),
                              (json.dumps({**proposal(), "data": "0x1"}), "field data"),
                              (json.dumps({**proposal(), "value": "-1"}), "field value")):
            answer = self.call("explain", "safe", self.file("bad", payload), code=3)
            self.assertIn(says, answer.err)
        self.call("explain", "safe", code=2)
        self.call("explain", "nothing", self.file("x", "{}"), code=2)
        self.assertIn("--to", self.call("explain", "evm", self.file("x", TRANSFER), code=3).err)

    def test_a_huge_payload_is_read_within_bounds(self):
        part = "00" + PAYEE[2:] + f"{1:064x}" + f"{0:064x}"
        packed = part * 15_000
        data = "0x8d80ff0a" + f"{32:064x}" + f"{len(packed) // 2:064x}" + packed + "00" * (-(len(packed) // 2) % 32)
        library = "0x9641d764fc13c8b624c04430c7356c1c7c8102e2"  # MultiSendCallOnly 1.4.1.
        big = self.file("big", json.dumps(proposal(library, data=data, operation=1, value="0")))
        limited = subprocess.run(["bash", "-c", f"ulimit -v 1000000; exec {self.program()} explain safe {big} --format json"],
                                 stdout=subprocess.PIPE, timeout=60, check=False)
        self.assertEqual(limited.returncode, 0)
        self.assertEqual(len(json.loads(limited.stdout)["data"]["effects"]), 15_000)

    @staticmethod
    def program():
        from tests.cli.support import program
        return program()
