// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "ingest.hpp"
#include "serve_config.hpp"

namespace cordon::engine {

/// Makes `data` for the console over one case (examples/README.md) or one source of chain data: the
/// ledger of all of it, and a configuration that plays it again as a simulated feed within a
/// minute or so. A `policy.yaml` in the folder becomes the gate's: people whose key there is "new"
/// get one, DATA/people/NAME.key. A `requests.jsonl` is what is asked of the gate meanwhile.
///
/// Begins anew each time: what an earlier call left in `data` goes. kConflict: it holds what no
/// call of this made.
Result<ServeConfig> serve_case(const std::string& path, const std::string& data,
                               const IngestHooks& hooks);

}  // namespace cordon::engine
