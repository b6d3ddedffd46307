# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Writes what a story tells as canonical input files, and says how cordon takes them in."""
import csv
import json

from . import names


TRANSFERS = "chain,block,time,tx,index,from,to,asset,amount,kind"


def table(folder, schema, header, rows):
    """The source of what is told as a CSV file; nothing where there is nothing to tell."""
    if not rows:
        return []
    path = folder / f"{schema}.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return [f"{schema}:{path}"]


def side_files(story, folder):
    """What is known of assets, addresses and prices."""
    return [*table(folder, "assets", "chain,asset,symbol,decimals,status",
                   [(chain, *facts) for (chain, _), facts in story.assets.items()]),
            *table(folder, "labels", "address,label,category,source,confidence", story.labels),
            *table(folder, "prices", "chain,asset,time,usd", story.prices)]


def write(story, folder):
    """The sources for cordon ingest."""
    sources = side_files(story, folder) + table(folder, "transfers", TRANSFERS, story.rows)
    if story.txns:
        path = folder / "btc-txs.jsonl"
        path.write_text("".join(json.dumps(txn_line(story, *txn)) + "\n" for txn in story.txns), encoding="utf-8")
        sources.append(f"btc-txs:{path}")
    return (["--chain", story.chain] if names.is_utxo(story.chain) else []) + sources


def write_watch(story, folder):
    """(sources for cordon ingest: what was before the story, sources and flags for cordon watch)"""
    known = side_files(story, folder)
    before = table(folder, "transfers", TRANSFERS, list(story.before_rows()))
    events = folder / "events.jsonl"
    events.write_text("".join(json.dumps(event) + "\n" for event in story.events), encoding="utf-8")
    config = folder / "watch.yaml"  # JSON is YAML.
    config.write_text(json.dumps({"version": 1, **story.config}, indent=1), encoding="utf-8")
    rules = [word for path in story.rules for word in ("--rules", path)]
    return before and known + before, [f"events:{events}", *known, "--config", str(config), *rules]


def known_to_gate(story, folder):
    """Sources for --known of cordon guard: what is ours, and what is known beside it."""
    rows = [(*place.split(":", 1), row["set"], row["entity"], row["tier"])
            for row in story.config.get("wallets", []) for place in row["addresses"]]
    return side_files(story, folder) + table(folder, "wallets", "chain,address,set,entity,tier", rows)


def txn_line(story, txid, time, spent, made):
    def form(coin):
        if coin.name == "op_return":
            return "6a04636f7264", None
        return names.script(coin.name), story.address(coin.name)
    line = {"txid": txid, "time": time, "in": [[coin.txid, coin.index, coin.value, *form(coin)] for coin in spent],
            "out": [[coin.value, *form(coin)] for coin in made]}
    return line if spent else {**line, "coinbase": True}
