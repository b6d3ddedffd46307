// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "merged_feed.hpp"

#include <gmock/gmock.h>
#include <deque>
#include <mutex>
#include <thread>

namespace cordon::feed {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Polled = MergedFeed::Polled;

FeedEvent block(BlockNum number) {
    SeenBlock seen;
    seen.block.header.number = number;
    return seen;
}

/// Gives what it was made with, then waits for `cancel`, or fails, or ends.
class Given final : public chain::EventSource {
public:
    std::deque<FeedEvent> events;
    std::optional<Error> error;
    std::atomic<bool>* cancel = nullptr;
    std::atomic<unsigned>* taken = nullptr;

    Result<bool> read(FeedEvent& event) override {
        if (events.empty()) {
            if (error) return fail(*error);
            while (cancel && !*cancel) std::this_thread::sleep_for(1ms);
            return false;
        }
        event = std::move(events.front());
        events.pop_front();
        if (taken) ++*taken;
        return true;
    }
    uint64_t bytes_read() const noexcept override { return 0; }
    uint64_t bytes_total() const noexcept override { return 0; }
    std::vector<std::string> warnings() const override { return {"careful"}; }
};

MergedSource source(std::string name, std::unique_ptr<Given> given) {
    return {std::move(name), kEthereum, std::move(given)};
}
std::vector<MergedSource> only(std::unique_ptr<Given> given) {
    std::vector<MergedSource> sources;
    sources.push_back(source("a", std::move(given)));
    return sources;
}

TEST(MergedFeed, gives_every_event_of_every_source_in_the_order_of_each) {
    std::vector<MergedSource> sources;
    for (int i = 0; i < 3; ++i) {
        auto given = std::make_unique<Given>();
        for (BlockNum number = 0; number < 200; ++number)
            given->events.push_back(block(static_cast<BlockNum>(i) * 1000 + number));
        sources.push_back(source("s", std::move(given)));
    }
    MergedFeed feed{std::move(sources), {}};
    std::map<BlockNum, BlockNum> next;
    FeedEvent event;
    unsigned count = 0;
    while (feed.read(event).value()) {
        const BlockNum number = std::get<SeenBlock>(event).block.header.number;
        EXPECT_EQ(number % 1000, next[number / 1000]++);
        ++count;
    }
    EXPECT_EQ(count, 600U);
    EXPECT_EQ(feed.metrics().given, 600U);
    EXPECT_EQ(feed.warnings().size(), 3U);
}

TEST(MergedFeed, lets_blocks_wait_and_counts_pending_txns_that_find_no_room) {
    auto given = std::make_unique<Given>();
    auto stop = std::make_unique<std::atomic<bool>>(false);
    std::atomic<unsigned> taken = 0;
    given->cancel = stop.get();
    given->taken = &taken;
    for (int i = 0; i < 50; ++i) given->events.emplace_back(PendingTxn{});
    for (BlockNum i = 0; i < 5; ++i) given->events.push_back(block(i));
    MergedOptions options;
    options.blocks = 2;
    options.others = 10;
    MergedFeed feed{only(std::move(given)), options, std::move(stop)};
    while (taken < 51) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(taken, 51U);  // The block waits for the word about the dropped to find room.
    unsigned pending = 0, blocks = 0, dropped = 0;
    FeedEvent event;
    while (blocks < 5) {
        ASSERT_EQ(feed.poll(event, 5s).value(), Polled::kEvent);
        if (std::holds_alternative<PendingTxn>(event)) ++pending;
        if (std::holds_alternative<SeenBlock>(event)) ++blocks;
        if (const auto* status = std::get_if<FeedStatus>(&event)) {
            EXPECT_EQ(status->state, FeedState::kDropped);
            EXPECT_THAT(status->text, HasSubstr("40 pending txns"));
            ++dropped;
        }
    }
    EXPECT_EQ(pending, 10U);
    EXPECT_EQ(dropped, 1U);
    EXPECT_EQ(feed.metrics().dropped_pending, 40U);
    EXPECT_GT(feed.metrics().full, 0U);
    EXPECT_EQ(feed.poll(event, 1ms).value(), Polled::kNothing);
}

TEST(MergedFeed, goes_on_when_one_source_fails_and_ends_with_its_error) {
    auto bad = std::make_unique<Given>();
    bad->error = Error{ErrorCode::kMalformed, "line 3: nonsense"};
    auto good = std::make_unique<Given>();
    good->events.push_back(block(1));
    std::vector<MergedSource> sources;
    sources.push_back(source("bad", std::move(bad)));
    sources.push_back(source("good", std::move(good)));
    MergedFeed feed{std::move(sources), {}};
    unsigned blocks = 0, words = 0;
    FeedEvent event;
    Result<bool> more = true;
    while ((more = feed.read(event)) && *more) {
        blocks += std::holds_alternative<SeenBlock>(event);
        if (const auto* status = std::get_if<FeedStatus>(&event)) {
            EXPECT_EQ(status->state, FeedState::kUnavailable);
            EXPECT_THAT(status->text, HasSubstr("bad has ended: line 3: nonsense"));
            ++words;
        }
    }
    EXPECT_EQ(blocks, 1U);
    EXPECT_EQ(words, 1U);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::kMalformed);
}

TEST(MergedFeed, ends_at_once_with_a_full_queue_and_when_it_is_cancelled) {
    for (const bool cancelled : {false, true}) {
        auto given = std::make_unique<Given>();
        for (BlockNum i = 0; i < 100; ++i) given->events.push_back(block(i));
        auto stop = std::make_unique<std::atomic<bool>>(false);
        given->cancel = stop.get();
        std::atomic<bool> cancel = false;
        MergedOptions options;
        options.cancel = &cancel;
        MergedFeed feed{only(std::move(given)), options, std::move(stop)};
        FeedEvent event;
        EXPECT_TRUE(feed.read(event).value());
        cancel = cancelled;
        if (cancelled) {
            EXPECT_FALSE(feed.read(event).value());
        }
    }
}

}  // namespace
}  // namespace cordon::feed
