// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "given_txns.hpp"

#include <algorithm>

namespace cordon::feed {

/// What only one txn of a branch has: its sender and nonce where they are told, else its hash.
GivenTxns::Key GivenTxns::key_of(const TxnActivity& txn) {
    if (!txn.nonce) return txn.hash.bytes;
    Key key{};
    auto* at = std::copy(txn.from.payload().begin(), txn.from.payload().end(), key.begin());
    for (uint64_t left = *txn.nonce; left != 0; left >>= 8U) *at++ = static_cast<uint8_t>(left);
    return key;
}

void GivenTxns::add(const SeenBlock& seen) {
    auto& [number, keys] = blocks_.emplace_back(seen.block.header.number, std::vector<Key>{});
    for (const TxnActivity& txn : seen.activity.txns) keys.push_back(key_of(txn));
    for (const UtxoTxn& txn : seen.block.utxo_txns) keys.push_back(txn.txid.bytes);
    std::sort(keys.begin(), keys.end());
    if (blocks_.size() <= most_) return;
    std::erase_if(held_, [&](const auto& each) { return each.first <= blocks_.front().first; });
    blocks_.pop_front();
}

bool GivenTxns::hold(PendingTxn& txn) {
    const Key key = txn.utxo ? txn.utxo->txid.bytes : key_of(txn.activity);
    const auto block = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const auto& each) {
        return std::binary_search(each.second.begin(), each.second.end(), key);
    });
    if (block == blocks_.rend()) return false;
    const auto is_it = [&](const auto& each) {
        return txn.utxo ? each.second.utxo->txid == txn.utxo->txid
                        : each.second.activity.hash == txn.activity.hash;
    };
    if (std::any_of(held_.begin(), held_.end(), is_it)) return true;
    held_.emplace_back(block->first, std::move(txn));
    if (held_.size() > kMostHeld) held_.pop_front();
    return true;
}

std::vector<PendingTxn> GivenTxns::rewind(BlockNum keep) {
    while (!blocks_.empty() && blocks_.back().first > keep) blocks_.pop_back();
    std::vector<PendingTxn> again;
    for (auto& [number, txn] : held_)
        if (number > keep) again.push_back(std::move(txn));
    std::erase_if(held_, [&](const auto& each) { return each.first > keep; });
    return again;
}

}  // namespace cordon::feed
