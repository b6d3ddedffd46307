# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""`cordon serve` and a witness that was written from the specification alone (C2SP tlog-witness, signed-note; RFC 9162
§2.1.4.2), which shares no code with it."""
import base64
import hashlib
import http.server
import socket
import subprocess
import threading
import time
import unittest

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError:
    Ed25519PrivateKey = None

from tests.cli.support import CliTest, program
from tests.cli.test_guard import POLICY


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_consistent(first, second, first_root, second_root, proof):
    if first == second:
        return not proof and first_root == second_root
    if first & (first - 1) == 0:
        proof = [first_root] + proof
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not proof:
        return False
    fr = sr = proof[0]
    for each in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(each, fr), node(each, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, each)
        fn, sn = fn >> 1, sn >> 1
    return fr == first_root and sr == second_root and sn == 0


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


class Witness:
    """One that knows the logs by their public keys."""

    def __init__(self, name):
        self.name, self.secret = name, Ed25519PrivateKey.generate()
        self.public = self.secret.public_key().public_bytes_raw()
        self.logs, self.seen, self.asked = {}, {}, []
        witness = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, text = witness.answer(body) if self.path == "/w/add-checkpoint" else (404, "")
                witness.asked.append(status)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def key_text(self):
        return f"{self.name}+{key_id(self.name, 4, self.public).hex()}+" + base64.b64encode(b"\x04" + self.public).decode()

    def know(self, text):
        name, _, key = text.split("+", 2)
        self.logs[name] = base64.b64decode(key)[1:]

    def answer(self, body):
        head, note = body.split("\n\n", 1)
        old, *proof = head.split("\n")
        text, signatures = note.split("\n\n", 1)
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        if origin not in self.logs:
            return 404, ""
        signature = base64.b64decode(signatures.split("\n")[0].split(" ")[2])
        if signature[:4] != key_id(origin, 1, self.logs[origin]):
            return 403, ""
        Ed25519PublicKey.from_public_bytes(self.logs[origin]).verify(signature[4:], text.encode())
        size, root, old = int(size), base64.b64decode(root), int(old.removeprefix("old "))
        known, known_root = self.seen.get(origin, (0, b""))
        if old != known:
            return 409, f"{known}\n"
        if known and not is_consistent(known, size, known_root, root, [base64.b64decode(each) for each in proof]):
            return 422, ""
        self.seen[origin] = (size, root)
        now = int(time.time())
        signed = self.secret.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        line = key_id(self.name, 4, self.public) + now.to_bytes(8, "big") + signed
        return 200, f"\u2014 {self.name} {base64.b64encode(line).decode()}\n"


@unittest.skipIf(Ed25519PrivateKey is None, "the Python package cryptography is not installed")
class ServeAndWitness(CliTest):
    def test_serve_has_its_logs_cosigned_and_log_verify_counts_it(self):
        witness = Witness("colo")
        self.addCleanup(witness.http.shutdown)
        self.file("policy.yaml", POLICY)
        with socket.socket() as free:  # Nobody else has it for the moment.
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = self.file("serve.yaml", f"""version: 1
data: data
listen: 127.0.0.1:{port}
guard: {{policy: policy.yaml}}
log:
  witnesses:
    - {{key: "{witness.key_text()}", url: "http://127.0.0.1:{witness.http.server_address[1]}/w"}}
""")
        data = self.folder / "data"
        log = data / "gate" / "log"
        kept = data / "witness" / "gate.checkpoint"
        with subprocess.Popen([program(), "serve", "--config", str(config)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as child:
            try:
                for line in child.stdout:
                    if line.startswith("console"):
                        break
                witness.know(self.call("guard", "key", "--state", data / "gate", "--format", "json").json()["data"]["log"])
                deadline = time.monotonic() + 60
                while not kept.exists() and time.monotonic() < deadline:
                    time.sleep(0.1)
                self.assertTrue(kept.exists(), f"nothing was cosigned; answers: {witness.asked}")
            finally:
                child.terminate()
                child.wait(timeout=60)
        done = self.call("log", "verify", log, "--trusted", kept, "--witness-key", witness.key_text(), "--format", "json")
        self.assertEqual(done.json()["data"]["cosigned_by"], ["colo"])
        # Another log in its place: what the witness saw says so.
        self.call("log", "verify", data / "log", "--trusted", kept, "--witness-key", witness.key_text(), code=(3, 5, 6))
