# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the whole program, through its command line."""
import json
import pathlib
import subprocess
import sys
import tempfile

from quality_lib import data, program

from . import measured
from .rows import Row

PEER_SCRIPT = pathlib.Path(__file__).resolve().parent / "sqlite_peer.py"
NOISE_SEED = "7"


def trace_cases(options):
    """cordon trace of every real theft in noise, end to end: CPU and wall time of one question."""
    found = [path.parent for path in data.find("evm/*/flows.csv") if (path.parent / "addresses.csv").is_file()]
    if not found:
        raise data.Missing("no folder evm/*/ with flows.csv and addresses.csv")
    make = data.tools_dir() / "make_noisy_case.py"
    for case in found[:1] if options.quick else found:
        with tempfile.TemporaryDirectory(prefix="cordon-bench-") as name:
            folder = pathlib.Path(name)
            subprocess.run([sys.executable, str(make), "--labels", "oracle", str(case), NOISE_SEED, str(folder)],
                           check=True, stderr=subprocess.PIPE)
            told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
            ledger, database = folder / "ledger", folder / "peer.sqlite"
            program.cordon("ingest", "--ledger", ledger, *(f"{schema}:{folder / schema}.csv"
                                                           for schema in ("transfers", "labels", "assets")))
            seeds = ",".join(f"{told['chain']}:{address}" for address in told["sources"])
            cpu, wall, memory, _ = measured.medians([program.find("cordon"), "trace", "--ledger", ledger, "--seed", seeds,
                                                  "--format", "json"], accept=(0, 1))
            subprocess.run([sys.executable, str(PEER_SCRIPT), "load", str(folder / "transfers.csv"), str(database)],
                           check=True)
            peer_cpu, peer_wall, *_ = measured.medians([sys.executable, PEER_SCRIPT, "follow", database,
                                                       ",".join(told["sources"])])
        peer = "SQLite, reachability alone"
        yield Row("trace-cases", f"{told['case']} CPU", cpu * 1000, "ms", peer, peer_cpu * 1000)
        yield Row("trace-cases", f"{told['case']} wall", wall * 1000, "ms", peer, peer_wall * 1000)
        yield Row("trace-cases", f"{told['case']} peak memory", memory, "MiB")
