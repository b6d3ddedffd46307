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

/// R2 on what the simulation saw written at `account`, a Safe or a proxy. A write that an effect
/// foretells has the severity of R2 so far; any other of a slot that controls the account blocks.
/// Nothing without a simulation.
void judge_simulation(Walk& walk, const Address& account);

}  // namespace cordon::explain
