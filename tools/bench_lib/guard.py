# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The gate and its policy: the programs of bench/guard in process, and `cordon guard serve` over HTTP.

Over HTTP the server is a process of its own and so is the load (bench/console/console_load): keep-alive connections on
loopback, an id of its own for each request, a policy of 200 rules, a list to screen against, each verdict durable before its
answer. Both share the processors of the machine, so the processor time of a verdict in the server stands beside the rate.
"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import urllib.request

from quality_lib import program

from . import google
from .rows import Row

BENCH = "guard"
PARTS = ("process", "http")
FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "bench" / "bench"
KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032 §7.1, test 1: nobody signs here.
HOT = "0x" + "11" * 20
LONGEST = 300  # Seconds of a command.
RATE = 2_000  # Of the open loop, a second: what a large exchange asks at its worst moment, many times over.


def policy():
    """200 rules that each request is held against, as those of bench/guard/gate_bench.cpp."""
    rules = ['{id: small, when: "usd <= 1000", then: allow}', '{id: sanctioned, when: "screen.hit", then: deny}',
             '{id: doubtful, when: "screen.review", then: hold}']
    for i in range(197):
        rules.append(f"""{{id: q{i}, when: "requester == 'desk{i}' and usd > {100 + i}", then: deny}}""" if i % 2 == 0 else
                     f"""{{id: a{i}, when: "chain == 'bsc' and amount > {i}000 and tier == 'cold'", then: hold}}""")
    return "\n".join(["version: 1", f'people: {{alice: "{KEY}"}}', "groups: {board: [alice]}",
                      "checks: {explain: off, feed: off}", "change: {group: board, m: 1, delay: 24h}",
                      "reset: {group: board, m: 1, delay: 1h}", "limits:",
                      "  - {id: day, scope: wallet, window: 24h, usd: 1000000000}",
                      "  - {id: hour, scope: all, window: 1h, count: 100000000}",
                      "  - {id: payee, scope: destination, window: 24h, usd: 100000000}",
                      "rules:", *(f"  - {rule}" for rule in rules)]) + "\n"


@contextlib.contextmanager
def serving():
    """(url, pid) of a gate that knows nothing yet, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="gate-http-") as folder:
        work = pathlib.Path(folder)
        (work / "policy.yaml").write_text(policy(), encoding="ascii")
        (work / "wallets.csv").write_text(f"chain,address,set,entity,tier\neth,{HOT},hot,acme,hot\n", encoding="ascii")
        (work / "prices.csv").write_text("chain,asset,time,usd\neth,native,2020-01-01,2000\n", encoding="ascii")
        (work / "list.txt").write_text("".join(f"0x{i:040x}\n" for i in range(1, 1_001)), encoding="ascii")
        today = subprocess.run(["date", "-u", "+%Y-%m-%d"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        with open(work / "told", "w+", encoding="utf-8") as told:
            child = subprocess.Popen(
                ["timeout", str(LONGEST), os.environ["CORDON"], "guard", "serve", "--state", work / "state", "--policy-file",
                 work / "policy.yaml", "--known", f"wallets:{work / 'wallets.csv'}", "--known", f"prices:{work / 'prices.csv'}",
                 "--list", work / "list.txt", "--as-of", today, "--listen", "127.0.0.1:0"], stderr=told)
            try:
                yield wait_for(child, work / "told"), server_of(child.pid)
            finally:
                child.terminate()
                child.wait(timeout=30)


def wait_for(child, told):
    for _ in range(300):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=0.1)
        text = told.read_text(encoding="utf-8")
        if found := re.search(r"listening on (http://\S+)", text):
            return found[1]
        if child.poll() is not None:
            raise ValueError(f"guard serve ended with {child.returncode}: {text}")
    raise ValueError("guard serve did not listen within 30 s")


def server_of(pid):
    """The one child of `timeout`."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0])


def load(url, pid, rate, seconds, connections=64):
    body = json.dumps({"id": "wd-@@@@@@@@@@", "chain": "eth", "asset": "native", "from": HOT, "to": "0x" + "22" * 20,
                       "amount": "1000000000000000", "requester": "queue", "time": "2026-01-01T00:00:00Z"})
    done = subprocess.run([FOLDER / "console_load", "api", "--url", url, "--pid", str(pid), "--path", "/v1/withdrawals",
                           "--post", body, "--rate", str(rate), "--seconds", str(seconds), "--connections", str(connections)],
                          check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LONGEST)
    return json.loads(done.stdout)


def told_is_allowed(url):
    """What is measured are verdicts that let through: one of them, read."""
    with urllib.request.urlopen(f"{url}/v1/withdrawals/wd-0000000000", timeout=30) as found:
        verdict = json.load(found)["data"]["verdict"]
    if verdict["verdict"] != "allow":
        raise ValueError(f"the gate does not let through what is measured: {verdict['reasons']}")


def http(options):
    seconds = 5 if options.quick else 20
    for name, rate in (("64 connections, closed loop", 0), (f"{RATE:,} a second, open loop", RATE)):
        with serving() as (url, pid):
            got = load(url, pid, rate, seconds)
            told_is_allowed(url)
        name = f"http, {name}"
        each = got["answered_each_second"]
        yield Row(BENCH, name, each, "verdicts/s")
        yield Row(BENCH, f"{name}: refused or unanswered", got["bad"] + got["unanswered"], "requests")
        for rank in ("p50", "p99"):
            yield Row(BENCH, f"{name}: {rank}", got[f"{rank}_ms"], "ms")
        yield Row(BENCH, f"{name}: server", 1e6 * got["server_cpu"] / each, "CPU-us/verdict")
        yield Row(BENCH, f"{name}: load", 1e6 * got["client_cpu"] / each, "CPU-us/verdict")
        if rate == 0:
            yield Row(BENCH, f"{name}: what one processor carries", each / got["server_cpu"], "verdicts/CPU-s")


def run(options):
    """Rows. Options: quick, part."""
    if not (FOLDER / "console_load").is_file():
        raise program.NotBuilt("cmake --build --preset bench --target guard_bench console_load cordon")
    parts = options.part or PARTS
    if "http" in parts:
        yield from http(options)
    if "process" in parts:
        yield from google.run(BENCH, FOLDER / "guard_bench", options.quick)
