// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "backup.hpp"

#include <fstream>
#include <thread>

#include <cordon/guard/restored.hpp>
#include <cordon/records/account_store.hpp>
#include <cordon/records/alert_store.hpp>
#include <cordon/records/files.hpp>
#include <cordon/tlog/key_file.hpp>

#include "alert_desk.hpp"
#include "test_case_desk.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

/// A data directory as `serve` leaves it: ledger, log with its key, a gate's log, alerts, accounts.
class BackupTest : public testing::Test {
protected:
    BackupTest() {
        const auto key =
            tlog::SigningKey::generate("cordon-gate", tlog::PublicKey::Kind::kLog).value();
        fs::create_directories(data() + "/gate");
        fs::create_directories(data() + "/watch");
        EXPECT_TRUE(tlog::write_key_file(data() + "/gate/gate.key", key));
        gate = tlog::Log::open(data() + "/gate/log",
                               tlog::SigningKey::parse(key.secret_text()).value())
                   .value();
        for (int i = 0; i < 300; ++i) EXPECT_TRUE(gate->append(format("verdict {}", i)));
        EXPECT_TRUE(gate->publish());
        EXPECT_TRUE(gate->append("a verdict that no checkpoint holds yet"));
        EXPECT_TRUE(desk.log->append("seal"));
        EXPECT_TRUE(desk.log->publish());
        EXPECT_TRUE(records::AlertStore::open(alerts_path(data() + "/watch")));
        EXPECT_TRUE(records::AccountStore::open(data() + "/accounts.sqlite")
                        .value()
                        ->put(records::Account{"alice", "$argon2id$x", 1, UnixMillis{}, false}));
    }
    std::string data() const { return desk.folder; }
    std::string beside(std::string_view name) const {
        return desk.folder + "-" + std::string{name};
    }
    ~BackupTest() override {
        for (const char* name : {"b", "b.part", "b2", "new", "new2"}) fs::remove_all(beside(name));
    }
    BackupRequest request() const {
        return {.data = data(),
                .ledger = {},
                .with_ledger = true,
                .settings = {},
                .target = beside("b"),
                .passphrase = {},
                .version = "1",
                .now = from_unix_seconds(1'800'000'000),
                .step = {},
                .cancel = nullptr};
    }
    RestoreRequest restore(std::string passphrase = {}) const {
        return {.path = beside("b"),
                .directory = beside("new"),
                .passphrase = std::move(passphrase),
                .now = from_unix_seconds(1'800'000'100),
                .step = {}};
    }

    TestCaseDesk desk;
    std::unique_ptr<tlog::Log> gate;
};

TEST_F(BackupTest, comes_back_whole_in_an_empty_directory_and_marks_the_gate) {
    const auto made = make_backup(request());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_FALSE(fs::exists(beside("b.part")));
    EXPECT_EQ(fs::status(beside("b")).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    const auto verified = verify_backup(beside("b"), {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->sha256, made->sha256);
    for (const BackupPart& each : made->parts)
        if (each.kind == "ledger") {
            EXPECT_EQ(each.version, 2);
        }
    // Secrets are named, and are not in it.
    std::vector<std::string> left = made->left_out;
    std::sort(left.begin(), left.end());
    EXPECT_EQ(left, (std::vector<std::string>{"accounts.sqlite", "gate/gate.key"}));

    const auto restored = restore_backup(restore());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_FALSE(fs::exists(beside("new") + "/gate/gate.key"));
    EXPECT_FALSE(fs::exists(beside("new") + "/accounts.sqlite"));
    const auto check = tlog::verify_log(beside("new") + "/gate/log", {});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ(check->entries, 300U);
    EXPECT_EQ(check->beyond, 1U);
    const auto mark = guard::read_restored(beside("new") + "/gate");
    ASSERT_TRUE(mark && *mark);
    EXPECT_EQ((*mark)->entries, 301U);
    EXPECT_EQ((*mark)->backup, made->sha256);
    EXPECT_FALSE(fs::exists(beside("new") + "/restored"));  // The server's own log is no gate.
    EXPECT_TRUE(ledger::open_reader(beside("new") + "/ledger"));
    EXPECT_EQ(records::store_file(alerts_path(beside("new") + "/watch"))->kind, "alerts");
}

TEST_F(BackupTest, takes_secrets_only_under_a_passphrase_and_gives_them_only_for_it) {
    BackupRequest with = request();
    with.passphrase = "correct horse";
    ASSERT_TRUE(make_backup(with));
    EXPECT_EQ(restore_backup(restore("wrong")).error().code, ErrorCode::kPermission);
    EXPECT_FALSE(fs::exists(beside("new")));
    EXPECT_FALSE(fs::exists(beside("new.part")));
    const auto restored = restore_backup(restore("correct horse"));
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_TRUE(tlog::read_key_file(beside("new") + "/gate/gate.key"));  // 0600, or it is refused.
    EXPECT_TRUE(records::AccountStore::open(beside("new") + "/accounts.sqlite")
                    .value()
                    ->account("alice")
                    .value());
    // The passphrase's content is nowhere in clear.
    std::ifstream in{beside("b"), std::ios::binary};
    const std::string all{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_EQ(all.find("PRIVATE+KEY"), std::string::npos);
}

TEST_F(BackupTest, never_writes_over_anything) {
    ASSERT_TRUE(make_backup(request()));
    EXPECT_EQ(make_backup(request()).error().code, ErrorCode::kConflict);
    fs::create_directory(beside("new"));
    { std::ofstream{beside("new") + "/file"} << "x"; }
    EXPECT_EQ(restore_backup(restore()).error().code, ErrorCode::kConflict);
    fs::remove(beside("new") + "/file");
    EXPECT_TRUE(restore_backup(restore()));
    BackupRequest inside = request();
    inside.target = data() + "/b";
    EXPECT_EQ(make_backup(inside).error().code, ErrorCode::kConflict);
}

TEST_F(BackupTest, a_changed_byte_anywhere_is_found_and_nothing_is_restored_from_it) {
    ASSERT_TRUE(make_backup(request()));
    std::ifstream in{beside("b"), std::ios::binary};
    const std::string good{std::istreambuf_iterator<char>{in}, {}};
    unsigned tried = 0;
    for (std::size_t at = 40; at < good.size(); at += good.size() / 60 + 1) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        std::ofstream{beside("b"), std::ios::binary | std::ios::trunc} << bad;
        const auto verified = verify_backup(beside("b"), {});
        if (verified) {
            // What ZIP has twice or does not need: everything that was backed up is as it was.
            EXPECT_TRUE(restore_backup(restore())) << at;
            fs::remove_all(beside("new"));
            continue;
        }
        ++tried;
        EXPECT_FALSE(restore_backup(restore())) << at;
        EXPECT_FALSE(fs::exists(beside("new"))) << at;
    }
    EXPECT_GT(tried, 30U);
    std::ofstream{beside("b"), std::ios::binary | std::ios::trunc}
        << good.substr(0, good.size() / 2);
    EXPECT_EQ(verify_backup(beside("b"), {}).error().code, ErrorCode::kMalformed);
}

TEST_F(BackupTest, one_that_is_interrupted_leaves_nothing_half) {
    std::atomic<bool> cancel{false};
    BackupRequest stopped = request();
    stopped.cancel = &cancel;
    stopped.step = [&](std::string_view, double share) { cancel = share > 0.2; };
    const auto made = make_backup(stopped);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kCancelled);
    EXPECT_FALSE(fs::exists(beside("b")));
    EXPECT_FALSE(fs::exists(beside("b.part")));
    EXPECT_FALSE(fs::exists(beside("b.tmp")));
    // What a killed one left is in nobody's way.
    fs::create_directories(beside("b.part") + "/data/gate");
    { std::ofstream{beside("b.part") + "/data/gate/old"} << "x"; }
    const auto again = make_backup(request());
    ASSERT_TRUE(again) << again.error().message;
    for (const BackupFile& each : again->files) EXPECT_NE(each.name, "data/gate/old");
}

TEST_F(BackupTest, refuses_a_damaged_store_instead_of_keeping_it) {
    gate.reset();
    std::fstream tile{data() + "/gate/log/tile/entries/000",
                      std::ios::in | std::ios::out | std::ios::binary};
    tile.seekp(50);
    tile.put('X');
    tile.close();
    const auto made = make_backup(request());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kCorrupt);
    EXPECT_FALSE(fs::exists(beside("b")));
}

TEST_F(BackupTest, of_what_is_written_to_meanwhile_is_one_state_of_each) {
    std::atomic<bool> is_over{false};
    std::thread writer{[&] {
        for (int i = 0; !is_over; ++i) {
            EXPECT_TRUE(gate->append(format("more {}", i)));
            if (i % 7 == 0) {
                EXPECT_TRUE(gate->publish());
            }
        }
    }};
    for (int i = 0; i < 3; ++i) {
        fs::remove_all(beside("b"));
        fs::remove_all(beside("new"));
        const auto made = make_backup(request());
        EXPECT_TRUE(made) << made.error().message;
        const auto restored = restore_backup(restore());
        EXPECT_TRUE(restored) << restored.error().message;
    }
    is_over = true;
    writer.join();
}

}  // namespace
}  // namespace cordon::engine
