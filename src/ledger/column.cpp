// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "column.hpp"

#include <cordon/base/crc32c.hpp>

namespace cordon::ledger {

namespace {

// Numbers of no bits are read like all others.
constexpr std::array<uint8_t, 8> kNothing{};

}  // namespace

Column::Column(ByteView file, const ColumnInfo& info, bool trusted)
    : data_{file.data() + info.offset},
      packed_{info.width == 0 ? kNothing.data() : data_},
      size_{info.size},
      count_{info.count},
      base_{info.base},
      mask_{packed_mask(info.width)},
      width_{info.width},
      sums_{file.data() + info.sums},
      data_offset_{info.offset},
      sums_offset_{info.sums},
      sums_crc_{info.sums_crc} {
    together_ = width_;
    if (width_ > 0 && width_ <= 14) {
        // So many that their sum fits into the bits of two.
        together_ = std::min(56 / width_, 1U << width_) / 2 * 2 * width_;
        for (unsigned bit = 0; bit < together_; bit += 2 * width_) ones_ |= uint64_t{1} << bit;
        even_ = ones_ * mask_;
        pair_ = packed_mask(2 * width_);
    }
    if (!trusted) good_ = std::make_unique<std::atomic<bool>[]>(chunks() + 1);
}

bool Column::check(uint64_t first, uint64_t last) const noexcept {
    for (uint64_t chunk = first; chunk <= last; ++chunk)
        if (!good_[chunk].load(std::memory_order_relaxed) && !check(chunk)) return false;
    return true;
}

bool Column::check(uint64_t chunk) const noexcept {
    if (!good_[chunks()].load(std::memory_order_relaxed)) {
        if (!check_sums()) return false;
        good_[chunks()].store(true, std::memory_order_relaxed);
    }
    if (crc32c(chunk_bytes(chunk)) != load<uint32_t>(sums_ + chunk * 4)) return false;
    good_[chunk].store(true, std::memory_order_relaxed);
    return true;
}

bool Column::check_sums() const noexcept { return crc32c({sums_, chunks() * 4}) == sums_crc_; }

ByteView Column::chunk_bytes(uint64_t chunk) const noexcept {
    return {data_ + chunk * kChunk,
            static_cast<std::size_t>(std::min<uint64_t>(kChunk, size_ - chunk * kChunk))};
}

std::optional<Column::Damage> Column::find_damage() const {
    const auto damage = [](ByteView bytes, uint64_t at, uint32_t expected, bool in_sums) {
        const auto bit = flipped_bit(bytes.size(), expected, crc32c(bytes));
        if (!bit) return Damage{at, std::nullopt, in_sums};
        return Damage{at + *bit / 8, static_cast<int>(*bit % 8), in_sums};
    };
    if (!check_sums()) return damage({sums_, chunks() * 4}, sums_offset_, sums_crc_, true);
    for (uint64_t chunk = 0; chunk < chunks(); ++chunk)
        if (const uint32_t sum = load<uint32_t>(sums_ + chunk * 4);
            crc32c(chunk_bytes(chunk)) != sum)
            return damage(chunk_bytes(chunk), data_offset_ + chunk * kChunk, sum, false);
    return std::nullopt;
}

}  // namespace cordon::ledger
