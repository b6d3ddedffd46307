// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace cordon::net {
namespace {

/// One that writes down what it gets.
struct Ear {
    std::string heard;
    EventHub::Wake wake() {
        return [this](const EventHub::Bytes& bytes) { heard += *bytes; };
    }
};

std::string text(const std::vector<EventHub::Bytes>& events) {
    std::string out;
    for (const auto& bytes : events) out += *bytes;
    return out;
}
std::string event(std::string_view topic, uint64_t id, std::string_view data) {
    return "event: " + std::string{topic} + "\nid: " + std::to_string(id) +
           "\ndata: " + std::string{data} + "\n\n";
}
std::string reset(uint64_t id) { return event("reset", id, "{}"); }

const std::vector<std::string> kAll;

TEST(EventHub, gives_each_event_to_all_that_listen) {
    EventHub hub;
    Ear all, alerts;
    const std::vector<std::string> topics{"alert", "case"};
    const auto first = hub.listen(kAll, {}, all.wake());
    hub.listen(topics, {}, alerts.wake());
    EXPECT_EQ(hub.listeners(), 2u);
    const uint64_t a = hub.publish("alert", R"([{"id":"1"}])"), f = hub.publish("feed", "{}");
    EXPECT_EQ(f, a + 1);
    EXPECT_EQ(text(first.missed), "id: " + std::to_string(a - 1) + "\n\n");
    EXPECT_EQ(all.heard, event("alert", a, R"([{"id":"1"}])") + event("feed", f, "{}"));
    EXPECT_EQ(alerts.heard, event("alert", a, R"([{"id":"1"}])"));
    hub.leave(first.number);
    hub.leave(first.number);
    hub.publish("alert", "2");
    EXPECT_EQ(all.heard.find("data: 2"), std::string::npos);
    EXPECT_EQ(hub.listeners(), 1u);
}

TEST(EventHub, shares_one_buffer) {
    EventHub hub;
    std::vector<EventHub::Bytes> got;
    const auto wake = [&](const EventHub::Bytes& bytes) { got.push_back(bytes); };
    hub.listen(kAll, {}, wake);
    hub.listen(kAll, {}, wake);
    hub.publish("a", "1");
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].get(), got[1].get());
}

TEST(EventHub, never_lets_data_be_another_field) {
    EventHub hub;
    Ear ear;
    hub.listen(kAll, {}, ear.wake());
    hub.publish("a", "1\nid: 7\r\nevent: b\r\rdata");
    const auto end = ear.heard.find("data:");
    EXPECT_EQ(ear.heard.substr(end),
              "data: 1\ndata: id: 7\ndata: event: b\ndata: \ndata: data\n\n");
    ear.heard.clear();
    hub.publish("a", "");
    EXPECT_TRUE(ear.heard.ends_with("\ndata: \n\n")) << ear.heard;
}

TEST(EventHub, tells_who_comes_again_what_was_missed) {
    EventHub hub;
    Ear ear;
    const uint64_t one = hub.publish("alert", "1");
    hub.publish("feed", "2");
    hub.publish("alert", "3");
    EXPECT_EQ(text(hub.listen(kAll, one, ear.wake()).missed),
              event("feed", one + 1, "2") + event("alert", one + 2, "3"));
    const std::vector<std::string> topics{"alert"};
    EXPECT_EQ(text(hub.listen(topics, one, ear.wake()).missed), event("alert", one + 2, "3"));
    EXPECT_EQ(text(hub.listen(kAll, one - 1, ear.wake()).missed).find("event: reset"),
              std::string::npos);
    EXPECT_TRUE(hub.listen(kAll, one + 2, ear.wake()).missed.empty());
    EXPECT_EQ(hub.resets(), 0u);
}

TEST(EventHub, tells_reset_where_it_does_not_know) {
    EventHub hub{{.kept_events = 2}};
    Ear ear;
    const uint64_t one = hub.publish("a", "1");
    hub.publish("a", "2");
    hub.publish("a", "3");
    EXPECT_EQ(text(hub.listen(kAll, one, ear.wake()).missed),
              event("a", one + 1, "2") + event("a", one + 2, "3"));
    for (const uint64_t seen : {uint64_t{0}, one - 1, one + 3, UINT64_MAX})
        EXPECT_EQ(text(hub.listen(kAll, seen, ear.wake()).missed), reset(one + 2)) << seen;
    EXPECT_EQ(hub.resets(), 4u);
    EXPECT_EQ(*hub.reset(), reset(one + 2));
    EXPECT_EQ(hub.resets(), 5u);
}

TEST(EventHub, keeps_no_more_than_it_may) {
    EventHub hub{{.kept_bytes = 1000, .behind_bytes = 600}};
    Ear ear;
    const uint64_t one = hub.publish("a", std::string(400, 'x'));
    const uint64_t two = hub.publish("a", std::string(400, 'y'));
    EXPECT_EQ(hub.listen(kAll, one, ear.wake()).missed.size(), 1u);
    // Both are kept, but are more than may wait for one.
    EXPECT_EQ(text(hub.listen(kAll, one - 1, ear.wake()).missed), reset(two));
    const uint64_t large = hub.publish("a", std::string(2000, 'z'));
    EXPECT_EQ(text(hub.listen(kAll, two, ear.wake()).missed), reset(large));
    EXPECT_TRUE(hub.listen(kAll, large, ear.wake()).missed.empty());
    EXPECT_NE(ear.heard.find("zzz"), std::string::npos);  // Who listened has it.
}

TEST(EventHub, begins_elsewhere_in_each_run) {
    EventHub first, second;
    Ear ear;
    const uint64_t seen = first.publish("a", "1");
    second.publish("a", "1");
    EXPECT_NE(text(second.listen(kAll, seen, ear.wake()).missed).find("event: reset"),
              std::string::npos);
}

TEST(EventHub, takes_all_calls_at_the_same_time) {
    EventHub hub{{.kept_events = 16}};
    std::atomic<bool> over = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            while (!over) hub.publish(t == 0 ? "alert" : "feed", "1");
        });
    threads.emplace_back([&] {
        while (!over) (void)(hub.listeners() + hub.resets() + hub.reset()->size());
    });
    for (int round = 0; round < 300; ++round) {
        // On the stack: that it may go after leave() is what the sanitizer looks at.
        uint64_t last = 0, disorder = 0;
        const auto here = hub.listen(kAll, {}, [&](const EventHub::Bytes& bytes) {
            const uint64_t id = std::stoull(bytes->substr(bytes->find("id: ") + 4));
            disorder += id <= last ? 1 : 0;
            last = id;
        });
        hub.leave(here.number);
        EXPECT_EQ(disorder, 0u);
    }
    over = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(hub.listeners(), 0u);
}

}  // namespace
}  // namespace cordon::net
