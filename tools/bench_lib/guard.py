# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The gate and its policy: the programs of bench/guard as one benchmark."""
import pathlib

from . import google

PROGRAM = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "bench" / "bench" / "guard_bench"


def run(options):
    return google.run("guard", PROGRAM, options.quick)
