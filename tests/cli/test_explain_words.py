# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""explain: words of descriptors, spoken hashes, QR codes both ways, and that the help page tells the truth."""
import json
import os
import pathlib
import re
import struct
import unittest
import zlib

from tests.cli.support import CliTest, address

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAFE, TOKEN, PAYEE, ZERO = address("safe"), address("token"), address("payee"), "0x" + "0" * 40


def word(value):
    return (value.removeprefix("0x") if isinstance(value, str) else f"{value:x}").rjust(64, "0")


def proposal(operation=0):
    return json.dumps({"safe": SAFE, "chainId": 1, "version": "1.4.1", "to": TOKEN, "value": "0",
                       "data": "0xa9059cbb" + word(PAYEE) + word(1_500_000), "operation": operation, "safeTxGas": "0",
                       "baseGas": "0", "gasPrice": "0", "gasToken": ZERO, "refundReceiver": ZERO, "nonce": "1"})


def descriptor(contract):
    return json.dumps({
        "context": {"contract": {"deployments": [{"chainId": 1, "address": contract}]}},
        "metadata": {"owner": "Acme"},
        "display": {"formats": {"transfer(address to, uint256 amount)": {"intent": "Send", "fields": [
            {"path": "amount", "label": "Amount", "format": "tokenAmount", "params": {"tokenPath": "@.to"}},
            {"path": "to", "label": "To", "format": "addressName"}]}}}})


def png_of(blocks, scale=4):
    """The picture of a QR code as `--qr` draws it: light modules are drawn."""
    rows = []
    for line in blocks:
        rows.append(b"".join((b"\xff" if each in "█▀" else b"\x00") * scale for each in line))
        rows.append(b"".join((b"\xff" if each in "█▄" else b"\x00") * scale for each in line))
    raw = b"".join(b"\x00" + row for row in rows for _ in range(scale))

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows) * scale, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


class ExplainWords(CliTest):
    def explain(self, *flags, operation=0):
        return json.loads(self.call("explain", "safe", self.file("p.json", proposal(operation)), *flags,
                                          "--format", "json", code=None).out)["data"]

    def test_words_of_the_descriptor_stand_beside_the_effects(self):
        self.file("registry/a.json", descriptor(TOKEN))
        tokens = self.file("tokens.csv", f"chain,asset,symbol,decimals,status\neth,{TOKEN},USDX,6,verified\n")
        plain = self.explain("--tokens", tokens)
        told = self.explain("--tokens", tokens, "--clear-signing", self.folder / "registry")
        self.assertEqual([], plain["screens"])
        self.assertEqual([("Interaction with", "Acme"), ("Intent", "Send"), ("Amount", "1.5 USDX")],
                         [(each["label"], each["value"]) for each in told["screens"]][:3])
        for key in ("effects", "findings", "verdict", "summary", "worst_case", "hashes"):
            self.assertEqual(plain[key], told[key])

    def test_there_are_no_words_for_other_contracts_and_delegatecalls(self):
        self.file("other/a.json", descriptor(PAYEE))
        self.file("registry/a.json", descriptor(TOKEN))
        self.assertEqual([], self.explain("--clear-signing", self.folder / "other")["screens"])
        self.assertEqual([], self.explain("--clear-signing", self.folder / "registry", operation=1)["screens"])

    def test_a_hash_goes_over_as_a_qr_code_and_a_payload_comes_back(self):
        path = self.file("p.json", proposal())
        told = self.explain()["hashes"][-1]
        self.assertEqual(told["value"][2:].upper(), told["ledger"][2:])
        self.assertEqual(17, len(told["words"].split()))
        drawn = self.call("explain", "safe", path, "--qr", "payload", code=None).out.splitlines()
        picture = self.folder / "code.png"
        picture.write_bytes(png_of([line for line in drawn if re.fullmatch("[█▀▄ ]{29,}", line)]))
        back = json.loads(self.call("explain", "safe", "--qr-image", picture, "--format", "json", code=None).out)
        self.assertEqual(told, back["data"]["hashes"][-1])

    def test_an_unknown_hash_and_a_picture_without_a_code_are_refused(self):
        path = self.file("p.json", proposal())
        self.assertIn("domain hash", self.call("explain", "safe", path, "--qr", "nothing", code=(2, 3)).err)
        blank = self.folder / "blank.png"
        blank.write_bytes(png_of(["█" * 30] * 15))
        self.assertIn("no QR code", self.call("explain", "safe", "--qr-image", blank, code=(2, 3)).err)

    def test_the_help_page_shows_what_the_program_says(self):
        page = (ROOT / "docs/user/explain.md").read_text("utf-8")
        shown = re.findall(r"```text\n\$ cordon (explain [^\n]+)\n(.*?)\n```", page, re.S)
        self.assertEqual(4, len(shown))
        for command, text in shown:
            words = [str(ROOT / each) if each.startswith("examples/") else each for each in command.split()]
            answer = self.call(*words, code=None, env=os.environ | {"COLUMNS": "100"})
            self.assertEqual(text, answer.out.rstrip("\n"), "tools/refresh_examples docs/user/explain.md writes it anew")


if __name__ == "__main__":
    unittest.main()
