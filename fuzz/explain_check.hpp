// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/explain/explanation.hpp>
#include <cordon/explain/rules.hpp>

namespace cordon::explain {

/// What holds of every explanation, whatever it was made of.
inline void check_explanation(const Explanation& out) {
    CORDON_CHECK(!out.summary.empty() && !out.worst_case.empty() && !out.effects.empty());
    Verdict worst = Verdict::kOk;
    for (const Finding& each : out.findings) {
        worst = std::max(worst, each.severity);
        CORDON_CHECK(!each.text.empty() && (each.judged || each.severity == Verdict::kOk));
        const auto known = rules();
        CORDON_CHECK(std::any_of(
            known.begin(), known.end(), [&](const Rule& rule) { return rule.id == each.rule; }));
    }
    CORDON_CHECK(worst == out.verdict);
    for (const Effect& each : out.effects) {
        CORDON_CHECK(!each.text.empty());
        // Not understood is never ok.
        const bool open = each.kind == EffectKind::kUnknown || each.kind == EffectKind::kCode;
        CORDON_CHECK(!open || out.verdict != Verdict::kOk);
    }
}

}  // namespace cordon::explain
