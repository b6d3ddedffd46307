// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/chain/conditions/units.hpp>
#include <cordon/model/address.hpp>

/// What expressions of rules compute with.
namespace cordon::detect {

using chain::kShareOne;

/// Types are checked when a rule is compiled; while it runs, a value is one of the kinds below.
enum class Type : uint8_t {
    kBool,
    kNumber,    ///< A whole number from 0, up to 2^256-1.
    kAmount,    ///< In smallest units of the event's asset.
    kUsd,       ///< Cents.
    kDuration,  ///< Milliseconds.
    kTime,      ///< Unix milliseconds.
    kShare,     ///< Millionths.
    kSeverity,  ///< As a number, so that it can be compared.
    kAddress,
    kHash,   ///< 32 bytes.
    kBytes,  ///< Of any length.
    kText,
    kWord,   ///< One of a fixed few.
    kChain,  ///< A text: "eth", "eip155:56".
    kAsset,  ///< A text: "native", "0x…".
    kTexts,  ///< Several texts.
};
/// "number", "amount", ... for messages.
std::string_view to_string(Type type) noexcept;

/// monostate: there is none. Numbers, amounts, usd, durations, times, shares and severities are an
/// Amount, so that nothing depends on rounding; a result below 0 or above 2^256-1 is none.
/// Lifetime: texts and lists are those of the event.
using Value = std::variant<std::monostate, bool, Amount, Address, Hash256, std::string_view,
                           std::span<const std::string>>;

}  // namespace cordon::detect
