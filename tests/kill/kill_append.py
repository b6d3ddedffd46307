#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon serve` with `append: true` at random moments, while its chain grows and is reorganised, and checks that
its ledger lacks nothing that was told and has nothing twice.

usage: kill_append.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import csv
import json
import pathlib
import subprocess
import sys
import time

from support import kill, options_of, play, run

for shared in ("console", "support"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / shared))
from large_payment import RULES  # noqa: E402
from node import Chain, Node, payments  # noqa: E402
from server import Server, free_port  # noqa: E402

PATIENCE = 60


class Live:
    def __init__(self, cordon, work, chain, url):
        self.cordon, self.chain, self.data, self.ledger = cordon, chain, work / "data", work / "ledger"
        self.config, self.tokens = work / "serve.yaml", {}
        self.first = len(chain.blocks) - 1  # The tip when it is first looked at: it begins there.
        self.before = []  # Chains that its ledger may still be of.
        rules = work / "rules.yaml"
        rules.write_text(RULES, encoding="utf-8")
        self.text = (f"version: 1\nname: kills\ndata: {self.data}\nledger: {self.ledger}\nlisten: 127.0.0.1:PORT\n"
                     f"watch: {{sources: ['evm-rpc:{url}'], rules: ['{rules}'], append: true}}\n")

    def write_config(self):
        self.config.write_text(self.text.replace("PORT", str(free_port())), encoding="utf-8")

    def serve(self):
        self.write_config()
        server = Server.of_config(self.cordon, self.data, self.config)
        server.tokens = self.tokens
        return server

    def told(self, server):
        """(block, txn) of the newest large payments that it tells of."""
        answer = server.ask("GET", "/api/alerts?repeats=true&limit=200", headers=server.as_token("analyst"))
        return {(each["block"], txn) for each in answer.json["data"]["items"]
                if each["detector"] == "T01" and each["state"] == "raised" for txn in each["txs"]}

    def wait_for(self, server, payment):
        deadline = time.monotonic() + PATIENCE
        while payment not in self.told(server):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{payment} is not told of: {''.join(server.errors[-5:])}")
            time.sleep(0.02)

    def alerts(self):
        """(block, txn, state) of each large payment."""
        lines = run(self.cordon, "alerts", "--state", str(self.data / "watch"), "--all", "--limit", "1000000", "--format", "jsonl")
        told = [json.loads(line)["data"] for line in lines.stdout.splitlines()]
        return [(each["block"], txn, each["state"]) for each in told if each["detector"] == "T01" for txn in each["txs"]]

    def stored(self):
        dump = run(self.cordon, "ledger", "dump", "--ledger", str(self.ledger), "--chain", "eip155:31337")
        if dump.returncode != 0:
            raise RuntimeError(dump.stderr)
        return [(int(row["block"]), row["tx"]) for row in csv.DictReader(dump.stdout.splitlines())]

    def reorg(self, depth):
        """Never as deep as its first block: what is below it does not know."""
        depth = min(depth, len(self.chain.blocks) - 1 - self.first)
        if depth > 0:
            self.before.append(self.chain.reorg(depth))

    def live(self, rng):
        """One life that is killed; what it told. Half of the lives are asked nothing and may be killed before they listen."""
        told, server = set(), None
        self.chain.grow(rng.randrange(40))
        if rng.random() < 0.5:
            server = self.serve()
            child = server.process
        else:
            self.write_config()
            child = subprocess.Popen([self.cordon, "serve", "--config", str(self.config)], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
        end = time.monotonic() + rng.random() * 2
        try:
            while time.monotonic() < end:
                self.chain.grow(rng.randrange(2))
                if rng.random() < 0.03:
                    self.reorg(rng.randrange(1, 8))
                if server:
                    told |= self.told(server)
                time.sleep(0.02)
        finally:
            kill(child)
            child.wait()
        if server:
            server.end()
        return told


def check(tally, live, told, name):
    for what in (("ledger", "verify", "--ledger", live.ledger), ("log", "verify", live.data / "log")):
        result = run(live.cordon, *map(str, what))
        tally.check(result.returncode == 0, f"{name}: {what[0]} verify: {result.stderr.strip()}")
    stored = live.stored()
    tip = stored[-1][0]
    # The chain of which it holds a beginning: every block whole, none twice, none of another branch.
    seen = [chain for chain in (*live.before, live.chain.blocks) if payments(chain[live.first:tip + 1]) == stored]
    live.before = [list(chain) for chain in seen]
    print(f"{name}: {len(told)} told, block {tip} of {len(live.chain.blocks) - 1}", flush=True)
    if tally.check(seen, f"{name}: the ledger, up to block {tip}, is no beginning of the chain"):
        alerts = live.alerts()
        raised = [(block, txn) for block, txn, state in alerts if state == "raised"]
        tally.check(len({txn for _, txn in raised}) == len(raised), f"{name}: an alert is raised twice")
        gone = {txn for _, txn in told} - {txn for _, txn, _ in alerts}  # Its block may be another since.
        tally.check(not gone, f"{name}: alerts that were told are gone: {sorted(gone)[:3]}")
        lost = told.union(raised) & set(payments(seen[-1])) - set(stored)
        tally.check(not lost, f"{name}: alerts are raised of {sorted(lost)[:3]}, which the ledger lacks")


def test(options, cordon, rng, tally, work):
    chain = Chain(rng)
    chain.grow(5)
    first = chain.grow_to_large()
    with Node(chain) as node:
        live = Live(cordon, work, chain, node.url)
        with live.serve() as server:
            live.wait_for(server, first)
        for number in range(1, options.kills + 1):
            check(tally, live, live.live(rng), f"kill {number}")
            if tally.failed:
                return
            if rng.random() < 0.3:  # While nobody looks.
                live.reorg(rng.randrange(1, 20))
        last = chain.grow_to_large()
        with live.serve() as server:
            live.wait_for(server, last)
        tally.check(live.stored() == payments(chain.blocks[live.first:]), "at the end: the ledger is not the chain")
        told = sorted((block, txn) for block, txn, state in live.alerts() if state == "raised")
        tally.check(told == sorted(payments(chain.blocks[live.first:], large=True)),
                    "at the end: what was raised is not what was paid")


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "kills", 20, test))
