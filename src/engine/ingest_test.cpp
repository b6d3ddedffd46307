// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ingest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "pending.hpp"
#include "seed.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead = "chain,block,time,tx,index,from,to,asset,amount,kind\n";
const std::string kAlice = "0x" + std::string(39, '1') + "a";
const std::string kBob = "0x" + std::string(39, '2') + "b";

std::string row(int block, int txn, const std::string& amount) {
    std::string hash = std::to_string(block) + "0" + std::to_string(txn);
    hash = "0x" + std::string(64 - hash.size(), '0') + hash;
    return "eth," + std::to_string(block) + "," + std::to_string(1000 + block) + "," + hash +
           ",0," + kAlice + "," + kBob + ",native," + amount + ",native\n";
}

class IngestTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("cordon_ingest_" +
                   std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        const fs::path path = folder_ / name;
        std::ofstream{path} << text;
        return path.string();
    }
    Result<IngestResult> take_in(std::vector<Source> sources, uint64_t batch_blocks = 0,
                                 const IngestHooks& hooks = {}) {
        return ingest({ledger(), std::move(sources), std::nullopt, batch_blocks}, hooks);
    }
    std::string ledger() const { return (folder_ / "ledger").string(); }
    std::optional<BlockNum> tip() const {
        const auto reader = ledger::open_reader(ledger());
        if (!reader || (*reader)->chains().empty()) return std::nullopt;
        return (*reader)->chains().front().tip.number;
    }

    fs::path folder_;
};

TEST_F(IngestTest, takes_in_a_file_and_skips_it_the_second_time) {
    const std::string path = write("t.csv", kHead + row(1, 0, "5") + row(2, 0, "6"));
    const IngestResult first = take_in({{Schema::kTransfers, path}}).value();
    EXPECT_EQ(first.chains.at(0).transfers, 2u);
    EXPECT_EQ(first.sources.at(0).skipped, 0u);
    const IngestResult second = take_in({{Schema::kTransfers, path}}).value();
    EXPECT_EQ(second.chains.at(0).transfers, 2u);
    EXPECT_EQ(second.sources.at(0).skipped, 2u);
}

TEST_F(IngestTest, keeps_nothing_of_a_file_that_turns_bad) {
    const std::string good = write("good.csv", kHead + row(1, 0, "5"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, good}}));
    const std::string bad = write("bad.csv", kHead + row(2, 0, "6") + row(3, 0, "-7"));
    const Error error = take_in({{Schema::kTransfers, bad}}, 1).error();
    EXPECT_NE(error.message.find("bad.csv:3"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("as it was before"), std::string::npos) << error.message;
    EXPECT_EQ(tip(), 1u);
}

TEST_F(IngestTest, empties_a_new_ledger_when_its_first_file_turns_bad) {
    const std::string bad = write("bad.csv", kHead + row(2, 0, "6") + row(3, 0, "1.5"));
    ASSERT_FALSE(take_in({{Schema::kTransfers, bad}}, 1));
    EXPECT_EQ(tip(), std::nullopt);
    const std::string good = write("good.csv", kHead + row(1, 0, "5"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, good}}));
    EXPECT_EQ(tip(), 1u);
}

TEST_F(IngestTest, goes_back_to_the_start_of_a_source_whose_first_run_was_killed) {
    const std::string bad = write("bad.csv", kHead + row(2, 0, "6") + row(3, 0, "x"));
    const std::string name = "transfers:" + bad;
    // The first run was killed after block 2 was acknowledged: the note is there, the block is in.
    const std::string half = write("half.csv", kHead + row(2, 0, "6"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, half}}));
    const Pending note{name, {}};
    ASSERT_TRUE(save_pending(ledger(), {&note, 1}));
    ASSERT_FALSE(take_in({{Schema::kTransfers, bad}}, 1));
    EXPECT_EQ(tip(), std::nullopt);
}

TEST_F(IngestTest, stores_no_side_file_when_another_is_bad) {
    const std::string labels = write(
        "l.csv", "address,label,category,source,confidence\n" + kBob + ",Bob,exchange,me,1\n");
    const std::string assets =
        write("a.csv", "chain,asset,symbol,decimals,status\neth,native,ETH,900,verified\n");
    ASSERT_FALSE(take_in({{Schema::kLabels, labels}, {Schema::kAssets, assets}}));
    EXPECT_FALSE(fs::exists(records_path(ledger())));
}

TEST_F(IngestTest, stops_at_a_batch_when_cancelled_and_goes_on_later) {
    const std::string path =
        write("t.csv", kHead + row(1, 0, "5") + row(2, 0, "6") + row(3, 0, "7"));
    std::atomic<bool> cancel{false};
    IngestHooks hooks;
    hooks.cancel = &cancel;
    hooks.acknowledged = [&](const Acknowledged&) { cancel = true; };
    const IngestResult cut = take_in({{Schema::kTransfers, path}}, 1, hooks).value();
    EXPECT_TRUE(cut.incomplete);
    EXPECT_EQ(tip(), 1u);
    const IngestResult rest = take_in({{Schema::kTransfers, path}}).value();
    EXPECT_FALSE(rest.incomplete);
    EXPECT_EQ(rest.sources.at(0).skipped, 1u);
    EXPECT_EQ(tip(), 3u);
}

TEST_F(IngestTest, adds_loose_txns_after_what_is_there_and_leaves_out_what_it_knows) {
    const auto txn = [](char digit, char spends, int in, int out) {
        return "{\"txid\":\"" + std::string(64, digit) + "\",\"in\":[[\"" +
               std::string(64, spends) + "\",0," + std::to_string(in) + ",\"0014" +
               std::string(40, spends) + "\",null]],\"out\":[[" + std::to_string(out) + ",\"0014" +
               std::string(40, digit) + "\",null]]}\n";
    };
    const std::string first = txn('a', '0', 1000, 900);
    const std::string second = txn('b', 'a', 900, 800);
    ASSERT_TRUE(take_in({{Schema::kBtcTxs, write("one.jsonl", first)}}));
    const IngestResult more =
        take_in({{Schema::kBtcTxs, write("two.jsonl", first + second)}}).value();
    EXPECT_EQ(more.chains.at(0).txns, 2u);
    const IngestResult again =
        take_in({{Schema::kBtcTxs, write("two.jsonl", first + second)}}).value();
    EXPECT_EQ(again.chains.at(0).txns, 2u);
    const std::string forged = txn('b', 'a', 900, 700);
    const Error error = take_in({{Schema::kBtcTxs, write("forged.jsonl", forged)}}).error();
    EXPECT_EQ(error.code, ErrorCode::kConflict);
    EXPECT_NE(error.message.find(std::string(64, 'b')), std::string::npos) << error.message;
}

TEST_F(IngestTest, lists_each_input_with_its_digest) {
    const std::string path = write("t.csv", kHead + row(1, 0, "5"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, path}}));
    ASSERT_TRUE(take_in({{Schema::kTransfers, path}}));
    const auto inputs =
        records::Store::open_read_only(records_path(ledger())).value()->inputs().value();
    ASSERT_EQ(inputs.size(), 1u);
    EXPECT_EQ(inputs[0].name, "t.csv");
    EXPECT_EQ(inputs[0].sha256.size(), 64u);
}

TEST_F(IngestTest, resolves_every_form_of_seed_against_the_ledger) {
    const std::string path = write("t.csv", kHead + row(1, 0, "5"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, path}}));
    const auto reader = ledger::open_reader(ledger()).value();
    EXPECT_EQ(parse_seeds(kAlice, *reader).value().size(), 1u);
    EXPECT_EQ(parse_seeds("eth:" + kAlice + "," + kBob + "," + kBob, *reader).value().size(), 2u);
    const auto timed = parse_seeds(kAlice + "@1970-01-01T00:16:41Z", *reader).value();
    EXPECT_EQ(std::get<trace::Seed::FromAddress>(timed[0].what).since, from_unix_seconds(1001));
    EXPECT_TRUE(parse_seeds("eip155:1:" + kAlice, *reader));

    EXPECT_EQ(parse_seeds("", *reader).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_seeds(kAlice + ",", *reader).error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_seeds("bsc:" + kAlice, *reader).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(parse_seeds("0x" + std::string(40, '9'), *reader).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(parse_seeds("0x" + std::string(64, '9') + ":0", *reader).error().code,
              ErrorCode::kMalformed);
    EXPECT_NE(parse_seeds("0x12", *reader).error().message.find("seed \"0x12\""),
              std::string::npos);
}

}  // namespace
}  // namespace cordon::engine
