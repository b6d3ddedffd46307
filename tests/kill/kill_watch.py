#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon watch --state` with SIGKILL at random moments and checks that no alert is lost and none told twice.

usage: kill_watch.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import json
import shutil
import signal
import subprocess
import sys
import time

from support import COMMAND_LIMIT, kill, options_of, play, run

STATES = ("behind", "gap", "disagree", "unavailable", "dropped", "caught-up")


def make_events(path, rng, blocks):
    """Blocks with trouble of the feed between them, and reorgs: every kind of thing that a state must survive."""
    moment, number = 1_700_000_000, 100
    with open(path, "w", encoding="ascii") as out:
        for _ in range(blocks):
            number += 1
            moment += rng.randrange(1, 30)
            line = {"type": "block", "chain": "eth", "number": number, "hash": f"0x{rng.getrandbits(256):064x}",
                    "time": moment, "txns": []}
            out.write(json.dumps(line) + "\n")
            if rng.random() < 0.3:
                line = {"type": "status", "chain": "eth", "state": rng.choice(STATES), "block": number, "time": moment,
                        "text": f"endpoint {rng.randrange(3)}"}
                out.write(json.dumps(line) + "\n")
            if rng.random() < 0.02 and number > 110:
                number -= rng.randrange(1, 6)
                out.write(json.dumps({"type": "rewind", "chain": "eth", "keep": number}) + "\n")


def command(cordon, work, state, checkpoint):
    sinks = work / f"{state.name}.yaml"
    sinks.write_text(f"version: 1\nsinks:\n  - {{name: file, type: jsonl, path: {state}.jsonl}}\n", encoding="utf-8")
    return [cordon, "watch", "--replay", f"events:{work / 'events.jsonl'}", "--state", str(state), "--sinks", str(sinks),
            "--checkpoint-blocks", str(checkpoint), "--format", "jsonl", "--exit-zero"]


def ids_of(text):
    """(id, state, severity) of every whole line."""
    told = []
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            continue  # The kill cut it; nobody read it in full.
        data = json.loads(line)["data"]
        told.append((data["id"], data["state"], data["severity"]))
    return told


def stored(cordon, state):
    return run(cordon, "alerts", "--state", str(state), "--all", "--limit", "1000000", "--format", "jsonl").stdout


def test(options, cordon, rng, tally, work):
    make_events(work / "events.jsonl", rng, 1_000)
    begin = time.monotonic()
    calm = run(*command(cordon, work, work / "calm", 50))
    longest = time.monotonic() - begin
    tally.check(calm.returncode == 0, f"the undisturbed watch: {calm.stderr.strip()}")
    wanted_file = (work / "calm.jsonl").read_bytes()
    wanted_store = stored(cordon, work / "calm")
    tally.check(calm.stdout.encode() == wanted_file, "the undisturbed file is not what was printed")

    kills = rounds = twice = 0
    while kills < options.kills and tally.failed == 0:
        rounds += 1
        state = work / f"state-{rounds}"
        printed, killed = [], True
        while killed and tally.failed == 0:
            checkpoint = rng.choice((1, 7, 50, 100_000))
            out = work / "stdout"
            with open(out, "wb") as stream:
                child = subprocess.Popen(command(cordon, work, state, checkpoint), stdout=stream,
                                         stderr=subprocess.PIPE)
                try:
                    # After enough kills this round runs to its end.
                    child.wait(timeout=rng.random() * longest if kills < options.kills else COMMAND_LIMIT)
                except subprocess.TimeoutExpired:
                    kill(child)
                said = child.communicate(timeout=COMMAND_LIMIT)[1].decode()
            killed = child.returncode == -signal.SIGKILL
            kills += killed
            printed.append(ids_of(out.read_text(encoding="utf-8")))
            tally.check(killed or child.returncode == 0, f"round {rounds}: ended with {child.returncode}: {said}")
            if killed:
                print(f"kill {kills}: after {sum(map(len, printed))} printed alerts", flush=True)
        told = [each for part in printed for each in part]
        wanted = ids_of(calm.stdout)
        tally.check(set(told) == set(wanted), f"round {rounds}: printed {len(set(told))} of {len(set(wanted))}")
        twice += len(told) - len(wanted)
        # Standard output can be lost in a pipe: what was not surely printed is printed again, the last event's at most.
        tally.check(len(told) - len(wanted) <= 6 * len(printed), f"round {rounds}: {len(told)} printed, not {len(wanted)}")
        tally.check((work / f"{state.name}.jsonl").read_bytes() == wanted_file, f"round {rounds}: the file differs")
        tally.check(stored(cordon, state) == wanted_store, f"round {rounds}: the stored alerts differ")
        if tally.failed == 0:
            shutil.rmtree(state)
    print(f"{kills} kills in {rounds} rounds; {twice} alerts printed twice, none told twice to the file")


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "kills", 15, test))
