# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Proofs about logs that only grow: RFC 6962 inclusion and consistency, also of subtrees.

Shapes: {kind, leafIdx, treeSize | start + end, root, leafHash, proof, wantErr} and {kind, size1 + size2 | start + end +
size, root1, root2, proof, wantErr}; base64.
"""
from .. import vectors

NAME = "log-proofs"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set of RFC 6962 proofs")


def rows():
    for name, entries in vectors.with_keys("kind", "proof", "wantErr"):
        for kind in sorted({entry["kind"] for entry in entries}):
            some = [entry for entry in entries if entry["kind"] == kind]
            ask = inclusion if "leafHash" in some[0] else consistency
            for metric, wanted in (("accepted", False), ("refused", True)):
                asked = [ask(entry) for entry in some if entry["wantErr"] is wanted]
                yield from vectors.score(NAME, f"{name}/{kind}", metric, asked,
                                         lambda answer, _index, bad=wanted: answer.get("ok") is not bad)


def inclusion(entry):
    return {"op": "log_inclusion", "index": entry["leafIdx"], "begin": entry.get("start", 0),
            "end": entry["end"] if "end" in entry else entry["treeSize"], "leaf": entry["leafHash"],
            "root": entry["root"], "proof": entry["proof"]}


def consistency(entry):
    question = {"op": "log_consistency", "end": entry["end"] if "end" in entry else entry["size1"],
                "size": entry["size"] if "size" in entry else entry["size2"], "before": entry["root1"],
                "root_after": entry["root2"], "proof": entry["proof"]}
    return question | ({"begin": entry["start"]} if "start" in entry else {})
