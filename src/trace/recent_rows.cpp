// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "recent_rows.hpp"

namespace cordon::trace {
namespace {

using ledger::PlacedTransfer;

constexpr std::size_t kFirstPage = 8;  // Most addresses have fewer rows.
constexpr std::size_t kMostRows = 32;  // 8 kB; who has more is read for his own sake.

/// The rows that a query wants of all rows of an address.
class Chosen final : public ledger::TransferCursor {
public:
    Chosen(std::shared_ptr<const RecentRows::Rows> rows, const Address& address,
           const ledger::TransferQuery& query)
        : rows_{std::move(rows)}, address_{address}, query_{query} {}

    Result<std::size_t> next(std::span<PlacedTransfer> page) override {
        const auto all = rows_->all();
        std::size_t filled = 0;
        for (; filled < page.size() && seen_ < all.size(); ++seen_) {
            const PlacedTransfer& row = all[is_ascending() ? seen_ : all.size() - 1 - seen_];
            if (is_wanted(row)) page[filled++] = row;
        }
        return filled;
    }

private:
    bool is_ascending() const noexcept { return query_.order == ledger::Order::kAscending; }
    bool is_wanted(const PlacedTransfer& row) const noexcept {
        if (query_.from && (is_ascending() ? row.at < *query_.from : row.at > *query_.from))
            return false;
        if (query_.side == ledger::Side::kSender && row.transfer.from != address_) return false;
        if (query_.side == ledger::Side::kReceiver && row.transfer.to != address_) return false;
        return !query_.asset || row.transfer.asset == *query_.asset;
    }

    std::shared_ptr<const RecentRows::Rows> rows_;
    Address address_;
    ledger::TransferQuery query_;
    std::size_t seen_ = 0;
};

/// False when there are more than kMostRows, or an error was met: who asks on will meet it again.
bool read_all(ledger::TransferCursor& cursor, RecentRows::Rows& rows) {
    rows.count = 0;
    if (rows.page.empty()) rows.page.resize(kFirstPage);
    for (;;) {
        const auto read = cursor.next(std::span{rows.page}.subspan(rows.count));
        if (!read) return false;
        if (*read == 0) return true;
        rows.count += *read;
        if (rows.count < rows.page.size()) continue;
        if (rows.page.size() >= kMostRows) return false;
        rows.page.resize(rows.page.size() * 2);
    }
}

}  // namespace

const RecentRows::Kept& RecentRows::kept(ChainId chain, const Address& address) const {
    for (const Kept& each : kept_)
        if (each.rows && each.address == address && each.chain == chain) return each;
    Kept& place = kept_[oldest_];
    oldest_ = (oldest_ + 1) % kept_.size();
    if (!place.rows || place.rows.use_count() > 1) place.rows = std::make_shared<Rows>();
    place.chain = chain;
    place.address = address;
    place.whole = read_all(*ledger_.transfers_of(chain, address, {}), *place.rows);
    return place;
}

std::unique_ptr<ledger::TransferCursor> RecentRows::transfers_of(
    ChainId chain, const Address& address, const ledger::TransferQuery& query) const {
    // The bounds on time look at the time of the block, which a row need not have.
    if (query.since || query.until) return ledger_.transfers_of(chain, address, query);
    const Kept& known = kept(chain, address);
    if (!known.whole) return ledger_.transfers_of(chain, address, query);
    return std::make_unique<Chosen>(known.rows, address, query);
}

}  // namespace cordon::trace
