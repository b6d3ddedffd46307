// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain_writer.hpp"

namespace cordon::ledger {

/// open_writer with everything that a test wants to choose. Lifetime: `disk` outlives the writer.
Result<std::unique_ptr<Writer>> open_writer_on(Disk& disk, const std::string& directory,
                                               const Options& options, const Limits& limits);

}  // namespace cordon::ledger
