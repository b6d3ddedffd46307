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
        int64_t least = 0, most = 0;
        const auto distance = [this](std::size_t bucket) {
            return static_cast<int64_t>(begins_[bucket]) -
                   static_cast<int64_t>(index::even_begin(bucket, entries_, bits_));
        };
        for (std::size_t i = 0; i < begins_.size(); ++i) {
            least = std::min(least, distance(i));
            most = std::max(most, distance(i));
        }
        out_.begin_packed(index::table_directory(table_), static_cast<uint64_t>(least),
                          static_cast<uint64_t>(most - least));
        for (std::size_t i = 0; i < begins_.size(); ++i)
            out_.put(static_cast<uint64_t>(distance(i)));
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
