// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "head.hpp"

#include <algorithm>

namespace cordon::ledger {

Totals Head::end() const noexcept {
    Totals end = begin;
    end.blocks += blocks.size();
    end.txns += hash.size();
    end.rows += to.size();
    end.inputs += spent.size();
    end.addresses += addresses.size();
    end.assets += assets.size();
    return end;
}

void Head::reserve(uint64_t rows) {
    const auto room = static_cast<std::size_t>(rows + rows / 8);
    const auto reserve_all = [room](auto&... columns) { (columns.reserve(room), ...); };
    reserve_all(hash, row_begin, input_begin, time, to);
    addresses.reserve(room / 2);
    if (is_utxo(chain)) {
        reserve_all(version, locktime, coinbase, value, spent, sender);
    } else {
        reserve_all(from, asset, gap, kind, amount_size);
        amount.reserve(room * 8);
    }
}

void Head::reserve_like(const Head& other) {
    const auto reserve = [](auto& mine, const auto& theirs) { mine.reserve(theirs.capacity()); };
    reserve(blocks, other.blocks);
    reserve(hash, other.hash);
    reserve(row_begin, other.row_begin);
    reserve(input_begin, other.input_begin);
    reserve(time, other.time);
    reserve(version, other.version);
    reserve(locktime, other.locktime);
    reserve(coinbase, other.coinbase);
    reserve(from, other.from);
    reserve(asset, other.asset);
    reserve(gap, other.gap);
    reserve(kind, other.kind);
    reserve(amount_size, other.amount_size);
    reserve(amount, other.amount);
    reserve(to, other.to);
    reserve(value, other.value);
    reserve(spent, other.spent);
    reserve(sender, other.sender);
    reserve(addresses, other.addresses);
}

void Head::begin_block(const BlockHeader& header) {
    Totals at = end();
    blocks.push_back({header, at, amount.size(), foreign.size()});
}

void Head::truncate(std::size_t count) {
    if (count >= blocks.size()) return;
    const Block& first = blocks[count];
    const Totals left = first.begin - begin;
    amount.resize(first.amount_begin);
    foreign.resize(first.foreign_begin);
    hash.resize(left.txns);
    row_begin.resize(left.txns);
    input_begin.resize(left.txns);
    time.resize(left.txns);
    to.resize(left.rows);
    spent.resize(left.inputs);
    sender.resize(left.inputs);
    addresses.resize(left.addresses);
    assets.resize(left.assets);
    if (is_utxo(chain)) {
        version.resize(left.txns);
        locktime.resize(left.txns);
        coinbase.resize(left.txns);
        value.resize(left.rows);
    } else {
        from.resize(left.rows);
        asset.resize(left.rows);
        gap.resize(left.rows);
        kind.resize(left.rows);
        amount_size.resize(left.rows);
    }
    blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(count), blocks.end());
}

void Head::assign_tail(const Head& other, std::size_t first) {
    chain = other.chain;
    begin = other.at(first);
    const Totals skip = begin - other.begin;
    const auto cut = [](auto& mine, const auto& theirs, uint64_t count) {
        mine.assign(
            theirs.begin() + static_cast<std::ptrdiff_t>(std::min<uint64_t>(count, theirs.size())),
            theirs.end());
    };
    cut(blocks, other.blocks, first);
    const uint64_t amounts = other.amount_at(first);
    const uint64_t foreigns = other.foreign_at(first);
    for (Block& block : blocks) {
        block.amount_begin -= amounts;
        block.foreign_begin -= foreigns;
    }
    cut(hash, other.hash, skip.txns);
    cut(row_begin, other.row_begin, skip.txns);
    cut(input_begin, other.input_begin, skip.txns);
    for (uint32_t& row : row_begin) row -= static_cast<uint32_t>(skip.rows);
    for (uint32_t& input : input_begin) input -= static_cast<uint32_t>(skip.inputs);
    cut(time, other.time, skip.txns);
    cut(version, other.version, skip.txns);
    cut(locktime, other.locktime, skip.txns);
    cut(coinbase, other.coinbase, skip.txns);
    cut(from, other.from, skip.rows);
    cut(asset, other.asset, skip.rows);
    cut(gap, other.gap, skip.rows);
    cut(kind, other.kind, skip.rows);
    cut(amount_size, other.amount_size, skip.rows);
    cut(amount, other.amount, amounts);
    cut(to, other.to, skip.rows);
    cut(value, other.value, skip.rows);
    cut(spent, other.spent, skip.inputs);
    cut(sender, other.sender, skip.inputs);
    cut(foreign, other.foreign, foreigns);
    cut(addresses, other.addresses, skip.addresses);
    cut(assets, other.assets, skip.assets);
}

std::size_t Head::lower_block(BlockNum number) const noexcept {
    const auto it =
        std::lower_bound(blocks.begin(), blocks.end(), number,
                         [](const Block& block, BlockNum n) { return block.header.number < n; });
    return static_cast<std::size_t>(it - blocks.begin());
}

}  // namespace cordon::ledger
