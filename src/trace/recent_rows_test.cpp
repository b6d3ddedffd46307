// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "recent_rows.hpp"

#include <gtest/gtest.h>

#include <random>

#include "builders.hpp"
#include "memory_ledger.hpp"

namespace cordon::trace {
namespace {

using ledger::PlacedTransfer;
using ledger::TransferQuery;

std::vector<std::pair<TxnPosition, Transfer>> rows_of(const ledger::Reader& ledger,
                                                      const Address& address,
                                                      const TransferQuery& query,
                                                      std::size_t page_size) {
    std::vector<std::pair<TxnPosition, Transfer>> rows;
    std::vector<PlacedTransfer> page(page_size);
    const auto cursor = ledger.transfers_of(kEthereum, address, query);
    for (;;) {
        const std::size_t count = cursor->next(page).value();
        if (count == 0) return rows;
        for (std::size_t i = 0; i < count; ++i) rows.emplace_back(page[i].at, page[i].transfer);
    }
}

TEST(RecentRows, answers_every_query_as_the_ledger_does) {
    std::mt19937 random{20240531};
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    // A few addresses deal with everybody, so that some have more rows than are kept.
    const auto someone = [&] { return test::address(1 + (below(3) == 0 ? below(3) : below(60))); };
    test::AccountChain chain;
    const Asset token = Asset::contract(test::address(9'000));
    for (int i = 0; i < 400; ++i) {
        std::vector<Transfer> rows;
        for (unsigned n = 1 + below(3); n > 0; --n) {
            Transfer row = test::transfer().from(someone()).to(someone()).amount(1 + below(99));
            if (below(4) == 0) row.asset = token;
            rows.push_back(row);
        }
        chain.txn(std::move(rows));
    }
    const test::MemoryLedger ledger{chain.blocks()};
    const RecentRows recent{ledger};
    std::size_t found = 0, most = 0;
    for (int i = 0; i < 3'000; ++i) {
        const Address address = someone();
        TransferQuery query;
        query.side = static_cast<ledger::Side>(below(3));
        query.order = static_cast<ledger::Order>(below(2));
        if (below(3) == 0) query.asset = below(2) == 0 ? token : Asset{};
        if (below(3) == 0) query.from = TxnPosition{below(500), below(2)};
        const std::size_t page = 1 + below(40);
        const auto rows = rows_of(ledger, address, query, page);
        ASSERT_EQ(rows_of(recent, address, query, page), rows) << "query " << i;
        found += rows.size();
        most = std::max(most, rows.size());
    }
    EXPECT_GT(found, 10'000U);
    EXPECT_GT(most, 100U);
}

TEST(RecentRows, a_cursor_outlives_what_is_kept) {
    test::AccountChain chain;
    for (unsigned i = 1; i < 40; ++i) chain.pay(test::address(i), test::address(i + 1), i);
    const test::MemoryLedger ledger{chain.blocks()};
    const RecentRows recent{ledger};
    const auto cursor = recent.transfers_of(kEthereum, test::address(5), {});
    for (unsigned i = 1; i < 40; ++i) rows_of(recent, test::address(i), {}, 8);
    std::vector<PlacedTransfer> page(8);
    ASSERT_EQ(cursor->next(page).value(), 2U);
    EXPECT_EQ(page[0].transfer.to, test::address(5));
    EXPECT_EQ(page[1].transfer.from, test::address(5));
}

/// Every address is damaged behind its second row.
class DamagedLedger : public test::MemoryLedger {
public:
    using MemoryLedger::MemoryLedger;

    std::unique_ptr<ledger::TransferCursor> transfers_of(
        ChainId chain, const Address& address, const TransferQuery& query) const override {
        class Cursor final : public ledger::TransferCursor {
        public:
            explicit Cursor(std::unique_ptr<ledger::TransferCursor> rows)
                : rows_{std::move(rows)} {}
            Result<std::size_t> next(std::span<PlacedTransfer> page) override {
                if (read_) return fail(ErrorCode::kCorrupt, "damaged");
                read_ = true;
                return rows_->next(page.first(std::min<std::size_t>(2, page.size())));
            }

        private:
            std::unique_ptr<ledger::TransferCursor> rows_;
            bool read_ = false;
        };
        return std::make_unique<Cursor>(MemoryLedger::transfers_of(chain, address, query));
    }
};

TEST(RecentRows, damage_is_told_to_everyone_who_reads_on) {
    test::AccountChain chain;
    for (unsigned i = 1; i < 6; ++i) chain.pay(test::address(1), test::address(2), i);
    const DamagedLedger ledger{chain.blocks()};
    const RecentRows recent{ledger};
    for (int i = 0; i < 2; ++i) {
        std::vector<PlacedTransfer> page(8);
        const auto cursor = recent.transfers_of(kEthereum, test::address(2), {});
        ASSERT_EQ(cursor->next(page).value(), 2U);
        const auto more = cursor->next(page);
        ASSERT_FALSE(more);
        EXPECT_EQ(more.error().code, ErrorCode::kCorrupt);
    }
}

}  // namespace
}  // namespace cordon::trace
