# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A file over to another machine and back by QR codes, with frames lost, mixed and changed."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from .support import TIMEOUT, program


class Frames(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.content = bytes((i * 131 + (i >> 8) * 7 + 5) % 256 for i in range(3000))
        self.file = self.folder / "payload.bin"
        self.file.write_bytes(self.content)

    def qr(self, *words, stdin=b""):
        return subprocess.run([program(), "qr", *map(str, words)], input=stdin, capture_output=True, timeout=TIMEOUT,
                              check=False)

    def parts(self, *words, stdin=b""):
        shown = self.qr("show", "-" if stdin else self.file, "--text", *words, stdin=stdin)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return shown.stdout.splitlines()

    def test_any_frames_that_are_enough_restore_the_file(self):
        parts = self.parts("--frames", "80")
        kept = [part for number, part in enumerate(parts) if number % 3 != 1]
        for order in (kept, kept[::-1]):
            read = self.qr("read", "-", stdin=b"\n".join(order))
            self.assertEqual((read.returncode, read.stdout), (0, self.content), read.stderr)

    def test_pictures_are_read_again_without_a_third_of_them(self):
        self.assertEqual(self.qr("show", self.file, "--png", self.folder / "frames").returncode, 0)
        pictures = sorted((self.folder / "frames").glob("*.png"))
        out = self.folder / "out.bin"
        read = self.qr("read", *(p for number, p in enumerate(pictures) if number % 3 != 1), "--output", out)
        self.assertEqual(read.returncode, 0, read.stderr)
        self.assertEqual(out.read_bytes(), self.content)
        again = self.qr("read", *pictures, "--output", out)
        self.assertEqual(again.returncode, 3)
        self.assertIn(b"not overwritten", again.stderr)

    def test_frames_of_two_files_end_in_an_error(self):
        other = self.parts(stdin=self.content[::-1])
        mixed = self.qr("read", "-", stdin=b"\n".join(self.parts()[:5] + other))
        self.assertEqual((mixed.returncode, mixed.stdout), (3, b""))
        self.assertIn(b"[conflict]", mixed.stderr)

    def test_too_few_frames_and_none_are_said(self):
        few = self.qr("read", "-", stdin=b"\n".join(self.parts()[:5]))
        self.assertEqual((few.returncode, few.stdout), (3, b""))
        self.assertIn(b"5 of 13 fragments", few.stderr)
        self.assertEqual(self.qr("read", "-").returncode, 3)
        self.assertEqual(self.qr("read").returncode, 2)
        self.assertEqual(self.qr("draw").returncode, 2)

    def test_a_short_file_is_one_code_and_the_type_is_told(self):
        shown = self.parts(stdin=b"psbt\xff\x01")
        self.assertEqual(len(shown), 1)
        self.assertTrue(shown[0].startswith(b"ur:crypto-psbt/"))
        read = self.qr("read", "-", "--format", "json", stdin=shown[0])
        data = json.loads(read.stdout)["data"]
        self.assertEqual((data["type"], data["hex"]), ("crypto-psbt", b"psbt\xff\x01".hex()))
        wrong = self.qr("read", "-", "--ur", "x-cordon-bundle", stdin=shown[0])
        self.assertEqual((wrong.returncode, wrong.stdout), (3, b""))


if __name__ == "__main__":
    unittest.main()
