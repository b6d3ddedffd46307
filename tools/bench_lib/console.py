# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The console's server: 10,000 clients that listen to events, and reads at a fixed rate (bench/console).

Without --url the server alone with canned answers; with it whatever serves the API there. Time is wall clock, seen by the
clients; the processor time of the server (of --pid) stands beside it, in parts of one processor.
"""
import contextlib
import json
import pathlib
import statistics
import subprocess

from quality_lib import program

from .rows import Row

BENCH = "console"
PARTS = ("streams", "api")
FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "bench" / "bench"
CLIENTS, RATE = 10_000, 2_000
# What a console asks for again and again: lists, one page each.
PATHS = ("/api/alerts", "/api/watch", "/api/cases", "/api/guard/withdrawals", "/api/system")
LONGEST = 600  # Seconds: a canned server ends by itself, whatever becomes of us.


@contextlib.contextmanager
def server(options, *more):
    """(url, pid) of what is measured."""
    if options.url:
        yield options.url, options.pid or 0
        return
    child = subprocess.Popen([FOLDER / "console_server", "--seconds", str(LONGEST), *more], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}", child.pid
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def load(options, part, url, pid, *more):
    """What console_load measured."""
    command = [FOLDER / "console_load", part, "--url", url, "--pid", str(pid), *more]
    for header in options.header or []:
        command += ["--header", header]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LONGEST)
    return json.loads(done.stdout)


def streams(options):
    clients, seconds = (1_000, 5) if options.quick else (CLIENTS, 20)
    with server(options) as (url, pid):
        got = load(options, "streams", url, pid, "--clients", str(clients), "--seconds", str(seconds))
    name = f"{clients:,} streams"
    yield Row(BENCH, f"{name}: listening", got["listening"], "clients")
    yield Row(BENCH, f"{name}: events a client and second", got["events_each_second"], "1/s")
    yield Row(BENCH, f"{name}: lost or told reset", got["lost"] + got["resets"], "clients")
    for rank in ("p50", "p99", "max"):
        yield Row(BENCH, f"{name}: delivery {rank}", got[f"{rank}_ms"], "ms")
    yield from cost(name, pid, got)


def api(options):
    runs, seconds = (1, 5) if options.quick else (3, 20)
    paths = [part for path in PATHS for part in ("--path", path)]
    # The same answers on the pool of threads, where handlers may wait, and on the lanes.
    for name, more in (("reads", []),) + (() if options.url else (("quick reads", ["--quick"]),)):
        name = f"{RATE:,} {name} a second"
        with server(options, *more) as (url, pid):
            all_runs = [load(options, "api", url, pid, *paths, "--rate", str(RATE), "--seconds", str(seconds))
                        for _ in range(runs)]
        got = {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]}
        yield Row(BENCH, f"{name}: refused or unanswered", sum(run["bad"] + run["unanswered"] for run in all_runs), "requests")
        for rank in ("p50", "p99", "p999"):
            yield Row(BENCH, f"{name}: {rank}", got[f"{rank}_ms"], "ms")
        yield from cost(name, pid, got)


def cost(name, pid, got):
    if pid:
        yield Row(BENCH, f"{name}: processors of the server", got["server_cpu"], "CPU-s/s")
        yield Row(BENCH, f"{name}: processors of the load", got["client_cpu"], "CPU-s/s")
        yield Row(BENCH, f"{name}: memory of the server", got["server_mib"], "MiB")


def run(options):
    """Rows. Options: quick, url, pid, header, part."""
    if not (FOLDER / "console_load").is_file():
        raise program.NotBuilt("cmake --build --preset bench --target console_load console_server")
    for part in options.part or PARTS:
        yield from {"streams": streams, "api": api}[part](options)
