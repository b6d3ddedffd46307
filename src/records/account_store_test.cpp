// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_store.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "alert_store.hpp"
#include "sqlite.hpp"

namespace cordon::records {
namespace {

class AccountStoreTest : public testing::Test {
protected:
    AccountStoreTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    ~AccountStoreTest() override { std::filesystem::remove_all(folder_); }
    std::string path() const { return folder_ + "/accounts.sqlite"; }
    std::string folder_;
};

Account anna() {
    return {.name = "anna", .password = "$argon2id$x", .roles = 5, .made = from_unix_seconds(9)};
}

TEST_F(AccountStoreTest, gives_back_what_was_put) {
    AccessToken bot{
        .name = "bot", .digest = {}, .roles = 1, .made = from_unix_seconds(7), .expires = {}};
    bot.digest.bytes.fill(3);
    AccessToken late = bot;
    late.name = "a late 'one'";
    late.digest.bytes.fill(4);
    late.expires = from_unix_seconds(8);
    {
        const auto store = AccountStore::open(path()).value();
        ASSERT_TRUE(store->put(anna()));
        ASSERT_TRUE(store->put(bot));
        ASSERT_TRUE(store->put(late));
    }
    const auto store = AccountStore::open(path()).value();
    EXPECT_EQ(store->account("anna").value(), anna());
    EXPECT_EQ(store->account("bert").value(), std::nullopt);
    EXPECT_EQ(store->tokens().value(), (std::vector{late, bot}));
    ASSERT_TRUE(store->remove_token("bot"));
    EXPECT_EQ(store->remove_token("bot").error().code, ErrorCode::kNotFound);
    Account other = anna();
    other.disabled = true;
    ASSERT_TRUE(store->put(other));
    EXPECT_EQ(store->accounts().value(), std::vector{other});
    EXPECT_EQ(store->put(Account{}).error().code, ErrorCode::kInvalidParam);
}

TEST_F(AccountStoreTest, keeps_a_change_with_its_deed_or_neither) {
    const auto store = AccountStore::open(path()).value();
    const AccountDeed deed{
        .time = from_unix_seconds(3), .who = "root", .what = "user add", .target = "anna"};
    ASSERT_TRUE(store->change(deed, [&] { return store->put(anna()); }));
    Account other = anna();
    other.roles = 1;
    EXPECT_EQ(store
                  ->change(deed,
                           [&]() -> Status {
                               CORDON_TRY(store->put(other));
                               return fail(ErrorCode::kPermission, "no");
                           })
                  .error()
                  .code,
              ErrorCode::kPermission);
    EXPECT_EQ(store->account("anna").value(), anna());
    const auto other_process = AccountStore::open(path()).value();
    const auto deeds = other_process->deeds().value();
    ASSERT_EQ(deeds.size(), 1U);
    EXPECT_EQ(deeds[0].target, "anna");
    EXPECT_EQ(deeds[0].time, deed.time);
    ASSERT_TRUE(other_process->end_deed(deeds[0].number));
    EXPECT_TRUE(store->deeds().value().empty());
    ASSERT_TRUE(store->change(deed, [] { return Status{}; }));
    EXPECT_GT(store->deeds().value()[0].number, deeds[0].number);  // Never the same twice.
}

TEST_F(AccountStoreTest, takes_up_a_file_of_version1) {
    {
        const auto store = AccountStore::open(path()).value();
        ASSERT_TRUE(store->put(anna()));
    }
    {
        const auto database = Database::open(path(), Database::Mode::kCreate, {}).value();
        ASSERT_TRUE(database->execute("DROP TABLE deed; PRAGMA user_version=1"));
    }
    const auto store = AccountStore::open(path()).value();
    EXPECT_EQ(store->account("anna").value(), anna());
    EXPECT_TRUE(store->deeds().value().empty());
}

TEST_F(AccountStoreTest, notices_others) {
    const auto one = AccountStore::open(path()).value();
    const auto two = AccountStore::open(path()).value();
    const int64_t before = one->version().value();
    EXPECT_EQ(one->version().value(), before);
    ASSERT_TRUE(two->put(anna()));
    EXPECT_NE(one->version().value(), before);
}

TEST_F(AccountStoreTest, is_for_its_owner_alone) {
    const mode_t before = ::umask(0);
    ASSERT_TRUE(AccountStore::open(path()).value()->put(anna()));
    ::umask(before);
    struct stat status{};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
    EXPECT_EQ(AccountStore::open(path()).error().code, ErrorCode::kPermission);
}

TEST_F(AccountStoreTest, leaves_other_files_alone) {
    ASSERT_TRUE(AlertStore::open(path()));
    ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
    EXPECT_EQ(AccountStore::open(path()).error().code, ErrorCode::kUnsupported);
    const std::string text = folder_ + "/text";
    std::ofstream{text} << std::string(5000, 'x');
    ASSERT_EQ(::chmod(text.c_str(), 0600), 0);
    EXPECT_FALSE(AccountStore::open(text));
    EXPECT_FALSE(AccountStore::open(folder_ + "/no/such"));
}

}  // namespace
}  // namespace cordon::records
