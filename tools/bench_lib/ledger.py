# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The ledger beside RocksDB, LMDB, SQLite and the floors of the machine.

Every figure is the median over fresh processes of bench/ledger_bench.cpp, the stores in turn, so that a busy minute hits
all of them. All stores have to give the same answers; one that does not fails the benchmark.
"""
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from quality_lib import program

from . import REPETITIONS, growth_svg, measured
from .rows import Row

BENCH = "ledger"
CASES = ("account", "csv", "bitcoin", "growth")
PEERS = {"rocksdb": "RocksDB", "lmdb": "LMDB", "sqlite": "SQLite"}
ROWS, QUICK_ROWS, FULL_ROWS = (2_000_000, 10_000_000), (200_000,), (100_000_000,)
CSV_ROWS = 2_000_000
TXNS, QUICK_TXNS, FULL_TXNS = (1_000_000,), (100_000,), (5_000_000,)
GIGABYTES, QUICK_GIGABYTES = (1, 2, 4, 7, 10), (0.01, 0.02, 0.04)
QUICK_REPETITIONS = 2
ALONE_FROM_ROWS = 50_000_000  # The peers would take hours.
CSV_PEER_ROWS = 200_000  # The peer is slower by so much that fewer rows do; its rate falls with more, in our disfavour.
GROWTH_PICTURE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "benchmarks-growth.svg"

# Bytes on disk a row or txn at most, while it is measured: input, and the largest store in its largest state.
STREAM_BYTES, STORE_BYTES, ALONE_BYTES, CSV_BYTES, TXN_BYTES = 90, 600, 150, 400, 1500
GROWTH_FACTOR = 3  # Files that are being merged are there twice.
SMALLEST_ROW = 35  # Bytes: so many rows are enough for every size.

MIB = 2 ** -20
# Figure of ledger_bench -> what, unit, factor, whether the peers have it: their appends wait in memory for a sorted batch.
ACCOUNT = (
    ("rows_per_cpu_s", "ingest", "rows/CPU-s", 1, True), ("longest_append_ms", "longest append", "ms", 1, False),
    ("longest_append_without_sync_ms", "longest append without its syncs", "ms", 1, False),
    ("bytes_per_row", "on disk", "B/row", 1, True), ("peak_anonymous_bytes", "peak anonymous memory", "MiB", MIB, True),
    ("edges_p50_us", "out-edges p50", "us", 1, True), ("edges_p99_us", "out-edges p99", "us", 1, True),
    ("txn_p50_us", "txn by hash p50", "us", 1, True), ("scan_rows_per_cpu_s", "scan", "rows/CPU-s", 1, True))
BITCOIN = (
    ("cpu_us_per_txn", "blk files to sealed ledger", "us/txn"), ("bytes_per_txn", "on disk", "B/txn"),
    ("outputs_per_cpu_s", "pass over all outputs", "outputs/CPU-s"), ("txid_p50_us", "txid look-up p50", "us"),
    ("balance_p50_us", "address to outputs and balance p50", "us"),
    ("balance_p99_us", "address to outputs and balance p99", "us"),
    ("cluster_s_per_million_txns", "clustering of 1 M txns", "s"), ("one_block_ms", "one more block", "ms"),
    ("one_block_without_sync_ms", "one more block without its syncs", "ms"),
    ("peak_anonymous_mib", "peak anonymous memory", "MiB"))
BLOCKSCI = "BlockSci 0.7.0 (published, other machine of the same kind)"
# By txns of the chain; its memory is all that is resident, its clustering at 5 M is a fifth of 2.9 s.
BLOCKSCI_FIGURES = {
    1_000_000: {"cpu_us_per_txn": 31.9, "bytes_per_txn": 530, "outputs_per_cpu_s": 112e6, "txid_p50_us": 5.1,
                "balance_p50_us": 15, "balance_p99_us": 1200, "cluster_s_per_million_txns": .39, "one_block_ms": 880,
                "peak_anonymous_mib": 1.58e9 * MIB},
    5_000_000: {"cpu_us_per_txn": 47.3, "outputs_per_cpu_s": 130e6, "txid_p50_us": 7.3, "balance_p50_us": 34,
                "balance_p99_us": 6100, "cluster_s_per_million_txns": .58, "peak_anonymous_mib": 3.2e9 * MIB}}


def run(options):
    """Rows of all cases asked for, floors first. Options: quick, full, case, rows, repetitions, dir."""
    chosen = options.case or [case for case in CASES if case != "growth" or options.full]
    bench = Bench(options)
    floors = bench.medians("floors")
    yield from floor_rows(floors)
    for case in chosen:
        yield from {"account": account, "csv": csv, "bitcoin": bitcoin, "growth": growth}[case](bench, floors)


class Bench:
    """How often and where; every file lies in a folder that is taken away again."""

    def __init__(self, options):
        self.options = options
        self.repetitions = options.repetitions or (QUICK_REPETITIONS if options.quick else REPETITIONS)

    def sizes(self, usual, quick, full):
        if self.options.rows:
            return self.options.rows
        return quick if self.options.quick else usual + (full if self.options.full else ())

    def folder(self, needed=0):
        place = self.options.dir or tempfile.gettempdir()
        free = shutil.disk_usage(place).free
        if free < needed:
            raise measured.Failed(f"{place} has {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB are needed; see --dir")
        return tempfile.TemporaryDirectory(prefix="cordon-bench-", dir=place)

    def once(self, case, *flags):
        """The objects that one fresh process prints."""
        with self.folder() as name:
            command = [built("bench/ledger_bench"), "--case", case, "--dir", f"{name}/store", *flags]
            done = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def medians(self, case, *flags):
        return medians([self.once(case, *flags)[0] for _ in range(self.repetitions)])


def built(place):
    """A program of the benchmarks, in the build of cordon."""
    path = program.find("cordon").parents[2] / place
    if not path.is_file():
        raise program.NotBuilt(f"{path} is not built: cmake --build --preset bench --target {path.name}")
    return path


def generate(*words):
    subprocess.run([str(built("bench/gen/cordon-gen")), *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE)


def medians(runs):
    """One object of the medians. What is an answer has to be the same in all."""
    compare({str(number): found for number, found in enumerate(runs)})
    return {key: statistics.median(found[key] for found in runs)
            if isinstance(value, (int, float)) and not key.startswith("answer") else value
            for key, value in runs[0].items()}


def compare(found):
    """Raises when two that were asked the same do not answer the same. `found`: name -> figures."""
    (first, expected), *others = found.items()
    for name, figures in others:
        for key, value in expected.items():
            if key.startswith("answer") and figures.get(key) != value:
                raise measured.Failed(f"{key} differs: {value} of {first}, {figures.get(key)} of {name}")


def floor_rows(floors):
    for key, what, unit, factor in (
            ("sha256d_400_ns", "double SHA-256 of 400 B", "ns", 1), ("memcpy_bytes_per_s", "memcpy", "GB/s", 1e-9),
            ("page_cache_read_bytes_per_s", "read of the page cache", "GB/s", 1e-9),
            ("dependent_read_ns", "dependent random read of 64 B in 1 GB", "ns", 1),
            ("fdatasync_4k_p50_us", "fdatasync of 4 KiB p50", "us", 1)):
        yield Row(BENCH, f"floor: {what}", floors[key] * factor, unit)


def random_reads(floors, found):
    """Of 1 GB, and of the store's own files by the same process right after the look-ups."""
    return [("limit: dependent random read", floors["dependent_read_ns"] / 1e3),
            ("the same in its own files", found["dependent_read_ns"] / 1e3)]


def account(bench, floors):
    for rows in bench.sizes(ROWS, QUICK_ROWS, FULL_ROWS):
        peers = PEERS if rows < ALONE_FROM_ROWS else {}
        with bench.folder(rows * (STREAM_BYTES + (STORE_BYTES if peers else ALONE_BYTES))) as name:
            stream = pathlib.Path(name) / "stream"
            generate("account", "--rows", rows, "--out", stream)
            runs = {store: [] for store in ("cordon", *peers)}
            for _ in range(bench.repetitions):
                for store, done in runs.items():
                    done += bench.once("account", "--store", store, "--rows", rows, "--input", stream)
        found = {store: medians(done) for store, done in runs.items()}
        compare(found)
        yield from account_rows(f"account {rows:,} rows", found, floors)


def account_rows(what, found, floors):
    limits = {"txn_p50_us": random_reads(floors, found["cordon"]),
              # A column of four bytes a row.
              "scan_rows_per_cpu_s": [("limit: read of the page cache", floors["page_cache_read_bytes_per_s"] / 4)]}
    for key, metric, unit, factor, in_peers in ACCOUNT:
        beside = [(PEERS[store], figures[key] * factor) for store, figures in found.items() if in_peers and store in PEERS]
        beside += limits.get(key, [])
        for peer, value in beside or [(None, None)]:
            yield Row(BENCH, f"{what}: {metric}", found["cordon"][key] * factor, unit, peer, value)


def csv(bench, _floors):
    """`cordon ingest` of canonical CSV; the peer is Python's csv and sqlite3, what an analyst has at hand."""
    for rows in bench.sizes((CSV_ROWS,), QUICK_ROWS, ()):
        peer_rows, peer = min(rows, CSV_PEER_ROWS), "SQLite (two indexes, one db_txn)"
        with bench.folder(rows * CSV_BYTES) as name:
            folder = pathlib.Path(name)
            source, small, ledger, database = (folder / part for part in ("all.csv", "small.csv", "ledger", "peer.sqlite"))
            generate("account", "--rows", rows, "--csv", "--out", source)
            generate("account", "--rows", peer_rows, "--csv", "--out", small)
            cpu, wall, _, anonymous = measured.medians(
                [program.find("cordon"), "ingest", "--ledger", ledger, f"transfers:{source}"],
                before=lambda: shutil.rmtree(ledger, ignore_errors=True), repetitions=bench.repetitions)
            size = sum(path.stat().st_size for path in ledger.rglob("*") if path.is_file())
            script = pathlib.Path(__file__).resolve().parent / "sqlite_peer.py"
            peer_cpu, peer_wall, _, peer_anonymous = measured.medians(
                [sys.executable, script, "load", small, database],
                before=lambda: [path.unlink() for path in folder.glob("peer.sqlite*")], repetitions=bench.repetitions)
            peer_size = database.stat().st_size
        what = f"csv {rows:,} rows"
        yield Row(BENCH, f"{what}: ingest", rows / cpu, "rows/CPU-s", peer, peer_rows / peer_cpu)
        yield Row(BENCH, f"{what}: wall", rows / wall, "rows/s", peer, peer_rows / peer_wall)
        yield Row(BENCH, f"{what}: on disk", size / rows, "B/row", peer, peer_size / peer_rows)
        yield Row(BENCH, f"{what}: peak anonymous memory", anonymous, "MiB")


def bitcoin(bench, floors):
    for txns in bench.sizes(TXNS, QUICK_TXNS, FULL_TXNS):
        with bench.folder(txns * TXN_BYTES) as name:
            generate("bitcoin", "--txns", txns, "--out", f"{name}/blocks")
            found = bench.medians("bitcoin", "--input", f"{name}/blocks")
        yield from bitcoin_rows(txns, found, floors)


def bitcoin_rows(txns, found, floors):
    found = {**found, "peak_anonymous_mib": found["peak_anonymous_bytes"] * MIB}
    published = BLOCKSCI_FIGURES[min(BLOCKSCI_FIGURES, key=lambda size: abs(size - txns))]
    limits = {"txid_p50_us": random_reads(floors, found),
              "cpu_us_per_txn": [("limit: double SHA-256 of 400 B", floors["sha256d_400_ns"] / 1e3)],
              "one_block_ms": [("limit: one fdatasync", floors["fdatasync_4k_p50_us"] / 1e3)]}
    for key, metric, unit in BITCOIN:
        beside = ([(BLOCKSCI, published[key])] if key in published else []) + limits.get(key, [])
        for peer, value in beside or [(None, None)]:
            yield Row(BENCH, f"bitcoin {txns:,} txns: {metric}", found[key], unit, peer, value)


def growth(bench, _floors):
    """One ledger that grows: each point beside the first."""
    sizes = QUICK_GIGABYTES if bench.options.quick else GIGABYTES
    rows = int(sizes[-1] * 1e9 / SMALLEST_ROW)
    with bench.folder(rows * STREAM_BYTES + GROWTH_FACTOR * int(sizes[-1] * 1e9)) as name:
        generate("account", "--rows", rows, "--out", f"{name}/stream")
        runs = [bench.once("growth", "--rows", rows, "--input", f"{name}/stream", "--gigabytes",
                           ",".join(map(str, sizes))) for _ in range(bench.repetitions)]
    points = [medians(point) for point in zip(*runs)]
    if not bench.options.quick:
        GROWTH_PICTURE.write_text(growth_svg.draw(points), encoding="utf-8")
    first = points[0]
    for key, metric, unit, factor in (
            ("rows_per_cpu_s", "ingest since the point before", "rows/CPU-s", 1), ("edges_p50_us", "out-edges p50", "us", 1),
            ("txn_p50_us", "txn by hash p50", "us", 1), ("peak_anonymous_bytes", "peak anonymous memory", "MiB", MIB)):
        for point in points:
            yield Row(BENCH, f"growth {point['gigabytes']:.2g} GB: {metric}", point[key] * factor, unit,
                      f"at {first['gigabytes']:.2g} GB" if point is not first else None,
                      first[key] * factor if point is not first else None)
