// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "document.hpp"
#include "program.hpp"

/// A policy as it is read, with its conditions compiled.
namespace cordon::guard {

/// What has to happen before a hold is lifted.
struct Asks {
    std::vector<ApprovalNeed> approvals;
    std::chrono::milliseconds cool_down{};
    std::optional<std::chrono::milliseconds> expires;
};

/// A condition with its text.
struct When {
    chain::Ast ast;
    NodeId node = 0;
};

struct Rule {
    std::string id;
    When when;
    Decision then{};
    Asks asks;
    std::string why;  ///< For people; empty: the condition is told.
};

struct LimitRule {
    std::size_t limit = 0;  ///< Of PolicyData::limits.
    std::optional<When> when;
    Asks asks;
    std::string why;
};

/// What is checked without a rule. Off is for those who have these checks elsewhere, and is told.
struct Checks {
    bool explain = true;
    /// Lists are published on working days: over a long weekend one is four days old. None: off.
    std::optional<std::chrono::milliseconds> list_max_age = std::chrono::hours{24 * 4};
    /// Between two blocks of Bitcoin lie two hours once in years (e^-12): more is a feed that
    /// stands. None: off.
    std::optional<std::chrono::milliseconds> feed_max_lag = std::chrono::hours{2};
};

struct PolicyData {
    uint64_t version = 0;
    std::string name;
    std::string text;
    Hash256 digest;
    Decision fallback = Decision::kDeny;
    std::chrono::minutes utc_offset{};
    /// A working day and the night before it.
    std::chrono::milliseconds expires = std::chrono::hours{24};
    std::map<std::string, wallet::ApproverKey, std::less<>> people;
    std::map<std::string, std::vector<wallet::Quorum::Member>, std::less<>> groups;
    bool one_group_each = true;
    Books books;
    Checks checks;
    std::vector<Rule> rules;
    std::vector<Limit> limits;
    std::vector<LimitRule> limit_rules;
    std::vector<BreakerRule> breakers;
    Change change, reset;
    Program program;
};

/// Everything that can be read; what cannot is told.
PolicyData read_policy(std::string_view yaml, std::string_view name, chain::Problems& problems);

/// What a file can say, for the page.
struct KeyTable {
    std::string_view of;
    std::span<const Key> keys;
};
std::span<const KeyTable> policy_keys() noexcept;

/// Reasons that are no rule's.
inline constexpr std::string_view kDefaultRule = "default";
inline constexpr std::string_view kExplainRule = "explain";
inline constexpr std::string_view kScreeningRule = "screening";
inline constexpr std::string_view kFeedRule = "feed";
inline constexpr std::string_view kAlertsRule = "alerts";
inline constexpr std::string_view kRequestRule = "request";

}  // namespace cordon::guard
