#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon guard check` with SIGKILL at random moments and checks that no verdict that was told is lost or told
otherwise, and that no limit is exceeded.

usage: kill_guard.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from kill_ingest import COMMAND_LIMIT, Tally, set_up, run

KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032 §7.1, test 1: nobody signs here.
MOMENT = "2026-01-01T00:00:00Z"
REQUESTS = 400


def policy(most):
    return f"""version: 1
checks: {{explain: off, screening: off, feed: off}}
people: {{alice: "{KEY}"}}
groups: {{board: [alice]}}
rules:
  - {{id: small, when: "amount <= 1000", then: allow}}
  - {{id: big, when: "amount > 1000 and amount <= 2000", then: hold, approvals: {{group: board, m: 1}}}}
limits:
  - {{id: often, scope: wallet, window: 1h, count: {most}}}
change: {{group: board, m: 1, delay: 24h}}
reset: {{group: board, m: 1, delay: 1h}}
"""


def make_requests(path, rng):
    """Requests of each verdict, some with a payload, some asked twice."""
    lines = []
    for number in range(REQUESTS):
        request = {"id": f"wd-{number}", "chain": "eth", "asset": "native", "from": "0x" + "11" * 20,
                   "to": f"0x{rng.getrandbits(160):040x}", "amount": str(rng.choice((1, 900, 1500, 5000))),
                   "requester": "queue", "time": MOMENT}
        if rng.random() < 0.1:
            request["payload"] = {"type": "evm", "data": "ab" * rng.randrange(1, 60_000)}
        lines.append(json.dumps(request))
        if rng.random() < 0.1:
            lines.append(rng.choice(lines))
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def check_and_kill(cordon, work, state, rng, longest):
    """One life that dies on the way: verdicts that were told, and whether it was killed."""
    told = []
    child = subprocess.Popen([cordon, "guard", "check", str(work / "requests.jsonl"), "--state", str(state),
                              "--policy-file", str(work / "policy.yaml"), "--at", MOMENT, "--format", "jsonl"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def listen():
        for line in child.stdout:
            if line.endswith("\n"):  # What the kill cut nobody read in full.
                told.append(json.loads(line)["data"])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    if rng.random() < 0.5:
        time.sleep(rng.random() * longest)
    else:
        target, deadline = rng.randrange(1, REQUESTS), time.monotonic() + longest
        while len(told) < target and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
    # Only ever our own child, and only while it lives: an unreaped child keeps its pid, so it cannot be another's.
    killed = child.poll() is None
    if killed:
        assert child.pid > 1
        os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=COMMAND_LIMIT)
    listener.join(timeout=COMMAND_LIMIT)
    killed = child.returncode == -signal.SIGKILL
    if not killed and child.returncode not in (0, 1):
        raise RuntimeError(f"guard check ended by itself with exit code {child.returncode}")
    return told, killed


def main():
    options, cordon, rng, tally, work = set_up(__doc__, 20)
    try:
        kills = rounds = 0
        while kills < options.kills and tally.failed == 0:
            rounds += 1
            make_requests(work / "requests.jsonl", rng)
            most = rng.randrange(1, REQUESTS // 2)
            (work / "policy.yaml").write_text(policy(most), encoding="ascii")
            state, known, killed = work / f"state-{rounds}", {}, True
            while killed and tally.failed == 0:
                # The last life of a round is left to its end.
                longest = 1.0 if kills < options.kills else COMMAND_LIMIT
                if longest == COMMAND_LIMIT:
                    done = run(cordon, "guard", "check", str(work / "requests.jsonl"), "--state", str(state),
                               "--policy-file", str(work / "policy.yaml"), "--at", MOMENT, "--format", "jsonl")
                    told, killed = [json.loads(line)["data"] for line in done.stdout.splitlines()], False
                else:
                    told, killed = check_and_kill(cordon, work, state, rng, longest)
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
    except (OSError, RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        tally.check(False, repr(error))
    finally:
        if options.dir is None and tally.failed == 0:
            shutil.rmtree(work, ignore_errors=True)
        elif tally.failed:
            print(f"kept for a look: {work}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
