# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""One theft in ledgers of several sizes, beside networkx; then the walk and the layout in memory (bench/trace_bench.cpp).

A rate counts the transfers that carried stolen money, per CPU-second of the whole question: opening the ledger, walking,
labels and recognisers. networkx gets a smaller ledger, and its loading is told apart: its rate falls with more.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from quality_lib import program

from . import REPETITIONS, google, measured
from .rows import Row

BENCH = "trace"
# Rows of the ledger -> transfers of stolen money among them.
SIZES, QUICK_SIZES, FULL_SIZES = {10_000_000: 1_000_000}, {400_000: 40_000}, {100_000_000: 1_000_000}
PEER_SIZE = (200_000, 20_000)
BYTES_PER_ROW = 150  # At most, while a ledger is made.
PEER_SCRIPT = pathlib.Path(__file__).resolve().parent / "networkx_peer.py"


def run(options):
    """Rows. Options: quick, full, rows, repetitions, dir."""
    bench = program.find("cordon").parents[2] / "bench/trace_bench"
    if not bench.is_file():
        raise program.NotBuilt(f"{bench} is not built: cmake --build --preset bench --target trace_bench")
    repetitions = options.repetitions or (2 if options.quick else REPETITIONS)
    sizes = QUICK_SIZES if options.quick else {**SIZES, **(FULL_SIZES if options.full else {})}
    if options.rows:
        sizes = {rows: min(1_000_000, rows // 10) for rows in options.rows}
    peer = beside_networkx(bench, options)
    for rows, moves in sizes.items():
        found = in_ledger(bench, options, rows, moves, repetitions)
        what = f"{found['edges']:,.0f} stolen of {rows:,} transfers"
        yield Row(BENCH, f"{what}: follow", found["edges_per_cpu_s"], "edges/CPU-s", *peer)
        yield Row(BENCH, f"{what}: peak memory", found["peak_mib"], "MiB")
    yield from google.run(BENCH, bench, options.quick)


def in_ledger(bench, options, rows, moves, repetitions):
    with folder(options, rows) as name:
        subprocess.run([str(bench), "make", f"{name}/ledger", str(rows), str(moves)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        runs = [told([bench, "follow", f"{name}/ledger"]) for _ in range(repetitions)]
    if any(run["edges"] != runs[0]["edges"] or run["edges"] < moves * 0.9 for run in runs):
        raise measured.Failed(f"{moves} transfers were stolen, found were {[run['edges'] for run in runs]}")
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def beside_networkx(bench, options):
    """(name, edges per CPU-second) of networkx, or nothing when it is not to be had."""
    python = environment()
    if python is None:
        print("SKIP trace: networkx is not installed and cannot be: no peer", file=sys.stderr)
        return ()
    rows, moves = PEER_SIZE
    with folder(options, rows) as name:
        made = told([bench, "make", f"{name}/ledger", rows, moves, f"{name}/all.csv"])
        peer = told([python, PEER_SCRIPT, f"{name}/all.csv", made["seed"]])
        ours = told([bench, "follow", f"{name}/ledger"])
    # The two rules differ where little of a movement is stolen (min_purity); the walks must not.
    if abs(peer["edges"] - ours["edges"]) > moves * 0.05:
        raise measured.Failed(f"networkx found {peer['edges']} transfers, the trace {ours['edges']}")
    print(f"networkx {peer['networkx']}, {rows:,} transfers: load {peer['load_s']:.1f} CPU-s, reachability of "
          f"{peer['reached']:,} addresses {peer['reach_s']:.3f} CPU-s", file=sys.stderr)
    return f"networkx haircut walk, {rows:,} transfers loaded before", peer["edges"] / peer["follow_s"]


def environment():
    """A Python with networkx: this one, or a venv in the folder for temporary files."""
    for python in (sys.executable, venv := pathlib.Path(tempfile.gettempdir()) / "cordon-networkx/bin/python"):
        if has_networkx(python):
            return python
    try:
        subprocess.run([sys.executable, "-m", "venv", venv.parents[1]], check=True, capture_output=True, timeout=120)
        subprocess.run([venv, "-m", "pip", "install", "--quiet", "networkx"], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(venv.parents[1], ignore_errors=True)
        return None
    return venv if has_networkx(venv) else None


def has_networkx(python):
    try:
        return subprocess.run([python, "-c", "import networkx"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def folder(options, rows):
    place = options.dir or tempfile.gettempdir()
    if shutil.disk_usage(place).free < rows * BYTES_PER_ROW:
        raise measured.Failed(f"{place} has too little room for {rows:,} transfers; see --dir")
    return tempfile.TemporaryDirectory(prefix="cordon-bench-", dir=place)


def told(command):
    done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    return json.loads(done.stdout)
