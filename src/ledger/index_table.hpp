// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "column_writer.hpp"
#include "hash_index.hpp"
#include "index_format.hpp"

namespace cordon::ledger {

/// Entries of a hash table by the bucket of slots in which they belong, those of a bucket in the
/// order in which they came. Memory comes in pieces, so that nothing need be counted before.
class Buckets {
public:
    /// Empties it, and keeps the memory.
    void reset(std::size_t count) {
        buckets_.assign(count, {});
        next_.clear();
    }
    void add(std::size_t bucket, uint64_t entry) {
        Bucket& into = buckets_[bucket];
        if (into.size % kPiece == 0) extend(into);
        piece(into.last)[into.size++ % kPiece] = entry;
    }
    template <typename Visit>
    void each(std::size_t bucket, Visit&& visit) const {
        const Bucket& from = buckets_[bucket];
        uint32_t at = from.first;
        for (std::size_t left = from.size; left != 0; at = next_[at]) {
            const std::size_t size = std::min(left, kPiece);
            for (const uint64_t entry : std::span{piece(at), size}) visit(entry);
            left -= size;
        }
    }

private:
    static constexpr std::size_t kPiece = 512;  // A page of 4 KiB.
    // So many are had at once: 32 MB, which the C library gives back to the system when they are
    // freed, and whose pages come when they are used.
    static constexpr std::size_t kPieces = 8192;
    struct Bucket {
        std::size_t size = 0;
        uint32_t first = 0, last = 0;  // Pieces; each but the last is full.
    };

    uint64_t* piece(uint32_t i) const noexcept {
        return blocks_[i / kPieces].get() + i % kPieces * kPiece;
    }
    void extend(Bucket& bucket) {
        const auto fresh = static_cast<uint32_t>(next_.size());
        if (fresh == blocks_.size() * kPieces)
            blocks_.push_back(std::make_unique_for_overwrite<uint64_t[]>(kPieces * kPiece));
        next_.push_back(0);
        (bucket.size == 0 ? bucket.first : next_[bucket.last]) = fresh;
        bucket.last = fresh;
    }

    std::vector<Bucket> buckets_;
    std::vector<uint32_t> next_;  // The piece behind a piece.
    std::vector<std::unique_ptr<uint64_t[]>> blocks_;
};

/// Memory for making indexes, kept for the next one: to touch it for the first time costs more than
/// what is done in it.
struct IndexScratch {
    std::vector<uint64_t> first, second;
    Buckets buckets;

    /// `size` numbers of any value. Makes `of` longer, never shorter.
    static std::span<uint64_t> room(std::vector<uint64_t>& of, std::size_t size) {
        if (of.size() < size) of = std::vector<uint64_t>(size);
        return std::span{of}.first(size);
    }
};

/// Lays out one hash table of an index. `visit(put)` calls put(hash, number) for the numbers 0 ..
/// entries - 1, in order. It is called once for each `region` slots, so that memory is bounded
/// (about 100 MB) whatever the size. Same keys, same bytes. Returns the number of homes.
template <typename Visit>
uint64_t write_table(ColumnFileWriter& out, IndexScratch& scratch, std::size_t column,
                     uint64_t entries, Visit&& visit, uint64_t region = uint64_t{1} << 24) {
    constexpr unsigned kBucketBits = 15;  // A bucket of slots fits the second-level cache.
    constexpr unsigned kPlaceBits = 40;   // Where the place in the bucket stands above the content.
    const uint64_t homes = index::homes_of(entries);
    out.begin_packed(column, 0, (entries << index::kTagBits) | 0xFF);
    std::vector<uint64_t> slots, over, carried;
    for (uint64_t first = 0; first < homes; first += region) {
        const uint64_t size = std::min(region, homes - first);
        scratch.buckets.reset(static_cast<std::size_t>((size - 1) >> kBucketBits) + 1);
        visit([&](uint64_t hash, uint64_t number) {
            const uint64_t place = home_slot(hash, homes) - first;
            if (place >= size) return;  // Also when it lies before.
            scratch.buckets.add(static_cast<std::size_t>(place >> kBucketBits),
                                ((place & packed_mask(kBucketBits)) << kPlaceBits) |
                                    ((number + 1) << index::kTagBits) | (hash & 0xFF));
        });
        for (uint64_t begin = 0; begin < size; begin += uint64_t{1} << kBucketBits) {
            const std::size_t end =
                static_cast<std::size_t>(std::min(size - begin, uint64_t{1} << kBucketBits));
            // What had no room in the bucket before comes first.
            over.assign(
                carried.begin() + static_cast<std::ptrdiff_t>(std::min(end, carried.size())),
                carried.end());
            slots.assign(carried.begin(), carried.end() - static_cast<std::ptrdiff_t>(over.size()));
            slots.resize(end, 0);
            scratch.buckets.each(
                static_cast<std::size_t>(begin >> kBucketBits), [&](uint64_t entry) {
                    std::size_t slot = static_cast<std::size_t>(entry >> kPlaceBits);
                    while (slot < end && slots[slot] != 0) ++slot;
                    const uint64_t value = entry & packed_mask(kPlaceBits);
                    if (slot < end)
                        slots[slot] = value;
                    else
                        over.push_back(value);
                });
            carried.swap(over);
            out.put_each(slots);
        }
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
