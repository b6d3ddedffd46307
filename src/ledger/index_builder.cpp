// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index_builder.hpp"

#include <algorithm>

#include "index_table.hpp"

namespace cordon::ledger {
namespace {

using namespace index;

/// Sorts by the high half, stable, with `bits` bits of it in use.
void sort_by_high_half(std::vector<uint64_t>& values, unsigned bits) {
    constexpr unsigned kDigit = 11;
    std::vector<uint64_t> other(values.size());
    std::vector<std::size_t> begin;
    for (unsigned shift = 32; shift < 32 + bits; shift += kDigit) {
        begin.assign((std::size_t{1} << kDigit) + 1, 0);
        const uint64_t mask = packed_mask(kDigit);
        for (const uint64_t value : values) ++begin[((value >> shift) & mask) + 1];
        for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
        for (const uint64_t value : values) other[begin[(value >> shift) & mask]++] = value;
        values.swap(other);
    }
}

/// One adjacency of a head. `pairs`: address id in the high half, number in the low half, by
/// number.
unsigned write_adjacency(ColumnFileWriter& out, bool receiving, std::vector<uint64_t> pairs,
                         uint64_t ids, uint64_t numbers) {
    sort_by_high_half(pairs, static_cast<unsigned>(std::bit_width(ids)));
    uint64_t keys = 0;
    out.begin_packed(Index::directory(receiving) + 2, 0, numbers);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        keys += i == 0 || pairs[i] >> 32 != pairs[i - 1] >> 32 ? 1 : 0;
        out.put(pairs[i] & UINT32_MAX);
    }
    return write_keys(out, receiving, ids, keys, pairs.size(), [&pairs](auto&& put) {
        for (std::size_t i = 0; i < pairs.size(); ++i)
            if (i == 0 || pairs[i] >> 32 != pairs[i - 1] >> 32) put(pairs[i] >> 32, i);
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
    const auto adjacency = [&](bool receiving, const std::vector<uint32_t>& owner, uint64_t skip,
                               uint64_t count) {
        std::vector<uint64_t> pairs;
        pairs.reserve(static_cast<std::size_t>(count));
        for (uint64_t i = 0; i < count; ++i)
            if (owner[skip + i] != kNoId) pairs.push_back((uint64_t{owner[skip + i]} << 32) | i);
        return write_adjacency(out, receiving, std::move(pairs), ids, count);
    };
    const unsigned low_out = utxo ? adjacency(false, head.sender, from.inputs, own.inputs)
                                  : adjacency(false, head.from, from.rows, own.rows);
    const unsigned low_in = adjacency(true, head.to, from.rows, own.rows);
    counters[kLowBits] = low_out | (low_in << 8);
    return out.finish(counters);
}

}  // namespace cordon::ledger
