# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Sets an answer of cordon trace beside what a story expects. Every complaint is a sentence for a person."""
import re

from .story import Wrong

EDGE = re.compile(r"(\S+) -> (\S+)(?: ([\d.]+)(?: of ([\d.]+))? (\S+))?(?: to ([\d.]+) (\S+))?(?: kind (\S+))?")


class Judge:
    def __init__(self, story, question, envelope):
        self.story = story
        self.data = envelope["data"]
        self.envelope = envelope
        self.policy = question.flags[question.flags.index("--policy") + 1] if "--policy" in question.flags else None

    def complaints(self, question):
        found = list(self.books()) if question.verb == "trace" else []
        for line, wanted, words in question.expectations:
            try:
                found += [f"line {line}: {text}" for text in self.judge(wanted, words)]
            except (Wrong, KeyError, ValueError) as error:
                found.append(f"line {line}: {type(error).__name__}: {error}")
        return found

    def books(self):
        """Taint is conserved in every story and asset, whatever it expects; poison does not claim to."""
        policy = self.policy or self.data["params"]["policy"]
        for total in self.data["totals"]["by_asset"]:
            left = sum(int(total[key]) for key in ("seeded", "inherited", "swapped_in"))
            right = sum(int(total[key]) for key in ("resting", "fees", "burned", "swapped_out"))
            if policy != "poison" and left != right:
                yield f"the books of {total['asset']} do not close: {left} in, {right} accounted for: {total}"
        for edge in self.data["edges"]:
            if int(edge["tainted"]) > int(edge["amount"]):
                yield f"an edge carries more taint than value: {edge}"

    def judge(self, wanted, words):
        first = words.split()[0]
        handler = {"rests": self.rests, "node": self.node, "total": self.total, "incomplete": self.incomplete,
                   "warning": self.warning, "pattern": self.pattern, "class": self.txn_class, "ranked": self.ranked,
                   "path": self.path, "watch": self.watch}.get(first)
        if handler:
            yield from handler(wanted, words)
        elif "->" in words:
            yield from self.edge(wanted, words)
        elif not wanted and len(words.split()) == 1:
            yield from self.untouched(words)
        else:
            raise Wrong(f"no such expectation: {words}")

    def edge(self, wanted, words):
        match = EDGE.fullmatch(words)
        if not match:
            raise Wrong("FROM -> TO [TAINTED [of AMOUNT] ASSET] [to AMOUNT ASSET] [kind KIND]")
        source, target, tainted, amount, unit, to_amount, to_unit, kind = match.groups()
        asset = self.story.asset("BTC" if unit == "sat" else unit)[0] if unit else None
        found = [edge for edge in self.data["edges"]
                 if edge["from"] == self.story.address(source) and edge["to"] == self.story.address(target)
                 and int(edge["tainted"]) > 0 and asset in (None, edge["asset"]) and kind in (None, edge["kind"])]
        if not wanted:
            if found:
                yield f"{source} -> {target} must not be there: {found}"
            return
        if not found:
            yield f"{source} -> {target} is missing; there are: {self.shown_edges()}"
            return
        for key, number, its_unit in (("tainted", tainted, unit), ("amount", amount, unit),
                                      ("to_amount", to_amount, to_unit)):
            if number is None:
                continue
            expected = self.story.amount(number, its_unit)[1]
            given = sum(int(edge.get(key, 0)) for edge in found)
            if given != expected:
                yield f"{source} -> {target}: {key} is {given}, expected {expected}"
        if to_unit and any(edge.get("to_asset") != self.story.asset(to_unit)[0] for edge in found):
            yield f"{source} -> {target}: expected {to_unit} to arrive: {found}"

    def untouched(self, name):
        address = self.story.address(name)
        if any(node["address"] == address for node in self.data["nodes"]):
            yield f"{name} must not be reached, and is a node"
        if any(address in (edge["from"], edge["to"]) and int(edge["tainted"]) > 0 for edge in self.data["edges"]):
            yield f"{name} must not be reached, and is on an edge"

    def rests(self, wanted, words):
        """rests NAME AMOUNT ASSET [STOP]; expect-none rests NAME"""
        parts = words.split()[1:]
        found = [end for end in self.data["endpoints"] if end["address"] == self.story.address(parts[0])]
        if not wanted:
            if found:
                yield f"nothing should rest at {parts[0]}: {found}"
            return
        asset, expected = self.story.amount(parts[1], parts[2])
        found = [end for end in found if end["asset"] == asset]
        given = sum(int(end["tainted"]) for end in found)
        if given != expected:
            yield f"{given} rests at {parts[0]}, expected {expected}; endpoints: {self.shown_endpoints()}"
        if len(parts) > 3 and {end["stop"] for end in found} != {parts[3]}:
            yield f"it rests at {parts[0]} for {sorted(end['stop'] for end in found)}, expected {parts[3]}"

    def node(self, wanted, words):
        """node NAME [hop N] [stop STOP] [category CATEGORY] [tainted AMOUNT ASSET]"""
        parts = words.split()[1:]
        found = [node for node in self.data["nodes"] if node["address"] == self.story.address(parts[0])]
        if bool(found) != wanted:
            yield f"{parts[0]} is {'missing' if wanted else 'a node'}"
            return
        facts = parts[1:]
        while facts:
            key = facts.pop(0)
            if key == "tainted":
                asset, expected = self.story.amount(facts.pop(0), facts.pop(0))
                given = sum(int(each["tainted"]) for each in found[0]["assets"] if each["asset"] == asset)
            else:
                expected, given = facts.pop(0), str(found[0].get(key))
            if given != expected:
                yield f"{parts[0]}: {key} is {given}, expected {expected}"

    def total(self, wanted, words):
        """total FIELD AMOUNT ASSET"""
        _, field, number, unit = words.split()
        asset, expected = self.story.amount(number, unit)
        given = sum(int(total[field]) for total in self.data["totals"]["by_asset"] if total["asset"] == asset)
        if (given == expected) != wanted:
            yield f"total {field} of {unit} is {given}, expected {'' if wanted else 'not '}{expected}"

    def txn_class(self, wanted, words):
        """class CLASS [CONFIDENCE at least]"""
        expected, *least = words.split()[1:]
        row = self.data["rows"][0]
        if (row["class"] == expected) != wanted:
            yield f"the class is {row['class']} ({row['confidence']}): {row['reasons']}, expected {'' if wanted else 'not '}{expected}"
        if least and row["confidence"] < float(least[0]):
            yield f"the confidence is {row['confidence']}, expected {least[0]} or more"

    def incomplete(self, wanted, _words):
        if self.envelope["incomplete"] != wanted:
            yield f"incomplete is {self.envelope['incomplete']}"

    def warning(self, wanted, words):
        text = words.split(" ", 1)[1]
        if any(text in warning for warning in self.envelope["warnings"]) != wanted:
            yield f"warning \"{text}\": the warnings are {self.envelope['warnings']}"

    def pattern(self, wanted, words):
        """pattern ID [NAME ...]: a pattern that these addresses take part in"""
        _, identifier, *names = words.split()
        addresses = {self.story.address(name) for name in names}
        found = [each for each in self.data["patterns"]
                 if each["pattern"] == identifier and addresses <= set(each["addresses"])]
        if bool(found) != wanted:
            known = {name: address for address, name in self.known_names().items()}
            yield f"pattern {identifier} {names}: {found or self.data['patterns']}; {known}"

    def ranked(self, wanted, words):
        """ranked A > B [> C]: by score, starts left out"""
        names = words.split()[1::2]
        score = {node["address"]: node["score"] for node in self.data["nodes"]}
        scores = [score.get(self.story.address(name), 0) for name in names]
        if all(high > low for high, low in zip(scores, scores[1:])) != wanted:
            yield f"the scores are {list(zip(names, scores))}"

    def path(self, wanted, words):
        """path A -> B -> C [AMOUNT ASSET]; the bottleneck on arrival"""
        *stations, last = words.removeprefix("path ").split(" -> ")
        last, *amount = last.split()
        way = [self.story.address(name) for name in (*stations, last)]
        found = []
        for path in self.data["paths"]:
            edges = [self.data["edges"][edge] for edge in path["edges"]]
            if [edges[0]["from"], *(edge["to"] for edge in edges)] == way:
                found.append(path)
        if bool(found) != wanted:
            yield f"the path is {'missing' if wanted else 'there'}; there are {self.data['paths']}"
        elif found and amount:
            asset, expected = self.story.amount(*amount)
            if (found[0]["bottleneck"], found[0]["asset"]) != (str(expected), asset):
                yield f"the path carries {found[0]}, expected {expected}"

    def watch(self, wanted, words):
        """watch NAME [AMOUNT ASSET] [SOURCE]; expect-none watch NAME"""
        name, *rest = words.split()[1:]
        found = [row for row in self.data["watch"] if row["address"] == self.story.address(name)]
        if bool(found) != wanted:
            yield f"{name} is {'not watched' if wanted else 'watched'}; the list is {self.data['watch']}"
        elif found and rest:
            asset, expected = self.story.amount(*rest[:2])
            source = rest[2] if len(rest) > 2 else None
            if not any((row["asset"], row["tainted"]) == (asset, str(expected)) and source in (None, row["source"])
                       for row in found):
                yield f"{name} is watched as {found}, expected {' '.join(rest)}"

    def shown_edges(self):
        known = self.known_names()
        return "; ".join(f"{known.get(edge['from'], edge['from'])} -> {known.get(edge['to'], edge['to'])} "
                         f"{edge['tainted']} of {edge['amount']} {edge['asset']} {edge['kind']}"
                         for edge in self.data["edges"]) or "none"

    def shown_endpoints(self):
        known = self.known_names()
        return "; ".join(f"{known.get(end['address'], end['address'])} {end['tainted']} {end['asset']} {end['stop']}"
                         for end in self.data["endpoints"]) or "none"

    def known_names(self):
        return {self.story.address(name): name for name in sorted(self.story.names_used)}


CROSSING = re.compile(r"(\S+) -> (\S+)(?: on (\S+))?(?: kind (\S+))?(?: surer ([\d.]+))?(?: why (\S+))?")


class LinksJudge(Judge):
    """Of an answer of cordon links: FROM -> TO [on CHAIN] [kind KIND] [surer CONFIDENCE] [why CLUE]."""

    def books(self):
        return ()

    def judge(self, wanted, words):
        match = CROSSING.fullmatch(words)
        if not match:
            raise Wrong("FROM -> TO [on CHAIN] [kind KIND] [surer CONFIDENCE] [why CLUE]")
        source, target, chain, kind, surer, why = match.groups()
        found = [each for each in self.data["crossings"]
                 if each["from"]["address"] == self.story.address(source)
                 and each["to"]["address"] == self.story.address(target)
                 and chain in (None, each["to"]["chain"]) and kind in (None, each["kind"])
                 and each["confidence"] >= float(surer or 0) and (not why or any(why in text for text in each["why"]))]
        if bool(found) != wanted:
            known = self.known_names()
            there = "; ".join(f"{known.get(each['from']['address'])} -> {known.get(each['to']['address'])} "
                              f"{each['confidence']:.2f} {each['why']}" for each in self.data["crossings"])
            yield f"{words} is {'missing' if wanted else 'there'}; the crossings are: {there or 'none'}"
