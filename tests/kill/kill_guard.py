#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon guard check` with SIGKILL at random moments and checks that no verdict that was told is lost or told
otherwise, and that no limit is exceeded.

usage: kill_guard.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import json
import shutil
import signal
import sys

from inputs import policy, request
from support import options_of, play, run, told_and_killed

MOMENT = "2026-01-01T00:00:00Z"
REQUESTS = 400


def make_requests(path, rng):
    """Requests of each verdict, some with a payload, some asked twice."""
    lines = []
    for number in range(REQUESTS):
        lines.append(json.dumps(request(number, rng, MOMENT, 0.1, 60_000)))
        if rng.random() < 0.1:
            lines.append(rng.choice(lines))
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def test(options, cordon, rng, tally, work):
    kills = rounds = 0
    while kills < options.kills and tally.failed == 0:
        rounds += 1
        make_requests(work / "requests.jsonl", rng)
        most = rng.randrange(1, REQUESTS // 2)
        (work / "policy.yaml").write_text(policy(most), encoding="ascii")
        state, known, killed = work / f"state-{rounds}", {}, True
        while killed and tally.failed == 0:
            command = [cordon, "guard", "check", str(work / "requests.jsonl"), "--state", str(state),
                       "--policy-file", str(work / "policy.yaml"), "--at", MOMENT, "--format", "jsonl"]
            if kills < options.kills:
                told, code = told_and_killed(command, rng, 1.0, REQUESTS, 1.0, lambda record: record["data"])
            else:  # The last life of a round is left to its end.
                done = run(*command)
                told, code = [json.loads(line)["data"] for line in done.stdout.splitlines()], done.returncode
            killed = code == -signal.SIGKILL
            if not killed and code not in (0, 1):
                raise RuntimeError(f"guard check ended by itself with exit code {code}")
            kills += killed
            name = f"round {rounds}, kill {kills} ({len(told)} told)"
            for verdict in told:
                before = known.setdefault(verdict["id"], verdict)
                tally.check(before == verdict, f"{name}: {verdict['id']} was told otherwise before")
            allowed = sum(each["verdict"] == "allow" for each in known.values())
            tally.check(allowed <= most, f"{name}: {allowed} let through, the limit is {most}")
            print(f"{name}: {'killed' if killed else 'ran to its end'}", flush=True)
        tally.check(len(known) == REQUESTS, f"round {rounds}: {len(known)} of {REQUESTS} requests were answered")
        for number in rng.sample(range(REQUESTS), 5):
            shown = run(cordon, "guard", "show", f"wd-{number}", "--state", str(state), "--format", "json", "--at",
                        MOMENT)
            tally.check(json.loads(shown.stdout)["data"]["verdict"] == known[f"wd-{number}"],
                        f"round {rounds}: wd-{number} is shown otherwise: {shown.stderr}")
        result = run(cordon, "log", "verify", str(state / "log"))
        tally.check(result.returncode == 0, f"round {rounds}: log verify says {result.stderr.strip()}")
        if tally.failed == 0:
            shutil.rmtree(state)


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "kills", 20, test))
