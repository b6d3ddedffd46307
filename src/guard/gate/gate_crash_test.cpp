// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Races, and the plug pulled at every write: nothing that was told is lost or told otherwise, and
// no limit is exceeded.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test_world.hpp"

namespace cordon::guard {
namespace {

using namespace std::chrono_literals;

const UnixMillis kNow = from_unix_seconds(1'700'000'000);

constexpr uint64_t kMost = 20;

std::string policy() {
    return format(
        "version: 1\n"
        "checks: {{explain: off, screening: off, feed: off}}\n"
        "rules:\n  - {{id: all, when: \"amount > 0\", then: allow}}\n"
        "limits:\n  - {{id: often, scope: wallet, window: 1h, count: {}}}\n"
        "people: {{alice: \"{}\"}}\ngroups: {{board: [alice]}}\n"
        "change: {{group: board, m: 1, delay: 24h}}\nreset: {{group: board, m: 1, delay: 0s}}\n",
        kMost, Person{"alice"}.key().text());
}

/// More rounds where there is time: CORDON_RACES (100 in ./test --full).
int races() {
    const char* text = std::getenv("CORDON_RACES");
    return text ? std::atoi(text) : 5;
}

TEST(GateRace, of_64_clients_against_one_limit_exactly_the_limit_passes) {
    constexpr int kClients = 64;
    for (int round = 0; round < races(); ++round) {
        const TestFolder folder;
        TestWorld world;
        auto gate = Gate::open(folder / "gate", test_key(), policy(), world, {.disk = &fast_disk()})
                        .value();
        std::atomic<uint64_t> allowed = 0;
        std::atomic<int> ready = 0;
        std::vector<std::thread> clients;
        for (int client = 0; client < kClients; ++client)
            clients.emplace_back([&, client] {
                ++ready;
                while (ready < kClients) std::this_thread::yield();
                const auto verdict =
                    gate->check(test_request(format("r{}", client), 1), kNow + client * 1ms);
                if (verdict && verdict->decision == Decision::kAllow) ++allowed;
            });
        for (std::thread& client : clients) client.join();
        ASSERT_EQ(allowed, kMost) << "round " << round;
    }
}

TEST(GateRace, clients_that_ask_for_the_same_get_one_answer) {
    for (int round = 0; round < races(); ++round) {
        const TestFolder folder;
        TestWorld world;
        auto gate = Gate::open(folder / "gate", test_key(), policy(), world, {.disk = &fast_disk()})
                        .value();
        std::vector<Verdict> answers(16);
        std::vector<std::thread> clients;
        for (Verdict& answer : answers)
            clients.emplace_back(
                [&] { answer = gate->check(test_request("one", 1), kNow).value(); });
        for (std::thread& client : clients) client.join();
        for (const Verdict& answer : answers) ASSERT_EQ(answer, answers[0]);
    }
}

/// One life after the other on a disk that fails once; then what was told is compared.
void pull_the_plug(FaultDisk::Fault fault) {
    for (uint64_t at = 0;; at += at < 60 ? 1 : 7) {
        SCOPED_TRACE(format("fault at write {}", at));
        const TestFolder folder;
        TestWorld world;
        FaultDisk disk{fault, at, at};
        std::map<std::string, Verdict> told;
        for (int life = 0; life < 2; ++life) {
            auto gate = Gate::open(folder / "gate", test_key(), policy(), world, {.disk = &disk});
            if (!gate) continue;
            for (int i = 0; i < 30; ++i) {
                const std::string id = format("r{}", i);
                const auto verdict =
                    (*gate)->check(test_request(id, 1), kNow + life * 1min + i * 1s);
                if (!verdict) continue;
                const auto [before, is_new] = told.emplace(id, *verdict);
                ASSERT_TRUE(is_new || before->second == *verdict) << id;
            }
            static_cast<void>((*gate)->log().publish());
        }
        disk.lose_power();
        auto gate =
            Gate::open(folder / "gate", test_key(), policy(), world, {.disk = &fast_disk()});
        ASSERT_TRUE(gate) << gate.error().message;
        for (const auto& [id, verdict] : told)
            ASSERT_EQ((*gate)->check(test_request(id, 1), kNow + 2min).value(), verdict) << id;
        uint64_t allowed = 0;
        for (int i = 0; i < 30; ++i) {
            const auto standing = (*gate)->find(format("r{}", i));
            ASSERT_TRUE(standing);
            allowed += *standing && (*standing)->verdict.decision == Decision::kAllow ? 1 : 0;
        }
        ASSERT_LE(allowed, kMost);
        ASSERT_TRUE((*gate)->log().publish());
        ASSERT_TRUE(tlog::verify_log(folder / "gate/log", std::array{test_key().public_key()}));
        if (!disk.happened()) return;
    }
}

TEST(GateCrash, keeps_what_it_told_when_the_process_is_killed_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kKill);
}
TEST(GateCrash, keeps_what_it_told_when_the_power_goes_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kPower);
}
TEST(GateCrash, keeps_what_it_told_when_the_disk_is_full_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kNoSpace);
}

TEST(GateCrash, lets_nothing_through_after_the_disk_failed_until_it_is_opened_again) {
    const TestFolder folder;
    TestWorld world;
    FaultDisk disk{FaultDisk::Fault::kNoSpace, 20, 1};
    auto gate = Gate::open(folder / "gate", test_key(), policy(), world, {.disk = &disk}).value();
    int told = 0;
    while (gate->check(test_request(format("r{}", told), 1), kNow)) ++told;
    ASSERT_LT(told, 30);
    // The disk is well again; the gate does not know what is there.
    EXPECT_FALSE(gate->check(test_request("later", 1), kNow));
    EXPECT_FALSE(gate->trip({}, "a", "b", kNow));
    EXPECT_FALSE(gate->bundle("r0", kNow));
    gate.reset();
    gate = Gate::open(folder / "gate", test_key(), "", world, {.disk = &disk}).value();
    EXPECT_TRUE(gate->check(test_request("later", 1), kNow));
    for (int i = 0; i < told; ++i) EXPECT_TRUE(gate->find(format("r{}", i)).value());
}

}  // namespace
}  // namespace cordon::guard
