# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Sets the alerts of cordon watch beside what a story expects. Every complaint is a sentence for a person."""
import json
import re

from .txn_teller import Wrong

SEVERITIES = ("info", "low", "medium", "high", "critical")
WORDS = re.compile(r"(alert|pending|retracted)(?: (\S+?))?(?: subject (\S+))?(?: (info|low|medium|high|critical))?"
                   r"(?: in txn (\w+))?(?: (\d+) times)?(?: why (.+))?")


class WatchJudge:
    def __init__(self, story, lines, log):
        self.story = story
        self.log = log
        self.told = [json.loads(line)["data"] for line in lines.splitlines()]
        self.last = {}  # id -> what was last told of it; the order is that of the first telling.
        for alert in self.told:
            self.last[alert["id"]] = alert

    def complaints(self, question):
        found = list(self.sound())
        for line, wanted, words in question.expectations:
            try:
                found += [f"line {line}: {text}" for text in self.judge(wanted, words)]
            except (Wrong, KeyError, ValueError) as error:
                found.append(f"line {line}: {type(error).__name__}: {error}")
        return found

    def sound(self):
        """What holds of every alert of every story."""
        txns = set(self.story.txn_names.values())
        for alert in self.told:
            if not alert["reason"] or not alert["next"]:
                yield f"an alert of {alert['detector']} does not say why, or what to do"
            if not set(alert["txs"]) <= txns:
                yield f"an alert of {alert['detector']} names a txn that is not in the story: {alert['txs']}"

    def judge(self, wanted, words):
        match = WORDS.fullmatch(words)
        if not match:
            raise Wrong("alert|pending|retracted [DETECTOR] [subject NAME] [SEVERITY] [in txn NAME] [N times] [why TEXT]")
        kind, detector, subject, severity, txn, times, why = match.groups()
        if detector in SEVERITIES and severity is None:
            detector, severity = None, detector
        rows = self.last.values() if wanted else self.told
        found = [alert for alert in rows
                 if detector in (None, alert["detector"])
                 and (not wanted or alert["state"] == {"alert": "raised"}.get(kind, kind))
                 and (subject is None or alert["subject"] == self.story.place(subject))
                 and (severity is None or SEVERITIES.index(alert["severity"]) >= SEVERITIES.index(severity))
                 and (txn is None or self.txid(txn) in alert["txs"])
                 and (why is None or why in alert["reason"])]
        if not wanted:
            for alert in found:
                yield f"{words} must not be there: {self.shown(alert)}"
        elif not found or (times and len(found) != int(times)):
            shown = "; ".join(self.shown(alert) for alert in self.last.values()) or "none"
            yield f"{words}: {len(found)} found; the alerts are: {shown}; the log says: {self.log.strip()[-300:]}"

    def txid(self, name):
        if name not in self.story.txn_names:
            raise Wrong(f"{name} is no txn of the story")
        return self.story.txn_names[name]

    def shown(self, alert):
        known = {self.story.place(name): name for name in sorted(self.story.names_used)}
        txns = {txid: name for name, txid in self.story.txn_names.items()}
        about = known.get(alert["subject"], alert["subject"])
        where = ", ".join(txns.get(txid, txid) for txid in alert["txs"])
        return f"{alert['detector']} {alert['severity']} {alert['state']} about {about} in {where}: {alert['reason']}"
