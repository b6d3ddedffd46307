// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/amount.hpp>

#include "syntax.hpp"

/// What numbers mean in conditions, whoever evaluates them: units, and arithmetic that never rounds
/// up and never wraps.
namespace cordon::chain {

inline constexpr uint64_t kShareOne = 1'000'000;  ///< 100 %: shares are millionths.

/// A number, a text or hex digits, rather than a name.
bool is_literal(const Ast& ast) noexcept;
bool is_usd_unit(std::string_view unit) noexcept;
/// ms, s, m, h, d, w.
bool is_duration_unit(std::string_view unit) noexcept;

/// "10m", "24h": kMalformed, kOverflow.
Result<std::chrono::milliseconds> parse_duration(std::string_view digits, std::string_view unit);
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "1d 2h": the largest units first, from seconds on.
std::string format_duration(std::chrono::milliseconds duration);

/// kAdd, kSub, kMul, kDiv, and kOf: a share of something. Nothing when the result is below 0, above
/// 2^256-1, or of a division by 0.
std::optional<Amount> compute(Op op, const Amount& a, const Amount& b);
/// a / b in millionths.
std::optional<Amount> as_share(const Amount& a, const Amount& b);

}  // namespace cordon::chain
