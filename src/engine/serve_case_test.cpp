// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_case.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/disk.hpp>
#include <cordon/guard/policy.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTxn = "0x00000000000000000000000000000000000000000000000000000000000000";
constexpr const char* kThief = "0x1111111111111111111111111111111111111111";

class ServeCase : public testing::Test {
protected:
    fs::path folder = fs::path{testing::TempDir()} / ("serve-case-" + std::to_string(::getpid()));
    std::string data = (folder / "data").string();

    void SetUp() override {
        fs::create_directories(folder / "case");
        std::string rows = "chain,block,time,tx,index,from,to,asset,amount,kind\n";
        for (const auto& [block, time] : {std::pair{1, 1'000}, std::pair{2, 7'000}})
            rows += "eth," + std::to_string(block) + "," + std::to_string(time) + "," + kTxn + "0" +
                    std::to_string(block) + ",0,0x2222222222222222222222222222222222222222," +
                    kThief + ",native,5,native\n";
        write("case/transfers.csv", rows);
        write("case/case.json",
              std::string{R"({"v":1,"title":"A theft","seeds":["eth:)"} + kThief +
                  R"("],"notes":"","sources":[],"authors":{"us":"who wrote this test"}})");
    }
    void TearDown() override { fs::remove_all(folder); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{folder / name} << text;
    }
    std::string read(const std::string& path) const {
        const auto bytes = read_file(path);
        return bytes ? std::string{bytes->begin(), bytes->end()} : "";
    }
    Result<ServeConfig> make() const { return serve_case((folder / "case").string(), data, {}); }
};

TEST_F(ServeCase, plays_a_case_within_a_minute_and_says_that_it_is_simulated) {
    const auto config = make();
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->name, "A theft");
    EXPECT_EQ(config->guide, std::string{"eth:"} + kThief);
    EXPECT_EQ(report::Words::of(config->words.authors, "us"), "who wrote this test");
    EXPECT_TRUE(config->watch.simulated);
    EXPECT_DOUBLE_EQ(config->watch.speed, 100);  // 6,000 s in 60.
    ASSERT_EQ(config->watch.sources.size(), 1U);
    EXPECT_TRUE(config->watch.sources.front().starts_with("transfers:"));
    EXPECT_TRUE(config->guard.policy.empty());
    EXPECT_TRUE(fs::exists(data + "/ledger"));
}

TEST_F(ServeCase, makes_keys_for_the_people_of_its_policy) {
    write("case/policy.yaml",
          "# \"new\": \"new\" is a key\nversion: 1\npeople: {alice: \"new\", bob: \"new\"}\n"
          "groups: {all: [alice, bob]}\n"
          "rules: [{id: r, when: always, then: hold, approvals: {group: all, m: 1}}]\n"
          "change: {group: all, m: 1, delay: 24h}\nreset: {group: all, m: 1}\n");
    const auto config = make();
    ASSERT_TRUE(config) << config.error().message;
    const auto compiled = guard::Policy::compile(read(config->guard.policy), "policy");
    ASSERT_TRUE(compiled.policy);
    EXPECT_NE(compiled.policy->key_of("alice"), nullptr);
    EXPECT_NE(compiled.policy->key_of("alice")->text(), compiled.policy->key_of("bob")->text());
    for (const char* name : {"alice", "bob"})
        EXPECT_EQ(fs::status(data + "/people/" + name + ".key").permissions(),
                  fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(ServeCase, begins_anew_but_wipes_nothing_that_it_did_not_make) {
    ASSERT_TRUE(make());
    std::ofstream{data + "/left-over"} << "x";
    ASSERT_TRUE(make());
    EXPECT_FALSE(fs::exists(data + "/left-over"));
    {
        const auto lock = WriterLock::take(serve_lock_path(data));
        ASSERT_TRUE(lock);
        const auto held = make();  // Somebody serves it.
        ASSERT_FALSE(held);
        EXPECT_EQ(held.error().code, ErrorCode::kLocked);
    }
    fs::remove_all(data);
    fs::create_directories(data);
    std::ofstream{data + "/thesis.txt"} << "x";
    const auto refused = make();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_TRUE(fs::exists(data + "/thesis.txt"));
}

TEST_F(ServeCase, tells_what_is_wrong_with_a_case) {
    EXPECT_FALSE(serve_case((folder / "nowhere").string(), data, {}));
    write("case/transfers.csv", "chain,block\n");
    EXPECT_FALSE(make());
}

}  // namespace
}  // namespace cordon::engine
