// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "look_alike.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <cordon/chain/text.hpp>

namespace cordon::patterns {
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
    const std::string text = chain::format_address(chain, address);
    // Of bech32 also the witness version (BIP-173).
    const std::size_t bech32 = text.find('1');
    const bool segwit =
        address.kind() == AddressKind::kP2wpkh || address.kind() == AddressKind::kP2wsh ||
        address.kind() == AddressKind::kP2tr || address.kind() == AddressKind::kWitness;
    const std::size_t skip = segwit && bech32 != std::string::npos ? bech32 + 2 : 1;
    return text.size() > skip ? text.substr(skip) : std::string{};
}

}  // namespace

std::string ends_of(ChainId chain, const Address& address, const LookAlikeParams& params) {
    const std::string text = seen_text(chain, address);
    if (text.size() < params.prefix + params.suffix) return {};
    return text.substr(0, params.prefix) + text.substr(text.size() - params.suffix);
}

Likeness likeness(ChainId chain, const Address& a, const Address& b) {
    const std::string left = seen_text(chain, a), right = seen_text(chain, b);
    const auto common = [](auto begin, auto end, auto other, auto other_end) {
        return static_cast<unsigned>(std::mismatch(begin, end, other, other_end).first - begin);
    };
    return {common(left.begin(), left.end(), right.begin(), right.end()),
            common(left.rbegin(), left.rend(), right.rbegin(), right.rend())};
}

std::vector<LookAlikeGroup> look_alike_groups(ChainId chain, std::span<const Use> uses,
                                              const LookAlikeParams& params) {
    std::vector<std::pair<std::string, const Use*>> order;
    order.reserve(uses.size());
    for (const Use& use : uses) {
        std::string ends = ends_of(chain, use.address, params);
        if (!ends.empty()) order.emplace_back(std::move(ends), &use);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first, a.second->address) < std::tie(b.first, b.second->address);
    });
    std::vector<LookAlikeGroup> groups;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && order[end].first == order[begin].first) ++end;
        if (end - begin < 2) continue;
        LookAlikeGroup group{order[begin].first, {}, false};
        for (std::size_t i = begin; i < end; ++i) group.members.push_back(*order[i].second);
        const auto original = std::min_element(
            group.members.begin(), group.members.end(), [](const Use& a, const Use& b) {
                return std::tie(b.real, a.first) < std::tie(a.real, b.first);
            });
        std::rotate(group.members.begin(), original, original + 1);
        // Imitators have no business of their own: bait at most, or a victim's one slip.
        group.imitated =
            std::all_of(group.members.begin() + 1, group.members.end(),
                        [&](const Use& other) {
                            return other.real * 2 < group.members.front().real || other.real == 0;
                        }) &&
            group.members.front().real > 0;
        groups.push_back(std::move(group));
    }
    return groups;
}

}  // namespace cordon::patterns
