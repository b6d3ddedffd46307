// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "sqlite.hpp"
#include "test_store.hpp"

namespace cordon::records {
namespace {

namespace fs = std::filesystem;

UnixMillis at(int64_t seconds) { return from_unix_seconds(1'700'000'000 + seconds); }

class CaseFile : public ::testing::Test {
protected:
    std::unique_ptr<CaseStore> open() {
        auto store = CaseStore::open(path_);
        EXPECT_TRUE(store) << store.error().message;
        return store ? std::move(*store) : nullptr;
    }
    static Case make(std::string id, std::string title) {
        Case value;
        value.id = std::move(id);
        value.title = std::move(title);
        value.by = "ana";
        value.made = value.changed = at(0);
        return value;
    }
    void poke(const char* sql) {
        auto database =
            Database::open(path_, Database::Mode::kCreate, std::chrono::milliseconds{1000});
        ASSERT_TRUE(database);
        ASSERT_TRUE((*database)->execute(sql));
    }
    TempDir folder_;
    std::string path_ = folder_.file("cases.sqlite");
};

TEST_F(CaseFile, keeps_a_case_and_all_that_happened_to_it) {
    {
        const auto store = open();
        ASSERT_TRUE(store->put(make("c-1", "Hot wallet"), "ana"));
        EXPECT_EQ(*store->add("c-1", {.kind = CaseItem::Kind::kTrace,
                                      .ref = "0123456789abcdef",
                                      .note = "the main flow",
                                      .by = "ana",
                                      .time = at(10)}),
                  1U);
        EXPECT_EQ(*store->add("c-1", {.kind = CaseItem::Kind::kNote,
                                      .ref = "",
                                      .note = "called them",
                                      .by = "bo",
                                      .time = at(20)}),
                  2U);
        Case changed = make("c-1", "Hot wallet of Examplia");
        changed.summary = "At night.";
        changed.changed = at(30);
        changed.by = "mallory";  // Who made it stays.
        ASSERT_TRUE(store->put(changed, "bo"));
        ASSERT_TRUE(store->remove("c-1", 1, "bo", at(40)));
    }
    const auto store = open();
    const auto found = *store->get("c-1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->title, "Hot wallet of Examplia");
    EXPECT_EQ(found->by, "ana");
    EXPECT_EQ(found->made, at(0));
    EXPECT_EQ(found->changed, at(40));
    ASSERT_EQ(found->items.size(), 1U);
    EXPECT_EQ(found->items[0].number, 2U);
    EXPECT_EQ(found->items[0].note, "called them");
    std::string history;
    const std::vector<CaseStep> steps = *store->history("c-1");
    for (const CaseStep& step : steps)
        history += step.by + " " + step.what + " [" + step.was + "]\n";
    EXPECT_EQ(history,
              "ana made []\nana added 1 []\nbo added 2 []\nbo title [Hot wallet]\nbo summary []\n"
              "bo removed 1 [trace 0123456789abcdef: the main flow]\n");
    // A number that was given is never given again.
    EXPECT_EQ(*store->add("c-1", {.kind = CaseItem::Kind::kNote, .time = at(50)}), 3U);
}

TEST_F(CaseFile, takes_nothing_into_a_sealed_case) {
    const auto store = open();
    ASSERT_TRUE(store->put(make("c-1", "x"), "ana"));
    ASSERT_TRUE(store->add("c-1", {.kind = CaseItem::Kind::kNote, .time = at(1)}));
    Case sealed = make("c-1", "x");
    sealed.state = CaseState::kSealed;
    sealed.archive = std::string(64, 'a');
    ASSERT_TRUE(store->put(sealed, "ana"));
    EXPECT_EQ(store->add("c-1", {.kind = CaseItem::Kind::kNote}).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(store->remove("c-1", 1, "bo", at(2)).error().code, ErrorCode::kConflict);
    // Closed later, it stays sealed.
    sealed.state = CaseState::kClosed;
    ASSERT_TRUE(store->put(sealed, "ana"));
    EXPECT_EQ(store->add("c-1", {.kind = CaseItem::Kind::kNote}).error().code,
              ErrorCode::kConflict);
}

TEST_F(CaseFile, says_what_is_not_there) {
    const auto store = open();
    EXPECT_FALSE(*store->get("c-1"));
    EXPECT_TRUE(store->history("c-1")->empty());
    EXPECT_EQ(store->add("c-1", {}).error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(store->put(make("c-1", "x"), "ana"));
    EXPECT_EQ(store->remove("c-1", 7, "bo", at(2)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(store->remove("c-1", ~0ULL, "bo", at(2)).error().code, ErrorCode::kNotFound);
    ASSERT_TRUE(store->add("c-1", {.kind = CaseItem::Kind::kNote, .time = at(1)}));
    ASSERT_TRUE(store->remove("c-1", 1, "bo", at(2)));
    EXPECT_EQ(store->remove("c-1", 1, "bo", at(3)).error().code, ErrorCode::kNotFound);
}

TEST_F(CaseFile, lists_the_newest_change_first) {
    const auto store = open();
    for (int i = 0; i < 4; ++i) {
        Case value = make("c-" + std::to_string(i), "t");
        value.changed = at(i % 2);
        if (i == 3) value.state = CaseState::kClosed;
        ASSERT_TRUE(store->put(value, "ana"));
    }
    const auto ids = [&](std::optional<CaseState> state) {
        const std::vector<Case> cases = *store->list(state);
        std::string text;
        for (const Case& value : cases) text += value.id + " ";
        return text;
    };
    EXPECT_EQ(ids({}), "c-1 c-3 c-0 c-2 ");
    EXPECT_EQ(ids(CaseState::kClosed), "c-3 ");
    EXPECT_EQ(ids(CaseState::kSealed), "");
}

TEST_F(CaseFile, keeps_any_text_byte_for_byte) {
    const auto store = open();
    const std::vector<std::string> texts{"'; DROP TABLE item; --", std::string("a\0b", 3),
                                         "bad \xFF utf8", std::string(1'000'000, 'W'),
                                         "\xE2\x80\xAE reversed"};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        Case value = make("c-" + std::to_string(i), texts[i]);
        value.summary = texts[i];
        ASSERT_TRUE(store->put(value, texts[i]));
        ASSERT_TRUE(store->add(value.id,
                               {.kind = CaseItem::Kind::kNote, .ref = texts[i], .note = texts[i]}));
        const auto found = *store->get(value.id);
        EXPECT_EQ(found->title, texts[i]);
        EXPECT_EQ(found->summary, texts[i]);
        EXPECT_EQ(found->items.at(0).ref, texts[i]);
        EXPECT_EQ(found->items.at(0).note, texts[i]);
        EXPECT_EQ(*store->mentions(CaseItem::Kind::kNote, texts[i]), 1U);
    }
    EXPECT_EQ(*store->mentions(CaseItem::Kind::kAlert, texts[0]), 0U);
}

TEST_F(CaseFile, refuses_files_of_others_and_of_newer_versions) {
    poke("CREATE TABLE theirs (a); PRAGMA application_id=7");
    EXPECT_EQ(CaseStore::open(path_).error().code, ErrorCode::kUnsupported);
    fs::remove(path_);
    open();
    poke("PRAGMA user_version=3");
    const auto newer = CaseStore::open(path_);
    ASSERT_FALSE(newer);
    EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(newer.error().message.find("version 3"), std::string::npos);
}

TEST_F(CaseFile, keeps_who_writes_the_letters_and_which_ones) {
    Case value = make("c-1", "x");
    value.sender = {.organisation = "Examplia",
                    .name = "Ana",
                    .role = "head of security",
                    .email = "ana@examplia.test",
                    .phone = "+1 555 0100",
                    .reference = "P-17",
                    .answer_to = "desk@examplia.test",
                    .hold_until = "2026-12-31"};
    value.letters_for = {"huobi", "north-exchange"};
    ASSERT_TRUE(open()->put(value, "ana"));
    const auto store = open();
    Case found = **store->get("c-1");
    EXPECT_EQ(found.sender, value.sender);
    EXPECT_EQ(found.letters_for, value.letters_for);
    found.sender.phone.clear();
    found.letters_for.clear();
    ASSERT_TRUE(store->put(found, "bo"));
    const std::vector<CaseStep> steps = *store->history("c-1");
    ASSERT_EQ(steps.size(), 3U);
    EXPECT_EQ(steps[1].what, "sender");
    EXPECT_NE(steps[1].was.find("+1 555 0100"), std::string::npos);
    EXPECT_EQ(steps[2].what, "letters");
    EXPECT_EQ(steps[2].was, "huobi\nnorth-exchange");
}

TEST_F(CaseFile, of_the_version_before_is_brought_up_to_date_and_a_copy_kept) {
    ASSERT_TRUE(open()->put(make("c-1", "old"), "ana"));
    for (const char* column : {"organisation", "name", "role", "email", "phone", "reference",
                               "answer_to", "hold_until", "letters_for"})
        poke(("ALTER TABLE case_file DROP COLUMN " + std::string{column}).c_str());
    poke("PRAGMA user_version=1");
    const auto store = open();
    ASSERT_TRUE(store);
    const Case found = **store->get("c-1");
    EXPECT_EQ(found.title, "old");
    EXPECT_EQ(found.sender, CaseSender{});
    EXPECT_TRUE(found.letters_for.empty());
    EXPECT_TRUE(fs::exists(path_ + ".v1"));
    Case changed = found;
    changed.sender.name = "Ana";
    ASSERT_TRUE(store->put(changed, "ana"));
    EXPECT_EQ((*open()->get("c-1"))->sender.name, "Ana");
}

TEST_F(CaseFile, refuses_what_it_never_wrote) {
    ASSERT_TRUE(open()->put(make("c-1", "x"), "ana"));
    ASSERT_TRUE(open()->add("c-1", {.kind = CaseItem::Kind::kNote}));
    poke("UPDATE item SET kind = 99");
    EXPECT_EQ(open()->get("c-1").error().code, ErrorCode::kCorrupt);
    poke("UPDATE case_file SET state = -1");
    EXPECT_EQ(open()->list({}).error().code, ErrorCode::kCorrupt);
}

TEST_F(CaseFile, two_processes_give_no_number_twice) {
    const auto one = open();
    const auto two = open();
    ASSERT_TRUE(one->put(make("c-1", "x"), "ana"));
    constexpr int kEach = 20;
    const auto fill = [](CaseStore& store) {
        for (int i = 0; i < kEach; ++i)
            EXPECT_TRUE(store.add("c-1", {.kind = CaseItem::Kind::kNote}));
    };
    std::thread other{[&] { fill(*two); }};
    fill(*one);
    other.join();
    const auto found = *one->get("c-1");
    ASSERT_EQ(found->items.size(), 2U * kEach);
    EXPECT_EQ(found->items.back().number, 2U * kEach);
}

TEST(CaseWords, read_back) {
    for (int i = 0; i < 7; ++i) {
        const auto kind = static_cast<CaseItem::Kind>(i);
        EXPECT_EQ(parse_case_item_kind(to_string(kind)), kind);
    }
    for (int i = 0; i < 3; ++i) {
        const auto state = static_cast<CaseState>(i);
        EXPECT_EQ(parse_case_state(to_string(state)), state);
    }
    EXPECT_FALSE(parse_case_state("Open"));
    EXPECT_FALSE(parse_case_item_kind(""));
}

}  // namespace
}  // namespace cordon::records
