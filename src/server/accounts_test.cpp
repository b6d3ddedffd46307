// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "accounts.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <cordon/crypto/password.hpp>

namespace cordon::server {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPassword = "correct horse battery";
constexpr Roles kAdmin = Roles{}.with(Role::kAdmin);
constexpr Roles kViewer = Roles{}.with(Role::kViewer);

class AccountsTest : public testing::Test {
protected:
    AccountsTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "accounts-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        store_ = records::AccountStore::open(path()).value();
        accounts_ = Accounts::open(*store_).value();
    }
    ~AccountsTest() override { std::filesystem::remove_all(folder_); }
    std::string path() const { return folder_ + "/accounts.sqlite"; }
    ErrorCode login_error(std::string_view name, std::string_view password) {
        const auto session = accounts_->login(name, password, now_);
        EXPECT_FALSE(session);
        return session ? ErrorCode{} : session.error().code;
    }

    std::string folder_;
    std::unique_ptr<records::AccountStore> store_;
    std::unique_ptr<Accounts> accounts_;
    UnixMillis now_ = from_unix_seconds(1'700'000'000);
};

TEST_F(AccountsTest, knows_who_has_the_password) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const auto session = accounts_->login("anna", kPassword, now_);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->cookie.size(), 64U);
    EXPECT_NE(session->cookie, session->csrf);
    EXPECT_EQ(accounts_->session(session->cookie, now_)->caller.name, "anna");
    EXPECT_FALSE(accounts_->session(session->csrf, now_));
    EXPECT_FALSE(accounts_->session("", now_));
    accounts_->logout(session->cookie);
    EXPECT_FALSE(accounts_->session(session->cookie, now_));

    const auto wrong = accounts_->login("anna", "another password", now_);
    const auto unknown = accounts_->login("bert", kPassword, now_);
    EXPECT_EQ(wrong.error().code, ErrorCode::kPermission);
    EXPECT_EQ(wrong.error().message, unknown.error().message);
    ASSERT_TRUE(accounts_->disable("anna"));
    EXPECT_EQ(accounts_->login("anna", kPassword, now_).error().message, wrong.error().message);
    EXPECT_EQ(login_error("", ""), ErrorCode::kPermission);
    EXPECT_EQ(login_error(std::string_view{"an\0na", 5}, kPassword), ErrorCode::kPermission);
}

TEST_F(AccountsTest, hashes_as_often_for_nobody) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    ASSERT_TRUE(accounts_->put("gone", kPassword, kViewer, now_));
    ASSERT_TRUE(accounts_->disable("gone"));
    // As a disk or a hand left it: a digest that is refused at a glance.
    ASSERT_TRUE(
        store_->put({.name = "broken", .password = "$argon2id$", .roles = 1, .made = now_}));
    static_cast<void>(accounts_->login("nobody", "x", now_));  // What the first call alone does.
    for (const std::string& name :
         {std::string{"anna"}, std::string{"gone"}, std::string{"bert"}, std::string{"broken"},
          std::string{}, std::string(5'000, 'x'), std::string("an\0na", 5)}) {
        const uint64_t before = crypto::password_hashes();
        EXPECT_FALSE(accounts_->login(name, "a wrong password", now_));
        EXPECT_EQ(crypto::password_hashes() - before, 1U) << name.substr(0, 9);
    }
    // And who is right takes no other way.
    const uint64_t before = crypto::password_hashes();
    EXPECT_TRUE(accounts_->login("anna", kPassword, now_));
    EXPECT_EQ(crypto::password_hashes() - before, 1U);
}

TEST_F(AccountsTest, ends_sessions_by_time) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const std::string idle = accounts_->login("anna", kPassword, now_)->cookie;
    EXPECT_TRUE(accounts_->session(idle, now_ + 59min));
    EXPECT_TRUE(accounts_->session(idle, now_ + 118min));
    EXPECT_FALSE(accounts_->session(idle, now_ + 178min));
    const std::string busy = accounts_->login("anna", kPassword, now_)->cookie;
    for (auto at = 0min; at < 12h; at += 30min) EXPECT_TRUE(accounts_->session(busy, now_ + at));
    EXPECT_FALSE(accounts_->session(busy, now_ + 12h));
}

TEST_F(AccountsTest, holds_what_is_changed_for_open_sessions) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const auto open = [&] { return accounts_->login("anna", kPassword, now_)->cookie; };
    std::string cookie = open();
    ASSERT_TRUE(accounts_->set_roles("anna", Roles{}.with(Role::kOperator)));
    EXPECT_TRUE(accounts_->session(cookie, now_)->caller.roles.may(Permission::kOperate));
    // Another process: `cordon serve user`.
    auto other_store = records::AccountStore::open(path()).value();
    auto other = Accounts::open(*other_store).value();
    ASSERT_TRUE(other->set_roles("anna", kViewer));
    EXPECT_FALSE(accounts_->session(cookie, now_)->caller.roles.may(Permission::kOperate));
    ASSERT_TRUE(other->disable("anna"));
    EXPECT_FALSE(accounts_->session(cookie, now_));
    ASSERT_TRUE(other->enable("anna"));
    EXPECT_FALSE(accounts_->session(cookie, now_));
    cookie = open();
    ASSERT_TRUE(other->set_password("anna", "another good password"));
    EXPECT_FALSE(accounts_->session(cookie, now_));
    EXPECT_EQ(login_error("anna", kPassword), ErrorCode::kPermission);
}

TEST_F(AccountsTest, knows_who_may_go_on_listening) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const auto session = accounts_->login("anna", kPassword, now_).value();
    const auto token = accounts_->make_token("bot", kViewer, now_ + 3h, now_).value();
    const auto by_token = [&] { return accounts_->listens("Bearer " + token, true, now_); };
    for (int i = 0; i < 5; ++i) {  // Listening is use.
        now_ += 30min;
        EXPECT_EQ(accounts_->listens(session.cookie, false, now_), kViewer);
        EXPECT_EQ(by_token(), kViewer);
    }
    EXPECT_FALSE(accounts_->listens(session.cookie, true, now_));
    EXPECT_FALSE(accounts_->listens(token, false, now_));
    now_ += 30min;
    EXPECT_FALSE(by_token());  // It has expired.
    ASSERT_TRUE(accounts_->disable("anna"));
    EXPECT_FALSE(accounts_->listens(session.cookie, false, now_));

    // What another process does holds after a second at most.
    const auto other = accounts_->make_token("other", kViewer, {}, now_).value();
    EXPECT_TRUE(accounts_->listens("Bearer " + other, true, now_));
    ASSERT_TRUE(records::AccountStore::open(path()).value()->remove_token("other"));
    std::this_thread::sleep_for(1100ms);
    EXPECT_FALSE(accounts_->listens("Bearer " + other, true, now_));

    const auto link = accounts_->enter(accounts_->make_entry({"x", kViewer}, now_), now_).value();
    for (int i = 0; i < 47; ++i) {
        now_ += 15min;
        EXPECT_TRUE(accounts_->listens(link.cookie, false, now_));
    }
    now_ += 15min;  // Twelve hours: nothing goes on for longer.
    EXPECT_FALSE(accounts_->listens(link.cookie, false, now_));
}

TEST_F(AccountsTest, keeps_its_last_admin) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kAdmin.with(Role::kViewer), now_));
    EXPECT_EQ(accounts_->disable("anna").error().code, ErrorCode::kPermission);
    EXPECT_EQ(accounts_->set_roles("anna", kViewer).error().code, ErrorCode::kPermission);
    EXPECT_TRUE(accounts_->set_roles("anna", kAdmin));
    ASSERT_TRUE(accounts_->put("bert", kPassword, kAdmin, now_));
    EXPECT_TRUE(accounts_->disable("anna"));
    EXPECT_EQ(accounts_->disable("bert").error().code, ErrorCode::kPermission);
    EXPECT_EQ(accounts_->disable("carl").error().code, ErrorCode::kNotFound);
}

TEST_F(AccountsTest, refuses_bad_accounts) {
    const auto refused = [&](std::string_view name, std::string_view password, Roles roles) {
        const Status status = accounts_->put(name, password, roles, now_);
        EXPECT_FALSE(status) << name;
        return status ? ErrorCode{} : status.error().code;
    };
    EXPECT_EQ(refused("", kPassword, kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused("a b", kPassword, kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused("a\nb", kPassword, kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused(std::string(65, 'a'), kPassword, kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused("anna", "eleven char", kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused("anna", "ääääääääää", kViewer), ErrorCode::kInvalidParam);  // 10, not 20.
    EXPECT_EQ(refused("anna", std::string(1025, 'a'), kViewer), ErrorCode::kInvalidParam);
    EXPECT_EQ(refused("anna", kPassword, Roles{}), ErrorCode::kInvalidParam);
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    EXPECT_EQ(refused("anna", kPassword, kAdmin), ErrorCode::kDuplicate);
    EXPECT_EQ(accounts_->accounts()->size(), 1U);
}

TEST_F(AccountsTest, knows_tokens) {
    const std::string secret = accounts_->make_token("bot", kViewer, now_ + 1h, now_).value();
    EXPECT_EQ(secret.size(), 64U);
    EXPECT_EQ(accounts_->bearer("Bearer " + secret, now_)->name, "bot");
    EXPECT_TRUE(accounts_->bearer("bEARER " + secret, now_)->by_token);
    for (const std::string& bad : {secret, "Basic " + secret, "Bearer " + secret + " ",
                                   "Bearer  " + secret, std::string{"Bearer "}, std::string{}})
        EXPECT_FALSE(accounts_->bearer(bad, now_)) << bad;
    EXPECT_FALSE(accounts_->bearer("Bearer " + secret, now_ + 1h));
    EXPECT_EQ(accounts_->make_token("bot", kViewer, {}, now_).error().code, ErrorCode::kDuplicate);
    EXPECT_EQ(accounts_->make_token("old", kViewer, now_, now_).error().code,
              ErrorCode::kInvalidParam);
    ASSERT_TRUE(accounts_->revoke_token("bot"));
    EXPECT_FALSE(accounts_->bearer("Bearer " + secret, now_));
    EXPECT_EQ(accounts_->revoke_token("bot").error().code, ErrorCode::kNotFound);
}

TEST_F(AccountsTest, opens_by_a_link_once) {
    const Caller caller{.name = "first", .roles = kAdmin};
    const std::string word = accounts_->make_entry(caller, now_);
    const auto session = accounts_->enter(word, now_);
    ASSERT_TRUE(session);
    EXPECT_TRUE(accounts_->session(session->cookie, now_)->caller.roles.has(Role::kAdmin));
    EXPECT_EQ(accounts_->enter(word, now_).error().code, ErrorCode::kPermission);
    const std::string late = accounts_->make_entry(caller, now_);
    EXPECT_EQ(accounts_->enter(late, now_ + 10min).error().code, ErrorCode::kPermission);
    EXPECT_EQ(accounts_->enter("", now_).error().code, ErrorCode::kPermission);
}

TEST_F(AccountsTest, bounds_sessions_of_one_person) {
    const Caller caller{.name = "first", .roles = kAdmin};
    std::vector<std::string> cookies;
    for (int i = 0; i < 40; ++i)
        cookies.push_back(
            accounts_->enter(accounts_->make_entry(caller, now_), now_ + std::chrono::seconds{i})
                ->cookie);
    EXPECT_EQ(accounts_->sessions(), 32U);
    EXPECT_FALSE(accounts_->session(cookies.front(), now_ + 1min));
    EXPECT_TRUE(accounts_->session(cookies.back(), now_ + 1min));
}

TEST_F(AccountsTest, never_keeps_a_secret) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const std::string token = accounts_->make_token("bot", kViewer, {}, now_).value();
    accounts_.reset();
    store_.reset();
    for (const auto& file : std::filesystem::directory_iterator{folder_}) {
        std::ifstream in{file.path(), std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
        EXPECT_EQ(bytes.find(kPassword), std::string::npos) << file.path();
        EXPECT_EQ(bytes.find(token), std::string::npos) << file.path();
        struct stat status{};
        ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << file.path();
    }
}

TEST_F(AccountsTest, serves_many_at_once) {
    ASSERT_TRUE(accounts_->put("anna", kPassword, kViewer, now_));
    const std::string token = accounts_->make_token("bot", kViewer, {}, now_).value();
    std::atomic<int> busy{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&, i] {
            for (int k = 0; k < 50; ++k) EXPECT_TRUE(accounts_->bearer("Bearer " + token, now_));
            if (i % 2 != 0) return;
            const auto session = accounts_->login("anna", kPassword, now_);
            if (session)
                EXPECT_TRUE(accounts_->session(session->cookie, now_));
            else
                busy += session.error().code == ErrorCode::kUnavailable ? 1 : 100;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_LT(busy, 100);
}

}  // namespace
}  // namespace cordon::server
