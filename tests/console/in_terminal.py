# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs one command in a terminal as a person would who answers what it asks (tests/guard/walk.py).

in_terminal.py FOLDER COMMAND [SHOWN]    SHOWN: what another screen shows, such as "signing hash 0x…"
"""
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from tests.guard.walk import Step, Terminal  # noqa: E402

if __name__ == "__main__":
    folder, command, *shown = sys.argv[1:]
    terminal = Terminal(folder, {**os.environ, "TERM": "dumb", "LANG": "C.UTF-8"}, seconds=60)
    terminal.seen = "".join(f"{line}\n" for line in shown)
    try:
        told, code = terminal.run(Step(1, command, 0))
    finally:
        terminal.close()
    print(told)
    sys.exit(code)
