# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Two chains and a bridge between them, made from a seed: canonical files, and which payout belongs to which deposit.

Written without a look at how cordon matches: fees are a share and a sum that follows the gas price of the hour, waits
are log-normal with a tail of stuck transfers, people send round sums, bursts and several at once, some to another
address. Beside them: others who send the same sum, refunds, split payouts, deposits for a third chain and payouts from
it, copied tokens, and payments that are none of the bridge's.
"""
import csv
import dataclasses
import hashlib
import math
import pathlib
import random

CHAINS = ("eth", "bsc")
BLOCK = {"eth": 12, "bsc": 3}
START = 1_700_000_000
DAYS = 6
DEPOSITS = 1600
# name -> USD, typical USD of a transfer, (decimals on each chain), priced at all
ASSETS = {"USDC": (1.0, 900, (6, 18), True), "USDT": (1.0, 1200, (6, 18), True), "WETH": (2100.0, 2500, (18, 18), True),
          "LINK": (14.0, 600, (18, 18), True), "OBSC": (0.02, 300, (9, 9), False)}


@dataclasses.dataclass
class Pair:
    deposit: str
    payouts: list


class Stream:
    def __init__(self, seed):
        self.random = random.Random(f"bridge stream {seed}")
        self.seed = seed
        self.rows = []  # (chain, time, [(from, to, asset, amount)], txn)
        self.pairs = []
        self.unpaid = []  # Txns of deposits that have no payout on the other chain.
        self.count = 0
        dice = self.random
        self.bridges = {chain: [self.address(f"bridge {chain} {i}") for i in range(2)] for chain in CHAINS}
        self.users = [self.address(f"user {i}") for i in range(700)]
        self.fee = {(chain, name): (dice.uniform(0.0002, 0.004), dice.uniform(0.3, 6)) for chain in CHAINS for name in ASSETS}
        self.gas = [math.exp(dice.gauss(0, 0.35)) for _ in range(DAYS * 24 + 48)]

    def address(self, name):
        return "0x" + hashlib.sha256(f"{self.seed} {name}".encode()).hexdigest()[:40]

    def token(self, chain, name):
        return "0x" + hashlib.sha256(f"token {chain} {name}".encode()).hexdigest()[:40]

    def units(self, chain, name, value):
        decimals = ASSETS[name][2][CHAINS.index(chain)]
        return int(round(value * 10 ** min(decimals, 6))) * 10 ** max(decimals - 6, 0)

    def txn(self, chain, time, moves):
        self.count += 1
        name = "0x" + hashlib.sha256(f"{self.seed} txn {self.count}".encode()).hexdigest()
        self.rows.append((chain, int(time), moves, name))
        return name

    def someone(self):
        return self.random.choice(self.users)

    def amount(self, name):
        """In whole units."""
        usd, typical = ASSETS[name][:2]
        value = self.random.lognormvariate(math.log(typical), 1.3)
        if self.random.random() < 0.3:  # Round sums.
            value = self.random.choice((50, 100, 200, 500, 1000, 2000, 5000, 10000))
            return float(value) if usd == 1 else max(round(value / usd, 1), 0.1)
        return round(max(value, 15) / usd, 4)

    def wait(self):
        seconds = self.random.lognormvariate(math.log(260), 0.85)
        if self.random.random() < 0.02:
            seconds += self.random.expovariate(1 / 1800)
        return seconds + 20

    def fee_of(self, chain, name, value, time):
        share, usd = self.fee[chain, name]
        gas = self.gas[max(0, int(time - START)) // 3600 % len(self.gas)]
        return value * share + usd * gas * self.random.uniform(0.93, 1.07) / ASSETS[name][0]

    def deposit(self, time, chain, name, value, user):
        bridge = self.random.choice(self.bridges[chain])
        return self.txn(chain, time, [(user, bridge, self.token(chain, name), self.units(chain, name, value))])

    def payout(self, time, chain, name, value, receiver):
        bridge = self.random.choice(self.bridges[chain])
        return self.txn(chain, time, [(bridge, receiver, self.token(chain, name), self.units(chain, name, value))])

    def cross(self, time, chain, name, value, user):
        """One deposit and what becomes of it."""
        dice = self.random
        other = CHAINS[1 - CHAINS.index(chain)]
        fee = self.fee_of(chain, name, value, time)
        if value <= fee * 1.5:
            return
        txn = self.deposit(time, chain, name, value, user)
        fate = dice.random()
        if fate < 0.03:  # Refused: given back on its own chain.
            self.payout(time + self.wait(), chain, name, value, user)
            self.unpaid.append(txn)
            return
        if fate < 0.07:  # Meant for a third chain.
            self.unpaid.append(txn)
            return
        receiver = user if dice.random() < 0.88 else self.address(f"receiver {self.count}")
        arrives = time + self.wait()
        left = value - fee
        if fate < 0.08:
            part = left * dice.uniform(0.2, 0.8)
            paid = [self.payout(arrives, other, name, part, receiver),
                    self.payout(arrives + dice.uniform(5, 120), other, name, left - part, receiver)]
        else:
            paid = [self.payout(arrives, other, name, left, receiver)]
        self.pairs.append(Pair(txn, paid))

    def make(self):
        dice = self.random
        for _ in range(DEPOSITS):
            time = START + dice.uniform(0, DAYS * 86400)
            chain, name, user = dice.choice(CHAINS), dice.choice(list(ASSETS)), self.someone()
            value = self.amount(name)
            self.cross(time, chain, name, value, user)
            if dice.random() < 0.08:  # Somebody else sends just as much at about the same time.
                self.cross(time + dice.uniform(-600, 600), chain, name, value, self.someone())
            if dice.random() < 0.05:  # The same one sends again.
                self.cross(time + dice.uniform(60, 3000), chain, name, self.amount(name), user)
            if dice.random() < 0.10:  # From a third chain.
                self.payout(time + self.wait(), dice.choice(CHAINS), name, self.amount(name), self.someone())
            if dice.random() < 0.10:  # None of the bridge's.
                self.txn(chain, time, [(self.someone(), self.someone(), self.token(chain, name), self.units(chain, name, value))])
            if dice.random() < 0.03:  # A copy of the token, to lead astray.
                self.txn(chain, time + 30, [(dice.choice(self.bridges[chain]), user, self.token(chain, "fake " + name),
                                             self.units(chain, name, value))])
        return self

    # --- as files ---------------------------------------------------------------------------------------------------

    def write(self, folder):
        folder = pathlib.Path(folder)
        rows = []
        for chain, time, moves, txn in self.rows:
            block = time // BLOCK[chain]
            rows.append((chain, block, block * BLOCK[chain], txn, moves))
        rows.sort(key=lambda row: (row[2], row[0], row[3]))
        tables = {
            "transfers": ("chain,block,time,tx,index,from,to,asset,amount,kind",
                          [(chain, block, time, txn, index, *move, "token") for chain, block, time, txn, moves in rows
                           for index, move in enumerate(moves)]),
            "labels": ("address,label,category,source,confidence",
                       [(address, f"bridge on {chain}", "bridge", "stream", 1) for chain in CHAINS
                        for address in self.bridges[chain]]),
            "assets": ("chain,asset,symbol,decimals,status",
                       [(chain, self.token(chain, prefix + name), name, ASSETS[name][2][place], status)
                        for place, chain in enumerate(CHAINS) for name in ASSETS
                        for prefix, status in (("", "verified"), ("fake ", "unknown"))]),
            "prices": ("chain,asset,time,usd",
                       [(chain, self.token(chain, name), START - 86400, facts[0]) for chain in CHAINS
                        for name, facts in ASSETS.items() if facts[3]]),
        }
        sources = []
        for schema, (header, lines) in tables.items():
            path = folder / f"{schema}.csv"
            with open(path, "w", newline="", encoding="utf-8") as file:
                out = csv.writer(file, lineterminator="\n")
                out.writerow(header.split(","))
                out.writerows(lines)
            sources.append(f"{schema}:{path}")
        return sources


def judge(stream, crossings, sure=0.5):
    """(true pairs, found, told, false): a deposit is found when all its payouts are told, and nothing else of it."""
    told = {}
    for each in crossings:
        if each["kind"] == "bridge" and each["confidence"] >= sure:
            told.setdefault(each["from"]["txn"], []).append(each["to"]["txn"])
    truth = {pair.deposit: sorted(pair.payouts) for pair in stream.pairs}
    found = sum(1 for deposit, payouts in truth.items() if sorted(told.get(deposit, [])) == payouts)
    total = sum(len(payouts) for payouts in told.values())
    false = sum(1 for deposit, payouts in told.items() for payout in payouts if payout not in truth.get(deposit, ()))
    return len(truth), found, total, false
