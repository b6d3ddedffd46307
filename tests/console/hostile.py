#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm, many at a time, against a real `cordon serve`, plain and with TLS.

usage: hostile.py --cordon PATH

Slow ones, half-open TLS, two readings of one request, a thousand requests at once, bodies without an end, line ends in every
parameter, pages of other sites, and clients that never read. Meanwhile others are answered, and memory stays bounded: it is
read before and after each, and told. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import argparse
import contextlib
import json
import pathlib
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from matrix import Check, calls_of, leaks
from server import Server, free_port

MANY = 500
GROWTH = 64 * 1024  # KiB that a server may have more after an attack: its lanes' buffers and malloc's arenas are kept.


def memory(server):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


@contextlib.contextmanager
def bounded(check, what):
    before = memory(check.server)
    yield
    after = memory(check.server)
    print(f"{what}: {before // 1024} MiB before, {after // 1024} MiB after", flush=True)
    check.that(after - before < GROWTH, f"{what}: memory grew by {(after - before) // 1024} MiB")


def connect(server, **options):
    connection = socket.socket()
    for name, value in options.items():
        connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", server.port))
    return connection


def ended(connections, seconds):
    """How many the other side has closed, waiting no longer than that for all together."""
    until, count = time.monotonic() + seconds, 0
    for each in connections:
        try:
            while True:
                each.settimeout(max(until - time.monotonic(), 0.05))
                if each.recv(65536) == b"":
                    count += 1
                    break
        except ConnectionError:
            count += 1
        except OSError:
            pass
        each.close()
    return count


def answer_time(server, tls=None):
    """Of somebody who is well-behaved."""
    begin = time.monotonic()
    with connect(server) as plain:
        with (tls.wrap_socket(plain, server_hostname="localhost") if tls else contextlib.nullcontext(plain)) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            got = b""
            while piece := connection.recv(65536):
                got += piece
    if got[9:12] not in (b"200", b"429"):  # All of them come from one address.
        raise RuntimeError(f"healthz: {got[:200]!r}")
    return time.monotonic() - begin


def beside(check, what, seconds, step, tls=None):
    """Others are answered while `step` goes on."""
    begin, longest = time.monotonic(), 0.0
    while time.monotonic() - begin < seconds:
        step()
        try:
            longest = max(longest, answer_time(check.server, tls))
        except (OSError, RuntimeError) as error:
            check.that(False, f"{what}: others got {error}")
            return
        time.sleep(0.5)
    print(f"{what}: others waited {longest * 1000:.0f} ms at most", flush=True)
    check.that(longest < 2, f"{what}: an answer took {longest:.2f} s")


def slow(check):
    """A byte at a time from five hundred: of the head, and of the body."""
    heads = [connect(check.server) for _ in range(MANY // 2)]
    bodies = [connect(check.server) for _ in range(MANY - len(heads))]
    for each in heads:
        each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    for each in bodies:
        each.sendall(b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 1000\r\n\r\n")

    def step():
        for each in heads + bodies:
            with contextlib.suppress(OSError):
                each.sendall(b"a")

    beside(check, f"{MANY} slow ones", 14, step)
    gone = ended(heads + bodies, 10)
    check.that(gone == MANY, f"{gone} of {MANY} slow ones were sent away within 24 s")


def half_open(check, tls):
    """TLS that is begun and not gone on with; and what is no TLS."""
    hello = bytes.fromhex("16030102000100") + b"\x01\xfc\x03\x03"
    several = [connect(check.server) for _ in range(MANY)]
    for number, each in enumerate(several):
        each.sendall((b"", hello, hello[:3])[number % 3])
    beside(check, f"{MANY} half-open TLS", 12, lambda: None, tls)
    # What says nothing at all has the time of an idle connection, as one between two requests.
    spoke = [each for number, each in enumerate(several) if number % 3]
    gone = ended(spoke, 15)
    check.that(gone == len(spoke), f"{gone} of {len(spoke)} half-open ones were sent away within 27 s")
    for each in several:
        each.close()
    for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 4096, b"SSH-2.0-x\r\n", b"\x16\x03\x01\xff\xff" + b"a" * 70000):
        got = check.server.raw(data, 15)
        check.that(b"HTTP/1.1 200" not in got, f"no TLS: {got[:80]!r}")


def large(check):
    """Heads and bodies without an end are cut off where they become too large, not read first."""
    begin = b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    piece = b"a" * 65536
    for what, head, part in (
        ("a header of 64 MiB", begin + b"X: ", piece),
        ("a million headers", begin, b"X: a\r\n" * 10000),
        ("a body of 64 MiB in chunks", begin + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + piece + b"\r\n"),
        ("a chunk's length without an end", begin + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
        ("a chunk's extension without an end", begin + b"Transfer-Encoding: chunked\r\n\r\n1;", piece),
        ("trailers without an end", begin + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 10000),
    ):
        sent = 0
        with connect(check.server) as connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            connection.sendall(head)
            while sent < 64 << 20:
                connection.sendall(part)
                sent += len(part)
        # What the kernel's buffers of both sides take is sent before the end is heard of.
        check.that(sent < 32 << 20, f"{what}: {sent >> 20} MiB were taken")
    check.that(answer_time(check.server) < 2, "others are answered afterwards")


def smuggled(check):
    """What two readers of one request could read as two: answered once at most, and nothing after what is refused."""
    inner = "GET /api/system HTTP/1.1\r\nHost: localhost\r\n\r\n"
    chunked = "Transfer-Encoding: chunked\r\n"
    for what, head, body in (
        ("length and chunks", f"Content-Length: 5\r\n{chunked}", f"0\r\n\r\n{inner}"),
        ("chunks and length", f"{chunked}Content-Length: {5 + len(inner)}\r\n", f"0\r\n\r\n{inner}"),
        ("two lengths", f"Content-Length: 0\r\nContent-Length: {len(inner)}\r\n", inner),
        ("a list of lengths", f"Content-Length: 0, {len(inner)}\r\n", inner),
        ("two codings", f"Transfer-Encoding: identity\r\n{chunked}", f"0\r\n\r\n{inner}"),
        ("another coding", "Transfer-Encoding: xchunked\r\n", f"0\r\n\r\n{inner}"),
        ("chunked not last", "Transfer-Encoding: chunked, identity\r\n", f"0\r\n\r\n{inner}"),
        ("chunked with a tab", "Transfer-Encoding:\x0bchunked\r\n", f"0\r\n\r\n{inner}"),
        ("a blank before the colon", "Transfer-Encoding : chunked\r\n", f"0\r\n\r\n{inner}"),
        ("a chunk that is too large", chunked, f"10000000000000000\r\n{inner}"),
        ("a chunk below zero", chunked, f"-1\r\n{inner}"),
        ("a chunk in 0x", chunked, f"0x0\r\n\r\n{inner}"),
        ("a chunk that ends elsewhere", chunked, f"1\r\nab\r\n0\r\n\r\n{inner}"),
        ("bare line feeds", "Transfer-Encoding: chunked\n", f"0\n\n{inner}"),
        ("a length with a sign", f"Content-Length: +{len(inner)}\r\n", inner),
        ("a length in hex", "Content-Length: 0x2\r\n", inner),
        ("a length with a blank", "Content-Length: 1 2\r\n", inner),
    ):
        for method in ("POST /api/session", "GET /healthz"):
            got = check.server.raw(f"{method} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{head}\r\n{body}"
                                   .encode("latin-1"), 12)
            check.seen.append((what, 0, got.decode("utf-8", "replace")))
            answers = got.count(b"HTTP/1.1 ")
            check.that(answers <= 1 and b" 401 " not in got[:20] and b" 200 " not in got[:20],
                       f"{method} with {what}: {answers} answers, {got[:60]!r}")


def pipeline(check):
    """A thousand requests in one piece: all answered, in order, and then a thousand that nobody reads."""
    one = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"  # The console's files: of calls one caller has a hundred a second.
    last = b"GET /nothing.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    got = check.server.raw(one * 999 + last, 20)
    count = got.count(b"HTTP/1.1 200 ")
    check.that(count >= 999 and got.count(b"HTTP/1.1 ") == 1000, f"{count} of 1,000 in a row were answered")
    several = [connect(check.server, SO_RCVBUF=2048) for _ in range(20)]
    for each in several:
        each.setblocking(False)
        with contextlib.suppress(OSError):
            each.send((b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n") * 1000)
    beside(check, "20 pipelines that nobody reads", 3, lambda: None)
    for each in several:
        each.close()


def line_ends(check):
    """In every parameter and name of every call: none becomes a header."""
    document = check.ask("GET", "/api/openapi.json").json
    token = check.server.token("analyst", "operator", "approver")
    evil = "a%0d%0aX-Evil:%201%0d%0a%0d%0a"
    tried = 0
    for method, path, operation in calls_of(document):
        if operation["operationId"] in ("logOut", "listenEvents"):
            continue
        names = [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"]
        targets = [path + "?" + "&".join(f"{name}={evil}" for name in names)] if names else []
        targets += [f"{path}?{name}={evil}" for name in names] + [f"{path}?{evil}=1", path.replace("/x", "/" + evil)]
        for target in targets:
            body = json.dumps({"name": "a\r\nX-Evil: 1", "why": "a\r\nX-Evil: 1"}) if method not in ("GET", "DELETE") else ""
            head = (f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{check.server.port}\r\nAuthorization: Bearer {token}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nX-Request-Id: a%0d%0aX-Evil: 1\r\n"
                    f"Connection: close\r\n\r\n")
            got = check.server.raw((head + body).encode(), 20)
            lines = got.split(b"\r\n\r\n")[0].lower().split(b"\r\n")
            tried += 1
            check.that(not any(line.startswith(b"x-evil") for line in lines), f"{method} {target} wrote a header")
            check.that(got[9:10] in (b"2", b"4"), f"{method} {target}: {got[:60]!r}")
            time.sleep(0.01)  # Of one caller a hundred a second.
    check.that(tried > 150, f"only {tried} were tried")


def other_sites(check):
    """What a browser sends for a page elsewhere, with the cookie of somebody who is logged in."""
    session = check.server.as_session("analyst")
    cookie = {"Cookie": session["Cookie"]}
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{check.server.port + 1}",
                   f"http://127.0.0.1:{check.server.port}.evil.example", f"https://127.0.0.1:{check.server.port}"):
        for method, path in (("GET", "/api/events"), ("GET", "/api/events?topics=trace"), ("GET", "/api/system"),
                             ("POST", "/api/cases"), ("POST", "/api/traces"), ("DELETE", "/api/session"),
                             ("POST", "/api/session")):
            for more in ({}, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, {"X-Cordon-CSRF": session["X-Cordon-CSRF"]}):
                answer = check.ask(method, path, "{}" if method == "POST" else None, {**cookie, "Origin": origin, **more})
                check.that(answer.status == 403, f"{method} {path} of {origin} with {sorted(more)}: {answer.status}")
                check.that(not any(name.startswith("access-control-") for name in answer.headers), f"{path}: {answer.headers}")
                time.sleep(0.01)
    # A form sends no Origin in old browsers, and never our token; an EventSource says where it comes from.
    for site in ("cross-site", "same-site"):
        answer = check.ask("GET", "/api/events", headers={**cookie, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"})
        check.that(answer.status == 403, f"a stream for a page that is {site}: {answer.status}")
    answer = check.ask("OPTIONS", "/api/cases", headers={"Origin": "https://evil.example",
                                                          "Access-Control-Request-Method": "POST"})
    check.that(answer.status >= 400 and not any(name.startswith("access-control-") for name in answer.headers),
               f"a preflight: {answer.status} {answer.headers}")


def archives(check):
    """Nothing but its own archive comes from a case."""
    headers = check.server.as_token("analyst")
    made = check.ask("POST", "/api/cases", {"title": "Traversal", "items": []}, headers)
    check.that(made.status == 201, f"a case: {made.status} {made.text[:200]}")
    case = made.json["data"]["id"]
    for part in ("..", "%2e%2e", "%2e%2e%2f%2e%2e%2flog.key", "..%5clog.key", "%00", f"{case}%2f..%2f..%2flog.key", f"{case}%00",
                 "%c0%ae%c0%ae%c0%aflog.key", "." * 300):
        for path in (f"/api/cases/{part}/archive.zip", f"/api/cases/{case}/letters/{part}.html", f"/api/cases/{case}/{part}",
                     f"/api/cases/{part}", f"/api/views/{part}", f"/api/traces/{part}/result"):
            answer = check.ask("GET", path, headers=headers)
            check.that(answer.status in (400, 404), f"GET {path}: {answer.status}")
            check.that(b"PRIVATE" not in answer.body and b"SQLite format" not in answer.body, f"GET {path} gave a file")
            time.sleep(0.01)


def never_read(check):
    """Streams and large answers that nobody takes: memory is bounded, the rest goes on, they are ended."""
    token = check.server.token("analyst", "operator", "approver")
    lines = f"Host: 127.0.0.1:{check.server.port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    several = [connect(check.server, SO_RCVBUF=2048) for _ in range(200)]
    for number, each in enumerate(several):
        path = ("/api/events", "/api/openapi.json", "/")[number % 3]
        each.sendall(f"GET {path} HTTP/1.1\r\n{lines}".encode())
        time.sleep(0.01)
    headers = check.server.as_token("analyst")
    seeds = "eth:0x" + "22" * 32
    made = 0

    def step():
        nonlocal made
        for _ in range(20):
            made += check.ask("POST", "/api/cases", {"title": "x" * 200, "items": [{"kind": "note", "note": "y" * 4000}]},
                              headers).status == 201
            check.ask("POST", "/api/traces", {"seeds": seeds}, headers)

    beside(check, "200 that never read", 15, step)
    check.that(made > 20, f"{made} changes meanwhile")
    print(f"200 that never read: {made} cases were made meanwhile", flush=True)
    for each in several:
        each.close()


def certificate(folder):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tls.key", "-out",
                           folder / "tls.crt", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                          capture_output=True, text=True, timeout=60, check=False)
    if made.returncode != 0:
        raise RuntimeError(made.stderr)
    (folder / "tls.key").chmod(0o600)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordon", required=True)
    args = parser.parse_args()
    cordon = shutil.which(args.cordon)
    if cordon is None:
        parser.error("--cordon must name a program that runs")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    work = pathlib.Path(tempfile.mkdtemp(prefix="cordon-hostile-"))
    passed = failed = 0

    def run(check, parts):
        nonlocal passed, failed
        for part in parts:
            before = check.passed + check.failed
            with bounded(check, part.__name__):
                part(check)
            print(f"{part.__name__}: {check.passed + check.failed - before} checks", flush=True)
        check.that(check.server.process.poll() is None, "the server runs to the end")
        leaks(check, work)
        passed, failed = passed + check.passed, failed + check.failed

    with Server.over_case(cordon, work / "data") as server:
        run(Check(server), (slow, large, smuggled, pipeline, line_ends, other_sites, archives, never_read))
    certificate(work)
    port = free_port()
    (work / "serve.yaml").write_text(f"version: 1\nname: Hostile\ndata: {work}/tls\nlisten: 127.0.0.1:{port}\n"
                                     f"tls: {{certificate: tls.crt, key: tls.key}}\norigins: ['https://localhost:{port}']\n")
    context = ssl.create_default_context(cafile=str(work / "tls.crt"))
    with Server.of_config(cordon, work / "tls", work / "serve.yaml") as server:

        def half_open_tls(check):
            half_open(check, context)

        run(Check(server), (half_open_tls,))
    if failed == 0:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
