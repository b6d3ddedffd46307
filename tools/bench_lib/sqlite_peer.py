# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The peer of ingest and trace: what an analyst does without Cordon, the same rows in SQLite.

usage: python3 sqlite_peer.py load TRANSFERS.csv DB | follow DB ADDRESS[,ADDRESS]

load    rows with an index by sender and one by receiver, one db_txn.
follow  everything reachable from the addresses by rising time (poison), the least that a trace must read.
"""
import csv
import sqlite3
import sys


def load(source, database):
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE transfer(block INTEGER, time INTEGER, tx, idx INTEGER, sender, receiver, asset, amount, kind)")
    with open(source, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        db.executemany("INSERT INTO transfer VALUES(?,?,?,?,?,?,?,?,?)", (row[1:] for row in rows))
    db.execute("CREATE INDEX by_sender ON transfer(sender, block, idx)")
    db.execute("CREATE INDEX by_receiver ON transfer(receiver, block, idx)")
    db.commit()


def follow(database, seeds):
    db = sqlite3.connect(database)
    since = {seed: 0 for seed in seeds}
    ahead = list(seeds)
    edges = 0
    while ahead:
        address = ahead.pop()
        for receiver, block in db.execute("SELECT receiver, min(block) FROM transfer WHERE sender=? AND block>=? "
                                          "AND amount!='0' GROUP BY receiver", (address, since[address])):
            edges += 1
            if receiver not in since or block < since[receiver]:
                if receiver not in since:
                    ahead.append(receiver)
                since[receiver] = block
    print(len(since), edges)


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(sys.argv[2], sys.argv[3])
    else:
        follow(sys.argv[2], sys.argv[3].split(","))
