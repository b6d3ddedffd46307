// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include <cordon/ledger/ledger.hpp>

namespace cordon::trace {

/// A ledger as a walk asks it: when money first comes to an address, its rows are wanted three
/// times at once, to see who else pays it, what it is, and what it holds. Those of the last few
/// addresses are kept, where they are few; all other questions are passed on. The answers are the
/// same. Confined to one thread.
class RecentRows final : public ledger::Reader {
public:
    explicit RecentRows(const ledger::Reader& ledger) noexcept : ledger_{ledger} {}

    std::unique_ptr<ledger::TransferCursor> transfers_of(
        ChainId chain, const Address& address, const ledger::TransferQuery& query) const override;

    std::vector<ledger::ChainSummary> chains() const override { return ledger_.chains(); }
    Result<std::optional<BlockHeader>> block(ChainId chain, BlockNum number) const override {
        return ledger_.block(chain, number);
    }
    Result<std::optional<TxnPosition>> find_txn(ChainId chain, const Hash256& hash) const override {
        return ledger_.find_txn(chain, hash);
    }
    Result<ledger::PlacedAccountTxn> account_txn(ChainId chain, TxnPosition at) const override {
        return ledger_.account_txn(chain, at);
    }
    std::unique_ptr<ledger::TxnCursor> account_txns_of(
        ChainId chain, const Address& address, ledger::Side side, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return ledger_.account_txns_of(chain, address, side, order, from);
    }
    Result<ledger::PlacedUtxoTxn> utxo_txn(ChainId chain, TxnPosition at) const override {
        return ledger_.utxo_txn(chain, at);
    }
    Result<std::optional<Spender>> spender(ChainId chain, const OutPoint& output) const override {
        return ledger_.spender(chain, output);
    }
    std::unique_ptr<ledger::TxnCursor> utxo_txns_of(
        ChainId chain, const Address& address, ledger::Side side, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return ledger_.utxo_txns_of(chain, address, side, order, from);
    }
    std::unique_ptr<ledger::OutputCursor> outputs_of(
        ChainId chain, const Address& address, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return ledger_.outputs_of(chain, address, order, from);
    }
    Result<ledger::Balance> balance(ChainId chain, const Address& address) const override {
        return ledger_.balance(chain, address);
    }
    uint32_t address_count(ChainId chain) const override { return ledger_.address_count(chain); }
    Result<std::optional<uint32_t>> address_id(ChainId chain,
                                               const Address& address) const override {
        return ledger_.address_id(chain, address);
    }
    Result<Address> address(ChainId chain, uint32_t id) const override {
        return ledger_.address(chain, id);
    }
    Status scan_field(
        ChainId chain, ledger::Field field,
        const std::function<Status(uint64_t, std::span<const uint64_t>)>& visit) const override {
        return ledger_.scan_field(chain, field, visit);
    }
    Status scan_shapes(ChainId chain, TxnPosition from, bool with_outputs,
                       const std::function<Status(const ledger::TxnShape&)>& visit) const override {
        return ledger_.scan_shapes(chain, from, with_outputs, visit);
    }
    Status scan(ChainId chain, BlockNum first, BlockNum last,
                const std::function<Status(const Block&)>& visit) const override {
        return ledger_.scan(chain, first, last, visit);
    }

    /// All rows of an address, oldest first.
    struct Rows {
        std::vector<ledger::PlacedTransfer> page;
        std::size_t count = 0;  // Of the page; what lies behind it is memory to use again.
        std::span<const ledger::PlacedTransfer> all() const { return std::span{page}.first(count); }
    };

    /// Those of an address, when they are few and whole; otherwise transfers_of() says it.
    std::shared_ptr<const Rows> few(ChainId chain, const Address& address) const {
        const Kept& known = kept(chain, address);
        return known.whole ? known.rows : nullptr;
    }

private:
    struct Kept {
        ChainId chain;
        Address address;
        bool whole = false;  // Otherwise there are more rows than are kept, or they are damaged.
        // Owned by this and by the cursors that still walk it.
        std::shared_ptr<Rows> rows;
    };
    const Kept& kept(ChainId chain, const Address& address) const;

    const ledger::Reader& ledger_;
    mutable std::array<Kept, 8> kept_;  // A txn seldom pays more that are new.
    mutable std::size_t oldest_ = 0;
};

}  // namespace cordon::trace
