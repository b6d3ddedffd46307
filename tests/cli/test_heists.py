# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""cordon heists: the list, the facts, a replay in every format, its picture, and what is refused."""
import json

from tests.cli.support import CliTest


class Heists(CliTest):
    def test_every_heist_is_listed_with_sources(self):
        rows = self.call("heists", "list", "--format", "json").json()["data"]["heists"]
        self.assertEqual([row["row"] for row in rows], list(range(1, len(rows) + 1)))
        for row in rows:
            self.assertTrue(row["sources"])
            self.assertTrue(all(step["source"] in row["sources"] for step in row["steps"] if step["do"] != "price"))
        self.assertIn(rows[0]["name"], self.call("heists", "list").out)
        self.assertIn(rows[0]["vintage"], self.call("heists", "show", rows[0]["name"]).out)

    def test_a_replay_is_the_same_for_the_same_seed(self):
        one = self.call("heists", "replay", "coincheck", "--seed", "3", "--format", "json")
        self.assertEqual(one.out, self.call("heists", "replay", "coincheck", "--seed", "3", "--format", "json").out)
        run = one.json()["data"]["heists"][0]["runs"][0]
        self.assertEqual(run["seed"], 3)
        self.assertGreater(run["stolen_cents"], 0)
        self.assertTrue(0 <= run["saveable"] <= 1)
        other = self.call("heists", "replay", "coincheck", "--seed", "4", "--format", "json").json()
        self.assertNotEqual(other["data"]["heists"][0]["runs"][0]["first_theft"], run["first_theft"])

    def test_runs_are_lines_of_csv_and_heists_lines_of_jsonl(self):
        sheet = self.call("heists", "replay", "coincheck", "--runs", "2", "--format", "csv").out.splitlines()
        self.assertEqual(len(sheet), 3)
        lines = self.call("heists", "replay", "coincheck", "--runs", "2", "--format", "jsonl").out.splitlines()
        self.assertEqual([json.loads(line)["kind"] for line in lines], ["heists.replay"])

    def test_the_picture_is_drawn_of_one_heist(self):
        picture = self.file("one.svg", b"")
        self.call("heists", "replay", "coincheck", "--svg", picture)
        with open(picture, encoding="utf-8") as file:
            self.assertTrue(file.read().startswith("<svg"))
        self.call("heists", "replay", "all", "--svg", picture, code=2)

    def test_what_is_not_known_is_refused(self):
        self.call("heists", code=2)
        self.call("heists", "steal", code=2)
        self.assertIn("coincheck", self.call("heists", "show", "nobody", code=3).err)
        self.call("heists", "replay", "coincheck", "--seed", "-1", code=2)
