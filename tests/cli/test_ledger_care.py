# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A large ingest seen from outside: its progress, copies of the ledger meanwhile, kill -9 and going on; what stats and
verify say of the files."""
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

from tests.cli.support import HEADER, TIMEOUT, CliTest, address, program, row, transfers, txid

BLOCKS = 4000
ROWS = 25  # A block.


def large_csv(path):
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADER + "\n")
        for block in range(1000, 1000 + BLOCKS):
            for index in range(ROWS):
                out.write(row(block, block + index, (block, index % 7), (index, block % 11), name=(block, index)) + "\n")
    return path


class LargeIngest(CliTest):
    """Each test starts an ingest of its own and looks at it while it runs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        import tempfile
        folder = tempfile.TemporaryDirectory(prefix="cordon-large-")
        cls.addClassCleanup(folder.cleanup)
        cls.csv = large_csv(os.path.join(folder.name, "large.csv"))

    def start(self, *extra):
        """An ingest whose batches are told as they are acknowledged."""
        process = subprocess.Popen([program(), "ingest", "--ledger", str(self.ledger), f"transfers:{self.csv}",
                                    "--batch-blocks", "40", "--format", "jsonl", *extra],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def tip_of(self, line):
        answer = json.loads(line)
        return answer["data"]["tip"] if answer["kind"] == "ingest.batch" else None

    def test_a_snapshot_of_a_growing_ledger_is_a_prefix_at_a_block(self):
        whole = [line for line in open(self.csv, encoding="ascii").read().splitlines()]
        process = self.start()
        acknowledged = [self.tip_of(process.stdout.readline()) for _ in range(5)][-1]
        copies = []
        for number in range(4):
            target = self.folder / f"copy-{number}"
            answer = self.call("ledger", "snapshot", target, "--ledger", self.ledger, "--format", "json").json()
            copies.append((target, answer, acknowledged))
            for _ in range(8):
                line = process.stdout.readline()
                acknowledged = (self.tip_of(line) if line else None) or acknowledged
        self.assertEqual(process.wait(timeout=TIMEOUT) if not process.stdout.read() else process.wait(TIMEOUT), 0)
        for target, answer, least in copies:
            self.call("ledger", "verify", "--ledger", target)
            rows = self.call("ledger", "dump", "--ledger", target, "--chain", "eth").out.splitlines()
            tip = answer["data"]["chains"][0]["tip"]["number"]
            self.assertGreaterEqual(tip, least, "what was acknowledged before is in it")
            self.assertEqual(rows, whole[:1 + (tip - 999) * ROWS], "a prefix that ends with a whole block")
        if copies[0][1]["data"]["chains"][0]["tip"]["number"] < 1000 + BLOCKS - 1:
            self.assertIn("was going in", json.dumps(copies[0][1]["warnings"]))

    def test_after_kill_9_the_same_command_says_where_it_goes_on(self):
        process = self.start()
        for _ in range(6):
            tip = self.tip_of(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = [self.tip_of(line) for line in process.stdout.read().splitlines() if line.endswith(b"}")]
        process.wait(timeout=TIMEOUT)
        tip = max([tip, *(each for each in rest if each)])
        self.call("ledger", "verify", "--ledger", self.ledger)
        answer = self.ingest(f"transfers:{self.csv}", "--format", "json")
        found = re.search(r"resuming at block (\d+) of eth", answer.err)
        self.assertIsNotNone(found, answer)
        self.assertGreater(int(found.group(1)), tip)
        data = answer.json()["data"]
        self.assertEqual([each["block"] for each in data["resumed"]], [int(found.group(1))])
        self.assertEqual(data["chains"][0]["transfers"], BLOCKS * ROWS)
        again = self.ingest(f"transfers:{self.csv}", "--format", "json")
        self.assertNotIn("resuming", again.err)

    def test_ctrl_c_keeps_what_was_acknowledged(self):
        process = self.start()
        tip = [self.tip_of(process.stdout.readline()) for _ in range(4)][-1]
        process.send_signal(signal.SIGINT)
        last = json.loads(process.stdout.read().splitlines()[-1])
        self.assertEqual(process.wait(timeout=TIMEOUT), 130)
        self.assertTrue(last["incomplete"])
        self.assertGreaterEqual(last["data"]["chains"][0]["tip"]["number"], tip)
        answer = self.ingest(f"transfers:{self.csv}")
        self.assertIn(f"resuming at block {last['data']['chains'][0]['tip']['number'] + 1} of eth", answer.err)

    def test_on_a_terminal_one_line_shows_height_and_time_left(self):
        master, slave = pty.openpty()
        # Each block by itself: else a fast disk is done before the line is drawn.
        process = subprocess.Popen([program(), "ingest", "--ledger", str(self.ledger), f"transfers:{self.csv}",
                                    "--batch-blocks", "1"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
                                   env={**os.environ, "COLUMNS": "120", "TERM": "xterm"})
        os.close(slave)
        seen, started = b"", time.monotonic()
        while process.poll() is None or select.select([master], [], [], 0)[0]:
            if select.select([master], [], [], 0.05)[0]:
                try:
                    seen += os.read(master, 65536)
                except OSError:
                    break
        took = time.monotonic() - started
        os.close(master)
        self.assertEqual(process.wait(timeout=TIMEOUT), 0)
        lines = [line for line in seen.decode().split("\r") if "block" in line and "%" in line]
        self.assertTrue(lines, seen[-2000:])
        self.assertLessEqual(len(lines), took * 5 + 2, "not drawn more often than anybody reads")
        self.assertRegex(lines[0], r"\d+ %  eth block [\d,]+")
        if len(lines) > 5:  # How long is left is known when something has been read between two lines.
            self.assertRegex("\n".join(lines), r"eth block [\d,]+  .+ left  .*transfers/s")

    def test_in_a_pipe_there_is_no_line_unless_asked_for(self):
        quiet = self.ingest(f"transfers:{self.csv}", "--format", "json")
        self.assertEqual(quiet.err, "")
        run = quiet.json()["data"]["run"]
        for key in ("seconds", "cpu_seconds", "peak_memory_bytes", "blocks_per_second", "txns_per_second",
                    "transfers_per_second", "transfers_per_cpu_second"):
            self.assertGreater(run[key], 0, key)
        plain = self.ingest(f"transfers:{self.csv}", "--progress", "plain")
        self.assertIn("ingest", plain.err)
        self.assertNotIn("\r", plain.err)
        self.assertIn("--progress", self.ingest(f"transfers:{self.csv}", "--progress", "much", code=2).err)


class Care(CliTest):
    def sealed(self):
        """More than is left in the head, so that there are segments."""
        self.ingest(f"transfers:{large_csv(self.folder / 'large.csv')}")

    def test_stats_count_addresses_and_bytes(self):
        self.base()
        files = self.call("ledger", "stats", "--ledger", self.ledger, "--format", "json").json()["data"]["files"][0]
        self.assertEqual((files["segments"], files["head_blocks"]), (0, 3), "what is small stays in the head")
        self.sealed()
        data = self.call("ledger", "stats", "--ledger", self.ledger, "--format", "json").json()["data"]
        self.assertEqual(data["chains"][0]["addresses"], 4 + 7 * BLOCKS + 11 * ROWS)
        self.assertEqual(data["chains"][0]["first"]["number"], 100)
        files = data["files"][0]
        self.assertEqual(files["chain"], "eth")
        self.assertEqual(files["bytes"], sum(path.stat().st_size for path in (self.ledger / "chains/eth").iterdir()))
        sizes = [part["bytes"] for part in files["parts"]]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertGreater(sizes[-1], 0)
        self.assertLess(sum(sizes), files["bytes"])
        self.assertAlmostEqual(files["bytes_per_row"], files["bytes"] / (BLOCKS * ROWS + 3))
        table = self.call("ledger", "stats", "--ledger", self.ledger).out
        for words in ("ADDRESSES", "SEGMENTS", "txn_hash", "HEAD BLOCKS"):
            self.assertIn(words, table)

    def test_a_snapshot_holds_labels_and_goes_its_own_way(self):
        self.base()
        target = self.folder / "copy"
        answer = self.call("ledger", "snapshot", target, "--ledger", self.ledger)
        self.assertIn("1 labels", answer.out)
        more = self.file("more.csv", transfers(row(200)))
        self.ingest(f"transfers:{more}")
        ours, self.ledger = self.ledger, target
        self.assertEqual(len(self.call("ledger", "dump", "--ledger", target).out.splitlines()), 4)
        self.assertIn("Some Exchange", self.trace(address("a")).out)
        self.ingest(f"transfers:{more}")
        self.call("ledger", "verify", "--ledger", target)
        self.call("ledger", "verify", "--ledger", ours)
        for arguments, code, says in (((target,), 3, "not an empty"), ((ours / "inside",), 3, "inside"), ((), 2, "TARGET")):
            self.assertRegex(self.call("ledger", "snapshot", *arguments, "--ledger", ours, code=code).err, says)
        self.call("ledger", "snapshot", self.folder / "c", "--ledger", self.folder / "no", code=3)
        self.assertFalse((self.folder / "c").exists())

    def test_verify_names_file_offset_and_column_and_looks_at_all_kinds(self):
        self.base()
        self.sealed()
        self.assertIn("records.sqlite", self.call("ledger", "verify", "--ledger", self.ledger).out)
        segment = next((self.ledger / "chains/eth").glob("segment-*"))
        content = bytearray(segment.read_bytes())
        at = content.index(bytes.fromhex(txid(101)[2:]))
        content[at] ^= 4
        segment.write_bytes(content)
        (self.ledger / "ingest.pending").write_text("cordon ingest pending 2\nsource x\n")
        (self.ledger / "clusters-btc.bin").write_bytes(b"no clusters at all")
        answer = self.call("ledger", "verify", "--ledger", self.ledger, code=6)
        self.assertRegex(answer.err, rf"{segment.name}: offset \d+: column \w+")
        self.assertIn("ingest.pending", answer.err)
