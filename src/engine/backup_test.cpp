// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "backup.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <thread>

#include <boost/json.hpp>

#include <cordon/guard/restored.hpp>
#include <cordon/records/account_store.hpp>
#include <cordon/records/alert_store.hpp>
#include <cordon/records/files.hpp>
#include <cordon/tlog/key_file.hpp>

#include "alert_desk.hpp"
#include "backup_parts.hpp"
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

    tlog::PublicKey gate_key() const {
        return tlog::read_key_file(data() + "/gate/gate.key").value().public_key();
    }
    /// The backup with other members, as somebody writes it who has no key.
    void rewrite(const std::function<void(std::map<std::string, std::string>&)>& change) const {
        std::map<std::string, std::string> members;
        {
            const auto zip = ZipReader::open(beside("b")).value();
            for (std::size_t i = 0; i < zip->entries().size(); ++i)
                EXPECT_TRUE(zip->read(i, [&](ByteView piece) -> Status {
                    members[zip->entries()[i].name].append(
                        reinterpret_cast<const char*>(piece.data()), piece.size());
                    return {};
                }));
        }
        change(members);
        std::vector<Member> all;
        for (const auto& [name, bytes] : members) all.push_back({name, bytes});
        fs::remove(beside("b"));
        EXPECT_TRUE(write_zip(beside("b"), all));
    }
    /// That nothing is read from it, and why.
    std::string refusal(const BackupTrust& trust = {}) const {
        const auto verified = verify_backup(beside("b"), trust);
        RestoreRequest into = restore();
        into.trust = trust;
        EXPECT_FALSE(restore_backup(into));
        EXPECT_FALSE(fs::exists(beside("new")));
        EXPECT_FALSE(fs::exists(beside("new.part")));
        if (verified) return "it was believed";
        EXPECT_EQ(verified.error().code, ErrorCode::kCorrupt);
        return verified.error().message;
    }

    TestCaseDesk desk;
    std::unique_ptr<tlog::Log> gate;
};

using testing::HasSubstr;

TEST_F(BackupTest, is_signed_by_the_keys_of_its_logs_and_believed_by_whoever_has_one_of_them) {
    const auto made = make_backup(request());
    ASSERT_TRUE(made) << made.error().message;
    // Of the desk's log there is no key beside it: that is told, and stops nothing.
    ASSERT_EQ(made->signers, std::vector{gate_key()});
    ASSERT_EQ(made->unsigned_by.size(), 1U);
    EXPECT_THAT(made->unsigned_by[0], HasSubstr("no gate.key or log.key"));
    const auto verified = verify_backup(beside("b"), {.log_key = gate_key()});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->signers, made->signers);
    RestoreRequest into = restore();
    into.trust.log_key = gate_key();
    EXPECT_TRUE(restore_backup(into));
}

TEST_F(BackupTest, with_a_key_demanded_another_one_and_none_are_refused) {
    ASSERT_TRUE(make_backup(request()));
    const auto other = tlog::SigningKey::generate("cordon-gate", tlog::PublicKey::Kind::kLog);
    EXPECT_THAT(refusal({.log_key = other->public_key()}), HasSubstr("another key made it"));
    // Whoever signs it with a key of his own, in the same name.
    rewrite([&](auto& members) {
        BackupManifest manifest = parse_manifest(members.at("manifest.json")).value();
        manifest.signers = {other->public_key()};
        members["manifest.json"] = format_manifest(manifest);
        manifest = parse_manifest(members["manifest.json"]).value();
        tlog::SignedNote note{manifest_note_text(manifest), {}};
        tlog::sign_note(note, *other);
        members["manifest.note"] = note.format();
    });
    EXPECT_TRUE(verify_backup(beside("b")));
    EXPECT_THAT(refusal({.log_key = gate_key()}), HasSubstr("another key made it"));
    // Whoever takes every trace of a signature out.
    rewrite([&](auto& members) {
        BackupManifest manifest = parse_manifest(members.at("manifest.json")).value();
        manifest.signers.clear();
        members["manifest.json"] = format_manifest(manifest);
        members.erase("manifest.note");
    });
    const auto unsigned_one = verify_backup(beside("b"));
    ASSERT_TRUE(unsigned_one);
    EXPECT_TRUE(unsigned_one->signers.empty());
    EXPECT_THAT(refusal({.log_key = gate_key()}), HasSubstr("is not signed"));
}

TEST_F(BackupTest,
       an_exchanged_manifest_and_a_signature_that_was_taken_out_are_seen_without_a_key) {
    ASSERT_TRUE(make_backup(request()));
    std::string note;
    rewrite([&](auto& members) {
        note = members.at("manifest.note");
        members.erase("manifest.note");
    });
    EXPECT_THAT(refusal(), HasSubstr("manifest.note is missing"));
    rewrite([&](auto& members) {
        members["manifest.note"] = note;
        std::string& text = members.at("manifest.json");
        text.replace(text.find("2027-"), 5, "2026-");
    });
    EXPECT_THAT(refusal(), HasSubstr("was signed for another manifest"));
    EXPECT_THAT(refusal({.log_key = gate_key()}), HasSubstr("was signed for another manifest"));
    // A checkpoint of the log is signed by the same key, and is no signature of a manifest.
    rewrite([&](auto& members) {
        std::string& text = members.at("manifest.json");
        text.replace(text.find("2026-"), 5, "2027-");
        members["manifest.note"] = members.at("data/gate/log/checkpoint");
    });
    EXPECT_THAT(refusal({.log_key = gate_key()}), HasSubstr("was signed for another manifest"));
    rewrite([&](auto& members) { members["manifest.note"] = note; });
    EXPECT_TRUE(verify_backup(beside("b"), {.log_key = gate_key()}));
}

TEST_F(BackupTest, an_old_one_without_signatures_is_read_and_a_newer_one_refused) {
    ASSERT_TRUE(make_backup(request()));
    const auto become = [&](std::string_view version) {
        rewrite([&](auto& members) {
            members.erase("manifest.note");
            auto manifest = boost::json::parse(members.at("manifest.json")).as_object();
            manifest.erase("signed_by");
            manifest["v"] = boost::json::parse(version);
            members["manifest.json"] = boost::json::serialize(manifest) + "\n";
        });
    };
    become("1");
    const auto verified = verify_backup(beside("b"));
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_TRUE(verified->signers.empty());
    EXPECT_TRUE(restore_backup(restore()));
    become("3");
    EXPECT_EQ(verify_backup(beside("b")).error().code, ErrorCode::kUnsupported);
}

TEST_F(BackupTest, secrets_that_only_its_manifest_promises_are_damage) {
    ASSERT_TRUE(make_backup(request()));
    rewrite([&](auto& members) {
        BackupManifest manifest = parse_manifest(members.at("manifest.json")).value();
        manifest.has_secrets = true;
        manifest.signers.clear();
        members["manifest.json"] = format_manifest(manifest);
        members.erase("manifest.note");
    });
    EXPECT_EQ(restore_backup(restore("correct horse")).error().code, ErrorCode::kCorrupt);
}

TEST_F(BackupTest, comes_back_whole_in_an_empty_directory_and_marks_the_gate) {
    const auto made = make_backup(request());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_FALSE(fs::exists(beside("b.part")));
    EXPECT_EQ(fs::status(beside("b")).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    const auto verified = verify_backup(beside("b"));
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_EQ(verified->sha256, made->sha256);
    for (const BackupPart& each : made->parts)
        if (each.kind == "ledger") {
            EXPECT_EQ(each.version, 4);
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
        const auto verified = verify_backup(beside("b"));
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
    EXPECT_EQ(verify_backup(beside("b")).error().code, ErrorCode::kMalformed);
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
