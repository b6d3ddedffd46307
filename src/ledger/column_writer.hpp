// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iterator>
#include <memory>

#include "column_file.hpp"

namespace cordon::ledger {

/// Writes a file of columns from its beginning to its end, holding no more of it than a buffer.
///
/// Columns may come in any order, each once; those that never come are empty. Errors of the sink
/// stick: they come out of finish(). Confined to one thread.
class ColumnFileWriter {
public:
    using Sink = std::function<Status(ByteView)>;

    ColumnFileWriter(const FileKind& kind, ChainId chain, Sink sink);

    /// The next column, of plain bytes.
    void begin_bytes(std::size_t column);
    /// The next column, of numbers in [base, base + max]; returns its width.
    unsigned begin_packed(std::size_t column, uint64_t base, uint64_t max);
    /// A column of `count` times the same number.
    void put_constant(std::size_t column, uint64_t number, uint64_t count);

    void put(ByteView bytes);
    /// REQUIRES: base <= number <= base + max of begin_packed.
    void put(uint64_t number) {
        ++info_->count;
        if (info_->width == 0) return;
        number -= info_->base;
        bits_ |= number << filled_;
        filled_ += info_->width;
        if (filled_ < 64) return;
        put_word(bits_);
        filled_ -= 64;
        // What did not fit; a shift by 64 bits would be no shift at all.
        bits_ = filled_ == 0 ? 0 : number >> (info_->width - filled_);
    }
    /// The same for each number of a range plus `offset`.
    template <typename Numbers>
    void put_each(const Numbers& numbers, uint64_t offset = 0);
    /// A column of the numbers of a container.
    template <typename Numbers>
    void put_packed(std::size_t column, const Numbers& numbers);

    uint64_t written() const noexcept { return written_; }
    bool failed() const noexcept { return !status_; }

    /// Footer and all; returns the identity of the file.
    Result<uint32_t> finish(const std::array<uint64_t, kCounters>& counters);

private:
    void put_word(uint64_t word) {
        std::memcpy(buffer_.get() + buffered_, &word, 8);
        buffered_ += 8;
        if (buffered_ >= kBuffer) drain(false);
    }
    void end_column();
    void drain(bool all);
    void emit(ByteView bytes);
    void flush();
    void align(std::size_t to);

    static constexpr std::size_t kBuffer = std::size_t{64} * kChunk;

    const FileKind& kind_;
    Footer footer_;
    Sink sink_;
    Status status_;
    ColumnInfo* info_ = nullptr;         // Of the column under construction.
    std::unique_ptr<uint8_t[]> buffer_;  // Its bytes that have no checksum yet,
    std::size_t buffered_ = 0;           // so many.
    Bytes pending_;                      // What the sink gets next.
    std::vector<uint32_t> sums_;
    uint64_t bits_ = 0;
    unsigned filled_ = 0;
    uint64_t written_ = 0;
};

template <typename Numbers>
void ColumnFileWriter::put_each(const Numbers& numbers, uint64_t offset) {
    info_->count += std::size(numbers);
    const unsigned width = info_->width;
    if (width == 0) return;
    // As put() does, with all of it in registers.
    offset -= info_->base;
    uint64_t bits = bits_;
    unsigned filled = filled_;
    for (const uint64_t number : numbers) {
        const uint64_t rest = number + offset;
        bits |= rest << filled;
        filled += width;
        if (filled < 64) continue;
        put_word(bits);
        filled -= 64;
        bits = filled == 0 ? 0 : rest >> (width - filled);
    }
    bits_ = bits;
    filled_ = filled;
}

template <typename Numbers>
void ColumnFileWriter::put_packed(std::size_t column, const Numbers& numbers) {
    uint64_t least = numbers.empty() ? 0 : UINT64_MAX;
    uint64_t most = 0;
    for (const uint64_t number : numbers) {
        least = number < least ? number : least;
        most = number > most ? number : most;
    }
    begin_packed(column, least, most - least);
    put_each(numbers);
}

/// Sinks.
ColumnFileWriter::Sink memory_sink(Bytes& out);
/// Syncs every 64 MB, so that a large merge does not leave one long flush that every fdatasync of
/// the log would wait behind.
ColumnFileWriter::Sink file_sink(OutFile& file);

}  // namespace cordon::ledger
