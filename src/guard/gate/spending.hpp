// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "../policy.hpp"
#include "entry.hpp"

namespace cordon::guard {

/// Something that was let through, as limits count it.
struct Spend {
    UnixMillis time;
    ChainId chain;
    Asset asset;
    Amount amount;
    Cents usd = 0;
    friend bool operator==(const Spend&, const Spend&) = default;
};

/// What was let through, by account: a scope and a key in it. Accounts are the same under every
/// policy, so a new policy does not begin at zero. Rolling windows are exact: a window of length w
/// that ends at t holds what was let through after t - w. Memory: what the longest window that was
/// kept needs, and sums for ever. Guarded by the gate's mutex.
class SpendBook final : public Spending {
public:
    /// Times never fall.
    void add(const std::vector<Count>& counts, const Spend& spend);
    /// kOverflow: sums that no limit can be compared with any more. Cost: O(1) but for the first
    /// time that an account is asked for a window, and for what has left it since the last time.
    Result<Spent> spent(const Limit& limit, std::string_view key, UnixMillis now) const override;
    /// Forgets what is older than the horizon; sums for ever stay.
    void forget(UnixMillis before);

    struct Account {
        std::deque<Spend> recent;
        uint64_t first = 0;  ///< How many were forgotten before recent.front().
        std::map<std::pair<ChainId, Asset>, Spent> ever;
        bool overflow = false;
        /// A running sum: of the spends from `begin` on.
        struct Window {
            std::chrono::milliseconds length;
            std::optional<ChainId> chain;
            std::optional<Asset> asset;
            uint64_t begin = 0, end = 0;
            Spent sum;
        };
        mutable std::vector<Window> windows;
    };
    const std::map<std::pair<Scope, std::string>, Account, std::less<>>& accounts() const noexcept {
        return accounts_;
    }
    /// Of a snapshot.
    Account& account(Scope scope, std::string key) { return accounts_[{scope, std::move(key)}]; }

private:
    std::map<std::pair<Scope, std::string>, Account, std::less<>> accounts_;
};

}  // namespace cordon::guard
