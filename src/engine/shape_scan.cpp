// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "shape_scan.hpp"

#include <limits>

namespace cordon::engine {

Result<ShapeScan> ShapeScan::make(std::shared_ptr<const ledger::Reader> reader, ChainId chain) {
    ShapeScan scan{std::move(reader), chain};
    const auto number = [&](const Address& address) {
        const auto id = static_cast<uint32_t>(scan.addresses_.size());
        if (scan.ids_.try_emplace(address, id).second) scan.addresses_.push_back(address);
    };
    CORDON_TRY(scan.reader_->scan(chain, 0, std::numeric_limits<BlockNum>::max(),
                                  [&](const Block& block) -> Status {
                                      for (const UtxoTxn& txn : block.utxo_txns) {
                                          for (const TxIn& input : txn.inputs)
                                              if (input.spent) number(input.spent->address);
                                          for (const TxOut& output : txn.outputs)
                                              number(output.address);
                                      }
                                      return {};
                                  }));
    return scan;
}

std::optional<uint32_t> ShapeScan::address_id(const Address& address) const {
    const auto found = ids_.find(address);
    return found == ids_.end() ? std::nullopt : std::optional{found->second};
}

Status ShapeScan::scan_shapes(BlockNum from,
                              const std::function<Status(const ledger::TxnShape&)>& visit) const {
    std::vector<uint32_t> senders, receivers;
    std::vector<uint64_t> values;
    const auto visit_block = [&](const Block& block) -> Status {
        for (uint32_t place = 0; place < block.utxo_txns.size(); ++place) {
            const UtxoTxn& txn = block.utxo_txns[place];
            senders.clear();
            for (const TxIn& input : txn.inputs)
                if (input.spent) senders.push_back(ids_.at(input.spent->address));
            if (senders.size() < 2) continue;
            receivers.clear();
            values.clear();
            for (const TxOut& output : txn.outputs) {
                receivers.push_back(ids_.at(output.address));
                values.push_back(output.value);
            }
            CORDON_TRY(visit({{block.header.number, place}, senders, receivers, values}));
        }
        return {};
    };
    return reader_->scan(chain_, from, std::numeric_limits<BlockNum>::max(), visit_block);
}

}  // namespace cordon::engine
