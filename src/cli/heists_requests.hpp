// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/heists/facts.hpp>

#include "command.hpp"

namespace cordon::cli {

/// "cordon heists requests [NAME]": what a policy would have said before anybody signed. `only`
/// null: every heist, one row each.
Result<int> run_heist_requests(const heists::Library& library, const heists::Facts* only,
                               const Args& args, const Session& session);

}  // namespace cordon::cli
