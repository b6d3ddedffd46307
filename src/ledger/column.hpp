// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "coding.hpp"
#include "packed.hpp"

namespace cordon::ledger {

/// What a checksum covers.
inline constexpr uint64_t kChunk = 4096;

/// Where a column lies in its file, and how its numbers are packed (width 0 and count 0 for plain
/// bytes; width 0 and a count for a number that never changes).
struct ColumnInfo {
    uint64_t offset = 0, size = 0;
    uint64_t sums = 0;      ///< Offset of its checksums: one CRC a chunk.
    uint32_t sums_crc = 0;  ///< Of those.
    uint32_t width = 0;
    uint64_t base = 0;  ///< Added to every number.
    uint64_t count = 0;
};

/// One column of a file. No byte of it is handed out before the chunk around it has passed its
/// checksum.
///
/// Thread safety: any number of threads; two may check the same chunk twice.
class Column {
public:
    Column() = default;
    /// `trusted`: bytes that this process has just made, not read.
    Column(ByteView file, const ColumnInfo& info, bool trusted);

    uint64_t size() const noexcept { return size_; }
    /// How many numbers.
    uint64_t count() const noexcept { return count_; }
    unsigned width() const noexcept { return width_; }
    uint64_t base() const noexcept { return base_; }

    /// `size` bytes at `offset`, or nullptr when they lie outside or are damaged.
    const uint8_t* get(uint64_t offset, uint64_t size) const noexcept {
        if (offset > size_ || size > size_ - offset) return nullptr;
        return size == 0 || is_good(offset, size) ? data_ + offset : nullptr;
    }

    /// The number `index`; false as get() gives nullptr.
    bool read(uint64_t index, uint64_t& value) const noexcept {
        if (index >= count_) return false;
        if (width_ == 0) {
            value = base_;
            return true;
        }
        // Inside: a file whose column has other than packed_size() bytes is not opened.
        const uint64_t bit = index * width_;
        if (!is_good(bit / 8, 8)) return false;
        value = base_ + ((load<uint64_t>(data_ + bit / 8) >> (bit % 8)) & mask_);
        return true;
    }

    /// Whether the numbers [first, first + n) are there and whole: then at() reads them.
    bool has(uint64_t first, uint64_t n) const noexcept {
        if (first > count_ || n > count_ - first) return false;
        if (width_ == 0 || n == 0) return true;
        const uint64_t begin = first * width_ / 8;
        return is_good(begin, (first + n - 1) * width_ / 8 + 8 - begin);
    }
    /// The number `index`, without a check. REQUIRES: has() said so.
    uint64_t at(uint64_t index) const noexcept {
        const uint64_t bit = index * width_;
        return base_ + ((load<uint64_t>(packed_ + bit / 8) >> (bit % 8)) & mask_);
    }
    /// No number is above it; ~0 when that is not known.
    uint64_t highest() const noexcept {
        return base_ > ~uint64_t{0} - mask_ ? ~uint64_t{0} : base_ + mask_;
    }

    /// The numbers [first, first + n) into `out`, for scans; false as get() gives nullptr.
    template <typename T>
    bool unpack(uint64_t first, std::size_t n, T* out) const noexcept {
        if (first > count_ || n > count_ - first) return false;
        if (width_ == 0) {
            for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(base_);
            return true;
        }
        if (n == 0) return true;
        uint64_t bit = first * width_;
        const uint64_t begin = bit / 8;
        const uint8_t* at = get(begin, (bit + (n - 1) * width_) / 8 + 8 - begin);
        if (at == nullptr) return false;
        bit %= 8;
        for (std::size_t i = 0; i < n; ++i, bit += width_)
            out[i] = static_cast<T>(base_ + ((load<uint64_t>(at + bit / 8) >> (bit % 8)) & mask_));
        return true;
    }

    /// The sum of the numbers [first, end), modulo 2^64; false when has() is.
    bool sum(uint64_t first, uint64_t end, uint64_t& total) const noexcept {
        if (first > end || !has(first, end - first)) return false;
        total = sum_at(first, end);
        return true;
    }
    /// The same without a check. REQUIRES: as of at().
    uint64_t sum_at(uint64_t first, uint64_t end) const noexcept {
        uint64_t total = base_ * (end - first), left = (end - first) * width_;  // Bits.
        const auto word = [this](uint64_t bit) {
            return load<uint64_t>(packed_ + bit / 8) >> (bit % 8);
        };
        uint64_t bit = first * width_;
        for (; left > together_; left -= together_, bit += together_) total += sum_of(word(bit));
        if (left > 0) total += sum_of(word(bit) & packed_mask(static_cast<unsigned>(left)));
        return total;
    }

    /// Brings the number `index` closer, without looking at it.
    void prefetch(uint64_t index) const noexcept {
        if (width_ != 0 && index < count_) fetch(data_ + index * width_ / 8);
    }
    void prefetch_byte(uint64_t offset) const noexcept {
        if (offset < size_) fetch(data_ + offset);
    }

    /// The first damaged place, for verify() and for messages.
    struct Damage {
        uint64_t offset = 0;     ///< In the file.
        std::optional<int> bit;  ///< When one flip explains it.
        bool in_sums = false;    ///< In the checksums, not in the data.
    };
    std::optional<Damage> find_damage() const;

private:
    /// Of the numbers in the low together_ bits. Those at even places and those at odd ones are so
    /// far apart that their sums do not meet, and a product adds up all of them at its last place.
    uint64_t sum_of(uint64_t word) const noexcept {
        if (ones_ == 0) return word & mask_;
        const uint64_t pairs = (word & even_) + ((word >> width_) & even_);
        return ((pairs * ones_) >> (together_ - 2 * width_)) & pair_;
    }
    /// REQUIRES: the bytes lie inside, and are some.
    bool is_good(uint64_t offset, uint64_t size) const noexcept {
        if (good_ == nullptr) return true;
        const uint64_t first = offset / kChunk, last = (offset + size - 1) / kChunk;
        const auto good = [this](uint64_t chunk) {
            return good_[chunk].load(std::memory_order_relaxed);
        };
        if (last - first <= 1 && good(first) && good(last)) [[likely]]
            return true;
        return check(first, last);
    }
    bool check(uint64_t first, uint64_t last) const noexcept;
    bool check(uint64_t chunk) const noexcept;
    bool check_sums() const noexcept;
    uint64_t chunks() const noexcept { return (size_ + kChunk - 1) / kChunk; }
    ByteView chunk_bytes(uint64_t chunk) const noexcept;

    const uint8_t* data_ = nullptr;
    const uint8_t* packed_ =
        nullptr;  // The same, or where no bit is looked at eight bytes of nothing.
    uint64_t size_ = 0;
    uint64_t count_ = 0, base_ = 0, mask_ = 0;
    unsigned width_ = 0;
    // What sum() takes at once: an even count of numbers, all in one load wherever it begins; else
    // one. Then a bit for every second of them, the bits of those, and the bits of two numbers.
    unsigned together_ = 0;
    uint64_t ones_ = 0, even_ = 0, pair_ = 0;
    const uint8_t* sums_ = nullptr;
    uint64_t data_offset_ = 0, sums_offset_ = 0;
    uint32_t sums_crc_ = 0;
    // One flag a chunk, and one more for the checksums themselves; none at all when trusted.
    std::unique_ptr<std::atomic<bool>[]> good_;
};

}  // namespace cordon::ledger
