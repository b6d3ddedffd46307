// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "look_alike.hpp"

#include <algorithm>

#include <cordon/base/hex.hpp>

#include "text.hpp"

namespace cordon::chain {
namespace {

/// The text of an address without what all of its kind begin with.
std::string seen_text(ChainId chain, const Address& address) {
    if (address.kind() == AddressKind::kEvm) {  // The common case, without the way over text.
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        text.reserve(address.payload().size() * 2);
        for (const uint8_t byte : address.payload()) {
            text.push_back(kDigits[byte >> 4]);
            text.push_back(kDigits[byte & 15]);
        }
        return text;
    }
    const std::string text = format_address(chain, address);
    // Of bech32 also the witness version (BIP-173).
    const std::size_t bech32 = text.find('1');
    const bool segwit =
        address.kind() == AddressKind::kP2wpkh || address.kind() == AddressKind::kP2wsh ||
        address.kind() == AddressKind::kP2tr || address.kind() == AddressKind::kWitness;
    const std::size_t skip = segwit && bech32 != std::string::npos ? bech32 + 2 : 1;
    return text.size() > skip ? text.substr(skip) : std::string{};
}

/// Of two EVM addresses, by digits of hex.
Likeness nibbles(const Address& a, const Address& b) {
    const ByteView left = a.payload(), right = b.payload();
    const std::size_t size = std::min(left.size(), right.size());
    Likeness same;
    for (std::size_t i = 0; i < size; ++i) {
        const unsigned differ = left[i] ^ right[i];
        if (differ == 0) {
            same.prefix += 2;
            continue;
        }
        same.prefix += differ < 16 ? 1 : 0;
        break;
    }
    for (std::size_t i = size; i-- > 0;) {
        const unsigned differ = left[i] ^ right[i];
        if (differ == 0) {
            same.suffix += 2;
            continue;
        }
        same.suffix += (differ & 15) == 0 ? 1 : 0;
        break;
    }
    return same;
}

}  // namespace

std::string ends_of(ChainId chain, const Address& address, const LookAlikeParams& params) {
    const ByteView bytes = address.payload();
    if (address.kind() == AddressKind::kEvm && params.prefix % 2 == 0 && params.suffix % 2 == 0) {
        // Asked of every row of a trace: only the digits that are looked at are written.
        const std::size_t first = params.prefix / 2, last = params.suffix / 2;
        if (bytes.size() < first + last) return {};
        return to_hex(bytes.first(first)) + to_hex(bytes.last(last));
    }
    const std::string text = seen_text(chain, address);
    if (text.size() < params.prefix + params.suffix) return {};
    return text.substr(0, params.prefix) + text.substr(text.size() - params.suffix);
}

bool same_ends(ChainId chain, const Address& a, const Address& b, const LookAlikeParams& params) {
    // Asked of all pairs of a history: bytes that differ need not be written out.
    if (a.kind() == AddressKind::kEvm && b.kind() == AddressKind::kEvm) {
        const auto common = nibbles(a, b);
        return common.prefix >= params.prefix && common.suffix >= params.suffix &&
               a.payload().size() * 2 >= params.prefix + params.suffix;
    }
    const std::string ends = ends_of(chain, a, params);
    return !ends.empty() && ends == ends_of(chain, b, params);
}

Likeness likeness(ChainId chain, const Address& a, const Address& b) {
    if (a.kind() == AddressKind::kEvm && b.kind() == AddressKind::kEvm) return nibbles(a, b);
    const std::string left = seen_text(chain, a), right = seen_text(chain, b);
    const auto common = [](auto begin, auto end, auto other, auto other_end) {
        return static_cast<unsigned>(std::mismatch(begin, end, other, other_end).first - begin);
    };
    return {common(left.begin(), left.end(), right.begin(), right.end()),
            common(left.rbegin(), left.rend(), right.rbegin(), right.rend())};
}

bool looks_like(ChainId chain, const Address& a, const Address& b) {
    if (a == b || a.kind() == AddressKind::kNone || b.kind() == AddressKind::kNone) return false;
    // Information of a character: hex 4 bits, bech32 5, base58 5.86.
    const bool hex = a.kind() == AddressKind::kEvm;
    const bool base58 = a.kind() == AddressKind::kTron || a.kind() == AddressKind::kP2pkh ||
                        a.kind() == AddressKind::kP2sh;
    const double bits = hex ? 4 : base58 ? 5.857 : 5;
    constexpr double kByChance = 32;
    constexpr unsigned kLeastEnd = 2;  // Of DMM's thief; fewer is not looked at.
    const Likeness same = likeness(chain, a, b);
    return same.prefix >= kLeastEnd && same.suffix >= kLeastEnd &&
           (same.prefix + same.suffix) * bits >= kByChance;
}

}  // namespace cordon::chain
