# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The same theft with networkx: what an analyst would write in a notebook. One JSON object of what it cost.

usage: networkx_peer.py CSV SEED     (CSV: from,to,asset,amount in the order of the chain, without head)
"""
import collections
import csv
import heapq
import json
import sys
import time

import networkx


def load(path):
    """A multigraph of all transfers; each knows its place in the chain."""
    graph = networkx.MultiDiGraph()
    with open(path, encoding="ascii", newline="") as file:
        for place, (sender, receiver, asset, amount) in enumerate(csv.reader(file)):
            graph.add_edge(sender, receiver, place=place, asset=asset, amount=int(amount))
    return graph


def follow(graph, seed):
    """A plain haircut in chain order, the seed's sends all stolen: how many transfers carried stolen money."""
    def sends(address, after):
        return [(data["place"], address, receiver, data) for _, receiver, data in graph.out_edges(address, data=True)
                if data["place"] > after]

    def receives_before(address, asset, place):
        return sum(data["amount"] for _, _, data in graph.in_edges(address, data=True)
                   if data["asset"] == asset and data["place"] < place)

    held, stolen = collections.defaultdict(int), collections.defaultdict(int)
    known, tainted, number = {seed}, 0, 0
    queue = []
    for place, sender, receiver, data in sends(seed, -1):
        heapq.heappush(queue, (place, number := number + 1, sender, receiver, data))
    while queue:
        place, _, sender, receiver, data = heapq.heappop(queue)
        asset, amount = data["asset"], data["amount"]
        purse = (sender, asset)
        if sender == seed:
            part = amount
        else:
            part = amount * stolen[purse] // held[purse] if held[purse] else 0
            held[purse] -= min(amount, held[purse])
            stolen[purse] -= min(part, stolen[purse])
        if part == 0:
            continue
        tainted += 1
        if receiver not in known:
            known.add(receiver)
            held[(receiver, asset)] = receives_before(receiver, asset, place)
            for later in sends(receiver, place):
                heapq.heappush(queue, (later[0], number := number + 1, *later[1:]))
        held[(receiver, asset)] += amount
        stolen[(receiver, asset)] += part
    return tainted


def main():
    path, seed = sys.argv[1:]
    told = {"networkx": networkx.__version__}
    began = time.process_time()
    graph = load(path)
    told["load_s"], began = time.process_time() - began, time.process_time()
    told["reached"] = len(networkx.descendants(graph, seed))
    told["reach_s"], began = time.process_time() - began, time.process_time()
    told["edges"] = follow(graph, seed)
    told["follow_s"] = time.process_time() - began
    print(json.dumps(told))


if __name__ == "__main__":
    main()
