# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What the kill and tear tests feed to the program: chains, and a gate's policy and requests. All of it by random numbers
that the caller seeds, so a failure is repeated."""
import hashlib
import json

HEADER = "chain,block,time,tx,index,from,to,asset,amount,kind"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
KEY = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032 §7.1, test 1: nobody signs here.


def make_transfers(path, rng, blocks):
    """Canonical transfers; returns the rows of each block."""
    rows_of = {}
    number, moment = 1_000, 1_700_000_000
    for _ in range(blocks):
        number += rng.choice((1, 1, 1, 2, 7))
        moment += rng.randrange(0, 30)
        rows = []
        for txn in range(rng.randrange(1, 6)):
            tx = "0x" + hashlib.sha256(f"{number}/{txn}".encode()).hexdigest()
            for index in range(rng.randrange(1, 4)):
                sender, receiver = (f"0x{rng.randrange(1, 500):040x}" for _ in range(2))
                asset = rng.choice(("native", "USDT", "0xdac17f958d2ee523a2206206994597c13d831ec7"))
                amount = rng.randrange(0, 1 << rng.randrange(1, 200))
                kind = "native" if asset == "native" else "token"
                rows.append(f"eth,{number},{moment},{tx},{index},{sender},{receiver},{asset},{amount},{kind}")
        rows_of[number] = rows
    with open(path, "w", encoding="ascii") as out:
        out.write(HEADER + "\n")
        for rows in rows_of.values():
            out.write("\n".join(rows) + "\n")
    return rows_of


def base58check(payload):
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\0"))) + text


def make_txs(path, rng, txns):
    """Canonical btc-txs: with spends of earlier outputs."""
    def owner():
        payload = hashlib.sha256(str(rng.randrange(300)).encode()).digest()[:20]
        return "76a914" + payload.hex() + "88ac", base58check(b"\0" + payload)

    unspent = []
    with open(path, "w", encoding="ascii") as out:
        for number in range(txns):
            txid = hashlib.sha256(f"btc/{number}".encode()).hexdigest()
            spent = [unspent.pop(rng.randrange(len(unspent))) for _ in range(min(len(unspent), rng.randrange(0, 3)))]
            # A txn without inputs stands for a coinbase; others must not pay out more than they take.
            purse = sum(coin[2] for coin in spent) or 10**9
            outputs = [[purse // 4 + rng.randrange(purse // 8 + 1), *owner()] for _ in range(rng.randrange(1, 3))]
            unspent += [[txid, n, *output] for n, output in enumerate(outputs)]
            line = {"txid": txid, "time": 1_700_000_000 + 20 * number, "in": spent, "out": outputs}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def policy(most):
    """Lets small sums through, at most `most` of them in an hour; holds larger ones; denies what no rule names."""
    return f"""version: 1
checks: {{explain: off, screening: off, feed: off}}
people: {{alice: "{KEY}"}}
groups: {{board: [alice]}}
rules:
  - {{id: small, when: "amount <= 1000", then: allow}}
  - {{id: big, when: "amount > 1000 and amount <= 2000", then: hold, approvals: {{group: board, m: 1}}}}
limits:
  - {{id: often, scope: wallet, window: 1h, count: {most}}}
change: {{group: board, m: 1, delay: 24h}}
reset: {{group: board, m: 1, delay: 1h}}
"""


def request(number, rng, moment, payloads, longest):
    """A withdrawal; the share `payloads` of them comes with a payload, of less than `longest` bytes."""
    made = {"id": f"wd-{number}", "chain": "eth", "asset": "native", "from": "0x" + "11" * 20,
            "to": f"0x{rng.getrandbits(160):040x}", "amount": str(rng.choice((1, 900, 1500, 5000))),
            "requester": "queue", "time": moment}
    if rng.random() < payloads:
        made["payload"] = {"type": "evm", "data": "ab" * rng.randrange(1, longest)}
    return made
