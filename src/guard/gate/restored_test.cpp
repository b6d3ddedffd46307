// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// An older state in the place of a newer one: told (a backup that was restored) and not told.
#include "../restored.hpp"

#include <filesystem>
#include <fstream>

#include <cordon/tlog/copy.hpp>

#include "test_stage.hpp"

namespace cordon::guard {
namespace {

using namespace stage;
namespace fs = std::filesystem;

/// The gate's folder as a backup would hold it now.
std::string keep(Stage& stage, const std::string& name) {
    const std::string directory = stage.folder / name;
    fs::create_directory(directory);
    EXPECT_TRUE(stage.gate->log().publish());
    EXPECT_TRUE(tlog::copy_log(stage.folder / "gate/log", directory + "/log", fast_disk()));
    return directory;
}

void put_back(Stage& stage, const std::string& name) {
    stage.gate.reset();
    fs::remove_all(stage.folder / "gate");
    fs::rename(stage.folder / name, stage.folder / "gate");
}

TEST(Restored, an_old_state_answers_nothing_twice_before_a_quorum_says_so) {
    Stage stage;
    const WithdrawalRequest known = test_request("known", 50);
    const WithdrawalRequest large = test_request("large", 5'000);
    EXPECT_EQ(stage.check(known).decision, Decision::kAllow);
    stage.check(large);
    ASSERT_TRUE(stage.approve(kAlice, large));
    keep(stage, "backup");
    const uint64_t entries = stage.gate->log().size();
    // After the backup: an id that is let through, and one that is denied.
    EXPECT_EQ(stage.check(test_request("lost", 60)).decision, Decision::kAllow);
    ASSERT_TRUE(stage.approve(kDave, large, kNow, false));
    EXPECT_EQ(stage.check(large).decision, Decision::kDeny);

    put_back(stage, "backup");
    const std::string directory = stage.folder / "gate";
    ASSERT_TRUE(
        mark_restored(directory, {kNow + std::chrono::hours{1}, kNow, entries, "00"}, fast_disk()));
    stage.open();
    const UnixMillis later = kNow + std::chrono::hours{1};
    // The same id for something else would be a second payment: it is held, not let through.
    EXPECT_EQ(stage.check(test_request("lost", 61), later).decision, Decision::kHold);
    EXPECT_EQ(stage.check(test_request("new", 1), later).decision, Decision::kHold);
    EXPECT_NE(stage.check(known, later).decision, Decision::kAllow);
    // What was denied since is not let through by those who agreed before: they sign anew.
    EXPECT_NE(stage.check(large, later).decision, Decision::kAllow);
    EXPECT_FALSE(stage.gate->bundle("known", later));
    const auto breakers = stage.gate->breakers(later);
    ASSERT_EQ(breakers.size(), 1U);
    EXPECT_EQ(breakers.front().by, kByRestore);
    EXPECT_NE(breakers.front().why.find("restored"), std::string::npos);
    EXPECT_FALSE(fs::exists(restored_path(directory)));

    stage.open();  // Opening it again does not forget that.
    EXPECT_EQ(stage.check(test_request("new", 1), later).decision, Decision::kHold);
}

TEST(Restored, a_mark_that_cannot_be_read_does_not_open) {
    Stage stage;
    stage.check(test_request("a", 1));
    stage.gate.reset();
    std::ofstream{restored_path(stage.folder / "gate")} << "{";
    const auto opened =
        Gate::open(stage.folder / "gate", test_key(), "", stage.world, {.disk = &fast_disk()});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

/// Nobody told the gate: an intruder puts last week's folder in its place.
TEST(Restored, an_old_state_that_nobody_told_is_refused_by_what_a_witness_saw) {
    Stage stage;
    EXPECT_EQ(stage.check(test_request("a", 50)).decision, Decision::kAllow);
    keep(stage, "old");
    EXPECT_EQ(stage.check(test_request("b", 50)).decision, Decision::kAllow);
    const auto seen = tlog::parse_checkpoint(stage.gate->log().publish()->text).value();
    const auto open = [&] {
        return Gate::open(stage.folder / "gate", test_key(), "", stage.world,
                          {.disk = &fast_disk(), .seen = seen});
    };
    stage.gate.reset();
    EXPECT_TRUE(open());
    put_back(stage, "old");
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
    // Also when it has grown past what the witness saw: that is a fork.
    stage.open();
    for (int i = 0; i < 5; ++i) stage.check(test_request(format("c{}", i), 1));
    ASSERT_TRUE(stage.gate->log().publish());
    stage.gate.reset();
    opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
}

}  // namespace
}  // namespace cordon::guard
