# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Names of a story become addresses, hashes and scripts: the same name always gives the same bytes."""
import hashlib

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_PREFIX = {"btc": "bc", "btc-testnet": "tb", "btc-regtest": "bcrt"}


def _digest(kind, name):
    return hashlib.sha256(f"cordon scenario {kind} {name}".encode("utf-8")).digest()


def is_utxo(chain):
    return chain in BECH32_PREFIX


def address(chain, name):
    """A name, or an address written out (0x..., bc1...), as the chain writes it."""
    if name.startswith("0x") or name.startswith(tuple(f"{prefix}1" for prefix in BECH32_PREFIX.values())):
        return name
    payload = _digest("address", name)[:20]
    return _segwit(BECH32_PREFIX[chain], payload) if is_utxo(chain) else "0x" + payload.hex()


def script(name):
    """The output script of a named address on a UTXO chain (P2WPKH)."""
    return "0014" + _digest("address", name)[:20].hex()


def contract(name):
    return "0x" + _digest("contract", name)[:20].hex()


def txid(chain, name):
    digest = _digest("txn", name).hex()
    return digest if is_utxo(chain) else "0x" + digest


def _polymod(values):
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def _segwit(prefix, program):
    """BIP-173 address of a version 0 program."""
    bits = "".join(f"{byte:08b}" for byte in program)
    values = [0] + [int(bits[place:place + 5].ljust(5, "0"), 2) for place in range(0, len(bits), 5)]
    expanded = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    check = _polymod(expanded + values + [0] * 6) ^ 1
    return prefix + "1" + "".join(BECH32[value] for value in values + [check >> 5 * (5 - place) & 31 for place in range(6)])
