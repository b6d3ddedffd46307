// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/base/result.hpp>

namespace cordon::engine {

/// SHA-256 of a file's bytes as they lie on disk (compressed where it is compressed), in lower-case
/// hex.
Result<std::string> file_sha256(const std::string& path);

}  // namespace cordon::engine
