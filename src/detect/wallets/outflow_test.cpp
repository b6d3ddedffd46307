// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "outflow.hpp"

#include "sketch.hpp"
#include "wallets_test_stream.hpp"

// D01 to D10: what leaves the wallets of an exchange.
namespace cordon::detect {
namespace {

using Outflows = ExchangeTest;

TEST_F(Outflows, D01_a_fifth_of_a_cold_wallet_in_one_txn) {
    pay(cold, thief, eth(2000));
    ASSERT_EQ(worst("D01"), Severity::kCritical);
    const Alert alert = alerts.of("D01")[0];
    EXPECT_EQ(alert.subject, cold);
    EXPECT_EQ(alert.related, std::vector<Address>{thief});
    EXPECT_EQ(alert.usd, 400'000'000);
    EXPECT_NE(alert.reason.find("20.0 %"), std::string::npos) << alert.reason;
}

TEST_F(Outflows, D01_many_small_parts_within_ten_minutes) {
    for (int i = 0; i < 5; ++i) pay(cold, thief, eth(600));
    EXPECT_EQ(worst("D01"), Severity::kInfo);  // 30 %: the pre-alert.
    pay(cold, thief, eth(600));
    EXPECT_EQ(worst("D01"), Severity::kCritical);
    const std::size_t told = count("D01");
    pay(cold, thief, eth(100));
    EXPECT_EQ(count("D01"), told);  // Once a window.
}

TEST_F(Outflows, D01_slow_payments_are_none) {
    for (int i = 0; i < 8; ++i) {
        pay(cold, thief, eth(400));
        stream.wait(900);
    }
    EXPECT_NE(worst("D01"), Severity::kCritical);
}

TEST_F(Outflows, D01_own_allowed_and_planned_movements_are_none) {
    config.allowed.push_back({{kEthereum, customer}, "cold", "custodian"});
    config.tickets.push_back(
        {"CHG", "cold", stream.now() + Seconds{100}, stream.now() + Seconds{200}});
    pay(cold, hot, eth(4000));
    pay(cold, customer, eth(3000));
    stream.wait(100);
    pay(cold, thief, eth(2000));
    EXPECT_TRUE(alerts.all.empty());
}

TEST_F(Outflows, D01_works_without_prices_and_is_silent_without_balances) {
    const Asset coin = token("XEM", false);
    knowledge.balances[{cold, coin}] = usd(1000);
    pay(cold, thief, usd(500), coin);
    ASSERT_EQ(worst("D01"), Severity::kCritical);
    EXPECT_EQ(alerts.of("D01")[0].usd, std::nullopt);
    const Asset unknown = token("other", false);
    const std::size_t before = count("D01");
    pay(cold, thief, usd(500), unknown);
    EXPECT_EQ(count("D01"), before);
}

TEST_F(Outflows, D01_a_trade_and_a_small_token_of_a_hot_wallet_are_none) {
    const Asset dollar = token("USDC"), small = token("small");
    knowledge.balances[{hot, small}] = usd(20'000);
    give(stream.transfer(cold, thief, eth(3000)).also(thief, cold, usd(5'900'000), dollar).block());
    pay(hot, customer, usd(15'000), small);  // 75 % of it, but 0.07 % of the wallet.
    EXPECT_EQ(count("D01"), 0U);
}

TEST_F(Outflows, D01_a_reorg_takes_the_window_back) {
    for (int i = 0; i < 5; ++i) pay(cold, thief, eth(600));
    give(stream.rewind(1, "branch"));
    alerts.all.clear();
    pay(cold, thief, eth(600));
    EXPECT_NE(worst("D01"), Severity::kCritical);  // 12 %, not 36 %.
}

TEST_F(Outflows, D02_and_a_resumed_watch_says_the_same) {
    for (uint64_t i = 0; i < 3000; ++i) {
        if (mix64(i) % 5 == 0) stream.transfer(hot, customer, milli(50 + mix64(i * 3) % 400));
        give(stream.block());
    }
    EXPECT_EQ(count("D02"), 0U);
    MemoryState memory;
    ASSERT_TRUE(watch().save(memory).has_value());
    Watch second{config, knowledge};
    ASSERT_TRUE(second.load(memory).has_value());
    CollectedAlerts again;
    for (int i = 0; i < 4; ++i) {
        const auto event = stream.transfer(hot, customer, eth(100)).block();
        give(event);
        ASSERT_TRUE(second.on(event, again).has_value());
    }
    EXPECT_EQ(worst("D02"), Severity::kHigh);
    EXPECT_EQ(again.all, alerts.all);
}

TEST_F(Outflows, D02_says_nothing_before_it_knows_the_wallet) {
    for (int i = 0; i < 20; ++i) pay(hot, customer, eth(100));
    EXPECT_EQ(count("D02"), 0U);
}

TEST_F(Outflows, D03_many_assets_to_one_address) {
    for (int i = 0; i < 12; ++i) {
        const Asset asset = token("t" + std::to_string(i));
        pay(hot, thief, usd(1000), asset);
        EXPECT_TRUE(i > 6 || count("D03") == 0);
    }
    EXPECT_EQ(worst("D03"), Severity::kCritical);
    EXPECT_EQ(count("D03"), 1U);
}

TEST_F(Outflows, D03_to_as_many_customers_or_of_false_tokens_is_none) {
    for (int i = 0; i < 12; ++i)
        pay(hot, named("c" + std::to_string(i)), usd(1000), token("t" + std::to_string(i)));
    for (int i = 0; i < 12; ++i)
        pay(hot2, thief, usd(1000), token("false" + std::to_string(i), false));
    for (int i = 0; i < 12; ++i)  // Home to the cold wallet.
        pay(hot2, cold, usd(1000), token("t" + std::to_string(i)));
    EXPECT_EQ(count("D03"), 0U);
}

TEST_F(Outflows, D04_two_chains_at_once_and_much) {
    pay(hot, thief, eth(1000));
    EXPECT_EQ(count("D04"), 0U);
    give(bsc.wait(60).transfer(far, thief, eth(1000)).block());
    ASSERT_EQ(worst("D04"), Severity::kCritical);
    EXPECT_NE(alerts.of("D04")[0].reason.find("eth, bsc"), std::string::npos);
}

TEST_F(Outflows, D04_an_hour_apart_is_none) {
    pay(hot, thief, eth(1000));
    give(bsc.wait(3600).transfer(far, thief, eth(1000)).block());
    EXPECT_EQ(count("D04"), 0U);
}

TEST_F(Outflows, D05_much_to_a_new_address) {
    const Address fresh = named("fresh");
    pay(hot, fresh, eth(124));  // $248,000.
    EXPECT_EQ(count("D05"), 0U);
    pay(hot, fresh, eth(126));
    EXPECT_EQ(worst("D05"), Severity::kHigh);
    const std::size_t told = count("D05");
    pay(hot, customer, eth(126));  // Known for years.
    stream.wait(3700);
    pay(hot, fresh, eth(126));  // Known for an hour.
    EXPECT_EQ(count("D05"), told);
}

TEST_F(Outflows, D05_what_a_customer_asked_for_is_none) {
    tell(WithdrawalRequest{"wd-1", kEthereum, {}, {}, named("fresh"), eth(200), "c", stream.now()});
    pay(hot, named("fresh"), eth(200));
    EXPECT_EQ(count("D05"), 0U);
    EXPECT_EQ(count("D07"), 0U);
}

TEST_F(Outflows, D06_a_test_before_all) {
    pay(cold, named("fresh"), eth(1));
    pay(cold, named("fresh"), eth(1500));
    ASSERT_EQ(worst("D06"), Severity::kHigh);
    EXPECT_EQ(alerts.of("D06")[0].txns.size(), 2U);
}

TEST_F(Outflows, D06_a_larger_test_and_one_of_yesterday_are_none) {
    pay(cold, named("x"), eth(20));
    pay(cold, named("x"), eth(1500));
    pay(cold, named("y"), eth(1));
    stream.wait(7200);
    pay(cold, named("y"), eth(1500));
    EXPECT_EQ(count("D06"), 0U);
}

TEST_F(Outflows, D07_a_payment_that_nobody_asked_for) {
    tell(WithdrawalRequest{"wd-1", kEthereum, {}, {}, customer, eth(5), "c", stream.now()});
    pay(hot, customer, eth(5));
    pay(hot, customer, eth(5));  // Once more than asked for.
    EXPECT_EQ(count("D07"), 0U);
    stream.wait(60);
    give(stream.block());
    ASSERT_EQ(count("D07"), 1U);
    EXPECT_EQ(worst("D07"), Severity::kCritical);
    EXPECT_EQ(alerts.of("D07")[0].txns.size(), 1U);
    give(stream.block());
    EXPECT_EQ(count("D07"), 1U);
}

TEST_F(Outflows, D07_batches_late_requests_and_chains_without_queue_are_none) {
    pay(hot, customer, eth(9));  // No queue yet: nothing can be said.
    tell(WithdrawalRequest{"a", kEthereum, {}, {}, customer, eth(2), "c", stream.now()});
    tell(WithdrawalRequest{"b", kEthereum, {}, {}, customer, eth(3), "c", stream.now()});
    pay(hot, customer, eth(5));
    pay(hot, customer, eth(7));
    tell(WithdrawalRequest{"late", kEthereum, {}, {}, customer, eth(7), "c", stream.now()});
    give(bsc.transfer(far, customer, eth(5)).block());
    stream.wait(120);
    give(stream.block());
    give(bsc.wait(120).block());
    EXPECT_EQ(count("D07"), 0U);
}

TEST_F(Outflows, D07_customers_who_withdraw_again_and_again) {
    const auto ask = [&](std::string id, const Amount& amount) {
        tell(WithdrawalRequest{
            std::move(id), kEthereum, {}, {}, customer, amount, "c", stream.now()});
    };
    ask("small", milli(100));  // $200: paid without being judged, and done with.
    pay(hot, customer, milli(100));
    for (const uint64_t amount : {2U, 3U, 4U, 5U}) ask(std::to_string(amount), eth(amount));
    // Two payments of one batch to one address.
    give(stream.transfer(hot, customer, eth(5)).also(hot, customer, eth(2)).block());
    pay(hot, customer, eth(7));  // What is left, in one.
    stream.wait(120);
    give(stream.block());
    EXPECT_EQ(count("D07"), 0U);
    pay(hot, customer, milli(100));
    pay(hot, customer, eth(5));  // All is paid.
    stream.wait(120);
    give(stream.block());
    EXPECT_EQ(count("D07"), 1U);
}

TEST_F(Outflows, D07_some_of_the_open_requests_in_one_payment) {
    for (const uint64_t amount : {1U, 20U, 300U})
        tell(WithdrawalRequest{
            std::to_string(amount), kEthereum, {}, {}, customer, eth(amount), "c", stream.now()});
    pay(hot, customer, eth(301));
    pay(hot, customer, eth(20));
    pay(hot, customer, eth(20));
    stream.wait(120);
    give(stream.block());
    EXPECT_EQ(count("D07"), 1U);
}

TEST_F(Outflows, D07_a_cancelled_request_is_no_request) {
    tell(WithdrawalRequest{"a", kEthereum, {}, {}, customer, eth(2), "c", stream.now()});
    tell(WithdrawalRequest{"a", kEthereum, {}, {}, customer, eth(2), "c", stream.now(), true});
    pay(hot, customer, eth(2));
    stream.wait(60);
    give(stream.block());
    EXPECT_EQ(count("D07"), 1U);
}

TEST_F(Outflows, D08_less_than_is_owed_once_a_day) {
    tell(Liabilities{"acme", kEthereum, {}, eth(20'000), stream.now()});
    EXPECT_EQ(count("D08"), 0U);
    tell(Liabilities{"acme", kEthereum, {}, eth(20'030), stream.now()});
    tell(Liabilities{"acme", kEthereum, {}, eth(20'030), stream.now() + Seconds{60}});
    ASSERT_EQ(count("D08"), 1U);
    EXPECT_EQ(alerts.of("D08")[0].usd, 6'000'000);
    tell(Liabilities{"other", kEthereum, {}, eth(90'000), stream.now()});
    tell(Liabilities{"acme", kEthereum, token("none"), usd(5), stream.now()});  // Not known.
    EXPECT_EQ(count("D08"), 1U);
}

TEST_F(Outflows, D08_a_slow_bleed_above_what_is_owed) {
    config.disabled = {"D01", "D02", "D05"};
    for (int day = 0; day < 40; ++day) {
        tell(Liabilities{"acme", kEthereum, {}, eth(15'000), stream.now()});
        EXPECT_TRUE(day > 20 || count("D08") == 0);
        pay(hot, customer, eth(day < 20 ? 0 : 20));
        stream.wait(86'400 - 12);
    }
    EXPECT_EQ(worst("D08"), Severity::kHigh);
}

TEST_F(Outflows, D08_a_fall_that_is_forgiven_as_a_shortfall_is_none) {
    config.disabled = {"D01", "D02", "D05"};
    for (int day = 0; day < 60; ++day) {
        // Day by day a little more is owed, 0.09 % in all.
        const auto more = static_cast<uint64_t>(std::max(0, day - 19)) * 13'500 / 40;
        tell(Liabilities{"acme", kEthereum, {}, eth(15'000) + milli(more), stream.now()});
        stream.wait(86'400);
    }
    EXPECT_EQ(count("D08"), 0U);
}

TEST_F(Outflows, D08_what_customers_bring_and_take_is_no_fall) {
    config.disabled = {"D01", "D02", "D05"};
    knowledge.balances[{customer, Asset{}}] = eth(90'000);
    uint64_t owed = 15'000;
    for (int day = 0; day < 60; ++day) {
        tell(Liabilities{"acme", kEthereum, {}, eth(owed), stream.now()});
        // The share falls from 133 % to 120 %, and nothing is missing.
        if (day >= 20) owed += 250;
        pay(customer, hot, eth(day >= 20 ? 250 : 0));
        stream.wait(86'400 - 12);
    }
    EXPECT_EQ(count("D08"), 0U);
}

TEST_F(Outflows, D09_a_stranger_brings_gas) {
    const Asset dollar = token("USDC");
    for (int i = 0; i < 4; ++i) {
        const Address deposit = named("deposit" + std::to_string(i));
        config.wallets.push_back({kEthereum, deposit, "deposits", "acme", "deposit"});
        knowledge.balances[{deposit, dollar}] = usd(50'000);
    }
    for (int i = 0; i < 2; ++i) pay(thief, named("deposit" + std::to_string(i)), milli(10));
    EXPECT_EQ(count("D09"), 0U);
    pay(thief, named("deposit2"), milli(10));
    EXPECT_EQ(worst("D09"), Severity::kHigh);
    EXPECT_EQ(alerts.of("D09")[0].subject, thief);
}

TEST_F(Outflows, D09_the_own_gas_station_large_sums_and_empty_wallets_are_none) {
    const Asset dollar = token("USDC");
    config.allowed.push_back({{kEthereum, named("station")}, "", "gas station"});
    for (int i = 0; i < 4; ++i) {
        const Address deposit = named("deposit" + std::to_string(i));
        config.wallets.push_back({kEthereum, deposit, "deposits", "acme", "deposit"});
        if (i < 3) knowledge.balances[{deposit, dollar}] = usd(50'000);
    }
    for (int i = 0; i < 4; ++i) {
        const Address deposit = named("deposit" + std::to_string(i));
        pay(hot, deposit, milli(1));
        pay(named("station"), deposit, milli(1));
        pay(customer, deposit, eth(1));
    }
    EXPECT_EQ(count("D09"), 0U);
}

/// The same ends as an address, and another middle.
Address like(const Address& address) {
    Bytes bytes{address.payload().begin(), address.payload().end()};
    for (std::size_t i = 3; i < 16; ++i) bytes[i] = static_cast<uint8_t>(bytes[i] ^ 0x5A);
    return {AddressKind::kEvm, bytes};
}

TEST_F(Outflows, D10_an_address_like_our_own_or_one_that_was_paid) {
    tell(WithdrawalRequest{"wd", kEthereum, {}, {}, like(hot), eth(1), "c", stream.now()});
    ASSERT_EQ(worst("D10"), Severity::kCritical);  // Before anybody signs.
    pay(cold, like(hot), eth(1));
    EXPECT_EQ(count("D10"), 2U);
    pay(cold, customer, eth(1));
    EXPECT_EQ(count("D10"), 2U);
    pay(cold, like(customer), eth(1));
    EXPECT_EQ(count("D10"), 3U);
}

TEST_F(Outflows, D10_a_pending_payment_is_told_before_it_is_in_a_block) {
    TestStream pending;
    pending.transfer(cold, like(hot), eth(1));
    const auto seen = std::get<SeenBlock>(*pending.block());
    tell(PendingTxn{kEthereum, stream.now(), seen.block.account_txns[0], seen.activity.txns[0],
                    std::nullopt});
    ASSERT_EQ(count("D10"), 1U);
    EXPECT_EQ(alerts.of("D10")[0].state, AlertState::kPending);
}

TEST_F(Outflows, hostile_amounts_and_empty_blocks_break_nothing) {
    const Asset absurd = token("absurd");
    give(stream.block());
    for (int i = 0; i < 3; ++i) {
        pay(thief, hot, Amount::max(), absurd);
        pay(hot, thief, Amount::max(), absurd);
        pay(hot, hot, Amount::max(), absurd);
        pay(hot, Address{}, Amount{}, absurd);
        pay(Address{}, hot, eth(1));
    }
    tell(Liabilities{"acme", kEthereum, absurd, Amount::max(), stream.now()});
    tell(Liabilities{"acme", kEthereum, absurd, Amount{1U}, stream.now()});
    tell(WithdrawalRequest{"", kEthereum, absurd, {}, {}, Amount::max(), "", UnixMillis{}});
}

TEST(Outflow, sums_by_set_and_asset_in_a_fixed_order) {
    const Transfer a{0, named("w"), named("x"), {}, Amount{2U}, TransferKind::kNative};
    const Transfer b{1, named("w"), named("y"), {}, Amount{3U}, TransferKind::kNative};
    const Transfer none{2, named("w"), named("y"), {}, Amount{}, TransferKind::kNative};
    std::vector<Movement> movements(4);
    const std::array<const Transfer*, 4> transfers{&a, &b, &none, &b};
    for (std::size_t i = 0; i < 4; ++i) {
        movements[i].transfer = transfers[i];
        movements[i].from_set = 1;
    }
    movements[0].usd = 5;
    movements[3].planned = true;
    TxnView view;
    view.movements = movements;
    const auto all = outflows(view, false);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].amount, Amount{5U});
    EXPECT_EQ(all[0].usd, std::nullopt);  // A part has no price: nor has the sum.
    EXPECT_EQ(outflows(view, true).size(), 2U);
    view.movements = {};
    EXPECT_TRUE(outflows(view, true).empty());
}

}  // namespace
}  // namespace cordon::detect
