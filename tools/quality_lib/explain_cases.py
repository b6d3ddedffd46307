# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Payloads of the real record and what a careful reader of it would know when asked to sign them."""
import re

SAFE_FIELDS = ("safe", "chainId", "to", "value", "data", "operation", "nonce")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}\b")
NOBODY = "0x00000000000000000000000000000000000a11ce"  # Somebody else, where a list needs an entry.
NOW, MINUTES_BEFORE = 1_700_000_000, 600

# What a must_flag text speaks of -> the rule that says so. Texts that fit none are counted.
RULES = (
    (r"operation ?== ?1", "R1"),
    (r"slot 0|owner set replaced|re-initiali[sz]ation", "R2"),
    (r"never seen|first seen|not whitelisted", "R3"),
    (r"look-alike", "R4"),
    (r"owner set replaced|re-initiali[sz]ation", "R5"),
    (r"combined with delegatecall", "R6"),
    (r"not recover to the owner|recovers to a non-owner", "R7"),
    (r"same nonce", "R8"),
    (r"failed multisig", "R9"),
    (r"amount", "R11"),
    (r"approved withdrawal request|no matching", "R12"),
    (r"selector \w+ unknown|out of sequence", "understood"),  # Not a rule of R: that it is not ok is enough.
)


def is_safe(entry):
    return isinstance(entry, dict) and all(field in entry for field in SAFE_FIELDS)


def expected(incident):
    """(rules, texts that no rule speaks of)."""
    rules, open_texts = set(), []
    for text in incident["must_flag"]:
        found = {rule for pattern, rule in RULES if re.search(pattern, text)}
        rules |= found - {"understood"}
        if not found:
            open_texts.append(text)
    return rules, open_texts


def word(value):
    if isinstance(value, str):
        return value.removeprefix("0x").lower().rjust(64, "0")
    return f"{value:064x}"


def encode(function, selector, values):
    """Calldata of a function whose arguments are words, one list of addresses, or bytes."""
    types = function[function.index("(") + 1:-1].split(",")
    heads, tails = [], ""
    for kind, value in zip(types, values, strict=True):
        if kind in ("bytes", "address[]"):
            heads.append(word(32 * len(types) + len(tails) // 2))
            if kind == "bytes":
                tails += word(len(value)) + value.hex() + "00" * (-len(value) % 32)
            else:
                tails += word(len(value)) + "".join(map(word, value))
        else:
            heads.append(word(value))
    return selector + "".join(heads) + tails


def multi_send(parts):
    """Calldata of multiSend(bytes): (to, value, data) each a plain call."""
    packed = "".join("00" + to.removeprefix("0x").lower() + word(value) + word(len(data) // 2 - 1) + data[2:]
                     for to, value, data in parts)
    return "0x8d80ff0a" + word(32) + word(len(packed) // 2) + packed + "00" * (-(len(packed) // 2) % 32)


def values_of(function, call, before):
    """Arguments in the order of the function, each the next field of the record that fits its type."""
    left = dict(call)
    out = []
    for kind in function[function.index("(") + 1:-1].split(","):
        if kind == "bytes":
            out.append(b"\x11" * 65 * int(left.get("n_signatures", 1)))
        elif kind == "address[]":
            out.append([NOBODY])
        elif kind == "address":
            name = next((key for key, value in left.items() if ADDRESS.search(str(value))), None)
            # What a later call of the record leaves out is as in the first; the token is never left out.
            short = len([1 for value in left.values() if ADDRESS.search(str(value))]) < \
                len([1 for value in before.values() if ADDRESS.search(str(value))])
            if name is None or (short and not out[1:]):
                out.append(ADDRESS.search(next(str(value) for value in before.values()
                                               if ADDRESS.search(str(value)))).group())
            else:
                out.append(ADDRESS.search(str(left.pop(name))).group())
        else:
            name = next((key for key, value in left.items()
                         if key != "n_signatures" and str(value).isdigit()), None)
            out.append(int(left.pop(name)) if name else 1)
    return out


def payloads(incident, selector_of):
    """(kind, JSON object) of what was signed; none where the record has no payload."""
    if is_safe(incident.get("signed")):
        yield "safe", incident["signed"]
        return
    function, target = incident.get("fn"), incident.get("to") or incident.get("wallet")
    if not function or not target or "chainId" not in incident:
        return
    calls = incident.get("calls") or [{}]
    for call in calls:
        data = encode(function, selector_of(function), values_of(function, call, calls[0]))
        yield "evm", {"chainId": incident["chainId"], "to": target, "data": data}


def context_of(incident, payload, history):
    """What the record says that a careful signer could have known, as docs/formats/explain-context.md."""
    account = payload.get("safe") or payload["to"]
    out = {"version": 1, "chain": f"eip155:{incident['chainId']}"}
    owners = sorted({address for key, value in incident.items() if key.startswith("owners")
                     for address in (value if isinstance(value, list) else [value])})
    if owners:
        out["owners"] = owners
    rows = [{"from": account, "to": row["to"], "amount": row["value"]} for row in history
            if row["safe"].lower() == account.lower() and int(row["operation"]) == 0 and row["data"] in ("", "0x")
            and int(row["nonce"]) < int(payload.get("nonce", 0))]
    texts = " | ".join(incident["must_flag"])
    if rows:
        out["history"] = rows
    elif re.search("first seen|not whitelisted", texts):  # There was a list, and the payee was not on it.
        out["book"] = [{"address": NOBODY, "may": ["be-paid", "be-delegatecalled"]}]
    shown = incident.get("shown")
    if is_safe(shown):
        out["proposals"] = [{"nonce": int(shown["nonce"]), "hash": shown["safeTxHash"]}]
        out["request"] = {"id": "shown", "to": shown["to"], "amount": shown["value"]}
    if any("failed" in name for name in incident.get("txs", {})):
        out["now"] = str(NOW)
        out["failed_executions"] = [str(NOW - MINUTES_BEFORE)]
    if "no matching" in texts:
        out["request"] = "none"
    if "% of vault" in texts:  # Then the vault held little more than what the calls take.
        out["balances"] = [{"address": account, "asset": ADDRESS.search(call["token"]).group(), "amount": call["amount"]}
                           for call in incident.get("calls", []) if {"token", "amount"} <= set(call)]
    return out
