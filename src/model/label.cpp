// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label.hpp"

#include <array>

#include <cordon/base/format.hpp>

namespace cordon {
namespace {

constexpr std::array<std::string_view, kCategoryCount> kNames{
    "bridge",     "defi",       "deposit", "exchange", "gambling", "mixer", "other",
    "ransomware", "sanctioned", "scam",    "service",  "swap",     "theft", "user"};

}  // namespace

std::string_view to_string(Category category) noexcept {
    return kNames[static_cast<std::size_t>(category)];
}

Result<Category> parse_category(std::string_view text) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == text) return static_cast<Category>(i);
    std::string names;
    for (const std::string_view name : kNames) names += format(" {}", name);
    return fail(ErrorCode::kMalformed,
                format("category \"{}\": expected one of{}", text.substr(0, 90), names));
}

}  // namespace cordon
