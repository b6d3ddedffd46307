// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/engine/risk.hpp>
#include <cordon/guard/gate.hpp>

#include "command.hpp"

namespace cordon::cli {

/// `guard serve`: answers over HTTP until it is cancelled, and takes what the watch raises.
Status serve_guard(guard::Gate& gate, engine::LiveRisk& world, const Args& args,
                   const Session& session);

}  // namespace cordon::cli
