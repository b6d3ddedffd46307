// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "books.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// What both engines are given: the arguments of trace(). Lifetime: that call.
struct Walk {
    const ledger::Reader& ledger;
    const Context& context;
    std::span<const LinkSource* const> links;
    const Params& params;
    const std::function<void(const Progress&)>& progress;
    const std::atomic<bool>* cancel = nullptr;

    bool backward() const noexcept { return params.direction == Direction::kBackward; }
    bool cancelled() const noexcept {
        return cancel != nullptr && cancel->load(std::memory_order_relaxed);
    }

    bool is_stop(const Label& label) const {
        return std::find(params.stop.begin(), params.stop.end(), label.category) !=
               params.stop.end();
    }
    /// Nothing but the end of the ledger and the bounds of the walk stops there.
    bool goes_through(ChainId chain, const Address& address) const {
        return std::find(params.through.begin(), params.through.end(), std::pair{chain, address}) !=
               params.through.end();
    }
    bool stops_at(const Books& books, Books::NodeId id) const {
        const Label* label = books.label_of(id);
        return label != nullptr && !books.at(id).seed && is_stop(*label) &&
               !goes_through(books.chain_of(id), books.at(id).address);
    }
    /// Past the far bound in the direction of the walk. Without a time nothing is past it.
    bool is_past(std::optional<UnixMillis> time) const noexcept {
        if (!time) return false;
        return backward() ? params.since && *time < *params.since
                          : params.until && *time > *params.until;
    }
    /// Before the near bound.
    bool is_early(std::optional<UnixMillis> time) const noexcept {
        if (!time) return false;
        return backward() ? params.until && *time > *params.until
                          : params.since && *time < *params.since;
    }
    /// Of `amount` that moves, `tainted` is taint; `so_far` is all taint of that asset until now;
    /// `purity` is the least part of it that must be taint.
    bool below_limit(ChainId chain, const Asset& asset, const Amount& amount, const Amount& tainted,
                     double purity, const Amount& so_far, std::optional<UnixMillis> time) const {
        if (tainted < params.min_amount) return true;
        if (purity > 0 && ratio(tainted, amount) < purity) return true;
        if (params.min_share > 0 && ratio(tainted, so_far) < params.min_share) return true;
        if (params.min_usd <= 0) return false;
        const auto usd = context.usd(chain, asset, tainted, time);
        return usd && *usd < params.min_usd;
    }
    void tell(const Books& books, uint64_t txns, uint32_t hop) const {
        if (progress)
            progress({txns, books.node_count(), books.edge_count(), hop, books.budget_used()});
    }
};

/// How often progress is told and cancelling is looked for.
inline constexpr uint64_t kTxnsPerTick = 1024;

}  // namespace cordon::trace
