# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Writes what a story tells as canonical input files, and says how cordon takes them in."""
import csv
import json

from . import names


def write(story, folder):
    """The sources for cordon ingest."""
    sources = []

    def table(schema, header, rows):
        if not rows:
            return
        path = folder / f"{schema}.csv"
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(rows)
        sources.append(f"{schema}:{path}")

    table("assets", "chain,asset,symbol,decimals,status", [(chain, *facts) for (chain, _), facts in story.assets.items()])
    table("labels", "address,label,category,source,confidence", story.labels)
    table("prices", "chain,asset,time,usd", story.prices)
    table("transfers", "chain,block,time,tx,index,from,to,asset,amount,kind", story.rows)
    if story.txns:
        path = folder / "btc-txs.jsonl"
        path.write_text("".join(json.dumps(txn_line(story, *txn)) + "\n" for txn in story.txns), encoding="utf-8")
        sources.append(f"btc-txs:{path}")
    return (["--chain", story.chain] if names.is_utxo(story.chain) else []) + sources


def txn_line(story, txid, time, spent, made):
    def form(coin):
        if coin.name == "op_return":
            return "6a04636f7264", None
        return names.script(coin.name), story.address(coin.name)
    line = {"txid": txid, "time": time, "in": [[coin.txid, coin.index, coin.value, *form(coin)] for coin in spent],
            "out": [[coin.value, *form(coin)] for coin in made]}
    return line if spent else {**line, "coinbase": True}
