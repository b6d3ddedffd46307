// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_desk.hpp"

#include <boost/json.hpp>
#include <thread>

#include "test_case_desk.hpp"

namespace cordon::engine {
namespace {

using records::CaseItem;
using records::CaseState;

class Cases : public testing::Test {
protected:
    std::string make(std::vector<CaseItem> items) {
        const auto made = cases_->create("Theft", std::move(items), "ana", world_.now);
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        return made ? made->id : "";
    }
    TestCaseDesk world_;
    std::unique_ptr<CaseDesk> cases_ = world_.desk();
};

TEST_F(Cases, draft_one_letter_a_service_that_adds_up_to_what_rests) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"},
                                 {.kind = CaseItem::Kind::kTrace, .ref = "t2"},
                                 {.kind = CaseItem::Kind::kView, .ref = "v1"}});
    const report::Letters letters = cases_->letters(id).value();
    std::string told;
    for (const report::Letter& letter : letters.all) {
        told += letter.key + ":";
        for (const report::Letter::Total& total : letter.totals)
            told += " " + total.stolen.to_string();
        told += format(" in {}\n", letter.rows.size());
    }
    // The stranger's 55 is claimed nowhere; deposit address and main wallet share one letter.
    EXPECT_NE(told.find("north-exchange: 500 in 2\n"), std::string::npos) << told;
    EXPECT_NE(told.find("coin-house-issuer: 700 in 1\n"), std::string::npos) << told;
    EXPECT_NE(told.find("bridge: 100 in 1\n"), std::string::npos) << told;
    EXPECT_EQ(letters.all.size(), 3U);
    for (const report::Letter& letter : letters.all)
        for (const report::Letter::Resting& rests : letter.resting) {
            EXPECT_EQ(rests.as_of, 7U);
            ASSERT_TRUE(rests.received);
            EXPECT_GE(*rests.received, rests.resting);
        }
}

TEST_F(Cases, write_pages_without_anybody_elses_markup) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"},
                                 {.kind = CaseItem::Kind::kAlert, .ref = "a1"},
                                 {.kind = CaseItem::Kind::kNote, .note = "<img src=x> called them"},
                                 {.kind = CaseItem::Kind::kTrace, .ref = "t2"}});
    ASSERT_TRUE(cases_->edit(id, {.title = "<b>T</b>", .summary = "<i>Story</i>\nsecond line"},
                             "bo", world_.now));
    const std::string page = cases_->file(id, "case.html").value();
    for (const char* part : {"&lt;b&gt;T&lt;/b&gt;", "&lt;i&gt;Story", "&lt;img src=x&gt;",
                             "All of it left within one block", "Trace 2", "id=\"t2-flow\""})
        EXPECT_NE(page.find(part), std::string::npos) << part;
    const auto text = boost::json::parse(cases_->file(id, "case.json").value());
    for (const auto& letter : text.at("data").at("letters").as_array()) {
        const std::string key{letter.at("key").as_string()};
        const std::string html = cases_->file(id, "letters/" + key + ".html").value();
        EXPECT_EQ(html.find("<script"), std::string::npos);
        EXPECT_NE(html.find("DRAFT FOR COUNSEL"), std::string::npos);
        EXPECT_NE(cases_->file(id, "letters/" + key + ".txt")->find("DRAFT FOR COUNSEL"),
                  std::string::npos);
    }
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(cases_->file(id, "letters/../case.html").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(cases_->file(id, "").error().code, ErrorCode::kNotFound);
}

TEST_F(Cases, write_the_letters_that_were_asked_for_by_whom_they_were_told) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"}});
    std::string other;
    const report::Letters letters = cases_->letters(id).value();
    for (const report::Letter& letter : letters.all)
        if (letter.key != "north-exchange") other = "letters/" + letter.key;
    ASSERT_TRUE(cases_->file(id, other + ".txt"));
    ASSERT_TRUE(cases_->edit(
        id,
        {.sender = records::CaseSender{.organisation = "Examplia Ltd", .phone = "+1 555 0100"},
         .letters_for = std::vector<std::string>{"north-exchange", "nobody", "north-exchange"}},
        "ana", world_.now));
    EXPECT_EQ(cases_->get(id)->letters_for, (std::vector<std::string>{"nobody", "north-exchange"}));
    const std::string text = cases_->file(id, "letters/north-exchange.txt").value();
    EXPECT_NE(text.find("Examplia Ltd"), std::string::npos);
    EXPECT_NE(text.find("+1 555 0100"), std::string::npos);
    // Nobody asked for the other one: it is named, not written.
    EXPECT_EQ(cases_->file(id, other + ".txt").error().code, ErrorCode::kNotFound);
    const std::string page = cases_->file(id, "case.html").value();
    EXPECT_NE(page.find("draft in letters/north-exchange.html"), std::string::npos);
    EXPECT_EQ(page.find(other + ".html"), std::string::npos);
    EXPECT_NE(page.find("no letter was drafted"), std::string::npos);
    const auto sealed = cases_->seal(id, "ana", world_.now).value();
    EXPECT_NE(std::find(sealed.warnings.begin(), sealed.warnings.end(),
                        "letter nobody: nothing of the traces rests with such a service"),
              sealed.warnings.end());
    EXPECT_NE(cases_->file(id, "letters/north-exchange.html")->find("Examplia Ltd"),
              std::string::npos);
    EXPECT_EQ(cases_->file(id, other + ".html").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(cases_->edit(id, {.sender = records::CaseSender{}}, "bo", world_.now).error().code,
              ErrorCode::kConflict);
}

TEST_F(Cases, say_what_their_items_name_in_vain) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"},
                                 {.kind = CaseItem::Kind::kTrace, .ref = "t9"},
                                 {.kind = CaseItem::Kind::kView, .ref = "v9"},
                                 {.kind = CaseItem::Kind::kIncident, .ref = "i9"}});
    const auto sealed = cases_->seal(id, "ana", world_.now).value();
    EXPECT_EQ(sealed.warnings.size(), 4U);  // And no browser.
    const std::string empty = make({{.kind = CaseItem::Kind::kNote, .note = "only words"}});
    EXPECT_EQ(cases_->file(empty, "case.html").error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(cases_->seal(empty, "ana", world_.now).error().code, ErrorCode::kInvalidParam);
}

TEST_F(Cases, stay_as_they_were_sealed) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"}});
    EXPECT_EQ(cases_->archive(id).error().code, ErrorCode::kNotFound);
    const auto sealed = cases_->seal(id, "ana", world_.now).value();
    EXPECT_EQ(cases_->archive(id).value(), sealed.path);
    EXPECT_EQ(cases_->get(id)->archive, sealed.sha256);
    EXPECT_EQ(cases_->get(id)->state, CaseState::kSealed);
    EXPECT_EQ(cases_->seal(id, "bo", world_.now).error().code, ErrorCode::kConflict);
    EXPECT_EQ(cases_->edit(id, {.title = "new"}, "bo", world_.now).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(cases_->add(id, {.kind = CaseItem::Kind::kNote, .note = "x"}).error().code,
              ErrorCode::kConflict);
    EXPECT_TRUE(cases_->edit(id, {.state = CaseState::kClosed}, "bo", world_.now));
    EXPECT_EQ(cases_->edit(id, {.state = CaseState::kOpen}, "bo", world_.now).error().code,
              ErrorCode::kConflict);
    EXPECT_TRUE(cases_->file(id, "case.html"));  // From the archive.
    EXPECT_TRUE(verify_archive(sealed.path, {}));
}

TEST_F(Cases, tell_the_steps_of_their_sealing_and_its_end) {
    std::vector<std::string> steps;
    const CaseDesk* desk = nullptr;
    world_.on_step = [&](const std::string& id, std::string_view step) {
        steps.emplace_back(step);
        EXPECT_EQ(desk->sealing(id), step);
    };
    const auto cases = world_.desk("told");
    desk = cases.get();
    const auto id =
        cases->create("Theft", {{.kind = CaseItem::Kind::kTrace, .ref = "t1"}}, "ana", world_.now)
            ->id;
    EXPECT_EQ(cases->sealing(id), "");
    ASSERT_TRUE(cases->seal(id, "ana", world_.now));
    EXPECT_EQ(steps, (std::vector<std::string>{"collect", "pdf", "manifest", "log", "write", ""}));
    EXPECT_EQ(cases->sealing(id), "");
    // One that fails ends too, and says so.
    steps.clear();
    const auto empty =
        cases->create("x", {{.kind = CaseItem::Kind::kNote, .note = "n"}}, "ana", world_.now);
    EXPECT_FALSE(cases->seal(empty->id, "ana", world_.now));
    EXPECT_EQ(steps, (std::vector<std::string>{"collect", ""}));
}

TEST_F(Cases, refuse_what_cannot_be_meant) {
    const auto code = [&](CaseItem item) {
        const auto made = cases_->create("x", {std::move(item)}, "ana", world_.now);
        return made ? "" : std::string{to_string(made.error().code)};
    };
    EXPECT_EQ(code({.kind = CaseItem::Kind::kNote}), "invalid-param");
    EXPECT_EQ(code({.kind = CaseItem::Kind::kTrace}), "invalid-param");
    EXPECT_EQ(code({.kind = CaseItem::Kind::kAddress, .ref = "0x1"}), "invalid-param");
    EXPECT_NE(code({.kind = CaseItem::Kind::kAddress, .ref = "eth:0x1"}), "");
    EXPECT_NE(code({.kind = CaseItem::Kind::kTxn, .ref = "moon:0x1"}), "");
    EXPECT_EQ(code({.kind = CaseItem::Kind::kNote, .note = std::string(1U << 20U, 'x')}),
              "invalid-param");
    const std::string some = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"}});
    for (const char* key : {"", "../x", "a/b", "A", "x\ny"})
        EXPECT_EQ(
            cases_->edit(some, {.letters_for = std::vector<std::string>{key}}, "bo", world_.now)
                .error()
                .code,
            ErrorCode::kInvalidParam)
            << key;
    EXPECT_EQ(cases_
                  ->edit(some, {.sender = records::CaseSender{.phone = std::string(1'000, '1')}},
                         "bo", world_.now)
                  .error()
                  .code,
              ErrorCode::kInvalidParam);
    EXPECT_EQ(cases_->get("../../etc").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(cases_->archive("../x").error().code, ErrorCode::kNotFound);
    const std::string id = make({{.kind = CaseItem::Kind::kAddress,
                                  .ref = "eth:0x00000000000000000000000000000000000000AB"}});
    EXPECT_EQ(cases_->get(id)->items.at(0).ref, "eth:0x00000000000000000000000000000000000000ab");
    EXPECT_EQ(
        cases_->mentions(CaseItem::Kind::kAddress, "eth:0x00000000000000000000000000000000000000ab")
            .value(),
        1U);
    EXPECT_EQ(cases_->edit(id, {.state = CaseState::kSealed}, "bo", world_.now).error().code,
              ErrorCode::kInvalidParam);
}

TEST_F(Cases, are_read_and_changed_by_many_at_once) {
    const std::string id = make({{.kind = CaseItem::Kind::kTrace, .ref = "t1"}});
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 4; ++n) {
                EXPECT_TRUE(cases_->add(id, {.kind = CaseItem::Kind::kNote,
                                             .note = format("{} {}", i, n),
                                             .by = "ana",
                                             .time = world_.now}));
                EXPECT_TRUE(cases_->file(id, "case.html"));
                EXPECT_TRUE(cases_->letters(id));
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(cases_->get(id)->items.size(), 13U);
}

}  // namespace
}  // namespace cordon::engine
