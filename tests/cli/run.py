#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs the black-box tests of the built cordon.

usage: run.py [-v] [NAME...]        NAME: a module, class or test, e.g. test_seeds.AccountSeeds

The program is $CORDON_BIN, else build/dev or build/release. The last line counts; a test that cannot run here is
skipped by name.
"""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from tests.cli.support import program  # noqa: E402


def main(arguments, suite_name="cli"):
    """The tests in tests/SUITE_NAME."""
    folder = HERE.parent / suite_name
    verbose = "-v" in arguments
    names = [name for name in arguments if name != "-v"]
    if program() is None:
        print(f"{suite_name}: cordon is not built: cmake --preset dev && cmake --build --preset dev --target cordon")
        print("0 passed, 1 failed, 0 skipped")
        return 4
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames([f"tests.{suite_name}.{name}" for name in names]) if names else \
        loader.discover(str(folder), "test_*.py", str(HERE.parent.parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if verbose else 1).run(suite)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    bad = tests_of(result.failures + result.errors)
    skipped = {name: run for name, run in tests_of(result.skipped).items() if name not in bad}
    passed = result.testsRun - sum(bad.values()) - sum(skipped.values())
    print(f"{passed} passed, {len(bad)} failed, {len(skipped)} skipped")
    return 1 if bad else 0


def tests_of(entries):
    """Name -> whether testsRun has it: it does not have a class or module that cannot be set up. A test of which
    several sub-cases fail or are skipped counts once."""
    owners = [getattr(test, "test_case", test) for test, _ in entries]
    return {owner.id(): isinstance(owner, unittest.TestCase) for owner in owners}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
