# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The console's server: 10,000 clients that listen to events, reads at a fixed rate (bench/console), and Watch in a browser while a
thousand alerts a second come in (web/bench/watch.mjs).

Measured is `cordon serve` itself (console_house): a watch replays a made-up chain in its own time, so alerts are detected, stored, read
back and published as they would be of a node; what is asked are paths of its own trace, alerts, cases and withdrawals. Beside it in the
same run stands the same server with canned answers, which is the ceiling, and wrk where it is installed. With --url whatever serves the
API there. Time is wall clock, seen by the clients; processor time of the server stands beside it, in parts of one processor.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from quality_lib import data, program

from . import console_house
from .rows import Row

BENCH = "console"
PARTS = ("streams", "api", "watch")
PROJECT = console_house.PROJECT
FOLDER = PROJECT / "build" / "bench" / "bench"
WATCH = PROJECT / "web/bench/watch.mjs"
CLIENTS, RATE, FLOOD = 10_000, 2_000, 1_000
# Alerts a second beside streams and reads: an attack under way, one batch a second.
TRICKLE = 20
PAYMENTS = 3_000
# What the canned server answers.
CANNED = ("/api/alerts", "/api/watch", "/api/cases", "/api/guard/withdrawals", "/api/system")
LONGEST = 900  # Seconds: a canned server ends by itself, and the feed has an end.
BROWSER_CODINGS = "Accept-Encoding: gzip, deflate, br, zstd"


@contextlib.contextmanager
def canned(*more):
    """(url, pid) of the server alone."""
    child = subprocess.Popen([FOLDER / "console_server", "--seconds", str(LONGEST), *more], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}", child.pid
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@contextlib.contextmanager
def house(options, rate, seconds):
    with tempfile.TemporaryDirectory(prefix="cordon-console-", dir=options.dir) as folder:
        with console_house.running(folder, PAYMENTS, rate, seconds) as running:
            yield running


def load(part, url, pid, headers, *more):
    """What console_load measured."""
    command = [FOLDER / "console_load", part, "--url", url, "--pid", str(pid), *more]
    for header in headers:
        command += ["--header", header]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LONGEST)
    return json.loads(done.stdout)


def streams(options, served):
    clients, seconds = (1_000, 5) if options.quick else (CLIENTS, 20)
    size = ("--clients", str(clients), "--seconds", str(seconds))
    for who, url, pid, headers, path in served():
        got = load("streams", url, pid, headers, *size, "--path", path)
        name = f"{clients:,} streams, {who}"
        yield Row(BENCH, f"{name}: listening", got["listening"], "clients")
        yield Row(BENCH, f"{name}: events a client and second", got["events_each_second"], "1/s")
        yield Row(BENCH, f"{name}: lost or told reset", got["lost"] + got["resets"], "clients")
        for rank in ("p50", "p99", "max"):
            yield Row(BENCH, f"{name}: delivery {rank}", got[f"{rank}_ms"], "ms")
        yield from cost(name, pid, got)


def reads(options, who, url, pid, headers, paths, *more):
    runs, seconds = (1, 5) if options.quick else (3, 20)
    listed = [part for path in paths for part in ("--path", path)]
    all_runs = [load("api", url, pid, headers, *listed, "--rate", str(RATE), "--seconds", str(seconds), *more) for _ in range(runs)]
    by_path = [run.pop("by_path") for run in all_runs]
    got = {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]}
    name = f"{RATE:,} reads a second, {who}"
    yield Row(BENCH, f"{name}: refused or unanswered", sum(run["bad"] + run["unanswered"] for run in all_runs), "requests")
    yield Row(BENCH, f"{name}: not modified", got["unchanged"] / max(1, got["good"]), "of all")
    yield Row(BENCH, f"{name}: bytes an answer", got["bytes"] / max(1, got["good"]), "B")
    for rank in ("p50", "p99", "p999"):
        yield Row(BENCH, f"{name}: {rank}", got[f"{rank}_ms"], "ms")
    yield from cost(name, pid, got)
    if pid:
        yield Row(BENCH, f"{name}: processor time a request", got["server_cpu"] / RATE * 1e6, "us")
    for path, times in zip(paths, zip(*by_path)):
        print(f"  {statistics.median(p50 for p50, _ in times):8.3f} {statistics.median(p99 for _, p99 in times):8.3f} ms  {who}: {path}", file=sys.stderr)


def wrk(options, who, url, headers, paths, folder):
    """As fast as 64 connections go, one request after the other: what comes out bounds the rate, its times say little (the load waits
    for the server)."""
    if shutil.which("wrk") is None:
        print(f"LEFT OUT console: wrk of {who}: not installed (apt-get install wrk)", file=sys.stderr)
        return
    script = pathlib.Path(folder) / "mix.lua"
    script.write_text("local paths, at = {" + ",".join(json.dumps(path) for path in paths) + "}, 0\n"
                      "request = function() at = at % #paths + 1; return wrk.format('GET', paths[at]) end\n", encoding="utf-8")
    command = ["wrk", "-t1", "-c64", f"-d{5 if options.quick else 20}s", "--latency", "-s", script]
    for header in headers:
        command += ["-H", header]
    told = subprocess.run([*command, url], check=True, stdout=subprocess.PIPE, text=True, timeout=LONGEST).stdout
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", told), re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    name = f"wrk, 64 connections, {who}"
    yield Row(BENCH, f"{name}: requests a second", float(rate.group(1)), "1/s")
    yield Row(BENCH, f"{name}: p99", float(p99.group(1)) * {"us": 1e-3, "ms": 1, "s": 1e3}[p99.group(2)], "ms")
    yield Row(BENCH, f"{name}: refused", int(wrong.group(1)) if wrong else 0, "requests")


def api(options, served):
    with tempfile.TemporaryDirectory(prefix="cordon-wrk-") as folder:
        for who, url, pid, headers, paths in served():
            yield from reads(options, who, url, pid, headers, paths)
            if who == "cordon serve":
                yield from reads(options, f"{who}, asked again by ETag", url, pid, headers, paths, "--revalidate")
            yield from wrk(options, who, url, headers, paths, folder)


def watch(options):
    if not (PROJECT / "web/node_modules/playwright-core").is_dir():
        raise data.Missing("web/node_modules: npm ci in web/")
    seconds = 5 if options.quick else 20
    # From the start of the watch to the end of the last stretch, on a machine that is busy.
    with house(options, FLOOD, 240 + 3 * seconds) as running:
        begun = running.alerts()
        told = subprocess.run(["node", WATCH, running.entry(), str(seconds)], check=True, stdout=subprocess.PIPE, text=True,
                              timeout=LONGEST, env={**os.environ, "TMPDIR": str(running.folder)}).stdout
        came = running.alerts() - begun
    for line in told.splitlines():
        got = json.loads(line)
        print(f"  {line}", file=sys.stderr)
        name = f"Watch, {FLOOD:,} alerts a second, {got['stretch']}"
        yield Row(BENCH, f"{name}: alerts that came into the page", got["alerts_each_second"], "1/s")
        yield Row(BENCH, f"{name}: told reset", got["resets"], "times")
        yield Row(BENCH, f"{name}: longest task", got["longest_task_ms"], "ms")
        yield Row(BENCH, f"{name}: main thread busy", got["busy"] * 100, "%")
        if got["keys"]:
            for rank in ("p50", "p99"):
                yield Row(BENCH, f"{name}: key to paint {rank}", got[f"key_{rank}_ms"], "ms")
    if came == 0:
        raise program.CommandFailed("no alert was raised meanwhile: nothing was measured")


def cost(name, pid, got):
    if pid:
        yield Row(BENCH, f"{name}: processors of the server", got["server_cpu"], "CPU-s/s")
        yield Row(BENCH, f"{name}: processors of the load", got["client_cpu"], "CPU-s/s")
        yield Row(BENCH, f"{name}: memory of the server", got["server_mib"], "MiB")


def run(options):
    """Rows. Options: quick, url, pid, header, part, dir."""
    if not (FOLDER / "console_load").is_file():
        raise program.NotBuilt("cmake --build --preset bench --target cordon console_load console_server")
    yield console_house.load_of_machine(BENCH, "before")
    parts = options.part or PARTS
    loads = [part for part in ("streams", "api") if part in parts]
    if options.url:
        target = (options.url, options.url, options.pid or 0, options.header or [])
        for part in loads:
            yield from {"streams": lambda: streams(options, lambda: [(*target, "/api/events")]),
                        "api": lambda: api(options, lambda: [(*target, CANNED)])}[part]()
        return
    if loads:
        with house(options, TRICKLE, LONGEST) as running:
            served = ("cordon serve", running.url, running.pid, [running.header, BROWSER_CODINGS])

            def both(real, alone):
                yield *served, real
                with canned() as (url, pid):
                    yield "canned answers", url, pid, [], alone
            if "streams" in loads:
                yield from streams(options, lambda: both("/api/events?topics=alert", "/api/events"))
            if "api" in loads:
                yield from api(options, lambda: both(running.reads(), CANNED))
    if "watch" in parts:
        yield from watch(options)
    yield console_house.load_of_machine(BENCH, "after")
