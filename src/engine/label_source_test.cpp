// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <cordon/chain/text.hpp>

#include "context.hpp"
#include "dry_run.hpp"
#include "ingest.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

const std::string kA = "0x" + std::string(39, '1') + "a";
const std::string kB = "0x" + std::string(39, '2') + "b";
const std::string kHead = "address,name,labels\n";
const ListSettings kSkipBad{std::nullopt, {}, true};

ListSettings as_of(int64_t seconds) { return {from_unix_seconds(seconds), {}, false}; }

class LabelSource : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("cordon_lists_" +
                   std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        const fs::path path = folder_ / name;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << text;
        return path.string();
    }
    Result<IngestResult> take_in(const std::vector<std::string>& words, ListSettings lists = {}) {
        IngestRequest request;
        request.ledger = (folder_ / "ledger").string();
        request.lists = std::move(lists);
        for (const std::string& word : words) {
            CORDON_TRY(const auto sources, parse_source(word));
            request.sources.insert(request.sources.end(), sources.begin(), sources.end());
        }
        return ingest(request, {});
    }
    std::vector<Label> labels_of(const std::string& address) {
        const auto store =
            records::Store::open_read_only(records_path((folder_ / "ledger").string()));
        return (*store)->labels_anywhere(chain::parse_address(kEthereum, address).value()).value();
    }

    fs::path folder_;
};

bool any_has(const std::vector<std::string>& texts, std::string_view part) {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
        return text.find(part) != std::string::npos;
    });
}

TEST_F(LabelSource, a_new_version_replaces_the_old_one_and_says_what_changed) {
    const std::string path = write("scan.csv", kHead + kA + ",Binance,exchange\n");
    const auto first = take_in({"explorer-labels:eth=" + path});
    ASSERT_TRUE(first) << first.error().message;
    ASSERT_EQ(first->lists.size(), 1u);
    EXPECT_EQ(first->lists[0].read.list.name, "explorer-labels:scan");
    EXPECT_EQ(first->lists[0].change.came, 1u);
    EXPECT_EQ(labels_of(kA).at(0).text, "Binance");
    write("scan.csv", kHead + kB + ",OKX,exchange\n");
    const auto second = take_in({"explorer-labels:eth=" + path});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->lists[0].change.came, 1u);
    EXPECT_EQ(second->lists[0].change.went, 1u);
    EXPECT_TRUE(any_has(second->warnings, "1 of 1 addresses are no longer named"));
    EXPECT_TRUE(labels_of(kA).empty());
    const auto third = take_in({"explorer-labels:eth=" + path});
    EXPECT_EQ(third->lists[0].change.same, 1u);
    EXPECT_TRUE(third->warnings.empty());
}

TEST_F(LabelSource, an_older_ofac_list_is_said_to_be_older) {
    const std::string path = write("list.tsv", "asset\taddress\nETH\t" + kA + "\n");
    const auto undated = take_in({"ofac:" + path});
    EXPECT_TRUE(any_has(undated->warnings, "--as-of"));
    ASSERT_TRUE(take_in({"ofac:" + path}, as_of(2000)));
    const auto older = take_in({"ofac:" + path}, as_of(1000));
    ASSERT_TRUE(older);
    EXPECT_TRUE(any_has(older->warnings, "older than the one"));
    EXPECT_EQ(older->lists[0].read.list.name, "ofac-sdn");
    EXPECT_EQ(labels_of(kA).at(0).as_of, from_unix_seconds(1000));
}

TEST_F(LabelSource, a_bad_row_stores_nothing_unless_it_may_be_left_out) {
    const std::string path = write("scan.csv", kHead + kA + ",x,dex\nnone,y,dex\n");
    const auto refused = take_in({"explorer-labels:eth=" + path});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("scan.csv:3: "), std::string::npos);
    EXPECT_FALSE(fs::exists(folder_ / "ledger"));
    const auto taken = take_in({"explorer-labels:eth=" + path}, kSkipBad);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(any_has(taken->warnings, "scan.csv:3: "));
    EXPECT_TRUE(any_has(taken->warnings, "1 bad rows were left out"));
    EXPECT_EQ(labels_of(kA).size(), 1u);
    // A file of which nothing is good is another file than was meant.
    const auto other = write("other.csv", kHead + "a,b,c\n");
    EXPECT_FALSE(take_in({"explorer-labels:eth=" + other}, kSkipBad));
}

TEST_F(LabelSource, two_lists_of_one_name_in_one_call_are_refused) {
    const std::string one = write("a/scan.csv", kHead + kA + ",x,dex\n");
    const std::string two = write("b/scan.csv", kHead + kB + ",y,dex\n");
    const auto both = take_in({"explorer-labels:eth=" + one, "explorer-labels:eth=" + two});
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().code, ErrorCode::kDuplicate);
    ASSERT_TRUE(take_in({"explorer-labels:eth=" + one}));
    ASSERT_TRUE(take_in({"explorer-labels:eth=" + two}, {std::nullopt, "second", false}));
    EXPECT_EQ(labels_of(kA).size() + labels_of(kB).size(), 2u);
}

TEST_F(LabelSource, a_folder_of_packs_is_each_of_them_and_no_actor_pack) {
    const std::string pack = "title: T\nlabel: L\ncurrency: ETH\ntags:\n- address: '";
    write("packs/one.yaml", pack + kA + "'\n");
    write("packs/two.yml", pack + kB + "'\n");
    write("packs/x.actorpack.yaml", "actors: []\n");
    write("packs/README.md", "not a pack");
    const auto taken = take_in({"tagpack:" + (folder_ / "packs").string()});
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(taken->lists.size(), 2u);
    EXPECT_EQ(taken->lists[0].read.list.name, "tagpack:one");
    EXPECT_EQ(taken->lists[1].read.list.name, "tagpack:two");
    EXPECT_FALSE(parse_source("tagpack:" + (folder_ / "ledger").string()));
}

TEST_F(LabelSource, the_comments_beside_an_ofac_csv_are_read_and_listed_as_an_input) {
    std::string remark = "Digital Currency Address - ETH " + kA.substr(0, 10);
    remark.insert(0, std::string(1000 - remark.size(), 'x'));
    const std::string path = write(
        "sdn.csv", "7,\"LEE\",-0- ,\"A\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"" + remark + "\"\n");
    ASSERT_FALSE(take_in({"ofac:" + path}));
    write("sdn_comments.csv", "7,\"" + kA.substr(10) + ".\"\n");
    const auto taken = take_in({"ofac:" + path});
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(labels_of(kA).size(), 1u);
    EXPECT_EQ(labels_of(kA)[0].category, Category::kSanctioned);
    const auto store = records::Store::open_read_only(records_path((folder_ / "ledger").string()));
    EXPECT_EQ((*store)->inputs()->size(), 2u);
}

TEST_F(LabelSource, chain_of_a_dump_stands_before_its_path) {
    const auto with = parse_source("explorer-labels:bsc=a=b.csv").value();
    EXPECT_EQ(to_string(*with[0].chain), "bsc");
    EXPECT_EQ(with[0].path, "a=b.csv");
    const auto without = parse_source("explorer-labels:a=b.csv").value();
    EXPECT_EQ(without[0].chain, std::nullopt);
    EXPECT_EQ(without[0].path, "a=b.csv");
}

TEST_F(LabelSource, a_dry_run_reads_and_tells_and_stores_nothing) {
    const std::string path = write("scan.csv", kHead + kA + ",x,dex\nnone,y,dex\n");
    IngestRequest request;
    request.lists = kSkipBad;
    request.sources = parse_source("explorer-labels:eth=" + path).value();
    const auto done = dry_run(request, {}, nullptr);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->rows, 2u);
    EXPECT_TRUE(any_has(done->warnings, "scan.csv:3: "));
}

TEST_F(LabelSource, the_context_of_a_trace_knows_all_that_is_said_and_shows_the_surest) {
    const std::string one = write("one.csv", kHead + kA + ",Weak,dex\n");
    const std::string two = write(
        "l.csv", "address,label,category,source,confidence\n" + kA + ",Sure,exchange,me,0.9\n");
    ASSERT_TRUE(take_in({"explorer-labels:eth=" + one, "labels:" + two}));
    const auto store = records::Store::open_read_only(records_path((folder_ / "ledger").string()));
    const RecordsContext context{**store};
    const Address address = chain::parse_address(kEthereum, kA).value();
    EXPECT_EQ(context.label(kEthereum, address)->text, "Sure");
    EXPECT_EQ(context.labels(kEthereum, address).size(), 2u);
    // The dump is of Ethereum; the file without a chain is of every one.
    EXPECT_EQ(context.labels(parse_chain("bsc").value(), address).size(), 1u);
}

}  // namespace
}  // namespace cordon::engine
