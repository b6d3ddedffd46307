// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index_builder.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "index_table.hpp"

namespace cordon::ledger {
namespace {

using namespace index;

/// The numbers 0, 1, ... of those that have an owner, by rising owner and in their order: owner in
/// the high half, number in the low half. REQUIRES: owners are below `ids` or kNoId.
std::vector<uint64_t> by_owner(std::span<const uint32_t> owners, uint64_t ids) {
    // A radix sort, least digit first. With more places to write to at once than 256, their pages
    // no longer fit what the processor remembers of the page tables.
    constexpr unsigned kDigit = 8;
    const auto bits = static_cast<unsigned>(std::bit_width(ids));
    const unsigned passes = std::max(1U, (bits + kDigit - 1) / kDigit);
    const unsigned digit = std::max(1U, (bits + passes - 1) / passes);
    const uint64_t mask = packed_mask(digit);
    std::vector<std::size_t> begins((std::size_t{1} << digit) * passes, 0);
    const auto begin_of = [&](uint64_t owner, unsigned pass) -> std::size_t& {
        return begins[(std::size_t{pass} << digit) + ((owner >> (pass * digit)) & mask)];
    };
    std::size_t owned = 0;
    for (const uint32_t owner : owners) {
        if (owner == kNoId) continue;
        ++owned;
        for (unsigned pass = 0; pass < passes; ++pass) ++begin_of(owner, pass);
    }
    for (unsigned pass = 0; pass < passes; ++pass)
        for (std::size_t i = 0, sum = 0; i <= mask; ++i)
            sum += std::exchange(begins[(std::size_t{pass} << digit) + i], sum);
    std::vector<uint64_t> sorted(owned);
    for (std::size_t i = 0; i < owners.size(); ++i)
        if (owners[i] != kNoId) sorted[begin_of(owners[i], 0)++] = (uint64_t{owners[i]} << 32) | i;
    std::vector<uint64_t> other(passes > 1 ? owned : 0);
    for (unsigned pass = 1; pass < passes; ++pass) {
        for (const uint64_t pair : sorted) other[begin_of(pair >> 32, pass)++] = pair;
        sorted.swap(other);
    }
    return sorted;
}

/// One adjacency of a head, of things 0, 1, ... with these owners.
unsigned write_adjacency(ColumnFileWriter& out, bool receiving, std::span<const uint32_t> owners,
                         uint64_t ids) {
    const std::vector<uint64_t> pairs = by_owner(owners, ids);
    std::vector<uint64_t> keys;  // Id in the high half, where its list begins in the low half.
    uint64_t last = UINT64_MAX;
    out.begin_packed(Index::directory(receiving) + 2, 0, owners.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (pairs[i] >> 32 != last) keys.push_back((last = pairs[i] >> 32) << 32 | i);
        out.put(pairs[i] & UINT32_MAX);
    }
    return write_keys(out, receiving, ids, keys.size(), pairs.size(), [&keys](auto&& put) {
        for (const uint64_t key : keys) put(key >> 32, key & UINT32_MAX);
    });
}

}  // namespace

Result<uint32_t> write_index(const ColumnFileWriter::Sink& sink, const Head& head,
                             std::size_t first, std::size_t end) {
    const Totals begin = head.at(first);
    const Totals from = begin - head.begin;
    const Totals own = head.at(end) - begin;
    ColumnFileWriter out{index::kFile, head.chain, sink};
    std::array<uint64_t, kCounters> counters{};
    put_totals(counters, kFirst, begin);
    put_totals(counters, kOwn, own);

    counters[kHomes] = write_table(out, kTxnTable, own.txns, [&](auto&& put) {
        for (uint64_t i = 0; i < own.txns; ++i) put(hash_of(head.hash[from.txns + i]), i);
    });
    counters[kHomes + 1] = write_table(out, kAddressTable, own.addresses, [&](auto&& put) {
        for (uint64_t i = 0; i < own.addresses; ++i)
            put(hash_of(head.addresses[from.addresses + i]), i);
    });
    counters[kHomes + 2] = write_table(out, kSpendTable, own.inputs, [&](auto&& put) {
        std::size_t foreign = head.foreign_at(first);
        for (uint64_t i = 0; i < own.inputs; ++i) {
            const uint64_t row = head.spent[from.inputs + i];
            put(row != 0 ? hash_of_row(row - 1) : hash_of(head.foreign[foreign].point), i);
            foreign += row == 0 ? 1 : 0;
        }
    });

    const uint64_t ids = begin.addresses + own.addresses;
    const bool utxo = is_utxo(head.chain);
    const auto adjacency = [&](bool receiving, const std::vector<uint32_t>& owners, uint64_t skip,
                               uint64_t count) {
        return write_adjacency(out, receiving, std::span{owners}.subspan(skip, count), ids);
    };
    const unsigned low_out = utxo ? adjacency(false, head.sender, from.inputs, own.inputs)
                                  : adjacency(false, head.from, from.rows, own.rows);
    const unsigned low_in = adjacency(true, head.to, from.rows, own.rows);
    counters[kLowBits] = low_out | (low_in << 8);
    return out.finish(counters);
}

}  // namespace cordon::ledger
