// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Loose txns: what is taken is in topological order, and reading it twice gives the same.
#include <set>

#include <cordon/chain/block_source.hpp>

namespace {

std::optional<std::vector<cordon::Block>> read(cordon::ByteView bytes, cordon::ChainId network) {
    auto source = cordon::chain::open_bitcoin_txs({cordon::memory_file("txs", bytes)}, network);
    if (!source) return std::nullopt;
    std::vector<cordon::Block> blocks;
    for (;;) {
        auto block = (*source)->next();
        if (!block) return std::nullopt;
        if (!*block) return blocks;
        blocks.push_back(std::move(**block));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (size == 0) return 0;
    const ChainId network{ChainFamily::kBitcoin, data[0] % 3U};
    const auto blocks = read({data + 1, size - 1}, network);
    if (!blocks) return 0;
    std::set<Hash256> ours;
    for (const Block& block : *blocks)
        for (const UtxoTxn& txn : block.utxo_txns)
            if (!ours.insert(txn.txid).second) __builtin_trap();
    std::set<Hash256> seen;
    for (const Block& block : *blocks) {
        for (const UtxoTxn& txn : block.utxo_txns) {
            for (const TxIn& input : txn.inputs)
                if (ours.contains(input.prevout.txid) && !seen.contains(input.prevout.txid))
                    __builtin_trap();
            seen.insert(txn.txid);
        }
    }
    if (read({data + 1, size - 1}, network) != blocks) __builtin_trap();
    return 0;
}
