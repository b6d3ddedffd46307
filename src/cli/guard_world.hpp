// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <cordon/engine/risk.hpp>

#include "command.hpp"

namespace cordon::cli {

/// The flags by which a gate is told what it may know.
std::vector<Flag> guard_world_flags();

/// What `cordon guard` asks of the world: what the flags name, and of everything else that it is
/// not known, which holds whatever depends on it.
Result<std::unique_ptr<engine::LiveRisk>> open_guard_world(const Args& args,
                                                           const Session& session);

}  // namespace cordon::cli
