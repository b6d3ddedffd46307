// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <map>

#include <cordon/base/format.hpp>

#include "chain_view.hpp"
#include "scan.hpp"

namespace cordon::ledger {
namespace {

/// Cursors that give nothing, or an Error.
class EmptyTxns final : public TxnCursor {
public:
    explicit EmptyTxns(std::optional<Error> error) : error_{std::move(error)} {}
    Result<std::optional<TxnPosition>> next() override {
        if (error_) return fail(*error_);
        return std::optional<TxnPosition>{};
    }

private:
    std::optional<Error> error_;
};
template <typename Row>
class EmptyPages final : public PageCursor<Row> {
public:
    explicit EmptyPages(std::optional<Error> error) : error_{std::move(error)} {}
    Result<std::size_t> next(std::span<Row> /*page*/) override {
        if (error_) return fail(*error_);
        return std::size_t{0};
    }

private:
    std::optional<Error> error_;
};

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
        CORDON_TRY(const auto found, view->find_txn(hash));
        if (!found) return std::optional<TxnPosition>{};
        CORDON_TRY(const TxnPosition at, view->position(*found));
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

    std::unique_ptr<NumberedRows> numbered(ChainId chain) const override {
        const ChainView* view = is_utxo(chain) ? nullptr : find(chain);
        return view == nullptr ? nullptr : make_numbered_rows(*view);
    }

    Result<PlacedUtxoTxn> utxo_txn(ChainId chain, TxnPosition at) const override {
        return txn<UtxoTxn>(chain, at, true);
    }
    Result<std::optional<Spender>> spender(ChainId chain, const OutPoint& output) const override {
        if (const auto wrong = wrong_model(chain, true)) return fail(*wrong);
        const ChainView* view = find(chain);
        if (view == nullptr) return std::optional<Spender>{};
        CORDON_TRY(const auto row, view->find_row(output, nullptr));
        std::optional<uint64_t> input;
        if (row) {
            CORDON_TRY(input, view->find_spend(*row));
        }
        if (!input) {  // Spent before its txn was known, or the txn is not here.
            CORDON_TRY(input, view->find_spend(output));
        }
        if (!input) return std::optional<Spender>{};
        CORDON_TRY(const uint64_t txn, view->txn_of_input(*input));
        CORDON_TRY(const TxnPosition at, view->position(txn));
        CORDON_TRY(const uint64_t first, view->first_input(txn));
        return Spender{at, static_cast<uint32_t>(*input - first)};
    }
    std::unique_ptr<TxnCursor> utxo_txns_of(ChainId chain, const Address& address, Side side,
                                            Order order,
                                            std::optional<TxnPosition> from) const override {
        return txns_of(chain, address, side, order, from, true);
    }

    std::unique_ptr<TransferCursor> transfers_of(ChainId chain, const Address& address,
                                                 const TransferQuery& query) const override {
        if (auto wrong = wrong_model(chain, false))
            return std::make_unique<EmptyPages<PlacedTransfer>>(std::move(wrong));
        const ChainView* view = find(chain);
        if (view == nullptr) return std::make_unique<EmptyPages<PlacedTransfer>>(std::nullopt);
        return make_transfer_cursor(*view, address, query);
    }
    std::unique_ptr<OutputCursor> outputs_of(ChainId chain, const Address& address, Order order,
                                             std::optional<TxnPosition> from) const override {
        if (auto wrong = wrong_model(chain, true))
            return std::make_unique<EmptyPages<PlacedOutput>>(std::move(wrong));
        const ChainView* view = find(chain);
        if (view == nullptr) return std::make_unique<EmptyPages<PlacedOutput>>(std::nullopt);
        return make_output_cursor(*view, address, order, from);
    }
    Result<Balance> balance(ChainId chain, const Address& address) const override {
        if (const auto wrong = wrong_model(chain, true)) return fail(*wrong);
        const ChainView* view = find(chain);
        return view == nullptr ? Balance{} : balance_of(*view, address);
    }

    uint32_t address_count(ChainId chain) const override {
        const ChainView* view = find(chain);
        return view == nullptr ? 0 : static_cast<uint32_t>(view->end().addresses);
    }
    Result<std::optional<uint32_t>> address_id(ChainId chain,
                                               const Address& address) const override {
        const ChainView* view = find(chain);
        if (view == nullptr) return std::optional<uint32_t>{};
        return view->find_address(address);
    }
    Result<Address> address(ChainId chain, uint32_t id) const override {
        const ChainView* view = find(chain);
        if (view == nullptr || id >= view->end().addresses)
            return fail(ErrorCode::kInvalidParam,
                        format("{} has no address with id {}", to_string(chain), id));
        return view->address(id);
    }

    Status scan_field(
        ChainId chain, Field field,
        const std::function<Status(uint64_t, std::span<const uint64_t>)>& visit) const override {
        const bool utxo = is_utxo(chain);
        if (utxo ? field == Field::kSender || field == Field::kAsset : field == Field::kValue)
            return fail(ErrorCode::kInvalidParam,
                        format("rows of {} have no such field", to_string(chain)));
        const ChainView* view = find(chain);
        return view == nullptr ? Status{} : ledger::scan_field(*view, field, visit);
    }
    Status scan_shapes(ChainId chain, TxnPosition from, bool with_outputs,
                       const std::function<Status(const TxnShape&)>& visit) const override {
        if (const auto wrong = wrong_model(chain, true)) return fail(*wrong);
        const ChainView* view = find(chain);
        return view == nullptr ? Status{} : ledger::scan_shapes(*view, from, with_outputs, visit);
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
                CORDON_TRY(view->read_block(part, index, block));
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
        CORDON_TRY(const ChainView::Place place, view->txn_at(at));
        Placed<Txn> placed{at, std::nullopt, {}};
        CORDON_TRY(placed.time, place.part->segment->block_time(place.block));
        CORDON_TRY(view->read_txn(place.txn, placed.txn));
        return placed;
    }

    std::unique_ptr<TxnCursor> txns_of(ChainId chain, const Address& address, Side side,
                                       Order order, std::optional<TxnPosition> from,
                                       bool utxo) const {
        if (auto wrong = wrong_model(chain, utxo))
            return std::make_unique<EmptyTxns>(std::move(wrong));
        const ChainView* view = find(chain);
        if (view == nullptr) return std::make_unique<EmptyTxns>(std::nullopt);
        return make_txn_cursor(*view, address, side, order, from);
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
