// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>

#include <cordon/model/address.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/chain_id.hpp>

#include "config.hpp"

/// Small keys for tables: ten million addresses are remembered.
namespace cordon::detect {

/// An address of a chain in 20 bytes. Payloads are hashes: 20 bytes of them, with the chain mixed
/// in, are as hard to meet as an EVM address.
struct PlaceKey {
    std::array<uint8_t, 20> bytes{};
    friend auto operator<=>(const PlaceKey&, const PlaceKey&) = default;
    /// Of constant size: not a call of memcmp.
    friend bool operator==(const PlaceKey& a, const PlaceKey& b) noexcept {
        return __builtin_memcmp(a.bytes.data(), b.bytes.data(), sizeof a.bytes) == 0;
    }
    /// 64 of its bits, for sets of counterparties. Not for keys: 64 bits can be met by trying.
    uint64_t bits() const noexcept {
        uint64_t a = 0;
        uint64_t b = 0;
        std::memcpy(&a, bytes.data() + 4, 8);
        std::memcpy(&b, bytes.data() + 12, 8);
        uint32_t head = 0;
        std::memcpy(&head, bytes.data(), 4);
        return a ^ (b * 0x9E3779B97F4A7C15ULL) ^ (uint64_t{head} << 16);
    }
};

inline PlaceKey key_of(ChainId chain, const Address& address) noexcept {
    PlaceKey key;
    const ByteView payload = address.payload();
    if (payload.size() >= sizeof key.bytes)  // Nearly all; of constant size, so not a call.
        std::memcpy(key.bytes.data(), payload.data(), sizeof key.bytes);
    else
        std::copy_n(payload.begin(), payload.size(), key.bytes.begin());
    uint32_t head = 0;
    std::memcpy(&head, key.bytes.data(), 4);
    head ^= static_cast<uint32_t>(std::hash<ChainId>{}(chain) >> 32) ^
            static_cast<uint32_t>(address.kind());
    std::memcpy(key.bytes.data(), &head, 4);
    return key;
}
inline PlaceKey key_of(const Place& place) noexcept { return key_of(place.chain, place.address); }

/// An asset of one chain in 16 bytes: the first of a SHA-256 of both.
struct AssetKey {
    std::array<uint8_t, 16> bytes{};
    friend auto operator<=>(const AssetKey&, const AssetKey&) = default;
    uint64_t bits() const noexcept {
        uint64_t a = 0;
        std::memcpy(&a, bytes.data(), 8);
        return a;
    }
};

/// 64 bits of an asset's text, fast: all of a contract's counts, eight letters a step. Not for keys
/// that somebody may want to meet.
inline uint64_t digest_of(const Asset& asset) noexcept {
    const std::string_view text = asset.text();
    constexpr std::size_t kStep = 8;
    uint64_t digest = text.size();
    const auto add = [&](std::size_t at, std::size_t size) {
        uint64_t part = 0;
        std::memcpy(&part, text.data() + at, size);
        digest = (digest ^ part) * 0x9E3779B97F4A7C15ULL;
        digest ^= digest >> 32;
    };
    if (text.size() < kStep) {
        add(0, text.size());
        return digest;
    }
    for (std::size_t at = 0; at + kStep < text.size(); at += kStep) add(at, kStep);
    add(text.size() - kStep, kStep);  // The rest, with letters that counted already.
    return digest;
}

}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::PlaceKey> {
    std::size_t operator()(const cordon::detect::PlaceKey& key) const noexcept {
        return key.bits();
    }
};
template <>
struct std::hash<cordon::detect::AssetKey> {
    std::size_t operator()(const cordon::detect::AssetKey& key) const noexcept {
        return key.bits();
    }
};
template <>
struct std::hash<cordon::detect::Place> {
    std::size_t operator()(const cordon::detect::Place& place) const noexcept {
        return std::hash<cordon::Address>{}(place.address) ^
               std::hash<cordon::ChainId>{}(place.chain);
    }
};
