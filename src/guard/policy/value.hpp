// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <cordon/base/amount.hpp>
#include <cordon/model/address.hpp>

/// What conditions of a policy compute with: three-valued (Kleene), so that a thing that is not
/// known matters only where it could change the answer.
namespace cordon::guard {

/// Checked when a policy is compiled; while it judges, a value is one of the kinds below.
enum class Type : uint8_t {
    kBool,
    kNumber,    ///< A whole number from 0, up to 2^256-1.
    kAmount,    ///< In smallest units of the request's asset.
    kUsd,       ///< Cents.
    kDuration,  ///< Milliseconds.
    kTime,      ///< Unix milliseconds.
    kShare,     ///< Millionths.
    kSeverity,  ///< As a number: none, info, low, medium, high, critical.
    kAddress,
    kText,
    kChain,
    kAsset,
    kTexts,  ///< Several texts.
};
/// "number", "amount", ... for messages.
std::string_view to_string(Type type) noexcept;

/// Nobody can say, because ... Lifetime of this and of texts and lists: that of the Facts.
struct Unknown {
    std::string_view why;
};
/// It is known that there is none, because ...
struct Absent {
    std::string_view why;
};
/// Numbers, amounts, usd, durations, times, shares and severities are an Amount, so that nothing
/// depends on rounding.
using Value = std::variant<Unknown, Absent, bool, Amount, Address, std::string_view,
                           std::span<const std::string>>;

/// The order makes "and" the least and "or" the greatest.
enum class Truth : uint8_t { kNo, kUnknown, kYes };
constexpr Truth truth(bool yes) noexcept { return yes ? Truth::kYes : Truth::kNo; }
constexpr Truth negate(Truth t) noexcept {
    return static_cast<Truth>(2 - static_cast<unsigned>(t));
}

}  // namespace cordon::guard
