# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What the black-box tests share: the program, a ledger of its own for each test, and small inputs."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
TIMEOUT = 120  # A hang is a failure; no test waits for time to pass.

HEADER = "chain,block,time,tx,index,from,to,asset,amount,kind"
START = 1_700_000_000


def program():
    """The built cordon: $CORDON_BIN or $CORDON, else build/dev, else build/release."""
    named = os.environ.get("CORDON_BIN") or os.environ.get("CORDON")
    places = [pathlib.Path(named)] if named else [PROJECT / "build" / preset / "src" / "app" / "cordon"
                                                  for preset in ("dev", "release")]
    for place in places:
        if place.is_file():
            return str(place.resolve())
    return None


def address(name):
    return "0x" + hashlib.sha256(f"address {name}".encode()).hexdigest()[:40]


def txid(name):
    return "0x" + hashlib.sha256(f"txn {name}".encode()).hexdigest()


def row(block, amount=1, source="a", target="b", *, name=None, index=0, time=None, asset="native", kind="native",
        chain="eth"):
    return (f"{chain},{block},{START + block if time is None else time},{txid(name or block)},{index},"
            f"{address(source)},{address(target)},{asset},{amount},{kind}")


def transfers(*rows):
    return ("\n".join((HEADER,) + rows) + "\n").encode()


class Answer:
    def __init__(self, done):
        self.code, self.out = done.returncode, done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\nout: {self.out[:1500]}\nerr: {self.err[:1500]}"


class CliTest(unittest.TestCase):
    """A folder and a ledger of its own; calls of the program with their exit code."""

    maxDiff = 4000
    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cordon-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.ledger = self.folder / "ledger"

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def call(self, *arguments, code=0, **options):
        """Runs cordon; the exit code must be `code` (a number, several, or None for any that is no crash)."""
        options.setdefault("stdin", subprocess.DEVNULL)
        answer = Answer(subprocess.run([program(), *map(str, arguments)], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, timeout=TIMEOUT, check=False, **options))
        wanted = (0, 1, 2, 3, 4, 5, 6, 130) if code is None else code if isinstance(code, tuple) else (code,)
        self.assertIn(answer.code, wanted, f"cordon {' '.join(map(str, arguments))}\n{answer}")
        if answer.code not in (0, 1, 4, 70, 130):  # 4 is also the code of an incomplete result, 70 that of no memory.
            # Its first line ends with the code; what to do next may follow.
            self.assertRegex(answer.err, r"(?m)^cordon: .+\[[a-z-]+\]$", "an error says what it is, with its code")
        return answer

    def ingest(self, *sources, code=0, **options):
        return self.call("ingest", "--ledger", self.ledger, *sources, code=code, **options)

    def trace(self, seed, *flags, code=0):
        return self.call("trace", "--ledger", self.ledger, "--seed", seed, *flags, "--format", "json", code=code)

    def state(self):
        """All that the ledger holds, for comparing before and after."""
        if not self.ledger.exists():
            return "no ledger"
        stats = self.call("ledger", "stats", "--ledger", self.ledger, "--format", "json", code=(0, 3))
        # Not the files: what was taken back has left its mark there.
        held = [json.dumps(stats.json()["data"]["chains"])] if stats.code == 0 else [stats.out]
        chains = [each["chain"] for each in stats.json()["data"]["chains"]] if stats.code == 0 else []
        for chain in chains:
            if not chain.startswith("btc"):
                held.append(self.call("ledger", "dump", "--ledger", self.ledger, "--chain", chain).out)
        records = self.ledger / "records.sqlite"
        if records.exists():
            connection = sqlite3.connect(f"file:{records}?mode=ro", uri=True)
            for table in ("label", "asset", "price", "wallet", "input"):
                held.append(repr(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()))
            connection.close()
        return "\n".join(held)

    def base(self):
        """A small honest ledger, so that there is something to lose."""
        good = self.file("base.csv", transfers(row(100, 50, "x", "a"), row(101, 30, "a", "b"), row(102, 20, "b", "c")))
        labels = self.file("base-labels.csv",
                           f"address,label,category,source,confidence\n{address('c')},Some Exchange,exchange,list,0.9\n")
        self.ingest(f"transfers:{good}", f"labels:{labels}")
        return self.state()

    def refuses(self, source, *, says=(), code=3, extra=(), **options):
        """The program refuses `source`, says why in the words given, and the ledger is exactly as before."""
        before = self.state()
        answer = self.ingest(*extra, source, code=code, **options)
        for words in (says,) if isinstance(says, str) else says:
            self.assertRegex(answer.err, words)
        self.assertEqual(self.state(), before, "the ledger changed")
        return answer


# --- Bitcoin, small -----------------------------------------------------------------------------------------------

def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def compact(number):
    return bytes([number]) if number < 0xFD else b"\xfd" + struct.pack("<H", number)


def txn_bytes(inputs, outputs):
    """inputs: (txid bytes, index, script); outputs: (satoshi, script)."""
    parts = [struct.pack("<I", 1), compact(len(inputs))]
    for previous, index, script in inputs:
        parts += [previous, struct.pack("<I", index), compact(len(script)), script, b"\xff" * 4]
    parts.append(compact(len(outputs)))
    for value, script in outputs:
        parts += [struct.pack("<Q", value), compact(len(script)), script]
    return b"".join(parts) + b"\0" * 4


def p2wpkh(name):
    return b"\x00\x14" + hashlib.sha256(name.encode()).digest()[:20]


def regtest_chain(length, first_parent=b"\0" * 32):
    """Sound regtest blocks; block n also spends the coinbase of block n-1."""
    blocks, parent, previous = [], first_parent, None
    for height in range(1, length + 1):
        script = bytes([1, height]) + b"\x51"
        txns = [txn_bytes([(b"\0" * 32, 0xFFFFFFFF, script)], [(50 * 10**8, p2wpkh(f"miner {height}"))])]
        if previous is not None:
            txns.append(txn_bytes([(previous, 0, b"")], [(20 * 10**8, p2wpkh(f"pay {height}")),
                                                         (29 * 10**8, p2wpkh(f"change {height}"))]))
        ids = [sha256d(txn) for txn in txns]
        root = ids[0] if len(ids) == 1 else sha256d(ids[0] + ids[1])
        for nonce in range(1000):
            header = struct.pack("<I", 2) + parent + root + struct.pack("<III", START + height * 600, 0x207FFFFF, nonce)
            if sha256d(header)[31] < 0x7F:
                break
        blocks.append(header + compact(len(txns)) + b"".join(txns))
        parent, previous = sha256d(header), ids[0]
    return blocks


def coinbase_txid(block, next_block):
    """How the spender in the next block names the coinbase of a block."""
    return next(name for end in range(82, len(block) + 1)
                if (name := sha256d(block[81:end])) in next_block)


def framed(blocks, magic=b"\xfa\xbf\xb5\xda"):
    return b"".join(magic + struct.pack("<I", len(block)) + block for block in blocks)
