// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "remembered_answers.hpp"

#include <gtest/gtest.h>

#include "test_server.hpp"

namespace cordon::server {
namespace {

RememberedAnswers::Text text_of(std::size_t size) {
    return std::make_shared<const std::string>(size, 'x');
}

TEST(RememberedAnswers, gives_what_was_made_of_the_same_version) {
    RememberedAnswers answers;
    EXPECT_EQ(answers.find("a", "1"), nullptr);
    const auto text = text_of(10);
    answers.keep("a", "1", text);
    EXPECT_EQ(answers.find("a", "1"), text);
    EXPECT_EQ(answers.find("b", "1"), nullptr);
    EXPECT_EQ(answers.find("a", "2"), nullptr);
    const auto next = text_of(20);
    answers.keep("a", "2", next);
    EXPECT_EQ(answers.find("a", "2"), next);
    EXPECT_EQ(answers.find("a", "1"), nullptr);
}

TEST(RememberedAnswers, is_bounded_and_forgets_what_nobody_asks_for) {
    RememberedAnswers answers{10'000};
    answers.keep("used", "1", text_of(1'000));
    for (int i = 0; i < 100; ++i) {
        answers.keep("other " + std::to_string(i), "1", text_of(1'000));
        ASSERT_TRUE(answers.find("used", "1"));
        ASSERT_LE(answers.bytes(), 10'000u);
    }
    EXPECT_EQ(answers.find("other 0", "1"), nullptr);
    EXPECT_TRUE(answers.find("other 99", "1"));
    // One that is larger than all that may be kept takes everything along and is not kept.
    answers.keep("large", "1", text_of(20'000));
    EXPECT_EQ(answers.find("large", "1"), nullptr);
    EXPECT_EQ(answers.bytes(), 0u);
}

/// An answer that counts how often it was made.
struct Counted {
    int version = 1, made = 0;
    bool is_broken = false;
    TestServer server{endpoints()};

    std::vector<Endpoint> endpoints() {
        Endpoint one{.method = "GET",
                     .path = "/api/counted/{id}",
                     .id = "getCounted",
                     .tag = "system",
                     .summary = "Tries.",
                     .kind = "counted",
                     .query = {{"q", Schema::text(20), ""}},
                     .cacheable = true};
        one.version = [this]() -> Result<std::string> {
            if (is_broken) return fail(ErrorCode::kIo, "no version");
            return std::to_string(version);
        };
        one.handler = [this](const Call& call) -> Result<Answer> {
            ++made;
            if (call.path.at("id") == "none") return fail(ErrorCode::kNotFound, "nothing");
            return Data{
                .data = boost::json::object{{"made", made}, {"text", std::string(5'000, 'x')}},
                .warnings = {"careful"},
                .incomplete = true};
        };
        return {one};
    }
    net::ServerResponse get(const std::string& target, std::string_view etag = {}) {
        auto asked = server.with_token(Roles{}.with(Role::kViewer), server.request("GET", target));
        asked.headers.emplace_back("Accept-Encoding", "gzip");
        if (!etag.empty()) asked.headers.emplace_back("If-None-Match", etag);
        return server.send(std::move(asked));
    }
};

TEST(RememberedAnswers, are_made_anew_when_something_changed_and_not_before) {
    Counted counted;
    const auto first = counted.get("/api/counted/a");
    const auto again = counted.get("/api/counted/a");
    EXPECT_EQ(counted.made, 1);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(first.headers, again.headers);
    EXPECT_EQ(TestServer::header(first, "Content-Encoding"), "gzip");
    EXPECT_EQ(TestServer::header(first, "Cache-Control"), "private, no-cache");
    EXPECT_EQ(TestServer::header(first, "Content-Disposition"), "");
    const std::string etag = TestServer::header(first, "ETag");
    EXPECT_EQ(counted.get("/api/counted/a", etag).status, 304U);
    EXPECT_EQ(counted.made, 1);
    static_cast<void>(counted.get("/api/counted/a?q=1"));
    static_cast<void>(counted.get("/api/counted/b"));
    EXPECT_EQ(counted.made, 3);
    counted.version = 2;
    const auto later = counted.get("/api/counted/a", etag);
    EXPECT_EQ(later.status, 200U);
    EXPECT_NE(TestServer::header(later, "ETag"), etag);
    EXPECT_EQ(counted.made, 4);
}

TEST(RememberedAnswers, say_all_that_the_first_said) {
    Counted counted;
    for (int i = 0; i < 2; ++i) {
        const auto plain =
            counted.server.as_token(Roles{}.with(Role::kViewer), "GET", "/api/counted/a");
        const boost::json::value body = TestServer::json(plain);
        EXPECT_EQ(plain.type, "application/json");
        EXPECT_EQ(body.at("kind").as_string(), "counted");
        EXPECT_EQ(body.at("data").at("made").as_int64(), 1);
        EXPECT_EQ(body.at("warnings").at(0).as_string(), "careful");
        EXPECT_TRUE(body.at("incomplete").as_bool());
    }
}

TEST(RememberedAnswers, are_for_those_alone_who_may_ask) {
    Counted counted;
    EXPECT_EQ(counted.get("/api/counted/a").status, 200U);
    EXPECT_EQ(counted.server.send(counted.server.request("GET", "/api/counted/a")).status, 401U);
}

TEST(RememberedAnswers, are_no_errors_and_never_stand_in_for_what_cannot_be_read) {
    Counted counted;
    EXPECT_EQ(counted.get("/api/counted/none").status, 404U);
    EXPECT_EQ(counted.get("/api/counted/none").status, 404U);
    EXPECT_EQ(counted.made, 2);
    EXPECT_EQ(counted.get("/api/counted/a").status, 200U);
    counted.is_broken = true;
    EXPECT_GE(counted.get("/api/counted/a").status, 500U);
}

}  // namespace
}  // namespace cordon::server
