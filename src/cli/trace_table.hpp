// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/trace.hpp>

namespace cordon::cli {

/// What a trace found, for a terminal: the loot, where it rests, hop by hop, and what was not
/// followed.
std::string trace_table(const trace::TraceResult& result, const trace::Context& context,
                        std::size_t width);

}  // namespace cordon::cli
