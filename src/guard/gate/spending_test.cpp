// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "spending.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "test_world.hpp"

namespace cordon::guard {
namespace {

using namespace std::chrono_literals;

Limit window_of(std::chrono::milliseconds length) {
    Limit limit;
    limit.scope = Scope::kWallet;
    limit.window = length;
    return limit;
}

Spend spend_at(UnixMillis time, uint64_t amount, ChainId chain = kEthereum) {
    return {time, chain, Asset{}, Amount{amount}, static_cast<Cents>(amount)};
}

TEST(SpendBook, windows_are_exact_whatever_is_asked_when) {
    EXPECT_TRUE(rc::check([] {
        SpendBook book;
        std::vector<Spend> all;
        const std::vector<Count> counts{{Scope::kWallet, "w"}};
        UnixMillis now = from_unix_seconds(1'700'000'000);
        const int steps = *rc::gen::inRange(0, 60);
        for (int i = 0; i < steps; ++i) {
            now += std::chrono::milliseconds{*rc::gen::inRange(0, 2'000)};
            if (*rc::gen::inRange(0, 3) > 0) {
                const ChainId chain = *rc::gen::arbitrary<bool>() ? kEthereum : kBitcoin;
                all.push_back(spend_at(now, *rc::gen::inRange(0U, 100U), chain));
                book.add(counts, all.back());
            }
            if (*rc::gen::inRange(0, 8) == 0) book.forget(now - 10s);
            Limit limit = window_of(*rc::gen::element(1s, 3s, 10s));
            if (*rc::gen::arbitrary<bool>()) limit.chain = kBitcoin;
            Spent wanted;
            for (const Spend& each : all)
                if (each.time > now - *limit.window &&
                    (!limit.chain || each.chain == *limit.chain)) {
                    wanted.usd += each.usd;
                    wanted.amount += each.amount;
                    ++wanted.count;
                }
            const Spent found = book.spent(limit, "w", now).value();
            RC_ASSERT(found.usd == wanted.usd);
            RC_ASSERT(found.amount == wanted.amount);
            RC_ASSERT(found.count == wanted.count);
            limit.window.reset();
            limit.lifetime = true;
            limit.chain.reset();
            RC_ASSERT(book.spent(limit, "w", now)->count == all.size());
        }
    }));
}

TEST(SpendBook, a_sum_that_does_not_fit_is_an_error_and_not_a_small_one) {
    SpendBook book;
    const UnixMillis now = from_unix_seconds(1'700'000'000);
    const std::vector<Count> counts{{Scope::kWallet, "w"}};
    Spend all = spend_at(now, 0);
    all.amount = Amount::max();
    book.add(counts, all);
    EXPECT_EQ(book.spent(window_of(1s), "w", now)->amount, Amount::max());
    book.add(counts, spend_at(now, 1));
    EXPECT_EQ(book.spent(window_of(1s), "w", now).error().code, ErrorCode::kOverflow);
    EXPECT_EQ(book.spent(window_of(1s), "w", now + 1h).error().code, ErrorCode::kOverflow);
    EXPECT_EQ(book.spent(window_of(1s), "other", now)->count, 0U);
}

}  // namespace
}  // namespace cordon::guard
