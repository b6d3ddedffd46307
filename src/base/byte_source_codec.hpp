// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "byte_source.hpp"

namespace cordon {

/// The bytes of `raw`, unpacked when they begin with the magic of gzip, zstd, xz or bzip2, and as
/// they are otherwise. `name` is for messages. Several frames in a row are one stream.
///
/// Memory is bounded whatever the input claims: 64 KiB of input, and the window of the format
/// (kMaxWindow). The output is only ever the caller's buffer, so a small file that unpacks to
/// petabytes costs time in the caller's own limits. Errors of reading: kTruncated (ends inside a
/// frame), kMalformed (damaged), kTrailing (other bytes after a frame), kLimit (needs a larger
/// window), kUnsupported (zip, 7z: archives, not streams); offsets count packed bytes.
Result<std::unique_ptr<ByteSource>> unpack(std::unique_ptr<ByteSource> raw, std::string name);

/// `xz -9` and `zstd --ultra -22` need 64 MiB and 128 MiB; more is only asked for by hostile or
/// very unusual files.
inline constexpr std::size_t kMaxWindow = std::size_t{128} << 20;

}  // namespace cordon
