# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What Trace of a theft of 50,000 movements costs a browser at `cordon serve` (web/bench/trace.mjs): the first paint in a browser that was
never here, five runs; script a frame, and beside it the GPU process, which paints in software where there is no GPU. Needs node,
chromium, and `npm ci` in web/.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from quality_lib import data

from . import REPETITIONS, console_house
from .rows import Row

BENCH = "console-flow"
PROJECT = console_house.PROJECT
MEASURE = PROJECT / "web/bench/trace.mjs"
# Payments made; the trace carries two thirds of them, and ends where mostly others' money goes on (--min-purity).
SIZES, QUICK_SIZES = (300, 75_000), (300,)
LIMIT_S = 1_800  # A busy machine paints in software.


def run(options):
    """Rows. Options: quick, repetitions, dir."""
    if not (PROJECT / "web/node_modules/playwright-core").is_dir():
        raise data.Missing("web/node_modules: npm ci in web/")
    runs = options.repetitions or (2 if options.quick else REPETITIONS)
    yield console_house.load_of_machine(BENCH, "before")
    for payments in QUICK_SIZES if options.quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="cordon-flow-", dir=options.dir) as name:
            with console_house.running(pathlib.Path(name), payments, rate=0, seconds=0) as house:
                told = subprocess.run(["node", MEASURE, house.entry(), house.trace, str(runs)], check=True, timeout=LIMIT_S,
                                      stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": name}).stdout
                yield from rows(house.movements, [json.loads(line) for line in told.splitlines()])
    yield console_house.load_of_machine(BENCH, "after")


def rows(movements, all_runs):
    for painter in dict.fromkeys(row["painter"] for row in all_runs):
        of = [row for row in all_runs if row["painter"] == painter]
        for row in of:
            print(f"  {json.dumps(row)}", file=sys.stderr)
        what = f"{movements:,} movements, stolen only, {painter}"

        def median(key):
            return statistics.median(row[key] for row in of)
        yield Row(BENCH, f"{what}: first paint of Trace, cold", median("first_paint_ms"), "ms")
        yield Row(BENCH, f"{what}: of it until the picture is asked for", median("layout_asked_ms"), "ms")
        yield Row(BENCH, f"{what}: of it until the picture is there", median("layout_there_ms"), "ms")
        yield Row(BENCH, f"{what}: the picture, compressed", median("layout_bytes") / 1000, "kB")
        last = of[-1]
        yield Row(BENCH, f"{what}: script a frame", last["script_cpu_ms_a_frame"], "ms")
        yield Row(BENCH, f"{what}: GPU process a frame", last["gpu_process_cpu_ms_a_frame"], "ms")
        yield Row(BENCH, f"{what}: frames drawn in a still second", last["idle_frames"], "frames")
