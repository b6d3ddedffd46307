# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The lines of a story that asks the gate: its policy, who asks for what, what people stop. The words are in README.md."""
import re

from .txn_teller import Wrong

KEYS = ("ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",  # RFC 8032 §7.1, tests 1 and 2.
        "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=")
# What every policy must have and few stories are about.
USUAL = {
    "version": "1",
    "people": f'{{alice: "{KEYS[0]}", bob: "{KEYS[1]}"}}',
    "groups": "{board: [alice, bob]}",
    "checks": "{explain: off, screening: off, feed: off}",
    "change": "{group: board, m: 2, delay: 24h}",
    "reset": "{group: board, m: 2}",
}


class GuardWords:
    """Mixed into Story."""

    def start_guard(self):
        self.policy = dict(USUAL)  # Top key -> its value as YAML.
        self.asks_gate = False

    def read_policy(self, _number, rest):
        match = re.fullmatch(r"(\w+): (.+)", rest)
        if not match:
            raise Wrong("policy KEY: VALUE, the value in one line")
        self.policy[match.group(1)] = match.group(2)

    def policy_text(self):
        return "".join(f"{key}: {value}\n" for key, value in self.policy.items())

    def read_request(self, number, rest):
        match = re.fullmatch(r"(\w+): (\S+) -> (\S+) (\S+) (\S+)(?: by (\S+))?", rest)
        if not match:
            raise Wrong("request ID: WALLET -> NAME AMOUNT ASSET [by WHOM]")
        identifier, source, target, amount, unit, whom = match.groups()
        asset, amount = self.amount(amount, unit)
        self.ask(number, "request", {
            "id": identifier, "chain": self.chain, "asset": asset, "from": self.place(source), "to": self.place(target),
            "amount": str(amount), "requester": whom or "queue", "time": self.when()})

    def read_again(self, number, rest):
        """again ID: the same request is asked once more."""
        for question in self.questions:
            if question.verb == "request" and question.seeds["id"] == rest:
                self.ask(number, "request", question.seeds)
                return
        raise Wrong(f"nobody asked for {rest}")

    def read_trip(self, number, rest):
        match = re.fullmatch(r"global|wallet (\S+)", rest)
        if not match:
            raise Wrong("trip global, or trip wallet NAME")
        self.ask(number, "trip", f"wallet {self.chain}:{self.place(match.group(1))}" if match.group(1) else rest)

    def ask(self, number, verb, what):
        self.asks_gate = True
        self.questions.append(self.question(number, what, verb))
