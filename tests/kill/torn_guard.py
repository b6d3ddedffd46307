#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Tears the files of a gate and checks that the real program never tells a verdict otherwise than before, loses none
without saying so, and names what is damaged.

usage: torn_guard.py --cordon PATH [--tears N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import collections
import json
import re
import shutil
import subprocess
import sys
import time

from inputs import policy, request
from support import COMMAND_LIMIT, INTEGRITY, kill, options_of, play, run, sizes_of, tear


def clock(offset):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


# Around now: a prune notes the time of the machine, and a gate whose clock went back holds.
MOMENT, LATER = clock(-60), clock(6 * 3600)
REQUESTS = 4600  # Above the 4,096 entries after which a log seals bundles.
# What an error says of the place inside of a file: an offset, an entry, a line, or that the file as a whole is not the
# one that was signed or named.
PLACE = re.compile(r"offset \d+|entry \d+|line \d+|signature \d+|is missing|did not sign it|none of the given keys signed it"
                   r"|is not what the log's anchor says|PRIVATE\+KEY|its id does not fit|base64|cannot be read"
                   r"|expected \"cordon tlog retention 1\"|checkpoint: |key: |note: ")


def check(cordon, state, work, requests, at, wait=None):
    """(exit code, what it said, verdicts). With `wait`, the process is killed after so many verdicts."""
    asked = work / "asked.jsonl"
    asked.write_text("".join(json.dumps(each) + "\n" for each in requests), encoding="ascii")
    command = [cordon, "guard", "check", str(asked), "--state", str(state), "--at", at, "--format", "jsonl"]
    if not (state / "log").exists():
        command += ["--policy-file", str(work / "policy.yaml")]
    if wait is None:
        done = run(*command)
        return done.returncode, done.stderr.strip(), [json.loads(line)["data"] for line in done.stdout.splitlines()]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    told = []
    for line in child.stdout:
        if line.endswith("\n"):  # What the kill cut nobody read in full.
            told.append(json.loads(line)["data"])
        if len(told) == wait:
            kill(child)
    child.wait(timeout=COMMAND_LIMIT)
    return child.returncode, "", told


class Gate:
    """A state that was told, to be copied and torn."""

    def __init__(self, state, asked, told, signed):
        self.state, self.asked = state, asked
        self.told = {each["id"]: each for each in told}
        self.signed = signed  # Entries under its checkpoint.


def signed_entries(state):
    return int((state / "log" / "checkpoint").read_text(encoding="utf-8").splitlines()[1])


def prepare(cordon, work, rng):
    """Gates as people have them: one that ended by itself, one that was killed after its checkpoint, one whose old
    entries left."""
    (work / "policy.yaml").write_text(policy(2000), encoding="ascii")
    whole = work / "whole"
    asked = [request(number, rng, MOMENT, 0.02, 20_000) for number in range(REQUESTS)]
    code, said, told = check(cordon, whole, work, asked, MOMENT)
    if code not in (0, 1) or len(told) != REQUESTS:
        raise RuntimeError(f"the first gate: {code}: {said}")
    gates = [Gate(whole, asked, told, signed_entries(whole))]
    killed = work / "killed"
    shutil.copytree(whole, killed)
    more = [request(REQUESTS + number, rng, MOMENT, 0.02, 20_000) for number in range(400)]
    _, _, told_more = check(cordon, killed, work, more, MOMENT, wait=200)
    gates.append(Gate(killed, asked + more[:len(told_more)], told + told_more, signed_entries(killed)))
    pruned = work / "pruned"
    shutil.copytree(whole, pruned)
    done = run(cordon, "log", "prune", str(pruned / "log"), "--key", str(pruned / "gate.key"), "--keep", "1000", "--delete",
               "--by", "alice", "--why", "test", "--yes")
    if done.returncode != 0:
        raise RuntimeError(f"prune: {done.stderr.strip()}")
    gates.append(Gate(pruned, asked, told, signed_entries(pruned)))
    return gates


def check_torn(tally, cordon, work, gate, rng, name):
    """One tear. Returns the kind of file and how it ended, for the summary."""
    state = work / "torn"
    shutil.copytree(gate.state, state)
    files = [path for path, size in sizes_of(state).items() if size > 0 and path.name != "lock"]
    # Small files are few and matter most: each kind as often as the other.
    kinds = collections.defaultdict(list)
    for path in files:
        kinds["/".join(path.relative_to(state).parts[:3])
              if "tile" in path.parts else path.relative_to(state).parts[0] + "/" + path.name
              if path.parent.name == "log" else path.parent.name].append(path)
    path = rng.choice(kinds[rng.choice(sorted(kinds))])
    kind = re.sub(r"x?\b\d{3}\b", "N", re.sub(r"[0-9a-f]{64}", "SHA256", str(path.relative_to(state))))
    how, begin = tear(path, rng)
    torn = path.read_bytes()
    name = f"{name}: {gate.state.name}: {path.relative_to(state)} {how} at {begin}"
    verified = run(cordon, "log", "verify", str(state / "log"))
    sample = rng.sample(gate.asked, 20) + gate.asked[-5:]
    code, said, told = check(cordon, state, work, sample, LATER)
    untouched = path.exists() and path.read_bytes() == torn
    for what, result, text in (("verify", verified.returncode, verified.stderr.strip()), ("check", code, said)):
        fine = (0, 1) if what == "check" else (0,)
        if result in fine:
            continue
        tally.check(result in (3, INTEGRITY), f"{name}: {what} ends with {result}: {text}")
        tally.check(str(state) in text and PLACE.search(text), f"{name}: {what} does not say where: {text}")
    # Nothing torn is served: each verdict that is told is the one that was told, to the last byte.
    lost = [each["id"] for each in told if each != gate.told[each["id"]]]
    beyond = {verdict_id for verdict_id, each in gate.told.items() if each["entry"] >= gate.signed}
    if code not in (0, 1):
        tally.check(untouched, f"{name}: it was refused, and changed all the same")
        end = "refused"
    elif lost:
        # A head that lost its end looks as if it had never been written: nothing signs that part yet.
        tally.check(path.name == "head" and set(lost) <= beyond, f"{name}: told otherwise, and nobody says so: {lost}")
        end = "what no checkpoint held yet cut away (cannot be told from a crash)"
    else:
        end = "served" if verified.returncode == 0 else "served, verify refuses"
    if begin < len((gate.state / path.relative_to(state)).read_bytes()) and how != "cut" and code in (0, 1) and not lost:
        tally.check(verified.returncode != 0 or path.name in ("head", "gate.key") or kind.startswith("snapshot"),
                    f"{name}: served, and verify finds nothing")
    shutil.rmtree(state)
    return f"{gate.state.name}: {kind}: {end}"


def test(options, cordon, rng, tally, work):
    gates = prepare(cordon, work, rng)
    for gate in gates:
        # Undamaged, each answers as before: else nothing below would mean anything.
        again = work / "again"
        shutil.copytree(gate.state, again)
        _, said, told = check(cordon, again, work, gate.asked, LATER)
        tally.check(len(told) == len(gate.asked) and all(each == gate.told[each["id"]] for each in told),
                    f"{gate.state.name}: untouched, it tells otherwise: {said}")
        shutil.rmtree(again)
    for number in range(1, options.tears + 1):
        failures = tally.failed
        tally.ends[check_torn(tally, cordon, work, gates[number % len(gates)], rng, f"tear {number}")] += 1
        if tally.failed > failures + 20:
            break


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "tears", 20, test))
