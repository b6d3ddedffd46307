# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A full disk, missing rights, folders where files belong, damaged ledgers."""
import contextlib
import hashlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess

from tests.cli.support import CliTest, address, program, row, transfers, txid

NOBODY = 65534


def bulky(count):
    """Rows that do not compress: every amount is a digest."""
    rows = []
    for i in range(count):
        amount = int(hashlib.sha256(str(i).encode()).hexdigest(), 16)
        rows.append(row(1000 + i, amount, f"s{i}", f"t{i}"))
    return transfers(*rows)


class FullDisk(CliTest):
    @contextlib.contextmanager
    def small_disk(self, size):
        place = self.folder / "disk"
        place.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "cordon-test", str(place)],
                              stderr=subprocess.PIPE, check=False) if os.geteuid() == 0 else None
        if done is None or done.returncode != 0:
            self.skipTest("a small file system needs root and the right to mount")
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=False)

    def test_a_full_disk_is_said_and_the_ledger_is_as_before(self):
        source = self.file("bulky.csv", bulky(40_000))
        with self.small_disk("3m") as disk:
            self.ledger = disk / "ledger"
            self.base()
            self.refuses(f"transfers:{source}", says=r"\[no-space\]")
            self.call("ledger", "verify", "--ledger", self.ledger)
            subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
            self.ingest(f"transfers:{source}")
            self.assertEqual(len(self.call("ledger", "dump", "--ledger", self.ledger).out.splitlines()), 40_004)

    def test_a_limit_on_file_sizes_is_said_and_the_ledger_is_as_before(self):
        source = self.file("bulky.csv", bulky(40_000))
        self.base()

        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

        self.refuses(f"transfers:{source}", says=r"\[(no-space|io)\]", preexec_fn=limited)
        self.call("ledger", "verify", "--ledger", self.ledger)
        self.ingest(f"transfers:{source}")

    def test_a_report_on_a_full_disk_is_said(self):
        self.base()
        with self.small_disk("16k") as disk:
            answer = self.call("report", "--ledger", self.ledger, "--seed", address("a"), "--out", disk / "case", code=3)
            self.assertIn("[no-space]", answer.err)


class NoMemory(CliTest):
    def test_it_is_said_and_the_same_command_goes_on(self):
        source = self.file("bulky.csv", bulky(40_000))
        self.base()

        def limited(most):
            return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))}

        def starts(most):
            return subprocess.run([program(), "--version"], capture_output=True, check=False, **limited(most)).returncode == 0

        ran_out, least = 0, next(most for most in range(32 << 20, 1 << 30, 4 << 20) if starts(most))
        for most in range(least, least + (160 << 20), 10 << 20):
            answer = self.call("ingest", "--ledger", self.ledger, f"transfers:{source}", code=(0, 70), **limited(most))
            if answer.code == 70:
                ran_out += 1
                self.assertRegex(answer.err, r"(?m)^cordon: out of memory( or of threads \(ulimit -u\))?; what it said was stored is stored")
                self.assertNotIn("bug", answer.err)
            self.call("ledger", "verify", "--ledger", self.ledger)
        self.assertGreater(ran_out, 0)
        self.ingest(f"transfers:{source}")
        self.assertEqual(len(self.call("ledger", "dump", "--ledger", self.ledger).out.splitlines()), 40_004)


class NoPermission(CliTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.options = {}
        else:
            os.chmod(self.folder, 0o755)
            if not os.access(os.path.realpath("/proc/self/exe"), os.X_OK):
                self.skipTest("cannot become another user")
            self.options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            probe = subprocess.run([self.reachable_program(), "--version"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, check=False, **self.options) if self.can_run() else None
            if probe is None or probe.returncode != 0:
                self.skipTest("another user may not run the program where it is built")

    @staticmethod
    def reachable_program():
        return program()

    def can_run(self):
        try:
            subprocess.run([self.reachable_program(), "--version"], stdout=subprocess.DEVNULL, check=False, **self.options)
            return True
        except PermissionError:
            return False

    def test_an_input_that_may_not_be_read(self):
        before = self.base()
        source = self.file("secret.csv", transfers(row(300)))
        source.chmod(0)
        for path in self.ledger.rglob("*"):
            os.chown(path, *([NOBODY] * 2)) if os.geteuid() == 0 else None
        os.chown(self.ledger, NOBODY, NOBODY) if os.geteuid() == 0 else None
        answer = self.ingest(f"transfers:{source}", code=3, **self.options)
        self.assertRegex(answer.err, r"secret\.csv.*\[permission\]")
        self.assertEqual(self.state(), before)

    def test_a_ledger_that_may_not_be_written_is_read_but_not_changed(self):
        before = self.base()
        source = self.file("more.csv", transfers(row(300)))
        os.chmod(source, 0o644)
        everything = [self.ledger, *self.ledger.rglob("*")]
        for path in everything:
            path.chmod(0o555 if path.is_dir() else 0o444)
        answer = self.ingest(f"transfers:{source}", code=3, **self.options)
        self.assertIn("[permission]", answer.err)
        self.call("trace", "--ledger", self.ledger, "--seed", address("a"), **self.options)
        for path in everything:
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.assertEqual(self.state(), before)

    def test_a_place_where_no_ledger_may_be_made(self):
        source = self.file("more.csv", transfers(row(300)))
        os.chmod(source, 0o644)
        os.chmod(self.folder, 0o555)
        self.assertIn("[permission]", self.ingest(f"transfers:{source}", code=3, **self.options).err)
        os.chmod(self.folder, 0o755)
        self.assertFalse(self.ledger.exists())


class WrongPlaces(CliTest):
    def test_a_folder_where_a_file_belongs(self):
        self.base()
        folder = self.folder / "folder.csv"
        folder.mkdir()
        for schema in ("transfers", "labels", "assets", "prices", "wallets"):
            with self.subTest(schema=schema):
                self.refuses(f"{schema}:{folder}", says=r"folder\.csv")

    def test_a_device_and_a_pipe_where_a_file_belongs(self):
        self.base()
        self.refuses("transfers:/dev/zero", says="/dev/zero")
        self.refuses("labels:/dev/null", says="/dev/null")

    def test_files_that_are_not_there(self):
        self.base()
        for source in (f"transfers:{self.folder}/none.csv", f"{self.folder}/none.csv", f"labels:{self.folder}/none.csv"):
            self.assertIn("[not-found]", self.refuses(source, says="none").err)

    def test_names_of_schemas_that_do_not_exist(self):
        self.base()
        self.refuses("transfer:x.csv", says="transfers", code=(2, 3))

    def test_a_file_of_no_known_form(self):
        self.base()
        self.refuses(str(self.file("poem.txt", "Roses are red\n" * 100)), says=r"poem\.txt")
        empty = self.folder / "empty folder"
        empty.mkdir()
        self.refuses(str(empty), says="empty folder")

    def test_a_ledger_that_is_a_file(self):
        self.ledger = self.file("not a ledger", b"text")
        answer = self.call("ingest", "--ledger", self.ledger, f"transfers:{self.file('g.csv', transfers(row(1)))}", code=(3, 6))
        self.assertIn("not a ledger", answer.err)
        self.assertEqual(self.ledger.read_bytes(), b"text")

    def test_a_folder_of_somebody_else_is_not_filled_or_left_alone_with_a_reason(self):
        foreign = self.folder / "photos"
        foreign.mkdir()
        (foreign / "holiday.jpg").write_bytes(b"\xff\xd8")
        self.call("ledger", "stats", "--ledger", foreign, code=3)
        self.assertEqual(os.listdir(foreign), ["holiday.jpg"])


class Damage(CliTest):
    def test_a_flipped_bit_is_found_and_named_or_does_not_matter(self):
        rows = [row(1000 + i, i + 1, f"s{i % 50}", f"t{i % 50}") for i in range(2000)]
        self.ingest(f"transfers:{self.file('many.csv', transfers(*rows))}")
        dump = self.call("ledger", "dump", "--ledger", self.ledger).out
        files = [path for path in sorted(self.ledger.rglob("*")) if path.is_file() and path.stat().st_size > 0 and
                 not path.name.startswith("records.sqlite")]
        found = 0
        for path in files:
            sound = path.read_bytes()
            for place in sorted({len(sound) * part // 7 for part in range(7)} | {len(sound) - 1}):
                with self.subTest(file=path.name, place=place):
                    flipped = bytearray(sound)
                    flipped[place] ^= 0x10
                    path.write_bytes(flipped)
                    try:
                        found += self.is_named_or_harmless(path, dump)
                    finally:
                        path.write_bytes(sound)
        self.assertGreater(found, 0)
        self.call("ledger", "verify", "--ledger", self.ledger)

    def is_named_or_harmless(self, path, dump):
        """1 when verify names the damage, 0 when it does not touch what is stored."""
        answer = self.call("ledger", "verify", "--ledger", self.ledger, code=(0, 3, 6))
        if answer.code == 6:
            self.assertIn("[corrupt]", answer.err)
            return 1
        if path.name == "FORMAT":  # Another version's mark is no damage that can be told apart.
            self.assertIn("FORMAT", answer.err)
            return 1
        self.assertEqual(answer.code, 0, "damage is exit 6")
        self.assertEqual(self.call("ledger", "dump", "--ledger", self.ledger).out, dump)
        return 0

    def test_damaged_records_are_exit_6(self):
        self.base()
        path = self.ledger / "records.sqlite"
        sound = path.read_bytes()
        for suffix in ("-wal", "-shm"):
            pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)
        path.write_bytes(b"\xa5" * len(sound))
        self.assertIn("[corrupt]", self.trace(address("a"), code=6).err)
        self.assertIn("[corrupt]", self.call("ledger", "verify", "--ledger", self.ledger, code=6).err)

    def test_a_segment_that_is_gone_is_no_smaller_ledger(self):
        self.ingest(f"transfers:{self.file('many.csv', bulky(3000))}")
        data = [path for path in self.ledger.rglob("*") if path.is_file() and path.stat().st_size > 20_000]
        self.assertTrue(data)
        for path in data:
            shutil.move(path, self.folder / "away")
            answer = self.call("trace", "--ledger", self.ledger, "--seed", txid(1500), code=(3, 6))
            self.assertRegex(answer.err, r"\[(corrupt|not-found|io)\]")
            shutil.move(self.folder / "away", path)
