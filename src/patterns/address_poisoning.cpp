// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_poisoning.hpp"

#include <algorithm>

#include "address_rows.hpp"

namespace cordon::patterns {

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
    const std::string ends = ends_of(chain_, other, params_.look_alike);
    if (ends.empty()) return std::nullopt;
    const bool real = moves_money(chain_, row, context_);
    const auto known = deals_.find(ends);
    if (!real && known == deals_.end()) return std::nullopt;
    std::vector<Deal>& deals = real && known == deals_.end() ? deals_[ends] : known->second;
    const auto same = std::find_if(deals.begin(), deals.end(),
                                   [&](const Deal& deal) { return deal.with == other; });
    if (same == deals.end() && !deals.empty()) {
        if (!real)
            return Poisoning{
                other, deals.front().with,
                row.amount.is_zero() ? Poisoning::How::kZero : Poisoning::How::kCounterfeit};
        // What the address sends itself is its own doing: the slip that the bait is for.
        for (const Deal& deal : deals)
            for (const auto& [asset, largest] : deal.largest)
                if (!sends && asset == row.asset && ratio(row.amount, largest) <= params_.max_share)
                    return Poisoning{other, deal.with, Poisoning::How::kDust};
    }
    if (!real) return std::nullopt;
    Deal& deal = same == deals.end() ? deals.emplace_back(Deal{other, {}}) : *same;
    const auto at = std::find_if(deal.largest.begin(), deal.largest.end(),
                                 [&](const auto& entry) { return entry.first == row.asset; });
    if (at == deal.largest.end())
        deal.largest.emplace_back(row.asset, row.amount);
    else
        at->second = std::max(at->second, row.amount);
    return std::nullopt;
}

std::unique_ptr<trace::BaitWatch> AddressPoisoning::bait_watch(
    ChainId chain, const Address& address, const trace::Context& context) const {
    return std::make_unique<Watch>(params_, chain, address, context);
}

}  // namespace cordon::patterns
