#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The tests in tests/guard; tests/guard/run gets their nodes first."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))
from tests.cli.run import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "guard"))
