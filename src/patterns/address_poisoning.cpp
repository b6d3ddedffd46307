// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_poisoning.hpp"

#include <algorithm>
#include <functional>

#include "address_rows.hpp"

namespace cordon::patterns {
namespace {

constexpr std::size_t kFew = 16;  // Found by looking at each.

uint32_t hash_of(std::string_view ends) noexcept {
    return static_cast<uint32_t>(std::hash<std::string_view>{}(ends));
}

}  // namespace

std::string_view to_string(Poisoning::How how) noexcept {
    switch (how) {
        case Poisoning::How::kZero: return "zero-value";
        case Poisoning::How::kCounterfeit: return "counterfeit";
        case Poisoning::How::kDust: return "dust";
    }
    return "zero-value";
}

std::optional<Poisoning> AddressPoisoning::Watch::see(const Transfer& row) {
    const bool sends = row.from == address_;
    if (row.kind == TransferKind::kFee || sends == (row.to == address_)) return std::nullopt;
    const Address& other = sends ? row.to : row.from;
    std::string ends = ends_of(chain_, other, params_.look_alike);
    if (ends.empty()) return std::nullopt;
    const bool real = moves_money(chain_, row, context_);
    const uint32_t first = find(ends);
    if (!real && first == kNone) return std::nullopt;
    uint32_t same = first, last = first;
    for (; same != kNone && deals_[same].with != other; same = deals_[same].alike) last = same;
    if (same == kNone && first != kNone) {
        if (!real)
            return Poisoning{
                other, deals_[first].with,
                row.amount.is_zero() ? Poisoning::How::kZero : Poisoning::How::kCounterfeit};
        // What the address sends itself is its own doing: the slip that the bait is for.
        for (uint32_t at = first; at != kNone; at = deals_[at].alike)
            for (const auto& [asset, largest] : deals_[at].largest)
                if (!sends && asset == row.asset && ratio(row.amount, largest) <= params_.max_share)
                    return Poisoning{other, deals_[at].with, Poisoning::How::kDust};
    }
    if (!real) return std::nullopt;
    Deal& deal = same == kNone ? add(std::move(ends), other, last) : deals_[same];
    const auto at = std::find_if(deal.largest.begin(), deal.largest.end(),
                                 [&](const auto& entry) { return entry.first == row.asset; });
    if (at == deal.largest.end())
        deal.largest.emplace_back(row.asset, row.amount);
    else
        at->second = std::max(at->second, row.amount);
    return std::nullopt;
}

uint32_t AddressPoisoning::Watch::find(std::string_view ends) const {
    if (deals_.size() > kFew)
        return firsts_.find(hash_of(ends), [&](uint32_t at) { return deals_[at].ends == ends; });
    for (uint32_t at = 0; at < deals_.size(); ++at)
        if (deals_[at].ends == ends) return at;
    return kNone;
}

AddressPoisoning::Watch::Deal& AddressPoisoning::Watch::add(std::string ends, const Address& with,
                                                            uint32_t last_alike) {
    const auto place = static_cast<uint32_t>(deals_.size());
    if (last_alike != kNone) deals_[last_alike].alike = place;
    deals_.push_back({std::move(ends), with, {}});
    if (deals_.size() <= kFew) return deals_.back();
    for (uint32_t at = deals_.size() == kFew + 1 ? 0 : place; at <= place; ++at)
        if (firsts_.find(hash_of(deals_[at].ends), [&](uint32_t known) {
                return deals_[known].ends == deals_[at].ends;
            }) == kNone)
            firsts_.add(hash_of(deals_[at].ends), at);
    return deals_.back();
}

std::unique_ptr<trace::BaitWatch> AddressPoisoning::bait_watch(
    ChainId chain, const Address& address, std::span<const Address> others,
    const trace::Context& context) const {
    bool alike = others.empty();
    for (std::size_t i = 1; i < others.size() && !alike; ++i)
        alike =
            std::any_of(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const Address& other) {
                            return chain::same_ends(chain, other, others[i], params_.look_alike);
                        });
    if (!alike) return nullptr;
    return std::make_unique<Watch>(params_, chain, address, context);
}

}  // namespace cordon::patterns
