# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Published label lists, read by shape: explorer dumps, TagPacks, tables of tags, and every form of the OFAC list.

Each file is taken in twice, with bad rows left out, and its addresses are looked up again; what it holds is counted
here once more, by other means. Two more tables sum over each kind of list: which categories its words became
(label-categories), and why rows were refused (label-refusals).
"""
import bz2
import collections
import csv
import gzip
import io
import lzma
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from .. import data, program
from ..rows import Row

NAME = "labels"
GROUP = "quality"
SAMPLE = 2000  # Addresses of a large file that are looked up, evenly spread.
OFAC = "Digital Currency Address - "
TAG_COLUMNS = {"address", "label", "category", "abuse", "actor", "confidence", "lastmod"}
SUFFIXES = (".gz", ".zst", ".xz", ".bz2")
SHAPES = {  # What the first characters of a file look like.
    "explorer-labels": re.compile(r"\Aaddress,name,labels\s"),
    "tag-table": re.compile(r"\A(?=[^\n]*\baddress\b)(?=[^\n]*\babuse\b)(?=[^\n]*\blastmod\b)[^\n]*\t"),
    "tagpack": re.compile(r"^(title|tags):", re.MULTILINE),
    "ofac": re.compile(r"\Aasset\taddress\s|\A(<\?xml[^>]*>\s*)?<(sdnList|Sanctions)\b|\A\d+,.*-0- "),
}
FIELD = re.compile(r"^ *(address|network|currency): *['\"]?([^'\"\s]+)", re.MULTILINE)
KINDS = {}  # Schema -> a function (path, text) -> addresses with their currency, or None where the shape is another.
csv.field_size_limit(1 << 24)


def kind(schema):
    def register(function):
        KINDS[schema] = function
        return function
    return register


@kind("explorer-labels")
def explorer(_path, text):
    return [(row["address"], "ETH") for row in csv.DictReader(io.StringIO(text))]


@kind("tag-table")
def tag_table(_path, text):
    head = text.split("\n", 1)[0].split("\t")
    if not TAG_COLUMNS <= set(head):
        return None
    place = head.index("address")
    return [(line.split("\t")[place], "BTC") for line in text.split("\n")[1:] if line]


@kind("tagpack")
def tagpack(_path, text):
    if not re.search(r"^tags:", text, re.MULTILINE) or not re.search(r"^title:", text, re.MULTILINE):
        return None
    head, *tags = re.split(r"^[ ]*- (?=\w+:)", text, flags=re.MULTILINE)
    found = []
    for tag in tags:
        fields = {**dict(FIELD.findall(head)), **dict(FIELD.findall(tag))}
        if "address" in fields:
            found.append((fields["address"], fields.get("network") or fields.get("currency")))
    return found


@kind("ofac")
def ofac(path, text):
    if text.startswith("asset\taddress"):
        return [(line.split("\t")[1], line.split("\t")[0]) for line in text.splitlines()[1:] if line]
    return ofac_xml(text) if text.startswith("<") else ofac_csv(path, text)


def ofac_xml(text):
    root, found, types = ElementTree.fromstring(text), [], {}
    local = lambda element: element.tag.rsplit("}", 1)[-1]  # noqa: E731
    for element in root.iter():
        if local(element) == "FeatureType":
            types[element.get("ID")] = element.text or ""
        elif local(element) == "Feature" and types.get(element.get("FeatureTypeID"), "").startswith(OFAC):
            found += [(part.text, types[element.get("FeatureTypeID")][len(OFAC):]) for part in element.iter()
                      if local(part) == "VersionDetail"]
        elif local(element) == "id":
            parts = {local(part): part.text for part in element}
            if (parts.get("idType") or "").startswith(OFAC):
                found.append((parts["idNumber"], parts["idType"][len(OFAC):]))
    return found


def ofac_csv(path, text):
    rows = [row for row in csv.reader(io.StringIO(text.rstrip("\x1a"))) if len(row) == 12]
    if not rows:
        return None
    rest = collections.defaultdict(str)
    for name in ("sdn_comments.csv", "cons_comments.csv"):
        comments = path.parent / name
        if comments.is_file() and path.name in ("sdn.csv", "cons_prim.csv"):
            for row in csv.reader(io.StringIO(data.read_bytes(comments).decode("latin-1").rstrip("\x1a"))):
                rest[row[0]] += row[1]
    return [(address, currency) for row in rows
            for currency, address in re.findall(OFAC + r"(\w+) ([^\s;.]+)", row[11] + rest[row[0]])]


def run(_options):
    found = False
    categories, refusals = (collections.defaultdict(collections.Counter) for _ in range(2))
    for path in data.find("*/**/*"):
        name = path.name
        for suffix in SUFFIXES:
            name = name.removesuffix(suffix)
        if not path.is_file() or not name.endswith((".csv", ".tsv", ".txt", ".yaml", ".yml", ".xml")):
            continue
        if path.stat().st_size > 64 << 20:
            continue
        shape = shape_of(path)
        if shape:
            found = True
            yield from one_file(path, *shape, categories, refusals)
    if not found:
        raise data.Missing("no explorer dump, TagPack, table of tags or OFAC list")
    for table, kinds in (("label-categories", categories), ("label-refusals", refusals)):
        for schema, counts in kinds.items():
            for what, count in sorted(counts.items()):
                yield Row(table, f"{schema}/{what}", "labels" if kinds is categories else "rows", count, counts.total())


def shape_of(path):
    """(schema, addresses) of a file of a known shape; its head is looked at before all of it is read."""
    start = head(path).lstrip("\ufeff")
    for schema, form in SHAPES.items():
        if form.search(start):
            addresses = KINDS[schema](path, data.read_bytes(path).decode("utf-8", "replace"))
            if addresses is not None:
                return schema, addresses
    return None


def head(path, size=1 << 14):
    """The first characters, decompressed."""
    if path.suffix == ".zst":
        with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            text = process.stdout.read(size)
            process.kill()
    else:
        opener = {".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open}.get(path.suffix, open)
        with opener(path, "rb") as file:
            text = file.read(size)
    return text.decode("utf-8", "replace")


def one_file(path, schema, addresses, categories, refusals):
    name = f"{schema}/{data.name_of(path)}"
    source = f"{schema}:eth={path}" if schema == "explorer-labels" else f"{schema}:{path}"
    with tempfile.TemporaryDirectory(prefix="cordon-quality-") as folder:
        ledger = pathlib.Path(folder) / "ledger"
        call = ("ingest", "--ledger", ledger, "--skip-bad", "--as-of", "2024-01-01", "--quiet", source)
        taken = program.cordon_json(*call)["data"]["lists"][0]
        again = program.cordon_json(*call)["data"]["lists"][0]
        looked, wanted = look_up(ledger, addresses, schema, taken["unsupported"])
    count = len(addresses)
    figures = {"rows": taken["rows"], "taken": taken["taken"], "labels": taken["labels"], "bad": taken["bad"],
               "unsupported": sum(taken["unsupported"].values()),
               "rows as counted": int(taken["rows"] == count),
               "repeated changes": again["came"] + again["changed"] + again["went"],
               "found again": looked / wanted if wanted else None,
               "other": taken["categories"].get("other", 0) / taken["labels"] if taken["labels"] else None}
    for metric, value in figures.items():
        if value is not None:
            yield Row(NAME, name, metric, value, count)
    categories[schema].update(taken["categories"])
    refusals[schema].update(reason(text) for text in taken["bad_rows"])


def reason(text):
    """The message of a bad row without its place and its values."""
    text = re.sub(r"^.*?:\d+: ", "", text)
    text = re.sub(r'"[^"]*"', "…", text)
    return re.sub(r"\d+", "N", re.split(r"[;(]|, found", text)[0]).strip()[:90]


def look_up(ledger, addresses, schema, unsupported):
    """How many addresses that our chains can have are found with a label, of how many asked.

    A TagPack's currency is where the address lives: Bitcoin Cash writes some as Bitcoin does. OFAC's is no more than a hint.
    """
    if schema == "tagpack":
        addresses = [(address, currency) for address, currency in addresses if currency not in unsupported]
    step = max(1, len(addresses) // SAMPLE)
    texts = sorted({address for address, _ in addresses[::step]})
    asked = [(chain, text) for text in texts for chain in ("eth", "tron", "btc")]
    answers = program.conform([{"op": "address", "chain": chain, "text": text} for chain, text in asked])
    ours = sorted({text for (_, text), answer in zip(asked, answers) if answer.get("ok") is True})
    if not ours:
        return 0, 0
    lines = program.cordon_lines("ledger", "labels", *ours, "--ledger", ledger)
    return sum(1 for line in lines if line["data"]["labels"]), len(ours)
