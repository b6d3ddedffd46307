# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""People work with the alerts of a watch: who does what, all or nothing, in plain words."""
import json

from tests.cli.support import CliTest

TROUBLE = '{"type":"status","chain":"eth","state":"unavailable","block":7,"time":"2026-01-01T00:00:0%dZ","text":"node .%d"}\n'


class Alerts(CliTest):
    def setUp(self):
        super().setUp()
        events = self.file("feed.jsonl", "".join(TROUBLE % (n, n) for n in range(3)))
        self.watched = self.folder / "watch"
        self.call("watch", "--replay", f"events:{events}", "--state", self.watched, code=1)
        self.ids = [alert["id"] for alert in self.list()]
        self.assertTrue(self.ids)

    def list(self, *flags):
        lines = self.call("alerts", "--state", self.watched, "list", "--all", "--format", "jsonl", *flags).out
        return [json.loads(line)["data"] for line in lines.splitlines()]

    def act(self, *words, code=0):
        return self.call("alerts", "--state", self.watched, *words, code=code)

    def test_assign_and_note(self):
        one = self.ids[0]
        self.assertIn("1 alerts: acknowledged", self.act("ack", one, "--who", "ann").out)
        self.assertIn("ann", self.act("list").out)
        self.act("assign", one, "--to", "bob", "--who", "ann")
        self.assertEqual(self.list()[0]["assignee"], "bob")
        self.act("note", one, "--why", "the node was moved", "--who", "ann")
        shown = self.act("show", one).out
        self.assertIn("assigned to bob", shown)
        self.assertIn("the node was moved", shown)
        self.act("assign", one, "--to", "", "--who", "ann")
        self.assertIsNone(self.list()[0]["assignee"])

    def test_all_or_nothing(self):
        self.assertIn("not-found", self.act("ack", self.ids[0], "nobody", code=3).err)
        self.assertEqual({alert["phase"] for alert in self.list()}, {"new"})

    def test_json_is_one_document_and_jsonl_a_line_each(self):
        def document(*words):
            found = json.loads(self.act(*words, "--format", "json").out)
            self.assertEqual((found["v"], found["kind"], found["incomplete"]), (1, "alerts.result", False))
            return found["data"]
        listed = document("list", "--all")
        self.assertGreater(len(listed["alerts"]), 1)
        self.assertEqual(listed["alerts"], self.list())
        self.assertEqual(document("list", "--all", "--detector", "D01"), {"alerts": []})
        incidents = document("incidents", "--all")["incidents"]
        lines = self.act("incidents", "--all", "--format", "jsonl").out.splitlines()
        self.assertEqual(incidents, [json.loads(line)["data"] for line in lines])
        shown = document("show", incidents[0]["id"])["alerts"]
        self.assertEqual({alert["id"] for alert in shown}, set(incidents[0]["alerts"]))
        self.assertEqual(document("suppressions"), {"suppressions": []})
        hidden = document("suppress", "--detector", "W01", "--since", "2026-01-02T00:00:00Z", "--until",
                          "2026-02-01T00:00:00Z", "--at-most", "critical", "--why", "the node moves", "--apply",
                          "--who", "ann")
        self.assertEqual({alert["id"] for alert in hidden["alerts"]}, set(self.ids))
        [one] = document("suppressions")["suppressions"]
        self.assertEqual((one["detector"], one["subject"], one["who"], one["at_most"]), ("W01", None, "ann", "critical"))
        [line] = self.act("suppressions", "--format", "jsonl").out.splitlines()
        self.assertEqual(json.loads(line)["data"], one)

    def test_says_what_is_missing(self):
        self.assertIn("--to", self.act("assign", self.ids[0], code=2).err)
        self.assertIn("--why", self.act("note", self.ids[0], code=2).err)
        self.assertIn("which?", self.act("reopen", code=2).err)
        self.assertIn("none of", self.act("hide", self.ids[0], code=2).err)
