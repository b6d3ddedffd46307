// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index_builder.hpp"

#include <algorithm>
#include <ranges>
#include <span>
#include <utility>

#include "index_table.hpp"

namespace cordon::ledger {
namespace {

using namespace index;

/// Sorts a piece by the low `bits` bits of the high half, least digit first, `other` being as
/// large.
void sort_piece(std::span<uint64_t> piece, std::span<uint64_t> other, unsigned bits) {
    constexpr unsigned kDigit = 8;
    std::array<uint32_t, (1U << kDigit)> begins;
    const std::span<uint64_t> home = piece;
    for (unsigned shift = 0; shift < bits; shift += kDigit) {
        const unsigned at = 32 + shift;
        const uint64_t mask = packed_mask(std::min(kDigit, bits - shift));
        begins.fill(0);
        for (const uint64_t pair : piece) ++begins[(pair >> at) & mask];
        for (uint32_t sum = 0; uint32_t& begin : begins) sum += std::exchange(begin, sum);
        for (const uint64_t pair : piece) other[begins[(pair >> at) & mask]++] = pair;
        std::swap(piece, other);
    }
    if (piece.data() != home.data()) std::copy(piece.begin(), piece.end(), home.begin());
}

/// The numbers 0, 1, ... of the keys below `limit`, by rising key and then in their order: key in
/// the high half, number in the low half. REQUIRES: limit > 0.
std::span<const uint64_t> sort_keys(std::span<const uint32_t> keys, uint64_t limit,
                                    IndexScratch& scratch) {
    // By the highest eight bits first: more places to write to at once, and their pages would no
    // longer fit what the processor remembers of the page tables. The pieces fit its caches.
    constexpr unsigned kHigh = 8;
    const auto end = static_cast<unsigned>(std::bit_width(limit - 1));
    const unsigned high = end - std::min(end, kHigh);
    std::array<std::size_t, (std::size_t{1} << kHigh) + 1> begins{};
    for (const uint32_t key : keys)
        if (key < limit) ++begins[(uint64_t{key} >> high) + 1];
    std::size_t largest = 0;
    for (std::size_t i = 1; i < begins.size(); ++i) {
        largest = std::max(largest, begins[i]);
        begins[i] += begins[i - 1];
    }
    const std::span sorted = IndexScratch::room(scratch.first, begins.back());
    const std::span other = IndexScratch::room(scratch.second, largest);
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (const uint64_t key = keys[i]; key < limit)
            sorted[begins[key >> high]++] = (key << 32) | i;
    for (std::size_t i = 0, begin = 0; i + 1 < begins.size(); begin = begins[i++])
        sort_piece(sorted.subspan(begin, begins[i] - begin), other.first(begins[i] - begin), high);
    return sorted;
}

/// One table of a head: of things 0 .. entries - 1, whose hashes hash() gives in their order.
template <typename Hash>
unsigned write_table(ColumnFileWriter& out, std::size_t table, uint64_t entries,
                     IndexScratch& scratch, Hash&& hash) {
    const std::span prefixes =
        IndexScratch::room(scratch.prefixes, static_cast<std::size_t>(entries));
    for (uint64_t i = 0; i < entries; ++i)
        prefixes[static_cast<std::size_t>(i)] = static_cast<uint32_t>(prefix_of(hash(i)));
    TableWriter writer{out, table, entries, scratch};
    writer.put(sort_keys(prefixes, uint64_t{1} << kPrefixBits, scratch));
    return writer.finish();
}

/// One adjacency of a head, of things 0, 1, ... with these owners.
unsigned write_adjacency(ColumnFileWriter& out, bool receiving, std::span<const uint32_t> owners,
                         uint64_t ids, IndexScratch& scratch) {
    // Without kNoId, which is no id.
    const std::span pairs = sort_keys(owners, std::max<uint64_t>(ids, 1), scratch);
    // Id in the high half, where its list begins in the low half.
    const std::span keys = IndexScratch::room(scratch.second, pairs.size());
    std::size_t count = 0;
    uint64_t last = UINT64_MAX;
    out.begin_packed(Index::directory(receiving) + 2, 0, owners.size());
    out.put_each(std::views::transform(pairs, [](uint64_t pair) { return pair & UINT32_MAX; }));
    for (std::size_t i = 0; i < pairs.size(); ++i)
        if (pairs[i] >> 32 != last) keys[count++] = (last = pairs[i] >> 32) << 32 | i;
    return write_keys(out, receiving, ids, count, pairs.size(), [&](auto&& put) {
        for (const uint64_t key : keys.first(count)) put(key >> 32, key & UINT32_MAX);
    });
}

}  // namespace

Result<uint32_t> write_index(const ColumnFileWriter::Sink& sink, const Head& head,
                             std::size_t first, std::size_t end, IndexScratch& scratch) {
    const Totals begin = head.at(first);
    const Totals from = begin - head.begin;
    const Totals own = head.at(end) - begin;
    ColumnFileWriter out{index::kFile, head.chain, sink};
    std::array<uint64_t, kCounters> counters{};
    put_totals(counters, kFirst, begin);
    put_totals(counters, kOwn, own);

    counters[kBucketBits] = write_table(out, kTxnTable, own.txns, scratch, [&](uint64_t i) {
        return hash_of(head.hash[from.txns + i]);
    });
    counters[kBucketBits + 1] =
        write_table(out, kAddressTable, own.addresses, scratch,
                    [&](uint64_t i) { return hash_of(head.addresses[from.addresses + i]); });
    std::size_t foreign = head.foreign_at(first);
    counters[kBucketBits + 2] = write_table(out, kSpendTable, own.inputs, scratch, [&](uint64_t i) {
        const uint64_t row = head.spent[from.inputs + i];
        return row != 0 ? hash_of_row(row - 1) : hash_of(head.foreign[foreign++].point);
    });

    const uint64_t ids = begin.addresses + own.addresses;
    const bool utxo = is_utxo(head.chain);
    const auto adjacency = [&](bool receiving, const std::vector<uint32_t>& owners, uint64_t skip,
                               uint64_t count) {
        return write_adjacency(out, receiving, std::span{owners}.subspan(skip, count), ids,
                               scratch);
    };
    const unsigned low_out = utxo ? adjacency(false, head.sender, from.inputs, own.inputs)
                                  : adjacency(false, head.from, from.rows, own.rows);
    const unsigned low_in = adjacency(true, head.to, from.rows, own.rows);
    counters[kLowBits] = low_out | (low_in << 8);
    return out.finish(counters);
}

}  // namespace cordon::ledger
