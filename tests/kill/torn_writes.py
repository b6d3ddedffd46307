#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Tears the files of a ledger and takes its disk space away, and checks what the real program then says.

usage: torn_writes.py --cordon PATH [--tears N] [--full-disks N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import collections
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from inputs import HEADER, make_transfers
from kill_ingest import ingest_and_kill
from support import INTEGRITY, options_of, play, run, sizes_of, tear

LOG_HEAD = 8  # First bytes of a log; they are on disk before anything names it, so no crash tears them.
# What an error says of the place inside the file: an offset, a page of SQLite, or that there is nothing to point at.
PLACE = re.compile(r"offset \d+|page \d+|row \d+|missing|holds no record|No such file|\d+ bytes|expected \"cordon ledger"
                   r"|not a database|malformed|disk image")


class Source:
    """Generated transfers: all of them, and a beginning of them as a file of its own."""

    def __init__(self, work, rng):
        self.whole = work / "transfers.csv"
        self.rows_of = make_transfers(self.whole, rng, 400)
        self.numbers = list(self.rows_of)
        self.longest = 1.0  # Seconds that a whole ingest takes; measured by main.

    def beginning(self, path, blocks):
        rows = [row for number in self.numbers[:blocks] for row in self.rows_of[number]]
        path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="ascii")
        return self.numbers[blocks - 1]


def ingest(cordon, ledger, path, batch=20, **options):
    return run(cordon, "ingest", "--ledger", str(ledger), f"transfers:{path}", "--batch-blocks", str(batch), "--format",
               "jsonl", **options)


def acknowledged_tip(output):
    """The last block that the output acknowledges; the line that a crash cut is none."""
    tip = None
    for line in output.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record.get("kind") == "ingest.batch":
            tip = record["data"]["tip"]
    return tip


def served(cordon, ledger, source):
    """(exit code, what it said, blocks served, whether they are a beginning of the input, row by row).

    A dump that meets damage on its way has printed what came before: those rows must be right too, though the last block
    may be cut.
    """
    result = run(cordon, "ledger", "dump", "--ledger", str(ledger), "--chain", "eth")
    rows = result.stdout.splitlines()[1:]
    expected = (row for number in source.numbers for row in source.rows_of[number])
    honest = result.stdout == "" or result.stdout.startswith(HEADER)
    honest = honest and all(row == wanted for row, wanted in zip(rows, expected))
    numbers = list(dict.fromkeys(int(row.split(",")[1]) for row in rows)) if honest else []
    if honest and numbers and result.returncode == 0:
        honest = rows[-len(source.rows_of[numbers[-1]]):] == source.rows_of[numbers[-1]]
    return result.returncode, result.stderr.strip(), numbers, honest


def build(cordon, work, ledger, source, rng):
    """A ledger whose beginning is acknowledged for good, and on top of it what a crash has interrupted.

    Returns the tip of the beginning, the sizes of the files at that time (what is behind them in a file that grew was
    written later, and is what a crash may tear), and the last tip of all that was acknowledged.
    """
    begin = source.beginning(work / "beginning.csv", rng.randrange(1, len(source.numbers)))
    done = ingest(cordon, ledger, work / "beginning.csv", rng.choice((3, 20, 100)))
    if done.returncode != 0:
        raise RuntimeError(f"ingest of the beginning: {done.stderr.strip()}")
    before, tip = sizes_of(ledger), None
    if rng.random() < 0.75:
        tip, _ = ingest_and_kill(cordon, ledger, f"transfers:{source.whole}", rng.choice((1, 3, 20)), rng, source.longest)
    return begin, before, max(begin, tip or 0)


def check_torn(tally, cordon, source, ledger, built, rng, name):
    """One tear. Returns the kind of file and how it ended, for the summary."""
    begin, before, tip = built
    files = sizes_of(ledger)
    # Half of the tears go where crashes tear: into what grows.
    growing = [path for path, size in files.items() if path.name.startswith("log-") and size > LOG_HEAD]
    path = rng.choice(growing if growing and rng.random() < 0.5 else [path for path, size in files.items() if size > 0])
    kind = path.name.split("-")[0]
    how, first = tear(path, rng)
    name = f"{name}: {how} from byte {first} of {files[path]} in {path.relative_to(ledger)}"
    # A log grows: what is behind its size at the time of the beginning is the tail. A new log is all tail.
    tail_only = path.name.startswith("log-") and first >= max(before.get(path, 0), LOG_HEAD)

    code, said, blocks, honest = served(cordon, ledger, source)
    verified = run(cordon, "ledger", "verify", "--ledger", str(ledger))
    tally.check(honest, f"{name}: rows that were not ingested, or a block in part")
    for what, result, text in (("dump", code, said), ("verify", verified.returncode, verified.stderr.strip())):
        # FORMAT has no checksum: one that names another version is refused as such.
        later = path.name == "FORMAT" and "[unsupported]" in text and str(path) in text
        tally.check(result in (0, INTEGRITY) or later, f"{name}: {what} ends with {result}: {text}")
        if result == INTEGRITY:
            tally.check(str(ledger) in text and PLACE.search(text), f"{name}: {what} does not say where: {text}")
    if how == "cut" and tail_only:
        tally.check(code == 0, f"{name}: a torn tail is no damage, but dump says {said}")
    if code != 0:
        tally.check(verified.returncode != 0, f"{name}: dump refuses, verify finds nothing")
        return f"{kind}: refused"
    wanted = begin if path.name.startswith("log-") else tip
    kept = wanted in blocks
    if not kept and path.name.startswith("log-") and not tail_only:
        # Whole records that were on disk are gone, with the bytes that told of them: as if never written.
        return f"{kind}: acknowledged records cut away (cannot be told from a crash)"
    tally.check(kept, f"{name}: block {wanted} was acknowledged, is gone, and nobody says so")
    if verified.returncode != 0:
        return f"{kind}: served, verify refuses"
    resumed = ingest(cordon, ledger, source.whole)
    if path.name == "ingest.pending" and resumed.returncode == INTEGRITY:
        # The note of an unfinished ingest is no data: only the next ingest asks for it, and must not trust it.
        tally.check(str(path) in resumed.stderr, f"{name}: resume does not say where: {resumed.stderr.strip()}")
        return f"{kind}: served, resume refuses"
    tally.check(resumed.returncode == 0, f"{name}: resume: {resumed.stderr.strip()}")
    tally.check(served(cordon, ledger, source)[2:] == (source.numbers, True), f"{name}: resumed, it is not the whole")
    return f"{kind}: {'torn tail, ' if tail_only else ''}served and resumed"


def check_full(tally, cordon, source, ledger, name, failed):
    """After an ingest that ran out of space: what was acknowledged is there, or it said that it took the source back."""
    tip = acknowledged_tip(failed.stdout)
    by_signal = failed.returncode == -signal.SIGXFSZ
    tally.check(by_signal or "[no-space]" in failed.stderr, f"{name}: it ends with {failed.returncode}: {failed.stderr.strip()}")
    taken_back = "the ledger is as it was before this source" in failed.stderr
    if not (ledger / "FORMAT").exists():
        tally.check(tip is None, f"{name}: block {tip} was acknowledged and there is no ledger")
        return
    code, said, blocks, honest = served(cordon, ledger, source)
    tally.check(honest and code == 0, f"{name}: dump says {said}")
    if taken_back:
        tally.check(not blocks, f"{name}: it said that all was taken back, and serves {len(blocks)} blocks")
    else:
        tally.check(tip is None or tip in blocks, f"{name}: block {tip} was acknowledged and is gone")


def check_resumed(tally, cordon, source, ledger, name):
    again = ingest(cordon, ledger, source.whole)
    tally.check(again.returncode == 0, f"{name}: with space again: {again.stderr.strip()}")
    tally.check(served(cordon, ledger, source)[2:] == (source.numbers, True), f"{name}: with space again, not the whole")
    verified = run(cordon, "ledger", "verify", "--ledger", str(ledger))
    tally.check(verified.returncode == 0, f"{name}: with space again, verify says {verified.stderr.strip()}")


def file_too_large(tally, cordon, source, ledger, most, rng, name):
    """No file may grow above a random size: writes fail with EFBIG, or the signal ends the process inside of one."""
    limit, ignored = rng.randrange(0, most + 1), rng.random() < 0.7

    def narrow():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN if ignored else signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    failed = ingest(cordon, ledger, source.whole, rng.choice((3, 20)), preexec_fn=narrow)
    name = f"{name}: files of at most {limit} bytes"
    if failed.returncode != 0:
        check_full(tally, cordon, source, ledger, name, failed)
    check_resumed(tally, cordon, source, ledger, name)
    shutil.rmtree(ledger)


class SmallDisk:
    """A file system of a chosen size; None where this user may not mount one."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def resize(self, size, first=False):
        options = f"size={size}" if first else f"remount,size={size}"
        command = ["mount", "-t", "tmpfs", "-o", options, "cordon-torn-writes", str(self.folder)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def close(self):
        subprocess.run(["umount", str(self.folder)], capture_output=True, check=False)


def disk_full(tally, cordon, source, work, most, rng, name):
    """A whole file system that is full at a random moment. False when it cannot be mounted."""
    disk = SmallDisk(work / "small-disk")
    # In pages; a tmpfs of size 0 has no limit.
    size = 4096 * rng.randrange(1, most // 4096 + 2)
    if not disk.resize(size, first=True):
        return False
    try:
        ledger = disk.folder / "ledger"
        failed = ingest(cordon, ledger, source.whole, rng.choice((3, 20)))
        name = f"{name}: a disk of {size} bytes"
        if failed.returncode != 0:
            check_full(tally, cordon, source, ledger, name, failed)
        tally.check(disk.resize(64 << 20), f"{name}: cannot be made larger")
        check_resumed(tally, cordon, source, ledger, name)
    finally:
        disk.close()
    return True


def test(options, cordon, rng, tally, work):
    source = Source(work, rng)
    begin = time.monotonic()
    done = ingest(cordon, work / "undisturbed", source.whole)
    source.longest = time.monotonic() - begin
    tally.check(done.returncode == 0, f"the undisturbed ingest: {done.stderr.strip()}")
    sizes = sizes_of(work / "undisturbed")
    for number in range(1, options.tears + 1):
        ledger = work / f"torn-{number}"
        built = build(cordon, work, ledger, source, rng)
        failures = tally.failed
        tally.ends[check_torn(tally, cordon, source, ledger, built, rng, f"tear {number}")] += 1
        if tally.failed == failures:
            shutil.rmtree(ledger)
    full_disks = max(1, options.tears // 5) if options.full_disks is None else options.full_disks
    for number in range(1, full_disks + 1):
        file_too_large(tally, cordon, source, work / "narrow", max(sizes.values()), rng, f"limit {number}")
        if not disk_full(tally, cordon, source, work, sum(sizes.values()), rng, f"full {number}"):
            tally.ends["SKIP full disks: this user may not mount a tmpfs"] = 1


if __name__ == "__main__":
    parser = options_of(__doc__)
    parser.add_argument("--full-disks", type=int, help="how often to take the space away (default: a fifth of the tears)")
    sys.exit(play(parser, "tears", 10, test))
