// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/model/label.hpp>

/// Colours and signs of the flow picture. Never colour alone: each sort of service has its own
/// shape.
namespace cordon::report {

/// What a reader tells apart; several label categories share a sign.
enum class Sign { kExchange, kBridge, kMixer, kSwap, kGambling, kService, kCrime };
inline constexpr int kSignCount = 7;
Sign sign_of(Category category) noexcept;
std::string_view sign_name(Sign sign) noexcept;   ///< "exchange", ...
std::string_view sign_class(Sign sign) noexcept;  ///< CSS class, "s-ex", ...

/// The sign as SVG elements in a square of `size` with its upper left corner at (x, y).
std::string sign_icon(Sign sign, double x, double y, double size);

inline constexpr int kTaintSteps = 11;
/// 0..10: the step of the ramp for a share of stolen money.
int taint_step(double share) noexcept;

/// CSS custom properties of one theme, for use inside a rule.
std::string palette_css(bool dark);

}  // namespace cordon::report
