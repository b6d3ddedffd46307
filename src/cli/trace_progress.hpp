// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <cordon/base/format.hpp>
#include <cordon/trace/trace.hpp>

#include "progress.hpp"

namespace cordon::cli {

/// Draws how far a trace is. Lifetime: `line` must outlive the result.
inline std::function<void(const trace::Progress&)> trace_progress(ProgressLine& line,
                                                                  const trace::Params& params) {
    return [&line, max_hops = params.max_hops](const trace::Progress& progress) {
        if (!line.due()) return;
        line.show(format("trace  {} {} movements  {} addresses  hop {}/{}  {}  budget {:.0f} %",
                         bar(progress.budget_used, 12), format_count(progress.edges),
                         format_count(progress.nodes), progress.hop, max_hops,
                         format_duration(line.seconds()), progress.budget_used * 100));
    };
}

}  // namespace cordon::cli
