// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_book.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <atomic>
#include <filesystem>
#include <thread>

namespace cordon::engine {
namespace {

using records::AlertStore;
using records::StoredAlert;

const UnixMillis kStart = from_unix_seconds(1'700'000'000);

/// The directory of a watch with a store that somebody else, the watch, writes to.
struct Folder {
    std::string path = (std::filesystem::temp_directory_path() / "book-XXXXXX").string();
    std::unique_ptr<AlertStore> watch;
    int raised = 0;

    Folder() {
        if (!mkdtemp(path.data())) std::abort();
        watch = AlertStore::open(alerts_path(path)).value();
    }
    ~Folder() {
        watch.reset();
        std::filesystem::remove_all(path);
    }
    StoredAlert raise(std::chrono::seconds after, Severity severity = Severity::kHigh) {
        StoredAlert stored;
        Alert& alert = stored.alert;
        alert.id = "a" + std::to_string(raised++);
        alert.detector = "D01";
        alert.title = "Drained";
        alert.state = AlertState::kRaised;
        alert.severity = severity;
        alert.chain = kEthereum;
        alert.time = kStart + after;
        stored.incident = "i-" + alert.id;
        const auto put = [&]() -> Status {
            CORDON_TRY(watch->put_alert(stored));
            return watch->add_step(alert.id, {alert.time, "watch", "raised", ""});
        };
        EXPECT_TRUE(watch->change(put, AlertStore::Durability::kProcess));
        return stored;
    }
};

using std::chrono::minutes;
using std::chrono::seconds;

TEST(AlertBook, opens_what_a_watch_made_and_makes_nothing_by_mistake) {
    const Folder folder;
    EXPECT_TRUE(AlertBook::open(folder.path));
    EXPECT_EQ(AlertBook::open(folder.path + "/none").error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(folder.path + "/none"));
}

TEST(AlertBook, tells_news_of_the_watch_and_of_people_once) {
    Folder folder;
    folder.raise(seconds{0});
    const auto book = AlertBook::open(folder.path).value();
    EXPECT_TRUE(book->news().value().alerts.empty());  // From here on.
    const StoredAlert second = folder.raise(seconds{1});
    auto news = book->news().value();
    ASSERT_EQ(news.alerts.size(), 1U);
    EXPECT_EQ(news.alerts[0].alert.id, second.alert.id);
    EXPECT_EQ(news.alerts[0].history.size(), 1U);
    EXPECT_TRUE(book->news().value().alerts.empty());

    EXPECT_EQ(book->act(AlertAct::kAcknowledge, {"a0", "a1"}, {"ann", "", kStart}).value(), 2U);
    news = book->news().value();
    ASSERT_EQ(news.alerts.size(), 2U);
    EXPECT_EQ(news.alerts[0].assignee, "ann");
    EXPECT_FALSE(news.missed);
}

TEST(AlertBook, gives_many_news_piece_by_piece_and_skips_what_nobody_could_look_at) {
    Folder folder;
    const auto book = AlertBook::open(folder.path).value();
    EXPECT_FALSE(book->news().value().missed);
    for (int i = 0; i < 1'200; ++i) folder.raise(seconds{i});
    std::size_t told = 0;
    for (bool more = true; more;) {
        const auto news = book->news().value();
        EXPECT_FALSE(news.missed);
        EXPECT_LE(news.alerts.size(), 500U);
        told += news.alerts.size();
        more = news.more;
    }
    EXPECT_EQ(told, 1'200U);
    ASSERT_TRUE(folder.watch->change([&]() -> Status {
        for (int i = 0; i < 31'000; ++i)
            CORDON_TRY(folder.watch->add_step("a0", {kStart, "watch", "repeated", ""}));
        return {};
    }));
    EXPECT_TRUE(book->news().value().missed);
    EXPECT_FALSE(book->news().value().missed);
}

TEST(AlertBook, says_how_far_the_watch_is_and_how_much_is_open) {
    Folder folder;
    const auto book = AlertBook::open(folder.path).value();
    const UnixMillis now = kStart + minutes{90};
    EXPECT_TRUE(book->status(now).value()->rates.empty());
    folder.raise(seconds{0}, Severity::kCritical);  // Before the last hour of event time.
    folder.raise(minutes{70}, Severity::kCritical);
    folder.raise(minutes{80}, Severity::kLow);
    folder.raise(minutes{80}, Severity::kLow);
    ASSERT_TRUE(folder.watch->change([&] {
        return folder.watch->put_cursor({.source = "chain eth",
                                         .chain = kEthereum,
                                         .block = 9,
                                         .hash = {},
                                         .time = kStart + minutes{89}});
    }));
    // Within a second of the last count it is not counted again.
    EXPECT_TRUE(book->status(now).value()->rates.empty());
    auto status = book->status(now + seconds{1}).value();
    ASSERT_EQ(status->rates.size(), 60U);
    const UnixMillis newest = std::chrono::floor<minutes>(kStart + minutes{80});
    EXPECT_EQ(status->rates.back().minute, newest);
    EXPECT_EQ(status->rates.back().count[1], 2U);
    EXPECT_EQ(status->rates[49].count[4], 1U);
    EXPECT_EQ(status->open, (std::array<uint64_t, 5>{0, 2, 0, 0, 2}));
    ASSERT_EQ(status->sources.size(), 1U);
    EXPECT_EQ(status->sources[0].source, "eth");
    EXPECT_EQ(status->sources[0].height, 9U);
    EXPECT_EQ(status->sources[0].lag, seconds{61});
    EXPECT_EQ(status->sources[0].state, WatchStatus::Source::State::kLive);
    // Nothing is written any more: it is late.
    status = book->status(now + minutes{9}).value();
    EXPECT_EQ(status->sources[0].state, WatchStatus::Source::State::kLate);
    ASSERT_TRUE(book->act(AlertAct::kClose, {"a0"}, {"ann", "done", now}));
    EXPECT_EQ(book->status(now + minutes{10}).value()->open[4], 1U);
    // An hour goes by in events: what is older leaves the picture.
    folder.raise(minutes{200});
    status = book->status(now + minutes{11}).value();
    EXPECT_EQ(status->rates.size(), 60U);
    EXPECT_EQ(status->rates.front().count, (std::array<uint64_t, 5>{}));
}

TEST(AlertBook, answers_many_readers_while_others_write) {
    Folder folder;
    for (int i = 0; i < 50; ++i) folder.raise(seconds{i});
    const auto book = AlertBook::open(folder.path).value();
    std::atomic<int> failed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 12; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 40; ++i) {
                const auto page = book->alerts({.limit = 20}, "");
                if (!page || page->alerts.size() != 20) ++failed;
                if (!book->alert("a1") || !book->status(kStart)) ++failed;
            }
        });
    threads.emplace_back([&] {
        for (int i = 0; i < 40; ++i)
            if (!book->act(AlertAct::kNote, {"a1"}, {"ann", "x", kStart})) ++failed;
    });
    threads.emplace_back([&] {
        for (int i = 0; i < 40; ++i)
            if (!book->news()) ++failed;
    });
    for (int i = 0; i < 40; ++i) folder.raise(seconds{100 + i});
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(book->alert("a1").value()->history.size(), 41U);
}

TEST(AlertBook, tells_at_once_what_has_become_of_the_watch) {
    const Folder folder;
    const auto book = AlertBook::open(folder.path).value();
    const auto run = [&] {
        return std::string{status_json(*book->status(kStart).value()).at("run").as_string()};
    };
    EXPECT_EQ(run(), "none");
    book->set_run(WatchStatus::Run::kRunning);
    EXPECT_EQ(run(), "running");
    book->set_run(WatchStatus::Run::kFailed);
    EXPECT_EQ(run(), "failed");
}

TEST(AlertBook, takes_a_search_apart) {
    const auto search = [](std::string_view text) {
        records::AlertQuery query;
        add_search(text, query);
        return query;
    };
    EXPECT_TRUE(search(" \t ").words.empty());
    EXPECT_EQ(search("hot  wallet").words, (std::vector<std::string>{"hot", "wallet"}));
    const auto address = search("0x1111111111111111111111111111111111111111 drained");
    ASSERT_TRUE(address.named);
    EXPECT_EQ(address.words, std::vector<std::string>{"drained"});
    EXPECT_EQ(search("0x" + std::string(64, 'a')).txns.size(), 2U);
    EXPECT_EQ(search(std::string(63, 'a')).words.size(), 1U);
    EXPECT_LE(search(std::string(10'000, 'a')).words[0].size(), 200U);
    EXPECT_EQ(search("a b c d e f g h i j k").words.size(), 8U);
}

}  // namespace
}  // namespace cordon::engine
