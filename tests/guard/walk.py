# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Runs the shell blocks of a page as a person would who pastes them: one shell, a terminal, and answers to what is asked.

A block "```sh" must end with 0, "```sh exit=N" with N. A block "```text" behind it is what it prints: "…" in it stands for
anything within a line, a line "…" for any lines.
"""
import dataclasses
import os
import pty
import re
import select
import shlex
import signal
import time

BLOCK = re.compile(r"^```(\w+)(?: exit=(\d+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PHRASE = "five words that dice chose"
TYPED = 6  # Digits that cordon-signer asks for.


@dataclasses.dataclass
class Step:
    line: int
    command: str
    code: int
    expected: str | None = None


def steps_of(page, begin=None, end=None):
    """The steps of a page, or of what stands between two of its lines."""
    start = page.index(begin) if begin else 0
    part = page[start:page.index(end, start) if end else len(page)]
    steps = []
    for found in BLOCK.finditer(part):
        language, code, text = found.groups()
        if language == "sh":
            line = page.count("\n", 0, start + found.start()) + 1
            steps.append(Step(line, text, int(code or 0)))
        elif language == "text" and steps and steps[-1].expected is None:
            steps[-1].expected = text
    return steps


def matches(expected, told):
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        if line == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += "[^\n]*?".join(re.escape(part.rstrip() if at == line.count("…") else part)
                                      for at, part in enumerate(line.split("…"))) + r" *\n"
    return re.fullmatch(pattern, told.strip("\n") + "\n") is not None


class Terminal:
    """A shell with a terminal of its own. `seconds` bounds each step."""

    def __init__(self, folder, env, seconds=120):
        self.seconds, self.seen = seconds, ""
        self.folder = folder
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-c", 'while IFS= read -r step; do . "$step"; done'], env)
        self.count = 0

    def run(self, step):
        """What it printed, and its exit code."""
        mark = f"@@{self.count}:"
        path = os.path.join(self.folder, f".step-{self.count}.sh")
        self.count += 1
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{step.command}\nprintf '\\n{mark}%d@@\\n' $?\n")
        os.write(self.fd, (shlex.quote(path).strip("'") + "\n").encode())
        told, answered, end = b"", 0, time.monotonic() + self.seconds
        while True:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"line {step.line}: not done in {self.seconds} s; so far:\n{told.decode()}")
            try:
                told += os.read(self.fd, 65536)
            except OSError as error:
                raise RuntimeError(f"line {step.line}: the shell has ended:\n{told.decode()}") from error
            text = COLOUR.sub("", told.decode("utf-8", "replace")).replace("\r", "")
            done = re.search(re.escape(mark) + r"(\d+)@@\n", text)
            if done:
                break
            answer = self.answer(text, answered)
            if answer is not None:
                answered = len(text)
                os.write(self.fd, (answer + "\n").encode())
        self.seen += text
        return text[:done.start()].removeprefix(path + "\n"), int(done[1])

    def answer(self, told, answered):
        """What a person types: the hash from the other screen, which was printed before the signer says anything."""
        text = told[answered:]
        if re.search(r"(Passphrase of [^\n]*|The same again): $", text):
            return PHRASE
        asked = re.search(r"digits of the ([\w ]+), as your other screen shows it: $", text)
        if asked:
            before = self.seen + told.split("\nREQUEST\n", 1)[0]
            shown = re.findall(rf"^ *{asked[1]} +(?:0x)?([0-9a-f]{{64}})$", before, re.MULTILINE)
            return shown[-1][:TYPED] if shown else "nothing"
        return None

    def close(self):
        """Ends the shell, and what it left running, which is in its session."""
        for group in {os.getpgid(self.pid), self.pid}:
            try:
                os.killpg(group, signal.SIGHUP)
            except ProcessLookupError:
                pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)
