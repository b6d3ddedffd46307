#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Every call of a running `cordon serve` as everybody, and clients that mean harm.

usage: matrix.py --cordon PATH [--dir DIR]

Walks /api/openapi.json of a server over the bundled case. A call that is not in the table below fails: whoever adds one says
here who may make it. Nothing that comes back, and nothing on standard error, may hold a path of the machine or a secret.
Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import argparse
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from server import CASE, PASSWORD, ROLES, Counted, Server

# Who may what, written by hand: the server's own table is what is tested.
MAY = {"open": set(ROLES), "read": set(ROLES), "investigate": {"analyst"}, "approve": {"approver"}, "operate": {"operator"},
       "administer": {"admin"}}
CALLS = {
    "open": "getHealth getReadiness getOpenApi logIn",
    "read": """getSession logOut listenEvents getSystem getMetrics listAlerts getAlert listIncidents getIncident
        listSuppressions getWatch listTraces getTrace getTraceResult getTraceSummary getTraceLayout getTraceSvg getTraceEdges
        getTraceNodes getTracePath getTraceRules getView getAddress listTransfers getTransfersCsv listCounterparties getTxn screenAddress
        search listWithdrawals getWithdrawal listBreakers getPolicy listUnaccounted listCases getCase listLetters getLetterhtml
        getLettertxt getLettercsv getReport getArchive""",
    "investigate": """actOnAlerts previewSuppression addSuppression endSuppression askTrace askTraceRules saveView makeCase editCase
        addCaseItem removeCaseItem sealCase""",
    "approve": "getWithdrawalStatement handInStatement getBreakerStatement getPolicyStatement",
    "operate": "getDoctor askForWithdrawal cancelWithdrawal getBundle tripBreaker proposePolicy",
    "administer": "listAccounts makeAccount changeAccount listTokens makeToken revokeToken listAudit",
}
PERMISSION = {call: permission for permission, calls in CALLS.items() for call in calls.split()}
# POST for the size of the question; nothing is changed, so a session needs neither CSRF token nor Origin.
ONLY_ASKS = ("previewSuppression",)
REFUSED = (401, 403, 421)
# Words of C++ and of libraries that must reach nobody.
LEAKS = re.compile(r"std::|what\(\)|terminate called|basic_string|boost::|SQL logic|sqlite3?_|\bbad_alloc\b|/usr/|/proc/|"
                   r"AddressSanitizer|ERROR: |\.cpp:\d")


class Check(Counted):
    def __init__(self, server):
        super().__init__()
        self.server, self.seen = server, []

    def ask(self, *args, **more):
        answer = self.server.ask(*args, **more)
        # The text of the case's own documents is the investigator's.
        self.seen.append((f"{args[0]} {args[1]}", answer.status, answer.text + str(answer.headers)))
        return answer


def calls_of(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), re.sub(r"\{[^}]*\}", "x", path), operation


def matrix(check):
    server = check.server
    document = check.ask("GET", "/api/openapi.json").json
    calls = list(calls_of(document))
    found = {operation["operationId"] for _, _, operation in calls}
    check.that(found == set(PERMISSION), f"not in both: {sorted(found ^ set(PERMISSION))}")
    for role in ROLES:
        server.session(role)
    for method, path, operation in calls:
        name = operation["operationId"]
        permission = PERMISSION.get(name)
        if permission is None:
            continue
        changes = method != "GET"
        body = {} if "requestBody" in operation else None

        def status(headers):
            # Of one caller a hundred a second: who is too fast asks again.
            for _ in range(50):
                answer = check.ask(method, path, body, headers)
                if answer.status != 429:
                    break
                time.sleep(0.1)
            check.that(answer.status < 500 or answer.status == 503 and name == "getReadiness",
                       f"{name}: {answer.status} {answer.text[:200]}")
            return answer.status

        if name == "logIn":
            continue  # Bounded to a few: unit tests have it.
        if permission != "open":
            check.that(status({}) == 401, f"{name} as nobody")
            check.that(status({"Authorization": "Bearer " + "a" * 64}) == 401, f"{name} with a bad token")
            check.that(status({"Cookie": "cordon=" + "a" * 64}) == 401, f"{name} with a bad cookie")
        for role in ROLES:
            may = role in MAY[permission]
            session = server.as_session(role)
            if name == "logOut":
                continue
            for kind, headers in (("token", server.as_token(role)), ("session", session)):
                got = status(headers)
                check.that((got not in REFUSED) == may or (got == 403 and may and name == "askForWithdrawal"),
                           f"{name} as {role} by {kind}: {got}")
            check.that(status({**session, "Origin": "https://evil.example"}) == 403, f"{name} as {role} from another site")
            check.that(status({**session, "Sec-Fetch-Site": "cross-site"}) == 403 or not changes,
                       f"{name} as {role} from another site, as browsers say it")
            if permission != "open":
                check.that(status({**session, "Host": "evil.example"}) in (403, 421), f"{name} as {role} by another host")
                if changes and name not in ONLY_ASKS:
                    bare = {k: v for k, v in session.items() if k != "X-Cordon-CSRF"}
                    check.that(status(bare) == 403, f"{name} as {role} without CSRF")
                    bare = {k: v for k, v in session.items() if k != "Origin"}
                    check.that(status(bare) == 403, f"{name} as {role} without an Origin")


def hostile(check):
    """What no browser sends."""
    server, port = check.server, check.server.port

    def raw(data, allowed, what, wait=10.0):
        got = server.raw(data if isinstance(data, bytes) else data.encode(), wait)
        check.seen.append((what, 0, got.decode("utf-8", "replace")))
        status = int(got[9:12]) if got.startswith(b"HTTP/1.1 ") else None
        check.that(status in allowed, f"{what}: {status} {got[:200]!r}")
        return got

    end = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    for path in ("/../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../log.key",
                 "/assets/..%5c..%5clog.key", "/%00", "/accounts.sqlite", "/log.key", "//etc/passwd", "/./log.key",
                 "/api/../log.key", "/assets/%252e%252e/log.key"):
        got = raw(f"GET {path} HTTP/1.1\r\n{end}", (200, 400, 404, 421), f"GET {path}")
        check.that(b"root:" not in got and b"SQLite format" not in got and b"PRIVATE" not in got, f"GET {path} gave a file")
    raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64, (400, None), "TLS on a plain port")
    raw(b"GET / HTTP/1.1\r\n\r\n", (400,), "no Host")
    raw(f"GET / HTTP/1.1\r\nHost: a\r\n{end}", (400,), "two Hosts")
    raw(f"GET / HTTP/9.9\r\n{end}", (400, 505), "a version that is none")
    raw(f"GET / HTTP/1.1\r\nX: a\r\n b\r\n{end}", (400, 200), "a folded header")
    raw(f"GET / HTTP/1.1\r\nX:{'a' * 200_000}\r\n{end}", (431, 400, None), "a header of 200 kB")
    raw(f"GET /{'a' * 200_000} HTTP/1.1\r\n{end}", (431, 414, 400, None), "a path of 200 kB")
    raw(f"POST /api/session HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n{end}", (413,),
        "a body that is announced as 100 GB")
    raw(f"POST /api/session HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n{end}0\r\n\r\n", (400,),
        "two lengths")
    raw(f"POST /api/session HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n{end}abcde", (400,), "two Content-Lengths")
    raw(f"POST /api/session HTTP/1.1\r\nContent-Length: -5\r\n{end}", (400, 413), "a negative length")
    got = raw(f"GET /%0d%0aSet-Cookie:%20x=1 HTTP/1.1\r\n{end}", (200, 400, 404), "a line end in a path")
    check.that(b"\r\nSet-Cookie: x=1" not in got, "a path wrote a header")
    got = raw(f"GET /healthz HTTP/1.1\r\nX-Request-Id: a\x0bb\x01\r\n{end}", (200, 400), "an id that is no word")
    check.that(b"\x0b" not in got, "an id went back as it came")
    deep = "[" * 50_000
    cookie = server.as_session("analyst")
    for body, what in ((deep, "a deep body"), ("\0" * 1000, "zeros"), ('{"ids":["' + "\\ud800" * 9 + '"]}', "half a surrogate"),
                       ("{" + '"a":1,' * 2000 + '"a":1}', "one name often"), ("\xff\xfe".encode("latin-1"), "no UTF-8")):
        for method, path in (("POST", "/api/alerts/actions"), ("POST", "/api/traces"), ("POST", "/api/cases"),
                             ("POST", "/api/views"), ("POST", "/api/suppressions")):
            answer = check.ask(method, path, body, cookie)
            check.that(400 <= answer.status < 500, f"{path} with {what}: {answer.status}")
    answer = check.ask("POST", "/api/alerts/actions", "ids=x&action=close",
                       {"Cookie": cookie["Cookie"], "Content-Type": "application/x-www-form-urlencoded",
                        "Origin": "https://evil.example"})
    check.that(answer.status == 403, f"a form of another site: {answer.status}")
    answer = check.ask("POST", "/api/alerts/actions", "{}", {**cookie, "Content-Type": "text/plain"})
    check.that(answer.status == 415, f"a body that says it is text: {answer.status}")


def streams(check):
    """A stream ends with the token, and with the session, by which it was opened."""
    server = check.server

    def listen(headers):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{lines}\r\n".encode())
        check.that(b" 200 " in connection.recv(4096), "a stream begins")
        return connection

    def ends(connection, what):
        begin = time.monotonic()
        try:
            while connection.recv(65536):
                if time.monotonic() - begin > 30:
                    break
            else:
                check.that(time.monotonic() - begin < 20, f"{what}: it ended after {time.monotonic() - begin:.1f} s")
                return
        except OSError:
            pass
        check.that(False, f"{what}: the stream goes on")

    made = server.terminal("token", "new", "listener", "--role", "viewer").stdout.strip().splitlines()[-1]
    by_token, by_session = listen({"Authorization": "Bearer " + made}), listen(server.as_session("viewer"))
    check.that(server.terminal("token", "revoke", "listener").returncode == 0, "a token is revoked")
    check.that(server.terminal("user", "disable", "p-viewer").returncode == 0, "an account is disabled")
    ends(by_token, "a token that was revoked")
    ends(by_session, "an account that was disabled")
    # What the terminal did beside the server is in its log, by now.
    time.sleep(1.5)
    rows = check.ask("GET", "/api/audit?limit=500", headers=server.as_token("admin")).json["data"]["items"]
    told = [(row["what"], row["target"]) for row in rows if row.get("as") == "terminal"]
    check.that(("token revoke", "listener") in told and ("user disable", "p-viewer") in told, f"the audit log has {told[:5]}")


def logins(check):
    """Who cannot show who he is, is nobody, and does not learn whether there is such a name."""
    server = check.server
    check.that(server.terminal("user", "add", "p-away", "--role", "viewer", text=PASSWORD + "\n").returncode == 0, "an account is made")
    check.that(server.terminal("user", "disable", "p-away").returncode == 0, "an account is disabled")
    said = {}
    for what, body in (("a wrong password", {"name": "p-analyst", "password": "not this one"}),
                       ("a name that is not there", {"name": "p-nobody", "password": "not this one"}),
                       ("an account that is disabled", {"name": "p-away", "password": PASSWORD}),
                       ("a link that never was", {"entry": "a" * 64})):
        answer = check.ask("POST", "/api/session", body)
        check.that(answer.status == 401 and "www-authenticate" in answer.headers, f"{what}: {answer.status}")
        said[what] = answer.json["detail"]
    said.pop("a link that never was")
    check.that(len(set(said.values())) == 1, f"the words tell which it is: {said}")


def jobs(check):
    """A trace that fails says why without what is the machine's."""
    server = check.server
    headers = server.as_token("analyst")
    for seeds in ("eth:0x" + "22" * 32, "eth:0x" + "11" * 20, "btc:" + "22" * 32, "/etc/passwd", "../../etc/passwd", "x", ""):
        answer = check.ask("POST", "/api/traces", {"seeds": seeds}, headers)
        check.that(400 <= answer.status < 500, f"a trace from {seeds!r}: {answer.status}")
    # Its records are gone while it runs: whatever the error, it is of a file of this machine.
    seed = json.loads((CASE / "case.json").read_text())["seeds"][0]
    records = server.data / "ledger" / "records.sqlite"
    away = records.with_name("away")
    records.rename(away)
    try:
        answer = check.ask("POST", "/api/traces", {"seeds": seed, "hops": 3}, headers)
        check.that(answer.status == 202, f"a trace is begun: {answer.status} {answer.text[:200]}")
        job = answer.json["data"]
        for _ in range(300):
            answer = check.ask("GET", f"/api/traces/{job['id']}", headers=headers)
            job = answer.json["data"]
            if job["state"] not in ("waiting", "running"):
                break
            time.sleep(0.1)
        check.that(job["state"] == "failed" and job.get("error"), f"a trace without its records fails, and says so: {job}")
        check.that(LEAKS.search(answer.text) is None and "/" not in job.get("error", ""), f"a failed trace says {job}")
        for part in ("result", "summary", "layout", "flow.svg", "edges.csv", "nodes.csv"):
            answer = check.ask("GET", f"/api/traces/{job['id']}/{part}", headers=headers)
            check.that(answer.status >= 400, f"{part} of a failed trace: {answer.status}")
        listed = check.ask("GET", "/api/traces", headers=headers).json["data"]["items"]
        check.that(any(each["id"] == job["id"] for each in listed), "a failed trace is listed")
    finally:
        away.rename(records)
    answer = check.ask("POST", "/api/traces", {"seeds": seed, "hops": 3}, headers)
    check.that(answer.status == 202 and answer.json["data"]["state"] != "failed", "what failed is tried again when asked again")


def leaks(check, work):
    server = check.server
    secrets = [*server.tokens.values(), *(csrf for _, csrf in server.sessions.values()), PASSWORD,
               *(cookie.split("=", 1)[1] for cookie, _ in server.sessions.values())]
    own = [str(work), str(pathlib.Path.cwd())]
    for what, status, text in check.seen:
        found = [each for each in own if each in text]
        match = LEAKS.search(text) if status >= 400 or status == 0 else None
        # The doctor tells its operator which files are not right; everybody else hears of none.
        check.that(not found or what.endswith("/api/doctor"), f"{what} ({status}) has {found}")
        check.that(match is None, f"{what} ({status}) says {match and match.group()}: {text[:300]}")
    # Neither what was asked nor what was answered is kept with a secret in it: the audit log, the store of accounts, cases.
    kept = [path for path in server.data.rglob("*") if path.is_file()]
    check.that(not server.tokens or any("log/tile" in str(path) for path in kept) and
               any(path.name == "accounts.sqlite" for path in kept),
               f"the log and the accounts are looked through: {len(kept)} files")
    for path in kept:
        data = path.read_bytes()
        check.that(not any(secret.encode() in data for secret in secrets), f"{path.name} holds a secret")
    said = "".join(server.errors)
    for secret in secrets:
        check.that(secret not in said, "standard error has a secret")
    check.that(LEAKS.search(said.replace("cordon: warning: ", "")) is None, f"standard error: {said[-2000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordon", required=True)
    parser.add_argument("--dir")
    args = parser.parse_args()
    cordon = shutil.which(args.cordon)
    if cordon is None:
        parser.error("--cordon must name a program that runs")
    work = pathlib.Path(args.dir or tempfile.mkdtemp(prefix="cordon-matrix-"))
    with Server.over_case(cordon, work / "data") as server:
        check = Check(server)
        for part in (matrix, logins, jobs, hostile, streams):
            before = check.passed + check.failed
            part(check)
            print(f"{part.__name__}: {check.passed + check.failed - before} checks", flush=True)
        check.that(server.process.poll() is None, "the server runs to the end")
        leaks(check, work)
    verify = subprocess.run([cordon, "log", "verify", str(work / "data" / "log")], capture_output=True, text=True,
                                          timeout=60, check=False)
    check.that(verify.returncode == 0, f"log verify: {verify.stderr}")
    if args.dir is None and check.failed == 0:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
