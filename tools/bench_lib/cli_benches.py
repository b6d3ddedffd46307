# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the whole program, through its command line."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from quality_lib import data, program

from . import measured, stream
from .rows import Row

PEER_SCRIPT = pathlib.Path(__file__).resolve().parent / "sqlite_peer.py"
ROWS, QUICK_ROWS = 2_000_000, 100_000
PEER_ROWS = 200_000  # The peer is slower by so much that fewer rows do; its rate falls with more, in our disfavour.
SQLITE = "SQLite (two indexes, one db_txn)"
NOISE_SEED = "7"


def ledger_peer():
    """Counters of bench/ledger_bench.cpp, of SQLite through Python's C module."""
    with tempfile.TemporaryDirectory(prefix="cordon-bench-") as name:
        folder = pathlib.Path(name)
        stream.write(folder / "small.csv", PEER_ROWS)
        done = subprocess.run([sys.executable, str(PEER_SCRIPT), "profile", str(folder / "small.csv"),
                               str(folder / "peer.sqlite")], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def ingest(quick):
    """cordon ingest of a synthetic chain: transfers a CPU-second, peak memory, bytes a row."""
    rows = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory(prefix="cordon-bench-") as name:
        folder = pathlib.Path(name)
        source, small, ledger = folder / "transfers.csv", folder / "small.csv", folder / "ledger"
        stream.write(source, rows)
        peer_rows = min(rows, PEER_ROWS)
        stream.write(small, peer_rows)
        command = [program.find("cordon"), "ingest", "--ledger", ledger, f"transfers:{source}"]
        cpu, wall, memory = measured.medians(command, before=lambda: shutil.rmtree(ledger, ignore_errors=True))
        size = sum(path.stat().st_size for path in ledger.rglob("*") if path.is_file())

        database = folder / "peer.sqlite"
        peer_cpu, peer_wall, _ = measured.medians(
            [sys.executable, PEER_SCRIPT, "load", small, database],
            before=lambda: [path.unlink() for path in folder.glob("peer.sqlite*")])
        peer_size = database.stat().st_size
    yield Row("ingest", f"transfers ({rows:,} rows)", rows / cpu, "rows/CPU-s", SQLITE, peer_rows / peer_cpu)
    yield Row("ingest", "wall", rows / wall, "rows/s", SQLITE, peer_rows / peer_wall)
    yield Row("ingest", "peak memory", memory, "MiB")
    yield Row("ingest", "on disk", size / rows, "B/row", SQLITE, peer_size / peer_rows)


def trace_cases(quick):
    """cordon trace of every real theft in noise, end to end: CPU and wall time of one question."""
    found = [path.parent for path in data.find("evm/*/flows.csv") if (path.parent / "addresses.csv").is_file()]
    if not found:
        raise data.Missing("no folder evm/*/ with flows.csv and addresses.csv")
    make = data.tools_dir() / "make_noisy_case.py"
    for case in found[:1] if quick else found:
        with tempfile.TemporaryDirectory(prefix="cordon-bench-") as name:
            folder = pathlib.Path(name)
            subprocess.run([sys.executable, str(make), "--labels", "oracle", str(case), NOISE_SEED, str(folder)],
                           check=True, stderr=subprocess.PIPE)
            told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
            ledger, database = folder / "ledger", folder / "peer.sqlite"
            program.cordon("ingest", "--ledger", ledger, *(f"{schema}:{folder / schema}.csv"
                                                           for schema in ("transfers", "labels", "assets")))
            seeds = ",".join(f"{told['chain']}:{address}" for address in told["sources"])
            cpu, wall, memory = measured.medians([program.find("cordon"), "trace", "--ledger", ledger, "--seed", seeds,
                                                  "--format", "json"], accept=(0, 1))
            subprocess.run([sys.executable, str(PEER_SCRIPT), "load", str(folder / "transfers.csv"), str(database)],
                           check=True)
            peer_cpu, peer_wall, _ = measured.medians([sys.executable, PEER_SCRIPT, "follow", database,
                                                       ",".join(told["sources"])])
        peer = "SQLite, reachability alone"
        yield Row("trace-cases", f"{told['case']} CPU", cpu * 1000, "ms", peer, peer_cpu * 1000)
        yield Row("trace-cases", f"{told['case']} wall", wall * 1000, "ms", peer, peer_wall * 1000)
        yield Row("trace-cases", f"{told['case']} peak memory", memory, "MiB")
