# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The walk-through of the guard, as it is printed, against real nodes."""
import os
import pathlib
import tempfile
import unittest

from tests.cli.support import PROJECT, program
from tests.feed.support import Anvil, Btcd, free_port
from tests.guard.walk import Terminal, matches, steps_of


class Walk(unittest.TestCase):
    def walk(self, page, begin=None, end=None):
        """Runs the steps; each must end and print as the page says."""
        cordon = pathlib.Path(program()).resolve()
        signer = cordon.parents[1] / "signer_app" / "cordon-signer"
        if not signer.is_file():
            raise unittest.SkipTest(f"{signer} is not built")
        places = [cordon.parent, signer.parent, pathlib.Path(self.node).parent, PROJECT / "examples" / "guard"]
        folder = self.enterContext(tempfile.TemporaryDirectory())
        env = {"PATH": ":".join(map(str, places)) + ":" + os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "TERM": "dumb",
               "PORT": str(free_port()), "PEER_PORT": str(free_port())}
        text = (PROJECT / page).read_text(encoding="utf-8")
        terminal = Terminal(folder, env)
        self.addCleanup(terminal.close)
        steps = steps_of(text, begin, end)
        self.assertTrue(steps, f"{page} has no step")
        for step in steps:
            told, code = terminal.run(step)
            if os.environ.get("WALK_SHOW"):
                print(f"--- {page}:{step.line} exit {code}\n{told}", flush=True)
            where = f"{page}:{step.line}: {step.command}\nprinted:\n{told}"
            self.assertEqual(code, step.code, where)
            if step.expected is not None:
                self.assertTrue(matches(step.expected, told), f"{where}\nexpected:\n{step.expected}")

    def test_ethereum_and_a_safe(self):
        self.node = Anvil.binary()
        self.walk("docs/user/guard.md")

    def test_a_safe_behind_a_delay(self):
        self.node = Anvil.binary()
        self.walk("docs/user/guard-safe-delay.md")

    def test_a_delay_set_up_and_used_with_the_offline_signer(self):
        self.node = Anvil.binary()
        self.walk("docs/user/guard-delay-signer.md")

    def test_the_short_one(self):
        self.node = Anvil.binary()
        self.walk("README.md", "<!-- walk -->", "<!-- end walk -->")

    def test_bitcoin(self):
        self.node = Btcd.binary()
        self.walk("docs/user/guard-bitcoin.md")
