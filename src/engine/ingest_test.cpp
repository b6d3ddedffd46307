// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ingest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ledger_care.hpp"
#include "open.hpp"
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

TEST_F(IngestTest, has_all_blocks_and_says_so_when_it_is_cancelled_while_it_seals) {
    const std::string path = write("t.csv", kHead + row(1, 0, "5") + row(2, 0, "6"));
    std::atomic<bool> cancel{false};
    IngestHooks hooks;
    hooks.cancel = &cancel;
    hooks.sealing = [&](double share) {
        EXPECT_EQ(share, 0);
        cancel = true;
    };
    const IngestResult cut = take_in({{Schema::kTransfers, path}}, 0, hooks).value();
    EXPECT_TRUE(cut.incomplete);
    EXPECT_EQ(cut.sources.at(0).rows, 2U);
    EXPECT_EQ(tip(), 2U);
    cancel = false;
    hooks.sealing = nullptr;
    EXPECT_FALSE(take_in({{Schema::kTransfers, path}}, 0, hooks).value().incomplete);
}

/// All blocks of a ledger.
std::vector<Block> all_blocks(const std::string& directory) {
    const auto reader = ledger::open_reader(directory).value();
    std::vector<Block> blocks;
    for (const ledger::ChainSummary& each : reader->chains())
        EXPECT_TRUE(reader->scan(each.chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
            blocks.push_back(block);
            return {};
        }));
    return blocks;
}

TEST_F(IngestTest, stores_what_a_plain_loop_would_store) {
    std::string csv = kHead;
    for (int block = 1; block <= 500; ++block)
        for (int txn = 0; txn < (block % 97 == 0 ? 300 : block % 4); ++txn)
            csv += row(block, txn, std::to_string(block * 7 + txn));
    std::string lines;
    for (int i = 1; i <= 300; ++i) {
        const auto id = [](int n) {
            const std::string digits = std::to_string(n);
            return std::string(64 - digits.size(), '0') + digits;
        };
        const auto script = [](int n) {
            const std::string digits = std::to_string(n % 50);
            return "0014" + std::string(40 - digits.size(), '0') + digits;
        };
        lines += "{\"txid\":\"" + id(i) + "\",\"in\":[[\"" + id(i - 1) + "\",0," +
                 std::to_string(1001 - i) + ",\"" + script(i - 1) + "\",null]],\"out\":[[" +
                 std::to_string(1000 - i) + ",\"" + script(i) + "\",null]]}\n";
    }
    const std::string token = "0x" + std::string(40, '7');
    std::string transfers =
        "token_address,from_address,to_address,value,transaction_hash,log_index,block_number\n";
    for (int i = 0; i < 900; ++i)
        transfers += token + "," + kAlice + "," + kBob + "," + std::to_string(i) + ",0x" +
                     std::string(60, 'c') + std::to_string(1001 + i / 3) + "," + std::to_string(i) +
                     "," + std::to_string(1001 + i / 3) + "\n";
    std::string headers = "number,hash,parent_hash,timestamp\n";
    for (int block = 1001; block < 1301; ++block)
        headers += std::to_string(block) + ",0x" + std::string(60, 'd') + std::to_string(block) +
                   ",0x" + std::string(60, 'd') + std::to_string(block - 1) + "," +
                   std::to_string(block) + "\n";
    fs::create_directories(folder_ / "etl");
    write("etl/blocks.csv", headers);
    const Source sources[] = {{Schema::kTransfers, write("t.csv", csv)},
                              {Schema::kBtcTxs, write("t.jsonl", lines)},
                              {Schema::kEvmEtl, (folder_ / "etl").string()}};
    write("etl/token_transfers.csv", transfers);
    for (const Source& source : sources) {
        const std::string plain = (folder_ / "plain").string();
        fs::remove_all(plain);
        fs::remove_all(ledger());
        {
            const auto writer = ledger::open_writer(plain).value();
            const auto blocks = open_chain_source(source, std::nullopt).value();
            BlockNum loose = 0;
            for (;;) {
                auto read = blocks->next();
                ASSERT_TRUE(read) << read.error().message;
                if (!*read) break;
                Block* const block = &**read;
                if (block->header.number_kind == BlockNumKind::kSequence)
                    block->header.number = loose++;
                ASSERT_TRUE(writer->append({block, 1}));
            }
        }
        const auto done = take_in({source});
        ASSERT_TRUE(done) << done.error().message;
        const IngestResult& result = *done;
        const std::vector<Block> stored = all_blocks(ledger());
        EXPECT_GT(stored.size(), 0u) << to_string(source.schema);
        EXPECT_EQ(result.sources.at(0).rows, stored.size()) << to_string(source.schema);
        EXPECT_TRUE(stored == all_blocks(plain)) << to_string(source.schema);
    }
}

TEST_F(IngestTest, takes_sources_in_the_order_given_and_undoes_only_the_bad_one) {
    const std::string one = write("one.csv", kHead + row(1, 0, "5") + row(2, 0, "6"));
    const std::string two = write("two.csv", kHead + row(3, 0, "5") + row(4, 0, "6"));
    const std::string bad = write("bad.csv", kHead + row(5, 0, "7") + row(6, 0, "x"));
    const IngestResult both =
        take_in({{Schema::kTransfers, one}, {Schema::kTransfers, two}}, 1).value();
    EXPECT_EQ(both.sources.at(1).rows, 2u);
    EXPECT_EQ(tip(), 4u);
    const std::string more = write("more.csv", kHead + row(5, 0, "5"));
    const Error error =
        take_in({{Schema::kTransfers, more}, {Schema::kTransfers, bad}, {Schema::kTransfers, one}})
            .error();
    EXPECT_NE(error.message.find("bad.csv:3"), std::string::npos) << error.message;
    EXPECT_EQ(tip(), 5u);
    // One that is not there is found out in its turn, not before.
    const std::string none = (folder_ / "none.csv").string();
    const std::string last = write("last.csv", kHead + row(6, 0, "5"));
    EXPECT_EQ(take_in({{Schema::kTransfers, last}, {Schema::kTransfers, none}}).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(tip(), 6u);
}

TEST_F(IngestTest, says_where_an_interrupted_source_goes_on_also_behind_another) {
    const std::string one = write("one.csv", kHead + row(1, 0, "5") + row(2, 0, "6"));
    const std::string two =
        write("two.csv", kHead + row(3, 0, "5") + row(4, 0, "6") + row(5, 0, "7"));
    const std::vector<Source> sources{{Schema::kTransfers, one}, {Schema::kTransfers, two}};
    std::atomic<bool> cancel{false};
    IngestHooks hooks;
    hooks.cancel = &cancel;
    hooks.acknowledged = [&](const Acknowledged& batch) { cancel = batch.tip == 3; };
    EXPECT_TRUE(take_in(sources, 1, hooks).value().incomplete);
    EXPECT_EQ(tip(), 3u);
    std::vector<BlockNum> told;
    IngestHooks again;
    again.resumed = [&](const Resumed& at) { told.push_back(at.block); };
    // Cut again while the first is passed over: the note of the second is still there.
    std::atomic<bool> at_once{true};
    again.cancel = &at_once;
    EXPECT_TRUE(take_in(sources, 1, again).value().incomplete);
    EXPECT_EQ(load_pending(ledger()).value().size(), 2u);
    again.cancel = nullptr;
    const IngestResult rest = take_in(sources, 1, again).value();
    EXPECT_TRUE(rest.warnings.empty());
    EXPECT_EQ(told, (std::vector<BlockNum>{4}));
    ASSERT_EQ(rest.resumed.size(), 1u);
    EXPECT_EQ(rest.resumed[0].source, two);
    EXPECT_EQ(tip(), 5u);
    EXPECT_TRUE(load_pending(ledger()).value().empty());
    EXPECT_TRUE(take_in(sources).value().resumed.empty());
}

TEST_F(IngestTest, reports_height_and_the_share_of_all_sources) {
    const std::string one = write("one.csv", kHead + row(1, 0, "5"));
    const std::string two = write("two.csv", kHead + row(3, 0, "5") + row(4, 0, "6"));
    std::vector<IngestProgress> seen;
    IngestHooks hooks;
    hooks.progress = [&](const IngestProgress& at) { seen.push_back(at); };
    ASSERT_TRUE(take_in({{Schema::kTransfers, one}, {Schema::kTransfers, two}}, 0, hooks));
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen.back().height, 4u);
    EXPECT_EQ(seen.back().chain, kEthereum);
    EXPECT_EQ(seen.back().all_bytes_total, fs::file_size(one) + fs::file_size(two));
    EXPECT_EQ(seen.back().all_bytes_read, seen.back().all_bytes_total);
    EXPECT_EQ(seen.front().all_bytes_read, fs::file_size(one));
}

TEST_F(IngestTest, copies_a_ledger_whole_or_not_at_all) {
    const std::string labels = write(
        "l.csv", "address,label,category,source,confidence\n" + kBob + ",Bob,exchange,me,1\n");
    const std::string path = write("t.csv", kHead + row(1, 0, "5") + row(2, 0, "6"));
    ASSERT_TRUE(take_in({{Schema::kTransfers, path}, {Schema::kLabels, labels}}));
    const std::string target = (folder_ / "copy").string();
    const LedgerCopy copy = copy_ledger(ledger(), target).value();
    EXPECT_EQ(copy.chains.at(0).transfers, 2u);
    EXPECT_EQ(copy.records.value().labels, 1u);
    EXPECT_TRUE(all_blocks(target) == all_blocks(ledger()));
    const auto verified = verify_ledger(target, {}).value();
    for (const Verified& each : verified) EXPECT_FALSE(each.damage.has_value()) << each.what;
    // The copy is a ledger like any other.
    const std::string more = write("more.csv", kHead + row(3, 0, "5"));
    ASSERT_TRUE(ingest({target, {{Schema::kTransfers, more}}, std::nullopt, 0}, {}));
    EXPECT_EQ(tip(), 2u);

    EXPECT_EQ(copy_ledger(ledger(), target).error().code, ErrorCode::kConflict);
    EXPECT_EQ(copy_ledger(ledger(), ledger() + "/inside").error().code, ErrorCode::kConflict);
    EXPECT_EQ(copy_ledger(target + "/none", target + "2").error().code, ErrorCode::kNotFound);
    std::ofstream{records_path(ledger()), std::ios::trunc} << std::string(5000, 'x');
    ASSERT_FALSE(copy_ledger(ledger(), target + "3"));
    EXPECT_FALSE(fs::exists(target + "3"));
}

TEST_F(IngestTest, looks_at_every_kind_of_file_when_it_verifies) {
    ASSERT_TRUE(take_in({{Schema::kTransfers, write("t.csv", kHead + row(1, 0, "5"))}}));
    const auto damaged = [&] {
        std::vector<std::string> names;
        const auto verified = verify_ledger(ledger(), {}).value();
        for (const Verified& each : verified)
            if (each.damage) names.push_back(each.what);
        return names;
    };
    EXPECT_TRUE(damaged().empty());
    std::ofstream{ledger() + "/ingest.pending"} << "cordon";
    std::ofstream{ledger() + "/clusters-btc.bin"} << "cordon clusters";
    EXPECT_EQ(damaged(), (std::vector<std::string>{"clusters-btc.bin", "ingest.pending"}));
    EXPECT_EQ(verify_ledger(ledger() + "/none", {}).error().code, ErrorCode::kNotFound);
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
