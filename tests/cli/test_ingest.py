# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Ingest: the same again, interrupted, killed, two at once, from standard input, dry."""
import json
import os
import signal
import subprocess
import time

from tests.cli.support import TIMEOUT, CliTest, address, program, row, transfers


def many(count, first=1000):
    return transfers(*(row(first + i, i + 1, f"s{i % 97}", f"t{i % 89}") for i in range(count)))


class Again(CliTest):
    def test_the_same_file_twice_changes_nothing(self):
        path = self.file("many.csv", many(3000))
        labels = self.file("l.csv", f"address,label,category,source,confidence\n{address('t1')},X,exchange,s,1\n")
        self.ingest(f"transfers:{path}", f"labels:{labels}")
        state = self.state()
        again = self.ingest(f"transfers:{path}", f"labels:{labels}", "--format", "json").json()["data"]
        self.assertEqual(self.state(), state)
        self.assertEqual(again["sources"][0]["skipped"] if again["sources"][0]["schema"] == "transfers"
                         else again["sources"][1]["skipped"], 3000)

    def test_a_longer_file_adds_only_what_is_new(self):
        self.ingest(f"transfers:{self.file('part.csv', many(500))}")
        self.ingest(f"transfers:{self.file('all.csv', many(800))}")
        once = self.call("ledger", "dump", "--ledger", self.ledger).out
        self.ledger = self.folder / "fresh"
        self.ingest(f"transfers:{self.file('all.csv', many(800))}")
        self.assertEqual(self.call("ledger", "dump", "--ledger", self.ledger).out, once)

    def test_batches_of_any_size_give_the_same_ledger(self):
        path, dumps = self.file("many.csv", many(300)), set()
        for size in ("1", "7", "100000"):
            self.ledger = self.folder / f"ledger {size}"
            self.ingest("--batch-blocks", size, f"transfers:{path}")
            dumps.add(self.call("ledger", "dump", "--ledger", self.ledger).out)
        self.assertEqual(len(dumps), 1)

    def test_several_chains_in_one_file(self):
        rows = (row(1, 5), row(900, 6, chain="bsc", name="b"), row(2, 7), row(901, 8, chain="bsc", name="c"))
        self.ingest(f"transfers:{self.file('two.csv', transfers(*rows))}")
        self.assertIn(",8,native", self.call("ledger", "dump", "--ledger", self.ledger, "--chain", "bsc").out)
        self.assertNotIn(",8,native", self.call("ledger", "dump", "--ledger", self.ledger, "--chain", "eth").out)

    def test_standard_input(self):
        with self.file("many.csv", many(50)).open("rb") as stream:
            self.ingest("transfers:-", stdin=stream)
        self.assertEqual(len(self.call("ledger", "dump", "--ledger", self.ledger).out.splitlines()), 51)

    def test_a_dry_run_stores_nothing(self):
        self.ingest("--dry-run", f"transfers:{self.file('many.csv', many(50))}")
        self.assertFalse(self.ledger.exists())
        self.ingest("--dry-run", f"transfers:{self.file('bad.csv', many(50) + b'x')}", code=3)
        self.assertFalse(self.ledger.exists())


class Interrupted(CliTest):
    def stopped(self, number, path):
        """Ingests block by block and gets the signal after a few acknowledged batches. Gives the exit code and lines."""
        command = [program(), "ingest", "--ledger", str(self.ledger), "--batch-blocks", "1", "--format", "jsonl",
                   f"transfers:{path}"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            lines = [child.stdout.readline() for _ in range(5)]
            child.send_signal(number)
            rest, _ = child.communicate(timeout=TIMEOUT)
        return child.returncode, lines + rest.splitlines()

    def whole(self, path):
        keep, self.ledger = self.ledger, self.folder / "whole"
        self.ingest(f"transfers:{path}")
        dump = self.call("ledger", "dump", "--ledger", self.ledger).out
        self.ledger = keep
        return dump

    def test_ctrl_c_gives_exit_130_and_the_same_command_goes_on(self):
        path = self.file("many.csv", many(20_000))
        code, lines = self.stopped(signal.SIGINT, path)
        self.assertEqual(code, 130)
        self.assertTrue(all(json.loads(line)["v"] == 1 for line in lines if line))
        last = json.loads([line for line in lines if line][-1])
        if last["kind"] == "ingest.result":
            self.assertIs(last["incomplete"], True)
        self.call("ledger", "verify", "--ledger", self.ledger)
        self.ingest(f"transfers:{path}")
        self.assertEqual(self.call("ledger", "dump", "--ledger", self.ledger).out, self.whole(path))

    def test_a_kill_loses_nothing_acknowledged_and_the_same_command_goes_on(self):
        path = self.file("many.csv", many(20_000))
        code, lines = self.stopped(signal.SIGKILL, path)
        self.assertEqual(code, -signal.SIGKILL)
        told = max(json.loads(line)["data"]["tip"] for line in lines if line.endswith(b"\n") or line.endswith(b"}"))
        self.call("ledger", "verify", "--ledger", self.ledger)
        dump = self.call("ledger", "dump", "--ledger", self.ledger).out.splitlines()
        held = [int(line.split(",")[1]) for line in dump[1:]]
        self.assertEqual(held, list(range(1000, 1000 + len(held))))
        self.assertGreaterEqual(held[-1], told)
        self.ingest(f"transfers:{path}")
        self.assertEqual(self.call("ledger", "dump", "--ledger", self.ledger).out, self.whole(path))

    def test_a_bad_file_after_an_interrupted_one_leaves_nothing_of_either(self):
        before = self.base()
        path = self.file("many.csv", many(20_000))
        self.stopped(signal.SIGKILL, path)
        path.write_bytes(many(20_000) + b"bad")
        self.ingest(f"transfers:{path}", code=3)
        self.assertEqual(self.state(), before)

    def test_ctrl_c_during_a_trace_gives_what_is_known_marked_incomplete(self):
        rows = [row(1000 + i, 10**9, f"n{i}", f"n{i + 1}") for i in range(150_000)]
        rows.insert(0, row(999, 10**9, "x", "n0"))
        self.ingest(f"transfers:{self.file('long.csv', transfers(*rows))}")
        command = [program(), "trace", "--ledger", str(self.ledger), "--seed", address("n0"), "--hops", "4000000",
                   "--format", "json"]
        for delay in (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2):
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
                time.sleep(delay)
                child.send_signal(signal.SIGINT)
                out, err = child.communicate(timeout=TIMEOUT)
            if child.returncode == 130 and out:
                answer = json.loads(out)
                self.assertEqual(answer["kind"], "trace.result")
                self.assertIs(answer["incomplete"], True)
                for edge in answer["data"]["edges"][:100]:
                    self.assertLessEqual(int(edge["tainted"]), int(edge["amount"]))
                return
            self.assertIn(child.returncode, (0, 130, -signal.SIGINT), err)
        self.skipTest("this machine is too fast or too slow: no delay met the trace while it walked")


class TwoAtOnce(CliTest):
    def test_a_second_writer_is_told_that_the_ledger_is_locked(self):
        self.base()
        good = self.file("more.csv", transfers(row(5000)))
        command = [program(), "ingest", "--ledger", str(self.ledger), "transfers:-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
            first.stdin.write(transfers(*(row(1000 + i, i) for i in range(3000))))
            first.stdin.flush()
            answer = None
            for _ in range(100):
                answer = self.ingest(f"transfers:{self.folder / 'base.csv'}", code=(0, 4))
                if answer.code == 4:
                    break
                time.sleep(0.05)
            reading = self.call("ledger", "stats", "--ledger", self.ledger)
            refused = self.ingest(f"transfers:{good}", code=(0, 4))
            first.stdin.close()
            first.stdin = None
            first.communicate(timeout=TIMEOUT)
        self.assertEqual(answer.code, 4, "the second never met the first")
        self.assertIn("[locked]", refused.err)
        self.assertRegex(refused.err, rf"\b{first.pid}\b", "the message names the process")
        self.assertEqual(reading.code, 0)
        self.assertEqual(first.returncode, 0)
        self.ingest(f"transfers:{good}")
