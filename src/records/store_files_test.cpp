// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include "test_store.hpp"

namespace cordon::records {
namespace {

namespace fs = std::filesystem;

/// Exit code of a child that ran `body`; its result is the exit code.
int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// As in_child, without the rights of root, to which no permission applies.
int as_nobody(const std::function<int()>& body) {
    constexpr uid_t kNobody = 65534;
    return in_child([&] {
        if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return 99;
        return body();
    });
}

int code_of(const Error& error) { return 10 + static_cast<int>(error.code); }
template <typename T>
int code_of(const Result<T>& result) {
    return result ? 0 : code_of(result.error());
}
int code_of(ErrorCode code) { return 10 + static_cast<int>(code); }

/// Changes the file behind the store's back.
void run_sql(const std::string& path, const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void fill(const std::string& path, uint64_t count) {
    std::vector<Label> labels;
    for (uint64_t i = 0; i < count; ++i)
        labels.push_back(label(i, "name of some length " + std::to_string(i)));
    ASSERT_TRUE(good(open_store(path)->put_labels(labels)));
}

TEST(Open, creates_a_file_that_says_whose_it_is) {
    const TempDir dir;
    fill(dir.file(), 1);
    const std::string bytes = read_file(dir.file());
    EXPECT_EQ(bytes.substr(0, 15), "SQLite format 3");
    EXPECT_EQ(bytes.substr(68, 4), "CRDN");
    EXPECT_FALSE(fs::exists(dir.file() + "-wal")) << "the last one out takes the log into the file";
}

TEST(Open, waits_for_another_that_creates_the_same_file) {
    const TempDir dir;
    std::vector<pid_t> children;
    for (uint64_t i = 0; i < 8; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto store = Store::open(dir.file());
            if (!store) ::_exit(code_of(store));
            ::_exit(code_of((*store)->put_labels(std::vector{label(i, "by a child")})));
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status));
        EXPECT_EQ(WEXITSTATUS(status), 0);
    }
    EXPECT_EQ(open_store(dir.file())->counts().value().labels, 8u);
}

TEST(Open, refuses_what_is_no_file_of_ours_and_leaves_it_as_it_is) {
    const TempDir dir;
    const std::string text = dir.file("notes.txt");
    write_file(text, std::string(5'000, 'n'));
    EXPECT_EQ(Store::open(text).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(Store::open_read_only(text).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(read_file(text), std::string(5'000, 'n'));

    const std::string foreign = dir.file("places.sqlite");
    run_sql(foreign, "CREATE TABLE bookmark (url TEXT)");
    const std::string before = read_file(foreign);
    EXPECT_EQ(Store::open(foreign).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(Store::open_read_only(foreign).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(read_file(foreign), before);
    EXPECT_FALSE(fs::exists(foreign + "-wal"));
}

TEST(Open, refuses_a_newer_schema_and_names_both_versions) {
    const TempDir dir;
    fill(dir.file(), 1);
    run_sql(dir.file(), "PRAGMA user_version=1000");
    const auto store = Store::open(dir.file());
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(store.error().message.find("version 1000"), std::string::npos)
        << store.error().message;
    EXPECT_EQ(Store::open_read_only(dir.file()).error().code, ErrorCode::kUnsupported);
}

TEST(Open, finds_a_table_that_is_missing) {
    const TempDir dir;
    fill(dir.file(), 1);
    run_sql(dir.file(), "DROP TABLE price");
    EXPECT_EQ(Store::open(dir.file()).error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(Store::open_read_only(dir.file()).error().code, ErrorCode::kCorrupt);
}

TEST(Open, says_what_is_wrong_with_the_path) {
    const TempDir dir;
    EXPECT_EQ(Store::open(dir.file("no/such/place")).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Store::open(dir.path()).error().code, ErrorCode::kIo);
    EXPECT_EQ(Store::open("").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Store::open(dir.file() + std::string{"\0tail", 5}).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(Store::open_read_only(dir.file()).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(fs::exists(dir.file())) << "reading creates nothing";
    EXPECT_EQ(Store::open("/dev/null").error().code, ErrorCode::kIo);
}

TEST(Open, takes_file_names_that_look_like_addresses_of_something) {
    const TempDir dir;
    for (const char* name :
         {"a?mode=memory", "file:b", "c#d %41", ":memory:", "\xC3\xBC\xF0\x9F\x92\xB0"}) {
        const fs::path old = fs::current_path();
        fs::current_path(dir.path());
        fill(name, 3);
        fs::current_path(old);
        ASSERT_TRUE(fs::exists(dir.file(name))) << name;
        EXPECT_EQ(Store::open_read_only(dir.file(name)).value()->counts().value().labels, 3u)
            << name;
    }
}

TEST(ReadOnly, refuses_every_change) {
    const TempDir dir;
    fill(dir.file(), 1);
    const auto store = Store::open_read_only(dir.file()).value();
    EXPECT_EQ(store->put_labels(std::vector{label(2, "x")}).error().code, ErrorCode::kPermission);
    EXPECT_EQ(store->put_assets({}).error().code, ErrorCode::kPermission);
    EXPECT_EQ(store->put_prices({}).error().code, ErrorCode::kPermission);
    EXPECT_EQ(store->put_wallets({}).error().code, ErrorCode::kPermission);
    EXPECT_EQ(store->put_input({"n", "s", 1, std::string(64, '0'), 1}).error().code,
              ErrorCode::kPermission);
    EXPECT_EQ(store->counts().value().labels, 1u);
}

TEST(ReadOnly, of_a_file_that_holds_nothing_yet_is_not_found) {
    const TempDir dir;
    write_file(dir.file(), "");
    EXPECT_EQ(Store::open_read_only(dir.file()).error().code, ErrorCode::kNotFound);
    EXPECT_TRUE(good(Store::open(dir.file())));
}

TEST(ReadOnly, works_in_a_directory_that_nobody_may_write_to) {
    const TempDir dir;
    fill(dir.file("a?b#c"), 3);
    fs::permissions(dir.file("a?b#c"), fs::perms{0444});
    fs::permissions(dir.path(), fs::perms{0555});
    EXPECT_EQ(as_nobody([&] {
                  auto store = Store::open_read_only(dir.file("a?b#c"));
                  if (!store) return code_of(store);
                  const auto counts = (*store)->counts();
                  return counts && counts->labels == 3 ? 0 : 1;
              }),
              0);
}

TEST(Permission, is_said_when_the_file_or_its_directory_may_not_be_written) {
    const TempDir dir;
    fill(dir.file(), 3);
    fs::permissions(dir.file(), fs::perms{0444});
    fs::permissions(dir.path(), fs::perms{0555});
    const int refused = code_of(ErrorCode::kPermission);
    EXPECT_EQ(as_nobody([&] { return code_of(Store::open(dir.file())); }), refused);
    EXPECT_EQ(as_nobody([&] { return code_of(Store::open(dir.file("new"))); }), refused);
    fs::permissions(dir.file(), fs::perms{0666});
    EXPECT_EQ(as_nobody([&] { return code_of(Store::open(dir.file())); }), refused);
    fs::permissions(dir.file(), fs::perms{0000});
    EXPECT_EQ(as_nobody([&] { return code_of(Store::open_read_only(dir.file())); }), refused);
    fs::permissions(dir.path(), fs::perms{0000});
    EXPECT_EQ(as_nobody([&] { return code_of(Store::open_read_only(dir.file())); }), refused);
    fs::permissions(dir.path(), fs::perms{0700});
}

TEST(NoSpace, is_said_and_nothing_of_the_call_is_kept) {
    const TempDir dir;
    fill(dir.file(), 10);
    std::vector<Label> many;
    for (uint64_t i = 0; i < 20'000; ++i) many.push_back(label(1'000 + i, std::string(100, 'x')));
    // A limit on the size of files stands in for a full disk: the write fails with EFBIG instead of
    // ENOSPC.
    EXPECT_EQ(in_child([&] {
                  std::signal(SIGXFSZ, SIG_IGN);
                  const rlimit limit{200'000, 200'000};
                  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 98;
                  auto store = Store::open(dir.file());
                  if (!store) return code_of(store);
                  const int code = code_of((*store)->put_labels(many));
                  const auto counts = (*store)->counts();
                  return counts && counts->labels == 10 ? code : 97;
              }),
              code_of(ErrorCode::kNoSpace));
    const auto store = open_store(dir.file());
    EXPECT_EQ(store->counts().value().labels, 10u);
    EXPECT_TRUE(good(store->verify()));
}

TEST(TwoProcesses, read_while_one_writes_and_see_only_whole_calls) {
    const TempDir dir;
    fill(dir.file(), 1);
    constexpr uint64_t kCalls = 40;
    constexpr uint64_t kBatch = 100;
    const pid_t writer = ::fork();
    if (writer == 0) {
        auto store = Store::open(dir.file());
        for (uint64_t call = 0; store && call < kCalls; ++call) {
            std::vector<Label> batch;
            for (uint64_t i = 0; i < kBatch; ++i)
                batch.push_back(label(1'000 + call * kBatch + i, "w"));
            if (!(*store)->put_labels(batch)) ::_exit(1);
        }
        ::_exit(store ? 0 : 1);
    }
    const auto store = Store::open_read_only(dir.file()).value();
    uint64_t seen = 1;
    for (int status = 0; ::waitpid(writer, &status, WNOHANG) == 0;) {
        const auto counts = store->counts();
        ASSERT_TRUE(good(counts));
        EXPECT_EQ(counts->labels % kBatch, 1u);
        EXPECT_GE(counts->labels, seen);
        seen = counts->labels;
    }
    EXPECT_EQ(store->counts().value().labels, 1 + kCalls * kBatch);
}

TEST(TwoProcesses, that_write_at_once_take_turns_or_are_told_that_it_is_locked) {
    const TempDir dir;
    fill(dir.file(), 1);
    int ready[2];
    int done[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(done), 0);
    const pid_t holder = ::fork();
    if (holder == 0) {
        // A writer that stands still in the middle of its db_txn.
        sqlite3* database = nullptr;
        sqlite3_open(dir.file().c_str(), &database);
        const int code =
            sqlite3_exec(database, "BEGIN IMMEDIATE; DELETE FROM label", nullptr, nullptr, nullptr);
        char byte = code == SQLITE_OK ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(1);
        ::_exit(0);  // Without COMMIT, as if killed.
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ASSERT_EQ(byte, 'y');
    const auto impatient =
        Store::open(dir.file(), {.busy_timeout = std::chrono::milliseconds{20}}).value();
    const Status refused = impatient->put_labels(std::vector{label(2, "x")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kLocked) << refused.error().message;
    EXPECT_EQ(impatient->counts().value().labels, 1u)
        << "reading goes on, without the unfinished change";
    ASSERT_EQ(::write(done[1], &byte, 1), 1);
    int status = 0;
    ::waitpid(holder, &status, 0);
    EXPECT_TRUE(good(impatient->put_labels(std::vector{label(2, "x")})));
    EXPECT_EQ(impatient->counts().value().labels, 2u);
    for (const int descriptor : {ready[0], ready[1], done[0], done[1]}) ::close(descriptor);
}

TEST(TwoProcesses, one_killed_between_calls_loses_nothing_acknowledged) {
    const TempDir dir;
    fill(dir.file(), 1);
    EXPECT_EQ(in_child([&] {
                  auto store = Store::open(dir.file());
                  return store && (*store)->put_labels(std::vector{label(7, "kept")}) ? 0 : 1;
                  // _exit leaves the log as a kill would.
              }),
              0);
    EXPECT_EQ(Store::open_read_only(dir.file()).value()->labels(kEthereum, evm(7)).value().size(),
              1u);
}

TEST(Damage, of_a_page_is_found_by_reading_or_verify) {
    const TempDir dir;
    fill(dir.file(), 5'000);
    const std::string sound = read_file(dir.file());
    for (std::size_t page = 1; page * 4096 < sound.size(); page += 7) {
        std::string bytes = sound;
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096, '\xA5');
        write_file(dir.file(), bytes);
        const auto store = Store::open_read_only(dir.file());
        const Status status = store ? (*store)->verify() : Status{fail(store.error())};
        ASSERT_FALSE(status) << "page " << page;
        EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
    }
}

TEST(Damage, of_a_cut_file_is_found) {
    const TempDir dir;
    fill(dir.file(), 5'000);
    const std::string sound = read_file(dir.file());
    for (const std::size_t size :
         {std::size_t{50}, std::size_t{4096}, sound.size() / 2, sound.size() - 1}) {
        write_file(dir.file(), sound.substr(0, size));
        const auto store = Store::open_read_only(dir.file());
        const Status status = store ? (*store)->verify() : Status{fail(store.error())};
        ASSERT_FALSE(status) << size;
        EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
    }
}

TEST(Damage, in_a_row_is_an_error_and_not_a_wrong_answer) {
    for (const char* sql :
         {"UPDATE label SET chain = 'dogecoin'", "UPDATE label SET category = 'good'",
          "UPDATE label SET address = x'01'", "UPDATE label SET address = x''",
          "UPDATE label SET address = x'FF00'"}) {
        const TempDir dir;
        fill(dir.file(), 1);
        run_sql(dir.file(), sql);
        const auto store = open_store(dir.file());
        const Status status = store->verify();
        ASSERT_FALSE(status) << sql;
        EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
    }
    const TempDir dir;
    fill(dir.file(), 1);
    run_sql(dir.file(), "UPDATE label SET category = 'good'");
    EXPECT_EQ(open_store(dir.file())->labels(kEthereum, evm(0)).error().code, ErrorCode::kCorrupt);
    const TempDir orphan;
    fill(orphan.file(), 1);
    run_sql(orphan.file(), "DELETE FROM label_source");
    EXPECT_EQ(open_store(orphan.file())->verify().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cordon::records
