// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <cordon/base/fault_disk.hpp>
#include <cordon/base/format.hpp>

#include "copy.hpp"
#include "test_log.hpp"

namespace cordon::tlog {
namespace {

namespace fs = std::filesystem;

std::array<PublicKey, 1> keys() { return {key().public_key()}; }

FaultDisk& fast_disk() {
    static FaultDisk disk = FaultDisk::none();
    return disk;
}

std::string entry(uint64_t index) { return format("entry {}", index); }

std::unique_ptr<Log> open_log(const std::string& directory, Disk& disk = fast_disk()) {
    auto log = Log::open(directory, key(), {.disk = &disk, .seal_entries = kTileWidth});
    EXPECT_TRUE(log) << log.error().message;
    return log ? *std::move(log) : nullptr;
}

void fill(Log& log, uint64_t count) {
    const uint64_t begin = log.size();
    for (uint64_t i = 0; i < count; ++i) ASSERT_TRUE(log.enqueue(entry(begin + i)));
    ASSERT_TRUE(log.wait(begin + count - 1));
    ASSERT_TRUE(log.publish());
}

Log::Prune order(uint64_t until, std::string archive = {}) {
    return {.until = until,
            .archive = std::move(archive),
            .snapshot = {},
            .by = "alice",
            .why = "older than a year",
            .now = UnixMillis{std::chrono::seconds{1'800'000'000}}};
}

Checkpoint checkpoint_of(const std::string& directory) {
    return parse_checkpoint(read_checkpoint(directory).value().text).value();
}

TEST(Prune, takes_whole_bundles_and_keeps_every_proof) {
    const Folder folder;
    const std::string directory = folder / "log";
    auto log = open_log(directory);
    fill(*log, 1300);
    const Checkpoint before = checkpoint_of(directory);
    const auto would = log->would_prune(700);
    EXPECT_EQ(would->retention.until, 512U);
    EXPECT_EQ(would->entries, 512U);
    EXPECT_GT(would->bytes, 512U);
    EXPECT_EQ(log->first(), 0U);  // Nothing was changed by asking.

    const auto pruned = log->prune(order(700));
    ASSERT_TRUE(pruned) << pruned.error().message;
    EXPECT_EQ(pruned->retention.until, 512U);
    EXPECT_EQ(pruned->retention.anchor, 1300U);
    EXPECT_FALSE(fs::exists(directory + "/tile/entries/001"));
    EXPECT_TRUE(fs::exists(directory + "/tile/entries/002"));
    fill(*log, 300);

    const auto check = verify_log(directory, keys(), before);
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->left, 512U);
    EXPECT_EQ(check->entries, 1601U - 512U);
    EXPECT_EQ(check->anchor, 1300U);
    EXPECT_EQ(check->left_by, "alice");
    const Checkpoint now = checkpoint_of(directory);
    const Tiles tiles{directory, now.size};
    // Of an entry that left, whoever has its bytes still proves it.
    for (const uint64_t index : {0U, 255U, 256U, 511U, 512U, 1299U}) {
        const std::string text = entry(index);
        const Hash256 leaf =
            leaf_hash({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
        EXPECT_TRUE(verify_inclusion(index, now.size, leaf,
                                     prove_inclusion(tiles, index, now.size).value(), now.root));
    }
    // And it goes on from there when it is opened again.
    log.reset();
    log = open_log(directory);
    EXPECT_EQ(log->first(), 512U);
    EXPECT_EQ(log->size(), 1601U);
    EXPECT_EQ(
        log->read(0, 600, [](uint64_t, std::string_view) -> Status { return {}; }).error().code,
        ErrorCode::kNotFound);
    uint64_t seen = 512;
    ASSERT_TRUE(log->read(512, UINT64_MAX, [&](uint64_t index, std::string_view text) -> Status {
        EXPECT_EQ(index, seen++);
        if (index < 1300) {
            EXPECT_EQ(text, entry(index));
        }
        return {};
    }));
    EXPECT_EQ(seen, 1601U);
}

TEST(Prune, never_takes_the_last_bundle_and_refuses_to_take_nothing) {
    const Folder folder;
    auto log = open_log(folder / "log");
    fill(*log, 600);
    EXPECT_EQ(log->would_prune(UINT64_MAX)->retention.until, 256U);
    EXPECT_EQ(log->prune(order(255)).error().code, ErrorCode::kInvalidParam);
    ASSERT_TRUE(log->prune(order(UINT64_MAX)));
    EXPECT_EQ(log->prune(order(UINT64_MAX)).error().code, ErrorCode::kInvalidParam);
    EXPECT_TRUE(verify_log(folder / "log", keys()));
}

TEST(Prune, the_archive_verifies_alone_and_grows_with_the_next_one) {
    const Folder folder;
    const std::string directory = folder / "log";
    const std::string archive = folder / "archive";
    auto log = open_log(directory);
    fill(*log, 1000);
    ASSERT_TRUE(log->prune(order(256, archive)));
    auto check = verify_log(archive, keys());
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->entries, 256U);
    EXPECT_EQ(check->left, 0U);
    fill(*log, 70'000);
    const auto second = log->prune(order(66'000, archive));
    ASSERT_TRUE(second) << second.error().message;
    check = verify_log(archive, keys(), checkpoint_of(archive));
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->entries, 65'792U);
    EXPECT_EQ(Tiles(archive, 65'792).entry(17).value(), entry(17));
    ASSERT_TRUE(verify_log(directory, keys(), checkpoint_of(archive)));

    // One that does not continue what left before, or is another log's, is refused, and nothing
    // leaves.
    const auto elsewhere = log->prune(order(68'000, folder / "other"));
    EXPECT_EQ(elsewhere.error().code, ErrorCode::kConflict);
    EXPECT_EQ(log->first(), 65'792U);
    auto other =
        Log::open(folder / "log2", SigningKey::generate("x", PublicKey::Kind::kLog).value(),
                  {.disk = &fast_disk(), .seal_entries = kTileWidth})
            .value();
    for (int i = 0; i < 600; ++i) ASSERT_TRUE(other->append("e"));
    EXPECT_EQ(other->prune(order(256, archive)).error().code, ErrorCode::kConflict);
}

/// A pruned log that is passed off as whole, and a log with a hole that is passed off as pruned.
TEST(Prune, what_is_missing_by_intent_and_what_is_damaged_are_told_apart) {
    const Folder folder;
    const std::string directory = folder / "log";
    {
        auto log = open_log(directory);
        fill(*log, 1300);
        ASSERT_TRUE(log->prune(order(512)));
        fill(*log, 1);
    }
    // A bundle that nobody said would go.
    fs::rename(directory + "/tile/entries/003", folder / "kept");
    auto check = verify_log(directory, keys());
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(check.error().message.find("tile/entries/003"), std::string::npos);
    EXPECT_NE(check.error().message.find("no anchor"), std::string::npos);
    // The file that says how much left says more than the anchor.
    std::ofstream{retention_path(directory)} << format_retention({1024, 1300});
    check = verify_log(directory, keys());
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, ErrorCode::kCorrupt) << check.error().message;
    EXPECT_NE(check.error().message.find("speaks of those before 512"), std::string::npos);
    fs::rename(folder / "kept", directory + "/tile/entries/003");
    // Or points at an entry that is none.
    std::ofstream{retention_path(directory)} << format_retention({512, 1299});
    EXPECT_EQ(verify_log(directory, keys()).error().code, ErrorCode::kCorrupt);
    // It is gone: nothing is missing by intent.
    fs::remove(retention_path(directory));
    check = verify_log(directory, keys());
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, ErrorCode::kCorrupt);
    // A hash that stayed was edited.
    std::ofstream{retention_path(directory)} << format_retention({512, 1300});
    ASSERT_TRUE(verify_log(directory, keys()));
    std::fstream tile{directory + "/tile/0/000", std::ios::in | std::ios::out | std::ios::binary};
    tile.seekp(40);
    tile.put('x');
    tile.close();
    EXPECT_FALSE(verify_log(directory, keys()));
}

/// At every operation of a prune, for both kinds of end.
TEST(Prune, a_kill_at_any_moment_leaves_a_log_that_is_whole) {
    uint64_t ends = 0, begun = 0;
    for (const auto fault : {FaultDisk::Fault::kKill, FaultDisk::Fault::kPower}) {
        for (uint64_t at = 0;; ++at) {
            const Folder folder;
            const std::string directory = folder / "log";
            const std::string archive = folder / "archive";
            {
                FaultDisk fine = FaultDisk::none();
                auto log = open_log(directory, fine);
                fill(*log, 1000);
            }
            FaultDisk failing{fault, at, at};
            bool done = false;
            {
                auto log =
                    Log::open(directory, key(), {.disk = &failing, .seal_entries = kTileWidth});
                if (log) {
                    const auto pruned = (*log)->prune(order(512, archive));
                    done = pruned.has_value();
                }
            }
            failing.lose_power();
            auto log = open_log(directory);
            ASSERT_TRUE(log) << at;
            ASSERT_TRUE(log->publish());
            const auto check = verify_log(directory, keys());
            ASSERT_TRUE(check) << "at " << at << ": " << check.error().message;
            // Either nothing left, or all that was meant to; and then the archive is whole.
            ASSERT_TRUE(log->first() == 0 || log->first() == 512U);
            if (log->first() == 512U) {
                ++begun;
                EXPECT_EQ(check->left, 512U) << at;  // Opening has ended what was begun.
                const auto kept = verify_log(archive, keys());
                ASSERT_TRUE(kept) << "at " << at << ": " << kept.error().message;
                EXPECT_EQ(kept->entries, 512U);
            }
            // And it can be done again where it was not.
            if (log->first() == 0) {
                const auto again = log->prune(order(512, archive));
                ASSERT_TRUE(again) << "at " << at << ": " << again.error().message;
                ASSERT_TRUE(verify_log(directory, keys()));
                ASSERT_TRUE(verify_log(archive, keys()));
            }
            if (done) break;
            ++ends;
        }
    }
    EXPECT_GT(ends, 60U);
    EXPECT_GT(begun, 4U);
}

TEST(CopyLog, of_a_log_that_is_written_to_verifies_at_its_checkpoint) {
    const Folder folder;
    const std::string directory = folder / "log";
    auto log = open_log(directory);
    fill(*log, 300);
    std::atomic<bool> is_over{false};
    std::thread writer{[&] {
        for (uint64_t i = 0; !is_over; ++i) {
            EXPECT_TRUE(log->append(entry(log->size())));
            if (i % 50 == 0) {
                EXPECT_TRUE(log->publish());
            }
        }
    }};
    uint64_t last = 0;
    for (int i = 0; i < 20; ++i) {
        const std::string to = folder / format("copy{}", i);
        const auto copy = copy_log(directory, to, fast_disk());
        ASSERT_TRUE(copy) << copy.error().message;
        const auto check = verify_log(to, keys());
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_EQ(check->entries, copy->checkpoint->size);
        EXPECT_EQ(check->entries + check->beyond, copy->entries);
        EXPECT_GE(copy->entries, last);
        last = copy->entries;
        auto opened = open_log(to);  // It goes on from there.
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->size(), copy->entries);
        opened.reset();
        fs::remove_all(to);
    }
    is_over = true;
    writer.join();
    EXPECT_GT(last, 300U);
    EXPECT_EQ(copy_log(directory, directory).error().code, ErrorCode::kConflict);
}

TEST(CopyLog, keeps_what_left_left) {
    const Folder folder;
    auto log = open_log(folder / "log");
    fill(*log, 900);
    ASSERT_TRUE(log->prune(order(512)));
    const auto copy = copy_log(folder / "log", folder / "copy");
    ASSERT_TRUE(copy) << copy.error().message;
    EXPECT_EQ(copy->first, 512U);
    const auto check = verify_log(folder / "copy", keys());
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->left, 512U);
}

}  // namespace
}  // namespace cordon::tlog
