#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills a busy `cordon serve` with SIGKILL at random moments and checks that nothing it answered for is lost.

usage: kill_serve.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import http.client
import pathlib
import shutil
import sys
import threading
import time

from support import options_of, play, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "console"))
from server import CASE, Server, free_port  # noqa: E402

WALLET = "0xbd11c59168620dc1243ee90e89ccc333b159cd2a"


class Life:
    """One life of the server, with three clients that note what they were answered."""

    def __init__(self, server, number, alerts, known):
        self.server, self.number, self.alerts, self.known = server, number, alerts, known
        self.stop, self.broken = threading.Event(), []
        self.threads = [threading.Thread(target=self.client, args=(each,), daemon=True)
                        for each in (self.note, self.change_case, self.withdraw)]
        for each in self.threads:
            each.start()

    def client(self, deed):
        count = 0
        while not self.stop.is_set():
            count += 1
            try:
                deed(f"{self.number}-{count}", count)
            except (OSError, http.client.HTTPException, ValueError):
                return  # Cut off by the kill: it was not answered, so it may be there or not.

    def change(self, method, path, body, role):
        answer = self.server.ask(method, path, body, self.server.as_token(role))
        if answer.status == 429:
            time.sleep(0.02)
            return None
        if answer.status not in (200, 201):
            self.broken.append(f"{path}: {answer.status} {answer.text[:200]}")
            self.stop.set()
            return None
        self.known["audit"].add(answer.headers["x-request-id"])
        return answer.json["data"]

    def note(self, name, count):
        alert = self.alerts[count % len(self.alerts)]
        if self.change("POST", "/api/alerts/actions", {"ids": [alert], "action": "note", "why": f"note {name}"}, "analyst"):
            self.known["notes"].add((alert, f"note {name}"))

    def change_case(self, name, count):
        if count % 5 == 1 or not self.known["cases"]:
            made = self.change("POST", "/api/cases", {"title": f"case {name}", "items": []}, "analyst")
            if made:
                self.known["cases"][made["id"]] = (f"case {name}",)
            return
        case = sorted(self.known["cases"])[-1]
        # Cut off, either of the two may hold.
        before = self.known["cases"][case]
        self.known["cases"][case] = (*before, f"title {name}")
        if self.change("PATCH", f"/api/cases/{case}", {"title": f"title {name}"}, "analyst"):
            self.known["cases"][case] = (f"title {name}",)

    def withdraw(self, name, count):
        verdict = self.change("POST", "/api/guard/withdrawals",
                              {"id": f"wd-{name}", "chain": "eth", "asset": "native", "from": WALLET, "to": "0x" + "77" * 20,
                               "amount": str(count), "requester": "operator", "time": "2026-01-01T00:40:00Z"}, "operator")
        if verdict:
            self.known["verdicts"][f"wd-{name}"] = verdict["verdict"]

    def end(self):
        self.server.kill()
        self.stop.set()
        for each in self.threads:
            each.join(timeout=40)
        return self.broken


def check_all(tally, server, known, name):
    analyst, operator, admin = (server.as_token(role) for role in ("analyst", "operator", "admin"))

    def ask(path, headers):
        for _ in range(500):
            answer = server.ask("GET", path, headers=headers)
            if answer.status != 429:
                return answer
            time.sleep(0.05)
        raise RuntimeError("too often")

    for alert in sorted({each for each, _ in known["notes"]}):
        history = {step["why"] for step in ask(f"/api/alerts/{alert}", analyst).json["data"]["history"]}
        lost = [why for each, why in known["notes"] if each == alert and why not in history]
        tally.check(not lost, f"{name}: notes on {alert} are lost: {lost[:5]}")
    for case, titles in known["cases"].items():
        answer = ask(f"/api/cases/{case}", analyst)
        tally.check(answer.status == 200 and answer.json["data"]["title"] in titles,
                    f"{name}: case {case} has not {titles}: {answer.text[:200]}")
    for request, verdict in known["verdicts"].items():
        answer = ask(f"/api/guard/withdrawals/{request}", operator)
        tally.check(answer.status == 200 and request in answer.text, f"{name}: {request} ({verdict}) is lost")
    told, begun, cursor = set(), 0, None
    while True:
        page = ask("/api/audit?limit=500" + (f"&cursor={cursor}" if cursor else ""), admin).json["data"]
        told |= {row["request"] for row in page["items"] if row.get("status") is not None and "request" in row}
        begun += sum(row.get("status") is None and "request" in row for row in page["items"])
        cursor = page["next"]
        if cursor is None:
            break
    tally.check(known["audit"] <= told, f"{name}: {len(known['audit'] - told)} answered changes are not in the audit log")
    return begun


def test(options, cordon, rng, tally, work):
    data = work / "data"
    with Server.over_case(cordon, data) as first:  # Makes ledger, policy and alerts.
        for role in ("analyst", "operator", "admin"):
            first.token(role)
        alerts, deadline = [], time.monotonic() + 120
        while len(alerts) < 3 and time.monotonic() < deadline:
            items = first.ask("GET", "/api/alerts", headers=first.as_token("analyst")).json["data"]["items"]
            alerts = [each["id"] for each in items][:8]
            time.sleep(0.5)
        tokens = first.tokens
    if not tally.check(len(alerts) >= 3, "the replay raised fewer than three alerts"):
        raise RuntimeError("nothing to work on")
    config = work / "serve.yaml"
    known = {"notes": set(), "cases": {}, "verdicts": {}, "audit": set()}
    begun = 0
    for kill in range(1, options.kills + 1):
        config.write_text(f"version: 1\nname: kills\ndata: {data}\nledger: {data / 'ledger'}\n"
                          f"listen: 127.0.0.1:{free_port()}\n"
                          f"watch: {{sources: ['transfers:{CASE / 'transfers.csv'}'], simulated: true, speed: 100}}\n"
                          f"guard: {{policy: {data / 'policy.yaml'}}}\n", encoding="utf-8")
        server = Server.of_config(cordon, data, config)
        server.tokens = dict(tokens)
        try:
            begun = check_all(tally, server, known, f"kill {kill}")
            life = Life(server, kill, alerts, known)
            time.sleep(0.2 + rng.random() * 1.5)
            for each in life.end():
                tally.check(False, f"kill {kill}: {each}")
        finally:
            server.end()
        for log in ("log", "gate/log"):
            result = run(cordon, "log", "verify", str(data / log))
            # The checkpoint comes once a second: a kill in the first has none yet, and says so.
            tally.check(result.returncode == 0, f"kill {kill}: log verify {log}: {result.stderr.strip()}")
        print(f"kill {kill}: {len(known['notes'])} notes, {len(known['cases'])} cases, {len(known['verdicts'])} verdicts, "
              f"{begun} begun and not ended", flush=True)
        if tally.failed:
            break
    if not tally.failed:
        with Server.of_config(cordon, data, config) as last:
            last.tokens = dict(tokens)
            check_all(tally, last, known, "at the end")


if __name__ == "__main__":
    sys.exit(play(options_of(__doc__), "kills", 20, test))
