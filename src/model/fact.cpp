// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fact.hpp"

#include <array>

#include <cordon/base/format.hpp>

namespace cordon {
namespace {

constexpr std::array<std::string_view, kFactKinds> kNames{"bridge-deposit", "bridge-withdrawal",
                                                          "mixer-deposit", "mixer-withdrawal"};

}  // namespace

std::string_view to_string(FactKind kind) noexcept {
    return kNames[static_cast<std::size_t>(kind)];
}

Result<FactKind> parse_fact_kind(std::string_view text) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == text) return static_cast<FactKind>(i);
    std::string names;
    for (const std::string_view name : kNames) names += format(" {}", name);
    return fail(ErrorCode::kMalformed,
                format("kind of fact \"{}\": expected one of{}", text.substr(0, 90), names));
}

}  // namespace cordon
