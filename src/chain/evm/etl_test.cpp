// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <cordon/base/hex.hpp>

#include "../bitcoin/test_data.hpp"
#include "../block_source.hpp"
#include "../csv_test_file.hpp"
#include "../text.hpp"
#include "../transfers_writer.hpp"

namespace cordon::chain {
namespace {

const std::string kA = "0x" + std::string(40, 'a');
const std::string kB = "0x" + std::string(40, 'b');
const std::string kC = "0x" + std::string(40, 'c');
const std::string kMiner = "0x" + std::string(40, 'd');
const std::string kZero = "0x" + std::string(40, '0');
const std::string kToken = "0x" + std::string(40, 'e');
const std::string kT1 = "0x" + std::string(64, '1');
const std::string kT2 = "0x" + std::string(64, '2');

struct Loaded {
    std::vector<Block> blocks;
    std::vector<std::string> warnings;
};

Result<Loaded> load(std::vector<InputFile> files) {
    CORDON_TRY(auto source, open_evm_etl(std::move(files), kEthereum));
    Loaded out;
    while (true) {
        CORDON_TRY(auto block, source->next());
        if (!block) break;
        out.blocks.push_back(std::move(*block));
    }
    out.warnings = source->warnings();
    return out;
}

Result<Loaded> load(const std::vector<std::string>& texts) {
    std::vector<InputFile> files;
    for (std::size_t i = 0; i < texts.size(); ++i)
        files.push_back(text_file(texts[i], "file" + std::to_string(i)));
    return load(std::move(files));
}

/// All rows in canonical form without chain, block, time and txn: what a test is about.
std::string rows(const std::vector<Block>& blocks) {
    std::string out;
    for (const Block& block : blocks)
        for (const AccountTxn& txn : block.account_txns)
            for (const Transfer& t : txn.transfers)
                out += std::to_string(t.index) + ' ' +
                       format_address(kEthereum, t.from).substr(2, 1) + '>' +
                       format_address(kEthereum, t.to).substr(2, 1) + ' ' +
                       std::string{t.asset.is_native() ? "native" : "token"} + ' ' +
                       t.amount.to_string() + ' ' + std::string{to_string(t.kind)} + '\n';
    return out;
}

void expect_refused(const std::vector<std::string>& texts, ErrorCode code, std::string_view part) {
    const auto loaded = load(texts);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, code) << loaded.error().message;
    EXPECT_NE(loaded.error().message.find(part), std::string::npos) << loaded.error().message;
}

const std::string kBlocks =
    "number,hash,parent_hash,miner,timestamp\n7," + kT1 + "," + kT2 + "," + kMiner + ",1000\n";
const std::string kTxHeader =
    "hash,block_number,transaction_index,from_address,to_address,value,gas_price,receipt_gas_used,"
    "receipt_status,nonce\n";
const std::string kTraceHeader =
    "block_number,transaction_hash,from_address,to_address,value,trace_type,call_type,trace_"
    "address,error,status\n";
const std::string kTokenHeader =
    "token_address,from_address,to_address,value,transaction_hash,log_index,block_number\n";

TEST(EvmEtl, makes_native_transfers_and_fees_of_transactions) {
    const auto loaded =
        load({kBlocks, kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,21000,1,0\n"}).value();
    ASSERT_EQ(loaded.blocks.size(), 1u);
    EXPECT_EQ(loaded.blocks[0].header.time, from_unix_seconds(1000));
    EXPECT_EQ(loaded.blocks[0].header.hash, parse_hash(kEthereum, kT1).value());
    EXPECT_EQ(loaded.blocks[0].header.parent, parse_hash(kEthereum, kT2).value());
    EXPECT_EQ(rows(loaded.blocks), "0 a>d native 210000 fee\n1 a>b native 5 native\n");
    EXPECT_TRUE(loaded.warnings.empty());
}

TEST(EvmEtl, a_reverted_txn_moves_only_its_fee) {
    const auto loaded =
        load({kBlocks, kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,3,0,0\n",
              kTokenHeader + kToken + "," + kA + "," + kB + ",9," + kT1 + ",0,7\n",
              kTraceHeader + "7," + kT1 + "," + kA + "," + kB + ",5,call,call,,,1\n"})
            .value();
    EXPECT_EQ(rows(loaded.blocks), "0 a>d native 30 fee\n");
}

TEST(EvmEtl, traces_replace_the_value_of_the_txn) {
    const std::string traces = kTraceHeader +                                              //
                               "7," + kT1 + "," + kA + "," + kB + ",5,call,call,,,1\n" +   //
                               "7," + kT1 + "," + kB + "," + kC + ",2,call,call,0,,1\n" +  //
                               "7," + kT1 + "," + kB + "," + kC +
                               ",2,call,delegatecall,1,,1\n" +                                 //
                               "7," + kT1 + "," + kB + "," + kC + ",2,call,callcode,2,,1\n" +  //
                               "7," + kT1 + "," + kB + "," + kC + ",0,call,call,3,,1\n" +      //
                               "7," + kT1 + "," + kB + "," + kC + ",3,suicide,,4,,1\n" +       //
                               "7," + kT1 + "," + kB + "," + kC + ",4,create,,5,,1\n";
    const auto loaded =
        load({kBlocks, traces, kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,0,0,1,0\n"}).value();
    EXPECT_EQ(rows(loaded.blocks),
              "1 a>b native 5 native\n2 b>c native 2 internal\n3 b>c native 3 internal\n4 b>c "
              "native 4 internal\n");
}

TEST(EvmEtl, a_failed_call_takes_what_it_called_with_it) {
    const std::string traces = kTraceHeader +                                                   //
                               "7," + kT1 + "," + kB + "," + kC + ",8,call,call,\"0,0\",,\n" +  //
                               "7," + kT1 + "," + kA + "," + kB + ",5,call,call,,,\n" +         //
                               "7," + kT1 + "," + kB + "," + kC +
                               ",2,call,call,0,Out of gas,\n" +  //
                               "7," + kT1 + "," + kB + "," + kC + ",6,call,call,1,,\n";
    EXPECT_EQ(rows(load({kBlocks, traces}).value().blocks),
              "1 a>b native 5 native\n2 b>c native 6 internal\n");
}

TEST(EvmEtl, mints_rewards_that_belong_to_no_txn) {
    const std::string header =
        "block_number,transaction_hash,from_address,to_address,value,trace_type,call_type,"
        "trace_address,error,status,trace_id\n";
    const auto loaded =
        load({kBlocks, header + "7,,," + kA + ",5,reward,,,,1,reward_7_0\n7,,," + kA +
                           ",5,reward,,,,1,reward_7_1\n"
                           "7,,," +
                           kA + ",5,reward,,,,1,reward_7_1\n"})
            .value();
    EXPECT_EQ(rows(loaded.blocks), "0 0>a native 5 mint\n1 0>a native 5 mint\n");
    EXPECT_EQ(loaded.warnings.size(), 1u);
}

const std::string kWithdrawal =
    R"({"index":5,"validator_index":1,"address":")" + kA + R"(","amount":45762059})";

/// The list as JSON lines have it, or without its brackets, as CSV has it.
std::string blocks_with(bool json, const std::string& withdrawals) {
    if (json)
        return R"({"type":"block","number":7,"hash":")" + kT1 +
               R"(","timestamp":1000,"withdrawals":[)" + withdrawals + "]}\n";
    std::string quoted;
    for (const char c : withdrawals) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
    return "number,hash,timestamp,withdrawals\n7," + kT1 + ",1000,\"" + quoted + "\"\n";
}

TEST(EvmEtl, pays_validators_after_everything_else) {
    const std::string txns = kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,21000,1,0\n";
    for (const bool json : {false, true}) {
        const auto loaded = load({blocks_with(json, kWithdrawal), txns});
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(rows(loaded->blocks),
                  "0 a>0 native 210000 fee\n1 a>b native 5 native\n"
                  "0 0>a native 45762059000000000 mint\n");
        const auto none = load({blocks_with(json, ""), txns});
        ASSERT_TRUE(none) << none.error().message;
        EXPECT_EQ(none->blocks[0].account_txns.size(), 1U);
    }
    const auto twice =
        load({blocks_with(false, kWithdrawal), blocks_with(true, kWithdrawal), txns});
    ASSERT_TRUE(twice) << twice.error().message;
    EXPECT_EQ(twice->blocks[0].account_txns.back().transfers.size(), 1U) << "said twice, paid once";
}

TEST(EvmEtl, refuses_withdrawals_that_differ_or_are_none) {
    const std::string txns = kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,21000,1,0\n";
    const std::string other = std::string{kWithdrawal}.replace(kWithdrawal.find("45"), 2, "46");
    expect_refused({blocks_with(false, kWithdrawal), blocks_with(false, other), txns},
                   ErrorCode::kConflict, "withdrawals");
    expect_refused({blocks_with(false, kWithdrawal + "," + kWithdrawal), txns}, ErrorCode::kOrder,
                   "withdrawals");
    expect_refused({blocks_with(false, R"({"index":5})"), txns}, ErrorCode::kMalformed,
                   "withdrawals");
    expect_refused({blocks_with(false, "x"), txns}, ErrorCode::kMalformed, "withdrawals");
}

TEST(EvmEtl, takes_a_token_transfer_once_from_logs_and_token_transfers) {
    const std::string topics =
        "\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef,0x" +
        std::string(24, '0') + std::string(40, 'a') + ",0x" + std::string(64, '0') + "\"";
    const std::string data = "0x" + std::string(62, '0') + "0f";
    const std::string log =
        "log_index,transaction_hash,transaction_index,block_number,address,data,topics\n";
    const std::string row = "3," + kT1 + ",0,7," + kToken + "," + data + "," + topics + "\n";
    const std::string token =
        kTokenHeader + kToken + "," + kA + "," + kZero + ",15," + kT1 + ",3,7\n";
    const auto loaded = load({kBlocks, token, log + row}).value();
    EXPECT_EQ(rows(loaded.blocks), "1000003 a>0 token 15 burn\n");
    EXPECT_TRUE(loaded.warnings.empty());
    EXPECT_EQ(rows(load({kBlocks, log + row}).value().blocks), rows(loaded.blocks));
    EXPECT_EQ(rows(load({kBlocks, token}).value().blocks), rows(loaded.blocks));
    expect_refused({kBlocks, log + row,
                    kTokenHeader + kToken + "," + kA + "," + kZero + ",16," + kT1 + ",3,7\n"},
                   ErrorCode::kConflict, "file2:2: field log_index:");
}

TEST(EvmEtl, leaves_non_fungible_tokens_out_where_a_log_tells) {
    const std::string topics =
        "[\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\", \"0x" +
        std::string(24, '0') + std::string(40, 'a') + "\", \"0x" + std::string(24, '0') +
        std::string(40, 'b') + "\", \"0x" + std::string(63, '0') + "5\"]";
    const std::string log = "{\"type\":\"log\",\"block_number\":7,\"transaction_hash\":\"" + kT1 +
                            "\",\"log_index\":3,\"address\":\"" + kToken +
                            "\",\"data\":\"0x\",\"topics\":" + topics + "}\n";
    const auto loaded =
        load({kBlocks, kTokenHeader + kToken + "," + kA + "," + kB + ",5," + kT1 + ",3,7\n", log})
            .value();
    EXPECT_EQ(rows(loaded.blocks), "");
    ASSERT_EQ(loaded.warnings.size(), 1u);
    EXPECT_NE(loaded.warnings[0].find("non-fungible"), std::string::npos);
}

TEST(EvmEtl, reads_json_numbers_beyond_64_bits_exactly) {
    const std::string max = Amount::max().to_string();
    const std::string line = "{\"token_address\": \"" + kToken + "\", \"from_address\": \"" + kA +
                             "\", \"to_address\": \"" + kB + "\", \"value\": " + max +
                             " , \"transaction_hash\": \"" + kT1 +
                             "\", \"log_index\": 0, \"block_number\": 7, \"block_timestamp\": "
                             "1000, \"x\": {\"y\": [1]}}";
    EXPECT_EQ(load({line + "\n"}).value().blocks[0].account_txns[0].transfers[0].amount,
              Amount::max());
    std::string larger = line;
    larger.replace(larger.find(max), max.size(), max + "0");
    expect_refused({larger}, ErrorCode::kOverflow, "file0:1: field value:");
    for (const char* bad : {"-5", "1.5", "1e3", "true", "\"\""}) {
        std::string text = line;
        text.replace(text.find(max), max.size(), bad);
        expect_refused({text}, ErrorCode::kMalformed, "file0:1: field value:");
    }
}

TEST(EvmEtl, finds_the_address_of_a_new_contract) {
    // Sender and nonce of a well-known example: the contract is keccak256(rlp([sender, nonce])).
    const std::string sender = "0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0";
    const auto loaded =
        load({kBlocks, kTxHeader + kT1 + ",7,0," + sender + ",,5,0,0,1,1\n"}).value();
    EXPECT_EQ(format_address(kEthereum, loaded.blocks[0].account_txns[0].transfers[0].to),
              "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8");
}

TEST(EvmEtl, orders_txns_by_index_or_else_by_their_logs) {
    const std::string second = kTxHeader + kT1 + ",7,1," + kA + "," + kB + ",5,0,0,1,0\n" + kT2 +
                               ",7,0," + kB + "," + kC + ",6,0,0,1,0\n";
    EXPECT_EQ(rows(load({kBlocks, second}).value().blocks),
              "1 b>c native 6 native\n1 a>b native 5 native\n");
    const std::string tokens = kTokenHeader + kToken + "," + kA + "," + kB + ",1," + kT1 +
                               ",8,7\n" + kToken + "," + kB + "," + kC + ",2," + kT2 + ",3,7\n";
    EXPECT_EQ(rows(load({kBlocks, tokens}).value().blocks),
              "1000003 b>c token 2 token\n1000008 a>b token 1 token\n");
}

TEST(EvmEtl, asks_for_the_file_that_gives_the_time) {
    expect_refused({kTokenHeader + kToken + "," + kA + "," + kB + ",1," + kT1 + ",8,7\n"},
                   ErrorCode::kNotFound, "block 7 has no time; add the blocks export");
}

TEST(EvmEtl, refuses_files_that_do_not_belong_together) {
    const std::string other = "{\"type\":\"transaction\",\"hash\":\"" + kT1 +
                              "\",\"block_number\":7,\"from_address\":\"" + kA +
                              "\",\"to_address\":null,\"value\":0,\"block_timestamp\":1001}\n";
    expect_refused({kBlocks, other}, ErrorCode::kConflict, "field block_timestamp");
    const std::string tx = kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,21000,1,0\n";
    EXPECT_EQ(load({kBlocks, tx, tx}).value().warnings.size(), 1u);
    expect_refused({kBlocks, tx, kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",6,10,21000,1,0\n"},
                   ErrorCode::kConflict, "file2:2");
}

TEST(EvmEtl, refuses_what_is_malformed_or_out_of_order) {
    const auto tx = [](std::string_view block, const std::string& from, std::string_view value) {
        return kT1 + "," + std::string{block} + ",0," + from + "," + kB + "," + std::string{value} +
               ",10,21000,1,0\n";
    };
    expect_refused({kBlocks, kTxHeader + tx("8", kA, "1") + tx("7", kA, "1")}, ErrorCode::kOrder,
                   "file1:3: field block_number:");
    expect_refused({kBlocks, kTxHeader + tx("7", kA, "-1")}, ErrorCode::kMalformed,
                   "file1:2: field value:");
    expect_refused({kBlocks, kTxHeader + tx("7", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "1")},
                   ErrorCode::kWrongChain, "field from_address:");
    expect_refused({kBlocks, kTxHeader + tx("7", kA, Amount::max().to_string() + "0")},
                   ErrorCode::kOverflow, "field value:");
    expect_refused(
        {kBlocks, kTraceHeader + "7," + kT1 + "," + kA + "," + kB + ",5,call,calling,,,1\n"},
        ErrorCode::kUnsupported, "field call_type:");
    expect_refused(
        {kBlocks, kTraceHeader + "7," + kT1 + "," + kA + "," + kB + ",5,call,call,,,1\n" + "7," +
                      kT1 + "," + kA + "," + kB + ",6,call,call,,,1\n"},
        ErrorCode::kConflict, "two different traces");
    expect_refused({"{\"type\":\"trace\"}\n"}, ErrorCode::kMalformed,
                   "file0:1: key \"block_number\" is missing");
}

TEST(EvmEtl, refuses_a_line_cut_short) {
    const std::string line = "{\"type\":\"transaction\",\"hash\":\"" + kT1 +
                             "\",\"block_number\":7,\"from_address\":\"" + kA +
                             "\",\"to_address\":null,\"value\":0,\"block_timestamp\":1001}\n";
    for (std::size_t size = line.size() + 2; size + 1 < 2 * line.size(); ++size) {
        const auto loaded = load({(line + line).substr(0, size)});
        ASSERT_FALSE(loaded) << size;
        ASSERT_NE(loaded.error().message.find("file0:2"), std::string::npos)
            << loaded.error().message;
    }
}

TEST(EvmEtl, skips_other_files_and_says_so) {
    const std::string tx = kTxHeader + kT1 + ",7,0," + kA + "," + kB + ",5,10,21000,1,0\n";
    const auto loaded = load({kBlocks, tx, "{\"jsonrpc\": \"2.0\"}", "address,bytecode\n", "",
                              "[1]", "\xff\xfe", "{\n \"a\": 1\n}\n"})
                            .value();
    EXPECT_EQ(loaded.warnings.size(), 6u);
    expect_refused({kBlocks, "[1]"}, ErrorCode::kNotFound, "none of 2 files");
    expect_refused({}, ErrorCode::kNotFound, "none of 0 files");
}

TEST(EvmEtl, serves_evm_chains_only) {
    EXPECT_EQ(open_evm_etl({}, kTronMainnet).error().code, ErrorCode::kInvalidParam);
}

// --- Real exports

std::vector<InputFile> exports_in(const std::filesystem::path& dir,
                                  std::string_view without = "/") {
    std::vector<InputFile> out;
    auto files = input_files(dir.string());
    if (!files) return out;
    for (InputFile& file : *files)
        if (file.name.find(without) == std::string::npos || without == "/")
            out.push_back(std::move(file));
    return out;
}

/// Gives every block a time, which small test exports lack.
class WithTimes {
public:
    explicit WithTimes(const std::vector<InputFile>& files) {
        std::set<std::string> blocks;
        for (const InputFile& file : files) {
            const std::string text = as_text(read_test_file(file.name));
            for (std::size_t at = 0;
                 (at = text.find("block_number\": ", at)) != std::string::npos;) {
                at += 15;
                blocks.insert(text.substr(at, text.find_first_not_of("0123456789", at) - at));
            }
            if (file.name.ends_with(".csv")) collect_csv(text, blocks);
        }
        // A conflict with a time that the export does have is avoided by leaving out blocks that it
        // has.
        text_ = "number,hash,timestamp\n";
        std::vector<uint64_t> numbers;
        for (const std::string& block : blocks) numbers.push_back(std::stoull(block));
        std::sort(numbers.begin(), numbers.end());
        for (const uint64_t number : numbers) text_ += std::to_string(number) + ",,1\n";
    }
    InputFile file() const { return text_file(text_, "times.csv"); }

private:
    static void collect_csv(const std::string& text, std::set<std::string>& blocks) {
        const auto fields = [](std::string_view line) {
            std::vector<std::string> out(1);
            bool quoted = false;
            for (const char c : line) {
                if (c == '"')
                    quoted = !quoted;
                else if (c == ',' && !quoted)
                    out.emplace_back();
                else if (c != '\r')
                    out.back() += c;
            }
            return out;
        };
        std::size_t column = SIZE_MAX;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const auto row = fields(std::string_view{text}.substr(at, end - at));
            if (at == 0)
                column = static_cast<std::size_t>(
                    std::find(row.begin(), row.end(), "block_number") - row.begin());
            else if (column < row.size())
                blocks.insert(row[column]);
            at = end + 1;
        }
    }
    std::string text_;
};

/// The only reasons for which a folder of the exporter's own tests may be refused.
bool is_honest_refusal(const Error& error) {
    return error.code == ErrorCode::kNotFound &&
           (error.message.find("carries value") != std::string::npos ||
            error.message.find("has no time") != std::string::npos ||
            error.message.find("have no txn hash") != std::string::npos);
}

TEST(EvmEtl, pays_the_validators_of_real_blocks) {
    CORDON_TEST_DATA(
        dir, "detect/ethereum_etl/test_export_blocks_job/blocks_with_transactions_and_withdrawals");
    const auto loaded = load(exports_in(dir));
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->blocks.size(), 2U);
    const std::string paid[] = {"231693495000000000", "198354889000000000"};
    for (std::size_t i = 0; i < 2; ++i) {
        const AccountTxn& last = loaded->blocks[i].account_txns.back();
        EXPECT_EQ(last.transfers.size(), 16U);
        Amount sum;
        for (const Transfer& each : last.transfers) {
            EXPECT_EQ(format_address(kEthereum, each.to),
                      "0xb9d7934878b5fb9610b3fe8a5e441e8fad7e293f");
            sum += each.amount;
        }
        EXPECT_EQ(sum.to_string(), paid[i]);
    }
}

TEST(EvmEtl, reads_every_real_export) {
    CORDON_TEST_DATA(dir, "detect/ethereum_etl");
    std::size_t read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{dir}) {
        if (!entry.is_directory()) continue;
        auto files = exports_in(entry.path());
        const bool leaf = std::none_of(std::filesystem::directory_iterator{entry.path()},
                                       std::filesystem::directory_iterator{},
                                       [](const auto& child) { return child.is_directory(); });
        if (!leaf || files.empty()) continue;
        auto loaded = load(files);
        if (!loaded && loaded.error().message.find("has no time") != std::string::npos) {
            const WithTimes times{files};
            files.push_back(times.file());
            loaded = load(files);
        }
        if (!loaded) {
            EXPECT_TRUE(is_honest_refusal(loaded.error()))
                << entry.path() << ": " << loaded.error().message;
            continue;
        }
        ++read;
        for (const Block& block : loaded->blocks) {
            for (const AccountTxn& txn : block.account_txns)
                EXPECT_TRUE(std::is_sorted(txn.transfers.begin(), txn.transfers.end(),
                                           [](const Transfer& a, const Transfer& b) {
                                               return a.index <= b.index;
                                           }) ||
                            txn.transfers.size() == 1)
                    << entry.path();
            std::string text{transfers_header()};
            ASSERT_TRUE(append_transfers(text, block));
            if (block.account_txns.empty()) continue;
            auto again = open_transfers(text_file(text)).value()->next().value();
            EXPECT_EQ(again->account_txns, block.account_txns);
        }
    }
    EXPECT_GT(read, 0u);
}

TEST(EvmEtl, logs_give_the_token_transfers_that_the_exporter_found) {
    CORDON_TEST_DATA(dir, "detect/ethereum_etl/test_stream");
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator{dir}) {
        const auto has = [&](const char* name) {
            return std::filesystem::exists(entry.path() / name);
        };
        if (!has("expected_logs.json") || !has("expected_token_transfers.json")) continue;
        const auto by_logs =
            load(std::vector{input_file((entry.path() / "expected_logs.json").string()).value()})
                .value();
        const auto by_both =
            load(std::vector{
                     input_file((entry.path() / "expected_logs.json").string()).value(),
                     input_file((entry.path() / "expected_token_transfers.json").string()).value()})
                .value();
        // Every transfer of the exporter is in a log of ours with the same content, or the merge
        // would be refused; and it has none that no log has.
        EXPECT_EQ(rows(by_logs.blocks), rows(by_both.blocks)) << entry.path();
        for (const std::string& warning : by_both.warnings)
            EXPECT_EQ(warning.find("without their logs"), std::string::npos) << warning;
        compared += by_logs.blocks.size();
    }
    if (compared == 0) GTEST_SKIP() << "no export with both logs and token transfers";
}

}  // namespace
}  // namespace cordon::chain
