// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>
#include <limits>
#include <span>

#include "entry_walk.hpp"

namespace cordon::ledger {
namespace {

/// Which txns a walk may touch, as a range of txn numbers.
struct TxnRange {
    uint64_t first = 0, end = 0;
};
Result<TxnRange> range_from(const ChainView& view, Order order, std::optional<TxnPosition> from) {
    TxnRange range{0, view.end().txns};
    if (!from) return range;
    if (order == Order::kAscending) {
        CORDON_TRY(range.first, view.lower_txn(*from));
        return range;
    }
    const bool last = from->txn == std::numeric_limits<uint32_t>::max();
    if (last && from->block == std::numeric_limits<BlockNum>::max()) return range;
    CORDON_TRY(range.end, view.lower_txn(last ? TxnPosition{from->block + 1, 0}
                                              : TxnPosition{from->block, from->txn + 1}));
    return range;
}

/// A walk over one side of an address, within a range of txns.
Result<EntryWalk> make_walk(const ChainView& view, uint32_t id, bool receiving, Order order,
                            const TxnRange& range) {
    uint64_t first = 0;
    uint64_t end = 0;
    const bool inputs = !receiving && is_utxo(view.chain);
    const Totals all = view.end();
    if (range.first == 0 && range.end == all.txns) {
        end = inputs ? all.inputs : all.rows;
    } else if (inputs) {
        CORDON_TRY(first, view.first_input(range.first));
        CORDON_TRY(end, view.first_input(range.end));
    } else {
        CORDON_TRY(first, view.first_row(range.first));
        CORDON_TRY(end, view.first_row(range.end));
    }
    return EntryWalk{view, id, receiving, order, first, end};
}

/// Positions of txns that rise or fall: neighbours are often in one block, so look there first.
class Positions {
public:
    explicit Positions(const ChainView& view) noexcept : view_{view} {}
    Result<TxnPosition> of(uint64_t txn) {
        if (txn < first_ || txn >= end_) {
            const Segment& segment = *view_.part_with(&Totals::txns, txn).segment;
            CORDON_TRY(block_, segment.block_of(txn));
            CORDON_TRY(number_, segment.number(block_));
            CORDON_TRY(first_, segment.first_txn(block_));
            CORDON_TRY(end_, segment.first_txn(block_ + 1));
        }
        return TxnPosition{number_, static_cast<uint32_t>(txn - first_)};
    }
    /// In its segment, of the position given last.
    uint32_t block() const noexcept { return block_; }

private:
    const ChainView& view_;
    BlockNum number_ = 0;
    uint32_t block_ = 0;
    uint64_t first_ = 0, end_ = 0;
};

class Txns final : public TxnCursor {
public:
    Txns(const ChainView& view, const Address& address, Side side, Order order,
         std::optional<TxnPosition> from)
        : view_{view}, address_{address}, side_{side}, order_{order}, from_{from}, places_{view} {}

    Result<std::optional<TxnPosition>> next() override {
        if (error_) return fail(*error_);
        Result<std::optional<TxnPosition>> result = step();
        if (!result) error_ = result.error();
        return result;
    }

private:
    Status start() {
        started_ = true;
        CORDON_TRY(const auto id, view_.find_address(address_));
        if (!id) return {};
        CORDON_TRY(const TxnRange range, range_from(view_, order_, from_));
        for (const bool receiving : {false, true}) {
            if (side_ == (receiving ? Side::kSender : Side::kReceiver)) continue;
            CORDON_TRY(EntryWalk walk, make_walk(view_, *id, receiving, order_, range));
            walks_.push_back({std::move(walk), receiving, std::nullopt});
        }
        return {};
    }

    Result<std::optional<TxnPosition>> step() {
        if (!started_) CORDON_TRY(start());
        std::optional<uint64_t> best;
        for (OneSide& side : walks_) {
            CORDON_TRY(const auto txn, peek(side));
            if (txn && (!best || (order_ == Order::kAscending ? *txn < *best : *txn > *best)))
                best = txn;
        }
        if (!best) return std::optional<TxnPosition>{};
        last_ = best;
        CORDON_TRY(const TxnPosition at, places_.of(*best));
        return at;
    }

    struct OneSide {
        EntryWalk walk;
        bool receiving;
        std::optional<uint64_t> txn;
    };
    /// The txn of the next entry, past those that were given already.
    Result<std::optional<uint64_t>> peek(OneSide& side) {
        while (true) {
            if (!side.txn) {
                CORDON_TRY(const auto number, side.walk.peek());
                if (!number) return std::optional<uint64_t>{};
                const bool inputs = !side.receiving && is_utxo(view_.chain);
                CORDON_TRY(side.txn,
                           inputs ? view_.txn_of_input(*number) : view_.txn_of_row(*number));
            }
            if (!last_ || *side.txn != *last_) return side.txn;
            side.txn.reset();
            side.walk.pop();
        }
    }

    const ChainView& view_;
    Address address_;
    Side side_;
    Order order_;
    std::optional<TxnPosition> from_;
    Positions places_;
    bool started_ = false;
    std::vector<OneSide> walks_;
    std::optional<uint64_t> last_;
    std::optional<Error> error_;
};

/// The common part of the cursors that give pages.
template <typename Row>
class Pages : public PageCursor<Row> {
public:
    Result<std::size_t> next(std::span<Row> page) final {
        if (error_) return fail(*error_);
        std::size_t n = 0;
        for (; n < page.size(); ++n) {
            const Result<bool> more = read(page[n]);
            if (!more) {
                error_ = more.error();
                if (n == 0) return fail(*error_);
                break;  // What was read is right; the Error comes with the next call.
            }
            if (!*more) break;
        }
        return n;
    }

protected:
    virtual Result<bool> read(Row& row) = 0;

private:
    std::optional<Error> error_;
};

class Transfers final : public Pages<PlacedTransfer> {
public:
    Transfers(const ChainView& view, const Address& address, const TransferQuery& query)
        : view_{view}, known_{kNoId, address}, query_{query}, places_{view} {}

private:
    Status start() {
        started_ = true;
        CORDON_TRY(const auto id, view_.find_address(known_.address));
        if (!id) return {};
        known_.id = *id;
        CORDON_TRY(const TxnRange range, range_from(view_, query_.order, query_.from));
        for (const bool receiving : {false, true}) {
            if (query_.side == (receiving ? Side::kSender : Side::kReceiver)) continue;
            CORDON_TRY(EntryWalk walk, make_walk(view_, *id, receiving, query_.order, range));
            walks_.at(receiving ? 1 : 0).emplace(std::move(walk));
        }
        return {};
    }

    /// The next row of either side; one that is on both comes once.
    Result<std::optional<uint64_t>> next_row() {
        std::optional<uint64_t> best;
        std::array<std::optional<uint64_t>, 2> rows;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!walks_[i]) continue;
            CORDON_TRY(rows[i], walks_[i]->peek());
            if (rows[i] && (!best || (query_.order == Order::kAscending ? *rows[i] < *best
                                                                        : *rows[i] > *best)))
                best = rows[i];
        }
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (best && rows[i] == best) walks_[i]->pop();
        return best;
    }

    /// Takes the next rows, and brings near their txns and the addresses that they name.
    Status look_ahead() {
        at_ = count_ = 0;
        if (failed_) return fail(*failed_);
        while (count_ < rows_.size()) {
            const auto row = next_row();
            if (!row) {
                // Those before it are right.
                if (count_ == 0) return fail(row.error());
                failed_ = row.error();
            }
            if (!row || !*row) break;
            rows_[count_++] = **row;
        }
        for (const uint64_t row : std::span{rows_}.first(count_)) {
            const Segment& segment = *view_.part_with(&Totals::rows, row).segment;
            segment.rows().prefetch_item_bits(row - segment.begin().rows);
            for (const segment::ColumnId party : {segment::kFrom, segment::kTo})
                if (uint64_t id = 0; segment.row_value(party, row, id) && id != known_.id)
                    view_.prefetch_address(id);
        }
        return {};
    }

    Result<bool> read(PlacedTransfer& out) override {
        if (!started_) CORDON_TRY(start());
        while (true) {
            if (at_ == count_) CORDON_TRY(look_ahead());
            if (at_ == count_) return false;
            const uint64_t row = rows_[at_++];
            const Part& part = view_.part_with(&Totals::rows, row);
            uint64_t txn = 0;
            uint64_t first = 0;
            if (!part.segment->txn_of_row(row, txn, first))
                return part.segment->corrupt(segment::kTxnRows);
            CORDON_TRY(out.at, places_.of(txn));
            if (timed_ != out.at.block) {
                CORDON_TRY(time_, part.segment->block_time(places_.block()));
                timed_ = out.at.block;
            }
            if (!is_in_time(time_)) continue;
            CORDON_TRY(view_.transfer(part, row, row - first, known_, out.transfer));
            if (query_.asset && out.transfer.asset != *query_.asset) continue;
            CORDON_TRY(const auto own, view_.own_time(txn));
            out.time = own ? own : time_;
            return true;
        }
    }

    bool is_in_time(std::optional<UnixMillis> time) const noexcept {
        if (!query_.since && !query_.until) return true;
        return time && (!query_.since || *time >= *query_.since) &&
               (!query_.until || *time <= *query_.until);
    }

    const ChainView& view_;
    ChainView::Known known_;  // The address that is asked for.
    TransferQuery query_;
    Positions places_;
    bool started_ = false;
    std::array<std::optional<EntryWalk>, 2> walks_;  // As sender, as receiver.
    std::array<uint64_t, 8> rows_{};                 // What comes next, from at_ on,
    std::size_t at_ = 0, count_ = 0;
    std::optional<Error> failed_;    // and then this.
    std::optional<BlockNum> timed_;  // The block of time_.
    std::optional<UnixMillis> time_;
};

class Outputs final : public Pages<PlacedOutput> {
public:
    Outputs(const ChainView& view, const Address& address, Order order,
            std::optional<TxnPosition> from)
        : view_{view}, address_{address}, order_{order}, from_{from}, places_{view} {}

private:
    Result<bool> read(PlacedOutput& out) override {
        if (!started_) {
            started_ = true;
            CORDON_TRY(const auto id, view_.find_address(address_));
            if (id) {
                CORDON_TRY(const TxnRange range, range_from(view_, order_, from_));
                CORDON_TRY(EntryWalk walk, make_walk(view_, *id, true, order_, range));
                walk_.emplace(std::move(walk));
            }
        }
        if (!walk_) return false;
        CORDON_TRY(const auto row, walk_->peek());
        if (!row) return false;
        walk_->pop();
        CORDON_TRY(const uint64_t txn, view_.txn_of_row(*row));
        const Segment& segment = *view_.part_with(&Totals::rows, *row).segment;
        uint64_t first = 0;
        uint64_t end = 0;
        if (!segment.rows_of(txn, first, end)) return segment.corrupt(segment::kTxnRows);
        if (!segment.row_value(segment::kValue, *row, out.value))
            return segment.corrupt(segment::kValue);
        CORDON_TRY(out.at, places_.of(txn));
        out.index = static_cast<uint32_t>(*row - first);
        CORDON_TRY(const auto spend, view_.find_spender(*row, foreign_));
        out.spent_by.reset();
        if (spend) {
            CORDON_TRY(const uint64_t spender, view_.txn_of_input(*spend));
            CORDON_TRY(out.spent_by, view_.position(spender));
        }
        return true;
    }

    const ChainView& view_;
    Address address_;
    Order order_;
    std::optional<TxnPosition> from_;
    Positions places_;
    bool started_ = false;
    bool foreign_ = view_.has_foreign();
    std::optional<EntryWalk> walk_;
};

}  // namespace

std::unique_ptr<TxnCursor> make_txn_cursor(const ChainView& view, const Address& address, Side side,
                                           Order order, std::optional<TxnPosition> from) {
    return std::make_unique<Txns>(view, address, side, order, from);
}

std::unique_ptr<TransferCursor> make_transfer_cursor(const ChainView& view, const Address& address,
                                                     const TransferQuery& query) {
    return std::make_unique<Transfers>(view, address, query);
}

std::unique_ptr<OutputCursor> make_output_cursor(const ChainView& view, const Address& address,
                                                 Order order, std::optional<TxnPosition> from) {
    return std::make_unique<Outputs>(view, address, order, from);
}

Result<Balance> balance_of(const ChainView& view, const Address& address) {
    Balance balance;
    CORDON_TRY(const auto id, view.find_address(address));
    if (!id) return balance;
    // Rows and inputs of an address both rise, and so each input that spends a row of it can be
    // taken off at once: no row is looked up.
    const auto sum = [&](bool receiving, auto&& take) -> Status {
        CORDON_TRY(EntryWalk walk,
                   make_walk(view, *id, receiving, Order::kAscending, {0, view.end().txns}));
        while (true) {
            CORDON_TRY(const auto number, walk.peek());
            if (!number) return {};
            walk.pop();
            CORDON_TRY(take(*number));
        }
    };
    const auto value_of = [&](uint64_t row) -> Result<uint64_t> {
        const Segment& segment = *view.part_with(&Totals::rows, row).segment;
        uint64_t value = 0;
        if (!segment.row_value(segment::kValue, row, value))
            return segment.corrupt(segment::kValue);
        return value;
    };
    // But for inputs that came before what they spend: those name no row, perhaps no address.
    const bool foreign = view.has_foreign();
    CORDON_TRY(sum(true, [&](uint64_t row) -> Status {
        CORDON_TRY(const uint64_t value, value_of(row));
        ++balance.outputs;
        balance.received += value;
        if (foreign) {
            CORDON_TRY(const OutPoint point, view.out_point(row));
            CORDON_TRY(const auto early, view.find_spend(point));
            if (early) return {};
        }
        ++balance.unspent;
        balance.value += value;
        return {};
    }));
    CORDON_TRY(sum(false, [&](uint64_t input) -> Status {
        const Segment& segment = *view.part_with(&Totals::inputs, input).segment;
        uint64_t row = 0;
        if (!segment.spent(input, row)) return segment.corrupt(segment::kSpent);
        if (row == 0 || row > view.end().rows) return {};  // See above.
        CORDON_TRY(const uint64_t value, value_of(row - 1));
        --balance.unspent;
        balance.value -= value;
        return {};
    }));
    return balance;
}

}  // namespace cordon::ledger
