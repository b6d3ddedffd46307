# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""EVM txns: what each fork accepts, every field, both hashes and who signed.

Sets: {txbytes, result by fork}; {txbytes, type, sender, fields}; {unsigned and signed forms, accountAddress};
{tx, unsigned, signed, address}.
"""
from .. import vectors
from ..abi_values import number

NAME = "evm-txns"
GROUP = "conformance"
CHAIN = 1  # Of Ethereum's own tests.
# What no txn shows: the account that signs, and the price and the room of a block.
STATE = ("INSUFFICIENT_ACCOUNT_FUNDS", "INSUFFICIENT_MAX_FEE_PER_GAS", "INSUFFICIENT_MAX_FEE_PER_BLOB_GAS",
         "GAS_ALLOWANCE_EXCEEDED", "NONCE_MISMATCH_TOO_HIGH", "NONCE_MISMATCH_TOO_LOW", "SENDER_NOT_EOA")


def run(_options):
    return vectors.require(rows(), "no custody set of EVM txns")


def rows():
    for name, entries in vectors.with_keys("txbytes", "result"):
        yield from by_fork(name, entries)
    for name, entries in vectors.with_keys("txbytes", "type", "sender"):
        yield from with_fields(name, entries)
    for name, entries in vectors.with_keys("unsignedTransaction", "signedTransaction", "accountAddress"):
        for suffix in ("", "ChainId5"):
            mine = [entry for entry in entries if f"signedTransaction{suffix}" in entry]
            yield from forms(name, suffix or "any chain", [
                (entry[f"unsignedTransaction{suffix}"], entry[f"signedTransaction{suffix}"], entry["accountAddress"],
                 entry | {"type": 0, "chainId": 5 if suffix else None}) for entry in mine])
    for name, entries in vectors.with_keys("tx", "unsigned", "signed", "address"):
        yield from forms(name, "typed", [(entry["unsigned"], entry["signed"], entry["address"],
                                          {"chainId": 0} | entry["tx"]) for entry in entries])


def by_fork(name, entries):
    good, bad, told = [], [], []
    for entry in entries:
        for fork, result in sorted(entry["result"].items()):
            question = {"op": "evm_txn", "hex": vectors.bare(entry["txbytes"]), "fork": fork, "chain_id": CHAIN}
            if "exception" in result:
                bad.append(question)
            else:
                good.append(question)
                told.append((vectors.bare(result["hash"]), result["sender"].lower(), number(result["intrinsicGas"])))
    yield from vectors.score(NAME, name, "accepted", good,
                             lambda answer, index: answer.get("ok") is True and told[index] == (
                                 answer["out"]["hash"], answer["out"]["sender"], answer["out"]["intrinsic_gas"]))
    yield from vectors.score(NAME, name, "refused", bad, vectors.refused)


def amount(told):
    """A number of any form as conform writes it; nothing is zero."""
    if told in (None, "", "0x"):
        return "0"
    return str(number(told))


def fields(told):
    """The fields that an entry gives, as conform writes them; those that are left out are zero."""
    price = told.get("gasPrice")
    out = {"type": told["type"], "nonce": amount(told.get("nonce")), "gas_limit": amount(told.get("gasLimit")),
           "to": (told.get("to") or "").lower() or None, "value": amount(told.get("value")),
           "data": vectors.bare(told.get("data") or ""),
           "max_fee_per_gas": amount(told.get("maxFeePerGas") or price),
           "max_priority_fee_per_gas": amount(told.get("maxPriorityFeePerGas") or
                                              (price if told["type"] < 2 else None))}
    if "chainId" in told:
        out["chain_id"] = told["chainId"]
    if told["type"] > 0:
        out["access_list"] = [{"address": entry["address"].lower(), "keys": list(map(vectors.bare, entry["storageKeys"]))}
                              for entry in told.get("accessList") or ()]
    if told["type"] == 3:
        out["max_fee_per_blob_gas"] = amount(told.get("maxFeePerBlobGas"))
        out["blob_hashes"] = list(map(vectors.bare, told.get("blobVersionedHashes") or ()))
    return out


def fits(answer, told):
    out = answer.get("out") or {}
    return answer.get("ok") is True and out["reencodes"] and all(out[key] == value for key, value in told.items())


def with_fields(name, entries):
    def possible(entry):
        names = [part.rsplit(".", 1)[-1] for part in (entry.get("expectException") or "").split("|")]
        return all(part == "" or part in STATE for part in names)

    def asked(entry):
        return {"op": "evm_txn", "hex": vectors.bare(entry["txbytes"]), "fork": entry["fork"], "chain_id": CHAIN}
    good = [entry for entry in entries if possible(entry)]
    told = [fields(entry) | {"sender": entry["sender"].lower()} for entry in good]
    yield from vectors.score(NAME, name, "accepted", list(map(asked, good)),
                             lambda answer, index: fits(answer, told[index]))
    yield from vectors.score(NAME, name, "refused", [asked(entry) for entry in entries if not possible(entry)],
                             vectors.refused)


def forms(name, kind, entries):
    """(unsigned, signed, signer, fields): both forms hold the fields and are hashed alike, and the signer is found."""
    told = [fields(entry[3]) for entry in entries]
    hashes = {}

    def unsigned(answer, index):
        hashes[index] = (answer.get("out") or {}).get("signing_hash")
        return fits(answer, told[index] | {"signed": False, "hash": None})

    def signed(answer, index):
        return fits(answer, told[index] | {"sender": entries[index][2].lower(), "signing_hash": hashes[index]})
    for metric, place, right in (("unsigned", 0, unsigned), ("signed", 1, signed)):
        yield from vectors.score(NAME, f"{name}: {kind}", metric,
                                 [{"op": "evm_txn", "hex": vectors.bare(entry[place])} for entry in entries], right)
