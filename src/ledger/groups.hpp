// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "column_writer.hpp"

/// Which group an item is in, and where a group begins, in little more than a bit for each: the
/// rows of txns, the inputs of txns. A string of bits holds for each group a one, then a zero for
/// each of its items; a last one ends it. Every 64th one and every 64th zero is noted.
namespace cordon::ledger {

/// Where the three columns of such a string are.
struct GroupColumns {
    std::size_t bits, groups, items;
};

/// Reads groups. A view: must not outlive its file.
class Groups {
public:
    static constexpr uint64_t kEvery = 64;

    Groups() = default;
    Groups(const ColumnFile& file, const GroupColumns& columns) noexcept
        : bits_{&file.column(columns.bits)},
          groups_{&file.column(columns.groups)},
          items_{&file.column(columns.items)} {}

    /// The group of an item; false when the bytes are damaged, here and below.
    bool group_of(uint64_t item, uint64_t& group) const noexcept {
        uint64_t at = 0;
        if (!select(*items_, ~uint64_t{0}, item, at) || at <= item) return false;
        group = at - item - 1;
        return true;
    }
    /// The same, and the first item of the group: the one before the zero is near.
    bool group_of(uint64_t item, uint64_t& group, uint64_t& first) const noexcept {
        uint64_t at = 0;
        if (!select(*items_, ~uint64_t{0}, item, at) || at <= item) return false;
        group = at - item - 1;
        uint64_t index = at / 64;
        for (uint64_t keep = (uint64_t{1} << (at % 64)) - 1;; keep = ~uint64_t{0}) {
            const uint8_t* bytes = bits_->get(index * 8, 8);
            if (bytes == nullptr) return false;
            if (const uint64_t word = load<uint64_t>(bytes) & keep; word != 0) {
                const uint64_t one = index * 64 + static_cast<unsigned>(std::bit_width(word)) - 1;
                if (one < group) return false;
                first = one - group;
                return true;
            }
            if (index-- == 0) return false;
        }
    }
    /// The items of a group: [first, end).
    bool items_of(uint64_t group, uint64_t& first, uint64_t& end) const noexcept {
        std::array<uint64_t, 2> both{};
        if (!begins(group, 2, both.data()) || both[1] < both[0]) return false;
        first = both[0];
        end = both[1];
        return true;
    }
    /// Where the groups [first, first + n) begin, for scans: one search for all of them.
    bool begins(uint64_t first, std::size_t n, uint64_t* out) const noexcept {
        uint64_t at = 0;
        if (n == 0) return true;
        if (!select(*groups_, 0, first, at) || at < first) return false;
        uint64_t index = at / 64;
        uint64_t keep = ~uint64_t{0} << (at % 64);
        for (std::size_t i = 0; i < n; ++index, keep = ~uint64_t{0}) {
            const uint8_t* bytes = bits_->get(index * 8, 8);
            if (bytes == nullptr) return false;
            for (uint64_t word = load<uint64_t>(bytes) & keep; word != 0 && i < n; ++i) {
                out[i] = index * 64 + static_cast<unsigned>(std::countr_zero(word)) - (first + i);
                word &= word - 1;
            }
        }
        return true;
    }
    /// Before group_of(): first the sample of an item, and when that is near, the bits behind it.
    void prefetch_item(uint64_t item) const noexcept { items_->prefetch(item / kEvery); }
    void prefetch_item_bits(uint64_t item) const noexcept {
        uint64_t at = 0;
        if (items_->read(item / kEvery, at)) bits_->prefetch_byte(at / 8);
    }
    /// Before begin(): first the sample of a group, and when that is near, the bits behind it.
    void prefetch_group(uint64_t group) const noexcept { groups_->prefetch(group / kEvery); }
    void prefetch_bits(uint64_t group) const noexcept {
        uint64_t at = 0;
        if (groups_->read(group / kEvery, at)) bits_->prefetch_byte(at / 8);
    }

private:
    /// The position of one (flip = 0) or zero (flip = ~0) number `rank`.
    bool select(const Column& samples, uint64_t flip, uint64_t rank, uint64_t& at) const noexcept {
        if (!samples.read(rank / kEvery, at)) return false;
        auto left = static_cast<unsigned>(rank % kEvery);
        uint64_t keep = ~uint64_t{0} << (at % 64);
        // Mostly it is in one of the next words: they are checked at once.
        constexpr uint64_t kTogether = 4;
        for (uint64_t index = at / 64, last = bits_->size() / 8; index < last;) {
            const uint64_t stop = std::min(index + kTogether, last);
            const uint8_t* bytes = bits_->get(index * 8, (stop - index) * 8);
            if (bytes == nullptr) return false;
            for (; index < stop; ++index, bytes += 8, keep = ~uint64_t{0}) {
                const uint64_t word = (load<uint64_t>(bytes) ^ flip) & keep;
                const auto ones = static_cast<unsigned>(std::popcount(word));
                if (left < ones) {
                    at = index * 64 + select_bit(word, left);
                    return true;
                }
                left -= ones;
            }
        }
        return false;
    }

    const Column* bits_ = nullptr;
    const Column* groups_ = nullptr;
    const Column* items_ = nullptr;
};

/// Lays groups out; memory: the string itself.
class GroupsBuilder {
public:
    void add(uint64_t items) {
        if (ones_++ % Groups::kEvery == 0) groups_.push_back(at_);
        set();
        for (; items > 0; --items) {
            if (zeros_++ % Groups::kEvery == 0) items_.push_back(at_);
            if (at_ % 64 == 0) words_.push_back(0);
            ++at_;
        }
    }
    void write(ColumnFileWriter& out, const GroupColumns& columns) {
        add(0);  // The end of the last group.
        out.begin_bytes(columns.bits);
        out.put({reinterpret_cast<const uint8_t*>(words_.data()), words_.size() * 8});
        out.put_packed(columns.groups, groups_);
        out.put_packed(columns.items, items_);
    }

private:
    void set() {
        if (at_ % 64 == 0) words_.push_back(0);
        words_.back() |= uint64_t{1} << (at_ % 64);
        ++at_;
    }

    std::vector<uint64_t> words_, groups_, items_;
    uint64_t at_ = 0, ones_ = 0, zeros_ = 0;
};

}  // namespace cordon::ledger
