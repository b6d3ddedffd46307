// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/trace.hpp>

namespace cordon::cli {

/// The answer of a mode other than taint, for a terminal of that width.
std::string search_table(const trace::TraceResult& result, const trace::Context& context,
                         std::size_t width);

}  // namespace cordon::cli
