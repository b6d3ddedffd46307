// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_ledger.hpp"

#include <unordered_map>

#include <cordon/ledger/ledger.hpp>

#include "must.hpp"
#include "union_find.hpp"

namespace cordon::bench {

struct BitcoinLedger::State {
    ChainId chain;
    std::unique_ptr<ledger::Writer> writer;
    std::shared_ptr<const ledger::Reader> reader;
};

BitcoinLedger::BitcoinLedger(const std::string& directory, ChainId chain)
    : state_{std::make_unique<State>(State{chain, must(ledger::open_writer(directory)), {}})} {}
BitcoinLedger::~BitcoinLedger() = default;

void BitcoinLedger::append(std::span<const Block> blocks) { must(state_->writer->append(blocks)); }
void BitcoinLedger::seal() { must(state_->writer->seal()); }
void BitcoinLedger::refresh() { state_->reader = must(state_->writer->snapshot()); }

bool BitcoinLedger::knows(const Hash256& txid) const {
    return must(state_->reader->find_txn(state_->chain, txid)).has_value();
}

BitcoinLedger::Balance BitcoinLedger::balance(const Address& address) const {
    Balance balance;
    const ledger::Reader& reader = *state_->reader;
    const auto cursor = reader.utxo_txns_of(state_->chain, address, ledger::Side::kReceiver,
                                            ledger::Order::kAscending, {});
    while (const auto at = must(cursor->next())) {
        const UtxoTxn txn = must(reader.utxo_txn(state_->chain, *at)).txn;
        for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
            if (txn.outputs[i].address != address) continue;
            ++balance.outputs;
            if (must(reader.spender(state_->chain, {txn.txid, i}))) continue;
            ++balance.unspent;
            balance.value += txn.outputs[i].value;
        }
    }
    return balance;
}

uint64_t BitcoinLedger::sum_of_outputs() const {
    uint64_t sum = 0;
    must(state_->reader->scan(state_->chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        for (const UtxoTxn& txn : block.utxo_txns)
            for (const TxOut& output : txn.outputs) sum += output.value;
        return {};
    }));
    return sum;
}

uint64_t BitcoinLedger::cluster() const {
    std::unordered_map<Address, uint32_t> ids;
    UnionFind sets{0};
    const auto id_of = [&](const Address& address) {
        const auto [at, is_new] = ids.try_emplace(address, 0);
        if (is_new) at->second = sets.add();
        return at->second;
    };
    must(state_->reader->scan(state_->chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        for (const UtxoTxn& txn : block.utxo_txns) {
            std::optional<uint32_t> first;
            for (const TxIn& input : txn.inputs) {
                if (!input.spent) continue;
                const uint32_t id = id_of(input.spent->address);
                if (first)
                    sets.join(*first, id);
                else
                    first = id;
            }
        }
        return {};
    }));
    return sets.joined();
}

}  // namespace cordon::bench
