# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Real thefts in synthetic noise: every folder evm/*/ with flows.csv and addresses.csv, made and scored by the case tools.

Set names are CASE/STATISTIC/LABELS/default for what the program does without being told, over all noise seeds, and
CASE/STATISTIC/LABELS/POLICY/OVERSPEND for the other ways, over a few. STATISTIC is mean, worst or best of the seeds.
"behind_oracle" is how much precision is lost when only those labels are known and not every service.
"""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from .. import data, program
from ..rows import Row

NAME = "theft-tracing"
GROUP = "quality"
SEEDS = tuple(range(1, 21))  # A result tuned to one seed does not count.
QUICK_SEEDS = (7,)  # The one of the published baselines.
WAYS_SEEDS = (7, 1, 11)  # For all policies and overspend rules: thirty times the work of the default.
LABELS = ("oracle", "explorer", "none")
POLICIES = ("fifo", "lifo", "tiho", "haircut", "poison")
OVERSPENDS = ("clean", "inherit")
METRICS = ("edge_recall", "edge_precision", "terminal_recall")
WORKERS = 2


def cases():
    return [path.parent for path in data.find("evm/*/flows.csv") if (path.parent / "addresses.csv").is_file()]


def run(options):
    found = cases()
    if not found:
        raise data.Missing("no folder evm/*/ with flows.csv and addresses.csv")
    make, score = data.tools_dir() / "make_noisy_case.py", data.tools_dir() / "score_trace.py"
    for tool in (make, score):
        if not tool.is_file():
            raise data.Missing(f"{tool} is not there")
    seeds = options.seeds or (QUICK_SEEDS if options.quick else SEEDS)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool, \
            tempfile.TemporaryDirectory(prefix="cordon-quality-") as folder:
        for case in found:
            # Noise addresses are drawn at random, so what a block explorer knows of a case does not hang on the seed.
            labels = made(make, case, seeds[0], "explorer", pathlib.Path(folder) / case.name) / "labels.csv"
            jobs = [pool.submit(one_seed, case, seed, labels, make, score, not options.quick and seed in WAYS_SEEDS)
                    for seed in seeds]
            scores = {}  # (labels, way) -> the scores of its seeds
            for job in jobs:
                for key, scored in job.result():
                    scores.setdefault(key, []).append(scored)
            yield from rows_of(case.name, scores)


def rows_of(case, scores):
    """mean, worst and best of every way; of nodes the fewest are best."""
    means = {}
    for (labels, way), scored in scores.items():
        count = scored[0]["edges_true"]
        for metric in (*METRICS, "nodes"):
            values = [one[metric] for one in scored]
            known = None not in values
            least, most = (min(values), max(values)) if known else (None, None)
            worst, best = (most, least) if metric == "nodes" else (least, most)
            mean = sum(values) / len(values) if known else None
            means[labels, way, metric] = mean
            told = (("mean", mean), ("worst", worst), ("best", best))
            for statistic, value in told if len(scored) > 1 else told[:1]:
                yield Row(NAME, f"{case}/{statistic}/{labels}/{way}", metric, value, count)
    for labels, way in scores:
        full, own = (means.get((which, way, "edge_precision")) for which in ("oracle", labels))
        if labels != "oracle" and way == "default":
            behind = None if None in (full, own) else full - own
            yield Row(NAME, f"{case}/mean/{labels}/{way}", "behind_oracle", behind, scores[labels, way][0]["edges_true"])


def made(make, case, seed, labels, folder):
    subprocess.run([sys.executable, str(make), "--labels", labels, str(case), str(seed), str(folder)], check=True,
                   stderr=subprocess.PIPE)
    return folder


def one_seed(case, seed, explorer, make, score, all_ways):
    """[((labels, way), what the score tool says)]"""
    with tempfile.TemporaryDirectory(prefix="cordon-quality-") as name:
        folder = pathlib.Path(name)
        noisy, plain = made(make, case, seed, "oracle", folder / "case"), folder / "ledger"
        told = json.loads((noisy / "case.json").read_text(encoding="utf-8"))
        program.cordon("ingest", "--ledger", plain, *(f"{schema}:{noisy / schema}.csv" for schema in ("transfers", "assets")))
        # Of case.json a tracer may read the sources only.
        sources = ",".join(f"{told['chain']}:{address}" for address in told["sources"])
        ways = [("default", [])]
        if all_ways:
            ways += [(f"{policy}/{overspend}", ["--policy", policy, "--overspend", overspend])
                     for policy in POLICIES for overspend in OVERSPENDS]
        out = []
        for labels in LABELS:
            ledger = plain
            if labels != "none":
                ledger = shutil.copytree(plain, folder / labels)
                program.cordon("ingest", "--ledger", ledger,
                               f"labels:{noisy / 'labels.csv' if labels == 'oracle' else explorer}")
            for way, flags in ways:
                result = folder / "trace.json"
                result.write_bytes(program.cordon("trace", "--ledger", ledger, "--seed", sources, *flags, "--format",
                                                  "json", accept=(0, 1, 4)))
                scored = subprocess.run([sys.executable, str(score), str(noisy), str(result)], check=True,
                                        stdout=subprocess.PIPE).stdout
                out.append(((labels, way), json.loads(scored)))
        return out
