# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Backups and logs that may forget, on the command line: good, bad and hostile input."""
import json
import zipfile

from tests.cli import test_guard
from tests.cli.support import CliTest

OTHER = "2026-01-01T00:10:00Z"


class Keep(test_guard.Guard):
    """A gate with some verdicts, and what is kept of it."""

    def setUp(self):
        super().setUp()
        self.check(self.request("a", 100), self.request("b", 500), self.request("c", 5000), code=1)
        self.log_key = self.guard("key").json()["data"]["log"]
        self.kept = self.folder / "kept.cordon"

    def backup(self, *words, code=0):
        return self.call("backup", *words, "--format", "json", code=code)

    def make(self):
        return self.backup("make", self.gate, "--to", self.kept).json()["data"]

    def rewrite(self, change):
        """The backup with other members, as somebody writes it who has no key."""
        with zipfile.ZipFile(self.kept) as old:
            members = {each: old.read(each) for each in old.namelist()}
        change(members)
        self.kept.unlink()
        with zipfile.ZipFile(self.kept, "w") as new:
            for name, content in members.items():
                new.writestr(name, content)

    def refused(self, *flags, says, code=6):
        """Neither verified nor restored, for the same reason; nothing is left of the attempt."""
        into = self.folder / "new"
        for words in (["verify", self.kept], ["restore", self.kept, into]):
            answer = self.backup(*words, *flags, code=code)
            self.assertRegex(answer.err, says)
        self.assertFalse(into.exists())
        self.assertFalse((self.folder / "new.part").exists())


# The stories of the gate itself are not told a second time.
for name in [each for each in dir(test_guard.Guard) if each.startswith("test_")]:
    setattr(Keep, name, None)


class Backup(Keep):
    def test_a_backup_is_signed_verified_and_restored_and_its_gate_holds_everything(self):
        made = self.make()
        self.assertEqual(made["signed_by"], [self.log_key])
        verified = self.backup("verify", self.kept, "--log-key", self.log_key, "--sha256", made["sha256"]).json()
        self.assertEqual(verified["data"], made)
        self.assertEqual(verified["warnings"], [])
        self.assertIn("no --log-key", self.backup("verify", self.kept).json()["warnings"][0])
        with zipfile.ZipFile(self.kept) as kept:
            stored = json.loads(kept.read("manifest.json"))
            self.assertFalse(any("key" in each for each in kept.namelist()))
        for each in ("made", "cordon", "parts", "left_out", "secrets", "signed_by"):
            self.assertEqual(stored[each], made[each], "the file and the answer say the same")
        into = self.folder / "new"
        self.backup("restore", self.kept, into, "--log-key", self.log_key)
        (into / "gate.key").write_bytes((self.gate / "gate.key").read_bytes())
        (into / "gate.key").chmod(0o600)
        asked = self.file("again.jsonl", json.dumps(self.request("new", 1)) + "\n")
        told = self.call("guard", "check", asked, "--state", into, "--at", OTHER, "--format", "jsonl", code=1)
        self.assertEqual(json.loads(told.out)["data"]["verdict"], "hold")

    def test_bad_calls_say_what_is_missing_and_write_nothing(self):
        self.backup(code=2)
        self.backup("make", self.gate, code=2)
        self.backup("make", self.folder / "nowhere", "--to", self.kept, code=(3, 4))
        self.backup("verify", self.kept, code=(3, 4))
        self.assertFalse(self.kept.exists())
        self.make()
        self.backup("make", self.gate, "--to", self.kept, code=(2, 3, 5))
        self.backup("make", self.gate, "--to", self.gate / "inside", code=(2, 3, 5))
        self.backup("restore", self.kept, code=2)
        self.backup("restore", self.kept, self.gate, code=(2, 3, 5))
        self.backup("verify", self.kept, "--log-key", "nonsense", code=3)
        witness = self.call("log", "keygen", self.folder / "w.key", "--name", "w", "--witness").out.strip()
        self.assertIn("witness", self.backup("verify", self.kept, "--log-key", witness, code=2).err)
        self.backup("make", self.gate, "--to", self.folder / "s", "--with-secrets", code=2)

    def test_another_key_another_digest_and_no_signature_are_refused_where_one_is_demanded(self):
        made = self.make()
        other = self.call("log", "keygen", self.folder / "o.key", "--name", "cordon-gate").out.strip()
        self.refused("--log-key", other, says="another key made it")
        self.refused("--sha256", "00" * 32, says="is another backup")

        def strip(members):
            del members["manifest.note"]
            manifest = json.loads(members["manifest.json"])
            del manifest["signed_by"]
            manifest["v"] = 1
            members["manifest.json"] = json.dumps(manifest).encode()
        self.rewrite(strip)
        self.refused("--log-key", self.log_key, says="is not signed")
        self.refused("--sha256", made["sha256"], says="is another backup")
        self.assertIn("it is not signed", self.backup("verify", self.kept).json()["warnings"][0])

    def test_an_exchanged_manifest_and_a_stripped_signature_are_seen_without_a_key(self):
        self.make()
        note = {}
        self.rewrite(lambda members: note.update(text=members.pop("manifest.note")))
        self.refused(says="manifest.note is missing")

        def exchange(members):
            members["manifest.note"] = note["text"]
            manifest = json.loads(members["manifest.json"])
            manifest["parts"][0]["entries"] += 1
            members["manifest.json"] = json.dumps(manifest).encode()
        self.rewrite(exchange)
        self.refused(says="signed for another manifest")

    def test_hostile_files_are_refused_by_name(self):
        self.make()
        good = self.kept.read_bytes()
        for at in range(60, len(good), len(good) // 25):
            self.kept.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:])
            answer = self.backup("verify", self.kept, code=(0, 3, 6))  # 0: what ZIP has twice.
            if answer.code:
                self.assertIn("kept.cordon", answer.err)
        for content, code in ((b"", 3), (b"PK\x05\x06" + bytes(18), 3), (b"no zip at all" * 100, 3), (good[:-30], 3)):
            self.kept.write_bytes(content)
            self.assertIn("kept.cordon", self.backup("verify", self.kept, code=(code, 6)).err)
        self.kept.write_bytes(good)
        self.rewrite(lambda members: members.update({"../outside": b"x"}))
        self.backup("restore", self.kept, self.folder / "new", code=(3, 6))
        self.assertFalse((self.folder / "outside").exists())
        self.assertFalse((self.folder.parent / "outside").exists())
        self.kept.write_bytes(good)
        self.rewrite(lambda members: members.update({"data/extra": b"x"}))
        self.refused(says="data/extra is not in its manifest")
        self.kept.write_bytes(good)
        self.rewrite(lambda members: members.update({"manifest.json": b"[" * 100_000}))
        self.backup("verify", self.kept, code=3)


class Prune(CliTest):
    def setUp(self):
        super().setUp()
        self.log = self.folder / "log"
        self.key = self.folder / "log.key"
        self.public = self.call("log", "keygen", self.key, "--name", "example.org/audit").out.strip()
        self.add(b"".join(b'{"time":"2026-01-01T00:%02d:00Z"}\n' % (number // 20) for number in range(900)))

    def add(self, lines):
        path = self.file("lines", lines)
        with path.open("rb") as standard_input:
            self.call("log", "add", self.log, "--key", self.key, stdin=standard_input)

    def prune(self, *words, code=0):
        return self.call("log", "prune", self.log, "--key", self.key, *words, "--format", "json", code=code)

    def names(self):
        return sorted(str(each.relative_to(self.log)) for each in self.log.rglob("*") if each.is_file())

    def test_it_tells_first_then_lets_whole_bundles_leave_into_an_archive_that_verifies_alone(self):
        before = self.names()
        told = self.prune("--keep", "350").json()["data"]
        self.assertEqual((told["done"], told["entries"], told["first"]), (False, 512, 512))
        self.assertEqual([each for each in before if each not in self.names()], [])
        archive = self.folder / "archive"
        done = self.prune("--keep", "350", "--archive", archive, "--by", "alice", "--why", "old", "--yes").json()["data"]
        self.assertEqual((done["done"], done["entries"], done["anchor"]), (True, 512, 900))
        verified = self.call("log", "verify", self.log, "--public-key", self.public, "--format", "json").json()
        self.assertEqual((verified["data"]["left"], verified["data"]["anchor"]), (512, 900))
        alone = self.call("log", "verify", archive, "--public-key", self.public, "--format", "json").json()["data"]
        self.assertEqual((alone["size"], alone["left"]), (512, 0))

    def test_bad_calls_change_nothing(self):
        before = self.names()
        for words, code in ((["--keep", "350", "--before", "2026-01-01"], 2), ([], 2), (["--keep", "x"], 2),
                            (["--before", "noon"], (2, 3)), (["--keep", "350", "--yes"], 2),
                            (["--keep", "350", "--delete", "--yes"], 2),  # Who, and why.
                            (["--keep", "350", "--delete", "--archive", self.folder / "a", "--by", "a", "--why", "b", "--yes"], 2),
                            (["--keep", "899", "--delete", "--by", "a", "--why", "b", "--yes"], 2)):
            self.prune(*words, code=code)
        other = self.folder / "other.key"
        self.call("log", "keygen", other, "--name", "example.org/audit")
        self.assertEqual(self.names(), before)
        self.call("log", "verify", self.log, "--public-key", self.public)

    def test_what_left_without_an_anchor_or_with_a_false_one_is_damage(self):
        self.prune("--keep", "350", "--delete", "--by", "alice", "--why", "old", "--yes")
        retention = self.log / "retention"
        true = retention.read_bytes()
        for false in (b"", b"cordon tlog retention 1\n512\n", b"cordon tlog retention 1\n512\n10\n",
                      b"cordon tlog retention 1\n256\n900\n", b"cordon tlog retention 1\n99999999999999999999\n1\n",
                      b"cordon tlog retention 1\n512\n899\n", b"\xff" * 4096):
            retention.write_bytes(false)
            self.assertIn(str(self.log), self.call("log", "verify", self.log, code=6).err)
        retention.unlink()
        self.assertIn("no anchor in the log says", self.call("log", "verify", self.log, code=6).err)
        retention.write_bytes(true)
        self.call("log", "verify", self.log, "--public-key", self.public)

    def test_an_archive_of_another_log_is_not_gone_on_with(self):
        archive = self.folder / "archive"
        second, key = self.folder / "second", self.folder / "second.key"
        self.call("log", "keygen", key, "--name", "example.org/other")
        with (self.folder / "lines").open("rb") as standard_input:
            self.call("log", "add", second, "--key", key, stdin=standard_input)
        self.call("log", "prune", second, "--key", key, "--keep", "350", "--archive", archive, "--by", "a", "--why", "b",
                  "--yes")
        before = self.names()
        self.prune("--keep", "350", "--archive", archive, "--by", "a", "--why", "b", "--yes", code=(2, 3, 5, 6))
        self.assertEqual([each for each in before if each not in self.names()], [])
        self.call("log", "verify", self.log, "--public-key", self.public)
        self.call("log", "verify", archive)

    def test_trusted_checkpoints_count_their_witnesses(self):
        keys = []
        for name in ("one", "two"):
            keys.append(self.call("log", "keygen", self.folder / f"{name}.key", "--name", name, "--witness").out.strip())
            note = self.call("log", "witness", self.log, "--public-key", self.public, "--key", self.folder / f"{name}.key",
                             "--state", self.folder / f"{name}.seen").out
        trusted = self.file("trusted", note)  # The second one's alone.
        verify = ["log", "verify", self.log, "--trusted", trusted, "--format", "json"]
        self.assertEqual(self.call(*verify, "--witness-key", keys[1]).json()["data"]["cosigned_by"], ["two"])
        self.assertIn("1 of the 2 given witnesses",
                      self.call(*verify, "--witness-key", keys[0], "--witness-key", keys[1], code=6).err)
        one_is_enough = self.call(*verify, "--witness-key", keys[0], "--witness-key", keys[1], "--quorum", "1")
        self.assertEqual(one_is_enough.json()["data"]["cosigned_by"], ["two"])
        # One witness that is named twice is one.
        self.call(*verify, "--witness-key", keys[1], "--witness-key", keys[1], code=6)
        self.call(*verify, "--quorum", "1", code=2)
        self.call(*verify, "--witness-key", self.public, code=2)
        self.call("log", "verify", self.log, "--witness-key", keys[1], code=2)
