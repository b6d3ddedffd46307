#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Writes the SYNTHETIC case of this folder: an exchange theft that never happened, in Cordon's canonical files.

usage: generate.py [OUT_DIR]        (default: this folder)

Every address, txn and amount is made here; addresses are SHA-256 digests of names, so that nobody holds a key.
Same program, same bytes: numbers come from a counted digest, not from Python's random module.
truth.csv says where the stolen value really rests; a tracer must not read it.
"""
import csv
import hashlib
import json
import os
import sys

START = 1767225600  # 2026-01-01T00:00:00Z
BLOCK_SECONDS = 12
ETH = 10**18
USDX = 10**6
WBTX = 10**8
ZERO = "0x" + "0" * 40


def digest(text):
    return hashlib.sha256(("cordon synthetic exchange theft: " + text).encode()).digest()


def address(name):
    return "0x" + digest("address " + name)[:20].hex()


def look_alike(other, name):
    """First and last four digits as in `other`: what a hurried reader compares."""
    middle = digest("look-alike " + name)[:16].hex()
    return other[:6] + middle + other[-4:]


class Dice:
    def __init__(self, name):
        self.name, self.rolls = name, 0

    def below(self, limit):
        self.rolls += 1
        return int.from_bytes(digest(f"dice {self.name} {self.rolls}"), "big") % limit

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]


ASSET = {
    "native": ("native", "ETH", 18, "verified"),
    "USDX": (address("token USDX"), "USDX", 6, "verified"),
    "WBTX": (address("token WBTX"), "WBTX", 8, "verified"),
    "WETX": (address("token WETX"), "WETX", 18, "verified"),
    "FAKE": (address("token copy of USDX"), "USDX", 6, "counterfeit"),
}
USD = {"native": 3000, "WETX": 3000, "WBTX": 90000, "USDX": 1}


class World:
    """Books every row at once, so that nobody can spend what they do not have."""

    def __init__(self):
        self.rows, self.balances, self.block, self.count = [], {}, 21_000_000, 0

    def wait(self, blocks):
        self.block += blocks

    def txn(self, *moves, name=None, payer=None):
        """moves: (from, to, asset, amount, kind). The payer's fee comes last. Gives the hash."""
        self.count += 1
        self.wait(1)
        tx = "0x" + digest(f"txn {name or self.count}").hex()
        if payer:
            moves += ((payer, address("block producer"), "native", 21000 * 30 * 10**9, "fee"),)
        for index, (source, target, asset, amount, kind) in enumerate(moves):
            if asset != "FAKE" and source != ZERO:
                left = self.balances.get((source, asset), 0) - amount
                assert left >= 0, (name or self.count, source, asset, amount, left)
                self.balances[source, asset] = left
            if target != ZERO:
                self.balances[target, asset] = self.balances.get((target, asset), 0) + amount
            seconds = START + (self.block - 21_000_000) * BLOCK_SECONDS
            self.rows.append(("eth", self.block, seconds, tx, index, source, target, ASSET[asset][0], amount, kind))
        return tx

    def send(self, source, target, asset, amount, name=None):
        kind = "native" if asset == "native" else "token"
        return self.txn((source, target, asset, amount, kind), name=name, payer=source)

    def has(self, who, asset):
        return self.balances.get((who, asset), 0)

    def spendable(self, who):
        """All native value but the fee."""
        return self.has(who, "native") - 21000 * 30 * 10**9


class Story:
    def __init__(self):
        self.world, self.dice = World(), Dice("story")
        self.labels, self.truth = [], []
        self.customers = [address(f"customer {i}") for i in range(40)]
        self.hot = [address(f"Examplia hot {i}") for i in (1, 2)]
        self.cold = address("Examplia cold")
        self.router, self.weth = address("router"), ASSET["WETX"][0]
        self.thief = address("thief")

    def label(self, who, text, category, confidence, source="synthetic list"):
        self.labels.append((who, text, category, source, confidence, "eth"))

    def rests(self, who, asset, amount, what):
        self.truth.append((who, ASSET[asset][0], amount, what))

    # --- Scenes -----------------------------------------------------------------------------------------------

    def endow(self):
        """Balances from before the story: minted, so that nothing has to be assumed."""
        world = self.world
        for hot in self.hot:
            for asset, amount in (("native", 4000 * ETH), ("USDX", 6_000_000 * USDX), ("WBTX", 60 * WBTX)):
                world.txn((ZERO, hot, asset, amount, "mint"))
        world.txn((ZERO, self.cold, "native", 20_000 * ETH, "mint"))
        for customer in self.customers:
            world.txn((ZERO, customer, "native", self.dice.between(5, 90) * ETH, "mint"))
            world.txn((ZERO, customer, "USDX", self.dice.between(1_000, 50_000) * USDX, "mint"))
        for token in ("USDX", "WBTX"):
            pool = address("pool " + token)
            world.txn((ZERO, pool, "WETX", 9_000 * ETH, "mint"))
            world.txn((ZERO, pool, token, 500 * WBTX if token == "WBTX" else 20_000_000 * USDX, "mint"))
        world.txn((ZERO, self.weth, "native", 18_000 * ETH, "mint"))

    def name_services(self):
        for i, hot in enumerate(self.hot, 1):
            self.label(hot, f"Examplia (synthetic): hot wallet {i}", "exchange", 1)
        self.label(self.cold, "Examplia (synthetic): cold wallet", "exchange", 1)
        for name, category in (("Northbank Exchange", "exchange"), ("Tern Exchange", "exchange"), ("Fogbank", "mixer"),
                               ("Longspan Bridge", "bridge"), ("Lucky Heron", "gambling")):
            self.label(address(name), f"{name} (synthetic)", category, 0.95)
        self.label(self.router, "Swap router (synthetic)", "defi", 0.9)
        for token in ("USDX", "WBTX"):
            self.label(address("pool " + token), f"Pool {token}/WETX (synthetic)", "defi", 0.9)
        self.label(self.thief, "Examplia exploiter (synthetic)", "theft", 0.9, "synthetic alert")

    def everyday(self, count):
        """Customers pay in and out, pay each other, and use the services that the thief will use."""
        world, dice = self.world, self.dice
        services = [address(name) for name in ("Northbank Exchange", "Tern Exchange", "Fogbank", "Lucky Heron")]
        for _ in range(count):
            world.wait(dice.below(4))
            customer, other = dice.pick(self.customers), dice.pick(self.customers)
            hot = dice.pick(self.hot)
            what = dice.below(5)
            if what == 0:
                world.send(customer, hot, "USDX", world.has(customer, "USDX") * dice.between(1, 30) // 100)
            elif what == 1:
                world.send(hot, customer, "native", dice.between(10, 300) * ETH // 100)
            elif what == 2 and other != customer:
                world.send(customer, other, "USDX", world.has(customer, "USDX") * dice.between(1, 20) // 100)
            elif what == 3:
                world.send(customer, dice.pick(services), "native", world.has(customer, "native") * dice.between(1, 9) // 100)
            else:
                world.send(hot, customer, "USDX", dice.between(50, 4_000) * USDX)

    def theft(self):
        """Three assets in four txns within two minutes, to an address that nobody paid before."""
        hot = self.hot[0]
        parts = (("native", 1_450 * ETH), ("native", 1_200 * ETH), ("USDX", 3_600_000 * USDX), ("WBTX", 42 * WBTX))
        return [self.world.send(hot, self.thief, asset, amount, name=f"theft {i}")
                for i, (asset, amount) in enumerate(parts)]

    def poison(self, victim, payees):
        """Look-alikes of the payees enter the victim's history: by a zero transfer, and by a worthless copy."""
        for i, payee in enumerate(payees):
            copy = look_alike(payee, f"{victim} {i}")
            self.world.txn((victim, copy, "USDX", 0, "token"))
            self.world.txn((copy, victim, "FAKE", 250_000 * USDX, "token"))

    def swap(self, who, token, amount, name):
        """One txn through router and pool: token in, wrapped coin out of the pool, unwrapped, native value to `who`."""
        pool = address("pool " + token)
        unit = WBTX if token == "WBTX" else USDX
        out = amount * USD[token] * ETH // (unit * USD["native"]) * 997 // 1000  # A pool's usual 0.3 %.
        self.world.txn((who, self.router, token, amount, "token"), (self.router, pool, token, amount, "token"),
                       (pool, self.router, "WETX", out, "token"), (self.router, ZERO, "WETX", out, "burn"),
                       (self.weth, self.router, "native", out, "internal"), (self.router, who, "native", out, "internal"),
                       name=name, payer=who)
        return out

    def peel(self, purse, hops, bank):
        """Passes the purse on and on; each hop leaves a slice at a fresh deposit address, which the bank sweeps."""
        world, dice = self.world, self.dice
        for hop in range(hops):
            slice_ = dice.between(18, 34) * ETH
            deposit = address(f"deposit {bank} {hop}")
            if hop % 3:
                self.label(deposit, f"{bank} (synthetic): deposit address", "deposit", 0.8)
                self.rests(deposit, "native", slice_, f"deposit address at {bank}")
            else:
                self.rests(address(bank), "native", slice_ - 21000 * 30 * 10**9, f"{bank}, through an unlabelled deposit address")
            world.send(purse, deposit, "native", slice_)
            world.wait(dice.between(2, 9))
            world.send(deposit, address(bank), "native", world.spendable(deposit))
            onward = address(f"peel {bank} {hop}")
            world.send(purse, onward, "native", world.spendable(purse))
            purse = onward
        self.rests(purse, "native", world.has(purse, "native"), "end of the peel chain, unspent")

    def mix(self, purse, notes):
        for _ in range(notes):
            self.world.send(purse, address("Fogbank"), "native", 100 * ETH)
            self.world.wait(self.dice.between(5, 40))
        self.rests(address("Fogbank"), "native", notes * 100 * ETH, "mixer, notes of 100")
        self.rests(purse, "native", self.world.has(purse, "native"), "left beside the mixer, unspent")

    def bridge(self, purse):
        """A customer's clean money lies in the purse already and leaves with the stolen: commingled."""
        amount = self.world.spendable(purse)
        self.world.send(purse, address("Longspan Bridge"), "native", amount)
        self.rests(address("Longspan Bridge"), "native", amount - 60 * ETH, "bridge; 60 of clean money went with it")

    def swapper(self, purse):
        """A service that nobody labelled: many strangers on both sides."""
        world, service = self.world, address("unlabelled swapper")
        for i in range(16):
            world.send(self.customers[i], service, "native", world.has(self.customers[i], "native") // 20)
        amount = 120 * ETH
        world.send(purse, service, "native", amount)
        self.rests(service, "native", amount, "unlabelled service with many counterparties")
        for i in range(16, 32):
            world.send(service, self.customers[i], "native", 4 * ETH)
        return purse

    def flight(self):
        """What the thief does with it, in the two days that follow."""
        world, thief = self.world, self.thief
        layer = [address(f"layer {i}") for i in range(1, 6)]
        self.poison(thief, layer[:2])
        world.wait(40)
        self.swap(thief, "USDX", 2_900_000 * USDX, "swap of USDX")
        self.swap(thief, "WBTX", 42 * WBTX, "swap of WBTX")
        parked = address("parked USDX")
        world.send(thief, parked, "USDX", 700_000 * USDX)
        self.rests(parked, "USDX", 700_000 * USDX, "a token that its issuer can freeze, unspent")

        world.send(self.customers[3], layer[2], "USDX", 900 * USDX)
        world.txn((ZERO, self.customers[5], "native", 61 * ETH, "mint"))
        world.send(self.customers[5], layer[2], "native", 60 * ETH)
        everything = world.spendable(thief)
        shares = [30, 24, 16, 14]
        for i, share in enumerate(shares):
            world.wait(self.dice.between(3, 30))
            world.send(thief, layer[i], "native", everything * share // 100)
            if i % 2:
                self.everyday(10)
        self.poison(layer[0], layer[3:])
        self.mix(layer[1], 9)
        self.everyday(20)
        self.peel(self.swapper(layer[0]), 14, "Northbank Exchange")
        self.everyday(20)
        self.bridge(layer[2])
        self.peel(layer[3], 9, "Tern Exchange")
        lucky = 25 * ETH
        world.send(thief, address("Lucky Heron"), "native", lucky)
        self.rests(address("Lucky Heron"), "native", lucky, "gambling service")
        self.rests(thief, "native", world.has(thief, "native"), "still with the thief")
        self.everyday(30)

    def tell(self):
        self.endow()
        self.name_services()
        self.everyday(90)
        self.seeds = self.theft()
        self.everyday(10)
        self.flight()


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(out):
    story = Story()
    story.tell()
    write_csv(os.path.join(out, "transfers.csv"),
              ("chain", "block", "time", "tx", "index", "from", "to", "asset", "amount", "kind"), story.world.rows)
    write_csv(os.path.join(out, "labels.csv"), ("address", "label", "category", "source", "confidence", "chain"),
              sorted(story.labels))
    write_csv(os.path.join(out, "assets.csv"), ("chain", "asset", "symbol", "decimals", "status"),
              [("eth",) + ASSET[name] for name in ASSET])
    write_csv(os.path.join(out, "prices.csv"), ("chain", "asset", "time", "usd"),
              [("eth", ASSET[name][0], START, usd) for name, usd in USD.items()])
    write_csv(os.path.join(out, "wallets.csv"), ("chain", "address", "set", "entity", "tier"),
              [("eth", hot, "examplia-hot", "Examplia (synthetic)", "hot") for hot in story.hot] +
              [("eth", story.cold, "examplia-cold", "Examplia (synthetic)", "cold")])
    write_csv(os.path.join(out, "truth.csv"), ("address", "asset", "amount", "what"), story.truth)
    case = {
        "v": 1,
        "title": "SYNTHETIC: the theft from Examplia Exchange",
        "seeds": ["eth:" + seed for seed in story.seeds],
        "notes": "This theft never happened. Addresses, txns and amounts are made by generate.py to show the whole way of "
                 "stolen money in one small case: a hot wallet is emptied of three assets in four txns; tokens are swapped "
                 "through a router and a pool; the proceeds are split; one part goes down two peel chains into deposit "
                 "addresses of two exchanges, one into a mixer, one over a bridge together with clean money, some into a "
                 "service that nobody labelled, some to a gambling site; 700,000 of a token that its issuer can freeze lie "
                 "still. On the way, look-alike addresses and a worthless copy of the token try to poison the trail.",
        "sources": ["examples/synthetic_exchange_theft/generate.py"],
        "assets": {
            ASSET["USDX"][0]: {"about": "a made-up token, worth a US dollar, that its issuer can freeze"},
            ASSET["WBTX"][0]: {"about": "a made-up token, worth 30 ETH"},
        },
        "authors": {
            "synthetic list": "generate.py, as a published list of labels would say it",
            "synthetic alert": "generate.py, as the robbed exchange would say it on the day",
        },
    }
    with open(os.path.join(out, "case.json"), "w", encoding="utf-8") as file:
        json.dump(case, file, indent=2, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
