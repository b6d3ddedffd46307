// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include <array>

#include <cordon/base/format.hpp>

namespace cordon {
namespace {

constexpr std::array<std::string_view, 3> kDecisions{"allow", "hold", "deny"};

}  // namespace

std::string_view to_string(Decision decision) noexcept {
    return kDecisions[static_cast<std::size_t>(decision)];
}

Result<Decision> parse_decision(std::string_view text) {
    for (std::size_t i = 0; i < kDecisions.size(); ++i)
        if (kDecisions[i] == text) return static_cast<Decision>(i);
    return fail(ErrorCode::kMalformed,
                format("decision \"{}\": expected allow, hold or deny", text.substr(0, 40)));
}

}  // namespace cordon
