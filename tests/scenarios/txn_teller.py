# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Puts the parts of a txn of a watch story together: transfers, frames, logs, slots (README.md)."""
import hashlib
import re

from . import abi, names
from .keccak import keccak256

# EIP-1967, section "Logic contract address" and following: keccak256 of a text, less one.
SLOTS = {name: int.from_bytes(keccak256(f"eip1967.proxy.{name}".encode()), "big") - 1
         for name in ("implementation", "admin", "beacon")}
TRANSFER = "Transfer(address indexed, address indexed, uint256)"


class Wrong(Exception):
    """A line that is no line of a story."""


def hex0x(raw):
    return "0x" + raw.hex()


PART = re.compile(r"(?:(call|staticcall|delegatecall|callcode|create|create2|destroy) )?(\S+) -> (\S+)(?: (.*))?")


class TxnTeller:
    """Puts the parts of one txn together: transfers, frames, logs, slots."""

    def __init__(self, story, name):
        self.story = story
        self.keys = {"hash": story.txn_names.get(name) or names.txid(story.chain, name)}
        self.transfers, self.frames, self.logs, self.changes = [], [], [], []
        self.contexts = []  # Whose code and storage a frame runs with.

    def tell(self, body):
        for part in abi.split(body, ";"):
            word = part.split()[0] if part.split() else ""
            try:
                if word == "log":
                    self.log(part[4:])
                elif word == "slot":
                    self.slot(part[5:])
                else:
                    self.act(part)
            except ValueError as error:
                raise Wrong(str(error)) from error
        if not self.frames:
            raise Wrong("a txn begins with a transfer, a call or a creation: who sends it?")
        top = self.frames[0]
        keys = {**self.keys, "transfers": self.transfers, "from": top["from"], "nonce": len(self.story.txn_names),
                "succeeded": not top.get("failed", False)}
        if top["kind"].startswith("create"):
            if "to" in top:
                keys["created"] = top["to"]
        else:
            keys["to"] = top["to"]
        for key in ("value", "input"):
            if key in top:
                keys[key] = top[key]
        given = self.story.given
        if not keys["succeeded"]:
            keys["transfers"], self.logs, self.changes = [], [], []
        if not given:
            return {"hash": keys["hash"], "transfers": keys["transfers"]}
        if not keys["transfers"]:
            del keys["transfers"]
        for word, rows in (("logs", self.logs), ("calls", self.frames), ("changes", self.changes)):
            if word in given and rows:
                keys[word] = rows
        return keys

    def act(self, part):
        match = PART.fullmatch(part)
        if not match:
            raise Wrong(f"expected FROM -> TO AMOUNT ASSET [KIND], call, create, log or slot, found {part}")
        word, source, target, rest = match.groups()
        rest, fails = re.subn(r"(?:^|\s+)fails$", "", rest or "")
        story = self.story
        if word is None:
            self.transfer(part, source, target, rest)
        elif word.startswith("create"):
            said = story.words_of(rest, ("size", "mentions", "value"))
            code = self.code(target, int(said.get("size", "100")), abi.split(said.get("mentions", "")))
            self.frame(word, source, target, said.get("value"), code, fails)
            if not fails:
                self.frames[-1]["output"] = hex0x(code)
        elif word == "destroy":
            self.frame("selfdestruct", source, target, rest or None, b"", fails)
        else:
            value = re.search(r"(?:^|\s+)value (\S+ \S+)$", rest)
            rest = rest[:value.start()] if value else rest
            returned = re.search(r"(?:^|\s+)returns (0x[0-9a-f]*)$", rest)
            rest = rest[:returned.start()] if returned else rest
            self.frame(word, source, target, value and value.group(1), story.calldata(rest), fails)
            if returned:
                self.frames[-1]["output"] = returned.group(1)

    def transfer(self, part, source, target, rest):
        match = re.fullmatch(r"(\S+) (\S+)(?: (token|native|internal|mint|burn|fee))?", rest)
        if not match:
            raise Wrong(f"expected FROM -> TO AMOUNT ASSET [KIND], found {part}")
        number, unit, kind = match.groups()
        story = self.story
        asset, amount = story.amount(number, unit)
        self.move(source, target, asset, amount, kind or ("native" if asset == "native" else "token"))
        if kind == "fee":
            return
        if asset == "native":
            self.frame("call", source, target, f"{number} {unit}", b"", 0, moves=False)
            return
        input_ = abi.call("transfer(address,uint256)", [bytes.fromhex(story.place(target)[2:]), amount])
        if not self.frames:  # Whoever sends tokens calls their contract.
            self.frame("call", source, unit if asset.startswith("0x") else target, None, input_, 0)
        if asset.startswith("0x"):
            ends = [bytes.fromhex(story.place(end)[2:]) for end in (source, target)]
            self.add_log(asset, *abi.log(TRANSFER, [*ends, amount]))

    def move(self, source, target, asset, amount, kind):
        self.transfers.append({"from": self.story.place(source), "to": self.story.place(target), "asset": asset,
                               "amount": str(amount), "kind": kind})

    def frame(self, kind, source, target, value, input_, fails, moves=True):
        story = self.story
        caller = story.place(source)
        row = {"kind": kind, "from": caller}
        if not (fails and kind.startswith("create")):
            row["to"] = story.place(target)
        amount = story.amount(*value.split())[1] if value else 0
        if amount:
            row["value"] = str(amount)
        if input_:
            row["input"] = hex0x(input_)
        if fails:
            row["failed"] = True
        if self.frames:  # Within the last frame that runs as the caller; else of the txn itself.
            inside = [place for place, context in enumerate(self.contexts) if context == caller]
            row["parent"] = inside[-1] if inside else 0
        if amount and moves and not fails:
            kind_of_move = "internal" if self.frames else "native"
            self.move(source, target, "native", amount, kind_of_move)
        self.frames.append(row)
        borrowed = kind in ("delegatecall", "callcode")
        self.contexts.append(caller if borrowed else row.get("to", caller))

    def code(self, name, size, mentions):
        """Bytes that stand for a contract's code: PUSH20 of addresses and PUSH4 of functions, then what fills it up."""
        out = b""
        for mention in mentions:
            if "(" in mention:
                out += b"\x63" + abi.selector(mention)
            else:
                out += b"\x73" + bytes.fromhex(self.story.place(mention)[2:])
        filler = hashlib.shake_256(f"cordon scenario code {name}".encode()).digest(size)
        # STOP before it: no disassembler takes the filler for code that runs.
        return (out + b"\x00" + filler)[:max(size, len(out) + 1)]

    def log(self, text):
        contract, _, rest = text.partition(" ")
        self.add_log(self.story.place(contract), *abi.log(*self.story.signed(rest)))

    def add_log(self, contract, topics, data):
        self.story.log_index += 1
        self.logs.append({"index": self.story.log_index, "contract": contract,
                          "topics": [hex0x(topic) for topic in topics], "data": hex0x(data)})

    def slot(self, text):
        """CONTRACT SLOT OLD -> NEW; a slot is a number, a name of EIP-1967, 0x... or keccak(TEXT)."""
        match = re.fullmatch(r"(\S+) (\S+) (\S+) -> (\S+)", text)
        if not match:
            raise Wrong("slot CONTRACT SLOT OLD -> NEW")
        contract, slot, before, after = match.groups()
        place = SLOTS.get(slot)
        if place is None:
            place = self.story.value("uint256", slot)
            place = int.from_bytes(place, "big") if isinstance(place, bytes) else place
        words = [abi.encode_one("uint256", self.story.value("uint256", each)) for each in (before, after)]
        self.changes.append({"contract": self.story.place(contract), "slot": hex0x(abi.encode_one("uint256", place)),
                             "before": hex0x(words[0]), "after": hex0x(words[1])})
