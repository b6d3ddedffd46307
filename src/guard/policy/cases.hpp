// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data.hpp"
#include "told_world.hpp"

/// Policies tested like code: requests in a told world, and what must come out
/// (docs/formats/policy-cases.md).
namespace cordon::guard {

struct Case {
    std::string name;
    uint32_t line = 0;
    WithdrawalRequest request;
    UnixMillis now;
    ToldWorld world;
    ToldSpending spending;
    // What must come out; what is not said does not matter.
    std::optional<Decision> decision;
    std::vector<std::string> rules, not_rules;  ///< Reasons with these ids are there, are not.
    std::vector<std::string> says;              ///< Some reason has this text.
    std::optional<std::vector<ApprovalNeed>> needs;
    std::optional<bool> approvable;
};

struct Cases {
    std::string policy;  ///< The file that the cases name; empty: none.
    std::vector<Case> cases;
    std::vector<chain::Diagnostic> diagnostics;  ///< With an error among them no case is run.
};

/// Reads a file that a case names, for payloads.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;
Cases read_cases(std::string_view yaml, std::string_view name, const ReadFile& read_file);

struct CaseResult {
    const Case* of = nullptr;
    Judgement judgement;
    std::vector<std::string> failures;  ///< Sentences; empty: as it must be.
};
CaseResult run_case(const Policy& policy, const Case& one);

std::span<const KeyTable> case_keys() noexcept;

}  // namespace cordon::guard
