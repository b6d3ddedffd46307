// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::engine {

/// The browser to print with: `asked`, else the first of Chromium's usual names in PATH. kNotFound.
Result<std::string> find_chromium(const std::string& asked);

/// A page of ours as PDF, printed by a browser in a process of its own: without network, without a
/// profile, for a minute at most. `sandboxed` tells whether its own sandbox was on: it refuses to
/// be when we run as root. kUnavailable says what went wrong.
struct Printed {
    std::string pdf;
    bool sandboxed = true;
};
Result<Printed> print_pdf(const std::string& chromium, std::string_view html);

}  // namespace cordon::engine
