// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include <cordon/ledger/ledger.hpp>
#include <cordon/ledger/txn_shape.hpp>

namespace cordon::engine {

/// Address ids and shapes of one UTXO chain, for clustering. It stands in for address_id, address
/// and scan_shapes of ledger::Reader, which do the same without reading every block; once they are
/// there, this file goes and engine/clusters.cpp asks the Reader.
///
/// Cost: all blocks of the chain, and all its addresses in memory. Confined to one thread.
class ShapeScan {
public:
    /// Which numbering of addresses this is; saved with the clusters (ledger::SavedClusters).
    static constexpr uint32_t kNumbering = 1;

    /// Numbers all addresses in the order in which they appear. REQUIRES: is_utxo(chain).
    static Result<ShapeScan> make(std::shared_ptr<const ledger::Reader> reader, ChainId chain);

    uint32_t address_count() const noexcept { return static_cast<uint32_t>(addresses_.size()); }
    std::optional<uint32_t> address_id(const Address& address) const;
    /// REQUIRES: id < address_count().
    const Address& address(uint32_t id) const { return addresses_[id]; }
    /// The shapes of all txns from block `from` on that have at least two known inputs.
    Status scan_shapes(BlockNum from,
                       const std::function<Status(const ledger::TxnShape&)>& visit) const;

private:
    ShapeScan(std::shared_ptr<const ledger::Reader> reader, ChainId chain)
        : reader_{std::move(reader)}, chain_{chain} {}

    std::shared_ptr<const ledger::Reader> reader_;
    ChainId chain_;
    std::vector<Address> addresses_;  // By id.
    std::unordered_map<Address, uint32_t> ids_;
};

}  // namespace cordon::engine
