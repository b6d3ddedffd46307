// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cordon/engine/alert_book.hpp>
#include <cordon/engine/case_desk.hpp>
#include <cordon/engine/watch_state.hpp>

#include "test_server.hpp"
#include "test_theft.hpp"

namespace cordon::server {
namespace {

constexpr Roles kViewer = Roles{}.with(Role::kViewer);

/// A theft, a case of it and the watch's alerts, as a server has them together.
class Together : public testing::Test {
protected:
    Together() {
        const std::string watch = theft.folder + "/watch";
        std::filesystem::create_directory(watch);
        const auto store = records::AlertStore::open(engine::alerts_path(watch)).value();
        records::StoredAlert stored;
        stored.alert.id = "a-drained";
        stored.alert.detector = "D01";
        stored.alert.title = "Hot wallet drained";
        stored.alert.severity = Severity::kCritical;
        stored.alert.chain = kEthereum;
        stored.alert.time = from_unix_seconds(1'600'000'001);
        stored.incident = "i-drained";
        EXPECT_TRUE(store->change([&] { return store->put_alert(stored); },
                                  records::AlertStore::Durability::kProcess));
        book = engine::AlertBook::open(watch).value();
        log =
            tlog::Log::open(theft.folder + "/log",
                            tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog).value())
                .value();
        cases = engine::CaseDesk::open({.store = theft.folder + "/cases.sqlite",
                                        .archives = theft.folder + "/archives",
                                        .ledger = theft.folder + "/ledger",
                                        .log = theft.folder + "/log",
                                        .version = "1.2.3",
                                        .chromium = "/no/browser"},
                                       engine::case_sources(*theft.desk, book.get()), *log)
                    .value();
    }

    TestTheft theft;
    std::unique_ptr<engine::AlertBook> book;
    std::unique_ptr<tlog::Log> log;
    std::unique_ptr<engine::CaseDesk> cases;
};

TEST_F(Together, search_finds_alerts_and_cases_by_their_ids) {
    TestServer server{
        lookup_endpoints(theft.desk.get(), book.get(), cases.get(), nullptr, nullptr)};
    const auto made = cases->create("The night of the drain", {}, "ana", server.now).value();
    const auto find = [&](const std::string& q) {
        return TestServer::data(server.as_token(kViewer, "GET", "/api/search?q=" + q))
            .at("items")
            .as_array();
    };
    const auto alert = find("a-drained");
    ASSERT_EQ(alert.size(), 1U);
    EXPECT_EQ(alert[0].at("type"), "alert");
    EXPECT_EQ(alert[0].at("title"), "Hot wallet drained");
    EXPECT_EQ(alert[0].at("url"), "/watch?alert=a-drained");
    const auto of_case = find(made.id);
    ASSERT_EQ(of_case.size(), 1U);
    EXPECT_EQ(of_case[0].at("type"), "case");
    EXPECT_EQ(of_case[0].at("url").as_string(), "/cases/" + made.id);
    EXPECT_EQ(find("night%20of")[0].at("id").as_string(), made.id);
}

TEST_F(Together, ACaseReadsTracesViewsAndAlertsOfTheDesks) {
    engine::TheftRequest request;
    request.seeds = "eth:" + test_address(1);
    request.params.stop = trace::default_stop_categories();
    const auto job = theft.desk->ask(request).value();
    ASSERT_TRUE(theft.desk->theft(job.id, std::chrono::seconds{20}));
    const std::string view =
        theft.desk
            ->save_view(format(
                R"({{"v":1,"trace":"{}","question":{{"seeds":"eth:{}"}},"title":"","mode":"stolen",)"
                R"("axis":"hop","open":[],"expand":[],"hidden":[],"assets":[],"notes":[],"moved":[],"selected":[]}})",
                job.id, test_address(1)))
            .value();
    using records::CaseItem;
    const auto made = cases
                          ->create("Theft",
                                   {{.kind = CaseItem::Kind::kTrace, .ref = job.id},
                                    {.kind = CaseItem::Kind::kView, .ref = view},
                                    {.kind = CaseItem::Kind::kAlert, .ref = "a-drained"}},
                                   "ana", from_unix_seconds(1'700'000'000))
                          .value();
    const auto letters = cases->letters(made.id).value();
    ASSERT_EQ(letters.all.size(), 1U);
    EXPECT_EQ(letters.all[0].service, "North Exchange");
    EXPECT_EQ(letters.all[0].totals.at(0).stolen.to_string(), "40000000000000000000");
    // What rests with nobody known is said, with the reason.
    ASSERT_EQ(letters.without.size(), 1U);
    EXPECT_THAT(letters.without[0].why, testing::HasSubstr("watch it"));
    const std::string page = cases->file(made.id, "case.html").value();
    EXPECT_THAT(page, testing::HasSubstr("Hot wallet drained"));
    EXPECT_THAT(page, testing::HasSubstr("1 named service"));
}

}  // namespace
}  // namespace cordon::server
