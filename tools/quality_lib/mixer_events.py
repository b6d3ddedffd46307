# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Event files of mixer pools, written as canonical transfers and labels.

A pool is a pair of files deposits_NET_CURRENCY_AMOUNT.csv(.zst) and withdrawals_…, NET being the EIP-155 number. A
deposit becomes a transfer of AMOUNT from the sender to the pool, a withdrawal one from the pool to the recipient, less
the relayer's fee, whose receiver the events do not name. Currencies become codes of 18 decimals: for linking only the
denomination and the presence of a fee count.
"""
import csv
import dataclasses
import decimal
import hashlib
import io
import pathlib
import re

from . import data

NAME = re.compile(r"deposits_(\d+)_([a-z]+)_([\d.]+)\.csv(\.zst)?")
DECIMALS = 18


def rows_of(path):
    return list(csv.DictReader(io.StringIO(data.read_bytes(path).decode("utf-8-sig"))))


@dataclasses.dataclass
class Pool:
    name: str  # NET_CURRENCY_AMOUNT
    net: int
    currency: str
    amount: int
    deposits: list
    withdrawals: list

    @property
    def address(self):
        return "0x" + hashlib.sha256(f"mixer pool {self.name}".encode()).hexdigest()[:40]


def pools(folder):
    """Every pool of a folder that has both files, by name."""
    found = []
    for path in sorted(pathlib.Path(folder).iterdir()):
        match = NAME.fullmatch(path.name)
        other = path.with_name(path.name.replace("deposits", "withdrawals", 1))
        if match and other.is_file():
            net, currency, amount = match.groups()[:3]
            units = int(decimal.Decimal(amount).scaleb(DECIMALS))
            found.append(Pool(f"{net}_{currency}_{amount}", int(net), currency, units, rows_of(path), rows_of(other)))
    return found


def write(net_pools, folder):
    """Sources for cordon ingest of all pools of one net."""
    events = []
    for pool in net_pools:
        for row in pool.deposits:
            events.append((int(row["block"]), int(row["log_index"]), row, row["from"], pool.address, pool, pool.amount))
        for row in pool.withdrawals:
            left = pool.amount - int(row["fee_wei"])
            events.append((int(row["block"]), int(row["log_index"]), row, pool.address, row["to"], pool, max(left, 0)))
    events.sort(key=lambda event: event[:2])
    # A txn stands where its first event stands.
    first = {}
    for block, log, row, *_ in events:
        first.setdefault(row["tx_hash"], (block, log))
    events.sort(key=lambda event: (*first[event[2]["tx_hash"]], event[1]))
    transfers, labels = pathlib.Path(folder) / "transfers.csv", pathlib.Path(folder) / "labels.csv"
    with open(transfers, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("chain,block,time,tx,index,from,to,asset,amount,kind".split(","))
        for block, log, row, sender, receiver, pool, amount in events:
            out.writerow([f"eip155:{pool.net}", block, row["timestamp"], row["tx_hash"], log, sender, receiver,
                          pool.currency.upper(), amount, "token"])
    with open(labels, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("address,label,category,source,confidence".split(","))
        for pool in net_pools:
            out.writerow([pool.address, f"pool {pool.name}", "mixer", "event files", 1])
    return [f"labels:{labels}", f"transfers:{transfers}"]
