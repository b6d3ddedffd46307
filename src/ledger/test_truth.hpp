// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "test_support.hpp"

namespace cordon::ledger {

inline bool operator==(const Reader::Spender& a, const Reader::Spender& b) {
    return a.at == b.at && a.input == b.input;
}

}  // namespace cordon::ledger

namespace cordon::ledger::test {

/// What all blocks together say, row by row.
class Truth {
public:
    struct Row {
        TxnPosition at;
        std::optional<UnixMillis> block_time, time;
        Transfer transfer;   ///< Of an account chain.
        uint32_t index = 0;  ///< Of an output, with what follows.
        TxOut output;
        std::optional<Reader::Spender> spent_by;
    };
    struct Shape {
        TxnPosition at;
        std::vector<uint32_t> senders, receivers;
        std::vector<uint64_t> values;
        friend bool operator==(const Shape&, const Shape&) = default;
    };

    explicit Truth(const std::vector<Block>& blocks) {
        for (const Block& block : blocks) {
            const BlockNum number = block.header.number;
            for (uint32_t i = 0; i < block.account_txns.size(); ++i)
                add(block.account_txns[i], {number, i}, block.header.time);
            for (uint32_t i = 0; i < block.utxo_txns.size(); ++i)
                add(block.utxo_txns[i], {number, i}, block.header.time);
        }
    }

    const std::vector<Row>& rows() const noexcept { return rows_; }
    const std::vector<Shape>& shapes() const noexcept { return shapes_; }
    const std::vector<Address>& addresses() const noexcept { return addresses_; }
    uint32_t id_of(const Address& address) const { return ids_.at(address); }
    const std::map<Hash256, TxnPosition>& txns() const noexcept { return txns_; }

    /// Of the newest output with this name.
    std::optional<Reader::Spender> spender(const OutPoint& point) const {
        if (const auto live = live_.find(point); live != live_.end())
            return rows_[live->second].spent_by;
        const auto early = early_.find(point);
        return early == early_.end() ? std::nullopt : std::optional{early->second};
    }
    std::vector<Row> transfers(const Address& who, const TransferQuery& query) const {
        return select(query.order, query.from, [&](const Row& row) {
            const bool sends = row.transfer.from == who && query.side != Side::kReceiver;
            const bool receives = row.transfer.to == who && query.side != Side::kSender;
            const auto& time = row.block_time;
            return (sends || receives) && (!query.asset || row.transfer.asset == *query.asset) &&
                   (!query.since || (time && *time >= *query.since)) &&
                   (!query.until || (time && *time <= *query.until));
        });
    }
    std::vector<Row> outputs(const Address& who, Order order,
                             std::optional<TxnPosition> from) const {
        return select(order, from, [&](const Row& row) { return row.output.address == who; });
    }

private:
    uint32_t note(const Address& address) {
        const auto [at, is_new] = ids_.emplace(address, static_cast<uint32_t>(addresses_.size()));
        if (is_new) addresses_.push_back(address);
        return at->second;
    }
    void add(const AccountTxn& txn, TxnPosition at, std::optional<UnixMillis> block_time) {
        txns_.insert_or_assign(txn.hash, at);
        for (const Transfer& transfer : txn.transfers) {
            note(transfer.from);
            note(transfer.to);
            rows_.push_back(
                {at, block_time, txn.time ? txn.time : block_time, transfer, 0, {}, {}});
        }
    }
    void add(const UtxoTxn& txn, TxnPosition at, std::optional<UnixMillis> block_time) {
        if (!txns_.insert_or_assign(txn.txid, at).second)  // Shadows an older one (BIP-30).
            std::erase_if(live_, [&](const auto& entry) { return entry.first.txid == txn.txid; });
        Shape shape{at, {}, {}, {}};
        for (uint32_t i = 0; i < txn.inputs.size(); ++i) {
            const TxIn& input = txn.inputs[i];
            if (input.spent) shape.senders.push_back(note(input.spent->address));
            const Reader::Spender spender{at, i};
            if (const auto live = live_.find(input.prevout); live != live_.end())
                rows_[live->second].spent_by = spender;
            else
                early_.insert_or_assign(input.prevout, spender);
        }
        for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
            shape.receivers.push_back(note(txn.outputs[i].address));
            shape.values.push_back(txn.outputs[i].value);
            const OutPoint point{txn.txid, i};
            live_.insert_or_assign(point, rows_.size());
            rows_.push_back({at, block_time, block_time, {}, i, txn.outputs[i], {}});
            if (const auto early = early_.find(point); early != early_.end())
                rows_.back().spent_by = early->second;
        }
        if (shape.senders.size() >= 2) shapes_.push_back(std::move(shape));
    }
    template <typename Is>
    std::vector<Row> select(Order order, std::optional<TxnPosition> from, Is&& is) const {
        const bool up = order == Order::kAscending;
        std::vector<Row> found;
        for (const Row& row : rows_)
            if (is(row) && (!from || (up ? row.at >= *from : row.at <= *from)))
                found.push_back(row);
        if (!up) std::reverse(found.begin(), found.end());
        return found;
    }

    std::vector<Row> rows_;
    std::vector<Shape> shapes_;
    std::vector<Address> addresses_;
    std::map<Address, uint32_t> ids_;
    std::map<Hash256, TxnPosition> txns_;
    std::map<OutPoint, std::size_t> live_;
    std::map<OutPoint, Reader::Spender> early_;
};

}  // namespace cordon::ledger::test
