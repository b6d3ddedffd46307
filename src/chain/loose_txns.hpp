// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/block.hpp>

namespace cordon::chain {

/// The txns of one btc-txs: file in the order of its lines, each for itself: nothing is sorted,
/// joined or looked up, so memory is bounded by the longest line. For a ledger use
/// open_bitcoin_txs(). Confined to one thread.
class LooseTxns {
public:
    /// Without a network it is told from the addresses: main net until a line says otherwise.
    static Result<LooseTxns> open(InputFile file, std::optional<ChainId> network);
    LooseTxns(LooseTxns&&) noexcept;
    ~LooseTxns();

    /// False at the end. An Error names file and line, and is final.
    Result<bool> next(UtxoTxn& txn);
    ChainId network() const noexcept;
    uint64_t bytes_read() const noexcept;  ///< Decompressed.

private:
    struct State;
    explicit LooseTxns(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace cordon::chain
