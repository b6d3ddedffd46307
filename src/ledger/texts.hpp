// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "column_writer.hpp"

/// Byte strings of different sizes, one after the other: amounts, addresses, asset texts. The sizes
/// are packed, and every 32nd string's place is noted.
namespace cordon::ledger {

/// Where the three columns of such strings are.
struct TextColumns {
    std::size_t sizes, begins, bytes;
};

/// Reads strings. A view: must not outlive its file.
class Texts {
public:
    static constexpr uint64_t kEvery = 32;

    Texts() = default;
    Texts(const ColumnFile& file, const TextColumns& columns) noexcept
        : sizes_{&file.column(columns.sizes)},
          begins_{&file.column(columns.begins)},
          bytes_{&file.column(columns.bytes)} {}

    uint64_t count() const noexcept { return sizes_->count(); }
    /// False when there is no such string, or the bytes are damaged.
    bool read(uint64_t index, ByteView& text) const noexcept {
        uint64_t offset = 0;
        uint64_t size = 0;
        if (!sizes_->read(index, size)) return false;
        if (sizes_->width() == 0) {
            if (size > bytes_->size()) return false;
            offset = index * size;  // No overflow: a count is below 2^48, a size below 2^15.
        } else {
            const uint64_t first = index - index % kEvery;
            uint64_t before = 0;
            if (!begins_->read(index / kEvery, offset) || !sizes_->sum(first, index, before))
                return false;
            offset += before;
        }
        const uint8_t* at = bytes_->get(offset, size);
        if (at == nullptr) return false;
        text = {at, static_cast<std::size_t>(size)};
        return true;
    }
    void prefetch(uint64_t index) const noexcept {
        if (sizes_->width() == 0)
            bytes_->prefetch_byte(index * sizes_->base());
        else
            begins_->prefetch(index / kEvery);
    }
    const Column& sizes() const noexcept { return *sizes_; }
    const Column& bytes() const noexcept { return *bytes_; }

private:
    const Column* sizes_ = nullptr;
    const Column* begins_ = nullptr;
    const Column* bytes_ = nullptr;
};

/// Begins to write strings whose sizes, all below 256, are in a container: their bytes are put
/// next, string by string or in larger pieces.
template <typename Sizes>
void begin_texts(ColumnFileWriter& out, const TextColumns& columns, const Sizes& sizes) {
    out.put_packed(columns.sizes, sizes);
    uint64_t bytes = 0;
    for (const uint64_t size : sizes) bytes += size;
    out.begin_packed(columns.begins, 0, bytes);
    uint64_t offset = 0;
    uint64_t index = 0;
    for (const uint64_t size : sizes) {
        if (index++ % Texts::kEvery == 0) out.put(offset);
        offset += size;
    }
    out.begin_bytes(columns.bytes);
}

/// The same, and writes the bytes, which are in one piece.
template <typename Sizes>
void write_texts(ColumnFileWriter& out, const TextColumns& columns, const Sizes& sizes,
                 ByteView bytes) {
    begin_texts(out, columns, sizes);
    out.put(bytes);
}

}  // namespace cordon::ledger
