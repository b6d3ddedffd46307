// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>

/// QR codes read from pictures, over zbar; wallet/ur/qr.hpp draws them. Nothing here knows what the
/// text means.
namespace cordon::engine {

/// The texts of the QR codes in a PNG or JPEG, each once, in the order of the picture. kNotFound
/// when there is none; kLimit beyond 16 MiB or 24 million pixels; kMalformed for what is no
/// picture.
Result<std::vector<std::string>> read_qr(const InputFile& image);

}  // namespace cordon::engine
