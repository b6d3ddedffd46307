// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "result.hpp"

namespace cordon {

/// A stream of bytes, read once from front to back. Confined to one thread.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills `out` as far as it can; 0 means the end (and only then). Errors: kIo, kTruncated and
    /// kMalformed of a compressed stream, with the offset.
    virtual Result<std::size_t> read(std::span<uint8_t> out) = 0;
    /// Passes over up to `count` bytes; gives how many there were, fewer at the end only. A plain
    /// file is not read for it.
    virtual Result<uint64_t> skip(uint64_t count);
    /// Bytes taken from the underlying file so far (compressed ones, where it is compressed): for
    /// progress.
    virtual uint64_t consumed() const noexcept = 0;
};

/// A file that can be opened from the front any number of times. `name` is for messages only.
struct InputFile {
    std::string name;
    uint64_t size = 0;  ///< On disk; for progress.
    std::function<Result<std::unique_ptr<ByteSource>>()> open;
};

/// Describes a file on disk. Opening it decompresses gzip, zstd, xz and bzip2 by their magic bytes
/// (several concatenated frames are one stream; what follows a frame and is none is kTrailing).
/// kNotFound, kPermission, and kIo for a directory, a socket or a device, each saying what was
/// expected. "-" is standard input, openable once.
Result<InputFile> input_file(const std::string& path);

/// The regular files below a directory, in bytewise order of their paths. Symbolic links to files
/// count as files.
Result<std::vector<InputFile>> input_files(const std::string& directory);

/// The bytes given, e.g. in tests and fuzz targets. Lifetime: `bytes` must outlive the result.
InputFile memory_file(std::string name, std::span<const uint8_t> bytes);

/// Everything that is left. kLimit when it is more than `limit` bytes.
Result<std::vector<uint8_t>> read_all(ByteSource& source, std::size_t limit);

}  // namespace cordon
