// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

namespace cordon::gen {

/// kIo, kNoSpace, kPermission or kNotFound by errno, naming the path.
Error system_error(const std::string& path, const char* what);

/// A file that is written from front to back through 4 MiB of memory. Movable; the destructor
/// closes it without saying whether all went well: call close().
class OutputFile {
public:
    static Result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&& other) noexcept;
    ~OutputFile();

    Status write(ByteView bytes);
    Status write(std::string_view text);
    /// Bytes at a place that has been written already.
    Status patch(uint64_t offset, ByteView bytes);
    Status close();
    uint64_t size() const noexcept { return written_ + buffer_.size(); }

private:
    OutputFile(std::string path, int file);
    Status flush();

    std::string path_;
    int file_ = -1;
    uint64_t written_ = 0;
    Bytes buffer_;
};

}  // namespace cordon::gen
