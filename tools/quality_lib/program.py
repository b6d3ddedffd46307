# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs the built programs: cordon through its public contracts, and conform, which answers single questions."""
import json
import os
import pathlib
import subprocess

from .data import PROJECT


class NotBuilt(Exception):
    """A program that a table asks is not there: that is a failure, for nothing was measured."""


BUILDS = ("release", "bench", "dev")
PLACES = {"cordon": "src/app/cordon", "conform": "tests/conform/conform"}


def find(name):
    """The program from $CORDON or $CONFORM, else from the build beside it, else from the first preset that has it."""
    given = os.environ.get(name.upper())
    if given:
        path = pathlib.Path(given)
        if not path.is_file():
            raise NotBuilt(f"{name.upper()}={given} is not a file")
        return path.resolve()
    builds = [PROJECT / "build" / build for build in BUILDS]
    cordon = os.environ.get("CORDON")
    if cordon:  # The other programs of the same build go with it.
        builds = list(pathlib.Path(cordon).resolve().parents)[:3] + builds
    for build in builds:
        if (build / PLACES[name]).is_file():
            return (build / PLACES[name]).resolve()
    raise NotBuilt(f"{name} is not built: cmake --preset dev && cmake --build --preset dev --target {name}")


class CommandFailed(Exception):
    """cordon ended with another exit code than the table may expect."""


def cordon(*arguments, accept=(0,)):
    """The standard output of one call."""
    command = [str(find("cordon")), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in accept:
        tail = done.stderr.decode("utf-8", "replace").strip().splitlines()[-5:]
        raise CommandFailed(f"{' '.join(command)}\nexit {done.returncode}: " + "\n".join(tail))
    return done.stdout


def cordon_json(*arguments, accept=(0,)):
    """The data of the one envelope that a call with --format json prints."""
    envelope = json.loads(cordon(*arguments, "--format", "json", accept=accept))
    if envelope.get("v") != 1 or "data" not in envelope:
        raise CommandFailed(f"cordon {arguments[0]}: not an envelope of version 1")
    return envelope


def cordon_lines(*arguments, accept=(0,)):
    """The envelopes of a call with --format jsonl."""
    text = cordon(*arguments, "--format", "jsonl", accept=accept)
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def conform(questions):
    """The answers of the program conform, one a question (tests/conform/README.md)."""
    text = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run([str(find("conform"))], input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or len(answers) != len(questions):
        raise CommandFailed(f"conform: exit {done.returncode}, {len(answers)} answers to {len(questions)} questions: "
                            + done.stderr.decode("utf-8", "replace")[-500:])
    return answers
