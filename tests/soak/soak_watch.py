#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Feeds `cordon watch` days of a chain as fast as it takes them and checks that its memory stays flat.

usage: soak_watch.py --cordon PATH --gen PATH [--hours N] [--seed S] [--dir DIR]

Blocks come every 12 seconds with 150 to 350 transfers, 15 % of them to addresses that nobody has seen (cordon-gen). The
20 busiest senders of the first hour are our hot wallets. After each hour of the stream the watch's anonymous memory is
read. From the middle of the stream on it may grow by what it promises to remember: 64 bytes for each address that is new,
and by a tenth for everything else. Exit code: 0 flat, 1 not, 2 on wrong usage.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

BLOCKS_AN_HOUR = 300
ROWS_A_BLOCK = 250
BYTES_AN_ADDRESS = 64
SLACK = 0.10
WALLETS = 20
HOUR_LIMIT = 300  # Seconds that an hour of the stream may take.


def anonymous_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise RuntimeError("the kernel does not tell RssAnon")


def hours_of(path):
    """The lines of each hour of blocks, without the header."""
    with open(path, encoding="ascii") as rows:
        next(rows)
        lines, hour = [], 0
        for line in rows:
            of = (int(line.split(",", 2)[1]) - 1) // BLOCKS_AN_HOUR
            if of != hour:
                yield lines
                lines, hour = [], of
            lines.append(line)
        yield lines


def wait_until_taken(child, pipe):
    """The watch has read what was written when the pipe is empty and the watch waits for more."""
    end = time.monotonic() + HOUR_LIMIT
    calm = 0
    while calm < 3:
        if child.poll() is not None:
            raise RuntimeError(f"the watch ended with {child.returncode}")
        if time.monotonic() > end:
            raise RuntimeError("the watch does not take what it is given")
        time.sleep(0.05)
        state = pathlib.Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        calm = calm + 1 if state == "S" else 0
    pipe.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cordon", required=True)
    parser.add_argument("--gen", required=True, help="cordon-gen, which makes the stream")
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--dir", help="where to work (default: a new temporary directory, removed at the end)")
    options = parser.parse_args()
    if options.hours < 4:
        parser.error("--hours must be at least 4")
    work = pathlib.Path(options.dir or tempfile.mkdtemp(prefix="cordon-soak-"))
    work.mkdir(parents=True, exist_ok=True)
    rows = work / "transfers.csv"
    subprocess.run([options.gen, "account", "--rows", str(options.hours * BLOCKS_AN_HOUR * ROWS_A_BLOCK), "--seed",
                    str(options.seed), "--csv", "--out", str(rows)], check=True, stdout=subprocess.DEVNULL, timeout=900)

    hours = hours_of(rows)
    first = next(hours)
    busiest = collections.Counter(line.split(",")[5] for line in first).most_common(WALLETS)
    wallets = work / "wallets.csv"
    wallets.write_text("chain,address,set,entity,tier\n" +
                       "".join(f"eth,{address},hot,acme,hot\n" for address, _ in sorted(busiest)), encoding="ascii")
    pipe_path = work / "stream.csv"
    pipe_path.unlink(missing_ok=True)
    os.mkfifo(pipe_path)

    with open(work / "alerts.jsonl", "wb") as alerts, open(work / "errors", "wb") as errors:
        child = subprocess.Popen([options.cordon, "watch", "--replay", f"transfers:{pipe_path}", f"wallets:{wallets}",
                                  "--state", str(work / "state"), "--format", "jsonl", "--exit-zero"],
                                 stdout=alerts, stderr=errors)
        try:
            samples, known = [], set()
            with open(pipe_path, "w", encoding="ascii") as pipe:
                pipe.write("chain,block,time,tx,index,from,to,asset,amount,kind\n")
                hour, lines = 0, first
                while lines is not None:
                    pipe.writelines(lines)
                    pipe.flush()
                    for line in lines:
                        fields = line.split(",", 7)
                        known.update(fields[5:7])
                    hour += 1
                    wait_until_taken(child, pipe)
                    samples.append((hour, anonymous_kib(child.pid), len(known)))
                    print(f"hour {hour}: {samples[-1][1]:,} KiB, {len(known):,} addresses", flush=True)
                    lines = next(hours, None)
            code = child.wait(HOUR_LIMIT)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    failures = []
    if code != 0:
        failures.append(f"the watch ended with {code}: {(work / 'errors').read_text(encoding='utf-8')[-500:]}")
    told = [json.loads(line) for line in (work / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    _, half_kib, half_known = samples[len(samples) // 2 - 1]
    _, last_kib, last_known = samples[-1]
    may = half_kib * SLACK + (last_known - half_known) * BYTES_AN_ADDRESS / 1024
    if last_kib - half_kib > may:
        failures.append(f"memory grew by {last_kib - half_kib:,} KiB in the second half, {may:,.0f} KiB were allowed")
    print(f"{len(samples)} hours, {len(told)} alerts, {half_kib:,} KiB at half time, {last_kib:,} KiB at the end, "
          f"{may:,.0f} KiB of growth allowed")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{2 - len(failures)} passed, {len(failures)} failed, 0 skipped")
    if not options.dir and not failures:
        shutil.rmtree(work)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
