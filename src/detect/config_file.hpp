// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>

#include "config.hpp"

namespace cordon::detect {

/// Reads docs/formats/watch-config.md. Everything that is wrong is told at once, up to 50 lines
/// "NAME:LINE: what, and what to do"; the code is that of the first. A field that is not known is
/// refused: a misspelt name would leave a guard out without a word.
Result<WatchConfig> parse_watch_config(const InputFile& file);

}  // namespace cordon::detect
