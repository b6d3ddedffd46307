// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include <algorithm>

#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"

namespace cordon::chain {
namespace {

constexpr unsigned kMaxMultisigKeys = 20;  // MAX_PUBKEYS_PER_MULTISIG of Bitcoin Core.

/// 33 bytes after 02 or 03, 65 after 04, 06 or 07 (hybrid keys are valid in consensus).
bool is_public_key(ByteView key) noexcept {
    if (key.size() == 33) return key[0] == 2 || key[0] == 3;
    if (key.size() == 65) return key[0] == 4 || key[0] == 6 || key[0] == 7;
    return false;
}

bool is_p2pkh(ByteView s) noexcept {
    return s.size() == 25 && s[0] == kOpDup && s[1] == kOpHash160 && s[2] == 20 &&
           s[23] == kOpEqualVerify && s[24] == kOpCheckSig;
}

bool is_p2sh(ByteView s) noexcept {
    return s.size() == 23 && s[0] == kOpHash160 && s[1] == 20 && s[22] == kOpEqual;
}

bool is_p2pk(ByteView s) noexcept {
    return (s.size() == 35 || s.size() == 67) && s[0] == s.size() - 2 && s.back() == kOpCheckSig &&
           is_public_key(s.subspan(1, s[0]));
}

/// OP_0 or OP_1..OP_16, then one push of 2..40 bytes and nothing else (BIP-141).
bool is_witness_program(ByteView s) noexcept {
    return s.size() >= 4 && s.size() <= 42 && (s[0] == 0 || (s[0] >= kOp1 && s[0] <= kOp16)) &&
           s[1] + 2U == s.size();
}

/// A count of keys at `at`: OP_1..OP_16, or a minimal push of 17..20. 0 when there is none; moves
/// `at` behind it.
unsigned take_count(ByteView s, std::size_t& at) noexcept {
    if (at >= s.size()) return 0;
    if (s[at] >= kOp1 && s[at] <= kOp16) return s[at++] - kOp1 + 1U;
    if (s[at] != 1 || at + 1 >= s.size() || s[at + 1] <= 16 || s[at + 1] > kMaxMultisigKeys)
        return 0;
    at += 2;
    return s[at - 1];
}

/// m, n keys, n, OP_CHECKMULTISIG. Keys count by their length: Counterparty and others put data in
/// the place of some, and consensus lets the holders of the rest spend.
bool is_multisig(ByteView s) noexcept {
    if (s.size() < 37 || s.back() != kOpCheckMultisig) return false;
    std::size_t at = 0;
    const unsigned required = take_count(s, at);
    if (required == 0) return false;
    unsigned keys = 0;
    while (at < s.size() && (s[at] == 33 || s[at] == 65) && at + 1 + s[at] < s.size()) {
        at += 1U + s[at];
        ++keys;
    }
    const unsigned total = take_count(s, at);
    return total == keys && required <= total && at + 1 == s.size();
}

Address by_hash(AddressKind kind, ByteView script) noexcept {
    return Address{kind, crypto::sha256(script)};
}

Bytes joined(std::initializer_list<uint8_t> head, ByteView payload,
             std::initializer_list<uint8_t> tail) {
    Bytes out(head);
    out.insert(out.end(), payload.begin(), payload.end());
    out.insert(out.end(), tail);
    return out;
}

}  // namespace

Address address_of_script(ByteView script) noexcept {
    if (is_p2pkh(script)) return Address{AddressKind::kP2pkh, script.subspan(3, 20)};
    if (is_p2sh(script)) return Address{AddressKind::kP2sh, script.subspan(2, 20)};
    if (is_witness_program(script)) {
        const ByteView program = script.subspan(2);
        if (script[0] == 0 && program.size() == 20) return Address{AddressKind::kP2wpkh, program};
        if (script[0] == 0 && program.size() == 32) return Address{AddressKind::kP2wsh, program};
        if (script[0] == kOp1 && program.size() == 32) return Address{AddressKind::kP2tr, program};
        if (script[0] == 0) return by_hash(AddressKind::kScript, script);
        std::array<uint8_t, Address::kMaxSize> payload{static_cast<uint8_t>(script[0] - kOp1 + 1)};
        std::copy(program.begin(), program.end(), payload.begin() + 1);
        return Address{AddressKind::kWitness, ByteView{payload}.first(program.size() + 1)};
    }
    if (!script.empty() && script[0] == kOpReturn) return by_hash(AddressKind::kOpReturn, script);
    if (is_p2pk(script)) return by_hash(AddressKind::kP2pk, script);
    if (is_multisig(script)) return by_hash(AddressKind::kMultisig, script);
    return by_hash(AddressKind::kScript, script);
}

std::optional<Bytes> script_of_address(const Address& address) {
    const ByteView payload = address.payload();
    switch (address.kind()) {
        case AddressKind::kP2pkh:
            return joined({kOpDup, kOpHash160, 20}, payload, {kOpEqualVerify, kOpCheckSig});
        case AddressKind::kP2sh: return joined({kOpHash160, 20}, payload, {kOpEqual});
        case AddressKind::kP2wpkh: return joined({0, 20}, payload, {});
        case AddressKind::kP2wsh: return joined({0, 32}, payload, {});
        case AddressKind::kP2tr: return joined({kOp1, 32}, payload, {});
        case AddressKind::kWitness:
            return joined({static_cast<uint8_t>(kOp1 - 1 + payload[0]),
                           static_cast<uint8_t>(payload.size() - 1)},
                          payload.subspan(1), {});
        default: return std::nullopt;
    }
}

std::optional<uint64_t> leading_number(ByteView script) noexcept {
    if (script.empty()) return std::nullopt;
    if (script[0] == 0) return 0;
    if (script[0] >= kOp1 && script[0] <= kOp16) return script[0] - kOp1 + 1U;
    const std::size_t size = script[0];
    if (size > 8 || script.size() < size + 1) return std::nullopt;
    const uint8_t top = script[size];
    if ((top & 0x80) != 0) return std::nullopt;  // Negative.
    if (top == 0 && (size == 1 || (script[size - 1] & 0x80) == 0))
        return std::nullopt;  // Not minimal.
    uint64_t value = 0;
    for (std::size_t i = size; i > 0; --i) value = value << 8 | script[i];
    return value;
}

}  // namespace cordon::chain
