// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/explain/official.hpp>

#include "bytecode.hpp"
#include "trace_builder.hpp"

namespace cordon::detect {
namespace {

/// Safes, admins, proxies, votes, mints, bridges and new code: what is ours is guarded.
class GuardTest : public ContractsTest {
protected:
    const Address safe = named("safe"), admin = named("admin"), proxy = named("proxy");
    const Address multi_send = released(explain::Official::Kind::kMultiSend);
    const Address singleton = released(explain::Official::Kind::kSingleton);

    static Address released(explain::Official::Kind kind) {
        return explain::address_of(*explain::find_official(kind, "1.4.1", "canonical"));
    }
    GuardTest() {
        config.safes.push_back({"treasury", {kEthereum, safe}, {}, {}});
        config.protocols.push_back({"bank",
                                    {{kEthereum, proxy}},
                                    {{kEthereum, admin}},
                                    {},
                                    std::nullopt,
                                    Cents{500'000'000}});
        config.bridges.push_back({"span",
                                  {{kEthereum, named("locker")}},
                                  {{kEthereum, named("wrapped")}},
                                  {},
                                  std::nullopt,
                                  Seconds{60}});
    }
    static Bytes exec(const Address& to, const Bytes& data, uint8_t operation) {
        Bytes input = calldata(
            "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
            "bytes)",
            to, Amount{}, Amount{320U}, Amount{operation}, Amount{}, Amount{}, Amount{},
            Address{AddressKind::kEvm, Bytes(20)}, Address{AddressKind::kEvm, Bytes(20)});
        const Bytes padded_size = word(Amount{data.size()});
        const std::size_t padded = (data.size() + 31) / 32 * 32;
        const Bytes sigs_at = word(Amount{320 + 32 + padded});
        input.insert(input.end(), sigs_at.begin(), sigs_at.end());
        input.insert(input.end(), padded_size.begin(), padded_size.end());
        input.insert(input.end(), data.begin(), data.end());
        input.resize(input.size() + padded - data.size());
        input.resize(input.size() + 32);
        return input;
    }
    static Bytes batch(uint8_t operation, const Address& to) {
        Bytes packed{operation};
        packed.insert(packed.end(), to.payload().begin(), to.payload().end());
        packed.resize(packed.size() + 64);
        Bytes input = calldata("multiSend(bytes)", Amount{32U}, Amount{packed.size()});
        input.insert(input.end(), packed.begin(), packed.end());
        input.resize((input.size() - 4 + 31) / 32 * 32 + 4);
        return input;
    }
    void execute(const Address& who, const Address& to, const Bytes& data, uint8_t operation) {
        stream.txn();
        stream.activity().from = thief;
        stream.activity().to = who;
        stream.activity().input = exec(to, data, operation);
        mine();
    }
};

TEST_F(GuardTest, d11_foreign_code_in_a_watched_safe_is_critical) {
    execute(safe, weapon, {}, 1);
    EXPECT_EQ(worst("D11"), Severity::kCritical);
}

TEST_F(GuardTest, d11_foreign_code_within_a_batch_is_seen) {
    execute(safe, multi_send, batch(1, weapon), 1);
    EXPECT_EQ(worst("D11"), Severity::kCritical);
}

TEST_F(GuardTest, d11_released_libraries_and_plain_calls_are_fine) {
    execute(safe, multi_send, batch(0, weapon), 1);
    execute(safe, weapon, {}, 0);
    EXPECT_TRUE(alerts.of("D11").empty());
}

TEST_F(GuardTest, d11_what_is_allowed_is_fine_and_foreign_safes_are_only_told) {
    config.safes[0].delegate_targets.push_back(weapon);
    execute(safe, weapon, {}, 1);
    EXPECT_TRUE(alerts.of("D11").empty());
    execute(other, weapon, {}, 1);
    EXPECT_EQ(worst("D11"), Severity::kMedium);
}

TEST_F(GuardTest, d12_slot_0_of_a_safe) {
    const auto change = [&](const Address& code) {
        stream.txn();
        stream.block_activity().has_changes = true;
        stream.activity().changes.push_back({safe, {}, as_topic(singleton), as_topic(code)});
        mine();
    };
    change(released(explain::Official::Kind::kSingletonL2));
    EXPECT_TRUE(alerts.of("D12").empty());
    change(weapon);
    EXPECT_EQ(worst("D12"), Severity::kCritical);
}

TEST_F(GuardTest, d12_without_state_diffs_the_calls_tell) {
    const auto paid = [&](const Address& code) {
        TraceBuilder t = trace();
        t.call(user, safe, calldata("nonce()"));
        t.call(safe, code, calldata("nonce()"), {}, CallKind::kDelegateCall).end().end();
        mine();
    };
    paid(singleton);
    EXPECT_TRUE(alerts.of("D12").empty());
    paid(weapon);
    EXPECT_EQ(worst("D12"), Severity::kCritical);
}

TEST_F(GuardTest, d14_what_is_shown_must_be_what_is_signed) {
    const auto json = [&](std::string_view to, int operation) {
        return "{\"safe\":\"0x" + std::string(40, '1') + "\",\"chainId\":1,\"to\":\"0x" +
               std::string(to) +
               "\",\"value\":\"0\",\"data\":\"0x\",\"operation\":" + std::to_string(operation) +
               ",\"safeTxGas\":\"0\",\"baseGas\":\"0\",\"gasPrice\":\"0\",\"gasToken\":\"0x" +
               std::string(40, '0') + "\",\"refundReceiver\":\"0x" + std::string(40, '0') +
               "\",\"nonce\":7}";
    };
    const std::string good = json(std::string(40, '2'), 0);
    const std::string bad = json(std::string(40, '3'), 1);
    const auto sign = [&](std::string shown, std::string device) {
        give(std::make_shared<const FeedEvent>(SigningRequest{
            "r", kEthereum, safe, std::move(shown), "", std::move(device), stream.now()}));
    };
    sign(good, good);
    EXPECT_TRUE(alerts.of("D14").empty());
    sign(good, bad);
    EXPECT_EQ(worst("D14"), Severity::kCritical);
    sign(good, "not a transaction");
    sign("0x" + std::string(64, 'a'), "0x" + std::string(64, 'a'));
    EXPECT_EQ(alerts.of("D14").size(), 2U);  // The mismatch, and what cannot be read.
}

TEST_F(GuardTest, d15_a_stranger_becomes_owner) {
    const Hash256 topic = topic_named("OwnershipTransferred(address,address)");
    const auto change = [&](const Address& contract, const Address& to) {
        stream.txn();
        log(contract, {topic, as_topic(admin), as_topic(to)});
        mine();
    };
    change(proxy, admin);
    change(other, thief);
    EXPECT_TRUE(alerts.of("D15").empty());
    change(proxy, thief);
    EXPECT_EQ(worst("D15"), Severity::kCritical);
}

TEST_F(GuardTest, d16_an_upgrade_to_new_code) {
    const auto upgrade = [&](const Address& code) {
        stream.txn();
        log(proxy, {topic_named("Upgraded(address)"), as_topic(code)});
        mine();
    };
    upgrade(weapon);  // Nobody knows how old it is.
    EXPECT_EQ(worst("D16"), Severity::kCritical);
    stream.txn();
    log(other, {topic_named("Upgraded(address)"), as_topic(weapon)});
    mine();
    EXPECT_EQ(alerts.of("D16").size(), 1U);  // Not ours.
}

TEST_F(GuardTest, d18_votes_with_borrowed_tokens) {
    TraceBuilder t = trace();
    t.call(thief, weapon, calldata("go()"));
    t.call(weapon, lender, calldata("flashLoan(address,uint256,bytes)"));
    t.send(lender, coin, weapon, 100);
    t.call(lender, weapon, calldata("onFlashLoan(address,address,uint256,uint256,bytes)"));
    t.call(weapon, named("governor"), calldata("castVote(uint256,uint8)", Amount{1U}, Amount{1U}));
    t.end().end();
    t.pull(lender, coin, weapon, lender, 100).end().end();
    mine();
    EXPECT_EQ(worst("D18"), Severity::kCritical);
    TraceBuilder honest = trace();
    honest.call(user, named("governor"),
                calldata("castVote(uint256,uint8)", Amount{1U}, Amount{1U}));
    honest.end();
    mine();
    EXPECT_EQ(alerts.of("D18").size(), 1U);
}

TEST_F(GuardTest, d19_sums_that_wrap_around) {
    const Amount half = Amount::from_limbs({0, 0, 0, uint64_t{1} << 63});
    const auto call = [&](const Amount& amount) {
        stream.txn();
        stream.activity().from = thief;
        stream.activity().to = coin;
        stream.activity().input = calldata("batchTransfer(address[],uint256)", Amount{64U}, amount);
        mine();
    };
    call(Amount::max());  // "All" is no sum.
    call(Amount{1'000'000U});
    EXPECT_TRUE(alerts.of("D19").empty());
    call(half);
    EXPECT_EQ(worst("D19"), Severity::kHigh);
}

TEST_F(GuardTest, d19_a_mint_soon_after_a_new_minter) {
    knowledge.assets[Asset::contract(coin)] = {kEthereum, Asset::contract(coin), "COIN", 0,
                                               AssetStatus::kVerified};
    knowledge.prices[Asset::contract(coin)] = 1;
    const Address zero{AddressKind::kEvm, Bytes(20)};
    const Hash256 transfer = topic_named("Transfer(address,address,uint256)");
    const auto mint = [&](uint64_t amount) {
        stream.txn();
        log(coin, {transfer, as_topic(zero), as_topic(thief)}, word(Amount{amount}));
        mine();
    };
    for (int i = 0; i < 30; ++i) mint(1'000'000);
    EXPECT_TRUE(alerts.of("D19").empty());
    stream.txn();
    log(coin, {topic_named("MinterAdded(address)"), as_topic(thief)});
    mine();
    mint(200'000'000);
    EXPECT_EQ(worst("D19"), Severity::kCritical);
}

TEST_F(GuardTest, d21_a_bridge_must_hold_what_it_owes) {
    const Address zero{AddressKind::kEvm, Bytes(20)};
    const Asset wrapped = Asset::contract(named("wrapped"));
    knowledge.assets[wrapped] = {kEthereum, wrapped, "ETH", 18, AssetStatus::kVerified};
    stream.transfer(user, named("locker"), Amount{100U});
    mine();
    stream.transfer(zero, user, Amount{100U}, wrapped);
    mine();
    give(stream.block(600));
    mine();
    EXPECT_TRUE(alerts.of("D21").empty());
    stream.transfer(zero, thief, Amount{50U}, wrapped);
    mine();
    EXPECT_TRUE(alerts.of("D21").empty());  // The other side may still be on its way.
    give(stream.wait(120).block());
    EXPECT_EQ(worst("D21"), Severity::kCritical);
    mine();
    EXPECT_EQ(alerts.of("D21").size(), 1U);
}

TEST_F(GuardTest, d21_says_nothing_of_an_asset_whose_other_side_nobody_sees) {
    stream.transfer(named("locker"), user, Amount{100U}, Asset::contract(coin));
    mine();
    give(stream.wait(120).block());
    EXPECT_TRUE(alerts.of("D21").empty());
    stream.transfer(user, Address{AddressKind::kEvm, Bytes(20)}, Amount{30U},
                    Asset::contract(named("wrapped")));
    stream.transfer(named("locker"), thief, Amount{50U}, Asset::contract(named("wrapped")));
    mine();
    give(stream.wait(120).block());
    EXPECT_EQ(worst("D21"), Severity::kCritical);
}

/// Code with these selectors behind PUSH4 and these addresses behind PUSH20.
Bytes code_of(std::initializer_list<std::string_view> functions,
              std::initializer_list<Address> addresses) {
    Bytes code;
    for (const std::string_view function : functions) {
        const Bytes selector = calldata(function);
        code.push_back(0x63);
        code.insert(code.end(), selector.begin(), selector.end());
        code.push_back(0x14);
    }
    for (const Address& address : addresses) {
        code.push_back(0x73);
        code.insert(code.end(), address.payload().begin(), address.payload().end());
    }
    code.resize(2'000);
    return code;
}

class NewCodeTest : public GuardTest {
protected:
    void create(Bytes code) {
        stream.txn();
        stream.activity().from = thief;
        stream.activity().created = weapon;
        stream.activity().input = std::move(code);
        mine();
    }
    const std::string_view callback = "onFlashLoan(address,address,uint256,uint256,bytes)";
};

TEST_F(NewCodeTest, d25_a_contract_made_with_a_mixers_money) {
    knowledge.labels_by[named("mixer")] = {
        {std::nullopt, named("mixer"), "mixer", Category::kMixer, "test", 1.0}};
    const auto pay = [&](const Address& from, const Address& to) {
        stream.transfer(from, to, Amount{10U});
        mine();
    };
    create(code_of({callback}, {}));
    EXPECT_TRUE(alerts.of("D25").empty());
    pay(named("mixer"), user);
    pay(user, thief);
    create(code_of({callback}, {}));
    EXPECT_EQ(worst("D25"), Severity::kMedium);
    const std::size_t before = alerts.of("D25").size();
    create(code_of({"totalSupply()", "transfer(address,uint256)", "balanceOf(address)"}, {}));
    EXPECT_EQ(alerts.of("D25").size(), before);  // A token.
    stream.wait(4 * 86'400);
    create(code_of({callback}, {}));
    EXPECT_EQ(alerts.of("D25").size(), before);  // Too long ago.
}

TEST_F(NewCodeTest, d26_points_need_more_than_one_reason) {
    create(code_of({"go()"}, {pool, lender, vault}));
    EXPECT_TRUE(alerts.of("D26").empty());
    create(code_of({callback}, {pool, lender, proxy}));
    EXPECT_EQ(worst("D26"), Severity::kMedium);
}

TEST_F(NewCodeTest, d27_new_code_that_names_what_is_guarded) {
    create(code_of({callback}, {pool, lender}));
    EXPECT_TRUE(alerts.of("D27").empty());
    create(code_of({callback}, {proxy}));
    EXPECT_EQ(worst("D27"), Severity::kHigh);
    stream.txn();
    stream.activity().from = thief;
    stream.activity().to = weapon;
    stream.activity().input = calldata("go()");
    mine();
    EXPECT_EQ(worst("D27"), Severity::kCritical);
}

TEST(BytecodeTest, constants_are_not_read_as_code_and_notes_are_left_out) {
    Bytes code{0x63, 0xff, 0xff, 0xff, 0xff, 0x00};
    EXPECT_FALSE(read_code(code).selfdestructs);
    const Bytes notes{0xa1, 0x61, 0x78, 0x41, 0xff, 0x00, 0x05};
    code.insert(code.end(), notes.begin(), notes.end());
    EXPECT_FALSE(read_code(code).selfdestructs);
    EXPECT_TRUE(read_code(Bytes{0xff}).selfdestructs);
    EXPECT_EQ(read_code(Bytes{0x7f, 0x01}).size, 2U);  // Ends within a constant.
    EXPECT_EQ(read_code(Bytes{}).size, 0U);
}

}  // namespace
}  // namespace cordon::detect
