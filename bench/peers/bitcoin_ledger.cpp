// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_ledger.hpp"

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
    const ledger::Balance found = must(state_->reader->balance(state_->chain, address));
    return {found.outputs, found.unspent, found.value};
}

uint64_t BitcoinLedger::sum_of_outputs() const {
    uint64_t sum = 0;
    must(state_->reader->scan_field(state_->chain, ledger::Field::kValue,
                                    [&sum](uint64_t, std::span<const uint64_t> page) -> Status {
                                        for (const uint64_t value : page) sum += value;
                                        return {};
                                    }));
    return sum;
}

uint64_t BitcoinLedger::cluster() const {
    UnionFind sets{state_->reader->address_count(state_->chain)};
    must(state_->reader->scan_shapes(state_->chain, {}, false,
                                     [&sets](const ledger::TxnShape& shape) -> Status {
                                         for (const uint32_t sender : shape.senders.subspan(1))
                                             sets.join(shape.senders[0], sender);
                                         return {};
                                     }));
    return sets.joined();
}

}  // namespace cordon::bench
