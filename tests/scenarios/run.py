#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Plays the stories of tests/scenarios through the built cordon and judges its answers. The words: README.md.

usage: run.py [FILE.scenario...]      the program is $CORDON, else build/dev or build/release

Each trace is asked twice: the two answers must be the same bytes. The last line counts.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(PROJECT))
from tests.scenarios import story as stories  # noqa: E402
from tests.scenarios import world  # noqa: E402
from tests.scenarios.guard_player import GuardPlayer  # noqa: E402
from tests.scenarios.judge import Judge, LinksJudge  # noqa: E402
from tests.scenarios.watch_judge import WatchJudge  # noqa: E402


def program():
    places = [os.environ["CORDON"]] if os.environ.get("CORDON") else [
        PROJECT / "build" / preset / "src" / "app" / "cordon" for preset in ("dev", "release")]
    for place in places:
        if pathlib.Path(place).is_file():
            return str(pathlib.Path(place).resolve())
    print("scenarios: cordon is not built: cmake --preset dev && cmake --build --preset dev --target cordon")
    print("0 passed, 1 failed, 0 skipped")
    sys.exit(4)


def call(cordon, arguments):
    return subprocess.run([cordon, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)


def ask(cordon, ledger, story, question):
    """Complaints about the answer to one question of a story."""
    exits = [words.split()[1] for _, wanted, words in question.expectations if wanted and words.startswith("exit ")]
    asked = ["--seed", ",".join(question.seeds)] if question.verb == "trace" else question.seeds
    command = [question.verb, "--ledger", str(ledger), *asked, *question.flags, "--format", "json"]
    done = call(cordon, command)
    if exits:
        if str(done.returncode) != exits[0]:
            yield f"line {question.line}: exit {done.returncode}, expected {exits[0]}: {done.stderr.decode()[-400:]}"
        if done.returncode not in (0, 1, 4):
            return
    elif done.returncode not in (0, 1):
        yield f"line {question.line}: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
        return
    if call(cordon, command).stdout != done.stdout:
        yield f"line {question.line}: the same question gave two answers"
    question.expectations = [each for each in question.expectations if not each[2].startswith("exit ")]
    judge = LinksJudge if question.verb == "links" else Judge
    yield from judge(story, question, json.loads(done.stdout)).complaints(question)


def ask_watch(cordon, flags, story, question):
    """Complaints about what a watch tells of the story."""
    command = ["watch", "--replay", *flags, *question.flags, "--format", "jsonl"]
    done = call(cordon, command)
    if done.returncode not in (0, 1):
        yield f"line {question.line}: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
        return
    if call(cordon, command).stdout != done.stdout:
        yield f"line {question.line}: the same question gave two answers"
    yield from WatchJudge(story, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")).complaints(question)


def play_watch(cordon, story):
    with tempfile.TemporaryDirectory(prefix="cordon-scenario-") as folder:
        before, flags = world.write_watch(story, pathlib.Path(folder))
        if before:
            ledger = str(pathlib.Path(folder) / "ledger")
            done = call(cordon, ["ingest", "--ledger", ledger, *before])
            if done.returncode != 0:
                yield f"ingest: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
                return
            flags += ["--ledger", ledger]
        for question in story.questions:
            if question.verb != "watch":
                yield f"line {question.line}: a story that asks watch has no ledger to ask {question.verb}"
                continue
            yield from ask_watch(cordon, flags, story, question)


def play_guard(cordon, story):
    with tempfile.TemporaryDirectory(prefix="cordon-scenario-") as folder:
        yield from GuardPlayer(story, pathlib.Path(folder), lambda arguments: call(cordon, arguments)).play()


def play(cordon, story):
    if story.asks_gate:
        yield from play_guard(cordon, story)
        return
    if story.watched:
        yield from play_watch(cordon, story)
        return
    with tempfile.TemporaryDirectory(prefix="cordon-scenario-") as folder:
        sources = world.write(story, pathlib.Path(folder))
        ledger = pathlib.Path(folder) / "ledger"
        done = call(cordon, ["ingest", "--ledger", str(ledger), *sources])
        if done.returncode != 0:
            yield f"ingest: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
            return
        for question in story.questions:
            yield from ask(cordon, ledger, story, question)


def main(arguments):
    files = [pathlib.Path(name) for name in arguments] or sorted(HERE.rglob("*.scenario"))
    cordon = program()
    passed = failed = 0
    for path in files:
        name = path.resolve().relative_to(HERE).as_posix() if path.resolve().is_relative_to(HERE) else str(path)
        try:
            told = stories.read(path.read_text(encoding="utf-8"), name)
        except (stories.Wrong, OSError, UnicodeDecodeError, ValueError) as error:
            failed += 1
            print(f"FAIL {name}: {error}")
            continue
        for story in told:
            try:
                complaints = list(play(cordon, story))
            except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
                complaints = [f"{type(error).__name__}: {error}"]
            passed, failed = (passed, failed + 1) if complaints else (passed + 1, failed)
            if complaints:
                print(f"FAIL {story.title}")
                for complaint in complaints:
                    print(f"     {complaint}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
