// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include <cordon/base/bytes.hpp>

namespace cordon {

/// What the payload of an address is. Kinds from kP2pk on have no address text of their own on the
/// chain: they are known by the SHA-256 of the output script and written "p2pk:<hex>",
/// "multisig:<hex>", ...
enum class AddressKind : uint8_t {
    kNone = 0,
    kEvm,      ///< 20 bytes.
    kTron,     ///< 20 bytes (the 0x41 prefix is not stored).
    kP2pkh,    ///< 20 bytes, hash160 of a public key.
    kP2sh,     ///< 20 bytes, hash160 of a script.
    kP2wpkh,   ///< 20 bytes, witness version 0 (BIP-141).
    kP2wsh,    ///< 32 bytes, witness version 0 (BIP-141).
    kP2tr,     ///< 32 bytes, witness version 1 (BIP-341).
    kWitness,  ///< A witness program of no known meaning: version byte, then 2..40 bytes (BIP-141).
    kP2pk,     ///< Bare public key; SHA-256 of the script.
    kMultisig,  ///< Bare m-of-n; SHA-256 of the script.
    kOpReturn,  ///< Provably unspendable data carrier; SHA-256 of the script.
    kScript,    ///< Anything else; SHA-256 of the script.
};

/// "p2wpkh", "evm", ...
std::string_view to_string(AddressKind kind) noexcept;

/// Who holds value: kind and payload, independent of how a chain writes it (chain::parse_address,
/// chain::format_address). A value type of 42 bytes without padding; the order is by kind, then
/// payload.
class Address {
public:
    static constexpr std::size_t kMaxSize = 41;

    constexpr Address() noexcept = default;
    /// REQUIRES: payload.size() is right for the kind, and at most kMaxSize.
    Address(AddressKind kind, ByteView payload) noexcept
        : kind_{kind}, size_{static_cast<uint8_t>(std::min(payload.size(), kMaxSize))} {
        std::copy_n(payload.begin(), size_, bytes_.begin());
    }

    AddressKind kind() const noexcept { return kind_; }
    ByteView payload() const noexcept { return {bytes_.data(), size_}; }
    bool empty() const noexcept { return kind_ == AddressKind::kNone; }
    /// The all-zero EVM or Tron address: where mints come from and burns go to.
    bool is_zero() const noexcept;

    friend auto operator<=>(const Address&, const Address&) = default;

private:
    AddressKind kind_ = AddressKind::kNone;
    uint8_t size_ = 0;
    std::array<uint8_t, kMaxSize>
        bytes_{};  // Unused tail is zero, so that comparing all of it is right.
};

/// The number of payload bytes a kind must have; nothing for kWitness (3..41) and kNone (0).
std::optional<std::size_t> payload_size(AddressKind kind) noexcept;

}  // namespace cordon

template <>
struct std::hash<cordon::Address> {
    std::size_t operator()(const cordon::Address& address) const noexcept {
        // Payloads are hashes, but vanity addresses share their first bytes: mix two places.
        const cordon::ByteView payload = address.payload();
        uint64_t a = 0;
        uint64_t b = 0;
        if (payload.size() >= 20) {
            std::memcpy(&a, payload.data() + 4, 8);
            std::memcpy(&b, payload.data() + 12, 8);
        } else {
            for (const uint8_t byte : payload) a = a * 257 + byte;
        }
        return (a ^ (b * 0x9E3779B97F4A7C15ULL) ^ static_cast<uint64_t>(address.kind())) *
               0xBF58476D1CE4E5B9ULL;
    }
};
