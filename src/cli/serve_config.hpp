// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/engine/serve_config.hpp>

#include "command.hpp"

namespace cordon::cli {

/// The serve.yaml of --config.
Result<engine::ServeConfig> config_of(const Args& args);

}  // namespace cordon::cli
