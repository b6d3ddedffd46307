# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Vector sets, recognised by the shape of their entries, not by their names; and the score of yes/no questions."""
import functools

from . import data, program
from .rows import Row


@functools.lru_cache(maxsize=None)
def _lists():
    """Every custody/*/vectors.json[.gz] that is a list of objects, with the set's name."""
    found = []
    for path in data.find("custody/*/vectors.json*"):
        entries = data.read_json(path)
        if isinstance(entries, list) and entries and all(isinstance(entry, dict) for entry in entries):
            found.append((data.name_of(path.parent), entries))
    return found


def not_lists(known=()):
    """(set name, entries in all its lists) of the custody/*/vectors.json[.gz] that are objects without a known key."""
    for path in data.find("custody/*/vectors.json*"):
        told = data.read_json(path)
        if isinstance(told, dict) and not set(known) & set(told):
            yield data.name_of(path.parent), sum(len(part) for part in told.values() if isinstance(part, list))


def with_keys(*keys):
    """(set name, entries) of the sets in which some entries have all the keys; only those entries."""
    for name, entries in _lists():
        fitting = [entry for entry in entries if all(key in entry for key in keys)]
        if fitting:
            yield name, fitting


def bare(text):
    """Hex without its 0x, in lower case: how conform speaks."""
    return text.removeprefix("0x").lower()


def score(table, name, metric, questions, expect):
    """One row: the share of answers for which expect(answer, index) is true. No questions, no row."""
    if not questions:
        return
    answers = program.conform(questions)
    right = sum(1 for index, answer in enumerate(answers) if expect(answer, index))
    yield Row(table, name, metric, right / len(answers), len(answers))


def refused(answer, _index):
    """True when the program said no for a reason of its own: an op that it does not know is no refusal."""
    return answer.get("ok") is False and answer.get("code") not in ("unsupported", "invalid_param")


def gives(expected):
    """Answer i is right when it is ok and its out equals expected[i]."""
    return lambda answer, index: answer.get("ok") is True and answer.get("out") == expected[index]


def require(rows, what):
    """Passes rows on; a table that found no data at all is missing."""
    empty = True
    for row in rows:
        empty = False
        yield row
    if empty:
        raise data.Missing(what)
