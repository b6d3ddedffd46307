// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "walk.hpp"

namespace cordon::explain {

/// The answer of `debug_traceCall` or `debug_traceTransaction` with prestateTracer in diffMode:
/// {"pre":{…},"post":{…}}, bare or as the "result" of a JSON-RPC answer. kMalformed.
Result<Simulation> parse_simulation(std::string_view json);

/// R2 on what the simulation saw written at `account`, a Safe or a proxy. Writes that the walk
/// foretold and the caller's policy covers are said to be so. Nothing without a simulation.
void judge_simulation(Walk& walk, const Address& account);

/// "slot 0 (which code it runs)", "the guard"; empty for a slot of no known meaning.
std::string_view name_of_slot(const Hash256& slot) noexcept;

}  // namespace cordon::explain
