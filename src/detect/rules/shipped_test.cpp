// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Each shipped rule beside what must raise it and what must not.
#include <gtest/gtest.h>

#include <cordon/chain/evm/abi.hpp>

#include "test_rules.hpp"

namespace cordon::detect {
namespace {

const Address kSafe = named("safe");
const Address kLock = named("timelock");
const Address kBridge = named("bridge");
const Address kHot = named("hot");

Hash256 word(const Amount& n) {
    Hash256 hash;
    hash.bytes = n.to_big_endian();
    return hash;
}
Hash256 word(const Address& address) {
    Hash256 hash;
    std::copy_n(address.payload().begin(), 20, hash.bytes.begin() + 12);
    return hash;
}

class Shipped : public ::testing::Test {
protected:
    RuleBench b;
    void SetUp() override {
        b.config.wallets = {{kEthereum, kHot, "hot-1", "acme", "hot"}};
        b.config.safes = {{"treasury", {kEthereum, kSafe}, {}, {}}};
        Protocol protocol;
        protocol.name = "lender";
        protocol.timelocks = {{kEthereum, kLock}};
        protocol.contracts = {{kEthereum, named("pool")}};
        protocol.admins = {{kEthereum, named("admin")}};
        protocol.min_delay = Seconds{86'400};
        b.config.protocols = {protocol};
        WatchedBridge bridge;
        bridge.name = "span";
        bridge.contracts = {{kEthereum, kBridge}};
        bridge.keepers = {{kEthereum, named("keepers")}};
        b.config.bridges = {bridge};
        b.knowledge.prices[Asset{}] = 2000;
        b.knowledge.balances[{kHot, Asset{}}] = *parse_units("1000", 18);
        b.knowledge.labels_by[named("thief")] = {
            {{}, named("thief"), "Thief", Category::kTheft, "us", 0.9, {}, {}, {}, {}}};
        b.start(compile_rules(shipped_rules(), &b.config));
    }
    /// A txn with one log whose arguments are words, in the order of the signature.
    void log(const Address& contract, const std::string& signature,
             const std::vector<Hash256>& words) {
        const auto parsed = chain::parse_abi_signature(signature);
        ASSERT_TRUE(parsed) << parsed.error().message;
        b.stream.txn();
        Log one;
        one.contract = contract;
        one.topics = {parsed->hash};
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (parsed->arguments.parts[i].indexed)
                one.topics.push_back(words[i]);
            else
                one.data.insert(one.data.end(), words[i].bytes.begin(), words[i].bytes.end());
        }
        b.stream.activity().from = named("somebody");
        b.stream.activity().logs = {one};
        b.stream.block_activity().has_logs = true;
    }
    void call(const Address& to, const std::string& signature, Bytes arguments, uint32_t depth) {
        const auto parsed = chain::parse_abi_signature(signature);
        ASSERT_TRUE(parsed) << parsed.error().message;
        b.stream.txn();
        Call one;
        one.from = named("manager");
        one.to = to;
        one.depth = depth;
        const auto selector = parsed->selector();
        one.input.assign(selector.begin(), selector.end());
        one.input.insert(one.input.end(), arguments.begin(), arguments.end());
        b.stream.activity().calls = {one};
        b.stream.block_activity().has_calls = true;
    }
    std::vector<Severity> severities(std::string_view detector) const {
        std::vector<Severity> all;
        for (const Alert& alert : b.alerts.of(detector)) all.push_back(alert.severity);
        return all;
    }
    using Levels = std::vector<Severity>;
};

TEST_F(Shipped, D13_sees_rights_of_watched_safes_change) {
    log(kSafe, "AddedOwner(address indexed owner)", {word(named("new"))});
    b.block();
    EXPECT_EQ(severities("D13"), Levels{Severity::kHigh});
    b.stream.wait(7200);
    log(kSafe, "AddedOwner(address owner)", {word(named("new"))});  // Safe 1.1.1.
    b.block();
    EXPECT_EQ(severities("D13"), (Levels{Severity::kHigh, Severity::kHigh}));
    b.stream.wait(7200);
    log(kSafe, "ChangedGuard(address indexed guard)", {word(Address{})});
    b.block();
    EXPECT_EQ(severities("D13").back(), Severity::kCritical);
    b.stream.wait(7200);
    log(kSafe, "ChangedThreshold(uint256 threshold)", {word(Amount{1U})});
    b.block();
    EXPECT_EQ(severities("D13").back(), Severity::kCritical);
}

TEST_F(Shipped, D13_is_critical_when_the_threshold_falls_or_changes_come_in_a_burst) {
    b.stream.txn();
    b.stream.activity().changes = {{kSafe, word(Amount{4U}), word(Amount{3U}), word(Amount{2U})}};
    b.stream.block_activity().has_changes = true;
    b.block();
    EXPECT_EQ(severities("D13"), Levels{Severity::kCritical});
    b.stream.txn();
    b.stream.activity().changes = {{kSafe, word(Amount{4U}), word(Amount{2U}), word(Amount{3U})}};
    b.stream.block_activity().has_changes = true;
    b.block();
    EXPECT_EQ(b.count("D13"), 1U);
    log(kSafe, "EnabledModule(address module)", {word(named("m"))});
    b.block();
    log(kSafe, "RemovedOwner(address owner)", {word(named("o"))});
    b.block();
    EXPECT_EQ(severities("D13"),
              (Levels{Severity::kCritical, Severity::kHigh, Severity::kCritical}));
}

TEST_F(Shipped, D13_says_nothing_of_other_safes) {
    log(named("other safe"), "AddedOwner(address indexed owner)", {word(named("new"))});
    b.block();
    log(kSafe, "ExecutionSuccess(bytes32 txHash, uint256 payment)", {{}, {}});
    b.block();
    EXPECT_EQ(b.count("D13"), 0U);
}

constexpr const char* kScheduled =
    "CallScheduled(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes "
    "data, bytes32 predecessor, uint256 delay)";
constexpr const char* kExecuted =
    "CallExecuted(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes "
    "data)";

TEST_F(Shipped, D17_sees_timelocks_that_do_not_lock) {
    log(kLock, "MinDelayChange(uint256 oldDuration, uint256 newDuration)",
        {word(Amount{86'400U}), word(Amount{60U})});
    b.block();
    EXPECT_EQ(severities("D17"), Levels{Severity::kCritical});
    const auto scheduled = [&](unsigned delay) {
        // data lies behind the six heads: its length 0.
        log(kLock, kScheduled,
            {word(Amount{1U}), word(Amount{0U}), word(named("t")), word(Amount{0U}),
             word(Amount{160U}), word(Amount{0U}), word(Amount{delay})});
        Log& one = b.stream.activity().logs[0];
        one.data.insert(one.data.end(), 32, 0);
    };
    scheduled(3600);
    b.block();
    EXPECT_EQ(severities("D17"), (Levels{Severity::kCritical, Severity::kHigh}));
    b.stream.wait(7200);
    scheduled(90'000);
    b.block();
    EXPECT_EQ(b.count("D17"), 2U);
    log(kLock, kExecuted,
        {word(Amount{1U}), word(Amount{0U}), word(named("t")), word(Amount{0U}),
         word(Amount{96U})});
    Log& one = b.stream.activity().logs[0];
    one.data.insert(one.data.end(), 32, 0);
    b.block();
    EXPECT_EQ(severities("D17").back(), Severity::kCritical);
    EXPECT_EQ(b.count("D17"), 3U);
}

TEST_F(Shipped, D17_says_nothing_when_a_delay_grows) {
    log(kLock, "MinDelayChange(uint256 oldDuration, uint256 newDuration)",
        {word(Amount{60U}), word(Amount{86'400U})});
    b.block();
    EXPECT_EQ(b.count("D17"), 0U);
}

TEST_F(Shipped, D17_tells_of_each_call_that_waits_in_a_delay) {
    const auto queued = [&](const Address& delay, const Address& to, unsigned operation) {
        // The bytes lie behind the four heads of what is not indexed: none of them.
        log(delay,
            "TransactionAdded(uint256 indexed queueNonce, bytes32 indexed txHash, address to, "
            "uint256 value, bytes data, uint8 operation)",
            {word(Amount{4U}),
             {},
             word(to),
             word(Amount{5U}),
             word(Amount{128U}),
             word(Amount{operation})});
        Log& one = b.stream.activity().logs[0];
        one.data.insert(one.data.end(), 32, 0);
        b.block();
    };
    queued(kLock, named("payee"), 0);
    EXPECT_EQ(severities("D17"), Levels{Severity::kHigh});
    queued(kLock, named("code"), 1);
    EXPECT_EQ(severities("D17").back(), Severity::kCritical);
    queued(kLock, kSafe, 0);
    EXPECT_EQ(severities("D17").back(), Severity::kCritical);
    EXPECT_EQ(b.count("D17"), 3U);
    queued(named("other delay"), kSafe, 1);
    EXPECT_EQ(b.count("D17"), 3U);
}

TEST_F(Shipped, D17_sees_who_may_queue_in_a_delay_and_how_long_it_waits) {
    log(kLock, "EnabledModule(address module)", {word(named("thief"))});
    b.block();
    EXPECT_EQ(severities("D17"), Levels{Severity::kHigh});
    log(kLock, "TxCooldownSet(uint256 cooldown)", {word(Amount{60U})});
    b.block();
    EXPECT_EQ(severities("D17").back(), Severity::kCritical);
    log(kLock, "TxCooldownSet(uint256 cooldown)", {word(Amount{90'000U})});
    b.block();
    EXPECT_EQ(b.count("D17"), 2U);
}

TEST_F(Shipped, D20_sees_other_keepers_of_a_watched_bridge) {
    log(kBridge, "ValidatorAdded(address indexed validator)", {word(named("v"))});
    b.block();
    EXPECT_EQ(severities("D20"), Levels{Severity::kHigh});
    Bytes keys(64);
    keys[31] = 32;
    call(named("keepers"), "putCurEpochConPubKeyBytes(bytes keys)", keys, 2);
    b.block();
    EXPECT_EQ(severities("D20"), (Levels{Severity::kHigh, Severity::kCritical}));
    log(named("other"), "ValidatorAdded(address indexed validator)", {word(named("v"))});
    b.block();
    EXPECT_EQ(b.count("D20"), 2U);
}

TEST_F(Shipped, D20_sees_keepers_that_a_message_changed_where_nobody_watches) {
    Bytes keys(64);
    keys[31] = 32;
    call(named("elsewhere"), "putCurEpochConPubKeyBytes(bytes keys)", keys, 2);
    b.block();
    EXPECT_EQ(b.count("D20"), 0U);  // By its own rotation, as far as can be seen.
    call(named("elsewhere"), "putCurEpochConPubKeyBytes(bytes keys)", keys, 2);
    b.stream.activity().input = {0xd4, 0x50, 0xe0, 0x4c};
    b.block();
    EXPECT_EQ(severities("D20"), Levels{Severity::kHigh});
}

TEST_F(Shipped, D24_sees_a_zero_root_and_a_second_initialisation) {
    Bytes arguments(128);
    call(kBridge,
         "initialize(uint32 remoteDomain, address updater, bytes32 committedRoot, uint256 "
         "optimisticSeconds)",
         arguments, 1);
    b.block();
    EXPECT_EQ(severities("D24"), Levels{Severity::kCritical});
    arguments[64] = 1;
    call(kBridge,
         "initialize(uint32 remoteDomain, address updater, bytes32 committedRoot, uint256 "
         "optimisticSeconds)",
         arguments, 1);
    b.block();
    EXPECT_EQ(b.count("D24"), 1U);
    log(named("pool"), "Initialized(uint8 version)", {word(Amount{1U})});
    b.block();
    log(named("pool"), "Initialized(uint8 version)", {word(Amount{2U})});
    b.block();
    EXPECT_EQ(b.count("D24"), 1U);
    log(named("pool"), "Initialized(uint8 version)", {word(Amount{1U})});
    b.block();
    EXPECT_EQ(b.count("D24"), 2U);
}

TEST_F(Shipped, D37_sees_money_to_and_from_known_bad_addresses) {
    b.stream.transfer(kHot, named("thief"), *parse_units("1", 18));
    b.block();
    EXPECT_EQ(severities("D37"), Levels{Severity::kCritical});
    b.stream.transfer(named("thief"), kHot, *parse_units("1", 18));
    b.block();
    EXPECT_EQ(b.count("D37"), 2U);
    b.stream.transfer(named("thief"), kHot, Amount{5U});          // Dust.
    b.stream.transfer(named("thief"), named("x"), Amount{500U});  // Not ours.
    b.stream.transfer(kHot, named("x"), *parse_units("1", 18));
    b.block();
    EXPECT_EQ(b.count("D37"), 2U);
    WithdrawalRequest request;
    request.id = "w1";
    request.chain = kEthereum;
    request.to = named("thief");
    request.amount = Amount{1U};
    request.requester = "alice";
    b.on(std::make_shared<const FeedEvent>(request));
    EXPECT_EQ(b.count("D37"), 3U);
}

TEST_F(Shipped, the_rules_that_people_expect_do_what_they_say) {
    b.stream.transfer(kHot, named("x"), *parse_units("600", 18));
    b.block();
    EXPECT_EQ(b.count("hot-wallet-large"), 1U);
    b.stream.transfer(kHot, named("x"), *parse_units("1", 18));
    b.block();
    EXPECT_EQ(b.count("hot-wallet-large"), 1U);
    log(named("token"), "Approval(address indexed owner, address indexed spender, uint256 value)",
        {word(kHot), word(named("spender")), word(Amount::max())});
    b.block();
    log(named("token"), "Approval(address indexed owner, address indexed spender, uint256 value)",
        {word(kHot), word(named("spender")), word(Amount{5U})});
    b.block();
    EXPECT_EQ(b.count("unlimited-approval"), 1U);
    EXPECT_EQ(b.alerts.of("unlimited-approval")[0].subject, kHot);
    log(named("nft"),
        "ApprovalForAll(address indexed owner, address indexed operator, bool approved)",
        {word(kHot), word(named("op")), word(Amount{1U})});
    b.block();
    log(named("nft"),
        "ApprovalForAll(address indexed owner, address indexed operator, bool approved)",
        {word(kHot), word(named("op")), word(Amount{0U})});
    b.block();
    EXPECT_EQ(b.count("approval-for-all"), 1U);
    log(named("pool"),
        "OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
        {word(named("admin")), word(named("x"))});
    b.block();
    log(named("pool"),
        "OwnershipTransferred(address indexed previousOwner, address indexed newOwner)",
        {word(named("x")), word(named("admin"))});
    b.block();
    EXPECT_EQ(b.count("ownership-transfer"), 1U);
    log(named("pool"), "Paused(address account)", {word(named("x"))});
    b.block();
    EXPECT_EQ(b.count("contract-paused"), 1U);
}

}  // namespace
}  // namespace cordon::detect
