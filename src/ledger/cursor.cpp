// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include "chain_view.hpp"

namespace cordon::ledger {
namespace {

/// Nothing, or one Error.
class EndCursor final : public TxnCursor {
public:
    explicit EndCursor(std::optional<Error> error) : error_{std::move(error)} {}
    Result<std::optional<TxnPosition>> next() override {
        if (error_) return fail(*error_);
        return std::optional<TxnPosition>{};
    }

private:
    std::optional<Error> error_;
};

/// Goes through the parts in order, and inside a part through the lists of one or both sides as
/// through one.
class PartsCursor final : public TxnCursor {
public:
    PartsCursor(const ChainView& view, const Address& address, Side side, Order order,
                std::optional<TxnPosition> from)
        : view_{view},
          address_{address},
          side_{side},
          ascending_{order == Order::kAscending},
          from_{from} {
        next_part_ = ascending_ ? 0 : view.parts.size();
    }

    Result<std::optional<TxnPosition>> next() override {
        if (error_) return fail(*error_);
        Result<std::optional<TxnPosition>> result = step();
        if (!result) error_ = result.error();
        return result;
    }

private:
    struct Walk {
        Segment::List list;               // What is still to come.
        std::optional<uint32_t> ordinal;  // The next of it.
    };

    Result<std::optional<TxnPosition>> step() {
        while (true) {
            std::optional<uint32_t> best;
            for (const Walk& walk : walks_)
                if (walk.ordinal &&
                    (!best || (ascending_ ? *walk.ordinal < *best : *walk.ordinal > *best)))
                    best = walk.ordinal;
            if (best) {
                for (std::size_t i = 0; i < walks_.size(); ++i)
                    if (walks_[i].ordinal == best) CORDON_TRY(advance(i));
                return place(*best);
            }
            if (ascending_ ? next_part_ == view_.parts.size() : next_part_ == 0)
                return std::optional<TxnPosition>{};
            const Part& part = view_.parts[ascending_ ? next_part_++ : --next_part_];
            CORDON_TRY(enter(part));
        }
    }

    Status enter(const Part& part) {
        part_ = &part;
        first_txn_ = end_txn_ = 0;
        walks_ = {};
        uint32_t from = ascending_ ? 0 : part.txns;
        if (from_) {
            if (ascending_ ? part.last.number < from_->block : part.first.number > from_->block)
                return {};
            CORDON_TRY(from, bound(part));
        }
        CORDON_TRY(const auto id, part.segment->find_address(address_));
        if (!id) return {};
        for (const bool receiving : {false, true}) {
            if (side_ == (receiving ? Side::kSender : Side::kReceiver)) continue;
            Walk& walk = walks_[receiving];
            CORDON_TRY(walk.list, part.segment->list(receiving, *id, part.txns));
            CORDON_TRY(skip(receiving, from));
            CORDON_TRY(advance(receiving));
        }
        return {};
    }

    /// The ordinal at which to begin; descending: the one behind it.
    Result<uint32_t> bound(const Part& part) const {
        CORDON_TRY(const uint32_t block, part.segment->lower_block(from_->block));
        if (block >= part.blocks) return part.txns;
        CORDON_TRY(const uint32_t first, part.segment->first_txn(block));
        CORDON_TRY(const BlockNum number, part.segment->number(block));
        if (number != from_->block) return first;
        CORDON_TRY(const uint32_t end, part.segment->first_txn(block + 1));
        return static_cast<uint32_t>(
            std::min<uint64_t>(uint64_t{first} + from_->txn + (ascending_ ? 0 : 1), end));
    }

    /// Leaves the entries from `ordinal` on (ascending) or below it (descending).
    Status skip(bool receiving, uint32_t ordinal) {
        Segment::List& list = walks_[receiving].list;
        uint32_t low = list.begin;
        uint32_t high = list.end;
        while (low < high) {
            const uint32_t middle = low + (high - low) / 2;
            CORDON_TRY(const uint32_t entry, part_->segment->list_entry(receiving, middle));
            if (entry < ordinal)
                low = middle + 1;
            else
                high = middle;
        }
        (ascending_ ? list.begin : list.end) = low;
        return {};
    }

    Status advance(std::size_t side) {
        Walk& walk = walks_[side];
        walk.ordinal.reset();
        if (walk.list.begin == walk.list.end) return {};
        const uint32_t entry = ascending_ ? walk.list.begin++ : --walk.list.end;
        CORDON_TRY(walk.ordinal, part_->segment->list_entry(side == 1, entry));
        return {};
    }

    Result<std::optional<TxnPosition>> place(uint32_t ordinal) {
        // Neighbours are often in one block: look there first.
        if (ordinal < first_txn_ || ordinal >= end_txn_) {
            CORDON_TRY(const uint32_t block, part_->segment->block_of(ordinal));
            CORDON_TRY(number_, part_->segment->number(block));
            CORDON_TRY(first_txn_, part_->segment->first_txn(block));
            CORDON_TRY(end_txn_, part_->segment->first_txn(block + 1));
        }
        return TxnPosition{number_, ordinal - first_txn_};
    }

    const ChainView& view_;
    Address address_;
    Side side_;
    bool ascending_;
    std::optional<TxnPosition> from_;
    std::size_t next_part_;
    const Part* part_ = nullptr;
    std::array<Walk, 2> walks_;  // Sending, receiving.
    BlockNum number_ = 0;        // The block of the last position, and its ordinals.
    uint32_t first_txn_ = 0, end_txn_ = 0;
    std::optional<Error> error_;
};

}  // namespace

std::unique_ptr<TxnCursor> make_cursor(const ChainView& view, const Address& address, Side side,
                                       Order order, std::optional<TxnPosition> from) {
    return std::make_unique<PartsCursor>(view, address, side, order, from);
}

std::unique_ptr<TxnCursor> make_cursor(std::optional<Error> error) {
    return std::make_unique<EndCursor>(std::move(error));
}

}  // namespace cordon::ledger
