// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/trace.hpp>

namespace cordon::report {

/// "bridge to polygon, message id, 97 %": how money crossed over. One clean line, not escaped.
std::string crossing_text(const trace::Edge& edge);

}  // namespace cordon::report
