# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs a program of Google Benchmark and reads its JSON.

Names say what stands beside what: the peer of "x/..." is the benchmark of the same program whose name has a part that
begins with "peer", "limit" or "floor" ("x/peer:simdjson", "x/limit:memcpy"). The longest common beginning decides; a program
with one peer alone has it for all. A case that is told by its label, and is the limit of the others of its program, is
named in LIMITS of tools/bench.
"""
import json
import os
import re
import subprocess

from . import REPETITIONS
from .rows import Row

# What a program that has sizes of its own asks for.
QUICK = {"CORDON_BENCH_QUICK": "1", "CORDON_BENCH_ROWS": "200000"}
PEER = re.compile(r"^(?:peer|limit|floor)", re.IGNORECASE)
# What Google Benchmark writes at the end of a name of how it ran.
HOW_RUN = re.compile(r"(?:/(?:iterations:\d+|repeats:\d+|process_time|real_time))+$")
# The end of a counter's name says its unit.
COUNTER_UNITS = (("rows_per_cpu_s", "rows/CPU-s"), ("bytes_per_row", "B/row"), ("per_cpu_s", "1/CPU-s"), ("_us", "us"),
                 ("_ms", "ms"), ("_mb", "MiB"), ("_MiB", "MiB"),
                 ("_s", "s"))
# What Google Benchmark itself writes; the rest of an entry are counters of the program.
OWN_KEYS = {"name", "run_name", "run_type", "family_index", "per_family_instance_index", "repetitions", "threads",
            "aggregate_name", "aggregate_unit", "iterations", "real_time", "cpu_time", "time_unit", "bytes_per_second",
            "items_per_second", "repetition_index", "label", "error_occurred", "error_message", "big_o", "rms"}


def run(bench, program, quick, limit=None):
    """Rows of every benchmark of a program; `limit` as in parse(); raises CalledProcessError or ValueError."""
    command = [str(program), "--benchmark_format=json", f"--benchmark_repetitions={REPETITIONS}",
               "--benchmark_report_aggregates_only=true", f"--benchmark_min_time={0.02 if quick else 0.2}"]
    told = {**os.environ, **(QUICK if quick else {})}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=told)
    return parse(bench, json.loads(done.stdout), limit)


def parse(bench, report, limit=None):
    """Rows of a report. `limit` is the label of the case that all others are set beside."""
    medians = {}
    for entry in report["benchmarks"]:
        if entry.get("error_occurred"):
            raise ValueError(f"{entry['name']}: {entry.get('error_message', 'error')}")
        if entry.get("aggregate_name") == "median":
            medians[told_by(entry, limit)] = entry
    peers = {name: entry for name, entry in medians.items() if is_peer(name)}
    rows, several = [], len(medians) - len(peers) > 1
    for name, entry in medians.items():
        if is_peer(name):
            continue
        peer = peer_of(name, list(peers))
        rows += rows_of(bench, name, entry, peer, peers.get(peer), f"{name}: " if several else "")
    return rows


def told_by(entry, limit):
    """The name of an entry without how it was run: its label, where it has one, says more than the number of its case."""
    run_name = HOW_RUN.sub("", entry["run_name"])
    if not entry.get("label"):
        return run_name
    name = f"{run_name.split('/')[0]} {entry['label']}"
    return f"limit: {name}" if entry["label"] == limit else name


def is_peer(name):
    return any(PEER.match(part) for part in re.split(r"[/_ ]", name))


def peer_of(name, peers):
    if not peers:
        return None
    if len(peers) == 1:
        return peers[0]
    best = max(peers, key=lambda peer: len(os.path.commonprefix([stem(name), stem(peer)])))
    return best if os.path.commonprefix([stem(name), stem(best)]) else None


def stem(name):
    return re.sub(r"^BM_|(?:peer|limit)[:_]?", "", name, flags=re.IGNORECASE).split("/")[0].lower()


def figure(entry):
    """(value, unit) of the one figure that an entry is about: a rate where it has one, else its time."""
    if "bytes_per_second" in entry:
        return entry["bytes_per_second"] / 1e6, "MB/s"
    if "items_per_second" in entry:
        return entry["items_per_second"], "items/s"
    return entry["cpu_time"], entry["time_unit"]


def rows_of(bench, name, entry, peer, peer_entry, whose):
    """The figure of an entry and its counters; `whose` begins the name of a counter that other entries have too."""
    value, unit = figure(entry)
    peer_value = None
    if peer_entry is not None:
        given, peer_unit = figure(peer_entry)
        peer_value = given if peer_unit == unit else None
    yield Row(bench, name, value, unit, peer if peer_value is not None else None, peer_value)
    for key in entry:
        if key not in OWN_KEYS and isinstance(entry[key], (int, float)):
            yield Row(bench, whose + key, entry[key], counter_unit(key), peer if peer_entry and key in peer_entry else None,
                      peer_entry.get(key) if peer_entry else None)


def counter_unit(key):
    return next((unit for end, unit in COUNTER_UNITS if key.endswith(end)), "")
