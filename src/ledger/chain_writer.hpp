// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain_view.hpp"
#include "head.hpp"

namespace cordon::ledger {

/// When the head is sealed and what is merged. Numbers from docs/decisions/0003.
struct Limits {
    uint64_t seal_rows = 1'000'000;  ///< A head of so many rows or txns becomes a segment.
    uint64_t seal_weight = uint64_t{256} << 20;  ///< The same by Head::weight().
    uint64_t merged_rows = 2'000'000;  ///< Neighbours are merged while the result is not larger.
};

/// The writer of one chain. Confined to one thread.
class ChainWriter {
public:
    static Result<std::unique_ptr<ChainWriter>> create(Disk& disk, const std::string& ledger,
                                                       ChainId chain, const Limits& limits);
    static Result<std::unique_ptr<ChainWriter>> open(Disk& disk, const std::string& ledger,
                                                     ChainId chain, const Limits& limits);

    // As in Writer.
    Result<Writer::Appended> append(std::span<const Block> batch);
    Status rewind(std::optional<BlockNum> last_good);
    std::optional<BlockHeader> tip() const;
    Status seal();
    Result<ChainView> snapshot();

private:
    ChainWriter(Disk& disk, std::string directory, ChainId chain, const Limits& limits,
                ChainState state, LogWriter manifest, LogWriter log)
        : disk_{disk},
          directory_{std::move(directory)},
          limits_{limits},
          state_{std::move(state)},
          manifest_{std::move(manifest)},
          log_{std::move(log)},
          sealed_{chain, {}},
          head_{chain} {}

    Status stage(std::span<const Block> batch, Writer::Appended& appended);
    /// True when the block is to be stored, false when it is already.
    Result<bool> check_place(const Block& block) const;
    Status stage_txn(const AccountTxn& txn, BlockNum number);
    Status stage_txn(const UtxoTxn& txn, BlockNum number);
    Status check_new(const Hash256& hash, bool coinbase, BlockNum number) const;
    /// Fills in what an input spends, where the ledger knows it. kConflict.
    Status resolve(TxIn& input) const;
    Result<std::optional<BlockHeader>> stored_block(BlockNum number) const;
    /// Makes a new, empty log and a manifest record the only truth; on success `next` is the state.
    Status commit(ChainState next, std::vector<Part> parts);
    Status check_usable() const;

    Disk& disk_;
    std::string directory_;
    Limits limits_;
    ChainState state_;
    LogWriter manifest_;
    LogWriter log_;
    ChainView sealed_;
    Head head_;
    uint64_t seal_delay_ = 0;  // Rows to wait after a seal that failed.
};

}  // namespace cordon::ledger
