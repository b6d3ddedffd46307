// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "column_writer.hpp"

#include <algorithm>

#include <cordon/base/check.hpp>

#include <cordon/base/crc32c.hpp>

namespace cordon::ledger {

ColumnFileWriter::ColumnFileWriter(const FileKind& kind, ChainId chain, Sink sink)
    : kind_{kind},
      sink_{std::move(sink)},
      buffer_{std::make_unique_for_overwrite<uint8_t[]>(kBuffer + kChunk)} {
    footer_.chain = chain;
    footer_.columns.resize(kind.columns.size());
    emit(kind.magic);
}

void ColumnFileWriter::emit(ByteView bytes) {
    written_ += bytes.size();
    if (pending_.size() + bytes.size() >= kBuffer) flush();
    if (bytes.size() < kBuffer)
        put_bytes(pending_, bytes);
    else if (status_)
        status_ = sink_(bytes);
}

void ColumnFileWriter::flush() {
    if (status_ && !pending_.empty()) status_ = sink_(pending_);
    pending_.clear();
}

void ColumnFileWriter::align(std::size_t to) {
    static constexpr std::array<uint8_t, 64> kZeros{};
    emit(ByteView{kZeros}.first((to - written_ % to) % to));
}

void ColumnFileWriter::begin_bytes(std::size_t column) {
    end_column();
    align(64);
    info_ = &footer_.columns[column];
    CORDON_CHECK(info_->offset == 0);
    info_->offset = written_;
}

unsigned ColumnFileWriter::begin_packed(std::size_t column, uint64_t base, uint64_t max) {
    begin_bytes(column);
    info_->width = packed_width(max);
    info_->base = base;
    return info_->width;
}

void ColumnFileWriter::put_constant(std::size_t column, uint64_t number, uint64_t count) {
    begin_packed(column, number, 0);
    info_->count = count;
}

void ColumnFileWriter::put(ByteView bytes) {
    // In slices: a column of bytes is as large as its head holds, and fresh memory is slow.
    while (!bytes.empty()) {
        const ByteView slice = bytes.first(std::min(bytes.size(), kBuffer - buffered_));
        std::memcpy(buffer_.get() + buffered_, slice.data(), slice.size());
        buffered_ += slice.size();
        bytes = bytes.subspan(slice.size());
        if (buffered_ == kBuffer) drain(false);
    }
}

/// Writes the whole chunks of the buffer; with `all` the last short one too.
void ColumnFileWriter::drain(bool all) {
    std::size_t at = 0;
    const ByteView buffer{buffer_.get(), buffered_};
    while (buffered_ - at >= kChunk || (all && at < buffered_)) {
        const std::size_t size = std::min<std::size_t>(kChunk, buffered_ - at);
        sums_.push_back(crc32c(buffer.subspan(at, size)));
        at += size;
    }
    emit(buffer.first(at));
    info_->size += at;
    buffered_ -= at;
    std::memmove(buffer_.get(), buffer.data() + at, buffered_);
}

void ColumnFileWriter::end_column() {
    if (info_ == nullptr) return;
    if (info_->width != 0 && info_->count != 0) {
        const uint64_t size = packed_size(info_->count, info_->width);
        put_word(bits_);
        const auto end = static_cast<std::size_t>(size - info_->size);
        if (end > buffered_) std::memset(buffer_.get() + buffered_, 0, end - buffered_);
        buffered_ = end;
    }
    bits_ = 0;
    filled_ = 0;
    drain(true);
    align(4);
    info_->sums = written_;
    const ByteView sums{reinterpret_cast<const uint8_t*>(sums_.data()), sums_.size() * 4};
    info_->sums_crc = crc32c(sums);
    emit(sums);
    sums_.clear();
    info_ = nullptr;
}

Result<uint32_t> ColumnFileWriter::finish(const std::array<uint64_t, kCounters>& counters) {
    end_column();
    align(64);
    for (ColumnInfo& column : footer_.columns)  // Those that never came.
        if (column.offset == 0) column.offset = column.sums = written_;
    Bytes out;
    put_fixed<uint64_t>(out, static_cast<uint64_t>(footer_.chain.family));
    put_fixed(out, footer_.chain.reference);
    for (const uint64_t counter : counters) put_fixed(out, counter);
    for (const ColumnInfo& column : footer_.columns) {
        put_fixed(out, column.offset);
        put_fixed(out, column.size);
        put_fixed(out, column.sums);
        put_fixed(out, column.sums_crc);
        put_fixed(out, column.width);
        put_fixed(out, column.base);
        put_fixed(out, column.count);
    }
    put_fixed<uint64_t>(out, written_ + footer_size(kind_));
    const uint32_t identity = crc32c(out);
    put_fixed(out, identity);
    CORDON_CHECK(out.size() == footer_size(kind_));
    emit(out);
    flush();
    if (!status_) return fail(status_.error());
    return identity;
}

ColumnFileWriter::Sink memory_sink(Bytes& out) {
    return [&out](ByteView bytes) -> Status {
        put_bytes(out, bytes);
        return {};
    };
}

ColumnFileWriter::Sink file_sink(OutFile& file) {
    constexpr uint64_t kSyncEvery = uint64_t{64} << 20;
    return [&file, unsynced = uint64_t{0}](ByteView bytes) mutable -> Status {
        CORDON_TRY(file.write(bytes));
        unsynced += bytes.size();
        if (unsynced < kSyncEvery) return {};
        unsynced = 0;
        return file.sync();
    };
}

}  // namespace cordon::ledger
