// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The small parts of the dispatcher.
#include <gmock/gmock.h>

#include <array>

#include <cordon/net/listen.hpp>

#include "console_files.hpp"
#include "encoding.hpp"
#include "query.hpp"
#include "rate_limit.hpp"

namespace cordon::server {
namespace {

using namespace std::chrono_literals;

TEST(Encoding, picks_by_weight) {
    EXPECT_EQ(pick_coding(""), Coding::kNone);
    EXPECT_EQ(pick_coding("gzip"), Coding::kGzip);
    EXPECT_EQ(pick_coding("gzip, deflate, br, zstd"), Coding::kZstd);
    EXPECT_EQ(pick_coding("gzip;q=1.0, zstd;q=0.5"), Coding::kGzip);
    EXPECT_EQ(pick_coding("gzip;q=0, zstd ; q=0"), Coding::kNone);
    EXPECT_EQ(pick_coding("*"), Coding::kZstd);
    EXPECT_EQ(pick_coding("*;q=0, gzip"), Coding::kGzip);
    EXPECT_EQ(pick_coding("identity, gzip;q=nan"), Coding::kNone);
    EXPECT_EQ(pick_coding("gzip;q=2"), Coding::kNone);
    EXPECT_EQ(pick_coding(",,;;,=;q=,"), Coding::kNone);
    EXPECT_FALSE(accepts("br", "gzip"));
}

TEST(Encoding, comes_back) {
    const std::string text(100'000, 'a');
    EXPECT_LT(zstd(text).size(), 100U);
    EXPECT_EQ(gunzip(gzip(text)), text);
    EXPECT_EQ(gunzip(gzip("")), "");
    EXPECT_EQ(gunzip("no gzip"), "");
    EXPECT_EQ(gunzip(gzip(text).substr(0, 50)), "");
}

TEST(Encoding, names_content) {
    EXPECT_EQ(content_name(""), "e3b0c44298fc1c149afbf4c8996fb924");
    EXPECT_EQ(etag("ab", Coding::kZstd), "\"ab-zstd\"");
    EXPECT_TRUE(has_etag("\"x\" , W/\"ab-gzip\"", "ab"));
    for (const char* header : {"", "ab", "\"abc\"", "\"", "W/", "\"a\"b\"", ","})
        EXPECT_FALSE(has_etag(header, "ab")) << header;
}

TEST(Encoding, mends_utf8) {
    EXPECT_EQ(as_utf8("grün"), "grün");
    EXPECT_EQ(as_utf8(""), "");
    EXPECT_EQ(as_utf8("\xff"
                      "a\xc3"),
              "\xef\xbf\xbd"
              "a\xef\xbf\xbd");
    EXPECT_EQ(as_utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // A surrogate.
}

TEST(RateLimit, refills_with_time) {
    RateLimit limit{2, 3};
    UnixMillis now{};
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(limit.take("a", now));
    EXPECT_EQ(limit.take("a", now), 1s);
    EXPECT_FALSE(limit.take("b", now));
    EXPECT_FALSE(limit.take("a", now + 500ms));
    EXPECT_TRUE(limit.take("a", now + 500ms));
    EXPECT_TRUE(limit.take("a", now));  // A clock that goes back gives nothing.
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(limit.take("a", now + 1h));
    EXPECT_TRUE(limit.take("a", now + 1h));
}

TEST(RateLimit, has_a_bound_on_keys) {
    RateLimit limit{0.001, 2};
    for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(limit.take(std::to_string(i), UnixMillis{}));
    int passed = 0;  // The rest share one.
    for (int i = 10'000; i < 10'100; ++i) passed += !limit.take(std::to_string(i), UnixMillis{});
    EXPECT_EQ(passed, 2);
    EXPECT_FALSE(limit.take("new", UnixMillis{} + 1h));  // All are full again, and forgotten.
}

TEST(RateLimit, counts_a_network_of_one_host) {
    EXPECT_EQ(net::limit_key("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(net::limit_key("2001:db8::1"), net::limit_key("2001:db8::ffff:2"));
    EXPECT_NE(net::limit_key("2001:db8::1"), net::limit_key("2001:db8:0:1::1"));
    EXPECT_EQ(net::limit_key(""), "");
}

TEST(Query, reads_forms) {
    const std::vector<Parameter> known{{"q", Schema::text(9), ""},
                                       {"n", Schema::integer(0, 9), "", true}};
    const auto read = read_query("q=a%2Bb+c&n=7", known);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at("q"), "a+b c");
    EXPECT_EQ(read_query("q=a", known).error().message, "/n: is required, found nothing");
    EXPECT_TRUE(read_query("n=1&q", known));
    for (const char* bad : {"n=1&n=2", "n=1&x=1", "n=1&q=%g0", "n=1&q=%f", "n=1&%71=1&q=2"})
        EXPECT_FALSE(read_query(bad, known)) << bad;
}

class ConsoleTest : public testing::Test {
protected:
    net::ServerResponse get(std::string path,
                            std::vector<std::pair<std::string, std::string>> headers = {}) {
        return console_answer(
            files_,
            {.method = "GET", .path = std::move(path), .query = {}, .headers = std::move(headers)});
    }
    static std::string header(const net::ServerResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers)
            if (key == name) return value;
        return {};
    }
    const std::string page_ = gzip("<!doctype html>console"), script_ = gzip("script()");
    const std::array<ConsoleFile, 2> files_{
        {{"/assets/index-1a2b3c4d.js", script_, "0011"}, {"/index.html", page_, "2233"}}};
};

TEST_F(ConsoleTest, serves_files_and_its_own_addresses) {
    for (const char* path : {"/", "/index.html", "/watch", "/traces/1/2", "/address/0xabc"})
        EXPECT_EQ(get(path).body, "<!doctype html>console") << path;
    EXPECT_EQ(header(get("/watch"), "Cache-Control"), "no-cache");
    EXPECT_EQ(get("/watch").type, "text/html; charset=utf-8");
    EXPECT_THAT(header(get("/watch"), "Content-Security-Policy"), testing::HasSubstr("'self'"));
    const auto script = get("/assets/index-1a2b3c4d.js", {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(script.body, script_);
    EXPECT_EQ(header(script, "Content-Encoding"), "gzip");
    EXPECT_THAT(header(script, "Cache-Control"), testing::HasSubstr("immutable"));
    EXPECT_EQ(header(script, "ETag"), "\"0011-gzip\"");
    EXPECT_EQ(get("/watch", {{"If-None-Match", "\"2233-gzip\""}}).status, 304U);
    EXPECT_EQ(get("/watch", {{"Accept-Encoding", "gzip;q=0"}}).body, "<!doctype html>console");
}

TEST_F(ConsoleTest, has_nothing_else) {
    for (const char* path : {"/assets/other.js", "/favicon.ico", "/../etc/passwd.txt",
                             "/%2e%2e/index.html", "/assets/", "/.env"})
        EXPECT_EQ(get(path).status, 404U) << path;
}

TEST_F(ConsoleTest, says_when_it_is_not_there) {
    const auto page = console_answer({}, {.method = "GET", .path = "/watch", .query = {}});
    EXPECT_EQ(page.status, 200U);
    EXPECT_THAT(page.body, testing::HasSubstr("built without its console"));
    EXPECT_EQ(console_answer({}, {.method = "GET", .path = "/a.js", .query = {}}).status, 404U);
}

TEST_F(ConsoleTest, what_was_built_in_is_whole) {
    for (const ConsoleFile& file : console_files())
        EXPECT_EQ(content_name(gunzip(file.gzip)), file.name) << file.path;
}

}  // namespace
}  // namespace cordon::server
