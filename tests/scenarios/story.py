# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Reads a story: what happened on a chain, what is asked, and what must come out. The words are in README.md."""
import copy
import dataclasses
import datetime
import decimal
import json
import re

from . import names
from .guard_words import GuardWords
from .txn_teller import Wrong
from .watch_words import WatchWords

NATIVE = {"eth": ("ETH", 18), "bsc": ("BNB", 18), "polygon": ("POL", 18), "btc": ("BTC", 8), "btc-testnet": ("BTC", 8),
          "btc-regtest": ("BTC", 8)}
START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
BLOCK_SECONDS = {True: 600, False: 12}  # By is_utxo: time runs on by one block a txn.
# Words of a trace line that become flags; those with a value, and those without.
TRACE_FLAGS = {"policy", "overspend", "hops", "min-usd", "since", "until", "stop", "service-degree", "max-nodes",
               "max-edges", "min-purity", "min-share", "service-both-sides", "stranger-senders", "mode", "count", "case"}
TRACE_SWITCHES = {"through-joins"}


@dataclasses.dataclass
class Coin:
    """An output of a UTXO txn, or an input that the story brings from outside."""
    txid: str
    index: int
    name: str
    value: int


@dataclasses.dataclass
class Question:
    """One call of cordon and what must and must not be in its answer."""
    line: int
    seeds: list
    flags: list
    verb: str = "trace"
    expectations: list = dataclasses.field(default_factory=list)  # (line, must be there, words)
    at: str = ""  # When it is asked.
    events: list = dataclasses.field(default_factory=list)  # What happened before it, as lines of events:.


class Story(WatchWords, GuardWords):
    def __init__(self, title, watched=False):
        self.title = title
        self.watched = watched  # It asks `watch`: what happens becomes events, not files of a ledger.
        self.start = START
        self.chain = "eth"
        self.assets = {}  # (chain, name in the story) -> (asset, symbol, decimals, status); declared ones only.
        self.labels, self.prices, self.rows, self.txns, self.questions = [], [], [], [], []
        self.coins = {}  # "txn:0" -> Coin
        self.txn_names = {}
        self.block, self.time = 100, START
        self.names_used = set()  # For messages.
        self.start_watch()
        self.start_guard()

    # --- amounts and names ---------------------------------------------------------------------------------------

    def asset(self, word):
        """(asset as files write it, decimals)"""
        symbol, decimals = NATIVE[self.chain]
        if word == symbol:
            return "native", decimals
        if (self.chain, word) not in self.assets:
            raise Wrong(f"asset {word} is not declared on {self.chain}; the native one is {symbol}")
        return self.assets[self.chain, word][0], self.assets[self.chain, word][2]

    def amount(self, number, unit):
        """(asset, whole number of smallest units) of "1.5 USD" """
        if unit == "sat" and names.is_utxo(self.chain):
            asset, decimals = "native", 0
        else:
            asset, decimals = self.asset(unit)
        try:
            units = decimal.Decimal(number).scaleb(decimals)
        except decimal.InvalidOperation as error:
            raise Wrong(f"{number} is not an amount") from error
        if units != int(units) or units < 0:
            raise Wrong(f"{number} {unit} is not a whole number of smallest units")
        return asset, int(units)

    def address(self, name):
        self.names_used.add(name)
        return names.address(self.chain, name)

    def seed(self, text):
        name, at, moment = text.partition("@")
        txn, colon, index = name.partition(":")
        if txn in self.txn_names:
            return self.txn_names[txn] + colon + index
        if txn in NATIVE:  # On another chain than the story is at.
            self.names_used.add(index)
            return f"{txn}:{names.address(txn, index)}{at}{moment}"
        return f"{self.chain}:{self.address(name)}{at}{moment}"

    def next_block(self):
        self.block += 1
        self.time += datetime.timedelta(seconds=BLOCK_SECONDS[names.is_utxo(self.chain)])

    # --- lines ---------------------------------------------------------------------------------------------------

    def read_line(self, number, line):
        word, _, rest = line.partition(" ")
        reader = getattr(self, "read_" + word.replace("-", "_").rstrip(":"), None)
        if reader is None or word in ("line",):
            raise Wrong(f"unknown word {word}")
        reader(number, rest.strip())

    def read_chain(self, _number, rest):
        if rest not in NATIVE:
            raise Wrong(f"chain is one of {' '.join(NATIVE)}")
        self.chain = rest

    def read_asset(self, _number, rest):
        match = re.fullmatch(r"(\S+) (\d+) (verified|counterfeit|unknown)( contract)?(?: symbol (\S+))?", rest)
        if not match:
            raise Wrong("asset NAME DECIMALS verified|counterfeit|unknown [contract] [symbol SYMBOL]")
        name, decimals, status, contract, symbol = match.groups()
        self.assets[self.chain, name] = (names.contract(name) if contract else name, symbol or name, int(decimals), status)

    def read_label(self, _number, rest):
        match = re.fullmatch(r'(\S+) ([a-z]+)(?: "([^"]*)")?(?: ([\d.]+))?(?: by (\S+))?', rest)
        if not match:
            raise Wrong('label NAME CATEGORY ["TEXT"] [CONFIDENCE] [by SOURCE]')
        name, category, text, confidence, source = match.groups()
        self.labels.append((self.address(name), text or name, category, source or "scenario", confidence or "1.0"))

    def read_price(self, _number, rest):
        match = re.fullmatch(r"(\S+) ([\d.]+)(?: at (\S+))?", rest)
        if not match:
            raise Wrong("price ASSET USD [at TIME]")
        name, usd, moment = match.groups()
        time = datetime.datetime.fromisoformat(moment) if moment else START
        self.prices.append((self.chain, self.asset(name)[0], int(time.timestamp()), usd))

    def read_at(self, _number, rest):
        time = datetime.datetime.fromisoformat(rest)
        if time < self.time:
            raise Wrong(f"time does not run backwards from {self.time.isoformat()}")
        self.time = time

    def read_repeat(self, number, rest):
        match = re.fullmatch(r"(\d+) (.+)", rest)
        if not match:
            raise Wrong("repeat COUNT LINE, with {} for the running number")
        for index in range(int(match.group(1))):
            self.read_line(number, match.group(2).replace("{}", str(index + 1)))

    def read_transfer(self, number, rest):
        self.read_txn(number, f"transfer{len(self.txn_names) + 1}: {rest}")

    def read_txn(self, _number, rest):
        match = re.fullmatch(r"(\w+): (.+)", rest)
        if not match:
            raise Wrong("txn NAME: ...")
        name, body = match.groups()
        if name in self.txn_names:
            raise Wrong(f"txn {name} is there already")
        self.txn_names[name] = names.txid(self.chain, name)
        if not self.same_block:
            self.next_block()
        if self.watched and not names.is_utxo(self.chain):
            keys = self.txn_keys(name, body)
            self.told[name] = (self.chain, keys)
            self.put_block(copy.deepcopy(keys))
            return
        (self.utxo_txn if names.is_utxo(self.chain) else self.account_txn)(name, body)

    def account_txn(self, name, body):
        for index, part in enumerate(body.split(";")):
            match = re.fullmatch(r"(\S+) -> (\S+) (\S+) (\S+)(?: (token|native|internal|mint|burn|fee))?", part.strip())
            if not match:
                raise Wrong(f"expected FROM -> TO AMOUNT ASSET [KIND], found {part.strip()}")
            source, target, number, unit, kind = match.groups()
            asset, amount = self.amount(number, unit)
            self.rows.append((self.chain, self.block, int(self.time.timestamp()), self.txn_names[name], index,
                              self.address(source), self.address(target), asset, amount,
                              kind or ("native" if asset == "native" else "token")))

    def utxo_txn(self, name, body):
        sources, arrow, targets = body.partition("->")
        if not arrow:
            raise Wrong("expected SPENT, ... -> TO AMOUNT UNIT, ...; SPENT is TXN:VOUT, coinbase, or NAME AMOUNT UNIT")
        spent = []
        for part in filter(None, (text.strip() for text in sources.split(","))):
            if part == "coinbase":
                continue
            if part in self.coins:
                spent.append(self.coins[part])
            elif len(part.split()) == 3:  # Money from before the story.
                owner, number, unit = part.split()
                spent.append(Coin(names.txid(self.chain, f"{name} before {len(spent)}"), 0, owner,
                                  self.amount(number, unit)[1]))
            else:
                raise Wrong(f"{part} is neither an output of an earlier txn nor NAME AMOUNT UNIT")
        made = []
        for index, part in enumerate(text.strip() for text in targets.split(",")):
            words = part.split()
            if words == ["op_return"]:
                words = ["op_return", "0", "sat"]
            if len(words) != 3:
                raise Wrong(f"expected TO AMOUNT UNIT, found {part}")
            coin = Coin(self.txn_names[name], index, words[0], self.amount(words[1], words[2])[1])
            self.coins[f"{name}:{index}"] = coin
            made.append(coin)
        self.txns.append((self.txn_names[name], int(self.time.timestamp()), spent, made))
        if self.watched:
            self.put_block(self.utxo_keys(name, spent, made))

    def utxo_keys(self, name, spent, made):
        def output(coin):
            told = {"value": str(coin.value)}
            return told if coin.name == "op_return" else {**told, "address": self.address(coin.name)}
        inputs = [{"spends": f"{coin.txid}:{coin.index}", **output(coin)} for coin in spent]
        keys = {"hash": self.txn_names[name], "inputs": inputs, "outputs": [output(coin) for coin in made]}
        self.told[name] = (self.chain, keys if spent else {**keys, "coinbase": True})
        return copy.deepcopy(self.told[name][1])

    def read_watch(self, number, rest):
        """watch [speed N ...]: what does cordon watch tell of all this?"""
        words = rest.split()
        flags = [f"--{word}" if place % 2 == 0 else word for place, word in enumerate(words)]
        self.questions.append(self.question(number, [], "watch", flags))

    def question(self, number, what, verb, flags=()):
        return Question(number, what, list(flags), verb, at=self.when(), events=[json.dumps(event) for event in self.events])

    def read_trace(self, number, rest):
        words, seeds, flags = rest.split(), [], []
        while words and (not seeds or seeds[-1].endswith(",")):
            seeds.append(words.pop(0))
        while words:
            word = words.pop(0)
            if word == "backward":
                flags += ["--direction", "backward"]
            elif word == "min-amount" and len(words) > 1:
                flags += ["--min-amount", str(self.amount(words.pop(0), words.pop(0))[1])]
            elif word in TRACE_SWITCHES:
                flags.append(f"--{word}")
            elif word == "to" and words:
                flags += ["--to", self.seed(words.pop(0))]
            elif word in TRACE_FLAGS and words:
                flags += [f"--{word}", words.pop(0)]
            else:
                raise Wrong(f"{word} is no word of a trace line, or its value is missing")
        self.questions.append(Question(number, [self.seed(seed.rstrip(",")) for seed in seeds], flags))

    def read_classify(self, number, rest):
        words = rest.split()
        if words[0] not in self.txn_names:
            raise Wrong("classify TXN [FLAG...]")
        self.questions.append(Question(number, [self.txn_names[words[0]]], [f"--{word}" for word in words[1:]], "classify"))

    def read_links(self, number, rest):
        """links [kind mixer|bridge] [min-confidence X]"""
        words = rest.split()
        if len(words) % 2 or not set(words[::2]) <= {"kind", "min-confidence"}:
            raise Wrong("links [kind mixer|bridge] [min-confidence X]")
        flags = [f"--{word}" if place % 2 == 0 else word for place, word in enumerate(words)]
        self.questions.append(Question(number, [], flags, "links"))

    def read_expect(self, number, rest):
        self.expectation(number, True, rest)

    def read_expect_none(self, number, rest):
        self.expectation(number, False, rest)

    def expectation(self, number, wanted, rest):
        if not self.questions:
            raise Wrong("an expectation needs a trace, classify, links, watch or request line before it")
        self.questions[-1].expectations.append((number, wanted, rest))


def parted(lines):
    """The lines of each story."""
    parts = [[]]
    for line in lines:
        if re.fullmatch(r"-{3,}", line):
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def read(text, title):
    """The stories of one file; a line of dashes parts them. Wrong names the line."""
    lines = [" ".join(re.sub(r"(^|\s)#.*", "", line).split()) for line in text.splitlines()] + ["---"]
    watched = iter([any(re.fullmatch(r"(watch|request .*)( .*)?", line) for line in part) for part in parted(lines)])
    stories, story = [], Story(title, next(watched))
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        if re.fullmatch(r"-{3,}", line):
            if not story.questions:
                raise Wrong(f"line {number}: the story asks nothing; it needs a trace, classify, links, watch or request line")
            stories.append(story)
            story = Story(f"{title} ({len(stories) + 1})", next(watched, False))
            continue
        try:
            story.read_line(number, line)
        except (Wrong, ValueError) as error:
            raise Wrong(f"line {number}: {error}") from error
    return stories
