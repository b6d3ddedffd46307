// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cursor.hpp"

#include <bit>

#include <cordon/base/format.hpp>

namespace cordon::chain {

static_assert(std::endian::native == std::endian::little);

Error Cursor::error() const {
    if (code_ == ErrorCode::kTruncated)
        return {code_, format("offset {}: expected {} bytes of {}, found {}", failed_at_, need_,
                              what_, found_)};
    return {code_, format("offset {}: expected {}, found {}", failed_at_, what_, need_)};
}

void Cursor::fail_at(std::size_t offset, ErrorCode code, const char* what,
                     uint64_t found) noexcept {
    if (!ok()) return;
    failed_at_ = offset;
    code_ = code;
    what_ = what;
    need_ = found;
}

void Cursor::short_of(uint64_t need, const char* what) noexcept {
    if (!ok()) return;
    fail_at(offset_, ErrorCode::kTruncated, what, need);
    found_ = left();
}

uint64_t Cursor::long_compact_size(const char* what) noexcept {
    const std::size_t start = offset_;
    const uint8_t first = u8(what);
    if (first < 0xfd) return first;
    uint64_t value = 0;
    uint64_t least = 0;
    switch (first) {
        case 0xfd: value = number<uint16_t>(what), least = 0xfd; break;
        case 0xfe: value = number<uint32_t>(what), least = 0x10000; break;
        default: value = number<uint64_t>(what), least = 0x100000000; break;
    }
    if (ok() && value < least)
        fail_at(start, ErrorCode::kMalformed, "the shortest form of a compact size", value);
    return ok() ? value : 0;
}

void Cursor::too_many(std::size_t start, uint64_t value, std::size_t min_size,
                      const char* what) noexcept {
    fail_at(start, ErrorCode::kTruncated, what,
            value > UINT64_MAX / min_size ? UINT64_MAX : value * min_size);
    found_ = left();
}

}  // namespace cordon::chain
