// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/heists/stats.hpp>

#include "command.hpp"

namespace cordon::cli {

/// "cordon heists stats": `basis` says in a sentence how the figures came about.
Status print_heist_stats(const heists::Stats& stats, std::string_view basis,
                         const Session& session);

/// When the first alert came beside the first loss: "-2.5 d", "same block", "+12 s"; a dash for
/// none.
std::string lead_text(std::optional<int64_t> lead);

}  // namespace cordon::cli
