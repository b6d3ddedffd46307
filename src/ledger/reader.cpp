// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <map>

#include <cordon/base/format.hpp>

#include "chain_view.hpp"

namespace cordon::ledger {
namespace {

class SnapshotReader final : public Reader {
public:
    explicit SnapshotReader(std::vector<ChainView> views) {
        for (ChainView& view : views)
            if (!view.parts.empty()) views_.emplace(view.chain, std::move(view));
    }

    std::vector<ChainSummary> chains() const override {
        std::vector<ChainSummary> summaries;
        for (const auto& [chain, view] : views_) summaries.push_back(view.summary());
        return summaries;
    }

    Result<std::optional<BlockHeader>> block(ChainId chain, BlockNum number) const override {
        const ChainView* view = find(chain);
        if (view == nullptr) return std::optional<BlockHeader>{};
        return view->block(number);
    }

    Result<std::optional<TxnPosition>> find_txn(ChainId chain, const Hash256& hash) const override {
        const ChainView* view = find(chain);
        if (view == nullptr) return std::optional<TxnPosition>{};
        CORDON_TRY(const auto found, ledger::find_txn(*view, hash));
        if (!found) return std::optional<TxnPosition>{};
        CORDON_TRY(const TxnPosition at, position(*found->part, found->ordinal));
        return at;
    }

    Result<PlacedAccountTxn> account_txn(ChainId chain, TxnPosition at) const override {
        CORDON_TRY(PlacedAccountTxn placed, txn<AccountTxn>(chain, at, false));
        if (placed.txn.time) placed.time = placed.txn.time;
        return placed;
    }
    std::unique_ptr<TxnCursor> account_txns_of(ChainId chain, const Address& address, Side side,
                                               Order order,
                                               std::optional<TxnPosition> from) const override {
        return txns_of(chain, address, side, order, from, false);
    }

    Result<PlacedUtxoTxn> utxo_txn(ChainId chain, TxnPosition at) const override {
        return txn<UtxoTxn>(chain, at, true);
    }
    Result<std::optional<Spender>> spender(ChainId chain, const OutPoint& output) const override {
        if (const auto wrong = wrong_model(chain, true)) return fail(*wrong);
        const ChainView* view = find(chain);
        if (view == nullptr) return std::optional<Spender>{};
        CORDON_TRY(const auto found, find_spend(*view, output));
        if (!found) return std::optional<Spender>{};
        CORDON_TRY(const TxnPosition at, position(*found->part, found->spend.ordinal));
        return Spender{at, found->spend.input};
    }
    std::unique_ptr<TxnCursor> utxo_txns_of(ChainId chain, const Address& address, Side side,
                                            Order order,
                                            std::optional<TxnPosition> from) const override {
        return txns_of(chain, address, side, order, from, true);
    }

    Status scan(ChainId chain, BlockNum first, BlockNum last,
                const std::function<Status(const Block&)>& visit) const override {
        const ChainView* view = find(chain);
        if (view == nullptr) return {};
        Block block;
        for (const Part& part : view->parts) {
            if (part.last.number < first) continue;
            if (part.first.number > last) break;
            CORDON_TRY(uint32_t index, part.segment->lower_block(first));
            for (; index < part.blocks; ++index) {
                CORDON_TRY(const BlockNum number, part.segment->number(index));
                if (number > last) return {};
                CORDON_TRY(part.segment->read_block(index, block));
                CORDON_TRY(visit(block));
            }
        }
        return {};
    }

private:
    const ChainView* find(ChainId chain) const {
        const auto it = views_.find(chain);
        return it == views_.end() ? nullptr : &it->second;
    }

    static std::optional<Error> wrong_model(ChainId chain, bool utxo) {
        if (is_utxo(chain) == utxo) return std::nullopt;
        return Error{ErrorCode::kInvalidParam,
                     format("{} {} a UTXO chain", to_string(chain), utxo ? "is not" : "is")};
    }

    template <typename Txn>
    Result<Placed<Txn>> txn(ChainId chain, TxnPosition at, bool utxo) const {
        if (const auto wrong = wrong_model(chain, utxo)) return fail(*wrong);
        const ChainView* view = find(chain);
        if (view == nullptr)
            return fail(ErrorCode::kNotFound,
                        format("{}: this ledger has no such chain", to_string(chain)));
        CORDON_TRY(const PartPlace place, locate(*view, at));
        CORDON_TRY(const BlockHeader header, place.part->segment->block_header(place.block));
        Placed<Txn> placed{at, header.time, {}};
        CORDON_TRY(place.part->segment->read_txn(place.block, place.ordinal, placed.txn));
        return placed;
    }

    std::unique_ptr<TxnCursor> txns_of(ChainId chain, const Address& address, Side side,
                                       Order order, std::optional<TxnPosition> from,
                                       bool utxo) const {
        if (auto wrong = wrong_model(chain, utxo)) return make_cursor(std::move(wrong));
        const ChainView* view = find(chain);
        return view == nullptr ? make_cursor(std::nullopt)
                               : make_cursor(*view, address, side, order, from);
    }

    std::map<ChainId, ChainView> views_;
};

}  // namespace

std::shared_ptr<const Reader> make_reader(std::vector<ChainView> views) {
    return std::make_shared<SnapshotReader>(std::move(views));
}

Result<std::shared_ptr<const Reader>> open_reader(const std::string& directory) {
    CORDON_TRY(const std::vector<ChainId> chains, list_chains(directory));
    std::vector<ChainView> views;
    for (const ChainId chain : chains) {
        CORDON_TRY(ChainView view, load_chain(directory, chain));
        views.push_back(std::move(view));
    }
    return make_reader(std::move(views));
}

}  // namespace cordon::ledger
