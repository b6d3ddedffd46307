# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Keys of wallets: BIP-32, BIP-39, BIP-49, BIP-84, BIP-86, BIP-327, BIP-328.

Shapes: {valid, seed, path, xpub, xprv} and {valid: false, key}; {mnemonic, entropy, seed, hdnodes}; {bip, text} with
lines "name = value" and headings that end in a path; {keys, aggregate_pubkey, xpub}; {file, v} of MuSig2.
"""
import re
import unicodedata

from .. import data, program, vectors
from ..rows import Row

NAME = "keys"
GROUP = "conformance"


def run(_options):
    return vectors.require(rows(), "no custody set of BIP-32, BIP-39, BIP-327 or BIP-328 vectors")


def rows():
    for name, entries in vectors.with_keys("valid"):
        yield from bip32(name, entries)
    for name, entries in vectors.with_keys("mnemonic", "entropy", "seed"):
        yield from mnemonics(name, entries)
    for name, entries in vectors.with_keys("bip", "text"):
        for entry in entries:
            yield from account(name, entry)
    for name, entries in vectors.with_keys("keys", "aggregate_pubkey", "xpub"):
        yield from vectors.score(NAME, name, "aggregates", [{"op": "musig_key", "keys": entry["keys"]} for entry in entries],
                                 lambda answer, index, told=entries: answer.get("ok") is True and
                                 (answer["out"]["key"], answer["out"]["xpub"]) ==
                                 (told[index]["aggregate_pubkey"].lower(), told[index]["xpub"]))
    for name, entries in vectors.with_keys("file", "v"):
        for entry in entries:
            if isinstance(entry["v"], dict) and "pubkeys" in entry["v"]:
                yield from musig(f"{name}/{entry['file'].removesuffix('.json')}", entry["v"])


def right(*pairs):
    return lambda answer, index: answer.get("ok") is True and all(
        answer["out"][field] == expected[index] for field, expected in pairs)


def bip32(name, entries):
    good = [entry for entry in entries if entry["valid"] and "seed" in entry]
    bad = [entry for entry in entries if not entry["valid"] and "key" in entry]
    private = [entry["xprv"] for entry in good]
    public = [entry["xpub"] for entry in good]
    yield from vectors.score(NAME, name, "derived",
                             [{"op": "bip32", "seed": entry["seed"], "path": entry["path"]} for entry in good],
                             right(("xprv", private), ("xpub", public)))
    yield from vectors.score(NAME, name, "private read", [{"op": "bip32", "text": text} for text in private],
                             right(("xprv", private), ("xpub", public)))
    yield from vectors.score(NAME, name, "public read", [{"op": "bip32_public", "text": text} for text in public],
                             right(("xpub", public)))
    # A last step that is not hardened can be taken from the public key of the step before it.
    by_path = {(entry["seed"], entry["path"]): entry["xpub"] for entry in good}
    steps = [(by_path[entry["seed"], parent], step, entry["xpub"]) for entry in good
             for parent, _, step in [entry["path"].rpartition("/")]
             if step and step[-1] not in "'hH" and (entry["seed"], parent) in by_path]
    yield from vectors.score(NAME, name, "derived in public",
                             [{"op": "bip32_public", "text": parent, "path": step} for parent, step, _ in steps],
                             right(("xpub", [xpub for _, _, xpub in steps])))
    yield from both_refuse(name, [entry["key"] for entry in bad])


def both_refuse(name, keys):
    """A bad key must be refused as public and as private key, for its own fault: not because it is of the other sort."""
    if not keys:
        return
    private = program.conform([{"op": "bip32", "text": text} for text in keys])
    public = program.conform([{"op": "bip32_public", "text": text} for text in keys])
    other = ("unsupported", "invalid_param")
    good = sum(1 for pair in zip(private, public)
               if all(answer.get("ok") is False for answer in pair)
               and any(answer.get("code") not in other for answer in pair))
    yield Row(NAME, name, "invalid refused", good / len(keys), len(keys))


def word_lists():
    for path in data.find("custody/*/wordlists.json*"):
        lists = data.read_json(path)
        yield from (words for words in lists.values() if isinstance(words, list))


def normal(text):
    """BIP-39: words and passwords are meant in this form."""
    return unicodedata.normalize("NFKD", text)


def mnemonics(name, entries):
    yield from vectors.score(
        NAME, name, "seeds", [{"op": "bip39_seed", "mnemonic": normal(entry["mnemonic"]),
                               "password": normal(entry.get("password") or "")} for entry in entries],
        vectors.gives([vectors.bare(entry["seed"]) for entry in entries]))
    lists = [[normal(word) for word in words] for words in word_lists()]
    known = [set(words) for words in lists]
    with_words, without = [], 0
    for entry in entries:
        words = normal(entry["mnemonic"]).split()
        fitting = [index for index, words_of in enumerate(known) if all(word in words_of for word in words)]
        if not fitting:
            without += 1
        # Chinese lists share words: the list that gives the entropy is one of those that fit.
        with_words.append((entry, words, fitting))
    if without:
        yield Row(NAME, name, "no word list", without, len(entries))
    asked = [(entry, words, fit) for entry, words, fitting in with_words for fit in fitting]
    read = program.conform([{"op": "bip39_entropy", "mnemonic": " ".join(words), "words": lists[fit]}
                            for _, words, fit in asked])
    write = program.conform([{"op": "bip39_mnemonic", "hex": vectors.bare(entry["entropy"]), "words": lists[fit]}
                             for entry, _, fit in asked])
    done, total = {"read": set(), "written": set()}, {id(entry) for entry, _, _ in asked}
    for (entry, words, _), one, two in zip(asked, read, write):
        if one.get("ok") is True and one["out"] == vectors.bare(entry["entropy"]):
            done["read"].add(id(entry))
        if two.get("ok") is True and two["out"].split() == words:
            done["written"].add(id(entry))
    for what, good in done.items():
        if total:
            yield Row(NAME, name, f"words {what}", len(good) / len(total), len(total))
    nodes = [(entry, node) for entry in entries for node in entry.get("hdnodes", [])]
    yield from vectors.score(
        NAME, name, "nodes", [{"op": "bip32", "seed": vectors.bare(entry["seed"]), "path": node["path"]}
                              for entry, node in nodes],
        lambda answer, index: answer.get("ok") is True and node_as_told(answer["out"], nodes[index][1]))


NODE_FIELDS = {"privateKey": "private_key", "publicKey": "public_key", "chainCode": "chain_code", "address": "evm_address",
               "fingerprint": "fingerprint", "parentFingerprint": "parent", "depth": "depth", "index": "index",
               "extendedKey": "xprv"}


def node_as_told(out, node):
    for theirs, ours in NODE_FIELDS.items():
        told, got = node.get(theirs), out[ours]
        if told is None:
            continue
        if isinstance(told, str) and told.startswith("0x"):
            told, got = told[2:].lower(), got.removeprefix("0x").lower()
        if told != got:
            return False
    return True


FORMS = {49: "sh(wpkh({}))", 84: "wpkh({})", 86: "tr({})"}


def account(name, entry):
    """A BIP's account: every key and address of the text, from its words."""
    text = entry["text"]
    words = re.search(r"(?:masterseedWords|mnemonic) *= *(.+)", text)
    chain = "btc-testnet" if "(testnet)" in text else "btc"
    questions, expected, told = [], [], []
    if words:
        seed = program.conform([{"op": "bip39_seed", "mnemonic": words.group(1).strip(), "password": ""}])[0].get("out")
        for heading, body in re.findall(r"//[^\n]*= (m/[0-9'/]+)\n(.*?)(?=\n *//[^\n]*= m/|\Z)", text, re.DOTALL):
            fields = {key: value.split("=")[-1].split("(")[0].strip().removeprefix("0x")
                      for key, value in re.findall(r"(\w+) *= *([^\n]+)", body)}
            questions.append({"op": "bip32", "seed": seed, "path": heading})
            expected.append(fields)
            told.append(heading)
    answers = program.conform(questions) if questions else []
    good = total = 0
    for fields, answer in zip(expected, answers):
        for key, value in fields.items():
            verdict = field_holds(entry["bip"], chain, key, value, answer.get("out", {}))
            if verdict is not None:
                total += 1
                good += verdict
    if total:
        yield Row(NAME, f"{name}/bip-{entry['bip']}", "fields", good / total, total)
    else:
        yield Row(NAME, f"{name}/bip-{entry['bip']}", "fields", None, 0)


def field_holds(bip, chain, key, value, out):
    """Whether a field of the text is what we derive; nothing for names that are not of a key or an address."""
    key = key.lower()
    if re.fullmatch(r"(account\d+)?x(pub|priv|prv)", key):
        # SLIP-132 writes the same key with other first bytes.
        read = program.conform([{"op": "base58check", "text": value}, {"op": "base58check", "text":
                               out.get("xpub" if key.endswith("pub") else "xprv", "")}])
        return all(each.get("ok") for each in read) and read[0]["out"][8:] == read[1]["out"][8:]
    if key == "privkey" or key.endswith("recvprivatekey"):
        read = program.conform([{"op": "base58check", "text": value}])[0]
        return read.get("ok") is True and read["out"][2:66] == out.get("private_key")
    if key.endswith("privatekeyhex"):
        return value == out.get("private_key")
    if key == "pubkey" or key.endswith("publickeyhex"):
        return value == out.get("public_key")
    if key == "internal_key":
        return value == out.get("public_key", "")[2:]
    if key in ("address", "output_key", "scriptpubkey") and bip in FORMS and "public_key" in out:
        made = program.conform([{"op": "descriptor", "chain": chain, "text": FORMS[bip].format(out["public_key"])}])[0]
        if made.get("ok") is not True:
            return False
        script = made["out"]["scripts"][0]
        return value == {"address": made["out"]["addresses"][0], "scriptpubkey": script, "output_key": script[4:]}[key]
    return None


# --- BIP-327

def musig(name, v):
    if "sorted_pubkeys" in v:
        yield Row(NAME, name, "sorted", float(sorted(v["pubkeys"]) == v["sorted_pubkeys"]), 1)
        return
    session = any(key in v for key in ("psigs", "pnonces", "secnonce", "sk", "msgs"))
    cases = v.get("valid_test_cases", [])
    errors = v.get("error_test_cases", [])
    if session:
        # Nonces and partial signatures belong to a signing session, which only a signer has.
        yield Row(NAME, name, "not judged: needs a signing session", len(cases) + len(errors), len(cases) + len(errors))
        return

    def question(case):
        return {"op": "musig_key", "keys": [v["pubkeys"][i] for i in case["key_indices"]],
                "tweaks": [v["tweaks"][i] for i in case.get("tweak_indices", [])], "x_only": case.get("is_xonly", [])}
    yield from vectors.score(NAME, name, "aggregates", [question(case) for case in cases],
                             right(("x_only", [case["expected"].lower() for case in cases])))
    yield from vectors.score(NAME, name, "refused", [question(case) for case in errors], vectors.refused)
