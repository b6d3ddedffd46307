#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon ingest` with SIGKILL at random moments and checks that nothing acknowledged is lost.

usage: kill_ingest.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import json
import shutil
import signal
import sys
import time

from inputs import HEADER, make_transfers, make_txs
from support import options_of, play, run, told_and_killed


def ingest_and_kill(cordon, ledger, source, batch, rng, longest):
    """One ingest that dies on the way. Returns (acknowledged tip or None, killed)."""
    tips, code = told_and_killed(
        [cordon, "ingest", "--ledger", str(ledger), source, "--batch-blocks", str(batch), "--format", "jsonl"], rng, longest,
        40, longest * 4, lambda record: record["data"]["tip"] if record.get("kind") == "ingest.batch" else None)
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"ingest ended by itself with exit code {code}")
    return (tips[-1] if tips else None), code == -signal.SIGKILL


def dumped_blocks(cordon, ledger):
    """The rows of each block in the ledger; None with the reason when it does not open."""
    result = run(cordon, "ledger", "dump", "--ledger", str(ledger), "--chain", "eth")
    if result.returncode != 0:
        return None, result.stderr.strip()
    lines = result.stdout.splitlines()
    if not lines or lines[0] != HEADER:
        return None, "the dump has no header"
    blocks = {}
    for line in lines[1:]:
        blocks.setdefault(int(line.split(",")[1]), []).append(line)
    return blocks, ""


def check_transfers(tally, cordon, ledger, rows_of, tip, name):
    blocks, problem = dumped_blocks(cordon, ledger)
    if blocks is None:
        # Killed before the ledger was even made: then nothing may have been acknowledged.
        return tally.check(tip is None and not (ledger / "FORMAT").exists(), f"{name}: {problem}")
    numbers = list(rows_of)
    expected = numbers[:len(blocks)]
    good = tally.check(list(blocks) == expected, f"{name}: the blocks are not a beginning of the input")
    good &= tally.check(all(blocks[n] == rows_of[n] for n in blocks if n in rows_of), f"{name}: a block is partial")
    return good & tally.check(tip is None or tip in blocks, f"{name}: block {tip} was acknowledged and is gone")


def stats(cordon, ledger):
    result = run(cordon, "ledger", "stats", "--ledger", str(ledger), "--format", "json")
    if result.returncode != 0:
        return None
    return json.loads(result.stdout)["data"]["chains"]


def verify(tally, cordon, ledger, name):
    if (ledger / "FORMAT").exists():
        result = run(cordon, "ledger", "verify", "--ledger", str(ledger))
        tally.check(result.returncode == 0, f"{name}: verify says {result.stderr.strip()}")


def test(options, cordon, rng, tally, work):
    transfers, txs = work / "transfers.csv", work / "txs.jsonl"
    rows_of = make_transfers(transfers, rng, 4_000)
    make_txs(txs, rng, 3_000)
    undisturbed = work / "undisturbed"
    begin = time.monotonic()
    result = run(cordon, "ingest", "--ledger", str(undisturbed), f"transfers:{transfers}", "--batch-blocks", "20")
    longest = time.monotonic() - begin
    tally.check(result.returncode == 0, f"the undisturbed ingest: {result.stderr.strip()}")
    run(cordon, "ingest", "--ledger", str(undisturbed), f"btc-txs:{txs}")
    wanted = stats(cordon, undisturbed)

    kills = rounds = 0
    while kills < options.kills and tally.failed == 0:
        rounds += 1
        ledger = work / f"ledger-{rounds}"
        sources = [f"transfers:{transfers}", f"btc-txs:{txs}"]
        for source in sources:
            killed = True
            while killed and kills < options.kills and tally.failed == 0:
                batch = rng.choice((1, 3, 20, 100))
                tip, killed = ingest_and_kill(cordon, ledger, source, batch, rng, longest)
                kills += killed
                name = f"kill {kills} ({source.split(':')[0]}, batches of {batch}, tip {tip})"
                if source.startswith("transfers"):
                    check_transfers(tally, cordon, ledger, rows_of, tip, name)
                else:
                    found = {each["chain"]: each for each in stats(cordon, ledger) or []}
                    height = found["btc"]["tip"]["number"] if "btc" in found else None
                    tally.check(tip is None or (height is not None and height >= tip), f"{name}: at {height}")
                verify(tally, cordon, ledger, name)
                print(f"{name}: {'killed' if killed else 'ran to its end'}", flush=True)
        for source in sources:
            result = run(cordon, "ingest", "--ledger", str(ledger), source, "--batch-blocks", "50")
            tally.check(result.returncode == 0, f"round {rounds}: resume: {result.stderr.strip()}")
        check_transfers(tally, cordon, ledger, rows_of, list(rows_of)[-1], f"round {rounds}, resumed")
        tally.check(stats(cordon, ledger) == wanted, f"round {rounds}: not equal to an undisturbed ingest")
        verify(tally, cordon, ledger, f"round {rounds}")
        if tally.failed == 0:
            shutil.rmtree(ledger)


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "kills", 20, test))
