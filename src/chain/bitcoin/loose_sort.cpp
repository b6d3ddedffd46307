// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <queue>
#include <tuple>
#include <unordered_map>

#include <cordon/base/format.hpp>

#include "../text.hpp"
#include "loose_txn.hpp"

namespace cordon::chain {
namespace {

std::string name_of(const LooseTxn& txn) { return format_hash(kBitcoin, txn.txn.txid); }

template <typename T>
bool take_known(std::optional<T>& into, const std::optional<T>& from) {
    if (into && from && *into != *from) return false;
    if (!into) into = from;
    return true;
}

/// Joins what two lines say about one txn. False when they contradict each other.
bool join(LooseTxn& into, const LooseTxn& from) {
    if (into.txn.outputs != from.txn.outputs || into.txn.inputs.size() != from.txn.inputs.size() ||
        into.txn.coinbase != from.txn.coinbase)
        return false;
    for (std::size_t i = 0; i < into.txn.inputs.size(); ++i) {
        if (into.txn.inputs[i].prevout != from.txn.inputs[i].prevout) return false;
        if (!take_known(into.txn.inputs[i].spent, from.txn.inputs[i].spent)) return false;
    }
    if (into.has_version && from.has_version && into.txn.version != from.txn.version) return false;
    if (into.has_locktime && from.has_locktime && into.txn.locktime != from.txn.locktime)
        return false;
    if (!into.has_version) into.txn.version = from.txn.version;
    if (!into.has_locktime) into.txn.locktime = from.txn.locktime;
    into.has_version |= from.has_version;
    into.has_locktime |= from.has_locktime;
    return take_known(into.height, from.height) && take_known(into.pos, from.pos) &&
           take_known(into.time, from.time);
}

using ByTxid = std::unordered_map<Hash256, uint32_t>;  // Looked up only, never walked.

Result<ByTxid> drop_repeated(std::vector<LooseTxn>& txns, const WhereIs& where) {
    ByTxid by_txid;
    by_txid.reserve(txns.size());
    uint32_t kept = 0;
    for (uint32_t i = 0; i < txns.size(); ++i) {
        const auto [found, fresh] = by_txid.emplace(txns[i].txn.txid, kept);
        if (!fresh) {
            LooseTxn& first = txns[found->second];
            if (!join(first, txns[i]))
                return fail(ErrorCode::kDuplicate,
                            format("{}: txn {} contradicts the same txn at {}", where(txns[i]),
                                   name_of(txns[i]), where(first)));
            continue;
        }
        if (kept != i) txns[kept] = std::move(txns[i]);
        ++kept;
    }
    txns.resize(kept);
    return by_txid;
}

/// Spent before spender: Kahn's algorithm, and among those that are free the earliest.
std::vector<uint32_t> topological(const std::vector<LooseTxn>& txns, const ByTxid& by_txid) {
    std::vector<std::pair<uint32_t, uint32_t>> spends;  // Spent, spender.
    std::vector<uint32_t> waits(txns.size(), 0);
    for (uint32_t i = 0; i < txns.size(); ++i) {
        for (const TxIn& input : txns[i].txn.inputs) {
            const auto spent = by_txid.find(input.prevout.txid);
            if (spent == by_txid.end()) continue;
            spends.emplace_back(spent->second, i);
            ++waits[i];
        }
    }
    std::sort(spends.begin(), spends.end());
    // A txn that does not say its height, time or place comes before those that do: nothing holds
    // it back.
    const auto key = [&txns](uint32_t i) {
        const LooseTxn& txn = txns[i];
        return std::tuple{txn.height, txn.time, txn.pos, i};
    };
    const auto later = [&key](uint32_t a, uint32_t b) { return key(a) > key(b); };
    std::priority_queue<uint32_t, std::vector<uint32_t>, decltype(later)> free(later);
    for (uint32_t i = 0; i < txns.size(); ++i)
        if (waits[i] == 0) free.push(i);
    std::vector<uint32_t> order;
    order.reserve(txns.size());
    while (!free.empty()) {
        const uint32_t txn = free.top();
        free.pop();
        order.push_back(txn);
        const auto from =
            std::lower_bound(spends.begin(), spends.end(), std::pair{txn, uint32_t{0}});
        for (auto spend = from; spend != spends.end() && spend->first == txn; ++spend)
            if (--waits[spend->second] == 0) free.push(spend->second);
    }
    return order;
}

Status check_order(const std::vector<LooseTxn>& txns, const WhereIs& where) {
    for (std::size_t i = 1; i < txns.size(); ++i) {
        const LooseTxn& before = txns[i - 1];
        const LooseTxn& txn = txns[i];
        const bool falls = before.height && txn.height && *txn.height < *before.height;
        const bool misplaced = before.height && before.height == txn.height && before.pos &&
                               txn.pos && *txn.pos < *before.pos;
        if (falls || misplaced)
            return fail(
                ErrorCode::kOrder,
                format("{}: txn {} (height {}) spends what comes after it, as {} (height {}) shows",
                       where(txn), name_of(txn), *txn.height, name_of(before), *before.height));
        if (before.height && before.height == txn.height && before.pos && before.pos == txn.pos)
            return fail(ErrorCode::kDuplicate,
                        format("{}: txn {} has the place {} in block {} that {} has", where(txn),
                               name_of(txn), *txn.pos, *txn.height, name_of(before)));
    }
    return {};
}

}  // namespace

Result<std::vector<LooseTxn>> sort_loose_txns(std::vector<LooseTxn> txns, const WhereIs& where) {
    CORDON_TRY(const ByTxid by_txid, drop_repeated(txns, where));
    const std::vector<uint32_t> order = topological(txns, by_txid);
    if (order.size() < txns.size()) {
        std::vector<bool> done(txns.size(), false);
        for (const uint32_t txn : order) done[txn] = true;
        const LooseTxn& stuck = txns[static_cast<std::size_t>(
            std::find(done.begin(), done.end(), false) - done.begin())];
        return fail(ErrorCode::kOrder,
                    format("{}: txn {} and others spend each other in a circle: no chain has that",
                           where(stuck), name_of(stuck)));
    }
    std::vector<LooseTxn> sorted;
    sorted.reserve(txns.size());
    for (const uint32_t txn : order) sorted.push_back(std::move(txns[txn]));
    CORDON_TRY(check_order(sorted, where));
    return sorted;
}

}  // namespace cordon::chain
