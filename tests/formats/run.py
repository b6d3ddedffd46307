#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Holds docs/formats/ledger.md against the program: a second reader, made from the page, reads what cordon wrote.

usage: run.py [-v] [NAME...]        NAME: a module, class or test, e.g. test_accounts.Segments

The program is $CORDON_BIN, else build/dev or build/release; cordon-gen is $CORDON_GEN, else beside it. The last line
counts; a test that cannot run here is skipped by name.
"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))
from tests.cli import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run.main(sys.argv[1:], "formats"))
