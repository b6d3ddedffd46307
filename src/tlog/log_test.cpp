// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <cordon/base/fault_disk.hpp>
#include <cordon/base/format.hpp>

#include "head.hpp"
#include "test_log.hpp"

namespace cordon::tlog {
namespace {

namespace fs = std::filesystem;

std::string entry(uint64_t index) {
    return format("entry {} {}", index, std::string(index % 97, 'x'));
}

/// Files by name, all of their bytes.
std::map<std::string, std::string> files(const std::string& directory) {
    std::map<std::string, std::string> all;
    for (const auto& at : fs::recursive_directory_iterator{directory})
        if (at.is_regular_file()) {
            std::ifstream in{at.path(), std::ios::binary};
            all[at.path().string()] = {std::istreambuf_iterator<char>{in}, {}};
        }
    return all;
}

void overwrite(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

/// Waits for no medium: most tests are not about power.
FaultDisk& fast_disk() {
    static FaultDisk disk = FaultDisk::none();
    return disk;
}

std::string fill(const Folder& folder, uint64_t count) {
    const std::string directory = folder / "log";
    auto log =
        Log::open(directory, key(), {.disk = &fast_disk(), .seal_entries = kTileWidth}).value();
    for (uint64_t i = 0; i < count; ++i) EXPECT_EQ(log->append(entry(i)).value(), i);
    EXPECT_TRUE(log->publish());
    return directory;
}

TEST(Log, names_its_tiles_as_tlog_tiles_does) {
    EXPECT_EQ(tile_path(0, 0, 256), "tile/0/000");
    EXPECT_EQ(tile_path(1, 1'234'067, 256), "tile/1/x001/x234/067");
    EXPECT_EQ(tile_path(std::nullopt, 67, 12), "tile/entries/067.p/12");
    EXPECT_EQ(tile_path(0, 1000, 256), "tile/0/x001/000");
}

TEST(Log, leaves_the_rest_of_a_head_as_it_is_where_its_checkpoint_speaks_of_more) {
    const Folder folder;
    const std::string directory = fill(folder, 100);
    const std::string path = directory + "/head";
    const std::string whole = files(directory).at(path);
    for (const std::size_t cut : {1U, 7U, 100U, 1000U}) {
        const std::string torn = whole.substr(0, whole.size() - cut);
        overwrite(path, torn);
        const auto log = Log::open(directory, key(), {.disk = &fast_disk()});
        ASSERT_FALSE(log) << cut;
        EXPECT_EQ(log.error().code, ErrorCode::kCorrupt);
        EXPECT_NE(log.error().message.find("head: offset "), std::string::npos)
            << log.error().message;
        EXPECT_EQ(files(directory).at(path), torn) << cut;  // It is evidence.
    }
    overwrite(path, whole);
    EXPECT_TRUE(Log::open(directory, key(), {.disk = &fast_disk()}));
}

TEST(Log, opens_on_no_checkpoint_that_was_torn) {
    const Folder folder;
    const std::string directory = fill(folder, 10);
    const std::string path = directory + "/checkpoint";
    const std::string whole = files(directory).at(path);
    for (const std::string& torn :
         {std::string{}, whole.substr(0, 5), whole.substr(0, whole.size() - 3),
          std::string(whole.size(), '\0'), "test\n10\nAAAA\n" + whole.substr(whole.find("\n\n"))}) {
        overwrite(path, torn);
        const auto log = Log::open(directory, key(), {.disk = &fast_disk()});
        ASSERT_FALSE(log) << torn;
        EXPECT_EQ(log.error().code, ErrorCode::kCorrupt);
        EXPECT_NE(log.error().message.find(path), std::string::npos) << log.error().message;
        EXPECT_EQ(verify_log(directory, {}).error().code, ErrorCode::kCorrupt);
    }
}

TEST(Log, keeps_what_it_acknowledged_over_reopening_at_every_size_around_a_tile) {
    const Folder folder;
    const std::string directory = folder / "log";
    const LogOptions options{.disk = &fast_disk(), .seal_entries = kTileWidth};
    uint64_t size = 0;
    for (const uint64_t target :
         std::initializer_list<uint64_t>{0, 1, 2, 255, 256, 257, 511, 512, 513, 1024, 1300}) {
        auto log = Log::open(directory, key(), options);
        ASSERT_TRUE(log) << log.error().message;
        ASSERT_EQ((*log)->size(), size);
        for (; size < target; ++size) ASSERT_EQ((*log)->append(entry(size)).value(), size);
        const auto note = (*log)->publish();
        ASSERT_TRUE(note) << note.error().message;
        const auto check = verify_log(directory, std::array{key().public_key()});
        ASSERT_TRUE(check) << target << ": " << check.error().message;
        EXPECT_EQ(check->entries, size);
        EXPECT_EQ(check->beyond, 0U);
    }
    const Checkpoint checkpoint = parse_checkpoint(read_checkpoint(directory).value().text).value();
    const Tiles tiles{directory, checkpoint.size};
    for (uint64_t i = 0; i < size; i += 37) {
        ASSERT_EQ(tiles.entry(i).value(), entry(i));
        const auto proof = prove_inclusion(tiles, i, size).value();
        const std::string text = entry(i);
        EXPECT_TRUE(verify_inclusion(
            i, size, leaf_hash({reinterpret_cast<const uint8_t*>(text.data()), text.size()}), proof,
            checkpoint.root));
    }
}

TEST(Log, tiles_of_the_third_level_are_right) {
    const Folder folder;
    const std::string directory = fill(folder, kTileWidth * kTileWidth + 300);
    const auto check = verify_log(directory, {});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_TRUE(fs::exists(directory + "/tile/1/000"));
    EXPECT_TRUE(fs::exists(directory + "/tile/2/000.p/1"));
    auto log = Log::open(directory, key()).value();  // And are found again.
    ASSERT_TRUE(log->append("more"));
    ASSERT_TRUE(log->publish());
    EXPECT_TRUE(verify_log(directory, {}));
}

TEST(Log, a_changed_byte_anywhere_is_found_and_its_file_named) {
    const Folder folder;
    const std::string directory = fill(folder, 300);
    for (const auto& [path, bytes] : files(directory)) {
        if (path.ends_with("/lock") || path.find(".gone-") != std::string::npos) continue;
        for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 50) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ 0x04);
            overwrite(path, changed);
            const auto check = verify_log(directory, std::array{key().public_key()});
            ASSERT_FALSE(check) << path << " " << at;
            EXPECT_NE(check.error().message.find(path.substr(directory.size() + 1)),
                      std::string::npos)
                << path << " " << at << ": " << check.error().message;
        }
        overwrite(path, bytes.substr(0, bytes.size() / 2));
        EXPECT_FALSE(verify_log(directory, std::array{key().public_key()})) << path;
        overwrite(path, bytes);
    }
    EXPECT_TRUE(verify_log(directory, std::array{key().public_key()}));
}

TEST(Log, names_the_first_byte_of_the_entry_that_was_changed) {
    const Folder folder;
    const std::string directory = fill(folder, 300);
    const std::string path = directory + "/tile/entries/000";
    std::string bytes = files(directory).at(path);
    const std::size_t at = bytes.find("entry 5 ");
    bytes[at + 6] = '6';
    overwrite(path, bytes);
    const auto check = verify_log(directory, {});
    ASSERT_FALSE(check);
    EXPECT_NE(check.error().message.find(format("tile/entries/000: offset {}", at - 2)),
              std::string::npos)
        << check.error().message;
}

TEST(Log, one_that_was_rewritten_as_a_whole_does_not_continue_the_old_checkpoint) {
    const Folder folder;
    const std::string directory = fill(folder, 20);
    const Checkpoint seen = parse_checkpoint(read_checkpoint(directory).value().text).value();
    fs::remove_all(directory);
    auto log = Log::open(directory, key()).value();
    for (uint64_t i = 0; i < 30; ++i)
        ASSERT_TRUE(log->append(i == 7 ? "something else" : entry(i)));
    ASSERT_TRUE(log->publish());
    EXPECT_TRUE(verify_log(directory, {}));
    const auto check = verify_log(directory, {}, seen);
    ASSERT_FALSE(check);
    EXPECT_EQ(check.error().code, ErrorCode::kConflict);
}

TEST(Log, one_that_was_cut_or_rewritten_does_not_continue_an_old_checkpoint) {
    const Folder folder;
    const std::string directory = fill(folder, 10);
    const fs::path before = folder / "before";
    fs::copy(directory, before, fs::copy_options::recursive);
    {
        auto log = Log::open(directory, key()).value();
        for (uint64_t i = 10; i < 20; ++i) ASSERT_TRUE(log->append(entry(i)));
        ASSERT_TRUE(log->publish());
    }
    const Checkpoint seen = parse_checkpoint(read_checkpoint(directory).value().text).value();
    // The newest entries alone, below the checkpoint that speaks of them.
    fs::copy_file(before / "head", directory + "/head", fs::copy_options::overwrite_existing);
    EXPECT_EQ(Log::open(directory, key()).error().code, ErrorCode::kCorrupt);
    // The whole folder as it was: consistent, and no continuation of what somebody kept.
    EXPECT_TRUE(verify_log(before, {}));
    EXPECT_EQ(verify_log(before, {}, seen).error().code, ErrorCode::kConflict);
}

TEST(Log, is_refused_to_a_key_that_did_not_sign_it) {
    const Folder folder;
    const std::string directory = fill(folder, 3);
    const SigningKey stranger = SigningKey::generate("test", PublicKey::Kind::kLog).value();
    EXPECT_EQ(verify_log(directory, std::array{stranger.public_key()}).error().code,
              ErrorCode::kChecksum);
}

TEST(Log, has_one_writer_and_one_name) {
    const Folder folder;
    const std::string directory = folder / "log";
    auto log = Log::open(directory, key()).value();
    EXPECT_EQ(Log::open(directory, key()).error().code, ErrorCode::kLocked);
    log.reset();
    EXPECT_EQ(
        Log::open(directory, SigningKey::generate("b", PublicKey::Kind::kLog).value()).error().code,
        ErrorCode::kConflict);
}

TEST(Log, takes_entries_of_any_bytes_up_to_its_limit) {
    const Folder folder;
    const std::string directory = folder / "log";
    auto log = Log::open(directory, key()).value();
    EXPECT_TRUE(log->append(""));
    EXPECT_TRUE(log->append(std::string(kMaxEntry, '\0')));
    EXPECT_EQ(log->append(std::string(kMaxEntry + 1, 'a')).error().code, ErrorCode::kLimit);
    ASSERT_TRUE(log->publish());
    EXPECT_TRUE(verify_log(directory, {}));
}

TEST(Log, many_threads_get_an_index_each_and_all_of_it_is_there) {
    const Folder folder;
    const std::string directory = folder / "log";
    constexpr uint64_t kThreads = 8;
    constexpr uint64_t kEach = 100;
    std::array<std::vector<uint64_t>, kThreads> indices;
    {
        auto log =
            Log::open(directory, key(), {.disk = &fast_disk(), .seal_entries = kTileWidth}).value();
        std::vector<std::thread> threads;
        for (uint64_t t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                for (uint64_t i = 0; i < kEach; ++i) {
                    indices[t].push_back(log->append(format("{} {}", t, i)).value());
                    if (i % 50 == 0) {
                        EXPECT_TRUE(log->publish());
                    }
                }
            });
        for (std::thread& thread : threads) thread.join();
        ASSERT_TRUE(log->publish());
    }
    ASSERT_TRUE(verify_log(directory, {}));
    const Tiles tiles{directory, kThreads * kEach};
    std::set<uint64_t> all;
    for (uint64_t t = 0; t < kThreads; ++t)
        for (uint64_t i = 0; i < kEach; ++i) {
            all.insert(indices[t][i]);
            EXPECT_EQ(tiles.entry(indices[t][i]).value(), format("{} {}", t, i));
        }
    EXPECT_EQ(all.size(), kThreads * kEach);
}

TEST(Log, entries_stand_in_the_order_in_which_they_were_given_whoever_waits_first) {
    const Folder folder;
    auto log = Log::open(folder / "log", key(), {.disk = &fast_disk()}).value();
    for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(log->enqueue(entry(i)).value(), i);
    EXPECT_EQ(log->size(), 0U);
    ASSERT_TRUE(log->wait(3));
    EXPECT_EQ(log->size(), 5U);  // One group for all.
    ASSERT_TRUE(log->wait(0));
    EXPECT_EQ(log->append(entry(5)).value(), 5U);
}

TEST(Log, what_nobody_waited_for_may_be_gone_and_leaves_no_gap) {
    const Folder folder;
    {
        auto log = Log::open(folder / "log", key(), {.disk = &fast_disk()}).value();
        ASSERT_TRUE(log->append(entry(0)));
        ASSERT_TRUE(log->enqueue("never told"));
    }
    auto log = Log::open(folder / "log", key(), {.disk = &fast_disk()}).value();
    EXPECT_EQ(log->append(entry(1)).value(), 1U);
}

TEST(Log, a_full_disk_fails_all_who_wait_and_all_who_come_later) {
    const Folder folder;
    FaultDisk disk{FaultDisk::Fault::kNoSpace, 12, 1};
    auto log = Log::open(folder / "log", key(), {.disk = &disk}).value();
    uint64_t acknowledged = 0;
    while (log->append(entry(acknowledged))) ++acknowledged;
    EXPECT_EQ(log->enqueue("later").error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(log->size(), acknowledged);
    ASSERT_TRUE(acknowledged == 0 || log->wait(acknowledged - 1));
}

TEST(Log, reads_back_from_any_entry_on) {
    const Folder folder;
    auto log = Log::open(folder / "log", key(), {.disk = &fast_disk(), .seal_entries = kTileWidth})
                   .value();
    constexpr uint64_t kAll = 2 * kTileWidth + 9;
    for (uint64_t i = 0; i < kAll; ++i) ASSERT_TRUE(log->append(entry(i)));
    for (const uint64_t begin : {0UL, 1UL, 255UL, 256UL, 511UL, 513UL, kAll - 1, kAll, kAll + 5}) {
        uint64_t next = begin;
        ASSERT_TRUE(log->read(begin, UINT64_MAX, [&](uint64_t index, std::string_view text) {
            EXPECT_EQ(index, next);
            EXPECT_EQ(text, entry(next++));
            return Status{};
        }));
        EXPECT_EQ(next, std::max(begin, kAll));
    }
    const Status stopped = log->read(250, 260, [&](uint64_t index, std::string_view) -> Status {
        if (index == 258) return fail(ErrorCode::kCancelled, "enough");
        return {};
    });
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST(Log, a_copy_that_is_made_while_it_grows_is_a_log) {
    const Folder folder;
    const std::string directory = folder / "log";
    const LogOptions options{.disk = &fast_disk(), .seal_entries = kTileWidth};
    auto log = Log::open(directory, key(), options).value();
    ASSERT_TRUE(log->publish());
    std::atomic<bool> stop = false;
    std::thread writer{[&] {
        for (uint64_t i = 0; !stop; ++i) {
            EXPECT_TRUE(log->append(entry(i)));
            if (i % 100 == 0) {
                EXPECT_TRUE(log->publish());
            }
        }
    }};
    for (int copy = 0; copy < 5; ++copy) {
        while (log->size() < static_cast<uint64_t>(copy + 1) * 300) std::this_thread::yield();
        const uint64_t acknowledged = log->size();
        const std::string to = folder / format("copy{}", copy);
        fs::create_directory(to);
        for (const char* name : {"checkpoint", "head"})
            fs::copy_file(directory + "/" + name, to + "/" + name);
        // Partial tiles go while they are copied: a copy does without them.
        std::error_code gone;
        for (const auto& at : fs::recursive_directory_iterator{directory + "/tile"}) {
            const std::string name = at.path().string().substr(directory.size());
            if (name.find(".p/") != std::string::npos || name.find(".new") != std::string::npos)
                continue;
            if (at.is_directory(gone)) continue;
            fs::create_directories(fs::path{to + name}.parent_path());
            fs::copy_file(at.path(), to + name, gone);
        }
        auto copied = Log::open(to, key(), options);
        EXPECT_TRUE(copied) << copied.error().message;
        if (!copied) break;
        EXPECT_GE((*copied)->size(), acknowledged);
        EXPECT_TRUE((*copied)->publish());
        EXPECT_TRUE(verify_log(to, {}));
    }
    stop = true;
    writer.join();
}

/// The log at any write that goes wrong: what was acknowledged is there, and it goes on.
void pull_the_plug(FaultDisk::Fault fault) {
    for (uint64_t at = 0;; ++at) {
        const Folder folder;
        const std::string directory = folder / "log";
        FaultDisk disk{fault, at, at};
        uint64_t acknowledged = 0;
        uint64_t tried = 0;  // One that failed may be there all the same.
        for (int life = 0; life < 2; ++life) {
            auto log = Log::open(directory, key(), {.disk = &disk, .seal_entries = kTileWidth});
            if (!log) break;
            for (int i = 0; i < 300; ++i) {
                const uint64_t next = (*log)->size();
                tried = std::max(tried, next + 1);
                if (!(*log)->append(entry(next))) break;
                acknowledged = next + 1;
            }
            static_cast<void>((*log)->publish());
        }
        disk.lose_power();
        SCOPED_TRACE(format("fault at write {}: {} acknowledged", at, acknowledged));
        auto log = Log::open(directory, key(), {.disk = &fast_disk(), .seal_entries = kTileWidth});
        ASSERT_TRUE(log) << log.error().message;
        const uint64_t size = (*log)->size();
        ASSERT_GE(size, acknowledged);
        ASSERT_LE(size, tried);
        ASSERT_TRUE((*log)->append(entry(size)));
        ASSERT_TRUE((*log)->publish());
        const auto check = verify_log(directory, {});
        ASSERT_TRUE(check) << check.error().message;
        const Tiles tiles{directory, size + 1};
        for (uint64_t i = 0; i <= size; i += 7) ASSERT_EQ(tiles.entry(i).value(), entry(i));
        if (!disk.happened()) return;
        // All of the first writes, then those around the first tile (each entry is two).
        at += at < 20 || (at > 500 && at < 560) ? 0 : 37;
    }
}

TEST(Log, loses_nothing_when_the_process_is_killed_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kKill);
}
TEST(Log, loses_nothing_when_the_power_goes_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kPower);
}
TEST(Log, loses_nothing_when_the_disk_is_full_at_any_write) {
    pull_the_plug(FaultDisk::Fault::kNoSpace);
}

TEST(Witness, cosigns_what_continues_and_nothing_else) {
    const Folder folder;
    const std::string directory = fill(folder, 10);
    const SigningKey witness = SigningKey::generate("usb", PublicKey::Kind::kWitness).value();
    const std::string file = folder / "usb.note";
    const auto sign = [&] {
        return cosign(directory, file, key().public_key(), witness,
                      from_unix_seconds(1'700'000'000));
    };
    const auto first = sign();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(is_signed_by(*first, witness.public_key()));
    EXPECT_TRUE(is_signed_by(*first, key().public_key()));
    {
        auto log = Log::open(directory, key()).value();
        ASSERT_TRUE(log->append("eleventh"));
        ASSERT_TRUE(log->publish());
    }
    ASSERT_TRUE(sign());
    fs::remove_all(directory);
    fill(folder, 12);  // Another history of more entries: the eleventh differs.
    EXPECT_EQ(sign().error().code, ErrorCode::kConflict);
    fs::remove_all(directory);
    fill(folder, 5);  // Cut off.
    EXPECT_EQ(sign().error().code, ErrorCode::kConflict);
}

TEST(Head, tells_a_torn_write_from_damage) {
    const std::vector<std::string> one{"one", "two"};
    const std::vector<std::string> two{"three"};
    Bytes bytes = head_begin("log", 256);
    const std::size_t begin = bytes.size();
    for (const auto& group : {one, two}) {
        const Bytes more = head_group(group);
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    const Head whole = parse_head("head", bytes).value();
    EXPECT_EQ(whole.base, 256U);
    EXPECT_EQ(whole.entries, (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(whole.size, bytes.size());
    for (std::size_t size = begin; size < bytes.size(); ++size) {
        const auto torn = parse_head("head", ByteView{bytes}.first(size));
        ASSERT_TRUE(torn) << size << torn.error().message;
        EXPECT_LE(torn->size, size);
    }
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        Bytes changed = bytes;
        changed[at] ^= 0x10;
        const auto damaged = parse_head("head", changed);
        // A length that grew beyond the file looks like a write that was torn.
        if (damaged) {
            EXPECT_LT(damaged->entries.size(), 3U) << at;
        } else {
            EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt) << at;
        }
    }
}

}  // namespace
}  // namespace cordon::tlog
