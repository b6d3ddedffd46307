# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What outside programs rely on: the envelope, the keys, exit codes, formats, help, colour."""
import csv
import io
import json
import os
import pty
import re
import subprocess

from tests.cli.support import TIMEOUT, CliTest, address, program, row, transfers, txid

VERBS = ("cluster", "ingest", "ledger", "trace", "report", "help", "man", "completion")
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"


class Help(CliTest):
    def test_the_overview_names_every_verb(self):
        for arguments in ((), ("--help",), ("-h",), ("help",)):
            out = self.call(*arguments).out
            for verb in VERBS:
                self.assertIn(verb, out)

    def test_every_verb_has_help_with_examples_and_a_man_page(self):
        for verb in VERBS:
            with self.subTest(verb=verb):
                text = self.call(verb, "--help").out
                self.assertRegex(text, rf"cordon {verb}\b.*")
                self.assertRegex(text.lower(), r"examples?")
                self.assertRegex(text, "--format")
                self.assertEqual(self.call("help", verb).out, text)
                self.assertRegex(self.call("man", verb).out, r"(?m)^\.TH ")

    def test_exit_codes_are_explained(self):
        out = self.call("help", "exit-codes").out
        for code in (0, 1, 2, 3, 4, 5, 6, 70, 130):
            self.assertRegex(out, rf"(?m)^\W*{code}\b")

    def test_completion_is_sound_shell(self):
        script = self.call("completion", "bash").out
        self.assertEqual(subprocess.run(["bash", "-n"], input=script.encode(), timeout=TIMEOUT, check=False).returncode, 0)
        self.assertIn("--policy", script)
        for shell in ("zsh", "fish"):
            self.assertIn("policy", self.call("completion", shell).out)
        self.call("completion", "tcsh", code=2)

    def test_the_version_is_a_line(self):
        self.assertRegex(self.call("--version").out, r"^cordon \d+\.\d+")


class Usage(CliTest):
    def test_what_is_wrong_on_the_command_line_is_exit_2(self):
        for arguments in (("traec",), ("trace",), ("trace", "--ledger", "x"), ("ingest",), ("ingest", "--ledger", "x"),
                          ("trace", "--sed", "x"), ("trace", "--ledger"), ("trace", "--policy", "best", "--ledger", "x"),
                          ("ledger", "destroy", "--ledger", "x"), ("help", "nothing"), ("trace", "--format", "xml"),
                          ("trace", "--direction", "sideways", "--ledger", "x", "--seed", "y")):
            with self.subTest(arguments=arguments):
                self.call(*arguments, code=2)

    def test_numbers_that_are_none_are_exit_2(self):
        self.base()
        for flag, text in (("--hops", "-1"), ("--hops", "many"), ("--min-amount", "1.5"), ("--min-usd", "-1"),
                           ("--min-usd", "nan"), ("--since", "yesterday"), ("--until", "2024-13-01"),
                           ("--stop", "bank"), ("--max-nodes", ""), ("--service-degree", "1e3"), ("--hops", "9" * 30)):
            with self.subTest(flag=flag, text=text):
                self.trace(address("a"), f"{flag}={text}", code=2)

    def test_a_misspelt_flag_is_answered_with_the_right_one(self):
        self.assertIn("--policy", self.call("trace", "--polcy", "fifo", code=2).err)

    def test_a_ledger_that_does_not_exist_is_exit_3(self):
        for arguments in (("trace", "--ledger", self.folder / "no", "--seed", address(1)),
                          ("ledger", "stats", "--ledger", self.folder / "no"),
                          ("ledger", "verify", "--ledger", self.folder / "no")):
            self.assertIn("[not-found]", self.call(*arguments, code=3).err)
        self.assertFalse((self.folder / "no").exists())


class Envelope(CliTest):
    def setUp(self):
        super().setUp()
        self.base()
        self.seed = address("a")

    def check(self, text, kind):
        answer = json.loads(text)
        self.assertEqual(list(answer)[:2], ["v", "kind"])
        self.assertEqual((answer["v"], answer["kind"]), (1, kind))
        self.assertIsInstance(answer["data"], dict)
        self.assertIsInstance(answer["warnings"], list)
        self.assertIs(answer["incomplete"], False)
        return answer["data"]

    def test_every_verb_answers_in_it(self):
        self.check(self.trace(self.seed).out, "trace.result")
        for verb, kind in (("stats", "ledger.stats"), ("verify", "ledger.verify")):
            self.check(self.call("ledger", verb, "--ledger", self.ledger, "--format", "json").out, kind)
        path = self.file("again.csv", transfers(row(300)))
        self.check(self.ingest(f"transfers:{path}", "--format", "json").out, "ingest.result")

    def test_jsonl_is_one_object_a_line(self):
        path = self.file("again.csv", transfers(row(300), row(301)))
        for text in (self.ingest(f"transfers:{path}", "--format", "jsonl").out,
                     self.call("trace", "--ledger", self.ledger, "--seed", self.seed, "--format", "jsonl").out):
            self.assertTrue(text.endswith("\n"))
            for line in text.splitlines():
                self.assertEqual(json.loads(line)["v"], 1)

    def test_a_trace_has_the_promised_keys_and_forms(self):
        data = self.check(self.trace(self.seed).out, "trace.result")
        for key in ("nodes", "edges", "endpoints", "totals", "params"):
            self.assertIn(key, data)
        self.assertTrue(data["nodes"] and data["edges"] and data["endpoints"])
        for node in data["nodes"]:
            self.assertLessEqual({"address", "hop", "received", "tainted"}, set(node))
            self.assertRegex(node["address"], r"^0x[0-9a-f]{40}$")
        for edge in data["edges"]:
            self.assertLessEqual({"chain", "tx", "from", "to", "asset", "amount", "tainted", "kind", "confidence", "time"},
                                 set(edge))
            self.assertRegex(edge["tx"], r"^0x[0-9a-f]{64}$")
            self.assertRegex(edge["amount"], r"^\d+$")
            self.assertRegex(edge["time"], TIME)
            self.assertLessEqual(int(edge["tainted"]), int(edge["amount"]))
            self.assertTrue(0 <= edge["confidence"] <= 1)
        for endpoint in data["endpoints"]:
            self.assertLessEqual({"address", "tainted", "asset", "stop"}, set(endpoint))
        self.assertIn("assumed", json.dumps(data["totals"]))

    def test_money_stops_at_the_exchange_and_is_conserved(self):
        data = self.trace(self.seed).json()["data"]
        exchange = [each for each in data["endpoints"] if each["address"] == address("c")]
        self.assertEqual([(each["tainted"], each["category"]) for each in exchange], [("20", "exchange")])
        self.assertEqual(sum(int(each["tainted"]) for each in data["endpoints"]), 30)

    def test_the_same_question_gives_the_same_bytes(self):
        for form in ("json", "jsonl", "csv", "table"):
            asked = ("trace", "--ledger", self.ledger, "--seed", self.seed, "--format", form)
            self.assertEqual(self.call(*asked).out, self.call(*asked).out)

    def test_csv_has_a_row_for_every_edge(self):
        text = self.call("trace", "--ledger", self.ledger, "--seed", self.seed, "--format", "csv").out
        rows = list(csv.DictReader(io.StringIO(text)))
        edges = self.trace(self.seed).json()["data"]["edges"]
        self.assertEqual([each["tx"] for each in rows], [each["tx"] for each in edges])
        self.assertEqual([each["tainted"] for each in rows], [each["tainted"] for each in edges])

    def test_a_table_names_the_exchange(self):
        wide = {**os.environ, "COLUMNS": "200"}
        self.assertIn("Some Exchange", self.call("trace", "--ledger", self.ledger, "--seed", self.seed, env=wide).out)

    def test_the_picture_goes_where_it_is_told(self):
        for theme in ("light", "dark"):
            path = self.folder / f"{theme}.svg"
            self.trace(self.seed, "--out", f"svg:{path}", "--theme", theme)
            self.assertTrue(path.read_text().lstrip().startswith("<"))
            self.assertIn("</svg>", path.read_text())
        self.trace(self.seed, "--out", "gif:x", code=2)
        self.trace(self.seed, "--out", f"svg:{self.folder}/no/such/place.svg", code=3)

    def test_bounds_are_reported_as_incomplete_or_as_stops(self):
        answer = self.trace(self.seed, "--hops", "1")
        self.assertNotIn(address("c"), [each["address"] for each in answer.json()["data"]["endpoints"]])
        answer = self.trace(self.seed, "--max-nodes", "1", code=4)
        self.assertIs(answer.json()["incomplete"], True)

    def test_every_policy_and_direction_answers(self):
        for policy in ("fifo", "lifo", "tiho", "haircut", "poison"):
            self.assertEqual(self.trace(self.seed, "--policy", policy).json()["data"]["params"]["policy"], policy)
        back = self.trace(address("c"), "--direction", "backward").json()["data"]
        self.assertIn(address("a"), [each["address"] for each in back["nodes"]])

    def test_a_dump_is_what_ingest_reads(self):
        dump = self.call("ledger", "dump", "--ledger", self.ledger, "--chain", "eth").out
        again = self.file("dump.csv", dump)
        self.ledger = self.folder / "second"
        self.ingest(f"transfers:{again}")
        self.assertEqual(self.call("ledger", "dump", "--ledger", self.ledger, "--chain", "eth").out, dump)
        self.assertIn(txid(101), dump)


class Terminal(CliTest):
    def on_a_terminal(self, *arguments, **changes):
        """What the program writes when both outputs are a terminal."""
        environment = {**os.environ, "TERM": "xterm-256color", **changes}
        environment = {name: value for name, value in environment.items() if value is not None}
        master, slave = pty.openpty()
        with subprocess.Popen([program(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                              env=environment) as child:
            os.close(slave)
            written = b""
            while True:
                try:
                    part = os.read(master, 65536)
                except OSError:
                    break
                if not part:
                    break
                written += part
            child.wait(TIMEOUT)
        os.close(master)
        return written.decode("utf-8", "replace")

    COLOUR = re.compile(r"\x1b\[[0-9;]*[1-9][0-9;]*m")

    def test_no_color_is_honoured(self):
        self.base()
        asked = ("trace", "--ledger", self.ledger, "--seed", address("a"))
        self.assertIsNone(self.COLOUR.search(self.on_a_terminal(*asked, NO_COLOR="1")))
        self.assertIsNone(self.COLOUR.search(self.on_a_terminal(*asked, TERM="dumb", NO_COLOR=None)))
        self.assertIsNone(self.COLOUR.search(self.on_a_terminal(*asked, "--color", "never", NO_COLOR=None)))

    def test_nothing_but_the_answer_reaches_a_pipe(self):
        self.base()
        self.assertNotIn("\x1b", self.call("trace", "--ledger", self.ledger, "--seed", address("a")).out)

    def test_labels_cannot_command_the_terminal(self):
        labels = self.file("evil.csv", "address,label,category,source,confidence\n"
                           f"{address('c')},\"\x1b]0;owned\x07\x1b[2J\u202e Bank\",exchange,s,1\n")
        self.base()
        self.ingest(f"labels:{labels}", code=(0, 3))
        out = self.on_a_terminal("trace", "--ledger", self.ledger, "--seed", address("a"), NO_COLOR="1")
        for code in ("\x1b]0", "\x1b[2J", "\x07"):
            self.assertNotIn(code, out)

    def test_a_closed_pipe_and_a_full_device_are_no_crash(self):
        rows = [row(200 + i, i) for i in range(20_000)]
        self.ingest(f"transfers:{self.file('many.csv', transfers(*rows))}")
        dump = f"'{program()}' ledger dump --ledger '{self.ledger}'"
        done = subprocess.run(["bash", "-c", f"{dump} | head -1; exit ${{PIPESTATUS[0]}}"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        if os.path.exists("/dev/full"):
            done = subprocess.run(["bash", "-c", f"{dump} > /dev/full"], stderr=subprocess.PIPE, timeout=TIMEOUT, check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(b"[no-space]", done.stderr)
