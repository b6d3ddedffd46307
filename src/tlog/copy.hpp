// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/disk.hpp>

#include "log.hpp"

namespace cordon::tlog {

struct LogCopy {
    std::optional<Checkpoint> checkpoint;  ///< None: it was never published.
    std::string origin;
    uint64_t entries = 0;  ///< That were durable: some may be newer than the checkpoint.
    uint64_t first = 0;    ///< Entries before it left by retention.
};

/// A log as it is now, its writer going on meanwhile, in a new directory: its checkpoint, every
/// tile and bundle, what is durable beyond. Full tiles never change: they are links where the file
/// system allows. kNotFound: there is no log; kConflict: `to` is there.
Result<LogCopy> copy_log(const std::string& from, const std::string& to,
                         Disk& disk = system_disk());

}  // namespace cordon::tlog
