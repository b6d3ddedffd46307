# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Raw Bitcoin blocks against the manifest beside them: every btc/*/manifest.json that lists blocks with their hashes.

A manifest may also tell of a file of many blocks (NAME: {file, blocks, txs, first, last, linked}); files in a node's own
framing (blk*.dat) without a manifest must at least be sound. Each folder is also ingested as it is: the ledger must hold the
txns that the manifest names, and verify.
"""
import pathlib
import tempfile
from datetime import datetime

from .. import data, program
from ..rows import Row

NAME = "bitcoin-blocks"
GROUP = "conformance"

# Network of a manifest -> chain of the program.
CHAINS = {"mainnet": "btc", "testnet3": "btc-testnet", "testnet4": "btc-testnet", "testnet": "btc-testnet",
          "signet": "btc-testnet", "regtest": "btc-regtest"}
# First bytes of a record in a node's block file -> chain.
MAGIC = {"f9beb4d9": "btc", "0b110907": "btc-testnet", "1c163f28": "btc-testnet", "0a03cf40": "btc-testnet",
         "fabfb5da": "btc-regtest"}
# Metric -> how the manifest and the program say it. A manifest's None means that it does not say.
FIELDS = {
    "parent": (lambda told: told.get("prev"), lambda got: got["parent"]),
    "time": (lambda told: told.get("time"), lambda got: seconds(got["time"])),
    "txns": (lambda told: told.get("ntx"), lambda got: got["txns"]),
    "inputs": (lambda told: told.get("inputs_non_coinbase"), lambda got: got["inputs"]),
    "outputs": (lambda told: told.get("outputs"), lambda got: got["outputs"]),
    "total out": (lambda told: told.get("total_out_sat"), lambda got: int(got["total_out"])),
    "weight": (lambda told: told.get("weight"), lambda got: got["weight"]),
    "merkle": (lambda told: told.get("merkle_ok"), lambda got: got["merkle_ok"]),
    "proof of work": (lambda told: told.get("pow_ok"), lambda got: got["pow_ok"]),
    "witness commitment": (lambda told: {True: "ok", False: "bad", None: "absent"}[told["witness_commitment_ok"]]
                           if "witness_commitment_ok" in told else None, lambda got: got["witness_commitment"]),
    "txids": (lambda told: told.get("txids_sha256"), lambda got: got["txids_sha256"]),
    "re-encodes": (lambda told: True, lambda got: got["reencodes"]),
}


def seconds(time):
    return int(datetime.fromisoformat(time).timestamp()) if isinstance(time, str) else time


def block_file(folder, name):
    """The file of a block: its name and an ending that is no side file."""
    for path in sorted(folder.glob(f"{name}.*")):
        if path.name[len(name):].split(".")[1] in ("raw", "dat", "blk", "bin", "hex"):
            return path
    return None


def run(_options):
    manifests = []
    for path in data.find("btc/*/manifest.json"):
        told = data.read_json(path)
        if isinstance(told, dict) and all("hash" in block and "net" in block for block in told.get("blocks", [{}])):
            manifests.append((path, told["blocks"]))
    framed = data.find("btc/*/blk*.dat*")
    if not manifests and not framed:
        raise data.Missing("no btc/*/manifest.json that lists blocks, and no blk*.dat")
    for path, blocks in manifests:
        for net in dict.fromkeys(block["net"] for block in blocks):
            mine = [block for block in blocks if block["net"] == net]
            name, chain = f"{data.name_of(path.parent)}/{net}", CHAINS.get(net, "btc")
            yield from compare(name, path.parent, mine, chain)
            files = [file for file in (block_file(path.parent, block["name"]) for block in mine) if file]
            yield from loaded(name, dict.fromkeys(files + framed_files(path.parent, chain)), chain,
                              {txid for block in mine for txid in named_txids(block)})
        for facts in data.read_json(path).values():
            if isinstance(facts, dict) and {"file", "blocks"} <= set(facts):
                yield from run_of_blocks(path.parent / facts["file"], facts)
    for path in framed:
        yield from sound(path)
    told = {path.parent for path, _ in manifests}
    for folder in dict.fromkeys(path.parent for path in framed if path.parent not in told):
        for chain in sorted(set(MAGIC.values())):
            files = framed_files(folder, chain)
            if files:
                yield from loaded(data.name_of(folder), files, chain, set())


def framed_files(folder, chain):
    """The files that begin with a magic word of the chain, whatever their names are."""
    return [path for path in sorted(folder.iterdir())
            if path.is_file() and MAGIC.get(data.read_bytes(path)[:4].hex()) == chain]


def named_txids(block):
    return block.get("first_txids", []) + ([block["last_txid"]] if "last_txid" in block else [])


def loaded(name, files, chain, txids):
    """All blocks of a folder as one ledger: every byte of it matches its checksum, and the txns that somebody named are there."""
    with tempfile.TemporaryDirectory(prefix="cordon-blocks-") as work:
        ledger = str(pathlib.Path(work) / "ledger")
        together = pathlib.Path(work) / "blocks"  # One folder, for blocks go in by rising number.
        together.mkdir()
        for file in files:
            (together / file.name).symlink_to(file.resolve())
        program.cordon("ingest", "--ledger", ledger, "--chain", chain, f"btc-blocks:{together}")
        try:
            program.cordon("ledger", "verify", "--ledger", ledger)
            intact = 1.0
        except program.CommandFailed:
            intact = 0.0
        yield Row(NAME, name, "ledger verifies", intact, 1)
        if txids:
            try:
                lines = program.cordon_lines("ledger", "txn", *sorted(txids), "--ledger", ledger, "--chain", chain)
            except program.CommandFailed:
                lines = []
            found = {line["data"]["txid"] for line in lines}
            yield Row(NAME, name, "txns in the ledger", len(found & txids) / len(txids), len(txids))


def blocks_of(chain, *files):
    lines = program.cordon_lines("ingest", "--dry-run", "--chain", chain, *(f"btc-blocks:{file}" for file in files),
                                 accept=(0, 1))
    return [line["data"] for line in lines if line.get("kind") == "ingest.block"]


def run_of_blocks(path, facts):
    got = sorted(blocks_of(MAGIC.get(data.read_bytes(path)[:4].hex(), "btc"), path), key=lambda block: block["offset"])
    name, count = data.name_of(path), facts["blocks"]
    yield Row(NAME, name, "found", len(got) / count, count)
    told = {"txns": ("txs", sum(block["txns"] for block in got)), "first": ("first", got[0]["hash"] if got else None),
            "last": ("last", got[-1]["hash"] if got else None), "merkle": ("all_merkle", all(b["merkle_ok"] for b in got)),
            "proof of work": ("all_pow", all(b["pow_ok"] for b in got)),
            "linked": ("linked", all(b["parent"] == a["hash"] for a, b in zip(got, got[1:])))}
    for metric, (key, given) in told.items():
        if key in facts:
            yield Row(NAME, name, metric, float(given == facts[key]), count)


def sound(path):
    """Blocks in a node's framing, of which nobody tells more: merkle roots hold, and writing them gives the same bytes."""
    chain = MAGIC.get(data.read_bytes(path)[:4].hex())
    if chain is None:
        return
    got = blocks_of(chain, path)
    yield Row(NAME, data.name_of(path), "found", float(bool(got)), 1)
    for metric, key in (("merkle", "merkle_ok"), ("re-encodes", "reencodes")):
        if got:
            yield Row(NAME, data.name_of(path), metric, sum(block[key] is True for block in got) / len(got), len(got))


def compare(name, folder, blocks, chain):
    files = {block["hash"]: block_file(folder, block["name"]) for block in blocks}
    there = [file for file in files.values() if file]
    got = {block["hash"]: block for block in (blocks_of(chain, *there) if there else [])}
    yield Row(NAME, name, "found", len(got.keys() & files.keys()) / len(blocks), len(blocks))
    for metric, (expected, given) in FIELDS.items():
        told = [block for block in blocks if expected(block) is not None]
        if not told:
            continue
        right = sum(1 for block in told if block["hash"] in got and expected(block) == given(got[block["hash"]]))
        yield Row(NAME, name, metric, right / len(told), len(told))
    told = [block for block in blocks if "out_types" in block]
    if told:
        right = sum(1 for block in told
                    if block["hash"] in got and same_types(block["out_types"], got[block["hash"]]["out_types"]))
        yield Row(NAME, name, "output types", right / len(told), len(told))


def same_types(told, got):
    """Manifests put what they have no word for under "other"; kinds that the program tells apart are added up there."""
    names = {"op_return": "nulldata", "opreturn": "nulldata"}
    seen = {}
    for kind, count in got.items():
        kind = names.get(kind, kind)
        key = kind if kind in KNOWN_TYPES else "other"
        seen[key] = seen.get(key, 0) + count
    return seen == told


KNOWN_TYPES = {"p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr", "p2pk", "multisig", "nulldata"}
