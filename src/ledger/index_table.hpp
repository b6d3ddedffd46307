// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ranges>
#include <span>
#include <vector>

#include "column_writer.hpp"
#include "hash_index.hpp"
#include "index_format.hpp"

namespace cordon::ledger {

/// Memory for making indexes, kept for the next one: to touch it for the first time costs more than
/// what is done in it.
struct IndexScratch {
    std::vector<uint64_t> first, second;
    std::vector<uint32_t> prefixes, begins;

    /// `size` numbers of any value. Makes `of` longer, never shorter.
    template <typename T>
    static std::span<T> room(std::vector<T>& of, std::size_t size) {
        if (of.size() < size) of = std::vector<T>(size);
        return std::span{of}.first(size);
    }
};

/// A column of `size` numbers distance(i), which may be negative: they are added modulo 2^64.
template <typename Distance>
void put_distances(ColumnFileWriter& out, std::size_t column, std::size_t size,
                   Distance&& distance) {
    int64_t least = 0, most = 0;
    for (std::size_t i = 0; i < size; ++i) {
        least = std::min(least, distance(i));
        most = std::max(most, distance(i));
    }
    out.begin_packed(column, static_cast<uint64_t>(least), static_cast<uint64_t>(most - least));
    for (std::size_t i = 0; i < size; ++i) out.put(static_cast<uint64_t>(distance(i)));
}

/// Writes one table of an index. Confined to one thread.
class TableWriter {
public:
    /// REQUIRES: entries < 2^32. Memory: four bytes a bucket, in `scratch.begins`.
    TableWriter(ColumnFileWriter& out, std::size_t table, uint64_t entries, IndexScratch& scratch)
        : out_{out},
          table_{table},
          entries_{entries},
          bits_{index::bucket_bits(entries)},
          begins_{IndexScratch::room(scratch.begins, std::size_t{1} << bits_)} {
        const unsigned rest = index::kPrefixBits - bits_;
        out.begin_packed(table, 0, (entries << rest) | packed_mask(rest));
    }

    unsigned bits() const noexcept { return bits_; }
    uint64_t written() const noexcept { return written_; }

    /// The next entries: prefix in the high half, number in the low half. REQUIRES: they rise, over
    /// all calls.
    void put(std::span<const uint64_t> entries) {
        const unsigned rest = index::kPrefixBits - bits_;
        for (const uint64_t entry : entries) {
            for (const uint64_t bucket = entry >> (32 + rest); begun_ <= bucket; ++begun_)
                begins_[static_cast<std::size_t>(begun_)] = static_cast<uint32_t>(written_);
            ++written_;
        }
        out_.put_each(std::views::transform(entries, [rest](uint64_t entry) {
            return ((entry & UINT32_MAX) << rest) | ((entry >> 32) & packed_mask(rest));
        }));
    }

    /// Writes the directory; returns the number of bucket bits. REQUIRES: all entries were put.
    unsigned finish() {
        for (; begun_ < begins_.size(); ++begun_)
            begins_[static_cast<std::size_t>(begun_)] = static_cast<uint32_t>(written_);
        put_distances(out_, index::table_directory(table_), begins_.size(),
                      [&](std::size_t bucket) {
                          return static_cast<int64_t>(begins_[bucket]) -
                                 static_cast<int64_t>(index::even_begin(bucket, entries_, bits_));
                      });
        return bits_;
    }

private:
    ColumnFileWriter& out_;
    std::size_t table_;
    uint64_t entries_, written_ = 0, begun_ = 0;
    unsigned bits_;
    std::span<uint32_t> begins_;  // Of buckets, so many of them so far.
};

/// Writes the key and directory columns of an adjacency of `keys` addresses with `total` entries,
/// out of `ids` addresses that there are. `visit(put)` calls put(id, where its list begins) by
/// rising id. Returns the number of low bits: such that a directory entry counts some eight
/// addresses, or none when all addresses have a list.
template <typename Visit>
unsigned write_keys(ColumnFileWriter& out, bool receiving, uint64_t ids, uint64_t keys,
                    uint64_t total, Visit&& visit) {
    const std::size_t column = receiving ? index::kInDirectory : index::kOutDirectory;
    constexpr unsigned kIdBits = 32;
    const unsigned low =
        keys == 0 ? kIdBits
        : keys == ids
            ? 0
            : std::min(static_cast<unsigned>(std::bit_width(ids * 8 / keys)) - 1, kIdBits);
    const std::size_t size = static_cast<std::size_t>((ids >> low) + 2);
    std::vector<uint32_t> counts(low == 0 ? 0 : size, 0);
    out.begin_packed(column + 1, 0, (total << low) | packed_mask(low));
    visit([&](uint64_t id, uint64_t begin) {
        if (low != 0) ++counts[static_cast<std::size_t>((id >> low) + 1)];
        out.put((begin << low) | (id & packed_mask(low)));
    });
    out.put(total << low);
    if (low == 0) {
        out.put_constant(column, 0, size);
        return low;
    }
    for (std::size_t i = 1; i < size; ++i) counts[i] += counts[i - 1];
    put_distances(out, column, size, [&](std::size_t i) {
        return static_cast<int64_t>(counts[i]) -
               static_cast<int64_t>(index::even_keys(uint64_t{i} << low, keys, ids));
    });
    return low;
}

}  // namespace cordon::ledger
