# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The peer of ingest and trace: what an analyst does without Cordon, the same rows in SQLite.

usage: python3 sqlite_peer.py load TRANSFERS.csv DB | follow DB ADDRESS[,ADDRESS] | profile TRANSFERS.csv DB

load     rows with an index by sender and one by receiver, one db_txn.
follow   everything reachable from the addresses by rising time (poison), the least that a trace must read.
profile  load, then the questions of bench/ledger_bench.cpp; prints its counters as JSON.
"""
import csv
import json
import os
import sqlite3
import sys
import time

QUESTIONS = 2000


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


def percentiles(name, ask, keys):
    micros = []
    for key in keys:
        begin = time.perf_counter()
        ask(key)
        micros.append((time.perf_counter() - begin) * 1e6)
    micros.sort()
    return {f"{name}_p50_us": micros[len(micros) // 2], f"{name}_p99_us": micros[len(micros) * 99 // 100]}


def profile(source, database):
    begin = time.process_time()
    load(source, database)
    db = sqlite3.connect(database)
    db.execute("CREATE INDEX by_tx ON transfer(tx)")
    db.commit()
    spent = time.process_time() - begin
    rows, = db.execute("SELECT count(*) FROM transfer").fetchone()
    figures = {"rows_per_cpu_s": rows / spent, "bytes_per_row": os.path.getsize(database) / rows}
    step = max(rows // QUESTIONS, 1)
    # Addresses evenly, txns evenly: drawing addresses by row would ask the busiest most.
    senders = db.execute("SELECT DISTINCT sender FROM transfer ORDER BY sender").fetchall()[::max(step // 2, 1)]
    figures |= percentiles("edges", lambda key: db.execute("SELECT * FROM transfer WHERE sender=?", key).fetchall(), senders)
    txns = db.execute("SELECT tx FROM transfer WHERE rowid % ? = 0", (step,)).fetchall()
    figures |= percentiles("txn", lambda key: db.execute("SELECT * FROM transfer WHERE tx=?", key).fetchall(), txns)
    begin = time.process_time()
    db.execute("SELECT sum(length(amount)) FROM transfer").fetchone()
    figures["scan_rows_per_cpu_s"] = rows / (time.process_time() - begin)
    print(json.dumps(figures))


if __name__ == "__main__":
    if sys.argv[1] == "load":
        load(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "profile":
        profile(sys.argv[2], sys.argv[3])
    else:
        follow(sys.argv[2], sys.argv[3].split(","))
