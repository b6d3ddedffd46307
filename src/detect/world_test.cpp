// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "test_stream.hpp"

namespace cordon::detect {
namespace {

constexpr UnixMillis kTime = from_unix_seconds(1'700'000'000);

WatchConfig three_wallets() {
    WatchConfig config;
    for (const char* name : {"w0", "w1", "w2"})
        config.wallets.push_back({kEthereum, named(name), "set", "acme", "hot"});
    return config;
}

RC_GTEST_PROP(WorldProperty, sums_of_sets_are_those_of_their_addresses_also_when_undone, ()) {
    const WatchConfig config = three_wallets();
    TestKnowledge knowledge;
    knowledge.balances[{named("w1"), Asset{}}] = Amount{50U};
    World world{config, knowledge, 64};
    const auto sum = [&]() -> std::optional<Amount> {
        std::optional<Amount> all;
        for (const WalletAddress& wallet : config.wallets)
            if (const auto one = world.balance(kEthereum, wallet.address, Asset{}))
                all = all.value_or(Amount{}) + *one;
        return all;
    };
    std::vector<std::optional<Amount>> before;
    const auto moves =
        *rc::gen::container<std::vector<std::tuple<int, int, uint8_t>>>(rc::gen::tuple(
            rc::gen::inRange(0, 5), rc::gen::inRange(0, 5), rc::gen::arbitrary<uint8_t>()));
    const std::array<Address, 5> who{named("w0"), named("w1"), named("w2"), named("x"), named("y")};
    for (const auto& [from, to, amount] : moves) {
        before.push_back(sum());
        for (Table* table : world.tables()) table->begin_step();
        const Transfer transfer{0,
                                who[static_cast<std::size_t>(from)],
                                who[static_cast<std::size_t>(to)],
                                {},
                                Amount{amount},
                                TransferKind::kNative};
        (void)world.movements(kEthereum, {&transfer, 1}, kTime);
        world.apply(kEthereum, {&transfer, 1}, nullptr, nullptr, kTime);
        RC_ASSERT(world.set_balance(1, kEthereum, Asset{}) == sum());
    }
    while (!before.empty()) {
        for (Table* table : world.tables()) table->undo_step();
        RC_ASSERT(world.set_balance(1, kEthereum, Asset{}) == before.back());
        before.pop_back();
    }
}

TEST(World, a_ticket_covers_so_much_and_no_more) {
    WatchConfig config = three_wallets();
    config.tickets.push_back({"CHG-1", "set", kTime, kTime + Seconds{60}, 1000});
    TestKnowledge knowledge;
    knowledge.prices[Asset{}] = 1e18;  // A dollar a unit.
    World world{config, knowledge, 64};
    const Transfer out{0, named("w0"), named("x"), {}, Amount{6U}, TransferKind::kNative};
    const std::array<Transfer, 2> two{out, out};
    const auto first = world.movements(kEthereum, two, kTime);
    EXPECT_TRUE(first[0].planned);
    EXPECT_FALSE(first[1].planned);  // 12 dollars are more than 10.
    EXPECT_TRUE(first[1].is_outflow());
    (void)world.movements(kEthereum, {two.data(), 1}, kTime);
    world.apply(kEthereum, {two.data(), 1}, nullptr, nullptr, kTime);
    EXPECT_FALSE(world.movements(kEthereum, {&out, 1}, kTime)[0].planned);  // It is used up.
    EXPECT_FALSE(world.movements(kEthereum, {&out, 1}, kTime + Seconds{60})[0].planned);
    knowledge.prices.clear();
    World unpriced{config, knowledge, 64};
    EXPECT_FALSE(unpriced.movements(kEthereum, {&out, 1}, kTime)[0].planned);
}

TEST(World, allowed_and_own_addresses_are_no_outflow) {
    WatchConfig config = three_wallets();
    config.allowed.push_back({{kEthereum, named("x")}, "set", "custodian", kTime + Seconds{60}});
    const TestKnowledge knowledge;
    World world{config, knowledge, 64};
    const std::array<Transfer, 3> moves{
        Transfer{0, named("w0"), named("w1"), {}, Amount{1U}, TransferKind::kNative},
        Transfer{1, named("w0"), named("x"), {}, Amount{1U}, TransferKind::kNative},
        Transfer{2, named("w0"), named("y"), {}, Amount{1U}, TransferKind::kNative}};
    const auto seen = world.movements(kEthereum, moves, kTime);
    EXPECT_FALSE(seen[0].leaves());
    EXPECT_FALSE(seen[1].leaves());
    EXPECT_TRUE(seen[2].leaves());
    EXPECT_TRUE(world.movements(kEthereum, moves, kTime + Seconds{60})[1].leaves());
}

TEST(World, values_sets_and_keeps_the_answers) {
    const WatchConfig config = three_wallets();
    TestKnowledge knowledge;
    knowledge.prices[Asset{}] = 2;
    knowledge.balances[{named("w0"), Asset{}}] = parse_units("10", 18).value();
    knowledge.balances[{named("w1"), Asset{}}] = parse_units("5", 18).value();
    World world{config, knowledge, 64};
    EXPECT_EQ(world.set_value(1, kTime), 3000);
    const Transfer in{
        0, named("x"), named("w2"), {}, parse_units("1", 18).value(), TransferKind::kNative};
    (void)world.movements(kEthereum, {&in, 1}, kTime);
    world.apply(kEthereum, {&in, 1}, nullptr, nullptr, kTime);
    EXPECT_EQ(world.set_value(1, kTime), 3200);
    world.price({kEthereum, Asset{}, kTime, 4});
    EXPECT_EQ(world.set_value(1, kTime), 6400);
    EXPECT_EQ(world.set_value(1, kTime - Seconds{1}), 3200);  // Not known yet at that time.
    EXPECT_EQ(world.assets_of(1, kEthereum), std::vector<Asset>{Asset{}});
}

}  // namespace
}  // namespace cordon::detect
