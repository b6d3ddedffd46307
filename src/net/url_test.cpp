// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <gmock/gmock.h>

namespace cordon::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, takes_apart_what_people_write) {
    const Url url =
        parse_url("HTTPS://me:p%40ss@Node.Example:8545/v3/0123456789abcdef?k=v#f").value();
    EXPECT_EQ(url.scheme, Scheme::kHttps);
    EXPECT_EQ(url.user_info, "me:p@ss");
    EXPECT_EQ(url.host, "node.example");
    EXPECT_EQ(url.port, 8545);
    EXPECT_EQ(url.target, "/v3/0123456789abcdef?k=v");
    EXPECT_EQ(url.authority(), "node.example:8545");
    EXPECT_TRUE(url.secure());
}

TEST(Url, fills_in_port_and_path) {
    const Url url = parse_url("ws://[::1]").value();
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 80);
    EXPECT_EQ(url.target, "/");
    EXPECT_EQ(url.authority(), "[::1]");
    EXPECT_EQ(parse_url("wss://h?a=b").value().target, "/?a=b");
    EXPECT_EQ(parse_url("wss://h").value().port, 443);
}

TEST(Url, refuses_what_is_none) {
    for (const char* text : {"",
                             "http:",
                             "http://",
                             "ftp://host/",
                             "host:8545",
                             "http://h:0/",
                             "http://h:65536/",
                             "http://h:/",
                             "http://h:x/",
                             "http://[::1/",
                             "http://[1.2.3.4]/",
                             "http://[::1]x/",
                             "http://a b/",
                             "http://h/\r\nX: y",
                             "http://a%0d%0ab@h/",
                             "http://%zz@h/",
                             "http://%4",
                             "http://h\"/",
                             "http://h/\x80",
                             "://h/"})
        EXPECT_EQ(parse_url(text).error().code, ErrorCode::kMalformed) << text;
    EXPECT_FALSE(parse_url("http://h/" + std::string(kMaxUrl, 'a')));
}

TEST(Url, errors_do_not_repeat_the_text) {
    EXPECT_THAT(parse_url("http://user:secret@h:99999/key").error().message,
                Not(HasSubstr("secret")));
}

TEST(Url, is_shown_without_its_secrets) {
    const Url url = parse_url("https://me:password@node.example/v3/0123456789abcdef").value();
    EXPECT_EQ(url.shown(), "https://node.example/…");
    EXPECT_EQ(parse_url("http://127.0.0.1:8545").value().shown(), "http://127.0.0.1:8545");
    EXPECT_EQ(without_secrets("no project 0123456789abcdef\nfor password", url),
              "no project … for …");
    EXPECT_LE(without_secrets(std::string(10'000, 'x'), url).size(), 310U);
}

}  // namespace
}  // namespace cordon::net
