// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <cordon/model/block.hpp>

namespace cordon::bench {

/// What an analyst of Bitcoin asks of the ledger, after the questions of BlockSci's benchmarks. All
/// that depends on ledger.hpp for UTXO chains is behind it. A failure ends the program.
class BitcoinLedger {
public:
    struct Balance {
        uint64_t outputs = 0, unspent = 0, value = 0;
    };

    BitcoinLedger(const std::string& directory, ChainId chain);
    ~BitcoinLedger();

    void append(std::span<const Block> blocks);
    void seal();
    /// A new snapshot for the questions.
    void refresh();

    bool knows(const Hash256& txid) const;
    /// Every output of an address, one after the other, and what is unspent of them.
    Balance balance(const Address& address) const;
    /// The sum of all outputs, by a pass over all of them.
    uint64_t sum_of_outputs() const;
    /// How many times two clusters become one by the multi-input heuristic: addresses that sign one
    /// txn together belong to one holder.
    uint64_t cluster() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cordon::bench
