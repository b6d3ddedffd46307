# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Plays a story that asks the gate. At each question a watch sees what happened so far, with the gate's own log as its
withdrawal queue, and the gate is asked with the alerts of that watch: the loop as it runs in an exchange."""
import json
import re

from . import world
from .txn_teller import Wrong
from .watch_judge import WatchJudge


class GuardPlayer:
    """`call(arguments)` runs cordon."""

    def __init__(self, story, folder, call):
        self.story, self.folder, self.call = story, folder, call
        self.gate = folder / "gate"
        self.policy = folder / "policy.yaml"
        self.policy.write_text(story.policy_text(), encoding="utf-8")
        self.watches = 0

    def play(self):
        before, flags = world.write_watch(self.story, self.folder)
        self.known = [word for text in world.known_to_gate(self.story, self.folder) for word in ("--known", text)]
        if before:
            ledger = str(self.folder / "ledger")
            done = self.call(["ingest", "--ledger", ledger, *before])
            if done.returncode != 0:
                yield f"ingest: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
                return
            flags += ["--ledger", ledger]
            self.known += ["--ledger", ledger]
        for question in self.story.questions:
            try:
                for complaint in self.ask(question, flags):
                    yield f"line {question.line}: {complaint}"
            except Wrong as error:
                yield f"line {question.line}: {error}"

    def ask(self, question, flags):
        (self.folder / "events.jsonl").write_text("".join(f"{event}\n" for event in question.events), encoding="utf-8")
        self.watches += 1
        state = str(self.folder / f"watch{self.watches}")
        queue = [f"guard:{self.gate}"] if self.gate.exists() else []
        watched = self.call(["watch", "--replay", flags[0], *queue, *flags[1:], *question.flags, "--state", state,
                             "--format", "jsonl"])
        if watched.returncode not in (0, 1):
            yield f"watch: exit {watched.returncode}: {watched.stderr.decode('utf-8', 'replace')[-400:]}"
            return
        if question.verb == "watch":
            yield from WatchJudge(self.story, watched.stdout.decode(), watched.stderr.decode()).complaints(question)
            return
        gate = ["--state", str(self.gate), "--policy-file", str(self.policy), "--at", question.at, "--alerts", state,
                *self.known, "--format", "jsonl"]
        if question.verb == "trip":
            done = self.call(["guard", "trip", question.seeds, "--why", "the story says so", *gate])
            if done.returncode != 1:
                yield f"trip: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
            return
        path = self.folder / "request.json"
        path.write_text(json.dumps(question.seeds), encoding="utf-8")
        command = ["guard", "check", str(path), *gate]
        done = self.call(command)
        if done.returncode not in (0, 1):
            yield f"guard check: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-400:]}"
            return
        if self.call(command).stdout != done.stdout:
            yield "the same request had two verdicts"
        yield from judge(json.loads(done.stdout)["data"], question)


def judge(verdict, question):
    """Complaints about a verdict."""
    reasons = [f"{each['rule']} ({each['source']}): {each['text']}" for each in verdict["reasons"]]
    if not reasons:
        yield "a verdict without a reason"
    for line, wanted, words in question.expectations:
        match = re.fullmatch(r"(allow|hold|deny)(?: why (.+))?", words)
        if not match:
            raise Wrong(f"line {line}: expect allow|hold|deny [why TEXT]")
        decision, why = match.groups()
        is_so = verdict["verdict"] == decision and (not why or any(why in reason for reason in reasons))
        if is_so != wanted:
            yield f"line {line}: {'expected' if wanted else 'unexpected'} {words}: it is {verdict['verdict']}, {reasons}"
