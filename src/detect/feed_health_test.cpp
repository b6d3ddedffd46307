// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "feed_health.hpp"

#include <gtest/gtest.h>

#include "test_stream.hpp"

namespace cordon::detect {
namespace {

std::shared_ptr<const FeedEvent> status(FeedState state, BlockNum block, int64_t seconds) {
    return std::make_shared<const FeedEvent>(
        FeedStatus{kEthereum, state, block, from_unix_seconds(seconds), "http://node:8545/…"});
}

TEST(FeedHealth, tells_every_trouble_once) {
    const WatchConfig config;
    const TestKnowledge knowledge;
    Watch watch{config, knowledge};
    CollectedAlerts alerts;
    for (const auto& event :
         {status(FeedState::kBehind, 5, 1'000), status(FeedState::kGap, 6, 1'010),
          status(FeedState::kGap, 7, 1'010), status(FeedState::kUnavailable, 7, 1'020),
          status(FeedState::kCaughtUp, 9, 1'030)})
        ASSERT_TRUE(watch.on(event, alerts));
    const auto told = alerts.of("W01");
    ASSERT_EQ(told.size(), 5U);
    EXPECT_EQ(told[0].severity, Severity::kMedium);
    EXPECT_EQ(told[3].severity, Severity::kCritical);
    EXPECT_EQ(told[4].severity, Severity::kInfo);
    EXPECT_NE(told[1].id, told[2].id);
    EXPECT_NE(told[3].reason.find("http://node:8545/…"), std::string::npos);
    EXPECT_TRUE(told[3].subject.empty());
}

TEST(FeedHealth, the_caught_up_of_a_start_is_no_alert) {
    const WatchConfig config;
    const TestKnowledge knowledge;
    Watch watch{config, knowledge};
    CollectedAlerts alerts;
    ASSERT_TRUE(watch.on(status(FeedState::kCaughtUp, 5, 1'000), alerts));
    EXPECT_TRUE(alerts.of("W01").empty());
    for (const auto& event :
         {status(FeedState::kUnavailable, 7, 1'020), status(FeedState::kCaughtUp, 9, 1'030),
          status(FeedState::kCaughtUp, 10, 1'040)})
        ASSERT_TRUE(watch.on(event, alerts));
    EXPECT_EQ(alerts.of("W01").size(), 2U);
}

TEST(FeedHealth, tells_of_txns_that_the_tracer_gave_up_on) {
    const WatchConfig config;
    const TestKnowledge knowledge;
    Watch watch{config, knowledge};
    CollectedAlerts alerts;
    TestStream stream;
    auto event = std::make_shared<FeedEvent>(*stream.transfer(named("a"), named("b"), 1U).block());
    std::get<SeenBlock>(*event).activity.missing = 3;
    ASSERT_TRUE(watch.on(event, alerts));
    const auto told = alerts.of("W01");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].severity, Severity::kHigh);
    EXPECT_NE(told[0].reason.find("3 txns"), std::string::npos);
}

TEST(FeedHealth, says_nothing_of_blocks) {
    const WatchConfig config;
    const TestKnowledge knowledge;
    Watch watch{config, knowledge};
    CollectedAlerts alerts;
    TestStream stream;
    ASSERT_TRUE(watch.on(stream.transfer(named("a"), named("b"), 1U).block(), alerts));
    EXPECT_TRUE(alerts.of("W01").empty());
}

}  // namespace
}  // namespace cordon::detect
