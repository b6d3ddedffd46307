# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Reads what BlockSci's regression tests recorded: one printed property a line, objects in a form of their own.

    Tx(len(txins)=1, len(txouts)=2, size_bytes=226, block_height=112, tx_index=114)
    TxIn(spent_tx_index=114, address=PubkeyHashAddress(m…), value=100000000)
    TxOut(spending_tx_index=0, address=…, value=…)      (0: nobody spends it)
    Block(tx_count=3, height=112, header_hash=…, …, timestamp=…, …)

Which property a line is follows from its place: the tests print them in the order of the alphabet.
"""
import re

OBJECT = re.compile(r"\b(Tx|TxIn|TxOut|Block)\((?=(?:len\(txins\)|spent_tx_index|spending_tx_index|tx_count)=)")
FIELD = re.compile(r"([\w()]+)=(\w+\([^()]*\)|[^,()]+)")
ADDRESS = re.compile(r"\b(\w+)Address\(([^()]*)\)")
TEXT = re.compile(r"\b(?:bcrt1[0-9a-z]+|[mn2][1-9A-HJ-NP-Za-km-z]{25,39})\b")
HASH = re.compile(r"^[0-9a-f]{64}$")


def objects(line):
    """Every (kind, {field: text}) in a line. An address is its text, or None where it has none (bare scripts)."""
    for match in OBJECT.finditer(line):
        depth, end = 1, match.end()
        while depth and end < len(line):
            depth += {"(": 1, ")": -1}.get(line[end], 0)
            end += 1
        fields = dict(FIELD.findall(line[match.end():end - 1]))
        if "address" in fields:
            found = TEXT.search(fields["address"])
            fields["address"] = found.group() if found else None
        yield match.group(1), fields


def addresses(line):
    """The address texts in a line, in order."""
    return TEXT.findall(line)


def is_address_list(line):
    """A line that is a list of addresses alone: the members of a cluster."""
    return line.startswith("[") and bool(ADDRESS.match(line[1:])) and not OBJECT.search(line)


def transactions(lines):
    """The facts of the transactions that were printed property by property, around their hashes."""
    for at, line in enumerate(lines):
        if HASH.match(line) and at >= 6 and len(lines) > at + 7 and lines[at + 2] in ("True", "False"):
            yield {"txid": line, "height": int(lines[at - 5]), "time": lines[at - 4], "fee": int(lines[at - 3]),
                   "ordinal": int(lines[at + 1]), "coinbase": lines[at + 2] == "True", "locktime": int(lines[at + 3]),
                   "outputs": int(lines[at + 6]), "total_out": int(lines[at + 7])}


def blocks(lines):
    """The facts of the block that was printed property by property, around its hash."""
    for at, line in enumerate(lines):
        if HASH.match(line) and at >= 2 and len(lines) > at + 3 and lines[at - 2].startswith("Tx("):
            after = lines[at + 1:]
            following = next((n for n, text in enumerate(after) if text.startswith("Block(")), None)
            if following is None or len(after) < following + 16:
                continue
            facts = after[following + 1:]  # nonce, outputs, value, previous block, …, txns, …, weight.
            yield {"hash": line, "fee": int(lines[at - 1]), "height": int(after[0]), "inputs": int(after[1]),
                   "total_in": int(after[2]), "outputs": int(facts[1]), "total_out": int(facts[2]),
                   "revenue": int(facts[4]), "timestamp": int(facts[8]), "txns": int(facts[10]),
                   "weight": int(facts[14])}


def owners(lines):
    """What is told of an address: from the line of its equivalents on. The address is None for bare scripts."""
    for at, line in enumerate(lines):
        if line.startswith("EquivAddress(") and at >= 1 and len(lines) > at + 7 and lines[at + 1] in ("True", "False"):
            before = lines[at - 2] if at >= 2 else ""
            yield {"address": before if TEXT.fullmatch(before) else None, "balance": int(lines[at - 1]),
                   "inputs": [fields for kind, fields in objects(lines[at + 2]) if kind == "TxIn"],
                   "spends": [fields for kind, fields in objects(lines[at + 3]) if kind == "Tx"],
                   "receives": [fields for kind, fields in objects(lines[at + 5]) if kind == "Tx"],
                   "outputs": [fields for kind, fields in objects(lines[at + 7]) if kind == "TxOut"]}


def ends(lines):
    """Single inputs and outputs, printed property by property: they begin with an address and the name of its type."""
    for at, line in enumerate(lines):
        if at + 1 < len(lines) and ADDRESS.match(line) and lines[at + 1].startswith("Pay to "):
            found = TEXT.search(line)
            address = found.group() if found else None
            if lines[at + 2].startswith("Block(") and len(lines) > at + 10:
                yield {"kind": "output", "address": address, "n": int(lines[at + 3]), "spent": lines[at + 4] == "True",
                       "spender": lines[at + 7], "ordinal": int(lines[at + 9]), "value": int(lines[at + 10])}
            elif len(lines) > at + 11:
                yield {"kind": "input", "address": address, "n": int(lines[at + 4]), "spends": int(lines[at + 8]),
                       "ordinal": int(lines[at + 10]), "value": int(lines[at + 11])}
