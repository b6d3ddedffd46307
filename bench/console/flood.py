#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Writes a SYNTHETIC chain whose every payment is an alert, to be played to a watch as fast as one likes.

usage: flood.py ALERTS_A_SECOND SECONDS OUT_DIR

A block a second; each payment goes to another address and breaks the one rule, so that nothing is taken together as a repeat. Some
are worse than others, as on a bad night. The same bytes each time; nobody holds a key to any address. `speed: 1` plays it in its own time.
"""
import hashlib
import pathlib
import sys

START = 1_767_225_600  # 2026-01-01T00:00:00Z
WHALES_EVERY, LARGE_EVERY = 100, 10
SMALL, LARGE, WHALE = 10**17, 10**19, 10**21  # Of the native coin; the rules below know these sizes.
RULES = """- rule: bench-whale
  desc: Very large made-up payment
  event: transfer
  condition: amount >= 1000 ETH
  output: "%from paid %amount to %to, which nobody knew."
  next: Nothing, this is a benchmark.
  priority: critical
  subject: to
- rule: bench-large
  desc: Large made-up payment
  event: transfer
  condition: amount >= 10 ETH and amount < 1000 ETH
  output: "%from paid %amount to %to, which nobody knew."
  next: Nothing, this is a benchmark.
  priority: high
  subject: to
- rule: bench-small
  desc: Made-up payment
  event: transfer
  condition: amount < 10 ETH
  output: "%from paid %amount to %to, which nobody knew."
  next: Nothing, this is a benchmark.
  priority: medium
  subject: to
"""


def address(name):
    return "0x" + hashlib.sha256(f"cordon bench flood: {name}".encode()).hexdigest()[:40]


def write(rate, seconds, out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "rules.yaml").write_text(RULES, encoding="utf-8")
    (out / "watch.yaml").write_text("version: 1\n", encoding="utf-8")
    with open(out / "transfers.csv", "w", encoding="utf-8") as file:
        file.write("chain,block,time,tx,index,from,to,asset,amount,kind\n")
        number = 0
        for second in range(seconds):
            for _ in range(rate):
                amount = WHALE if number % WHALES_EVERY == 0 else LARGE if number % LARGE_EVERY == 0 else SMALL
                txn = hashlib.sha256(f"cordon bench txn {number}".encode()).hexdigest()
                file.write(f"eth,{23_000_000 + second},{START + second},0x{txn},0,{address(f'payer {number}')},"
                           f"{address(f'payee {number}')},native,{amount},native\n")
                number += 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    write(int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3]))
