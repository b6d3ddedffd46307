// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <fstream>

#include <sys/stat.h>

#include <cordon/base/format.hpp>

#include "account_store.hpp"
#include "alert_store.hpp"
#include "case_store.hpp"
#include "kinds.hpp"
#include "sqlite.hpp"
#include "test_store.hpp"

namespace cordon::records {
namespace {

constexpr std::chrono::milliseconds kWait{1'000};

void run(const std::string& path, const std::string& sql) {
    const auto database = Database::open(path, Database::Mode::kCreate, kWait).value();
    ASSERT_TRUE(good(database->execute(sql.c_str())));
}

/// One file of each kind.
std::map<std::string, std::string> all_kinds(const TempDir& dir) {
    std::map<std::string, std::string> paths;
    for (const std::string kind : {"records", "alerts", "cases", "accounts"})
        paths[kind] = dir.file(kind + ".sqlite");
    EXPECT_TRUE(open_store(paths["records"])->put_labels(std::array{label(1, "one")}));
    EXPECT_TRUE(AlertStore::open(paths["alerts"]));
    EXPECT_TRUE(CaseStore::open(paths["cases"]));
    EXPECT_TRUE(AccountStore::open(paths["accounts"]));
    return paths;
}

TEST(StoreFiles, each_kind_is_known_copied_and_checked) {
    const TempDir dir;
    for (const auto& [kind, path] : all_kinds(dir)) {
        const auto told = store_file(path);
        ASSERT_TRUE(good(told));
        EXPECT_EQ(told->kind, kind);
        EXPECT_EQ(told->version, told->newest);
        const std::string copy = path + ".copy";
        ASSERT_TRUE(good(copy_store_file(path, copy)));
        EXPECT_TRUE(good(verify_store_file(copy)));
        EXPECT_EQ(store_file(copy)->kind, kind);
        struct stat info{};
        ASSERT_EQ(::stat(copy.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 077, 0U) << kind;
        EXPECT_EQ(copy_store_file(path, copy).error().code, ErrorCode::kConflict);
    }
    EXPECT_EQ(open_store(dir.file("records.sqlite.copy"))->counts()->labels, 1U);
}

TEST(StoreFiles, a_newer_one_of_any_kind_is_refused_by_name_and_left_alone) {
    const TempDir dir;
    for (const auto& [kind, path] : all_kinds(dir)) {
        run(path, "PRAGMA user_version=99");
        const auto told = store_file(path);
        ASSERT_FALSE(told);
        EXPECT_EQ(told.error().code, ErrorCode::kUnsupported);
        EXPECT_NE(told.error().message.find(kind), std::string::npos);
        EXPECT_NE(told.error().message.find("99"), std::string::npos);
    }
    const auto expect_refused = [](const auto& opened) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::kUnsupported);
        EXPECT_NE(opened.error().message.find("99"), std::string::npos) << opened.error().message;
    };
    expect_refused(Store::open(dir.file("records.sqlite")));
    expect_refused(AlertStore::open(dir.file("alerts.sqlite")));
    expect_refused(CaseStore::open(dir.file("cases.sqlite")));
    expect_refused(AccountStore::open(dir.file("accounts.sqlite")));
}

TEST(StoreFiles, those_of_other_programs_and_empty_ones_are_none) {
    const TempDir dir;
    run(dir.file("other"), "CREATE TABLE t (x); PRAGMA application_id=7");
    EXPECT_EQ(store_file(dir.file("other")).error().code, ErrorCode::kUnsupported);
    { std::ofstream{dir.file("empty")}; }
    EXPECT_EQ(store_file(dir.file("empty")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(store_file(dir.file("nothing")).error().code, ErrorCode::kNotFound);
}

TEST(StoreFiles, damage_is_found_before_it_is_copied_on) {
    const TempDir dir;
    const std::string path = dir.file("copy");
    {
        auto store = open_store(dir.file());
        for (uint64_t i = 0; i < 2'000; ++i)
            ASSERT_TRUE(store->put_labels(std::array{label(i, format("label {}", i))}));
    }
    ASSERT_TRUE(good(copy_store_file(dir.file(), path)));
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(4096 * 3);
    file << std::string(200, '\xff');
    file.close();
    EXPECT_FALSE(verify_store_file(path));
}

/// The tables that version 1 had, made of what the newest has without what came later.
TEST(StoreFiles, a_migration_keeps_a_copy_of_the_older_file) {
    const TempDir dir;
    const std::string path = dir.file("accounts.sqlite");
    {
        const auto store = AccountStore::open(path).value();
        ASSERT_TRUE(store->put(Account{"alice", "$argon2id$x", 1, UnixMillis{}, false}));
    }
    run(path, "DROP TABLE deed; PRAGMA user_version=1");
    const auto store = AccountStore::open(path);
    ASSERT_TRUE(good(store));
    EXPECT_TRUE((*store)->account("alice").value());
    EXPECT_EQ(store_file(path)->version, kAccountsVersion);
    const std::string kept = path + ".v1";
    ASSERT_EQ(store_file(kept)->version, 1);
    EXPECT_TRUE(good(verify_store_file(kept)));
    struct stat info{};
    ASSERT_EQ(::stat(kept.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0U);
    // And the older program goes on from it: here, this one does so again.
    std::filesystem::rename(kept, dir.file("old.sqlite"));
    EXPECT_TRUE(AccountStore::open(dir.file("old.sqlite")).value()->account("alice").value());
}

}  // namespace
}  // namespace cordon::records
