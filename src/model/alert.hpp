// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "block.hpp"

namespace cordon {

/// How bad. The order is from least to worst.
enum class Severity : uint8_t {
    kInfo,  ///< Worth a line; also a signal for other detectors (a pre-alert).
    kLow,
    kMedium,
    kHigh,      ///< Somebody must look now.
    kCritical,  ///< Money is leaving, or can leave with the next txn: stop withdrawals.
};
std::string_view to_string(Severity severity) noexcept;
/// kMalformed lists the words.
Result<Severity> parse_severity(std::string_view text);

/// Where in a theft this stands (the four stages of Forta's attack detector). kNone: about the
/// watch itself.
enum class Stage : uint8_t { kNone, kFunding, kPreparation, kExploitation, kLaundering };
inline constexpr std::size_t kStages = 5;
std::string_view to_string(Stage stage) noexcept;
Result<Stage> parse_stage(std::string_view text);

/// Of a single alert, as the engine tells it. What people do about it is its life cycle.
enum class AlertState : uint8_t {
    kPending,  ///< Seen before its txn was in a block.
    kRaised,
    kRetracted,  ///< The block that caused it is no longer part of the chain.
};
std::string_view to_string(AlertState state) noexcept;

/// US cents: a price times an amount, rounded down, saturated at the ends of int64. Integers, so
/// that sums do not depend on their order.
using Cents = int64_t;
/// "$1,234,567" or, below 100 dollars, "$12.34".
std::string format_usd(Cents cents);

/// Something that a detector or a rule saw, with its evidence.
struct Alert {
    /// 32 hex digits: of detector, chain, first txn (or block), subject and key. The same event
    /// read again, live, replayed or after a restart, has the same id.
    std::string id;
    AlertState state = AlertState::kRaised;
    std::string detector;  ///< "D11", or the name of a rule.
    Severity severity{};
    Stage stage{};
    double confidence = 0;  ///< 0..1.
    ChainId chain;
    BlockNum block = 0;
    Hash256 block_hash;
    UnixMillis time;                ///< Event time.
    Address subject;                ///< Who it is about; empty: the watch itself.
    std::vector<Hash256> txns;      ///< The evidence, at least one unless it is about a block.
    std::vector<Address> related;   ///< Who else takes part: groups alerts into incidents.
    std::optional<Cents> usd;       ///< At stake; none: unpriced.
    std::string title;              ///< Of the detector: a few words.
    std::string reason;             ///< Plain words with the numbers.
    std::string next;               ///< What to do now.
    std::vector<std::string> tags;  ///< Sorted.
    friend bool operator==(const Alert&, const Alert&) = default;
};

}  // namespace cordon
