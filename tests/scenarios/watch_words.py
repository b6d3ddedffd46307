# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""The lines of a story that only `watch` asks for: what is ours, what contracts do, what an exchange tells.

Each line becomes an event of docs/formats/events.md, in the order of the story. The words are in README.md."""
import copy
import datetime
import hashlib
import json
import re

from . import abi, names
from .keccak import keccak256
from .txn_teller import TxnTeller, Wrong, hex0x

ZERO = "0x" + "00" * 20
# What a Safe signs beside what a story says of it.
SAFE_REST = {"value": "0", "data": "0x", "operation": 0, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
             "gasToken": ZERO, "refundReceiver": ZERO}
# Long before the story, so that what was there then is old to every detector.
BEFORE = datetime.timedelta(days=400)


class WatchWords:
    """Mixed into Story, which has chain, time, block, address(), amount() and asset()."""

    def start_watch(self):
        self.events = []
        self.given = ["txns", "logs", "calls", "changes"]
        self.config = {}  # Section -> rows, as docs/formats/watch-config.md has them.
        self.rules = []
        self.before = []  # Rows of transfers: before the story.
        self.told = {}  # Name -> (chain, keys of the txn), to be put into a block again.
        self.forks = 0
        self.same_block = False
        self.log_index = 0

    def section(self, name):
        return self.config.setdefault(name, [])

    def place(self, name):
        """An address: of a token, of nobody, or of who has the name."""
        if name == "zero":
            return ZERO
        declared = self.assets.get((self.chain, name))
        if declared and declared[0].startswith("0x"):
            return declared[0]
        return self.address(name)

    def when(self, text=None):
        return (datetime.datetime.fromisoformat(text) if text else self.time).isoformat()

    def event(self, kind, **keys):
        self.events.append({"type": kind, "chain": self.chain, **keys})

    def words_of(self, rest, heads):
        """{"head": "text up to the next head"}; what comes before the first one is ""."""
        pattern = r"(?:^|\s)(" + "|".join(heads) + r")(?=\s)"
        parts = re.split(pattern, rest)
        return {"": parts[0].strip(), **{key: text.strip() for key, text in zip(parts[1::2], parts[2::2])}}

    def places(self, text):
        return [f"{self.chain}:{self.place(name)}" for name in abi.split(text)]

    # --- What is ours --------------------------------------------------------------------------------------------

    def read_wallet(self, _number, rest):
        match = re.fullmatch(r"(.+?) (hot|warm|cold|deposit) (\S+)(?: entity (\S+))?", rest)
        if not match:
            raise Wrong("wallet NAME, ... hot|warm|cold|deposit SET [entity ENTITY]")
        owners, tier, group, entity = match.groups()
        self.section("wallets").append({"set": group, "entity": entity or "acme", "tier": tier,
                                        "addresses": self.places(owners)})

    def read_safe(self, _number, rest):
        said = self.words_of(rest, ("delegates", "singletons"))
        self.section("safes").append({
            "name": said[""], "chain": self.chain, "address": self.place(said[""]),
            "delegate_targets": [self.place(name) for name in abi.split(said.get("delegates", ""))],
            "singletons": [self.place(name) for name in abi.split(said.get("singletons", ""))]})

    def read_protocol(self, _number, rest):
        said = self.words_of(rest, ("contracts", "admins", "timelocks", "delay", "value"))
        row = {"name": said[""]}
        for key in ("contracts", "admins", "timelocks"):
            if key in said:
                row[key] = self.places(said[key])
        if "delay" in said:
            row["min_delay"] = said["delay"]
        if "value" in said:
            row["value_usd"] = int(said["value"])
        self.section("protocols").append(row)

    def read_bridge(self, _number, rest):
        """Contracts of another chain: CHAIN:NAME."""
        said = self.words_of(rest, ("contracts", "tokens", "keepers", "value", "finality"))
        row = {"name": said[""]}
        for key in ("contracts", "tokens", "keepers"):
            if key in said:
                row[key] = [place for name in abi.split(said[key]) for place in self.of_chain(name)]
        if "value" in said:
            row["value_usd"] = int(said["value"])
        if "finality" in said:
            row["finality"] = said["finality"]
        self.section("bridges").append(row)

    def of_chain(self, text):
        chain, colon, name = text.rpartition(":")
        here, self.chain = self.chain, chain if colon else self.chain
        try:
            return self.places(name)
        finally:
            self.chain = here

    def read_allow(self, _number, rest):
        said = self.words_of(rest, ("for", "until", "note"))
        row = {"addresses": self.places(said[""]), "note": said.get("note", "the story says so")}
        if "for" in said:
            row["set"] = said["for"]
        if "until" in said:
            row["until"] = self.when(said["until"])
        self.section("allowed").append(row)

    def read_ticket(self, _number, rest):
        said = self.words_of(rest, ("set", "from", "until", "usd"))
        if not {"set", "from", "until"} <= set(said):
            raise Wrong("ticket ID set SET from TIME until TIME [usd N]")
        row = {"id": said[""], "set": said["set"], "from": self.when(said["from"]), "until": self.when(said["until"])}
        if "usd" in said:
            row["usd"] = int(said["usd"])
        self.section("tickets").append(row)

    def read_parameter(self, _number, rest):
        detector, name, value = rest.split()
        self.config.setdefault("parameters", {}).setdefault(detector, {})[name] = float(value)

    def read_rules(self, _number, rest):
        self.rules.append(rest)

    def read_disable(self, _number, rest):
        self.section("disabled").extend(abi.split(rest))

    def read_gives(self, _number, rest):
        """gives transfers: nothing else; gives logs calls: the txns with that."""
        words = rest.split()
        if not set(words) <= {"transfers", "txns", "logs", "calls", "changes"}:
            raise Wrong("gives transfers | txns [logs] [calls] [changes]")
        self.given = [word for word in ("txns", "logs", "calls", "changes") if word in words]

    # --- Before the story ----------------------------------------------------------------------------------------

    def read_holds(self, _number, rest):
        match = re.fullmatch(r"(\S+) (\S+) (\S+)(?: at (\S+))?", rest)
        if not match or names.is_utxo(self.chain):
            raise Wrong("holds NAME AMOUNT ASSET [at TIME], on chains with balances")
        name, number, unit, moment = match.groups()
        asset, amount = self.amount(number, unit)
        self.seen_before(name, asset, amount, moment)

    def read_seen(self, _number, rest):
        match = re.fullmatch(r"(\S+)(?: at (\S+))?", rest)
        if not match or names.is_utxo(self.chain):
            raise Wrong("seen NAME [at TIME]: it was there before the story, on chains with balances")
        self.seen_before(match.group(1), "native", 0, match.group(2))

    def seen_before(self, name, asset, amount, moment):
        time = datetime.datetime.fromisoformat(moment) if moment else self.start - BEFORE
        if time >= self.start:
            raise Wrong("this is before the story")
        self.before.append((int(time.timestamp()), self.chain, self.address("genesis"), self.place(name), asset, amount))

    def before_rows(self):
        """Rows of transfers:, a block for each moment."""
        moments = sorted({(chain, time) for time, chain, *_ in self.before})
        for number, moment in enumerate(moments, 1):
            rows = [row for row in self.before if (row[1], row[0]) == moment]
            for index, (time, chain, *move) in enumerate(rows):
                txid = names.txid(chain, f"before {number}")
                yield (chain, number, time, txid, index, *move, "native" if move[2] == "native" else "token")

    # --- What happens --------------------------------------------------------------------------------------------

    def put_block(self, txn):
        if self.same_block:
            self.same_block = False
            if not self.events or self.events[-1]["type"] != "block" or self.events[-1]["chain"] != self.chain:
                raise Wrong("same-block needs a block of this chain just before")
            self.events[-1]["txns"].append(txn)
            return
        number = self.block
        seed = f"cordon scenario block {self.chain} {number} {self.forks}"
        digest = hashlib.sha256(seed.encode()).hexdigest()
        hash_text = digest if names.is_utxo(self.chain) else "0x" + digest
        gives = [] if names.is_utxo(self.chain) else self.given
        self.event("block", number=number, hash=hash_text, time=self.when(), gives=gives, txns=[txn])

    def read_same_block(self, _number, rest):
        """The next txn is in the block of the one before."""
        if rest:
            raise Wrong("same-block stands alone")
        self.same_block = True

    def read_pending(self, number, rest):
        """pending NAME: ...; waits to be put into a block."""
        match = re.fullmatch(r"(\w+): (.+)", rest)
        if not match:
            raise Wrong("pending NAME: ...")
        name, body = match.groups()
        if name in self.txn_names:
            raise Wrong(f"txn {name} is there already")
        self.txn_names[name] = names.txid(self.chain, name)
        keys = self.txn_keys(name, body)
        self.told[name] = (self.chain, keys)
        not_yet = ("logs", "calls", "changes", "succeeded", "created")  # Nobody has run it.
        self.event("pending", seen=self.when(), **{key: value for key, value in keys.items() if key not in not_yet})

    def read_mine(self, _number, rest):
        """mine NAME: a pending txn, or one that a reorg took back, is put into a block."""
        if rest not in self.told or self.told[rest][0] != self.chain:
            raise Wrong(f"{rest} is no txn of this chain")
        self.next_block()
        self.put_block(copy.deepcopy(self.told[rest][1]))

    def read_reorg(self, _number, rest):
        match = re.fullmatch(r"back (\d+)", rest)
        if not match:
            raise Wrong("reorg back BLOCKS")
        self.block -= int(match.group(1))
        self.forks += 1
        self.event("rewind", keep=self.block)

    def read_withdrawal(self, _number, rest):
        match = re.fullmatch(r"(\w+): (\S+) -> (\S+) (\S+) (\S+)(?: by (\S+))?( cancelled)?", rest)
        if not match:
            raise Wrong("withdrawal ID: any|NAME -> NAME AMOUNT ASSET [by WHOM] [cancelled]")
        identifier, source, target, number, unit, whom, cancelled = match.groups()
        asset, amount = self.amount(number, unit)
        keys = {"id": identifier, "asset": asset, "to": self.place(target), "amount": str(amount), "time": self.when()}
        if source != "any":
            keys["from"] = self.place(source)
        if whom:
            keys["requester"] = whom
        if cancelled:
            keys["cancelled"] = True
        self.event("withdrawal", **keys)

    def read_liabilities(self, _number, rest):
        match = re.fullmatch(r"(\S+) (\S+) (\S+)", rest)
        if not match:
            raise Wrong("liabilities ENTITY AMOUNT ASSET")
        asset, amount = self.amount(match.group(2), match.group(3))
        self.event("liabilities", entity=match.group(1), asset=asset, total=str(amount), time=self.when())

    def read_rate(self, _number, rest):
        match = re.fullmatch(r"(\S+) ([\d.]+)", rest)
        if not match:
            raise Wrong("rate ASSET USD: what it costs from now on, told by the feed")
        self.event("price", asset=self.asset(match.group(1))[0], time=self.when(), usd=float(match.group(2)))

    def read_feed(self, _number, rest):
        match = re.fullmatch(r"(\S+) (\d+) (.+)", rest)
        if not match:
            raise Wrong("feed caught-up|behind|gap|disagree|unavailable|dropped BLOCK TEXT")
        self.event("status", state=match.group(1), block=int(match.group(2)), time=self.when(), text=match.group(3))

    def read_signing(self, _number, rest):
        match = re.fullmatch(r"(\w+): (\S+) (.+)", rest)
        if not match:
            raise Wrong("signing ID: SAFE shown to=NAME nonce=N ...; service ...; device ...")
        identifier, safe, body = match.groups()
        keys = {"id": identifier, "safe": self.place(safe), "time": self.when()}
        for part in abi.split(body, ";"):
            view, _, fields = part.partition(" ")
            if view not in ("shown", "service", "device"):
                raise Wrong(f"{view} is neither shown, service nor device")
            keys[view] = fields if fields.startswith("0x") else self.safe_txn(safe, fields)
        self.event("signing", **keys)

    def safe_txn(self, safe, fields):
        known = {"eth": 1, "bsc": 56, "polygon": 137}
        row = {"safe": self.place(safe), "chainId": known[self.chain], **SAFE_REST}
        for field in abi.split(fields, " "):
            key, _, text = field.partition("=")
            if key in ("to", "gasToken", "refundReceiver"):
                row[key] = self.place(text)
            elif key == "data":
                row[key] = hex0x(self.value("bytes", text))
            else:
                row[key] = int(text) if key == "operation" else text
        if "to" not in row or "nonce" not in row:
            raise Wrong("a Safe transaction needs to=NAME and nonce=N")
        return json.dumps(row, sort_keys=True)

    # --- Txns ----------------------------------------------------------------------------------------------------

    def value(self, kind, text):
        """What a story writes for a value of a Solidity type."""
        text = text.strip()
        array = re.fullmatch(r"(.*)\[\d*\]", kind)
        if array:
            return [self.value(array.group(1), part) for part in abi.split(text[1:-1])]
        if kind.startswith("("):
            return [self.value(*pair) for pair in zip(abi.parts_of(kind), abi.split(text[1:-1]))]
        if text.startswith("{"):  # A call within.
            return self.calldata(text[1:-1])
        if re.fullmatch(r"keccak\(.*\)", text):
            return keccak256(text[7:-1].encode())
        if kind == "string":
            return text.strip('"')
        if kind == "address":
            return bytes.fromhex((ZERO if text == "0" else self.place(text))[2:])
        if text in ("true", "false"):
            return int(text == "true")
        if kind.startswith("bytes"):
            if not text.startswith("0x"):
                raise Wrong(f"{text} is no {kind}: 0x..., keccak(TEXT) or {{a call}}")
            return bytes.fromhex(text[2:])
        if re.fullmatch(r"-?\d+|0x[0-9a-f]+", text):
            return int(text, 0)
        words = text.split()
        if len(words) == 2:
            return self.amount(*words)[1]
        return int.from_bytes(bytes.fromhex(self.place(text)[2:]), "big")

    def signed(self, text):
        """(signature, values) of "name(types) value, value"."""
        depth = 0
        for place, char in enumerate(text):
            depth += (char == "(") - (char == ")")
            if char == ")" and depth == 0:
                form = text[:place + 1]
                kinds = [kind for kind, _ in abi.signature(form)[1]]
                told = abi.split(text[place + 1:])
                if len(told) != len(kinds):
                    raise Wrong(f"{form} takes {len(kinds)} values, found {len(told)}")
                return form, [self.value(*pair) for pair in zip(kinds, told)]
        raise Wrong(f"{text} is no call: name(type, ...) value, ...")

    def calldata(self, text):
        text = text.strip()
        if re.fullmatch(r"0x([0-9a-f]{2})*", text):
            return bytes.fromhex(text[2:])
        return abi.call(*self.signed(text)) if text else b""

    def txn_keys(self, name, body):
        """The keys of a txn in an event; the first part is the txn itself."""
        return TxnTeller(self, name).tell(body)
