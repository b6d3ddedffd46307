# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A transfer stream with the shape of a real chain, the same bytes for the same size.

Preferential attachment: 15 % new receivers, 25 % recent ones, 60 % any; 1.5 transfers a txn, about 250 rows a block,
amounts of 20 to 83 bits, 510 assets. Few addresses take part in very much, most in very little.
"""
import random

ROWS_A_BLOCK = 250
ASSETS = 510
FIRST_BLOCK, FIRST_TIME, BLOCK_SECONDS = 1_000_000, 1_600_000_000, 12


def write(path, rows, seed=1):
    rng = random.Random(seed)
    addresses = [f"0x{rng.getrandbits(160):040x}" for _ in range(64)]
    taken = list(range(64))  # One entry a use: drawing from it prefers the busy.
    assets = ["native"] + [f"0x{rng.getrandbits(160):040x}" for _ in range(ASSETS - 1)]
    block, time, left_in_txn, txn, index = FIRST_BLOCK, FIRST_TIME, 0, "", 0
    with open(path, "w", encoding="ascii") as file:
        file.write("chain,block,time,tx,index,from,to,asset,amount,kind\n")
        for row in range(rows):
            if left_in_txn == 0:
                block = FIRST_BLOCK + row // ROWS_A_BLOCK
                time = FIRST_TIME + BLOCK_SECONDS * (block - FIRST_BLOCK)
                txn, index = f"0x{rng.getrandbits(256):064x}", 0
                left_in_txn = 1 + (rng.random() < 0.35) + (rng.random() < 0.15)
            sender = taken[rng.randrange(len(taken))]
            draw = rng.random()
            if draw < 0.15:
                receiver = len(addresses)
                addresses.append(f"0x{rng.getrandbits(160):040x}")
            elif draw < 0.40:
                receiver = taken[max(0, len(taken) - 1 - rng.randrange(2000))]
            else:
                receiver = taken[rng.randrange(len(taken))]
            taken += (sender, receiver)
            asset = assets[min(int(rng.expovariate(0.05)), ASSETS - 1)]
            amount = rng.getrandbits(rng.randint(20, 83))
            file.write(f"eth,{block},{time},{txn},{index},{addresses[sender]},{addresses[receiver]},{asset},{amount},"
                       f"{'native' if asset == 'native' else 'token'}\n")
            index += 1
            left_in_txn -= 1
