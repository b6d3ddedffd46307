#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Kills `cordon ingest` with SIGKILL at random moments and checks that nothing acknowledged is lost.

usage: kill_ingest.py --cordon PATH [--kills N] [--seed S] [--dir DIR]

See README.md beside this file. Exit code: 0 when all checks passed, 1 otherwise, 2 on wrong usage.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HEADER = "chain,block,time,tx,index,from,to,asset,amount,kind"
COMMAND_LIMIT = 600  # Seconds that one command may take at most; a hang is a failure, not a wait.
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def make_transfers(path, rng, blocks):
    """Canonical transfers; returns the rows of each block."""
    rows_of = {}
    number, moment = 1_000, 1_700_000_000
    for _ in range(blocks):
        number += rng.choice((1, 1, 1, 2, 7))
        moment += rng.randrange(0, 30)
        rows = []
        for txn in range(rng.randrange(1, 6)):
            tx = "0x" + hashlib.sha256(f"{number}/{txn}".encode()).hexdigest()
            for index in range(rng.randrange(1, 4)):
                sender, receiver = (f"0x{rng.randrange(1, 500):040x}" for _ in range(2))
                asset = rng.choice(("native", "USDT", "0xdac17f958d2ee523a2206206994597c13d831ec7"))
                amount = rng.randrange(0, 1 << rng.randrange(1, 200))
                kind = "native" if asset == "native" else "token"
                rows.append(f"eth,{number},{moment},{tx},{index},{sender},{receiver},{asset},{amount},{kind}")
        rows_of[number] = rows
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADER + "\n")
        for rows in rows_of.values():
            out.write("\n".join(rows) + "\n")
    return rows_of


def base58check(payload):
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def make_txs(path, rng, txns):
    """Canonical btc-txs: with spends of earlier outputs."""
    def owner():
        payload = hashlib.sha256(str(rng.randrange(300)).encode()).digest()[:20]
        return "76a914" + payload.hex() + "88ac", base58check(b"\0" + payload)

    unspent = []
    with open(path, "w", encoding="ascii") as out:
        for number in range(txns):
            txid = hashlib.sha256(f"btc/{number}".encode()).hexdigest()
            spent = [unspent.pop(rng.randrange(len(unspent))) for _ in range(min(len(unspent), rng.randrange(0, 3)))]
            # A txn without inputs stands for a coinbase; others must not pay out more than they take.
            purse = sum(coin[2] for coin in spent) or 10**9
            outputs = [[purse // 4 + rng.randrange(purse // 8 + 1), *owner()] for _ in range(rng.randrange(1, 3))]
            unspent += [[txid, n, *output] for n, output in enumerate(outputs)]
            line = {"txid": txid, "time": 1_700_000_000 + 20 * number, "in": spent, "out": outputs}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}", flush=True)
        return good


def run(cordon, *args):
    return subprocess.run([cordon, *args], capture_output=True, text=True, timeout=COMMAND_LIMIT, check=False)


def ingest_and_kill(cordon, ledger, source, batch, rng, longest):
    """One ingest that dies on the way. Returns (acknowledged tip or None, killed)."""
    acknowledged = []
    child = subprocess.Popen([cordon, "ingest", "--ledger", str(ledger), source, "--batch-blocks", str(batch), "--format",
                              "jsonl"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def listen():
        for line in child.stdout:
            try:
                record = json.loads(line)
            except ValueError:
                continue  # The kill may cut the last line; it was not read in full, so nobody relied on it.
            if record.get("kind") == "ingest.batch":
                acknowledged.append(record["data"]["tip"])

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    # Half of the kills after a while, half right after some acknowledgement.
    if rng.random() < 0.5:
        time.sleep(rng.random() * longest)
    else:
        target, deadline = rng.randrange(1, 40), time.monotonic() + longest * 4
        while len(acknowledged) < target and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.0005)
    # Only ever our own child, and only while it lives: an unreaped child keeps its pid, so it cannot be another's.
    killed = child.poll() is None
    if killed:
        assert child.pid > 1
        os.kill(child.pid, signal.SIGKILL)
    child.wait(timeout=COMMAND_LIMIT)
    listener.join(timeout=COMMAND_LIMIT)
    killed = child.returncode == -signal.SIGKILL
    if not killed and child.returncode != 0:
        raise RuntimeError(f"ingest ended by itself with exit code {child.returncode}")
    return (acknowledged[-1] if acknowledged else None), killed


def dumped_blocks(cordon, ledger):
    """The rows of each block in the ledger; None with the reason when it does not open."""
    result = run(cordon, "ledger", "dump", "--ledger", str(ledger), "--chain", "eth")
    if result.returncode != 0:
        return None, result.stderr.strip()
    lines = result.stdout.splitlines()
    if not lines or lines[0] != HEADER:
        return None, "the dump has no header"
    blocks = {}
    for line in lines[1:]:
        blocks.setdefault(int(line.split(",")[1]), []).append(line)
    return blocks, ""


def check_transfers(tally, cordon, ledger, rows_of, tip, name):
    blocks, problem = dumped_blocks(cordon, ledger)
    if blocks is None:
        # Killed before the ledger was even made: then nothing may have been acknowledged.
        return tally.check(tip is None and not (ledger / "FORMAT").exists(), f"{name}: {problem}")
    numbers = list(rows_of)
    expected = numbers[:len(blocks)]
    good = tally.check(list(blocks) == expected, f"{name}: the blocks are not a beginning of the input")
    good &= tally.check(all(blocks[n] == rows_of[n] for n in blocks if n in rows_of), f"{name}: a block is partial")
    return good & tally.check(tip is None or tip in blocks, f"{name}: block {tip} was acknowledged and is gone")


def stats(cordon, ledger):
    result = run(cordon, "ledger", "stats", "--ledger", str(ledger), "--format", "json")
    if result.returncode != 0:
        return None
    return json.loads(result.stdout)["data"]["chains"]


def verify(tally, cordon, ledger, name):
    if (ledger / "FORMAT").exists():
        result = run(cordon, "ledger", "verify", "--ledger", str(ledger))
        tally.check(result.returncode == 0, f"{name}: verify says {result.stderr.strip()}")


def set_up(what, kills):
    """What every kill test is told: options, the program, its random numbers, its tally and its folder."""
    parser = argparse.ArgumentParser(description=what.splitlines()[0])
    parser.add_argument("--cordon", required=True, help="the program to test")
    parser.add_argument("--kills", type=int, default=kills, help=f"how often to kill (default {kills})")
    parser.add_argument("--seed", type=int, default=1, help="of the input and of the moments (default 1)")
    parser.add_argument("--dir", help="where to work (default: a new temporary directory, removed at the end)")
    options = parser.parse_args()
    cordon = shutil.which(options.cordon)
    if cordon is None or options.kills < 1:
        parser.error("--cordon must name a program that runs, --kills must be at least 1")

    rng, tally = random.Random(options.seed), Tally()
    work = pathlib.Path(options.dir or tempfile.mkdtemp(prefix="cordon-kill-"))
    work.mkdir(parents=True, exist_ok=True)
    return options, cordon, rng, tally, work


def main():
    options, cordon, rng, tally, work = set_up(__doc__, 20)
    try:
        transfers, txs = work / "transfers.csv", work / "txs.jsonl"
        rows_of = make_transfers(transfers, rng, 4_000)
        make_txs(txs, rng, 3_000)
        undisturbed = work / "undisturbed"
        begin = time.monotonic()
        result = run(cordon, "ingest", "--ledger", str(undisturbed), f"transfers:{transfers}", "--batch-blocks", "20")
        longest = time.monotonic() - begin
        tally.check(result.returncode == 0, f"the undisturbed ingest: {result.stderr.strip()}")
        run(cordon, "ingest", "--ledger", str(undisturbed), f"btc-txs:{txs}")
        wanted = stats(cordon, undisturbed)

        kills = rounds = 0
        while kills < options.kills and tally.failed == 0:
            rounds += 1
            ledger = work / f"ledger-{rounds}"
            sources = [f"transfers:{transfers}", f"btc-txs:{txs}"]
            for source in sources:
                killed = True
                while killed and kills < options.kills and tally.failed == 0:
                    batch = rng.choice((1, 3, 20, 100))
                    tip, killed = ingest_and_kill(cordon, ledger, source, batch, rng, longest)
                    kills += killed
                    name = f"kill {kills} ({source.split(':')[0]}, batches of {batch}, tip {tip})"
                    if source.startswith("transfers"):
                        check_transfers(tally, cordon, ledger, rows_of, tip, name)
                    else:
                        found = {each["chain"]: each for each in stats(cordon, ledger) or []}
                        height = found["btc"]["tip"]["number"] if "btc" in found else None
                        tally.check(tip is None or (height is not None and height >= tip), f"{name}: at {height}")
                    verify(tally, cordon, ledger, name)
                    print(f"{name}: {'killed' if killed else 'ran to its end'}", flush=True)
            for source in sources:
                result = run(cordon, "ingest", "--ledger", str(ledger), source, "--batch-blocks", "50")
                tally.check(result.returncode == 0, f"round {rounds}: resume: {result.stderr.strip()}")
            check_transfers(tally, cordon, ledger, rows_of, list(rows_of)[-1], f"round {rounds}, resumed")
            tally.check(stats(cordon, ledger) == wanted, f"round {rounds}: not equal to an undisturbed ingest")
            verify(tally, cordon, ledger, f"round {rounds}")
            if tally.failed == 0:
                shutil.rmtree(ledger)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        tally.check(False, str(error))
    finally:
        if options.dir is None and tally.failed == 0:
            shutil.rmtree(work, ignore_errors=True)
        elif tally.failed:
            print(f"kept for a look: {work}")
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
