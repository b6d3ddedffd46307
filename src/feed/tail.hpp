// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include <cordon/base/byte_source.hpp>

namespace cordon::feed {

struct TailOptions {
    std::chrono::milliseconds poll{200};  ///< How often a file that has ended is looked at again.
    const std::atomic<bool>* cancel = nullptr;
};

/// A text file that grows, e.g. the withdrawal queue that an exchange appends to as events:. Its
/// reader waits at the end for more, until cancelled, and is given whole lines only: a line that is
/// still being written is not seen. A file that does not exist yet is waited for; one that was
/// replaced under its name (rotated) is read to its end, then the new one from its front; one that
/// became shorter in place is kConflict. Not decompressed.
InputFile tail_file(std::string path, TailOptions options = {});

}  // namespace cordon::feed
