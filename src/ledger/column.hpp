// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>

#include "coding.hpp"
#include "segment_format.hpp"

namespace cordon::ledger {

/// One column of a segment. No byte of it is handed out before the page around it has passed its
/// checksum.
///
/// Thread safety: any number of threads; two may check the same page twice.
class Column {
public:
    Column() = default;
    /// `trusted`: bytes that this process has just made, not read.
    Column(ByteView file, const SegmentHeader::Column& info, bool trusted);

    uint64_t size() const noexcept { return size_; }
    /// `size` bytes at `offset`, or nullptr when they lie outside or are damaged.
    const uint8_t* get(uint64_t offset, uint64_t size) const noexcept;

    /// The entry `index` of fixed-width integers; false as get() gives nullptr.
    template <typename T>
    bool read(uint64_t index, T& value) const noexcept {
        const uint8_t* at =
            index <= size_ / sizeof(T) ? get(index * sizeof(T), sizeof(T)) : nullptr;
        if (at == nullptr) return false;
        value = load<T>(at);
        return true;
    }

    /// The first damaged place, for verify() and for messages.
    struct Damage {
        uint64_t offset = 0;     ///< In the file.
        std::optional<int> bit;  ///< When one flip explains it.
        bool in_sums = false;    ///< In the checksums, not in the data.
    };
    std::optional<Damage> find_damage() const;

private:
    bool check(uint64_t chunk) const noexcept;
    bool check_sums() const noexcept;
    uint64_t chunks() const noexcept { return (size_ + kChunk - 1) / kChunk; }
    ByteView chunk_bytes(uint64_t chunk) const noexcept;

    const uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
    const uint8_t* sums_ = nullptr;
    uint64_t data_offset_ = 0, sums_offset_ = 0;
    uint32_t sums_crc_ = 0;
    // One flag a page, and one more for the checksums themselves; none at all when trusted.
    std::unique_ptr<std::atomic<bool>[]> good_;
};

}  // namespace cordon::ledger
