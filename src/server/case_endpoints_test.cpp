// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cordon/engine/test_case_desk.hpp>

#include "test_server.hpp"

namespace cordon::server {
namespace {

using testing::HasSubstr;

class CasesApi : public testing::Test {
protected:
    net::ServerResponse as(Role role, std::string method, const std::string& target,
                           std::string body = {}) {
        return server_.as_token(Roles{}.with(role), std::move(method), target, std::move(body));
    }
    std::string make() {
        const auto made = as(Role::kAnalyst, "POST", "/api/cases",
                             R"({"title":"Theft","items":[{"kind":"trace","ref":"t1"}]})");
        EXPECT_EQ(made.status, 201U) << made.body;
        const std::string id{TestServer::data(made).at("id").as_string()};
        EXPECT_EQ(TestServer::header(made, "Location"), "/api/cases/" + id);
        return "/api/cases/" + id;
    }
    engine::TestCaseDesk world_;
    std::unique_ptr<engine::CaseDesk> cases_ = world_.desk();
    TestServer server_{case_endpoints(*cases_)};
};

TEST_F(CasesApi, goes_from_a_trace_to_letters_and_an_archive) {
    const std::string path = make();
    EXPECT_EQ(as(Role::kAnalyst, "PATCH", path, R"({"summary":"At night."})").status, 200U);
    EXPECT_EQ(
        as(Role::kAnalyst, "POST", path + "/items", R"({"kind":"note","note":"called"})").status,
        200U);
    const auto whole = TestServer::data(as(Role::kViewer, "GET", path));
    EXPECT_EQ(whole.at("items").as_array().size(), 2U);
    EXPECT_EQ(whole.at("history").as_array().size(), 4U);
    const auto letters = TestServer::data(as(Role::kViewer, "GET", path + "/letters"));
    ASSERT_EQ(letters.at("items").as_array().size(), 2U);
    for (const auto& letter : letters.at("items").as_array()) {
        EXPECT_TRUE(letter.at("rows").is_number());
        const std::string one = path + "/letters/" + std::string{letter.at("key").as_string()};
        for (const char* ending : {".html", ".txt", ".csv"})
            EXPECT_EQ(as(Role::kViewer, "GET", one + ending).status, 200U) << one << ending;
    }
    EXPECT_THAT(as(Role::kViewer, "GET", path + "/report.html").body, HasSubstr("At night."));
    EXPECT_EQ(as(Role::kViewer, "GET", path + "/archive.zip").status, 404U);
    EXPECT_EQ(as(Role::kViewer, "POST", path + "/seal").status, 403U);
    const auto sealed = as(Role::kAnalyst, "POST", path + "/seal");
    EXPECT_EQ(TestServer::data(sealed).at("sha256").as_string().size(), 64U);
    const auto zip = as(Role::kViewer, "GET", path + "/archive.zip");
    EXPECT_EQ(zip.type, "application/zip");
    EXPECT_EQ(zip.body.substr(0, 2), "PK");
    EXPECT_EQ(as(Role::kAnalyst, "POST", path + "/items", R"({"kind":"note","note":"x"})").status,
              409U);
    EXPECT_EQ(as(Role::kAnalyst, "DELETE", path + "/items/1").status, 409U);
}

TEST_F(CasesApi, keeps_who_writes_the_letters_and_drafts_one_alone) {
    const std::string path = make();
    const auto changed = as(Role::kAnalyst, "PATCH", path,
                            R"({"sender":{"organisation":"Examplia Ltd","phone":"+1 555 0100"},)"
                            R"("letters_for":["north-exchange"]})");
    ASSERT_EQ(changed.status, 200U) << changed.body;
    const auto whole = TestServer::data(as(Role::kViewer, "GET", path));
    EXPECT_EQ(whole.at("sender").at("organisation").as_string(), "Examplia Ltd");
    EXPECT_EQ(whole.at("sender").at("email").as_string(), "");
    std::string history;
    for (const auto& step : whole.at("history").as_array())
        history += std::string{step.at("what").as_string()} + ",";
    EXPECT_THAT(history, HasSubstr("sender,letters,"));
    const auto letters = TestServer::data(as(Role::kViewer, "GET", path + "/letters"));
    int drafted = 0;
    for (const auto& letter : letters.at("items").as_array()) {
        const bool mine = letter.at("drafted").as_bool();
        drafted += mine ? 1 : 0;
        EXPECT_EQ(mine, letter.at("key").as_string() == "north-exchange");
    }
    EXPECT_EQ(drafted, 1);
    EXPECT_THAT(as(Role::kViewer, "GET", path + "/letters/north-exchange.txt").body,
                HasSubstr("Examplia Ltd"));
    // The others are drafted again when all are asked for.
    EXPECT_EQ(as(Role::kAnalyst, "PATCH", path, R"({"letters_for":[]})").status, 200U);
    const auto all = TestServer::data(as(Role::kViewer, "GET", path + "/letters"));
    for (const auto& letter : all.at("items").as_array())
        EXPECT_TRUE(letter.at("drafted").as_bool());
    for (const char* body :
         {R"({"sender":"x"})", R"({"sender":{"organisation":7}})", R"({"sender":{"bank":"x"}})",
          R"({"letters_for":["../x"]})", R"({"letters_for":"x"})", R"({"letters_for":[""]})"})
        EXPECT_EQ(as(Role::kAnalyst, "PATCH", path, body).status / 100, 4U) << body;
    EXPECT_EQ(as(Role::kViewer, "PATCH", path, R"({"sender":{"name":"x"}})").status, 403U);
    const auto one = as(Role::kAnalyst, "POST", "/api/cases",
                        R"({"items":[{"kind":"trace","ref":"t1"}],"letters_for":["bridge"]})");
    EXPECT_EQ(TestServer::data(one).at("letters_for").as_array().size(), 1U);
}

TEST_F(CasesApi, refuses_what_it_does_not_know) {
    const std::string path = make();
    for (const char* body : {"", "[]", "{}", R"({"items":[{"kind":"bomb"}]})", R"({"items":{}})",
                             R"({"items":[],"by":"x"})", R"({"items":[{"kind":"note"}]})"})
        EXPECT_EQ(as(Role::kAnalyst, "POST", "/api/cases", body).status / 100, 4U) << body;
    EXPECT_EQ(as(Role::kViewer, "GET", "/api/cases/c-00000000").status, 404U);
    EXPECT_EQ(as(Role::kViewer, "GET", path + "/letters/none.html").status, 404U);
    EXPECT_EQ(as(Role::kViewer, "GET", path + "/letters/..%2Fcase.html").status, 404U);
    EXPECT_EQ(as(Role::kAnalyst, "DELETE", path + "/items/9x").status, 404U);
    EXPECT_EQ(as(Role::kAnalyst, "PATCH", path, R"({"state":"sealed"})").status / 100, 4U);
    EXPECT_EQ(as(Role::kViewer, "PATCH", path, R"({"title":"x"})").status, 403U);
}

TEST_F(CasesApi, lists_in_pages) {
    for (int i = 0; i < 3; ++i) make();
    const auto first = TestServer::data(as(Role::kViewer, "GET", "/api/cases?limit=2&state=open"));
    ASSERT_EQ(first.at("items").as_array().size(), 2U);
    const std::string next{first.at("next").as_string()};
    const auto second =
        TestServer::data(as(Role::kViewer, "GET", "/api/cases?limit=2&cursor=" + next));
    EXPECT_EQ(second.at("items").as_array().size(), 1U);
    EXPECT_TRUE(second.at("next").is_null());
    EXPECT_TRUE(TestServer::data(as(Role::kViewer, "GET", "/api/cases?state=sealed"))
                    .at("items")
                    .as_array()
                    .empty());
}

}  // namespace
}  // namespace cordon::server
