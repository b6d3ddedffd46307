// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert.hpp"

#include <array>
#include <span>

#include <cordon/base/format.hpp>

namespace cordon {
namespace {

constexpr std::array<std::string_view, 5> kSeverities{"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, kStages> kStageNames{"none", "funding", "preparation",
                                                            "exploitation", "laundering"};
constexpr std::array<std::string_view, 3> kStates{"pending", "raised", "retracted"};

template <typename T>
Result<T> parse_word(std::string_view text, std::span<const std::string_view> words,
                     std::string_view what) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == text) return static_cast<T>(i);
    std::string all;
    for (const std::string_view word : words) all += format(" {}", word);
    return fail(ErrorCode::kMalformed,
                format("{} \"{}\": expected one of{}", what, text.substr(0, 90), all));
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
    return kSeverities[static_cast<std::size_t>(severity)];
}

Result<Severity> parse_severity(std::string_view text) {
    return parse_word<Severity>(text, kSeverities, "severity");
}

std::string_view to_string(Stage stage) noexcept {
    return kStageNames[static_cast<std::size_t>(stage)];
}

Result<Stage> parse_stage(std::string_view text) {
    return parse_word<Stage>(text, kStageNames, "stage");
}

std::string_view to_string(AlertState state) noexcept {
    return kStates[static_cast<std::size_t>(state)];
}

std::string format_usd(Cents cents) {
    constexpr Cents kWholeFrom = 100'00;  // Below a hundred dollars the cents matter.
    const bool negative = cents < 0;
    const uint64_t value =
        negative ? 0 - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
    std::string whole = std::to_string(value / 100);
    for (std::size_t at = whole.size(); at > 3;) whole.insert(at -= 3, ",");
    if (value < kWholeFrom) whole += format(".{:02}", value % 100);
    return (negative ? "-$" : "$") + whole;
}

}  // namespace cordon
