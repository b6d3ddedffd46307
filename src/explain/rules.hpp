// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace cordon::explain {

/// A reason by which a payload is judged. The one list of them: pages and tests are checked
/// against it.
struct Rule {
    std::string_view id;     ///< R: the pre-sign rules. E: EVM payloads. B: Bitcoin. M: messages.
    std::string_view title;  ///< What must not be, in a few words.
};

/// Sorted by letter, then number.
std::span<const Rule> rules() noexcept;

}  // namespace cordon::explain
