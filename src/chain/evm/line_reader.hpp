// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/byte_source.hpp>

namespace cordon::chain {

/// Reads text line by line. The line is followed by `kPadding` readable bytes, which vectorised
/// JSON parsing needs. Confined to one thread.
class LineReader {
public:
    static constexpr std::size_t kPadding = 64;
    /// The largest field of an export is calldata, 260,000 characters; traces may return some
    /// megabytes.
    static constexpr std::size_t kMaxLine = std::size_t{16} << 20;

    LineReader(std::unique_ptr<ByteSource> source, std::string name,
               std::size_t max_line = kMaxLine);

    /// The next line without its LF or CRLF; nothing at the end. kLimit with the line number.
    /// Lifetime: until next().
    Result<std::optional<std::string_view>> next();
    uint64_t line() const noexcept { return line_; }
    uint64_t consumed() const noexcept { return source_->consumed(); }

private:
    std::unique_ptr<ByteSource> source_;
    std::string name_;
    std::size_t max_line_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool at_end_ = false;
    uint64_t line_ = 0;
};

}  // namespace cordon::chain
