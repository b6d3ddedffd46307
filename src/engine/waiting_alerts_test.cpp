// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "waiting_alerts.hpp"

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/chain/event_source.hpp>

namespace cordon::engine {
namespace {

constexpr int64_t kStart = 1'700'000'000;

Hash256 hash(uint32_t number) {
    Hash256 made;
    for (unsigned i = 0; i < 4; ++i) made.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    made.bytes[5] = 1;
    return made;
}
Address sender(uint8_t last = 7) {
    std::array<uint8_t, 20> bytes{};
    bytes.back() = last;
    return {AddressKind::kEvm, bytes};
}

PendingTxn pending(uint32_t number, std::optional<uint64_t> nonce, int64_t seconds = 0) {
    PendingTxn txn;
    txn.chain = kEthereum;
    txn.seen = from_unix_seconds(kStart + seconds);
    txn.activity.hash = hash(number);
    txn.activity.from = sender();
    txn.activity.nonce = nonce;
    return txn;
}

SeenBlock block(BlockNum number, int64_t seconds) {
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.block.header.number = number;
    seen.block.header.hash = hash(static_cast<uint32_t>(900'000 + number));
    seen.block.header.time = from_unix_seconds(kStart + seconds);
    return seen;
}
SeenBlock with(SeenBlock seen, uint32_t number, std::optional<uint64_t> nonce,
               bool succeeded = true, Address from = sender()) {
    TxnActivity txn;
    txn.hash = hash(number);
    txn.from = from;
    txn.nonce = nonce;
    txn.succeeded = succeeded;
    seen.activity.txns.push_back(txn);
    return seen;
}

class WaitingAlertsTest : public ::testing::Test {
protected:
    std::unique_ptr<records::AlertStore> store_ = records::AlertStore::in_memory().value();
    WaitingAlerts waiting_{*store_};

    /// As the desk does: stores the alert in its state.
    void store(const std::string& id, AlertState state) {
        records::StoredAlert stored;
        stored.alert.id = id;
        stored.alert.chain = kEthereum;
        stored.alert.state = state;
        ASSERT_TRUE(store_->change([&] { return store_->put_alert(stored); }));
    }
    static Alert alert(const std::string& id, AlertState state = AlertState::kPending) {
        Alert made;
        made.id = id;
        made.state = state;
        return made;
    }
    /// An alert is raised of a waiting txn.
    std::vector<Alert> wait(const PendingTxn& txn, const std::string& id) {
        store(id, AlertState::kPending);
        return waiting_.take(txn, std::vector{alert(id)}).value();
    }
    /// "ID: reason" of what an event takes back.
    std::vector<std::string> gone(const FeedEvent& event, const std::vector<Alert>& raised = {}) {
        std::vector<std::string> all;
        const auto taken = waiting_.take(event, raised);
        EXPECT_TRUE(taken) << taken.error().message;
        for (const Alert& each : *taken) {
            EXPECT_EQ(each.state, AlertState::kRetracted);
            store(each.id, AlertState::kRetracted);
            all.push_back(each.id + ": " + each.reason);
        }
        EXPECT_TRUE(waiting_.forget());
        return all;
    }
    using Gone = std::vector<std::string>;
};

TEST_F(WaitingAlertsTest, that_their_block_raises_are_settled_in_silence) {
    wait(pending(1, 5), "a");
    EXPECT_EQ(gone(with(block(10, 12), 1, 5), {alert("a", AlertState::kRaised)}), Gone{});
    EXPECT_EQ(gone(block(9'999, 400'000)), Gone{}) << "it does not wait any more";
    EXPECT_TRUE(store_->marks("waits ").value().empty());
}

TEST_F(WaitingAlertsTest, are_taken_back_once_where_another_txn_has_the_nonce) {
    wait(pending(1, 5), "a");
    EXPECT_EQ(gone(with(block(10, 12), 2, 4)), Gone{}) << "the one before";
    EXPECT_EQ(gone(with(block(11, 24), 3, 5, true, sender(8))), Gone{}) << "somebody else's";
    const Gone told = gone(with(block(12, 36), 4, 5));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].starts_with("a: Its txn was replaced by 0x04")) << told[0];
    EXPECT_TRUE(told[0].ends_with("in block 12 (nonce 5).")) << told[0];
    EXPECT_EQ(gone(with(block(13, 48), 5, 5)), Gone{});
}

TEST_F(WaitingAlertsTest, are_taken_back_where_a_later_nonce_shows_that_theirs_is_gone) {
    wait(pending(1, 5), "a");
    EXPECT_EQ(gone(with(block(12, 36), 4, 6)), Gone{"a: Another txn has taken its nonce 5."});
}

TEST_F(WaitingAlertsTest, of_a_txn_that_fails_or_does_something_else_are_taken_back) {
    wait(pending(1, 5), "a");
    wait(pending(2, 6), "b");
    store("c", AlertState::kPending);
    ASSERT_TRUE(waiting_.take(pending(2, 6), std::vector{alert("c")}));
    EXPECT_EQ(gone(with(with(block(12, 36), 1, 5, false), 2, 6), {alert("c", AlertState::kRaised)}),
              (Gone{"a: Its txn failed in block 12.",
                    "b: Its txn is in block 12 and does not do it there."}));
}

TEST_F(WaitingAlertsTest, that_no_block_takes_in_are_taken_back_after_hours_of_event_time) {
    wait(pending(1, 5), "a");
    EXPECT_EQ(gone(block(10, -50'000)), Gone{}) << "a feed that catches up";
    EXPECT_EQ(gone(block(11, 3 * 3'600)), Gone{});
    EXPECT_EQ(gone(block(12, 3 * 3'600 + 1)),
              Gone{"a: No block took its txn in within 3 hours: nodes let go of such."});
}

/// What these lines of events: tell.
std::vector<FeedEvent> events(const std::string& lines) {
    const ByteView bytes{reinterpret_cast<const uint8_t*>(lines.data()), lines.size()};
    const auto source = chain::open_events(memory_file("lines", bytes)).value();
    std::vector<FeedEvent> all;
    for (FeedEvent event; source->read(event).value();) all.push_back(event);
    return all;
}

TEST_F(WaitingAlertsTest, without_a_nonce_on_either_side_outlast_other_txns_of_their_sender) {
    const auto txn = [](int number, std::string_view nonce) {
        return format(
            R"("hash":"0x{:064x}","from":"0x0000000000000000000000000000000000000007"{}{})", number,
            nonce.empty() ? "" : ",\"nonce\":", nonce);
    };
    const auto pending = [&](int number, std::string_view nonce) {
        return format(R"({{"type":"pending","chain":"eth","seen":1,"transfers":[],{}}})",
                      txn(number, nonce));
    };
    const auto block = [&](int number, std::string_view nonce) {
        return format(
            R"({{"type":"block","chain":"eth","number":{0},"hash":"0x{0:064x}","time":{0},"gives":["txns"],"txns":[{{{1}}}]}})",
            number, txn(number, nonce));
    };
    const auto told = events(format("{}\n{}\n{}\n{}\n{}\n{}", pending(1, ""), pending(2, "0"),
                                    block(3, ""), block(4, "9"), block(5, "0"), block(6, "")));
    wait(std::get<PendingTxn>(told[0]), "untold");
    wait(std::get<PendingTxn>(told[1]), "first");
    EXPECT_EQ(gone(told[2]), Gone{}) << "no nonce in the block";
    waiting_ = WaitingAlerts{*store_};
    ASSERT_TRUE(waiting_.load());
    EXPECT_EQ(gone(told[3]), Gone{"first: Another txn has taken its nonce 0."});
    EXPECT_EQ(gone(told[4]), Gone{}) << "no nonce of the waiting txn";
    EXPECT_EQ(gone(told[5]), Gone{});
}

TEST_F(WaitingAlertsTest, of_tron_outlast_whatever_else_their_sender_does_for_it_has_no_nonces) {
    const Address from{AddressKind::kTron, sender().payload()};
    const auto on_tron = [&](BlockNum number, int64_t seconds, uint32_t txn) {
        SeenBlock seen = with(block(number, seconds), txn, {}, true, from);
        seen.block.chain = kTronMainnet;
        return seen;
    };
    for (uint32_t number : {1U, 2U, 3U}) {
        PendingTxn txn = pending(number, {});
        txn.chain = kTronMainnet;
        txn.activity.from = from;
        wait(txn, format("a{}", number));
    }
    EXPECT_EQ(gone(on_tron(10, 3, 4)), Gone{}) << "another txn of the sender";
    EXPECT_EQ(gone(on_tron(11, 6, 1), {alert("a1", AlertState::kRaised)}), Gone{});
    waiting_ = WaitingAlerts{*store_};
    ASSERT_TRUE(waiting_.load());
    EXPECT_EQ(gone(on_tron(12, 9, 5)), Gone{}) << "nor after a restart";
    EXPECT_EQ(gone(on_tron(13, 12, 2)),
              Gone{"a2: Its txn is in block 13 and does not do it there."});
    EXPECT_EQ(gone(on_tron(14, 3 * 3'600 + 1, 6)).size(), 1U) << "by time";
}

TEST_F(WaitingAlertsTest, of_a_utxo_txn_end_where_another_spends_the_same) {
    PendingTxn txn;
    txn.chain = kBitcoin;
    txn.seen = from_unix_seconds(kStart);
    txn.utxo.emplace();
    txn.utxo->txid = hash(1);
    txn.utxo->inputs = {{{hash(70), 1}, {}}, {{hash(71), 0}, {}}};
    wait(txn, "a");
    SeenBlock other = block(5, 600);
    other.block.chain = kBitcoin;
    other.block.utxo_txns.push_back(
        {.txid = hash(2), .inputs = {{{hash(71), 1}, {}}}, .outputs = {}});
    EXPECT_EQ(gone(other), Gone{}) << "another output of that txn";
    other.block.utxo_txns.push_back(
        {.txid = hash(3), .inputs = {{{hash(71), 0}, {}}}, .outputs = {}});
    const Gone told = gone(other);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].ends_with("in block 5, which spends the same.")) << told[0];
}

TEST_F(WaitingAlertsTest, survive_a_restart_with_all_that_ends_them) {
    PendingTxn utxo;
    utxo.chain = kBitcoin;
    utxo.seen = from_unix_seconds(kStart);
    utxo.utxo.emplace();
    utxo.utxo->txid = hash(9);
    utxo.utxo->inputs = {{{hash(70), 1}, {}}};
    wait(pending(1, 5), "a");
    wait(pending(2, 6, 60), "b");
    wait(utxo, "c");
    waiting_ = WaitingAlerts{*store_};
    ASSERT_TRUE(waiting_.load());
    EXPECT_EQ(gone(with(block(12, 3 * 3'600 + 30), 4, 5)).size(), 1U);
    EXPECT_EQ(gone(block(13, 3 * 3'600 + 61)).size(), 1U);
    SeenBlock other = block(5, 600);
    other.block.chain = kBitcoin;
    other.block.utxo_txns.push_back(
        {.txid = hash(3), .inputs = {{{hash(70), 1}, {}}}, .outputs = {}});
    EXPECT_EQ(gone(other).size(), 1U);
    EXPECT_TRUE(store_->marks("waits ").value().empty());
}

TEST_F(WaitingAlertsTest, killed_before_they_are_forgotten_take_nothing_back_twice) {
    wait(pending(1, 5), "a");
    ASSERT_EQ(waiting_.take(with(block(12, 36), 1, 5), std::vector{alert("a")})->size(), 0U);
    store("a", AlertState::kRaised);  // Stored; and killed before forget().
    waiting_ = WaitingAlerts{*store_};
    ASSERT_TRUE(waiting_.load());
    EXPECT_EQ(gone(block(13, 400'000)), Gone{}) << "it was raised";
}

TEST_F(WaitingAlertsTest, told_again_by_a_node_wait_since_the_first_time) {
    wait(pending(1, 5), "a");
    ASSERT_TRUE(waiting_.take(pending(1, 5, 9'000), std::vector{alert("a")}));
    EXPECT_EQ(gone(block(12, 3 * 3'600 + 1)).size(), 1U);
}

TEST_F(WaitingAlertsTest, of_more_txns_than_are_followed_lose_the_oldest_and_say_so) {
    for (uint32_t i = 0; i < WaitingAlerts::kMost; ++i)
        EXPECT_TRUE(wait(pending(i + 10, i, i), format("a{}", i)).empty());
    const auto over = wait(pending(5, 9'000, 9'000), "last");
    ASSERT_EQ(over.size(), 1U);
    EXPECT_EQ(over[0].id, "a0");
    EXPECT_NE(over[0].reason.find("no longer followed"), std::string::npos);
}

TEST_F(WaitingAlertsTest, with_a_mark_that_is_none_are_corrupt) {
    for (const char* name : {"waits eth", "waits eth 0x12", "waits x y"}) {
        ASSERT_TRUE(store_->change([&] { return store_->put_mark(name, "1 - 0 - a"); }));
        EXPECT_EQ(waiting_.load().error().code, ErrorCode::kCorrupt) << name;
        ASSERT_TRUE(store_->change([&] { return store_->put_mark(name, ""); }));
    }
    ASSERT_TRUE(waiting_.load());
}

}  // namespace
}  // namespace cordon::engine
