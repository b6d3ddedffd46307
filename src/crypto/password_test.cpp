// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "password.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cordon::crypto {
namespace {

TEST(Password, is_known_by_its_digest) {
    const std::string digest = password_digest("a password").value();
    EXPECT_TRUE(digest.starts_with("$argon2id$v=19$m=65536,t=2,p=1$")) << digest;
    EXPECT_NE(digest, password_digest("a password").value());  // Another salt.
    EXPECT_TRUE(is_password("a password", digest).value());
    EXPECT_FALSE(is_password("A password", digest).value());
    EXPECT_FALSE(is_password("", digest).value());
    EXPECT_FALSE(is_password(std::string_view{"a password\0", 11}, digest).value());
}

TEST(Password, of_a_broken_digest_is_nobodys) {
    const std::string digest = password_digest("a password").value();
    for (const std::string& broken :
         {std::string{}, digest.substr(0, 40), std::string(4096, '$'),
          std::string{
              "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA"}})  // A cheap one is no bargain.
        EXPECT_FALSE(is_password("a password", broken).value()) << broken;
    EXPECT_FALSE(is_password("\xff", "").value());
}

TEST(Password, bounds_how_many_wait) {
    const std::string digest = password_digest("a password").value();
    std::atomic<int> right{0}, turned_away{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 24; ++i)
        threads.emplace_back([&] {
            const auto is_right = is_password("a password", digest);
            if (is_right && *is_right) ++right;
            if (!is_right && is_right.error().code == ErrorCode::kUnavailable) ++turned_away;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right + turned_away, 24);
    EXPECT_GE(right, 16);
}

}  // namespace
}  // namespace cordon::crypto
