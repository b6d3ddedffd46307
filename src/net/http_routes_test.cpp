// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_routes.hpp"

#include <gtest/gtest.h>

namespace cordon::net {
namespace {

Route route(std::string method, std::string path) {
    return {.method = std::move(method),
            .path = std::move(path),
            .handler = [](const ServerRequest&) { return ServerResponse{}; }};
}

Routes console() {
    return Routes::make({route("GET", "/{file...}"), route("GET", "/api/{rest...}"),
                         route("GET", "/api/cases/{id}"), route("POST", "/api/cases"),
                         route("GET", "/api/cases/new")})
        .value();
}

std::string found(const Routes& routes, std::string_view path, std::string_view method = "GET") {
    const Routes::Found found = routes.find(method, path);
    if (found.route == nullptr) return found.allowed.empty() ? "404" : "405 " + found.allowed;
    std::string out = found.route->path;
    for (const auto& [name, value] : found.params) out += " " + name + "=" + value;
    return out;
}

TEST(Routes, take_the_most_particular_first) {
    const Routes routes = console();
    EXPECT_EQ(found(routes, "/api/cases/new"), "/api/cases/new");
    EXPECT_EQ(found(routes, "/api/cases/7"), "/api/cases/{id} id=7");
    EXPECT_EQ(found(routes, "/api/cases/7/x"), "/api/{rest...} rest=cases/7/x");
    EXPECT_EQ(found(routes, "/cases/7"), "/{file...} file=cases/7");
    EXPECT_EQ(found(routes, "/api/cases/7", "HEAD"), "/api/cases/{id} id=7");
    // Not the rest: the path has a route, with another method.
    EXPECT_EQ(found(routes, "/api/cases"), "405 POST");
    EXPECT_EQ(found(routes, "/api/cases/7", "DELETE"), "405 GET, HEAD");
    EXPECT_EQ(found(routes, "/x", "POST"), "405 GET, HEAD");
}

TEST(Routes, give_the_rest_as_a_path_that_leads_nowhere_else) {
    const Routes routes = console();
    EXPECT_EQ(found(routes, "/"), "/{file...} file=");
    EXPECT_EQ(found(routes, "/api"), "/api/{rest...} rest=");
    EXPECT_EQ(found(routes, "/a/b%20c.js"), "/{file...} file=a/b c.js");
    EXPECT_EQ(found(routes, "/a/"), "/{file...} file=a/");
    EXPECT_EQ(found(routes, "/a/..b/.c"), "/{file...} file=a/..b/.c");
    for (const std::string_view bad : {"",           "a",           "*",
                                       "//",         "//a",         "/a//b",
                                       "/..",        "/a/..",       "/../a",
                                       "/./a",       "/a/.",        "/%2e%2e/a",
                                       "/%2E./a",    "/.%2e",       "/%2e",
                                       "/a%2fb",     "/a%2F..%2Fb", "/a%5cb",
                                       "/a\\b",      "/%00",        "/a%00.js",
                                       "/a%0d%0ab",  "/a%7f",       "/%",
                                       "/%1",        "/%zz",        "/%c0%ae%c0%ae/a",
                                       "/%c0%af",    "/%e0%80%ae",  "/%ff",
                                       "/%ed%a0%80", "/\xff",       "http://x/a"})
        EXPECT_EQ(found(routes, bad), "404") << bad;
}

TEST(Routes, refuse_what_can_never_be_asked_for) {
    EXPECT_FALSE(Routes::make({route("GET", "/{a...}/b")}));
    EXPECT_FALSE(Routes::make({route("HEAD", "/a")}));
    EXPECT_FALSE(Routes::make({route("", "/a")}));
    EXPECT_FALSE(Routes::make({route("GET", "a")}));
    EXPECT_FALSE(Routes::make({route("GET", "")}));
    EXPECT_FALSE(Routes::make({route("GET", "/a"), route("GET", "/a")}));
    EXPECT_FALSE(Routes::make({{.method = "GET", .path = "/a", .handler = nullptr}}));
}

TEST(Query, is_taken_apart_or_refused) {
    const auto query = query_of("a=1&b=x%20y+z%2B&c=&d&&e=f=g&%c3%a9=%E2%82%AC");
    ASSERT_TRUE(query);
    EXPECT_EQ(*query, (std::map<std::string, std::string>{{"a", "1"},
                                                          {"b", "x y z+"},
                                                          {"c", ""},
                                                          {"d", ""},
                                                          {"e", "f=g"},
                                                          {"\xc3\xa9", "\xe2\x82\xac"}}));
    EXPECT_TRUE(query_of("").value().empty());
    EXPECT_TRUE(query_of("&&&").value().empty());
    for (const std::string_view bad :
         {"a=1&a=2", "a=1&%61=2", "a&a", "=1", "a=%", "a=%f", "a=%zz", "%=1", "a=%00", "a=%0a",
          "a=%ff", "a=\xc0\x80", "a=%ed%a0%80"}) {
        const auto refused = query_of(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, ErrorCode::kMalformed);
    }
    EXPECT_EQ(query_of(std::string(1 << 20, '+') + "=1").value().begin()->first.size(), 1u << 20);
}

std::string cookie(std::vector<std::pair<std::string, std::string>> headers) {
    const ServerRequest request{
        .method = "GET", .path = "/", .query = "", .headers = std::move(headers)};
    const auto value = cookie_of(request, "cordon");
    return value ? std::string{*value} : "refused";
}

TEST(Cookie, is_found_once_or_refused) {
    EXPECT_EQ(cookie({}), "");
    EXPECT_EQ(cookie({{"Cookie", ""}}), "");
    EXPECT_EQ(cookie({{"cookie", "a=1; cordon=xyz; b=2"}}), "xyz");
    EXPECT_EQ(cookie({{"Cookie", "cordon=a=b"}}), "a=b");
    EXPECT_EQ(cookie({{"Cookie", "a=1"}, {"Cookie", "cordon=1"}}), "1");
    EXPECT_EQ(cookie({{"Cookie", "cordon2=1; xcordon=2; cordon; Cordon=3; =4; ;;"}}), "");
    EXPECT_EQ(cookie({{"Cookie", "a=\"; cordon=1"}}), "1");
    for (const std::string_view bad :
         {"cordon=", "cordon=; cordon=1", "cordon=1; cordon=1", "cordon=\"1\"", "cordon=a b",
          "cordon=a,b", "cordon=a\\", "cordon=1;cordon=2"})
        EXPECT_EQ(cookie({{"Cookie", std::string{bad}}}), "refused") << bad;
    EXPECT_EQ(cookie({{"Cookie", "cordon=1"}, {"Cookie", "cordon=2"}}), "refused");
}

TEST(LastEventId, is_a_number_or_one_that_nobody_has) {
    const auto id = [](std::string text) {
        return last_event_id({.method = "GET",
                              .path = "/",
                              .query = "",
                              .headers = {{"last-event-id", std::move(text)}}});
    };
    EXPECT_EQ(last_event_id({.method = "GET", .path = "/", .query = ""}), std::nullopt);
    EXPECT_EQ(id(""), std::nullopt);
    EXPECT_EQ(id("42"), 42u);
    EXPECT_EQ(id("18446744073709551615"), UINT64_MAX);
    for (const std::string_view bad : {"18446744073709551616", "-1", " 1", "1 ", "0x1", "a", "1,2"})
        EXPECT_EQ(id(std::string{bad}), 0u) << bad;
}

TEST(Routes, prefers_a_fixed_end_of_a_segment) {
    const auto none = [](const ServerRequest&) { return ServerResponse{}; };
    const auto routes = Routes::make({{"GET", "/letters/{key}", none},
                                      {"GET", "/letters/{key}.html", none},
                                      {"GET", "/letters/all", none}});
    ASSERT_TRUE(routes);
    EXPECT_EQ(routes->find("GET", "/letters/a.html").route->path, "/letters/{key}.html");
    EXPECT_EQ(routes->find("GET", "/letters/a.html").params.at("key"), "a");
    EXPECT_EQ(routes->find("GET", "/letters/a.txt").params.at("key"), "a.txt");
    EXPECT_EQ(routes->find("GET", "/letters/.html").params.at("key"), ".html");
    EXPECT_EQ(routes->find("GET", "/letters/all").route->path, "/letters/all");
}

}  // namespace
}  // namespace cordon::net
