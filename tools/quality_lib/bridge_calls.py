# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Calldata of bridges, decoded by the product, and tied to the deposits that it belongs to, by content alone."""
from . import program

# Far amounts may be in other decimals: 6 or 8 on one chain and 18 on the other.
SCALES = (1.0, 1e12, 1e-12, 1e10, 1e-10)
MIN_LEFT = 0.4  # On small sums the fee takes more than half.
MAX_LEFT = 1.01  # Pools that lack the deposited side pay a little more than was given.


def decoded(rows):
    """What the product reads in each call; None where it reads nothing."""
    answers = program.conform([{"op": "contract_call", "hex": row["input"].removeprefix("0x")} for row in rows])
    return [answer["out"] if answer["ok"] else None for answer in answers]


def tie(deposits, calls):
    """({deposit's txn: place of the call}, one to one; the txns among them that could as well have another).

    By the hash in the call's key, else by the arguments, the nearest amount first. Deposits of the same content are
    interchangeable, and so are calls: each gets one, but which is anybody's guess.
    """
    tied, taken, doubtful = {}, set(), set()
    by_hash = {call["key"].rpartition(":")[2]: place for place, call in enumerate(calls) if call and call["key"]}
    for deposit in deposits:
        place = by_hash.get(deposit["txhash"].lower())
        if place is not None and agrees(deposit["args"], calls[place]) is not None:
            tied[deposit["txhash"]] = place
            taken.add(place)
    by_receiver = {}
    for place, call in enumerate(calls):
        if call and place not in taken and call["receiver"]:
            by_receiver.setdefault(call["receiver"], []).append(place)
    pairs = []
    for number, deposit in enumerate(deposits):
        if deposit["txhash"] not in tied:
            for place in by_receiver.get(deposit["args"]["receiver"].lower(), ()):
                lacking = agrees(deposit["args"], calls[place])
                if lacking is not None:
                    pairs.append((lacking, number, place))
    pairs.sort()
    same = {}
    for lacking, number, place in pairs:
        same.setdefault((lacking, content(deposits[number]["args"]), calls[place]["receiver"]), set()).add((number, place))
    for lacking, number, place in pairs:
        txn = deposits[number]["txhash"]
        if txn in tied or place in taken:
            continue
        equal = same[lacking, content(deposits[number]["args"]), calls[place]["receiver"]]
        if len(equal) > 1:
            doubtful.add(txn)
        tied[txn] = place
        taken.add(place)
    return tied, doubtful


def content(args):
    return tuple(sorted((key, str(value).lower()) for key, value in args.items()))


def agrees(args, call):
    """How far the amounts are apart, as a share of the deposit; None where the call says something else."""
    if call["receiver"] and call["receiver"] != args["receiver"].lower():
        return None
    if call["sender"] and call["sender"] != args["sender"].lower():
        return None
    if "asset_d" in args and call["asset"] != args["asset_d"].lower():
        return None
    left = int(call["amount"]) / int(args["amount"]) if int(args["amount"]) else 0
    fits = [left * scale for scale in SCALES if MIN_LEFT <= left * scale <= MAX_LEFT]
    return round(min(abs(1 - fit) for fit in fits), 12) if fits else None
