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
    ByteView since(std::size_t start) const noexcept {
        return bytes_.subspan(start, offset_ - start);
    }
    uint8_t peek(std::size_t ahead) const noexcept {
        return ahead < left() ? bytes_[offset_ + ahead] : 0;
    }

    uint32_t u32(const char* what) noexcept { return number<uint32_t>(what); }
    uint64_t u64(const char* what) noexcept { return number<uint64_t>(what); }
    uint8_t u8(const char* what) noexcept { return number<uint8_t>(what); }
    Hash256 hash(const char* what) noexcept;
    ByteView take(std::size_t size, const char* what) noexcept;

    /// A compact size in its shortest form; a longer one would give the same txn a second encoding.
    uint64_t compact_size(const char* what) noexcept;
    /// A count of things of at least `min_size` bytes each: refused when the bytes left cannot hold
    /// that many, before anybody makes room for them.
    std::size_t count(std::size_t min_size, const char* what) noexcept;
    /// A compact size and as many bytes.
    ByteView var_bytes(const char* what) noexcept;

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

    ByteView bytes_;
    std::size_t offset_ = 0;
    const char* what_ = nullptr;  // What was expected at the first failure.
    std::size_t failed_at_ = 0;
    uint64_t need_ = 0;   // Bytes wanted (kTruncated) or the offending number.
    uint64_t found_ = 0;  // Bytes that were left (kTruncated).
    ErrorCode code_ = ErrorCode::kMalformed;
};

}  // namespace cordon::chain
