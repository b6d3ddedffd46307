// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_events.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <cordon/guard/gate/test_world.hpp>

namespace cordon::engine {
namespace {

using namespace std::chrono_literals;
using guard::test_request;

const UnixMillis kNow = from_unix_seconds(1'700'000'100);

class GuardEvents : public testing::Test {
protected:
    void SetUp() override {
        const guard::Person alice{"alice"}, bob{"bob"};
        const std::string policy = format(
            "version: 1\npeople: {{alice: \"{}\", bob: \"{}\"}}\n"
            "groups: {{board: [alice, bob]}}\n"
            "checks: {{explain: off, screening: off, feed: off}}\n"
            "rules: [{{id: small, when: \"usd <= 100\", then: allow}}]\n"
            "change: {{group: board, m: 2, delay: 1h}}\nreset: {{group: board, m: 2}}\n",
            alice.key().text(), bob.key().text());
        auto opened = guard::Gate::open(folder / "gate", guard::test_key(), policy, world,
                                        {.disk = &guard::fast_disk()});
        ASSERT_TRUE(opened) << opened.error().message;
        gate = std::move(*opened);
    }
    void ask(const std::string& id, uint64_t amount, UnixMillis at = kNow) {
        const auto verdict = gate->check(test_request(id, amount), at);
        ASSERT_TRUE(verdict) << verdict.error().message;
    }
    void publish() { ASSERT_TRUE(gate->log().publish()); }
    /// "ID", "-ID" when it may not leave; the end is empty.
    static std::string next(chain::EventSource& events) {
        FeedEvent event;
        const auto more = events.read(event);
        if (!more) return more.error().message;
        if (!*more) return "";
        const auto& request = std::get<WithdrawalRequest>(event);
        return (request.cancelled ? "-" : "") + request.id;
    }

    guard::TestFolder folder;
    guard::TestWorld world;
    std::unique_ptr<guard::Gate> gate;
};

TEST_F(GuardEvents, tell_what_may_leave_and_each_change_of_it) {
    ask("small", 50);
    ask("big", 5'000);
    ASSERT_TRUE(gate->trip({}, "night watch", "a drain", kNow + 1s));
    ask("small", 50, kNow + 2s);
    ask("small", 50, kNow + 3s);
    publish();
    const auto events = open_guard_events(folder / "gate");
    FeedEvent event;
    ASSERT_EQ(events->read(event), true);
    WithdrawalRequest expected = test_request("small", 50);
    expected.time = kNow;
    EXPECT_EQ(std::get<WithdrawalRequest>(event), expected);
    EXPECT_EQ(next(*events), "-big");
    EXPECT_EQ(next(*events), "-small");
    EXPECT_EQ(next(*events), "");
}

TEST_F(GuardEvents, follow_a_gate_that_writes_over_ends_of_tiles) {
    std::atomic<bool> stop = false;
    const auto events = open_guard_events(folder / "gate", {true, 1ms, &stop});
    // More than two bundles of entries, published at odd places.
    for (int i = 0; i < 600; ++i) {
        ask(format("r{}", i), 1, kNow + i * 1s);
        if (i % 7 == 3 || i == 599) publish();
    }
    for (int i = 0; i < 600; ++i) ASSERT_EQ(next(*events), format("r{}", i));
    ask("last", 1, kNow + 1h);
    publish();
    EXPECT_EQ(next(*events), "last");
    stop = true;
    EXPECT_EQ(next(*events), "");
}

TEST_F(GuardEvents, refuse_a_log_that_was_cut_and_one_that_is_not_there) {
    EXPECT_NE(next(*open_guard_events(folder / "none")), "");
    ask("a", 1);
    publish();
    const std::string path = folder / "gate/log/checkpoint";
    std::filesystem::copy_file(path, folder / "before");
    const auto events = open_guard_events(folder / "gate");
    EXPECT_EQ(next(*events), "a");
    ask("b", 1);
    publish();
    EXPECT_EQ(next(*events), "b");
    std::filesystem::copy_file(folder / "before", path,
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_NE(next(*events).find("it was cut"), std::string::npos);
    std::ofstream{path} << "no note";
    EXPECT_NE(next(*events), "");
}

}  // namespace
}  // namespace cordon::engine
