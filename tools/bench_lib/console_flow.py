# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What the flow of a theft of 50,000 movements costs a browser (web/bench/flow.mjs): script a frame, beside it the GPU process, which
paints in software where there is no GPU. Needs node, chromium, and `npm ci` in web/.
"""
import json
import os
import pathlib
import subprocess
import tempfile

from quality_lib import data, program

from .rows import Row

BENCH = "console-flow"
PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
MAKE = PROJECT / "bench/console/theft.mjs"
MEASURE = PROJECT / "web/bench/flow.mjs"
# Payments made; the trace carries two thirds of them, and ends where mostly others' money goes on (--min-purity).
SIZES, QUICK_SIZES = (300, 75_000), (300,)
LIMIT_S = 900  # A busy machine paints in software.


def run(options):
    """Rows. Options: quick."""
    if not (PROJECT / "web/node_modules/playwright-core").is_dir():
        raise data.Missing("web/node_modules: npm ci in web/")
    with tempfile.TemporaryDirectory(prefix="cordon-flow-") as name:
        folder = pathlib.Path(name)
        results = {}
        for payments in QUICK_SIZES if options.quick else SIZES:
            case, ledger = folder / str(payments), folder / f"ledger-{payments}"
            subprocess.run(["node", MAKE, str(payments), case], check=True)
            program.cordon("ingest", "--ledger", ledger, *(f"{schema}:{case / schema}.csv"
                                                            for schema in ("assets", "prices", "labels", "transfers")), "-q")
            told = program.cordon("trace", "--ledger", ledger, "--seed", (case / "seed").read_text(encoding="utf-8").strip(),
                                  "--policy", "haircut", "--layout", "--format", "json", "-q", accept=(0, 1))
            path = folder / f"{payments}.json"
            path.write_bytes(told)
            results[path.name] = len(json.loads(told)["data"]["edges"])
        told = subprocess.run(["node", MEASURE, *(folder / file for file in results)], check=True, timeout=LIMIT_S,
                              stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}).stdout
    for line in told.splitlines():
        row = json.loads(line)
        what = f"{results[row['picture']]:,} movements, stolen only, {row['painter']}"
        yield Row(BENCH, f"{what}: script a frame", row["script_cpu_ms_a_frame"], "ms")
        yield Row(BENCH, f"{what}: GPU process a frame", row["gpu_process_cpu_ms_a_frame"], "ms")
        yield Row(BENCH, f"{what}: first picture", row["first_picture_ms"], "ms")
        yield Row(BENCH, f"{what}: frames drawn in a still second", row["idle_frames"], "frames")
