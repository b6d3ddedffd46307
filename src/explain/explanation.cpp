// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "explanation.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace cordon::explain {

std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::kOk: return "ok";
        case Verdict::kWarn: return "warn";
        case Verdict::kBlock: return "block";
    }
    return "block";
}

std::string_view to_string(EffectKind kind) noexcept {
    static constexpr std::array<std::string_view, 19> kNames{
        "transfer",   "allowance",     "allowance-all", "owner",          "threshold",
        "module",     "guard",         "handler",       "implementation", "ownership",
        "delegation", "approved-hash", "order",         "deploy",         "fee",
        "call",       "message",       "code",          "unknown"};
    const auto at = static_cast<std::size_t>(kind);
    return at < kNames.size() ? kNames[at] : "unknown";
}

void add(Explanation& explanation, Finding finding) {
    explanation.verdict = std::max(explanation.verdict, finding.severity);
    explanation.findings.push_back(std::move(finding));
}

void finish(Explanation& explanation) {
    // R before the rest: who gets it says more than how it is made. "R9" before "R10".
    const auto order = [](const Finding& each) {
        unsigned number = 0;
        for (const char c : each.rule.substr(1))
            number = number * 10 + static_cast<unsigned>(c - '0');
        return std::tuple{each.rule[0] != 'R', each.rule[0], number};
    };
    std::stable_sort(explanation.findings.begin(), explanation.findings.end(),
                     [&](const Finding& a, const Finding& b) {
                         return a.severity != b.severity ? a.severity > b.severity
                                                         : order(a) < order(b);
                     });
}

}  // namespace cordon::explain
