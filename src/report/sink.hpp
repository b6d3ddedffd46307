// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::report {

/// Where a writer puts its output, piece by piece in order. An Error ends the writing and is passed
/// on.
using Sink = std::function<Status(std::string_view)>;

/// Appends to `out`. Lifetime: `out` must outlive the sink.
inline Sink string_sink(std::string& out) {
    return [&out](std::string_view piece) -> Status {
        out += piece;
        return {};
    };
}

}  // namespace cordon::report
