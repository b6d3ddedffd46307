// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "schema.hpp"
#include "sqlite.hpp"
#include "test_store.hpp"

namespace cordon::records {
namespace {

LabelList list(std::string name, char digest = 'a', std::optional<UnixMillis> as_of = {}) {
    return {.name = std::move(name),
            .schema = "ofac",
            .as_of = as_of,
            .sha256 = std::string(64, digest),
            .labels = 0};
}

Label listed(uint64_t number, std::string text, std::string name = "ofac") {
    Label made = label(number, std::move(text), "OFAC", 1, Category::kSanctioned);
    made.list = std::move(name);
    return made;
}

TEST(LabelLists, come_back_with_all_that_they_say) {
    const TempDir dir;
    Label in = listed(1, "LEE");
    in.entity = "lee";
    in.detail = "programme X";
    in.as_of = from_unix_seconds(1'700'000'000);
    const auto change =
        open_store(dir.file())->put_label_list(list("ofac", 'a', in.as_of), std::vector{in});
    ASSERT_TRUE(good(change));
    EXPECT_EQ(change->came, 1u);
    EXPECT_EQ(change->before, std::nullopt);
    const auto store = open_store(dir.file());
    EXPECT_EQ(store->labels(kEthereum, evm(1)).value(), std::vector{in});
    EXPECT_EQ(store->labels_anywhere(evm(1)).value(), std::vector{in});
    LabelList known = list("ofac", 'a', in.as_of);
    known.labels = 1;
    EXPECT_EQ(store->label_lists().value(), std::vector{known});
    EXPECT_TRUE(good(store->verify()));
}

TEST(LabelLists, a_new_version_takes_back_what_is_no_longer_said) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    ASSERT_TRUE(good(store->put_label_list(
        list("ofac"), std::vector{listed(1, "stays"), listed(2, "goes"), listed(3, "old name")})));
    const auto change = store->put_label_list(
        list("ofac", 'b'),
        std::vector{listed(4, "comes"), listed(3, "new name"), listed(1, "stays")});
    ASSERT_TRUE(good(change));
    EXPECT_EQ(change->came, 1u);
    EXPECT_EQ(change->changed, 1u);
    EXPECT_EQ(change->went, 1u);
    EXPECT_EQ(change->same, 1u);
    ASSERT_TRUE(change->before);
    EXPECT_EQ(change->before->sha256, std::string(64, 'a'));
    EXPECT_TRUE(store->labels_anywhere(evm(2)).value().empty());
    EXPECT_EQ(store->labels_anywhere(evm(3)).value(), std::vector{listed(3, "new name")});
    EXPECT_EQ(store->counts().value().labels, 3u);
}

TEST(LabelLists, do_not_touch_each_other_nor_labels_of_files) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const Label own = label(1, "LEE", "OFAC", 1, Category::kSanctioned);
    ASSERT_TRUE(good(store->put_labels(std::vector{own})));
    ASSERT_TRUE(good(store->put_label_list(list("a"), std::vector{listed(1, "LEE")})));
    ASSERT_TRUE(good(store->put_label_list(list("b"), std::vector{listed(1, "LEE")})));
    EXPECT_EQ(store->labels_anywhere(evm(1)).value(),
              (std::vector{own, listed(1, "LEE", "a"), listed(1, "LEE", "b")}));
    ASSERT_TRUE(good(store->put_label_list(list("a"), {})));
    ASSERT_TRUE(good(store->put_labels(std::vector{own})));
    EXPECT_EQ(store->labels_anywhere(evm(1)).value(), (std::vector{own, listed(1, "LEE", "b")}));
}

TEST(LabelLists, put_twice_do_not_change_the_file) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    std::vector<Label> labels;
    for (uint64_t i = 0; i < 500; ++i) labels.push_back(listed(i % 300, std::to_string(i)));
    ASSERT_TRUE(good(store->put_label_list(list("ofac"), labels)));
    const auto wal_size = std::filesystem::file_size(dir.file() + "-wal");
    const auto change = store->put_label_list(list("ofac"), labels);
    ASSERT_TRUE(good(change));
    EXPECT_EQ(change->same, 300u);
    EXPECT_EQ(change->came + change->changed + change->went, 0u);
    EXPECT_EQ(std::filesystem::file_size(dir.file() + "-wal"), wal_size);
}

TEST(LabelLists, the_order_of_the_file_does_not_matter_but_the_later_of_equals_counts) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Label weak = listed(1, "A");
    weak.confidence = 0.1;
    ASSERT_TRUE(good(
        store->put_label_list(list("ofac"), std::vector{listed(2, "B"), listed(1, "A"), weak})));
    EXPECT_EQ(store->labels_anywhere(evm(1)).value(), std::vector{weak});
    const auto change = store->put_label_list(list("ofac"), std::vector{weak, listed(2, "B")});
    EXPECT_EQ(change.value().same, 2u);
}

TEST(LabelLists, are_refused_whole_when_one_label_or_the_list_is_bad) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Label bad = listed(2, "x");
    bad.confidence = 2;
    const auto change = store->put_label_list(list("ofac"), std::vector{listed(1, "x"), bad});
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().code, ErrorCode::kInvalidParam);
    EXPECT_TRUE(store->label_lists().value().empty());
    EXPECT_FALSE(store->put_label_list(list(""), {}));
    LabelList no_digest = list("ofac");
    no_digest.sha256 = "a";
    EXPECT_FALSE(store->put_label_list(no_digest, {}));
}

TEST(LabelLists, a_file_of_the_first_version_keeps_its_labels) {
    const TempDir dir;
    {
        auto database =
            Database::open(dir.file(), Database::Mode::kCreate, std::chrono::milliseconds{1000});
        ASSERT_TRUE(database);
        ASSERT_TRUE(good((*database)->execute(
            "CREATE TABLE label_source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
            "CREATE TABLE label (address BLOB NOT NULL, chain TEXT NOT NULL, source INTEGER NOT "
            "NULL REFERENCES label_source (id), text TEXT NOT NULL, category TEXT NOT NULL, "
            "confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1), "
            "PRIMARY KEY (address, chain, source, text, category)) STRICT, WITHOUT ROWID;"
            "CREATE TABLE asset (chain TEXT NOT NULL, asset TEXT NOT NULL, symbol TEXT NOT NULL, "
            "symbol_fold TEXT NOT NULL, decimals INTEGER NOT NULL, status TEXT NOT NULL, "
            "PRIMARY KEY (chain, asset)) STRICT, WITHOUT ROWID;"
            "CREATE TABLE price (chain TEXT NOT NULL, asset TEXT NOT NULL, time_millis INTEGER NOT "
            "NULL, usd REAL NOT NULL, PRIMARY KEY (chain, asset, time_millis)) STRICT, WITHOUT "
            "ROWID;"
            "CREATE TABLE wallet (chain TEXT NOT NULL, address BLOB NOT NULL, wallet_set TEXT NOT "
            "NULL, entity TEXT NOT NULL, tier TEXT NOT NULL, PRIMARY KEY (chain, address)) "
            "STRICT, WITHOUT ROWID;"
            "CREATE TABLE input (sha256 TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, schema TEXT "
            "NOT NULL, bytes INTEGER NOT NULL, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
            "INSERT INTO label_source VALUES (1, 'list');"
            "INSERT INTO label VALUES (x'010000000000000000000000000000000000000001', 'eth', 1, "
            "'Kraken', 'exchange', 0.5);"
            "PRAGMA application_id=1129464910; PRAGMA user_version=1")));
    }
    const auto reader = Store::open_read_only(dir.file());
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, ErrorCode::kUnsupported);
    const auto store = open_store(dir.file());
    EXPECT_EQ(store->labels(kEthereum, evm(1)).value(), std::vector{label(1, "Kraken")});
    EXPECT_TRUE(good(store->verify()));
}

}  // namespace
}  // namespace cordon::records
