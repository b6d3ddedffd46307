# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""What Bitcoin signatures commit to, and whether they hold: BIP-143's examples, BIP-322, BIP-340, BIP-341.

Shapes: {example, raw} where the raw text has txns, preimages and hashes; {file, kind, v} of messages; the columns of
BIP-340's CSV; {given, intermediary, expected} of taproot outputs and {given, inputSpending} of its spends.
"""
import re

from .. import program, vectors

NAME = "bitcoin-signatures"
GROUP = "conformance"
COIN = 100_000_000
HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{100,}(?![0-9a-f])")


def run(_options):
    return vectors.require(rows(), "no custody set of BIP-143, BIP-322, BIP-340 or BIP-341")


def rows():
    for name, entries in vectors.with_keys("example", "raw"):
        yield from preimages(name, entries)
        yield from spends(name, entries)
    for name, entries in vectors.with_keys("file", "kind", "v"):
        yield from messages(name, entries)
    for name, entries in vectors.with_keys("public key", "message", "signature", "verification result"):
        yield from vectors.score(
            NAME, name, "verified", [{"op": "schnorr", "key": entry["public key"], "message": entry["message"],
                                      "signature": entry["signature"]} for entry in entries],
            lambda answer, index, told=entries: (answer.get("ok") is True and answer["out"] is True)
            == (told[index]["verification result"].upper() == "TRUE"))
    for name, entries in vectors.with_keys("kind", "given"):
        yield from taproot(name, entries)


# --- BIP-143: the text shows each preimage; its fields say what was asked.

def preimages(name, entries):
    questions, expected = [], []
    for entry in entries:
        txns = [text for text in HEX.findall(entry["raw"]) if is_txn(text)]
        for match in re.finditer(r"preimage:?\s+([0-9a-f]{200,})(.*?)sig[Hh]ash:\s+([0-9a-f]{64})", entry["raw"],
                                 re.DOTALL):
            question = question_of(match.group(1), txns)
            questions.append(question or {"op": "none"})
            expected.append(match.group(3))
    yield from vectors.score(NAME, name, "sighash", questions, vectors.gives(expected))


def is_txn(text):
    """Four bytes of a version, and what follows is read as a txn."""
    if not text.startswith(("01000000", "02000000")):
        return False
    return program.conform([{"op": "tx", "hex": text}])[0].get("ok") is True


def question_of(preimage, txns):
    """The fields of a BIP-143 preimage, and the last txn before it or the first after it that has its outpoint."""
    bytes_ = bytes.fromhex(preimage)
    outpoint = bytes_[68:104]
    size = bytes_[104]
    code = bytes_[105:105 + size]
    rest = bytes_[105 + size:]
    for text in txns:
        out = program.conform([{"op": "tx", "hex": text}])[0]["out"]
        for index, spent in enumerate(out["inputs"]):
            same = bytes.fromhex(spent["txid"])[::-1] + spent["vout"].to_bytes(4, "little") == outpoint
            if same:
                return {"op": "bitcoin_sighash", "kind": "witness_v0", "hex": text, "input": index,
                        "script_code": code.hex(), "value": str(int.from_bytes(rest[:8], "little")),
                        "sighash": int.from_bytes(rest[-4:], "little")}
    return None


def spends(name, entries):
    """Signed txns of the text, over the outputs that the text says they spend."""
    questions = []
    for entry in entries:
        # Each example begins with its unsigned txn, and ends with the signed one.
        for part in re.split(r"(?=The following is an unsigned transaction)", entry["raw"]):
            signed = re.search(r"serialized signed transaction is:\s+([0-9a-f]+)", part)
            outputs = re.findall(r"scriptPubKey ?: ?([0-9a-f]+),? +value: ?([0-9.]+)", part)
            if signed and outputs:
                questions.append({"op": "bitcoin_spend", "hex": signed.group(1), "spent": [
                    {"script": script, "value": str(round(float(value) * COIN))} for script, value in outputs]})
    yield from vectors.score(NAME, name, "signed txns hold", questions,
                             lambda answer, _index: answer.get("ok") is True and
                             all(each["verdict"] == "valid" for each in answer["out"]))


# --- BIP-322

def messages(name, entries):
    told = [entry for entry in entries if isinstance(entry["v"], dict) and "message" in entry["v"]
            and "address" in entry["v"]]
    hashes = [entry["v"] for entry in told if "message_hash" in entry["v"]]
    yield from vectors.score(
        NAME, name, "hashes", [{"op": "bitcoin_message_hashes", "address": v["address"], "message": v["message"]}
                               for v in hashes],
        vectors.gives([{"message": v["message_hash"], "to_spend": v["to_spend_tx_hash"],
                        "to_sign": v["to_sign_tx_hash"]} for v in hashes]))
    for kind in sorted({entry["kind"] for entry in told}):
        questions, times = [], []
        for v in (entry["v"] for entry in told if entry["kind"] == kind):
            for signature in v.get("bip322_signatures", [v["signature"]] if "signature" in v else []):
                questions.append({"op": "bitcoin_message", "address": v["address"], "message": v["message"],
                                  "signature": signature})
                times.append((v.get("lock_time", 0), v.get("sequence", 0)))
        if kind == "error":
            yield from vectors.score(NAME, name, "refused", questions, lambda answer, index: vectors.refused(answer, index)
                                     or (answer.get("ok") is True and answer["out"]["verdict"] == "invalid"))
        else:
            yield from vectors.score(
                NAME, name, kind.replace("_", " "), questions,
                lambda answer, index, told=times: answer.get("ok") is True and answer["out"]["verdict"] == "valid"
                and (answer["out"]["locktime"], answer["out"]["sequence"]) == told[index])


# --- BIP-341

def taproot(name, entries):
    outputs = [entry for entry in entries if "internalPubkey" in entry["given"]]
    yield from vectors.score(
        NAME, name, "outputs", [{"op": "taproot", "internal": entry["given"]["internalPubkey"],
                                 "tree": entry["given"].get("scriptTree")} for entry in outputs],
        lambda answer, index: answer.get("ok") is True and as_told(answer["out"], outputs[index]))
    questions, expected = [], []
    for entry in entries:
        for each in entry.get("inputSpending", []):
            spent = [{"value": str(output["amountSats"]), "script": output["scriptPubKey"]}
                     for output in entry["given"]["utxosSpent"]]
            questions.append({"op": "bitcoin_sighash", "kind": "taproot", "hex": entry["given"]["rawUnsignedTx"],
                              "input": each["given"]["txinIndex"], "sighash": each["given"]["hashType"],
                              "spent": spent})
            expected.append(each["intermediary"]["sigHash"])
    yield from vectors.score(NAME, name, "sighash", questions, vectors.gives(expected))


def as_told(out, entry):
    middle, expected = entry["intermediary"], entry["expected"]
    pairs = [(out["leaf_hashes"], middle.get("leafHashes", [])), (out["merkle_root"], middle["merkleRoot"]),
             (out["tweak"], middle["tweak"]), (out["output_key"], middle["tweakedPubkey"]),
             (out["script"], expected["scriptPubKey"]), (out["address"], expected["bip350Address"]),
             (out["control_blocks"], expected.get("scriptPathControlBlocks", []))]
    return all(got == want for got, want in pairs)
