#!/usr/bin/env python3
# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""A second reader of ledgers, written from docs/formats/ledger.md alone.

usage: read_ledger.py LEDGER                          checks every byte of every chain, and says what is there
       read_ledger.py LEDGER --chain C --dump         account chains: canonical transfers; UTXO chains: a txn a line
       read_ledger.py LEDGER --chain C --lookups      asks the index for everything, compares with what stands there
"""
import argparse
import datetime
import functools
import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))
from tests.formats.ledger_chain import Chain  # noqa: E402
from tests.formats.ledger_files import (  # noqa: E402
    ADDRESSES, ALL, ASSETS, INPUTS, ROWS, TXNS, Corrupt, expect, unzigzag)

TRANSFER_KINDS = ("native", "token", "internal", "mint", "burn", "fee")
ADDRESS_KINDS = ("none", "evm", "tron", "p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr", "witness", "p2pk", "multisig",
                 "op_return", "script")
NETWORKS = {"btc": ("bc", 0, 5), "btc-testnet": ("tb", 0x6F, 0xC4), "btc-regtest": ("bcrt", 0x6F, 0xC4)}


# --- How chains write addresses ------------------------------------------------------------------------------------

def base58check(data):
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    text, number = "", int.from_bytes(data, "big")
    while number:
        number, digit = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def bech32(prefix, version, program):
    """BIP-173; BIP-350 from witness version 1 on."""
    bits = int.from_bytes(program, "big") << -len(program) * 8 % 5
    count = (len(program) * 8 + 4) // 5
    values = [version] + [bits >> 5 * (count - 1 - i) & 31 for i in range(count)]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i, mask in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= mask if top >> i & 1 else 0
    check ^= 0x2BC830A3 if version else 1
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join("qpzry9x8gf2tvdw0s3jn54khce6mua7l"[value] for value in values)


def address_text(chain, kind, payload):
    if kind == 0:
        return ""
    if kind == 1:
        return "0x" + payload.hex()
    if kind == 2:
        return base58check(b"\x41" + payload)
    prefix, p2pkh, p2sh = NETWORKS[chain.name]
    if kind in (3, 4):
        return base58check(bytes([p2pkh if kind == 3 else p2sh]) + payload)
    if kind in (5, 6, 7):
        return bech32(prefix, kind // 7, payload)
    if kind == 8:
        return bech32(prefix, payload[0], payload[1:])
    return f"{ADDRESS_KINDS[kind]}:{payload.hex()}"


def hash_text(chain, value):
    return value[::-1].hex() if chain.utxo else value.hex() if chain.name == "tron" else "0x" + value.hex()


# --- What is printed -----------------------------------------------------------------------------------------------

def transfers(chain):
    """The lines of `cordon ledger dump`."""
    yield "chain,block,time,tx,index,from,to,asset,amount,kind"
    assets = [chain.part(ASSETS, number).asset(number) for number in range(chain.end[ASSETS])]

    text = functools.cache(lambda number: address_text(chain, *chain.address(number)))
    for part, (number, _, block_time, _, _), txns in chain.blocks():
        for txn in txns:
            own = part.of_txn("txn_time", txn)
            time = block_time if own == 0 else (block_time or 0) + unzigzag(own - 1)
            for place, row in enumerate(part.rows(txn)):
                yield ",".join((chain.name, str(number), str(time // 1000), hash_text(chain, part.hash(txn)),
                                str(part.of_row("gap", row) + place), text(part.of_row("from", row)),
                                text(part.of_row("to", row)), assets[part.of_row("asset", row)], str(part.amount(row)),
                                TRANSFER_KINDS[part.of_row("kind", row)]))


def utxo_txns(chain):
    """What `cordon ledger txn BLOCK --format jsonl` says of each txn, as objects."""
    spender, spender_of_foreign, place_of = {}, {}, {}
    for part, _, txns in chain.blocks():
        for txn in txns:
            for place, entry in enumerate(part.inputs(txn)):
                place_of[entry] = (hash_text(chain, part.hash(txn)), place)
                row = part.spent(entry)
                if row:
                    expect(row - 1 not in spender, f"row {row - 1} is spent twice")
                    spender[row - 1] = entry
                else:
                    spender_of_foreign[part.foreign(entry)[:2]] = entry
    points, address = {}, functools.cache(lambda owner: (address_text(chain, *chain.address(owner)), chain.address(owner)[0]))
    for part, (number, _, time, _, _), txns in chain.blocks():
        for place, txn in enumerate(txns):
            rows = part.rows(txn)
            points.update({row: (part.hash(txn), row - rows.start) for row in rows})
            yield {"chain": chain.name, "txid": hash_text(chain, part.hash(txn)), "block": number, "index": place,
                   **({} if time is None else {"time": rfc3339(time)}), "coinbase": bool(part.of_txn("coinbase", txn)),
                   "version": part.of_txn("version", txn), "locktime": part.of_txn("locktime", txn),
                   "inputs": [input_of(chain, part, entry, points, address) for entry in part.inputs(txn)],
                   "outputs": [output_of(part, row, n, address, place_of.get(spender.get(row, spender_of_foreign.get(
                       (part.hash(txn), n))))) for n, row in enumerate(rows)]}


def input_of(chain, part, entry, points, address):
    row = part.spent(entry)
    if row:
        txid, index = points[row - 1]
        spent = chain.part(ROWS, row - 1)
        owner, value = spent.of_row("to", row - 1), spent.of_row("value", row - 1)
    else:
        txid, index, owner, value = part.foreign(entry)
    known = {} if owner is None else {"address": address(owner)[0], "value": str(value)}
    return {"prevout": f"{hash_text(chain, txid)}:{index}", **known}


def output_of(part, row, place, address, spent_by):
    text, kind = address(part.of_row("to", row))
    return {"n": place, "address": text, "kind": ADDRESS_KINDS[kind],
            "value": str(part.of_row("value", row)),
            **({"spent_by": {"txid": spent_by[0], "input": spent_by[1]}} if spent_by else {})}


def rfc3339(millis):
    text = datetime.datetime.fromtimestamp(millis // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{millis % 1000:03d}Z" if millis % 1000 else "Z")


# --- Look-ups against a scan ---------------------------------------------------------------------------------------

def check_lookups(chain):
    """Everything that the indexes can be asked, and what is not there. Returns how many answers were compared."""
    asked = 0

    def same(found, wanted, what):
        nonlocal asked
        asked += 1
        expect(found == wanted, f"{chain.name}: {what}: the index says {found}, the columns say {wanted}")

    for index in chain.indexes:
        index.check()
    txns, addresses, spends, lists = {}, {}, {}, {"out": {}, "in": {}}
    for part in chain.parts[:len(chain.state.segments)]:
        for txn in range(part.begin[TXNS], part.end[TXNS]):
            txns[part.hash(txn)] = txn
        for number in range(part.begin[ADDRESSES], part.end[ADDRESSES]):
            addresses[part.address(number)] = number
        for row in range(part.begin[ROWS], part.end[ROWS]):
            lists["in"].setdefault(part.of_row("to", row), []).append(row)
            if not chain.utxo:
                lists["out"].setdefault(part.of_row("from", row), []).append(row)
        for entry in range(part.begin[INPUTS], part.end[INPUTS]):
            row = part.spent(entry)
            foreign = None if row else part.foreign(entry)
            spends[row - 1 if row else foreign[:2]] = entry
            owner = chain.part(ROWS, row - 1).of_row("to", row - 1) if row else foreign[2]
            if owner is not None:
                lists["out"].setdefault(owner, []).append(entry)
    for value, txn in txns.items():
        same(chain.find_txn(value), txn, f"txn {value.hex()}")
        same(chain.find_txn(value[::-1]), txns.get(value[::-1]), "a txn that is not there")
    for (kind, payload), number in addresses.items():
        same(chain.find_address(kind, payload), number, f"address {kind} {payload.hex()}")
        same(chain.find_address(kind, payload[::-1]), addresses.get((kind, payload[::-1])), "an address not there")
    for number in range(chain.end[ADDRESSES] + 2):
        for side in ("out", "in"):
            same(chain.list(side, number), lists[side].get(number, []), f"{side} of address {number}")
    if chain.utxo:
        for row in range(chain.sealed[ROWS]):
            same(chain.find_spend_of_row(row), spends.get(row), f"spender of row {row}")
        for point, entry in spends.items():
            if isinstance(point, tuple):
                same(chain.find_spend_of_foreign(*point), entry, f"spender of {point[0].hex()}:{point[1]}")
    check_groups(chain)
    return asked


def check_groups(chain):
    """Rows and inputs lead back to their txns."""
    for part in chain.parts[:len(chain.state.segments)]:
        for txn in range(part.begin[TXNS], part.end[TXNS]):
            for row in part.rows(txn):
                expect(part.txn_of_row(row) == txn, f"{part.file.name}: txn of row {row}")
            for entry in part.inputs(txn):
                expect(part.txn_of_input(entry) == txn, f"{part.file.name}: txn of input {entry}")


def summary(chain):
    def cut(part):
        whole = part.file.own[0]
        return str(whole) if part.blocks == whole else f"{part.blocks} of {whole}"
    segments = [cut(part) for part in chain.parts[:len(chain.state.segments)]]
    logs = ["all" if blocks == ALL else str(blocks) for _, blocks in chain.state.logs]
    return (f"{chain.name}: {dict(zip(('blocks', 'txns', 'rows', 'inputs', 'addresses', 'assets'), chain.end))}, blocks of "
            f"segments {segments}, segments of indexes {[n for _, n, _ in chain.state.indexes]}, blocks of logs {logs}")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--chain")
    parser.add_argument("--dump", action="store_true")
    parser.add_argument("--lookups", action="store_true")
    options = parser.parse_args(arguments)
    names = [options.chain] if options.chain else sorted(
        path.parent.name for path in pathlib.Path(options.ledger, "chains").glob("*/manifest"))
    try:
        for name in names:
            chain = Chain(options.ledger, name)
            if options.dump:
                lines = (json.dumps(txn) for txn in utxo_txns(chain)) if chain.utxo else transfers(chain)
                sys.stdout.writelines(line + "\n" for line in lines)
            else:
                print(summary(chain))
            if options.lookups:
                print(f"{name}: {check_lookups(chain)} answers of the indexes are what the columns say")
    except (Corrupt, OSError) as error:
        print(f"read_ledger: {error}", file=sys.stderr)
        return 6
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
