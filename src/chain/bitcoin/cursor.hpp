// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

namespace cordon::chain {

/// Reads little-endian fields from bytes that somebody else keeps. The first failure is remembered
/// with its offset; what follows reads zeros, so that a parser may look once after several fields.
/// Building an Error (and its text) happens in error() only: the way of good bytes allocates
/// nothing.
///
/// Lifetime: views that it hands out live as long as the bytes given.
class Cursor {
public:
    explicit Cursor(ByteView bytes) noexcept : bytes_{bytes} {}

    std::size_t offset() const noexcept { return offset_; }
    std::size_t left() const noexcept { return bytes_.size() - offset_; }
    bool ok() const noexcept { return what_ == nullptr; }
    /// REQUIRES: !ok(). "offset 123: expected ..., found ...".
    Error error() const;
    ByteView rest() const noexcept { return bytes_.subspan(offset_); }
    ByteView since(std::size_t start) const noexcept {
        return bytes_.subspan(start, offset_ - start);
    }
    uint8_t peek(std::size_t ahead) const noexcept {
        return ahead < left() ? bytes_[offset_ + ahead] : 0;
    }

    uint32_t u32(const char* what) noexcept { return number<uint32_t>(what); }
    uint64_t u64(const char* what) noexcept { return number<uint64_t>(what); }
    uint8_t u8(const char* what) noexcept { return number<uint8_t>(what); }
    Hash256 hash(const char* what) noexcept {
        Hash256 out;
        const ByteView bytes = take(out.bytes.size(), what);
        if (!bytes.empty()) std::memcpy(out.bytes.data(), bytes.data(), out.bytes.size());
        return out;
    }
    ByteView take(std::size_t size, const char* what) noexcept {
        if (left() < size || !ok()) {
            short_of(size, what);
            return {};
        }
        const ByteView out = bytes_.subspan(offset_, size);
        offset_ += size;
        return out;
    }

    /// A compact size in its shortest form; a longer one would give the same txn a second encoding.
    uint64_t compact_size(const char* what) noexcept {
        if (const uint8_t first = peek(0); left() > 0 && ok() && first < 0xfd) {
            ++offset_;
            return first;
        }
        return long_compact_size(what);
    }
    /// A count of things of at least `min_size` bytes each: refused when the bytes left cannot hold
    /// that many, before anybody makes room for them.
    std::size_t count(std::size_t min_size, const char* what) noexcept {
        const std::size_t start = offset_;
        const uint64_t value = compact_size(what);
        if (ok() && value > left() / min_size) too_many(start, value, min_size, what);
        return ok() ? static_cast<std::size_t>(value) : 0;
    }
    /// A compact size and as many bytes.
    ByteView var_bytes(const char* what) noexcept { return take(count(1, what), what); }

    /// Remembers a failure at `offset`, unless there was one before. `what` must be a string
    /// literal.
    void fail_at(std::size_t offset, ErrorCode code, const char* what, uint64_t found = 0) noexcept;

private:
    template <typename T>
    T number(const char* what) noexcept {
        T value{};
        if (left() < sizeof value || !ok()) {
            short_of(sizeof value, what);
            return 0;
        }
        std::memcpy(&value, bytes_.data() + offset_,
                    sizeof value);  // Little-endian machines only, like the product.
        offset_ += sizeof value;
        return value;
    }
    void short_of(uint64_t need, const char* what) noexcept;
    uint64_t long_compact_size(const char* what) noexcept;
    void too_many(std::size_t start, uint64_t value, std::size_t min_size,
                  const char* what) noexcept;

    ByteView bytes_;
    std::size_t offset_ = 0;
    const char* what_ = nullptr;  // What was expected at the first failure.
    std::size_t failed_at_ = 0;
    uint64_t need_ = 0;   // Bytes wanted (kTruncated) or the offending number.
    uint64_t found_ = 0;  // Bytes that were left (kTruncated).
    ErrorCode code_ = ErrorCode::kMalformed;
};

}  // namespace cordon::chain
