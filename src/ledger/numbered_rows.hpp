// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

namespace cordon::ledger {

/// A transfer of an account chain in the ledger's own numbers, all of them dense: rows and txns in
/// chain order, addresses and assets in the order in which they first appear.
struct NumberedRow {
    uint64_t row = 0, txn = 0;
    uint32_t from = 0, to = 0;  ///< As Reader::address_id().
    uint32_t asset = 0;
    uint32_t index = 0;  ///< Transfer::index.
    Amount amount;
    TransferKind kind = TransferKind::kNative;
    friend bool operator==(const NumberedRow&, const NumberedRow&) = default;
};

/// The transfers of one account chain, without their names: for walks that read millions of them
/// and name few. Numbers belong to the snapshot: a rewind gives those above the cut to others.
///
/// Errors as those of the Reader; kCorrupt also for a number that is not there. Confined to one
/// thread.
class NumberedRows {
public:
    virtual ~NumberedRows() = default;

    /// Fills `page` from its beginning with the transfers of which `address` is the sender or the
    /// receiver, from row `from` on, in chain order and each once. Returns how many: less than the
    /// page only at the end. Cost: a search in every index, then O(1) a row.
    virtual Result<std::size_t> rows_of(uint32_t address, uint64_t from,
                                        std::span<NumberedRow> page) = 0;
    /// Puts all transfers of a txn in place of what is in `rows`.
    virtual Status rows_in(uint64_t txn, std::vector<NumberedRow>& rows) = 0;

    struct Txn {
        TxnPosition at;
        std::optional<UnixMillis> time;      ///< Its own, else that of its block.
        std::optional<UnixMillis> own_time;  ///< AccountTxn::time.
        Hash256 hash;
    };
    /// Cost: O(1) for txns near each other, else O(log n).
    virtual Result<Txn> txn(uint64_t number) = 0;
    /// The number of the first txn at `at` or behind it; how many there are when there is none.
    virtual Result<uint64_t> number(TxnPosition at) = 0;

    virtual Result<Address> address(uint32_t number) = 0;
    virtual Result<Asset> asset(uint32_t number) = 0;
};

}  // namespace cordon::ledger
