// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <cordon/model/feed_event.hpp>

/// The words of events: (docs/formats/events.md), shared by reader and writer.
namespace cordon::chain {

inline constexpr std::array<std::string_view, 3> kNumberKinds{"height", "estimated", "sequence"};

/// The kinds of transfers that need not be written: what nearly all of their assets are.
inline TransferKind usual_kind(const Asset& asset) noexcept {
    return asset.is_native() ? TransferKind::kNative : TransferKind::kToken;
}

}  // namespace cordon::chain
