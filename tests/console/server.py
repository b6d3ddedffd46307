# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A real `cordon serve` for tests: over a case, on loopback, with a token and a session of each role."""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time

ROLES = ("viewer", "analyst", "approver", "operator", "admin")
PASSWORD = "correct horse battery"
WAIT = 60  # Seconds that a start may take on a machine that is busy.
CASE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "synthetic_exchange_theft"


def free_port(first=int(os.environ.get("CORDON_TEST_PORTS", "18500")), last=None):
    last = last or first + 40
    for port in range(first, last):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


class Counted:
    """Checks that are counted, and told when they fail."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


class Server:
    """One process and what is known of it. A context: it ends with it."""

    def __init__(self, cordon, data, arguments, before=()):
        """`before`: a program that becomes this one, such as setpriv."""
        self.cordon, self.data = cordon, pathlib.Path(data)
        self.port = int(arguments[arguments.index("--listen") + 1].rsplit(":", 1)[1]) if "--listen" in arguments else None
        self.tokens, self.sessions = {}, {}
        self.errors = []
        self.process = subprocess.Popen([*before, cordon, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, errors="replace")
        threading.Thread(target=self._listen, daemon=True).start()
        deadline = time.monotonic() + WAIT
        while not any(" http://" in line or " https://" in line for line in self.errors):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise RuntimeError("serve did not start: " + "".join(self.errors[-5:]))
            time.sleep(0.01)
        if self.port is None:
            self.port = int(re.search(r"https?://[^ ]*:(\d+)", "".join(self.errors)).group(1))

    @classmethod
    def over_case(cls, cordon, data, case=CASE):
        return cls(cordon, data, ["--case", str(case), "--data", str(data), "--listen", f"127.0.0.1:{free_port()}"])

    @classmethod
    def of_config(cls, cordon, data, config):
        return cls(cordon, data, ["--config", str(config)])

    def _listen(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Asks it to end, then makes it. Only ever our own child, which keeps its pid until it is waited for."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=20)

    def terminal(self, *words, text=None):
        return subprocess.run([self.cordon, "serve", *words, "--data", str(self.data)], capture_output=True, text=True,
                              input=text, timeout=60, check=False)

    def token(self, *roles):
        """Of a program with these roles; made once."""
        if roles not in self.tokens:
            made = self.terminal("token", "new", "-".join(roles), *[w for r in roles for w in ("--role", r)])
            if made.returncode != 0:
                raise RuntimeError(made.stderr)
            self.tokens[roles] = made.stdout.strip().splitlines()[-1]
        return self.tokens[roles]

    def session(self, role):
        """(cookie, csrf) of a person with this role; logged in once."""
        if role not in self.sessions:
            made = self.terminal("user", "add", f"p-{role}", "--role", role, text=PASSWORD + "\n")
            if made.returncode != 0:
                raise RuntimeError(made.stderr)
            answer = self.ask("POST", "/api/session", {"name": f"p-{role}", "password": PASSWORD})
            if answer.status != 201:
                raise RuntimeError(answer.text)
            self.sessions[role] = (answer.headers["set-cookie"].split(";")[0], answer.json["data"]["csrf"])
        return self.sessions[role]

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def as_session(self, role):
        cookie, csrf = self.session(role)
        return {"Cookie": cookie, "X-Cordon-CSRF": csrf, "Origin": self.origin}

    def as_token(self, *roles):
        return {"Authorization": "Bearer " + self.token(*roles)}

    def ask(self, method, target, body=None, headers=None, timeout=30):
        """One call. Of a stream only the beginning is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = dict(headers or {})
            if body is not None:
                body = body if isinstance(body, (bytes, str)) else json.dumps(body)
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            is_stream = answer.getheader("content-type", "").startswith("text/event-stream")
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()},
                          b"" if is_stream else answer.read())
        finally:
            connection.close()

    def raw(self, data, wait=10.0):
        """Bytes as they are; all that comes back until the other side closes or the time is over."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            try:
                connection.sendall(data)
                while piece := connection.recv(65536):
                    got += piece
            except OSError:
                pass
        return got
