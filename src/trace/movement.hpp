// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <cordon/ledger/ledger.hpp>

#include "moment.hpp"
#include "trace.hpp"

namespace cordon::trace {

/// Value that went from one address to another in one txn, after everything between the two in that
/// asset was set off; or by a crossing, which stands for the payment to the bridge and the payment
/// from it. A swap for oneself has the same address on both sides.
struct Movement {
    ChainId chain;
    TxnPosition at;
    std::optional<UnixMillis> time;
    Hash256 txn;
    Address from, to;
    Asset asset;  ///< What `from` gave.
    Amount amount;
    Asset to_asset;  ///< What `to` got: another asset only when a link or crossing explains it.
    Amount to_amount;
    std::string_view kind;  ///< As Edge::kind.
    double confidence = 1;
    /// Of a crossing: where and when it arrived, and who took it on the way.
    struct Far {
        ChainId chain;
        Hash256 txn;
        TxnPosition at;
        std::optional<UnixMillis> time;
        Address via;
    };
    const Far* far = nullptr;                       ///< Lifetime: the reader.
    const std::vector<std::string>* why = nullptr;  ///< As Edge::why. Lifetime: the reader.
    /// Money that surely crossed over by this payment (or came over by it), but cannot be followed:
    /// nothing that `to` paid can be it (nothing that `from` received).
    bool ends = false, begins = false;

    ChainId to_chain() const noexcept { return far != nullptr ? far->chain : chain; }
    Moment leaving() const noexcept { return Moment::of(at, time); }
    Moment arriving() const noexcept {
        return far != nullptr ? Moment::of(far->at, far->time) : leaving();
    }
    bool converts() const noexcept { return far != nullptr || asset != to_asset; }
    bool leaves(ChainId on, const Address& who) const noexcept {
        return chain == on && from == who;
    }
    bool arrives(ChainId on, const Address& who) const noexcept {
        return to_chain() == on && to == who;
    }
    /// For oneself, on the same chain.
    bool is_own() const noexcept { return from == to && chain == to_chain(); }
    /// When it is to him of whom it was asked.
    Moment when(ChainId on, const Address& who) const noexcept {
        return leaves(on, who) ? leaving() : arriving();
    }
};

// A search holds and sorts many: most are neither a crossing nor have anything to be said of them.
static_assert(std::is_trivially_copyable_v<Movement>);

/// Where a search may look and what it leaves out. Lifetime of what it points to: the search.
struct Sight {
    const ledger::Reader& ledger;
    const Context& context;
    std::span<const LinkSource* const> links;
    std::optional<UnixMillis> since, until;           ///< Movements outside do not exist.
    double min_confidence = Params{}.min_confidence;  ///< As in Params.
};

/// Whether a time lies outside the bounds. What has no time does not.
inline bool is_outside(const Sight& sight, std::optional<UnixMillis> time) noexcept {
    return time && ((sight.since && *time < *sight.since) || (sight.until && *time > *sight.until));
}

}  // namespace cordon::trace
