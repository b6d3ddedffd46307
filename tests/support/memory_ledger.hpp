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

namespace cordon::test {

/// A ledger::Reader in memory, for tests: takes blocks in order, answers as the contract of
/// ledger.hpp says. Checks nothing: what a real ledger refuses must not be put in.
class MemoryLedger final : public ledger::Reader {
public:
    MemoryLedger() = default;
    explicit MemoryLedger(std::vector<Block> blocks) {
        for (Block& block : blocks) add(std::move(block));
    }

    void add(Block block) {
        Chain& chain = chains_[block.chain];
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

    std::unique_ptr<ledger::TxnCursor> cursor(ChainId chain, const Address& address,
                                              ledger::Side side, ledger::Order order,
                                              std::optional<TxnPosition> from) const {
        std::vector<TxnPosition> list;
        const auto at = chains_.find(chain);
        if (at != chains_.end()) {
            const auto sides = at->second.sides.find(address);
            if (sides != at->second.sides.end()) {
                const auto& [sent, received] = sides->second;
                if (side == ledger::Side::kSender) list = sent;
                if (side == ledger::Side::kReceiver) list = received;
                if (side == ledger::Side::kEither)
                    std::set_union(sent.begin(), sent.end(), received.begin(), received.end(),
                                   std::back_inserter(list));
            }
        }
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
