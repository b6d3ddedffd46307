# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The bytes of docs/formats/ledger.md: checksums, logs, manifests, packed columns. Written from that page alone."""
import itertools
import pathlib
import struct

FORMAT = b"cordon ledger 4\n"
LOG_MAGIC = b"CORDLOG1"
CHUNK = 4096
MOST_RECORD = 1 << 30
ALL = (1 << 64) - 1
NO_ADDRESS = (1 << 32) - 1
MASK64 = (1 << 64) - 1
TOTALS = ("blocks", "txns", "rows", "inputs", "addresses", "assets")
BLOCKS, TXNS, ROWS, INPUTS, ADDRESSES, ASSETS = range(6)

SEGMENT = (b"CORDSEG2", (
    "block_number block_txn block_row block_input block_address block_asset header_begin header txn_hash txn_time "
    "txn_rows txn_rows_groups txn_rows_items version locktime coinbase txn_inputs txn_inputs_groups txn_inputs_items "
    "from to asset kind gap amount_size amount_begin amount value spent foreign_input foreign_point foreign_address "
    "foreign_value address_kind address_size address_begin address asset_size asset_begin asset_text").split())
INDEX = (b"CORDIDX3", (
    "txn_table address_table spend_table txn_directory address_directory spend_directory "
    "out_directory out_key out in_directory in_key in").split())
PREFIX_BITS = 30


class Corrupt(Exception):
    """The bytes are not what the page says; the message names file and place."""


def expect(condition, what):
    if not condition:
        raise Corrupt(what)


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_CRC = _crc_table()


def crc32c(data, seed=0):
    crc = seed ^ 0xFFFFFFFF
    for byte in data:
        crc = _CRC[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def hash_bytes(data, seed=0):
    value = 0x9E3779B97F4A7C15 ^ len(data) ^ ((seed << 32) & MASK64)
    for at in range(0, len(data), 8):
        product = (value ^ int.from_bytes(data[at:at + 8], "little")) * 0xD6E8FEB86659FD93
        value = (product & MASK64) ^ (product >> 64) ^ 0xA0761D6478BD642F
    return value


def unzigzag(number):
    return (number >> 1) ^ -(number & 1)


class Decoder:
    """Takes values off the front of a record."""

    def __init__(self, data, name):
        self.data, self.name, self.at = data, name, 0

    def take(self, size):
        expect(size <= len(self.data) - self.at, f"{self.name}: ends inside a value")
        self.at += size
        return bytes(self.data[self.at - size:self.at])

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            if byte < 128:
                expect(value <= ALL, f"{self.name}: a number above 64 bits")
                return value
            shift += 7

    def totals(self):
        return tuple(self.varint() for _ in TOTALS)

    def array(self, count, size):
        data = self.take(count * size)
        return list(struct.unpack(f"<{count}{ {1: 'B', 4: 'I', 8: 'Q'}[size]}", data))

    def sparse(self, count, size):
        return self.array(count, size) if self.number(1) else [0] * count

    def end(self):
        expect(self.at == len(self.data), f"{self.name}: {len(self.data) - self.at} bytes are left over")


def header(decoder):
    """(number, kind, time or None, hash, parent or None)."""
    number, bits = decoder.varint(), decoder.number(1)
    expect(bits < 16 and bits & 3 != 3, f"{decoder.name}: bits of a header")
    time = unzigzag(decoder.varint()) if bits & 4 else None
    own = decoder.take(32)
    return number, bits & 3, time, own, decoder.take(32) if bits & 8 else None


# --- Logs ----------------------------------------------------------------------------------------------------------

def _frame(data, at):
    """(state, record): state is "good", "header", "short" or "record"."""
    head = data[at:at + 16]
    if len(head) < 16 or not _header_checks(head, at):
        return "header", None
    size, crc = struct.unpack("<II", head[4:12])
    record = data[at + 16:at + 16 + size]
    if size > MOST_RECORD or len(record) < size:
        return "short", None
    return ("good" if crc32c(record) == crc else "record"), record


def _header_checks(head, at):
    return head[:4] == b"CDNR" and \
        crc32c(head[:12], crc32c(struct.pack("<Q", at))) == struct.unpack("<I", head[12:])[0]


def _one_bit_in_header(data, at):
    head = bytearray(data[at:at + 16])
    if len(head) < 16:
        return False
    for bit in range(128):
        head[bit // 8] ^= 1 << bit % 8
        if _header_checks(bytes(head), at):
            return True
        head[bit // 8] ^= 1 << bit % 8
    return False


def _one_bit(record, crc):
    """CRCs are linear: what one flipped bit changes depends on its place from the end alone."""
    difference, step = crc ^ crc32c(record), 0x82F63B78
    for _ in range(len(record) * 8):
        if step == difference:
            return True
        step = (step >> 1) ^ (0x82F63B78 if step & 1 else 0)
    return False


def read_log(data, name):
    """The whole records of a log, and where they end."""
    expect(data[:8] == LOG_MAGIC, f"{name}: offset 0: expected CORDLOG1")
    records, at = [], 8
    while at < len(data):
        state, record = _frame(data, at)
        if state == "good":
            records.append(record)
            at += 16 + len(record)
            continue
        flipped = _one_bit_in_header(data, at) if state == "header" else \
            state == "record" and _one_bit(record, struct.unpack("<I", data[at + 8:at + 12])[0])
        expect(not flipped, f"{name}: offset {at}: one bit of a frame is flipped")
        behind = data.find(b"CDNR", at + 1)
        while behind >= 0:
            expect(_frame(data, behind)[0] != "good", f"{name}: offset {at}: broken, and a whole frame follows")
            behind = data.find(b"CDNR", behind + 1)
        break
    return records, at


class State:
    """What a manifest's last record says: lists of (N, visible blocks or segments covered, identity); logs (N, blocks)."""

    def __init__(self, record, name):
        decoder = Decoder(record, name)
        expect(decoder.number(1) == 2, f"{name}: version of the last record")
        three = lambda: (decoder.varint(), decoder.varint(), decoder.number(4))  # noqa: E731
        self.segments = [three() for _ in range(decoder.varint())]
        self.indexes = [three() for _ in range(decoder.varint())]
        self.logs = [(decoder.varint(), decoder.varint()) for _ in range(decoder.varint())]
        self.next = decoder.varint()
        decoder.end()
        expect(self.logs, f"{name}: names no log")
        expect(all(0 < blocks < 1 << 32 for _, blocks, _ in self.segments), f"{name}: visible blocks")
        expect(all(covered > 0 for _, covered, _ in self.indexes), f"{name}: an index that covers nothing")
        expect(sum(covered for _, covered, _ in self.indexes) == len(self.segments), f"{name}: segments without index")


def read_manifest(directory):
    path = pathlib.Path(directory, "manifest")
    records, _ = read_log(path.read_bytes(), str(path))
    expect(records, f"{path}: holds no record")
    return State(records[-1], str(path))


# --- Files of columns ------------------------------------------------------------------------------------------------

class Column:
    """One column, checked as a whole when it is made."""

    def __init__(self, file, name, entry):
        self.offset, self.size, self.sums, sums_crc, self.width, self.base, self.count = struct.unpack("<QQQIIQQ", entry)
        self.name, where = f"{file.name}: column {name}", len(file.data)
        sums_size = (self.size + CHUNK - 1) // CHUNK * 4
        expect(self.offset + self.size <= where and self.sums + sums_size <= where, f"{self.name}: lies outside")
        expect(self.width <= 56 or self.width == 64, f"{self.name}: width {self.width}")
        if self.width == 0 and self.count:
            expect(self.size == 0, f"{self.name}: one number all over, and yet bytes")
        if self.width:
            wanted = (self.count * self.width + 7) // 8 + 8 if self.count else 0
            expect(self.size == wanted, f"{self.name}: {self.size} bytes, expected {wanted}")
        if self.size:
            expect(self.offset % 64 == 0, f"{self.name}: begins at {self.offset}")
        expect(self.sums % 4 == 0, f"{self.name}: checksums at {self.sums}")
        self.data = file.data[self.offset:self.offset + self.size]
        sums = file.data[self.sums:self.sums + sums_size]
        expect(crc32c(sums) == sums_crc, f"{self.name}: crc of its checksums")
        for chunk, (crc,) in enumerate(struct.iter_unpack("<I", sums)):
            expect(crc32c(self.data[chunk * CHUNK:(chunk + 1) * CHUNK]) == crc, f"{self.name}: crc of chunk {chunk}")
        if self.width and self.count:
            expect(self.data[-8:] == b"\0" * 8, f"{self.name}: its tail is not zero")
        self.used = [(self.offset, self.offset + self.size), (self.sums, self.sums + sums_size)]

        self._numbers = None

    def numbers(self):
        """All of them; 64 at once lie in 8 * width whole bytes."""
        if self._numbers is None:
            base, width, mask, found = self.base, self.width, (1 << self.width) - 1, []
            for first in range(0, self.count, 64):
                load = int.from_bytes(self.data[first // 8 * width:(first // 8 + 8) * width], "little")
                found += [base + (load >> shift & mask) for shift in range(0, min(64, self.count - first) * width, width)] \
                    if width else [base] * min(64, self.count - first)
            self._numbers = found
        return self._numbers

    def __getitem__(self, index):
        if not 0 <= index < self.count:
            raise Corrupt(f"{self.name}: has no number {index} of {self.count}")
        return (self._numbers or self.numbers())[index]

    def __iter__(self):
        return iter(self.numbers())


class ColumnFile:
    def __init__(self, path, kind):
        magic, names = kind
        self.name, self.data = str(path), pathlib.Path(path).read_bytes()
        size = 156 + 48 * len(names)
        expect(len(self.data) >= 8 + size, f"{self.name}: ends before its footer")
        expect(self.data[:8] == magic, f"{self.name}: offset 0: expected {magic.decode()}")
        begin = len(self.data) - size
        footer = self.data[begin:-4]
        expect(begin % 64 == 0, f"{self.name}: the footer begins at {begin}")
        self.identity = struct.unpack("<I", self.data[-4:])[0]
        expect(crc32c(footer) == self.identity, f"{self.name}: crc of the footer")
        self.chain = struct.unpack("<QQ", footer[:16])
        self.counters = struct.unpack("<16Q", footer[16:144])
        expect(struct.unpack("<Q", footer[-8:])[0] == len(self.data), f"{self.name}: has another size than it says")
        self.before, self.own = self.counters[0:6], self.counters[6:12]
        self.column = {name: Column(self, name, footer[144 + 48 * i:192 + 48 * i]) for i, name in enumerate(names)}
        used = sorted([(0, 8), (begin, len(self.data))] + [part for each in self.column.values() for part in each.used])
        at = 0
        for first, end in used:
            expect(not any(self.data[at:first]), f"{self.name}: a gap at {at} is not zero")
            expect(first >= at or first == end, f"{self.name}: two parts overlap at {first}")
            at = max(at, end)


class Groups:
    """Which items are in which group."""

    def __init__(self, file, bits, groups, items):
        self.bits, self.ones, self.zeros = file.column[bits], file.column[groups], file.column[items]
        expect(self.bits.size % 8 == 0, f"{self.bits.name}: no whole words")

    def _select(self, samples, flip, rank):
        at = samples[rank // 64]
        left, word_at = rank % 64, at // 64
        word = self._word(word_at, flip) >> at % 64 << at % 64
        while word.bit_count() <= left:
            left -= word.bit_count()
            word_at += 1
            word = self._word(word_at, flip)
        for _ in range(left):
            word &= word - 1
        return word_at * 64 + (word & -word).bit_length() - 1

    def _word(self, index, flip):
        if index * 8 >= self.bits.size:
            raise Corrupt(f"{self.bits.name}: has no word {index}")
        return int.from_bytes(self.bits.data[index * 8:index * 8 + 8], "little") ^ flip

    def begin(self, group):
        return self._select(self.ones, 0, group) - group

    def group_of(self, item):
        return self._select(self.zeros, MASK64, item) - item - 1

    def check(self, groups, items):
        """The string from end to end: counts, samples and the zeros behind its last one."""
        text = "".join(format(byte, "08b")[::-1] for byte in self.bits.data)
        last = text.rfind("1")
        expect(text.count("1") == groups + 1, f"{self.bits.name}: {text.count('1')} ones, expected {groups + 1}")
        expect(last - groups == items, f"{self.bits.name}: {last - groups} zeros, expected {items}")
        expect(self.bits.size == (last // 64 + 1) * 8, f"{self.bits.name}: words behind its end")
        ones = [at for at, bit in enumerate(text) if bit == "1"]
        zeros = [at for at, bit in enumerate(text[:last]) if bit == "0"]
        expect(list(self.ones) == ones[::64], f"{self.ones.name}: wrong samples")
        expect(list(self.zeros) == zeros[::64], f"{self.zeros.name}: wrong samples")


class Texts:
    """Byte strings of different sizes."""

    def __init__(self, file, sizes, begins, data):
        self.sizes, self.begins, self.data = file.column[sizes], file.column[begins], file.column[data]

        self._at = [0, *itertools.accumulate(self.sizes)]

    def __getitem__(self, index):
        return self.data.data[self._at[index]:self._at[index + 1]]

    def check(self, count):
        expect(self.sizes.count == count, f"{self.sizes.name}: {self.sizes.count} numbers, expected {count}")
        expect(list(self.begins) == self._at[:-1:32], f"{self.begins.name}: wrong places")
        expect(self._at[-1] == self.data.size, f"{self.data.name}: {self.data.size} bytes")
