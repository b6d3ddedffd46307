# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What the kill and tear tests share: their options, their folder, their count of checks, and how they kill and tear."""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time

COMMAND_LIMIT = 600  # Seconds that one command may take at most; a hang is a failure, not a wait.
INTEGRITY = 6  # Exit code: stored data fails its checksum.
DEEPEST = 4096  # Bytes at the end of a file that a tear may take.


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.ends = collections.Counter()  # How tears ended: told at the end, whatever the outcome.

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return good


def options_of(what):
    """The options that every test has; a test may add its own."""
    parser = argparse.ArgumentParser(description=what.splitlines()[0])
    parser.add_argument("--cordon", required=True, help="the program to test")
    parser.add_argument("--seed", type=int, default=1, help="of the input, the moments and the places (default 1)")
    parser.add_argument("--dir", help="where to work (default: a new temporary directory, removed at the end)")
    return parser


def play(parser, count, default, test):
    """Runs `test(options, cordon, rng, tally, work)` and gives the exit code. `count` is the option that says how much of
    it: kills or tears."""
    parser.add_argument(f"--{count}", type=int, default=default, help=f"how many {count} (default {default})")
    options = parser.parse_args()
    cordon = shutil.which(options.cordon)
    if cordon is None or getattr(options, count) < 1:
        parser.error(f"--cordon must name a program that runs, --{count} must be at least 1")
    tally = Tally()
    work = pathlib.Path(options.dir or tempfile.mkdtemp(prefix=f"cordon-{count}-")).resolve()
    work.mkdir(parents=True, exist_ok=True)
    try:
        test(options, os.path.abspath(cordon), random.Random(options.seed), tally, work)
    except (OSError, RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        tally.check(False, repr(error))
    finally:
        if options.dir is None and tally.failed == 0:
            shutil.rmtree(work, ignore_errors=True)
        elif tally.failed:
            print(f"kept for a look: {work}")
    for end, times in sorted(tally.ends.items()):
        print(end if end.startswith("SKIP") else f"{times} × {end}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 else 1


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_LIMIT, check=False, **options)


def kill(child):
    # Only ever our own child, and only while it lives: an unreaped child keeps its pid, so it cannot be another's.
    if child.poll() is None:
        assert child.pid > 1
        os.kill(child.pid, signal.SIGKILL)


def told_and_killed(command, rng, longest, most, patience, note):
    """One life that dies on the way: half of the times after a while of up to `longest` seconds, half right after one of
    the first `most` things it told, for which `patience` seconds are waited. Returns all that it told (what `note` makes
    of a record; None: nothing), and its exit code, -SIGKILL when it was killed."""
    told = []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def listen():
        for line in child.stdout:
            if line.endswith("\n"):  # What the kill cut nobody read in full.
                told.extend(each for each in [note(json.loads(line))] if each is not None)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    if rng.random() < 0.5:
        time.sleep(rng.random() * longest)
    else:
        target, deadline = rng.randrange(1, most), time.monotonic() + patience
        while len(told) < target and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
    kill(child)
    child.wait(timeout=COMMAND_LIMIT)
    listener.join(timeout=COMMAND_LIMIT)
    return told, child.returncode


def sizes_of(ledger):
    return {path: path.stat().st_size for path in sorted(ledger.rglob("*")) if path.is_file()}


def tear(path, rng):
    """Cuts the file or overwrites its end; what was done, and the first byte that is not as it was."""
    content = path.read_bytes()
    depth = min(len(content), rng.randrange(1, DEEPEST + 1))
    begin = len(content) - depth
    how = rng.choice(("cut", "noise", "zeros", "bit"))
    if how == "cut":
        torn = content[:begin]
    elif how == "noise":
        torn = content[:begin] + rng.randbytes(depth)
    elif how == "zeros":
        torn = content[:begin] + bytes(depth)
    else:
        torn = bytearray(content)
        begin += rng.randrange(depth)
        torn[begin] ^= 1 << rng.randrange(8)
    path.write_bytes(torn)
    begin = next((n for n in range(begin, len(content)) if n >= len(torn) or torn[n] != content[n]), len(content))
    return how, begin
