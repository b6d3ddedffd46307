# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Keccak-256 as Ethereum uses it (padding 0x01, unlike SHA3-256 of hashlib): FIPS 202, section 3."""
import functools

MASK = (1 << 64) - 1
ROUNDS = 24
RATE = 136  # Bytes taken in at once, for 256 bits.


def _round_constants():
    """The bits of a linear feedback shift register (FIPS 202, algorithm 5)."""
    state, constants = 1, []
    for _ in range(ROUNDS):
        constant = 0
        for power in range(7):
            if state & 1:
                constant |= 1 << ((1 << power) - 1)
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


CONSTANTS = _round_constants()


def _turned(word, by):
    by %= 64
    return (word << by | word >> (64 - by)) & MASK


def _permute(lanes):
    for constant in CONSTANTS:
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        lanes = [lane ^ columns[(place + 4) % 5] ^ _turned(columns[(place + 1) % 5], 1) for place, lane in
                 ((index % 5, lane) for index, lane in enumerate(lanes))]
        x, y, current = 1, 0, lanes[1]
        for step in range(ROUNDS):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x + 5 * y] = lanes[x + 5 * y], _turned(current, (step + 1) * (step + 2) // 2)
        lanes = [lanes[i] ^ (~lanes[i - i % 5 + (i + 1) % 5] & lanes[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        lanes[0] ^= constant
    return lanes


@functools.lru_cache(maxsize=4096)
def keccak256(data):
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for begin in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            lanes[lane] ^= int.from_bytes(padded[begin + 8 * lane:begin + 8 * lane + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
