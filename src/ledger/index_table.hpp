// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <cordon/base/check.hpp>

#include "column_writer.hpp"
#include "hash_index.hpp"
#include "index_format.hpp"

namespace cordon::ledger {

/// Memory for making indexes, kept for the next one: to touch it for the first time costs more than
/// what is done in it.
struct IndexScratch {
    std::vector<uint64_t> first, second, third;

    /// `size` numbers of any value. Makes `of` longer, never shorter.
    static std::span<uint64_t> room(std::vector<uint64_t>& of, std::size_t size) {
        if (of.size() < size) of = std::vector<uint64_t>(size);
        return std::span{of}.first(size);
    }
};

/// Lays out one hash table of an index. `visit(wants, put)` calls put(hash, number) for those of
/// the numbers 0 .. entries - 1, in order, for which wants(number) holds. It is called once for
/// each four million slots, so that memory is bounded (about 90 MB, and one byte an entry) whatever
/// the size. Same keys, same bytes. Returns the number of homes.
template <typename Visit>
uint64_t write_table(ColumnFileWriter& out, IndexScratch& scratch, std::size_t column,
                     uint64_t entries, Visit&& visit) {
    constexpr uint64_t kRegion = uint64_t{1} << 22;
    constexpr unsigned kPlaceBits = 40;   // What stands above the slot's content in `wanted`.
    constexpr unsigned kBucketBits = 15;  // A bucket of slots fits the second-level cache.
    const uint64_t homes = index::homes_of(entries);
    out.begin_packed(column, 0, (entries << index::kTagBits) | 0xFF);
    // Where each entry belongs, so that its key is read twice and not once for each region.
    std::vector<uint8_t> region_of;
    if (homes > kRegion) {
        CORDON_CHECK(homes / kRegion <= UINT8_MAX);
        region_of.resize(static_cast<std::size_t>(entries));
        visit([](uint64_t) { return true; },
              [&](uint64_t hash, uint64_t number) {
                  region_of[number] = static_cast<uint8_t>(home_slot(hash, homes) / kRegion);
              });
    }
    std::vector<uint64_t>& wanted = scratch.first;
    std::vector<uint64_t> carried;
    for (uint64_t region = 0; region < homes; region += kRegion) {
        const uint64_t size = std::min(kRegion, homes - region);
        wanted.clear();
        wanted.reserve(static_cast<std::size_t>(std::min(entries, size)));
        visit([&, at = static_cast<uint8_t>(region / kRegion)](
                  uint64_t number) { return region_of.empty() || region_of[number] == at; },
              [&](uint64_t hash, uint64_t number) {
                  const uint64_t place = home_slot(hash, homes) - region;
                  wanted.push_back((place << kPlaceBits) | ((number + 1) << index::kTagBits) |
                                   (hash & 0xFF));
              });
        // By bucket first, so that the slots that are written lie close to each other.
        std::array<std::size_t, (kRegion >> kBucketBits) + 1> begin{};
        for (const uint64_t entry : wanted) ++begin[(entry >> (kPlaceBits + kBucketBits)) + 1];
        for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
        const std::span sorted = IndexScratch::room(scratch.second, wanted.size());
        for (const uint64_t entry : wanted)
            sorted[begin[entry >> (kPlaceBits + kBucketBits)]++] = entry;

        const std::span slots = IndexScratch::room(scratch.third, static_cast<std::size_t>(size));
        std::fill(slots.begin(), slots.end(), 0);
        std::vector<uint64_t> over;
        const auto place = [&](uint64_t slot, uint64_t value) {
            while (slot < size && slots[slot] != 0) ++slot;
            if (slot < size)
                slots[slot] = value;
            else
                over.push_back(value);
        };
        for (const uint64_t value : carried) place(0, value);
        for (const uint64_t entry : sorted)
            place(entry >> kPlaceBits, entry & packed_mask(kPlaceBits));
        carried.swap(over);
        out.put_each(slots);
    }
    out.put_each(carried);
    return homes;
}

/// Writes the key and directory columns of an adjacency of `keys` addresses with `total` entries,
/// out of `ids` addresses that there are. `visit(put)` calls put(id, where its list begins) by
/// rising id. Returns the number of low bits: such that a directory entry counts some eight
/// addresses.
template <typename Visit>
unsigned write_keys(ColumnFileWriter& out, bool receiving, uint64_t ids, uint64_t keys,
                    uint64_t total, Visit&& visit) {
    const std::size_t column = receiving ? index::kInDirectory : index::kOutDirectory;
    constexpr unsigned kIdBits = 32;
    const unsigned low =
        keys == 0 ? kIdBits
                  : std::min(static_cast<unsigned>(std::bit_width(ids * 8 / keys)) - 1, kIdBits);
    std::vector<uint64_t> directory(static_cast<std::size_t>((ids >> low) + 2), 0);
    out.begin_packed(column + 1, 0, (total << low) | packed_mask(low));
    visit([&](uint64_t id, uint64_t begin) {
        ++directory[static_cast<std::size_t>((id >> low) + 1)];
        out.put((begin << low) | (id & packed_mask(low)));
    });
    out.put(total << low);
    for (std::size_t i = 1; i < directory.size(); ++i) directory[i] += directory[i - 1];
    out.begin_packed(column, 0, keys);
    out.put_each(directory);
    return low;
}

}  // namespace cordon::ledger
