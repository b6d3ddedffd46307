// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "line_reader.hpp"

#include <algorithm>
#include <cstring>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source, std::string name, std::size_t max_line)
    : source_{std::move(source)},
      name_{std::move(name)},
      max_line_{max_line},
      buffer_(2 * kChunk + kPadding) {}

Result<std::optional<std::string_view>> LineReader::next() {
    ++line_;
    std::size_t searched = 0;
    while (true) {
        const char* const start = buffer_.data() + begin_;
        const std::size_t have = end_ - begin_;
        const auto* found =
            static_cast<const char*>(std::memchr(start + searched, '\n', have - searched));
        const std::size_t length =
            found != nullptr ? static_cast<std::size_t>(found - start) : have;
        if (length > max_line_)
            return fail(ErrorCode::kLimit,
                        format("{}:{}: the line has more than {} bytes", name_, line_, max_line_));
        if (found != nullptr || (at_end_ && have != 0)) {
            begin_ += length + (found != nullptr ? 1 : 0);
            std::string_view line{start, length};
            if (line.ends_with('\r')) line.remove_suffix(1);
            return line;
        }
        if (at_end_) return std::nullopt;
        searched = have;
        std::memmove(buffer_.data(), start, have);
        begin_ = 0;
        end_ = have;
        if (buffer_.size() - kPadding - end_ < kChunk) buffer_.resize(2 * buffer_.size());
        CORDON_TRY(const std::size_t got,
                   source_->read({reinterpret_cast<uint8_t*>(buffer_.data()) + end_,
                                  buffer_.size() - kPadding - end_}));
        end_ += got;
        at_end_ = got == 0;
    }
}

}  // namespace cordon::chain
