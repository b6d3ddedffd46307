// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "wallets_test_stream.hpp"

// D22, D23, D32 to D36 and D38: bridges, protocols, crowds, and what comes after.
namespace cordon::detect {
namespace {

class Crowds : public ExchangeTest {
protected:
    const Address bridge = named("bridge"), pool = named("pool"), victim = named("victim");

    void SetUp() override {
        ExchangeTest::SetUp();
        config.bridges.emplace_back().name = "span";
        config.bridges[0].contracts = {{kEthereum, bridge}};
        config.protocols.emplace_back().name = "lend";
        config.protocols[0].contracts = {{kEthereum, pool}};
        for (const Address& held : {bridge, pool})
            knowledge.balances[{held, Asset{}}] = eth(10'000);
    }
    /// A call of `to` by `from`; transfers follow by also().
    TestStream& call(const Address& from, const Address& to, Bytes input) {
        stream.txn();
        stream.activity().from = from;
        stream.activity().to = to;
        stream.activity().input = std::move(input);
        return stream;
    }
    static Bytes calldata(uint8_t selector, const Address& who, uint64_t amount = 7) {
        Bytes input(4 + 64);
        input[0] = selector;
        std::copy_n(who.payload().begin(), 20, input.begin() + 4 + 12);
        for (std::size_t i = 0; i < 8; ++i)
            input[4 + 63 - i] = static_cast<uint8_t>(amount >> (8 * i));
        return input;
    }
    /// An exchange, by a label.
    void serve(const Address& address) {
        Label label;
        label.address = address;
        label.category = Category::kExchange;
        knowledge.labels_by[address] = {label};
    }
    static Address nth(std::string_view name, int i) {
        return named(std::string{name} + std::to_string(i));
    }
    void approve(const Address& owner, const Address& spender, const Asset& asset) {
        call(owner, named(asset.text()), {9, 5, 0xEA, 0xA7});
        Log log;
        log.contract = named(asset.text());
        log.topics = {hash_of("Approval(address,address,uint256)"), word(owner), word(spender)};
        log.data = Bytes(32, 0xFF);
        stream.activity().logs.push_back(log);
        give(stream.block());
    }
    static Hash256 word(const Address& address) {
        Hash256 hash;
        std::copy_n(address.payload().begin(), 20, hash.bytes.begin() + 12);
        return hash;
    }
};

TEST_F(Crowds, D22_a_twentieth_of_a_bridge_at_once_or_a_tenth_in_ten_minutes) {
    pay(bridge, thief, eth(499));
    EXPECT_EQ(count("D22"), 0U);
    pay(bridge, thief, eth(500));
    EXPECT_EQ(worst("D22"), Severity::kHigh);
    stream.wait(3600);
    alerts.all.clear();
    for (int i = 0; i < 3; ++i) pay(bridge, thief, eth(350));
    EXPECT_EQ(count("D22"), 1U);
}

TEST_F(Crowds, D22_customers_and_moves_within_the_bridge_are_none) {
    config.bridges[0].contracts.push_back({kEthereum, named("vault")});
    pay(bridge, named("vault"), eth(9000));
    for (int i = 0; i < 5; ++i) pay(named("vault"), customer, eth(100));
    EXPECT_EQ(count("D22"), 0U);
}

TEST_F(Crowds, D22_without_a_price_the_share_counts) {
    const Asset coin = token("coin", false);
    knowledge.balances[{bridge, coin}] = usd(1000);
    pay(bridge, thief, usd(60), coin);
    EXPECT_EQ(worst("D22"), Severity::kHigh);
}

TEST_F(Crowds, D23_the_same_call_with_other_addresses) {
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(count("D23"), 0U) << i;
        const Address sender = nth("copycat", i);
        give(call(sender, pool, calldata(1, sender)).also(pool, sender, eth(50)).block());
    }
    ASSERT_EQ(worst("D23"), Severity::kCritical);
    EXPECT_EQ(alerts.of("D23")[0].subject, pool);
    EXPECT_EQ(alerts.of("D23")[0].txns.size(), 5U);
}

TEST_F(Crowds, D23_trades_claims_and_one_busy_sender_are_none) {
    const Asset dollar = token("USDC"), share = token("share", false);
    for (int i = 0; i < 8; ++i) {
        const Address sender = nth("trader", i);
        give(call(sender, pool, calldata(1, sender))
                 .also(sender, pool, usd(100'000), dollar)
                 .also(pool, sender, eth(50))
                 .block());
        give(call(sender, pool, calldata(2, sender))
                 .also(sender, Address{}, usd(1), share)
                 .also(pool, sender, eth(50))
                 .block());  // Redeems shares.
        give(call(sender, pool, calldata(3, sender)).also(pool, sender, eth(1)).block());
        give(call(customer, pool, calldata(4, customer)).also(pool, customer, eth(50)).block());
        give(call(sender, pool, calldata(5, sender, 1000U + static_cast<unsigned>(i)))
                 .also(pool, sender, eth(50))
                 .block());  // Each another amount.
    }
    EXPECT_EQ(count("D23"), 0U);
}

TEST_F(Crowds, D32_a_fifth_at_once_or_two_fifths_in_an_hour) {
    pay(pool, thief, eth(2000));
    EXPECT_EQ(worst("D32"), Severity::kCritical);
    stream.wait(7200);
    alerts.all.clear();
    for (int i = 0; i < 4; ++i) {
        pay(pool, customer, eth(1000));
        stream.wait(300);
    }
    EXPECT_EQ(count("D32"), 1U);
}

TEST_F(Crowds, D32_trades_and_small_losses_are_none) {
    const Asset dollar = token("USDC"), odd = token("odd", false);
    knowledge.balances[{pool, odd}] = usd(5);
    give(stream.transfer(pool, customer, eth(5000))
             .also(customer, pool, usd(9'990'000), dollar)
             .block());
    give(stream.transfer(pool, customer, eth(2000)).also(customer, pool, usd(5), odd).block());
    pay(customer, pool, eth(6000));
    pay(pool, customer, eth(100));
    EXPECT_EQ(count("D32"), 0U);
}

TEST_F(Crowds, D33_ten_approvals_then_taking) {
    const Asset dollar = token("USDC");
    for (int i = 0; i < 10; ++i) approve(nth("owner", i), thief, dollar);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(count("D33"), 0U);
        call(thief, named("USDC"), {1, 2, 3, 4}).also(nth("owner", i), thief, usd(100), dollar);
        stream.block_activity().has_logs = true;
        give(stream.block());
    }
    ASSERT_EQ(worst("D33"), Severity::kHigh);
    EXPECT_EQ(alerts.of("D33")[0].subject, thief);
}

TEST_F(Crowds, D33_an_old_contract_and_whoever_pays_are_none) {
    const Asset dollar = token("USDC");
    const Address router = named("router"), maker = named("maker");
    for (int i = 0; i < 12; ++i) {
        approve(nth("owner", i), router, dollar);
        approve(nth("owner", i), maker, dollar);
    }
    for (int i = 0; i < 12; ++i) {
        call(nth("solver", i), router, {1, 2, 3, 4}).also(nth("owner", i), router, usd(9), dollar);
        stream.block_activity().has_logs = true;
        give(stream.block());
        call(maker, named("book"), {1, 2, 3, 4})
            .also(nth("owner", i), maker, usd(9), dollar)
            .also(maker, nth("owner", i), eth(1));
        stream.block_activity().has_logs = true;
        give(stream.block());
    }
    EXPECT_EQ(count("D33"), 0U);
}

TEST_F(Crowds, D33_is_not_run_without_logs_and_counts_that) {
    give(stream.txn().block());
    for (const DetectorMetrics& metrics : watch().metrics()) {
        if (metrics.id != "D33" && metrics.id != "D34") continue;
        EXPECT_EQ(metrics.skipped, metrics.id == "D33" ? 1U : 0U) << metrics.id;
    }
}

Address like(const Address& address) {
    Bytes bytes{address.payload().begin(), address.payload().end()};
    for (std::size_t i = 3; i < 16; ++i) bytes[i] = static_cast<uint8_t>(bytes[i] ^ 0x5A);
    return {AddressKind::kEvm, bytes};
}

TEST_F(Crowds, D34_bait_that_looks_like_somebody_who_was_paid) {
    const Asset fake = token("fake", false);
    pay(hot, customer, eth(1));
    pay(like(customer), hot, Amount{});
    EXPECT_EQ(worst("D34"), Severity::kMedium);
    pay(hot, like(customer), usd(5), fake);  // A token that says so.
    EXPECT_EQ(count("D34"), 2U);
    pay(like(customer), hot, eth(1));  // A payment.
    pay(named("stranger"), hot, Amount{});
    EXPECT_EQ(count("D34"), 2U);
}

TEST_F(Crowds, D35_twenty_emptied_wallets) {
    const Address sink = named("sink");
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(count("D35"), 0U);
        pay(customer, nth("user", i), eth(10));
        pay(nth("user", i), sink, milli(9990));
    }
    ASSERT_EQ(worst("D35"), Severity::kCritical);
    EXPECT_EQ(alerts.of("D35")[0].subject, sink);
}

TEST_F(Crowds, D35_part_payments_known_services_and_our_deposits_are_none) {
    serve(named("binance"));
    for (int i = 0; i < 40; ++i) {
        for (int k = 0; k < 3; ++k) pay(customer, nth("user", i), eth(10));
        pay(nth("user", i), named("shop"), eth(3));      // A tenth.
        pay(nth("user", i), named("binance"), eth(27));  // All, to a service.
        pay(nth("unknown", i), named("other"), eth(1));  // What they hold nobody knows.
        pay(customer, nth("own", i), eth(10));
        pay(nth("own", i), hot2, eth(10));
    }
    EXPECT_EQ(count("D35"), 0U);
}

TEST_F(Crowds, D36_equal_parts_of_what_was_stolen) {
    pay(cold, thief, eth(9000));
    ASSERT_EQ(worst("D01"), Severity::kCritical);
    pay(thief, named("next"), eth(8000));
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(count("D36"), 0U);
        pay(named("next"), nth("part", i), eth(100));
    }
    ASSERT_EQ(count("D36"), 1U);
    EXPECT_EQ(alerts.of("D36")[0].subject, named("next"));
    EXPECT_EQ(alerts.of("D36")[0].stage, Stage::kLaundering);
}

TEST_F(Crowds, D36_freezable_coins_exchanged_at_once) {
    const Asset dollar = token("USDC");
    knowledge.balances[{cold, dollar}] = usd(5'000'000);
    pay(cold, thief, usd(5'000'000), dollar);
    give(stream.transfer(thief, pool, usd(4'900'000), dollar).also(pool, thief, eth(2400)).block());
    ASSERT_EQ(count("D36"), 1U);
    EXPECT_NE(alerts.of("D36")[0].reason.find("exchanged"), std::string::npos);
}

TEST_F(Crowds, D36_whoever_was_not_flagged_may_split) {
    for (int i = 0; i < 30; ++i) pay(customer, nth("part", i), eth(100));
    EXPECT_EQ(count("D36"), 0U);
}

/// Raises what the test says about the sender of a txn: by the amount, in order of stages.
class SignDetector final : public Detector {
public:
    static constexpr Descriptor kDescriptor{
        .id = "T01", .name = "sign", .title = "Sign", .needs = kTransfers};
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    void on_txn(const TxnView& txn, const World&, Findings& out) override {
        for (const Movement& movement : txn.movements) {
            const uint64_t sign = movement.transfer->amount.low_u64();
            if (sign == 0 || sign > 8) continue;
            const bool sure = sign > 4;
            out.push_back({.severity = sure ? Severity::kCritical : Severity::kMedium,
                           .stage = static_cast<Stage>((sign - 1) % 4 + 1),
                           .confidence = sure ? 0.95 : 0.5,
                           .subject = movement.transfer->from,
                           .reason = "sign",
                           .key = std::to_string(sign),
                           .detector = "rule-" + std::to_string(sign)});
        }
    }
};

class Combined : public Crowds {
protected:
    CollectedAlerts told;
    void signs(std::initializer_list<std::pair<Address, uint64_t>> all, int traffic = 0) {
        std::vector<std::unique_ptr<Detector>> more;
        more.push_back(std::make_unique<SignDetector>());
        Watch with{config, knowledge, {}, std::move(more)};
        for (int i = 0; i < traffic; ++i) stream.transfer(customer, named("shop"), eth(1));
        ASSERT_TRUE(with.on(stream.block(), told).has_value());
        for (const auto& [who, sign] : all)
            ASSERT_TRUE(
                with.on(stream.transfer(who, named("z"), Amount{sign}).block(), told).has_value());
    }
};

TEST_F(Combined, D38_all_stages_of_one_actor) {
    knowledge.seen.clear();
    signs({{thief, 1}, {thief, 2}, {thief, 3}, {thief, 4}});
    const auto found = told.of("D38");
    ASSERT_EQ(found.size(), 2U);  // Preparation, then the attack.
    EXPECT_EQ(found[0].severity, Severity::kHigh);
    EXPECT_EQ(found[1].severity, Severity::kCritical);
    EXPECT_EQ(found[1].txns.size(), 4U);
}

TEST_F(Combined, D38_rare_signs_of_three_stages) {
    knowledge.seen.clear();
    signs({{thief, 2}, {thief, 3}, {thief, 4}}, 1000);
    ASSERT_EQ(told.of("D38").size(), 1U);  // (1/1000)^3.
    signs({{victim, 2}, {victim, 3}, {victim, 4}}, 10);
    EXPECT_EQ(told.of("D38").size(), 1U);  // As common as (1/10)^3: nothing.
}

TEST_F(Combined, D38_a_sure_sign_with_another) {
    knowledge.seen.clear();
    signs({{thief, 7}, {thief, 4}});
    EXPECT_EQ(told.of("D38").size(), 1U);
}

TEST_F(Combined, D38_other_actors_old_ones_and_services_are_none) {
    serve(named("exchange"));
    knowledge.seen.erase(thief);
    signs({{thief, 1}, {named("a"), 2}, {named("b"), 3}, {named("c"), 4}});
    signs({{customer, 1}, {customer, 2}, {customer, 3}, {customer, 4}});
    signs({{named("exchange"), 1}, {named("exchange"), 2}, {named("exchange"), 7}});
    EXPECT_TRUE(told.of("D38").empty());
}

TEST_F(Crowds, hostile_blocks_break_nothing) {
    const Asset absurd = token("absurd");
    for (int i = 0; i < 3; ++i) {
        call(thief, bridge, Bytes(1 << 17, 0xFF))
            .also(bridge, thief, Amount::max(), absurd)
            .also(pool, thief, Amount::max(), absurd)
            .also(thief, pool, Amount::max(), absurd)
            .also(Address{}, Address{}, Amount{}, absurd);
        Log log;
        log.topics = {hash_of("Approval(address,address,uint256)"), {}, {}};
        stream.activity().logs = {log, Log{}};
        give(stream.block());
        give(call(Address{}, pool, {1}).block());
    }
}

}  // namespace
}  // namespace cordon::detect
