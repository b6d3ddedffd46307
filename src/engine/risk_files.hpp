// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "risk.hpp"

namespace cordon::engine {

/// What somebody names as the gate's knowledge.
struct RiskRequest {
    std::string ledger;                    ///< Directory; empty: none.
    std::vector<std::string> known;        ///< wallets:, labels:, assets:, prices:, label lists.
    std::vector<std::string> lists;        ///< To screen against, as read_given_list takes them.
    std::optional<UnixMillis> as_of = {};  ///< The date of lists that carry none.
    std::string state, context;            ///< As RiskFiles.
    bool skip_bad = false;                 ///< Leaves bad rows of lists out, with warnings.
    std::vector<std::string>* warnings = nullptr;  ///< Where they go.
    const std::atomic<bool>* cancel = nullptr;
};

/// Reads it. Without a ledger and lists there is no screener: what depends on it is held.
/// kInvalidParam: something else among `known`.
Result<RiskFiles> risk_files(const RiskRequest& request);

}  // namespace cordon::engine
