# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""One chain of a ledger as docs/formats/ledger.md has it: what is visible of segments and logs, and look-ups by index."""
import bisect
import pathlib

from tests.formats.ledger_files import (
    ADDRESSES, ALL, ASSETS, BLOCKS, FORMAT, INDEX, INPUTS, MASK64, NO_ADDRESS, PREFIX_BITS, ROWS, SEGMENT, TXNS, ColumnFile, Corrupt, Decoder,
    Groups, Texts, expect, hash_bytes, header, read_log, read_manifest)

KNOWN = {"btc": (0, 0), "btc-testnet": (0, 1), "btc-regtest": (0, 2), "tron": (2, 0), "eth": (1, 1), "optimism": (1, 10),
         "bsc": (1, 56), "gnosis": (1, 100), "polygon": (1, 137), "fantom": (1, 250), "zksync": (1, 324), "base": (1, 8453),
         "arbitrum": (1, 42161), "avalanche": (1, 43114), "linea": (1, 59144), "blast": (1, 81457)}


def plus(totals, own):
    return tuple(a + b for a, b in zip(totals, own))


def minus(totals, before):
    return tuple(a - b for a, b in zip(totals, before))


class SegmentPart:
    """The visible part of a segment. Everything is asked by its number in the chain, blocks by place."""

    def __init__(self, path, blocks):
        self.file = file = ColumnFile(path, SEGMENT)
        self.begin, self.blocks = file.before, blocks
        self.utxo = file.chain[0] == 0
        expect(blocks <= file.own[BLOCKS], f"{file.name}: {blocks} blocks are visible of {file.own[BLOCKS]}")
        expect(not any(file.counters[12:]), f"{file.name}: counters 12 to 15")
        self._rows = Groups(file, "txn_rows", "txn_rows_groups", "txn_rows_items")
        self._inputs = Groups(file, "txn_inputs", "txn_inputs_groups", "txn_inputs_items")
        self._amounts = Texts(file, "amount_size", "amount_begin", "amount")
        self._addresses = Texts(file, "address_size", "address_begin", "address")
        self._assets = Texts(file, "asset_size", "asset_begin", "asset_text")
        self._check()
        self._foreign = list(file.column["foreign_input"])
        self._block_txn = list(file.column["block_txn"])
        self.end = self.totals(blocks)

    def _check(self):
        own, column = self.file.own, self.file.column
        account, utxo = (0, 1) if self.utxo else (1, 0)
        per = {"block_number": own[BLOCKS], "txn_time": own[TXNS], "to": own[ROWS], "spent": own[INPUTS] * utxo,
               "address_kind": own[ADDRESSES], "value": own[ROWS] * utxo}
        per.update({name: own[BLOCKS] + 1 for name in ("block_txn", "block_row", "block_input", "block_address",
                                                      "block_asset", "header_begin")})
        per.update({name: own[TXNS] * utxo for name in ("version", "locktime", "coinbase")})
        per.update({name: own[ROWS] * account for name in ("from", "asset", "kind", "gap")})
        per.update({name: column["foreign_input"].count for name in ("foreign_address", "foreign_value")})
        for name, count in per.items():
            expect(column[name].count == count, f"{column[name].name}: {column[name].count} numbers, expected {count}")
        expect(column["txn_hash"].size == 32 * own[TXNS], f"{self.file.name}: size of txn_hash")
        expect(column["foreign_point"].size == 36 * column["foreign_input"].count, f"{self.file.name}: foreign_point")
        self._rows.check(own[TXNS], own[ROWS])
        if self.utxo:
            self._inputs.check(own[TXNS], own[INPUTS])
            foreign = [at for at, row in enumerate(column["spent"]) if row == 0]
            expect(list(column["foreign_input"]) == foreign, f"{self.file.name}: foreign_input")
        else:
            expect(own[INPUTS] == 0, f"{self.file.name}: inputs of an account chain")
            self._amounts.check(own[ROWS])
        self._addresses.check(own[ADDRESSES])
        self._assets.check(own[ASSETS])

    def totals(self, block):
        names = ("block_txn", "block_row", "block_input", "block_address", "block_asset")
        return plus(self.begin, (block, *(self.file.column[name][block] for name in names)))

    def header(self, block):
        begins = self.file.column["header_begin"]
        decoder = Decoder(self.file.column["header"].data[begins[block]:begins[block + 1]], f"{self.file.name}: header")
        found = header(decoder)
        decoder.end()
        expect(found[0] == self.file.column["block_number"][block], f"{self.file.name}: block_number {block}")
        return found

    def block_of(self, txn):
        return bisect.bisect_right(self._block_txn, txn - self.begin[TXNS]) - 1

    def hash(self, txn):
        own = txn - self.begin[TXNS]
        return self.file.column["txn_hash"].data[own * 32:own * 32 + 32]

    def of_txn(self, name, txn):
        return self.file.column[name][txn - self.begin[TXNS]]

    def of_row(self, name, row):
        return self.file.column[name][row - self.begin[ROWS]]

    def rows(self, txn):
        own, first = txn - self.begin[TXNS], self.begin[ROWS]
        return range(first + self._rows.begin(own), first + self._rows.begin(own + 1))

    def inputs(self, txn):
        own, first = txn - self.begin[TXNS], self.begin[INPUTS]
        return range(first + self._inputs.begin(own), first + self._inputs.begin(own + 1)) if self.utxo else range(0)

    def txn_of_row(self, row):
        return self.begin[TXNS] + self._rows.group_of(row - self.begin[ROWS])

    def txn_of_input(self, entry):
        return self.begin[TXNS] + self._inputs.group_of(entry - self.begin[INPUTS])

    def amount(self, row):
        data = self._amounts[row - self.begin[ROWS]]
        expect(len(data) <= 32 and data[-1:] != b"\0", f"{self.file.name}: amount {row}")
        return int.from_bytes(data, "little")

    def spent(self, entry):
        return self.file.column["spent"][entry - self.begin[INPUTS]]

    def foreign(self, entry):
        """(txid, index, address or None, value)"""
        at = bisect.bisect_left(self._foreign, entry - self.begin[INPUTS])
        expect(self._foreign[at:at + 1] == [entry - self.begin[INPUTS]], f"{self.file.name}: foreign input {entry}")
        point = self.file.column["foreign_point"].data[at * 36:at * 36 + 36]
        address = self.file.column["foreign_address"][at]
        return point[:32], int.from_bytes(point[32:], "little"), address - 1 if address else None, \
            self.file.column["foreign_value"][at]

    def address(self, number):
        own = number - self.begin[ADDRESSES]
        return self.file.column["address_kind"][own], self._addresses[own]

    def asset(self, number):
        return self._assets[number - self.begin[ASSETS]].decode("ascii")


class HeadPart:
    """What the records of a head log leave, with the same questions."""

    def __init__(self, path, utxo, begin, most):
        self.name, self.utxo, self.begin = str(path), utxo, begin
        self.headers, self.at = [], [begin]
        self.txns, self.lines, self.entries, self.addresses, self.assets = [], [], [], [], []
        records, _ = read_log(pathlib.Path(path).read_bytes(), self.name)
        for number, record in enumerate(records):
            decoder = Decoder(record, f"{self.name}: record {number}")
            kind = decoder.number(1)
            expect(kind in (2, 3), f"{decoder.name}: type {kind}")
            if kind == 2:
                first_bad = decoder.varint()
                self._cut(sum(head[0] < first_bad for head in self.headers))
            else:
                self._append(decoder)
            decoder.end()
        self._cut(min(most, len(self.headers)))
        self.end, self.blocks = self.at[-1], len(self.headers)
        self._block_txn = [each[TXNS] for each in self.at]

    def _cut(self, blocks):
        left = minus(self.at[blocks], self.begin)
        del self.headers[blocks:], self.at[blocks + 1:], self.txns[left[TXNS]:], self.lines[left[ROWS]:]
        del self.entries[left[INPUTS]:], self.addresses[left[ADDRESSES]:], self.assets[left[ASSETS]:]

    def _append(self, decoder):
        before, own = decoder.totals(), decoder.totals()
        expect(before == self.at[-1], f"{decoder.name}: goes on from {before}, not from {self.at[-1]}")
        amount_bytes, foreign_count = decoder.varint(), decoder.varint()
        sums = [0, 0]
        for _ in range(own[BLOCKS]):
            self.headers.append(header(decoder))
            self.at.append(plus(self.at[-1], decoder.totals()))
            sums[0] += decoder.varint()
            sums[1] += decoder.varint()
        expect(self.at[-1] == plus(before, own) and sums == [amount_bytes, foreign_count], f"{decoder.name}: sums")
        txns, rows, inputs = own[TXNS], own[ROWS], own[INPUTS]
        hashes = [decoder.take(32) for _ in range(txns)]
        times = decoder.sparse(txns, 8)
        row_begin = [before[ROWS] + n for n in decoder.array(txns, 4)] + [before[ROWS] + rows]
        input_begin = [before[INPUTS] + n for n in decoder.array(txns, 4)] + [before[INPUTS] + inputs]
        to = decoder.array(rows, 4)
        if self.utxo:
            more = [decoder.array(txns, 4), decoder.array(txns, 4), decoder.array(txns, 1)]
            values = decoder.array(rows, 8)
            self.lines += [{"to": t, "value": v} for t, v in zip(to, values)]
        else:
            more = [[0] * txns] * 3
            columns = [decoder.array(rows, 4), decoder.array(rows, 4), decoder.sparse(rows, 4), decoder.array(rows, 1)]
            amounts = [int.from_bytes(decoder.take(size), "little") for size in decoder.array(rows, 1)]
            self.lines += [dict(zip(("to", "from", "asset", "gap", "kind", "amount"), row))
                           for row in zip(to, *columns, amounts)]
        self.txns += [dict(zip(("hash", "txn_time", "rows", "inputs", "version", "locktime", "coinbase"), txn)) for txn in
                      zip(hashes, times, map(range, row_begin, row_begin[1:]), map(range, input_begin, input_begin[1:]),
                          *more)]
        spent, sender = decoder.array(inputs, 8), decoder.array(inputs, 4)
        foreign = {}
        for _ in range(foreign_count):
            number, txid = decoder.number(8), decoder.take(32)
            index, address, value = decoder.number(4), decoder.number(4), decoder.number(8)
            foreign[number] = (txid, index, None if address == NO_ADDRESS else address, value)
        for place, (row, owner) in enumerate(zip(spent, sender)):
            entry = before[INPUTS] + place
            expect((row == 0) == (entry in foreign), f"{decoder.name}: input {entry}")
            known = row != 0 or foreign[entry][2] is not None
            expect(known == (owner != NO_ADDRESS), f"{decoder.name}: sender of input {entry}")
            self.entries.append((row, foreign.get(entry)))
        for _ in range(own[ADDRESSES]):
            kind, size = decoder.number(1), decoder.number(1)
            self.addresses.append((kind, decoder.take(size)))
        self.assets += [decoder.take(decoder.number(1)).decode("ascii") for _ in range(own[ASSETS])]

    def totals(self, block):
        return self.at[block]

    def header(self, block):
        return self.headers[block]

    def block_of(self, txn):
        return bisect.bisect_right(self._block_txn, txn) - 1

    def _txn(self, txn):
        return self.txns[txn - self.begin[TXNS]]

    def hash(self, txn):
        return self._txn(txn)["hash"]

    def of_txn(self, name, txn):
        return self._txn(txn)[name]

    def of_row(self, name, row):
        return self.lines[row - self.begin[ROWS]][name]

    def rows(self, txn):
        return self._txn(txn)["rows"]

    def inputs(self, txn):
        return self._txn(txn)["inputs"]

    def amount(self, row):
        return self.of_row("amount", row)

    def spent(self, entry):
        return self.entries[entry - self.begin[INPUTS]][0]

    def foreign(self, entry):
        return self.entries[entry - self.begin[INPUTS]][1]

    def address(self, number):
        return self.addresses[number - self.begin[ADDRESSES]]

    def asset(self, number):
        return self.assets[number - self.begin[ASSETS]]


class Index:
    """An index and the totals behind the last visible block that it covers."""
    TABLES = {"txn": TXNS, "address": ADDRESSES, "spend": INPUTS}

    def __init__(self, path, end):
        self.file, self.end = ColumnFile(path, INDEX), end
        self.begin, self.bits = self.file.before, dict(zip(self.TABLES, self.file.counters[12:15]))
        self.low = {"out": self.file.counters[15] & 255, "in": self.file.counters[15] >> 8}
        self.utxo = self.file.chain[0] == 0
        self.addresses = self.begin[ADDRESSES] + self.file.own[ADDRESSES]
        expect(all(a <= b for a, b in zip(end, plus(self.begin, self.file.own))), f"{self.file.name}: ends too early")

    def candidates(self, table, key_hash):
        """Visible numbers of the chain whose key may be it."""
        prefix, rest = key_hash >> 64 - PREFIX_BITS, PREFIX_BITS - self.bits[table]
        first = self.begin[self.TABLES[table]]
        for entry in self.bucket(table, prefix >> rest):
            number = first + (entry >> rest)
            if (entry ^ prefix) & (1 << rest) - 1 == 0 and number < self.end[self.TABLES[table]]:
                yield number

    def bucket(self, table, at):
        """The entries of a table that have these bucket bits."""
        entries, directory = self.file.column[table + "_table"], self.file.column[table + "_directory"]
        begin, end = ((directory[i] + (i * entries.count >> self.bits[table])) & MASK64 if i < directory.count
                      else entries.count for i in (at, at + 1))
        expect(begin <= end <= entries.count, f"{self.file.name}: bucket {at} of {table}_table")
        return [entries[i] for i in range(begin, end)]

    def list(self, side, address):
        """Visible rows (or inputs) of an address."""
        low, keys, entries = self.low[side], self.file.column[side + "_key"], self.file.column[side]
        high, wanted = address >> low, address & (1 << low) - 1
        if high + 1 >= self.file.column[side + "_directory"].count:
            return []
        for at in range(self.keys_below(side, high), self.keys_below(side, high + 1)):
            if keys[at] & (1 << low) - 1 == wanted:
                break
        else:
            return []
        what = INPUTS if side == "out" and self.utxo else ROWS
        found = [self.begin[what] + entries[i] for i in range(keys[at] >> low, keys[at + 1] >> low)]
        expect(found == sorted(set(found)), f"{self.file.name}: {side} of address {address} does not rise")
        return [number for number in found if number < self.end[what]]

    def keys_below(self, side, high):
        """How many addresses with lower high bits have a list."""
        keys = self.file.column[side + "_key"].count - 1
        below = min(high << self.low[side], self.addresses) * keys // self.addresses if self.addresses else 0
        return self.file.column[side + "_directory"][high] + below & MASK64

    def check(self):
        """What holds of an index by itself."""
        for table, what in self.TABLES.items():
            rest = PREFIX_BITS - self.bits[table]
            expect(self.file.column[table + "_directory"].count == 1 << self.bits[table],
                   f"{self.file.name}: size of {table}_directory")
            held = [(at << rest | entry & (1 << rest) - 1, entry >> rest)
                    for at in range(1 << self.bits[table]) for entry in self.bucket(table, at)]
            expect(held == sorted(held), f"{self.file.name}: {table}_table does not rise")
            expect(sorted(number for _, number in held) == list(range(self.file.own[what])),
                   f"{self.file.name}: numbers in {table}_table")
        for side in ("out", "in"):
            keys, size = list(self.file.column[side + "_key"]), (self.addresses >> self.low[side]) + 2
            expect(self.file.column[side + "_directory"].count == size, f"{self.file.name}: {side}_directory")
            counts = [self.keys_below(side, high) for high in range(size)]
            expect(counts == sorted(counts), f"{self.file.name}: {side}_directory does not rise")
            expect(counts[-1] == len(keys) - 1, f"{self.file.name}: end of {side}_directory")
            expect(keys[-1] == self.file.column[side].count << self.low[side], f"{self.file.name}: end of {side}_key")


class Chain:
    """What a reader sees of one chain."""

    def __init__(self, ledger, name):
        expect(pathlib.Path(ledger, "FORMAT").read_bytes() == FORMAT, f"{ledger}/FORMAT: another version")
        self.name, directory = name, pathlib.Path(ledger, "chains", name)
        self.id = KNOWN[name] if name in KNOWN else (1, int(name.removeprefix("eip155:")))
        self.utxo = self.id[0] == 0
        self.state = read_manifest(directory)
        self.parts, self.indexes, at = [], [], (0,) * 6
        for number, blocks, identity in self.state.segments:
            part = SegmentPart(directory / f"segment-{number}", blocks)
            expect(part.file.identity == identity and part.file.chain == self.id, f"{part.file.name}: not the one named")
            expect(part.begin == at, f"{part.file.name}: begins at {part.begin}, expected {at}")
            self.parts.append(part)
            at = part.end
        self.sealed = at
        covered, at = 0, (0,) * 6
        for number, segments, identity in self.state.indexes:
            covered += segments
            index = Index(directory / f"index-{number}", self.parts[covered - 1].end)
            expect(index.file.identity == identity and index.file.chain == self.id, f"{index.file.name}: not the one named")
            expect(index.begin == at, f"{index.file.name}: begins at {index.begin}, expected {at}")
            self.indexes.append(index)
            at = index.end
        expect(at == self.sealed, f"{directory}: indexes end at {at}, segments at {self.sealed}")
        for number, blocks in self.state.logs:
            part = HeadPart(directory / f"log-{number}", self.utxo, at, ALL if blocks == ALL else blocks)
            at = part.end
            if part.blocks:
                self.parts.append(part)
        self.end = at
        numbers = [part.header(block)[0] for part in self.parts for block in range(part.blocks)]
        expect(numbers == sorted(set(numbers)), f"{directory}: block numbers do not rise")

    def part(self, what, number):
        """The part that has a thing; empty parts in front of it begin at the same number."""
        if not 0 <= number < self.end[what]:
            raise Corrupt(f"{self.name}: there is no number {number} of kind {what}")
        at = bisect.bisect_right(self.parts, number, key=lambda part: part.begin[what])
        return self.parts[at - 1]

    def address(self, number):
        return self.part(ADDRESSES, number).address(number)

    def blocks(self):
        """(part, header, txns of the block)"""
        for part in self.parts:
            for block in range(part.blocks):
                yield part, part.header(block), range(part.totals(block)[TXNS], part.totals(block + 1)[TXNS])

    # --- Look-ups through the files of the index. None when no sealed block has it.

    def find_txn(self, wanted):
        return self._find("txn", hash_bytes(wanted), lambda txn: self.part(TXNS, txn).hash(txn) == wanted)

    def find_address(self, kind, payload):
        return self._find("address", hash_bytes(payload, kind + 1), lambda n: self.address(n) == (kind, payload))

    def find_spend_of_row(self, row):
        return self._find("spend", hash_bytes(row.to_bytes(8, "little")),
                          lambda entry: self.part(INPUTS, entry).spent(entry) == row + 1)

    def find_spend_of_foreign(self, txid, index):
        def is_it(entry):
            part = self.part(INPUTS, entry)
            return part.spent(entry) == 0 and part.foreign(entry)[:2] == (txid, index)
        return self._find("spend", hash_bytes(txid, index + 1), is_it)

    def _find(self, table, key_hash, is_it):
        for index in reversed(self.indexes):
            found = [number for number in index.candidates(table, key_hash) if is_it(number)]
            if found:
                return max(found)
        return None

    def list(self, side, address):
        return [number for index in self.indexes for number in index.list(side, address)]
