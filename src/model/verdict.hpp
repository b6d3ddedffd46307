// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/time.hpp>

namespace cordon {

/// What may happen to a withdrawal. The order is that of strictness: the strictest counts.
enum class Decision : uint8_t {
    kAllow,
    kHold,  ///< Not now: approvals, time or knowledge is missing.
    kDeny,  ///< Never; approvals do not change it.
};
std::string_view to_string(Decision decision) noexcept;
/// kMalformed lists the words.
Result<Decision> parse_decision(std::string_view text);

/// Why, in one sentence with the value that decided.
struct Reason {
    Decision decision{};  ///< What this alone asks for.
    std::string rule;     ///< Id of a rule, limit or breaker; "gate": the gate about itself.
    std::string text;
    std::string source;  ///< "policy", "limit", "breaker", "screen", "alert", "explain", "gate".
    friend bool operator==(const Reason&, const Reason&) = default;
};

/// So many different people of a group must agree.
struct ApprovalNeed {
    std::string group;
    unsigned needed = 0, given = 0;
    friend bool operator==(const ApprovalNeed&, const ApprovalNeed&) = default;
};

/// What the gate says about one request. Durable in the log before anybody hears it.
struct Verdict {
    std::string id;  ///< Of the request.
    Decision decision = Decision::kHold;
    std::vector<Reason> reasons;         ///< The strictest first; never empty.
    std::vector<ApprovalNeed> needs;     ///< What turns a hold into allow; empty: nothing that
                                         ///< people can do (or nothing that is left to do).
    std::optional<UnixMillis> earliest;  ///< Of a hold that only time is left of.
    std::optional<UnixMillis> expires;   ///< After it a hold or allow is void.
    Hash256 request;                     ///< digest_of() the request (wallet/statement.hpp).
    Hash256 policy;                      ///< SHA-256 of the policy's bytes.
    UnixMillis time;
    uint64_t entry = 0;  ///< Its index in the log.
    friend bool operator==(const Verdict&, const Verdict&) = default;
};

}  // namespace cordon
