// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "live_pump.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <thread>

#include <cordon/guard/gate/test_stage.hpp>

namespace cordon::engine {
namespace {

namespace json = boost::json;
namespace stage = guard::stage;

/// What a pump published.
struct Heard {
    std::vector<LiveEvent> events;
    std::vector<std::string> troubles;
    LivePump::Publish publish() {
        return [this](std::string_view topic, std::string_view data) {
            EXPECT_EQ(data.find('\n'), std::string_view::npos);
            events.push_back({std::string{topic}, std::string{data}});
        };
    }
    LivePump::Trouble trouble() {
        return [this](const Error& error) { troubles.push_back(error.message); };
    }
    std::size_t values(std::string_view topic) const {
        std::size_t count = 0;
        for (const LiveEvent& each : events)
            if (each.topic == topic) count += json::parse(each.data).as_array().size();
        return count;
    }
};

TEST(LivePump, tells_verdicts_once_and_that_something_else_changed) {
    stage::Stage stage;
    stage.check(guard::test_request("before", 50));
    Heard heard;
    LivePump pump{{verdict_news(*stage.gate)}, heard.publish(), heard.trouble()};
    pump.tick(stage::kNow);
    EXPECT_TRUE(heard.events.empty());
    for (int i = 0; i < 5; ++i) stage.check(guard::test_request("wd-" + std::to_string(i), 500));
    EXPECT_FALSE(pump.tick(stage::kNow));
    ASSERT_EQ(heard.events.size(), 1U);
    EXPECT_EQ(heard.events[0].topic, "verdict");
    EXPECT_EQ(json::parse(heard.events[0].data).at(4).at("id"), "wd-4");
    ASSERT_TRUE(stage.gate->trip({}, "ann", "drains", stage::kNow));
    pump.tick(stage::kNow);
    ASSERT_EQ(heard.events.size(), 2U);
    EXPECT_EQ(heard.events[1].topic, "guard");
}

/// The directory of a watch.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "pump-XXXXXX").string();
    std::unique_ptr<records::AlertStore> watch;
    int raised = 0;

    Folder() {
        if (!mkdtemp(path.data())) std::abort();
        watch = records::AlertStore::open(alerts_path(path)).value();
    }
    ~Folder() {
        watch.reset();
        std::filesystem::remove_all(path);
    }
    void raise(int count, const std::string& suppressed_by = "") {
        EXPECT_TRUE(watch->change([&]() -> Status {
            for (int i = 0; i < count; ++i) {
                records::StoredAlert stored;
                stored.alert.id = std::string(26, 'a') + std::to_string(100'000 + raised++);
                stored.alert.state = AlertState::kRaised;
                stored.alert.detector = "D01";
                stored.alert.severity = Severity::kHigh;
                stored.alert.chain = kEthereum;
                stored.alert.reason = std::string(300, 'x');
                stored.alert.time = stage::kNow;
                stored.suppressed_by = suppressed_by;
                CORDON_TRY(watch->put_alert(stored));
                CORDON_TRY(watch->add_step(stored.alert.id, {stage::kNow, "watch", "raised", ""}));
            }
            return {};
        }));
    }
};

TEST(LivePump, tells_alerts_in_bounded_batches) {
    Folder folder;
    const auto book = AlertBook::open(folder.path).value();
    Heard heard;
    LivePump pump{{alert_news(*book), feed_news(*book)}, heard.publish(), heard.trouble()};
    pump.tick(stage::kNow);
    heard.events.clear();
    folder.raise(900);
    folder.raise(50, "s-1");
    while (pump.tick(stage::kNow + std::chrono::seconds{2})) {}
    EXPECT_EQ(heard.values("alert"), 900U);
    for (const LiveEvent& each : heard.events) EXPECT_LE(each.data.size(), 201U * 1024);
    EXPECT_EQ(std::count_if(heard.events.begin(), heard.events.end(),
                            [](const LiveEvent& each) { return each.topic == "feed"; }),
              1);
    heard.events.clear();
    pump.tick(stage::kNow + std::chrono::seconds{4});
    EXPECT_TRUE(heard.events.empty());
    // Who hears nothing for 45 s takes the line for dead.
    pump.tick(stage::kNow + std::chrono::seconds{23});
    EXPECT_EQ(heard.events.size(), 1U);
}

TEST(LivePump, tells_trouble_once_and_goes_on) {
    Heard heard;
    int calls = 0;
    const LiveSource broken = [&](UnixMillis) -> Result<LiveNews> {
        if (++calls % 3 != 0) return fail(ErrorCode::kIo, "gone");
        return LiveNews{{{"case", "{}"}}, false};
    };
    LivePump pump{{broken}, heard.publish(), heard.trouble()};
    for (int i = 0; i < 6; ++i) pump.tick(stage::kNow);
    EXPECT_EQ(heard.troubles.size(), 2U);
    EXPECT_EQ(heard.events.size(), 2U);
}

TEST(LivePump, keeps_up_with_a_flood_and_stops) {
    Folder folder;
    const auto book = AlertBook::open(folder.path).value();
    std::atomic<std::size_t> told = 0;
    LivePump pump{{alert_news(*book)},
                  [&](std::string_view topic, std::string_view data) {
                      if (topic == "alert") told += json::parse(data).as_array().size();
                  },
                  {}};
    pump.tick(stage::kNow);
    pump.start([] { return stage::kNow; });
    for (int i = 0; i < 20; ++i) folder.raise(250);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (told < 5'000 && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    pump.stop();
    EXPECT_EQ(told, 5'000U);
}

}  // namespace
}  // namespace cordon::engine
