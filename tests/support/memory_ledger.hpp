// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cordon/ledger/ledger.hpp>

#include "memory_rows.hpp"

namespace cordon::test {

/// A ledger::Reader in memory, for tests: takes blocks in order, answers as the contract of
/// ledger.hpp says. Checks nothing: what a real ledger refuses must not be put in.
class MemoryLedger : public ledger::Reader {
public:
    MemoryLedger() = default;
    explicit MemoryLedger(std::vector<Block> blocks) {
        for (Block& block : blocks) add(std::move(block));
    }

    void add(Block block) {
        Chain& chain = chains_[block.chain];
        chain.numbers.reset();
        const BlockNum number = block.header.number;
        for (uint32_t i = 0; i < block.account_txns.size(); ++i)
            chain.index(block.account_txns[i], {number, i});
        for (uint32_t i = 0; i < block.utxo_txns.size(); ++i)
            chain.index(block.utxo_txns[i], {number, i});
        chain.blocks.insert_or_assign(number, std::move(block));
    }

    std::vector<ledger::ChainSummary> chains() const override {
        std::vector<ledger::ChainSummary> out;
        for (const auto& [id, chain] : chains_) {
            ledger::ChainSummary summary{id, chain.blocks.begin()->second.header,
                                         chain.blocks.rbegin()->second.header};
            summary.blocks = chain.blocks.size();
            summary.txns = chain.by_hash.size();
            out.push_back(summary);
        }
        return out;
    }

    Result<std::optional<BlockHeader>> block(ChainId chain, BlockNum number) const override {
        const auto* found = find_block(chain, number);
        if (found == nullptr) return std::optional<BlockHeader>{};
        return std::optional<BlockHeader>{found->header};
    }

    Result<std::optional<TxnPosition>> find_txn(ChainId chain, const Hash256& hash) const override {
        const auto at = chains_.find(chain);
        if (at == chains_.end()) return std::optional<TxnPosition>{};
        const auto txn = at->second.by_hash.find(hash);
        if (txn == at->second.by_hash.end()) return std::optional<TxnPosition>{};
        return std::optional<TxnPosition>{txn->second};
    }

    Result<ledger::PlacedAccountTxn> account_txn(ChainId chain, TxnPosition at) const override {
        if (is_utxo(chain)) return fail(ErrorCode::kInvalidParam, "account_txn on a UTXO chain");
        const Block* found = find_block(chain, at.block);
        return ledger::PlacedAccountTxn{at, found->header.time, found->account_txns.at(at.txn)};
    }

    std::unique_ptr<ledger::TxnCursor> account_txns_of(
        ChainId chain, const Address& address, ledger::Side side, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return cursor(chain, address, side, order, from);
    }

    std::unique_ptr<ledger::NumberedRows> numbered(ChainId chain) const override {
        if (is_utxo(chain) || !chains_.contains(chain)) return nullptr;
        return std::make_unique<MemoryRows>(numbers(chain));
    }

    Result<ledger::PlacedUtxoTxn> utxo_txn(ChainId chain, TxnPosition at) const override {
        if (!is_utxo(chain)) return fail(ErrorCode::kInvalidParam, "utxo_txn on an account chain");
        const Block* found = find_block(chain, at.block);
        ledger::PlacedUtxoTxn placed{at, found->header.time, found->utxo_txns.at(at.txn)};
        for (TxIn& in : placed.txn.inputs)
            if (!in.spent) in.spent = chains_.at(chain).output(in.prevout);
        return placed;
    }

    Result<std::optional<Spender>> spender(ChainId chain, const OutPoint& output) const override {
        const auto at = chains_.find(chain);
        if (at == chains_.end()) return std::optional<Spender>{};
        const auto found = at->second.spenders.find(output);
        if (found == at->second.spenders.end()) return std::optional<Spender>{};
        return std::optional<Spender>{found->second};
    }

    std::unique_ptr<ledger::TxnCursor> utxo_txns_of(
        ChainId chain, const Address& address, ledger::Side side, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return cursor(chain, address, side, order, from);
    }

    std::unique_ptr<ledger::TransferCursor> transfers_of(
        ChainId chain, const Address& address, const ledger::TransferQuery& query) const override {
        std::vector<ledger::PlacedTransfer> rows;
        for (const TxnPosition at : positions(chain, address, query.side)) {
            const Block& block = *find_block(chain, at.block);
            const auto& time = block.header.time;
            if ((query.since && (!time || *time < *query.since)) ||
                (query.until && (!time || *time > *query.until)))
                continue;
            const AccountTxn& txn = block.account_txns[at.txn];
            for (const Transfer& row : txn.transfers) {
                const bool sends = row.from == address && query.side != ledger::Side::kReceiver;
                const bool receives = row.to == address && query.side != ledger::Side::kSender;
                if ((sends || receives) && (!query.asset || row.asset == *query.asset))
                    rows.push_back({at, txn.time ? txn.time : time, row});
            }
        }
        return pages(std::move(rows), query.order, query.from);
    }

    std::unique_ptr<ledger::OutputCursor> outputs_of(
        ChainId chain, const Address& address, ledger::Order order,
        std::optional<TxnPosition> from) const override {
        return pages(outputs(chain, address), order, from);
    }

    Result<ledger::Balance> balance(ChainId chain, const Address& address) const override {
        ledger::Balance sum;
        for (const ledger::PlacedOutput& output : outputs(chain, address)) {
            ++sum.outputs;
            sum.received += output.value;
            if (output.spent_by) continue;
            ++sum.unspent;
            sum.value += output.value;
        }
        return sum;
    }

    uint32_t address_count(ChainId chain) const override {
        return static_cast<uint32_t>(ids(chain).size());
    }
    Result<std::optional<uint32_t>> address_id(ChainId chain,
                                               const Address& address) const override {
        if (!is_utxo(chain) && chains_.contains(chain)) return numbers(chain)->id_of(address);
        const std::vector<Address> all = ids(chain);
        const auto found = std::find(all.begin(), all.end(), address);
        if (found == all.end()) return std::optional<uint32_t>{};
        return std::optional{static_cast<uint32_t>(found - all.begin())};
    }
    Result<Address> address(ChainId chain, uint32_t id) const override { return ids(chain).at(id); }

    Status scan_field(
        ChainId chain, ledger::Field field,
        const std::function<Status(uint64_t, std::span<const uint64_t>)>& visit) const override {
        std::vector<Asset> assets;
        std::vector<uint64_t> rows;
        const auto id_of = [&](const Address& address) -> uint64_t {
            return **this->address_id(chain, address);
        };
        each_block(chain, [&](const Block& block) {
            for (const AccountTxn& txn : block.account_txns)
                for (const Transfer& row : txn.transfers) {
                    auto asset = std::find(assets.begin(), assets.end(), row.asset);
                    if (asset == assets.end()) asset = assets.insert(assets.end(), row.asset);
                    rows.push_back(field == ledger::Field::kSender ? id_of(row.from)
                                   : field == ledger::Field::kReceiver
                                       ? id_of(row.to)
                                       : static_cast<uint64_t>(asset - assets.begin()));
                }
            for (const UtxoTxn& txn : block.utxo_txns)
                for (const TxOut& row : txn.outputs)
                    rows.push_back(field == ledger::Field::kValue ? row.value : id_of(row.address));
        });
        return rows.empty() ? Status{} : visit(0, rows);
    }

    Status scan_shapes(ChainId chain, TxnPosition from, bool with_outputs,
                       const std::function<Status(const ledger::TxnShape&)>& visit) const override {
        Status status;
        each_block(chain, [&](const Block& block) {
            for (uint32_t i = 0; i < block.utxo_txns.size(); ++i) {
                const UtxoTxn& txn = block.utxo_txns[i];
                std::vector<uint32_t> senders, receivers;
                std::vector<uint64_t> values;
                for (const TxIn& in : txn.inputs)
                    if (const auto spent =
                            in.spent ? in.spent : chains_.at(chain).output(in.prevout))
                        senders.push_back(**address_id(chain, spent->address));
                for (const TxOut& output : txn.outputs) {
                    if (!with_outputs) break;
                    receivers.push_back(**address_id(chain, output.address));
                    values.push_back(output.value);
                }
                const TxnPosition at{block.header.number, i};
                if (senders.size() >= 2 && at >= from && status)
                    status = visit({at, senders, receivers, values});
            }
        });
        return status;
    }

    Status scan(ChainId chain, BlockNum first, BlockNum last,
                const std::function<Status(const Block&)>& visit) const override {
        const auto at = chains_.find(chain);
        if (at == chains_.end()) return {};
        const auto& blocks = at->second.blocks;
        for (auto it = blocks.lower_bound(first); it != blocks.end() && it->first <= last; ++it)
            CORDON_TRY(visit(it->second));
        return {};
    }

private:
    struct Sides {
        std::vector<TxnPosition> sent, received;
    };
    struct Chain {
        std::map<BlockNum, Block> blocks;
        std::unordered_map<Hash256, TxnPosition> by_hash;
        std::unordered_map<Address, Sides> sides;
        std::unordered_map<OutPoint, Spender> spenders;
        std::unordered_map<OutPoint, TxOut> outputs;
        mutable std::shared_ptr<const MemoryNumbers> numbers;  // Owned with who reads by them.

        static void note(std::vector<TxnPosition>& list, TxnPosition at) {
            if (list.empty() || list.back() != at) list.push_back(at);
        }
        std::optional<TxOut> output(const OutPoint& point) const {
            const auto at = outputs.find(point);
            return at == outputs.end() ? std::nullopt : std::optional<TxOut>{at->second};
        }
        void index(const AccountTxn& txn, TxnPosition at) {
            by_hash.emplace(txn.hash, at);
            for (const Transfer& row : txn.transfers) {
                note(sides[row.from].sent, at);
                note(sides[row.to].received, at);
            }
        }
        void index(const UtxoTxn& txn, TxnPosition at) {
            by_hash.emplace(txn.txid, at);
            for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
                outputs.emplace(OutPoint{txn.txid, i}, txn.outputs[i]);
                note(sides[txn.outputs[i].address].received, at);
            }
            for (uint32_t i = 0; i < txn.inputs.size(); ++i) {
                const TxIn& in = txn.inputs[i];
                spenders.emplace(in.prevout, Spender{at, i});
                const auto spent = in.spent ? in.spent : output(in.prevout);
                if (spent) note(sides[spent->address].sent, at);
            }
        }
    };

    template <typename Visit>
    void each_block(ChainId chain, Visit&& visit) const {
        if (const auto at = chains_.find(chain); at != chains_.end())
            for (const auto& entry : at->second.blocks) visit(entry.second);
    }

    std::shared_ptr<const MemoryNumbers> numbers(ChainId id) const {
        const Chain& chain = chains_.at(id);
        if (!chain.numbers) {
            auto made = std::make_shared<MemoryNumbers>();
            for (const auto& [number, block] : chain.blocks) made->add(block);
            chain.numbers = std::move(made);
        }
        return chain.numbers;
    }

    /// Addresses in the order in which they appear; of inputs only what no output here paid to.
    std::vector<Address> ids(ChainId chain) const {
        std::vector<Address> all;
        std::set<Address> seen;
        const auto note = [&](const Address& address) {
            if (seen.insert(address).second) all.push_back(address);
        };
        each_block(chain, [&](const Block& block) {
            for (const AccountTxn& txn : block.account_txns)
                for (const Transfer& row : txn.transfers) {
                    note(row.from);
                    note(row.to);
                }
            for (const UtxoTxn& txn : block.utxo_txns) {
                for (const TxIn& in : txn.inputs)
                    if (in.spent) note(in.spent->address);
                for (const TxOut& output : txn.outputs) note(output.address);
            }
        });
        return all;
    }

    std::vector<ledger::PlacedOutput> outputs(ChainId chain, const Address& address) const {
        std::vector<ledger::PlacedOutput> rows;
        each_block(chain, [&](const Block& block) {
            for (uint32_t i = 0; i < block.utxo_txns.size(); ++i) {
                const UtxoTxn& txn = block.utxo_txns[i];
                for (uint32_t n = 0; n < txn.outputs.size(); ++n) {
                    if (txn.outputs[n].address != address) continue;
                    const auto& spenders = chains_.at(chain).spenders;
                    const auto spender = spenders.find({txn.txid, n});
                    rows.push_back({{block.header.number, i},
                                    n,
                                    txn.outputs[n].value,
                                    spender == spenders.end() ? std::nullopt
                                                              : std::optional{spender->second.at}});
                }
            }
        });
        return rows;
    }

    template <typename Row>
    class ListPages final : public ledger::PageCursor<Row> {
    public:
        explicit ListPages(std::vector<Row> rows) noexcept : rows_{std::move(rows)} {}
        Result<std::size_t> next(std::span<Row> page) override {
            const std::size_t n = std::min(page.size(), rows_.size() - at_);
            std::copy_n(rows_.begin() + static_cast<std::ptrdiff_t>(at_), n, page.begin());
            at_ += n;
            return n;
        }

    private:
        std::vector<Row> rows_;
        std::size_t at_ = 0;
    };
    template <typename Row>
    static std::unique_ptr<ledger::PageCursor<Row>> pages(std::vector<Row> rows,
                                                          ledger::Order order,
                                                          std::optional<TxnPosition> from) {
        if (from)
            std::erase_if(rows, [&](const Row& row) {
                return order == ledger::Order::kAscending ? *from > row.at : *from < row.at;
            });
        if (order == ledger::Order::kDescending) std::reverse(rows.begin(), rows.end());
        return std::make_unique<ListPages<Row>>(std::move(rows));
    }

    class ListCursor final : public ledger::TxnCursor {
    public:
        explicit ListCursor(std::vector<TxnPosition> list) noexcept : list_{std::move(list)} {}
        Result<std::optional<TxnPosition>> next() override {
            if (at_ == list_.size()) return std::optional<TxnPosition>{};
            return std::optional<TxnPosition>{list_[at_++]};
        }

    private:
        std::vector<TxnPosition> list_;
        std::size_t at_ = 0;
    };

    const Block* find_block(ChainId chain, BlockNum number) const {
        const auto at = chains_.find(chain);
        if (at == chains_.end()) return nullptr;
        const auto found = at->second.blocks.find(number);
        return found == at->second.blocks.end() ? nullptr : &found->second;
    }

    std::vector<TxnPosition> positions(ChainId chain, const Address& address,
                                       ledger::Side side) const {
        std::vector<TxnPosition> list;
        const auto at = chains_.find(chain);
        if (at == chains_.end()) return list;
        const auto sides = at->second.sides.find(address);
        if (sides == at->second.sides.end()) return list;
        const auto& [sent, received] = sides->second;
        if (side == ledger::Side::kSender) list = sent;
        if (side == ledger::Side::kReceiver) list = received;
        if (side == ledger::Side::kEither)
            std::set_union(sent.begin(), sent.end(), received.begin(), received.end(),
                           std::back_inserter(list));
        return list;
    }

    std::unique_ptr<ledger::TxnCursor> cursor(ChainId chain, const Address& address,
                                              ledger::Side side, ledger::Order order,
                                              std::optional<TxnPosition> from) const {
        std::vector<TxnPosition> list = positions(chain, address, side);
        if (from)
            std::erase_if(list, [&](TxnPosition position) {
                return order == ledger::Order::kAscending ? position < *from : position > *from;
            });
        if (order == ledger::Order::kDescending) std::reverse(list.begin(), list.end());
        return std::make_unique<ListCursor>(std::move(list));
    }

    std::map<ChainId, Chain> chains_;
};

}  // namespace cordon::test
