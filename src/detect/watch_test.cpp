// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <gtest/gtest.h>

#include "test_state.hpp"
#include "test_stream.hpp"

namespace cordon::detect {
namespace {

/// Raises when an address has paid more than ten units in all: enough to see undo and resume.
class SumDetector final : public Detector {
public:
    static constexpr Descriptor kDescriptor{.id = "T01",
                                            .name = "sum",
                                            .title = "Paid more than ten",
                                            .severity = Severity::kHigh,
                                            .stage = Stage::kExploitation,
                                            .needs = kTransfers};
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    void on_txn(const TxnView& txn, const World&, Findings& out) override {
        for (const Movement& movement : txn.movements) {
            uint64_t& sum = sums_.at(movement.transfer->from, txn.time);
            sum += movement.transfer->amount.low_u64();
            if (sum > 10)
                out.push_back({.severity = Severity::kHigh,
                               .subject = movement.transfer->from,
                               .reason = "paid " + std::to_string(sum)});
        }
    }
    std::vector<Table*> tables() override { return {&sums_}; }

private:
    Keyed<Address, uint64_t> sums_{1024};
};

std::vector<std::unique_ptr<Detector>> sum_detector() {
    std::vector<std::unique_ptr<Detector>> more;
    more.push_back(std::make_unique<SumDetector>());
    return more;
}

class WatchTest : public ::testing::Test {
protected:
    WatchConfig config;
    TestKnowledge knowledge;
    CollectedAlerts alerts;
    Watch watch{config, knowledge, {}, sum_detector()};
    TestStream stream;
    const Address a = named("a"), b = named("b");

    void give(std::shared_ptr<const FeedEvent> event) {
        const Status status = watch.on(std::move(event), alerts);
        ASSERT_TRUE(status.has_value()) << status.error().message;
    }
};

TEST_F(WatchTest, tells_what_a_detector_finds_with_its_txn_and_block) {
    give(stream.transfer(a, b, Amount{11U}).block());
    const std::vector<Alert> found = alerts.of("T01");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].subject, a);
    EXPECT_EQ(found[0].block, 1U);
    EXPECT_EQ(found[0].txns.size(), 1U);
    EXPECT_EQ(found[0].id.size(), 32U);
}

TEST_F(WatchTest, a_reorg_retracts_what_it_caused_and_forgets_what_was_learned) {
    give(stream.transfer(a, b, Amount{6U}).block());
    give(stream.transfer(a, b, Amount{6U}).block());
    ASSERT_EQ(alerts.of("T01").size(), 1U);
    give(stream.rewind(1, "other branch"));
    ASSERT_EQ(alerts.all.back().state, AlertState::kRetracted);
    EXPECT_EQ(alerts.all.back().id, alerts.all.front().id);
    give(stream.transfer(a, b, Amount{4U}).block());  // 6 + 4: not more than ten.
    EXPECT_EQ(alerts.all.size(), 2U);
}

TEST_F(WatchTest, a_reorg_of_one_chain_keeps_what_others_said) {
    TestStream other{ChainId{ChainFamily::kEvm, 56}};
    give(stream.transfer(a, b, Amount{6U}).block());
    give(other.transfer(b, a, Amount{11U}).block());
    ASSERT_EQ(alerts.all.size(), 1U);
    give(stream.rewind(0, "other branch"));
    EXPECT_EQ(alerts.all.size(), 1U);  // Raised again inside, told once.
    give(other.transfer(b, a, Amount{1U}).block());
    EXPECT_EQ(alerts.all.size(), 2U);  // And the sum is still there.
}

TEST_F(WatchTest, a_pending_txn_warns_and_leaves_no_trace) {
    TestStream pending;
    pending.transfer(a, b, Amount{11U});
    const auto seen = std::get<SeenBlock>(*pending.block());
    PendingTxn waiting{kEthereum, stream.now(), seen.block.account_txns[0], seen.activity.txns[0],
                       std::nullopt};
    give(std::make_shared<const FeedEvent>(waiting));
    ASSERT_EQ(alerts.all.size(), 1U);
    EXPECT_EQ(alerts.all[0].state, AlertState::kPending);
    give(stream.transfer(a, b, Amount{10U}).block());
    EXPECT_EQ(alerts.all.size(), 1U);
}

TEST_F(WatchTest, goes_on_from_a_checkpoint_as_if_nothing_had_happened) {
    give(stream.transfer(a, b, Amount{6U}).block());
    MemoryState memory;
    ASSERT_TRUE(watch.save(memory).has_value());
    Watch second{config, knowledge, {}, sum_detector()};
    const Status loaded = second.load(memory);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    const auto next = stream.transfer(a, b, Amount{6U}).block();
    CollectedAlerts again;
    give(next);
    ASSERT_TRUE(second.on(next, again).has_value());
    EXPECT_EQ(again.all, alerts.all);
    ASSERT_EQ(again.all.size(), 1U);
}

TEST_F(WatchTest, gives_a_block_back_that_no_reorg_can_ask_for_again) {
    const auto is_held = [&](std::shared_ptr<const FeedEvent> event) {
        const std::weak_ptr<const FeedEvent> seen = event;
        give(std::move(event));
        return !seen.expired();
    };
    EXPECT_FALSE(is_held(stream.transfer(a, b, Amount{6U}).block()));
    TestStream other{ChainId{ChainFamily::kEvm, 56}};
    // Whichever of the two chains goes back has blocks of the other shown again.
    EXPECT_TRUE(is_held(other.transfer(b, a, Amount{11U}).block()));
    EXPECT_TRUE(is_held(stream.transfer(a, b, Amount{1U}).block()));
    give(stream.rewind(0, "other branch"));
    give(other.rewind(0, "other branch"));
    EXPECT_EQ(alerts.all.back().state, AlertState::kRetracted);
}

TEST_F(WatchTest, holds_a_block_that_comes_after_a_higher_one) {
    const auto low = stream.transfer(b, a, Amount{11U}).block();
    const auto high = stream.transfer(a, b, Amount{11U}).block();
    give(high);
    give(low);  // A gap that was filled later.
    ASSERT_EQ(alerts.all.size(), 2U);
    give(stream.rewind(1, "other branch"));
    ASSERT_EQ(alerts.all.size(), 3U);  // Only what the higher one raised is retracted.
    EXPECT_EQ(alerts.all.back().state, AlertState::kRetracted);
    EXPECT_EQ(alerts.all.back().subject, a);
}

TEST_F(WatchTest, refuses_a_reorg_that_it_cannot_take_back) {
    WatchOptions options;
    options.undo_steps = 2;
    Watch shallow{config, knowledge, options, sum_detector()};
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(shallow.on(stream.block(), alerts).has_value());
    const Status status = shallow.on(stream.rewind(1, "other"), alerts);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::kLimit);
}

TEST_F(WatchTest, refuses_a_checkpoint_of_other_detectors) {
    MemoryState memory;
    ASSERT_TRUE(watch.save(memory).has_value());
    Watch bare{config, knowledge};
    const Status loaded = bare.load(memory);
    ASSERT_FALSE(loaded.has_value());
    EXPECT_EQ(loaded.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace cordon::detect
