// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "bytes.hpp"
#include "result.hpp"

/// Files with secrets: for their owner's eyes.
namespace cordon {

/// A new file that only its owner can read (0600), on disk when this returns. kDuplicate when the
/// file is there: a secret is never overwritten.
Status write_private_file(const std::string& path, std::string_view text);

/// All of it; the caller wipes it. kPermission when others may read or write the file.
Result<Bytes> read_private_file(const std::string& path);

}  // namespace cordon
