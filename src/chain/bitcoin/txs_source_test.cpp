// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../block_source.hpp"
#include "../loose_txns.hpp"
#include "../text.hpp"
#include "test_builder.hpp"

namespace cordon::chain {
namespace {

using namespace test;

struct Files {
    Files() = default;
    Files(const Files&) = delete;  // The files point into the bytes.
    std::deque<Bytes> bytes;
    std::vector<InputFile> files;
    Files& add(std::string name, const std::string& text) {
        bytes.emplace_back(text.begin(), text.end());
        files.push_back(memory_file(std::move(name), bytes.back()));
        return *this;
    }
};

struct Read {
    std::vector<Block> blocks;
    std::vector<std::string> warnings;
    std::optional<Error> error;
    std::vector<std::string> txids() const {  // The last two digits of each.
        std::vector<std::string> out;
        for (const Block& block : blocks)
            for (const UtxoTxn& txn : block.utxo_txns)
                out.push_back(format_hash(kBitcoin, txn.txid).substr(62));
        return out;
    }
};

Read read(const Files& files, ChainId chain = kBitcoin) {
    Read out;
    auto source = open_bitcoin_txs(files.files, chain);
    if (!source) {
        out.error = source.error();
        return out;
    }
    for (;;) {
        auto block = (*source)->next();
        if (!block) {
            out.error = block.error();
            break;
        }
        if (!*block) break;
        out.blocks.push_back(std::move(**block));
    }
    out.warnings = (*source)->warnings();
    return out;
}

Read read_text(const std::string& text, ChainId chain = kBitcoin) {
    return read(Files{}.add("txs.jsonl", text), chain);
}

ErrorCode code_of(const std::string& text) {
    const Read result = read_text(text);
    return result.error ? result.error->code : ErrorCode::kCancelled;
}

std::string txid(int number) { return std::string(60, '0') + format("{:04x}", number); }

constexpr const char* kScript = "0014751e76e8199196d454941c45d1b3a323f1433bd6";
constexpr const char* kAddress = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

/// One line; `extra` goes in front of the other keys.
std::string line(int id, const std::vector<int>& spends, const std::string& extra = "") {
    std::string in;
    for (const int spent : spends)
        in += format(R"({}["{}",0,10,"{}","{}"])", in.empty() ? "" : ",", txid(spent), kScript,
                     kAddress);
    return format(R"({{{}"txid":"{}","in":[{}],"out":[[9,"{}","{}"]]}})", extra, txid(id), in,
                  kScript, kAddress) +
           "\n";
}

TEST(BitcoinTxs, in_json_carry_their_prevouts) {
    const Read result = read_text(line(1, {7}, R"("time":1700000000,"label":"x",)"));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.blocks.size(), 1U);
    const Block& block = result.blocks[0];
    EXPECT_EQ(block.header.number_kind, BlockNumKind::kSequence);
    EXPECT_EQ(to_unix_seconds(*block.header.time), 1700000000);
    const TxIn& input = block.utxo_txns[0].inputs[0];
    EXPECT_EQ(format_hash(kBitcoin, input.prevout.txid), txid(7));
    ASSERT_TRUE(input.spent);
    EXPECT_EQ(input.spent->value, 10U);
    EXPECT_EQ(format_address(kBitcoin, input.spent->address), kAddress);
    EXPECT_EQ(block.utxo_txns[0].outputs[0].value, 9U);
}

TEST(BitcoinTxs, come_spent_before_spender_whatever_the_order_of_lines) {
    const Read result = read_text(line(3, {2}) + line(2, {1}) + line(1, {9}));
    EXPECT_EQ(result.txids(), (std::vector<std::string>{"01", "02", "03"}));
}

TEST(BitcoinTxs, with_heights_stand_in_blocks_of_that_number) {
    const Read result = read_text(line(3, {1}, R"("height":11,"pos":4,"time":20,)") +
                                  line(2, {9}, R"("height":10,"pos":7,"time":10,)") +
                                  line(1, {8}, R"("height":10,"pos":2,"time":10,)"));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.blocks.size(), 2U);
    EXPECT_EQ(result.blocks[0].header.number, 10U);
    EXPECT_EQ(result.blocks[0].header.number_kind, BlockNumKind::kHeight);
    EXPECT_EQ(result.blocks[1].header.number, 11U);
    EXPECT_EQ(result.txids(), (std::vector<std::string>{"01", "02", "03"}));
    EXPECT_TRUE(result.warnings.empty());
}

TEST(BitcoinTxs, of_pruned_prevouts_have_nothing_known_about_them) {
    const Read result = read_text(
        format(R"({{"txid":"{}","in":[["{}",3,null,null,null,null]],"out":[[1,"{}",null,null]]}})",
               txid(1), txid(2), kScript));
    ASSERT_FALSE(result.error) << result.error->message;
    EXPECT_EQ(result.blocks[0].utxo_txns[0].inputs[0].spent, std::nullopt);
    EXPECT_EQ(result.blocks[0].utxo_txns[0].inputs[0].prevout.index, 3U);
}

TEST(BitcoinTxs, without_inputs_are_coinbases) {
    const Read result = read_text(line(1, {}));
    ASSERT_FALSE(result.error);
    EXPECT_TRUE(result.blocks[0].utxo_txns[0].coinbase);
    EXPECT_EQ(code_of(line(1, {2}, R"("coinbase":true,)")), ErrorCode::kConflict);
}

TEST(BitcoinTxs, repeated_alike_count_once_and_join_what_they_know) {
    const std::string pruned =
        format(
            R"({{"txid":"{}","version":2,"in":[["{}",0,null,null,null]],"out":[[9,"{}",null]]}})",
            txid(1), txid(7), kScript) +
        "\n";
    const Read result = read_text(pruned + line(1, {7}) + line(1, {7}));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.txids().size(), 1U);
    EXPECT_TRUE(result.blocks[0].utxo_txns[0].inputs[0].spent);
    EXPECT_EQ(result.blocks[0].utxo_txns[0].version, 2U);
}

TEST(BitcoinTxs, repeated_with_other_content_are_refused) {
    EXPECT_EQ(code_of(line(1, {7}) + line(1, {8})), ErrorCode::kDuplicate);
    EXPECT_EQ(code_of(line(1, {7}, R"("height":1,)") + line(1, {7}, R"("height":2,)")),
              ErrorCode::kDuplicate);
}

TEST(BitcoinTxs, that_spend_each_other_in_a_circle_are_refused) {
    EXPECT_EQ(code_of(line(1, {2}) + line(2, {1})), ErrorCode::kOrder);
    EXPECT_EQ(code_of(line(1, {1})), ErrorCode::kOrder);
}

TEST(BitcoinTxs, that_spend_from_a_later_block_are_refused) {
    EXPECT_EQ(code_of(line(1, {2}, R"("height":5,)") + line(2, {9}, R"("height":6,)")),
              ErrorCode::kOrder);
    EXPECT_EQ(
        code_of(line(1, {2}, R"("height":5,"pos":1,)") + line(2, {9}, R"("height":5,"pos":2,)")),
        ErrorCode::kOrder);
    EXPECT_EQ(
        code_of(line(1, {8}, R"("height":5,"pos":1,)") + line(2, {9}, R"("height":5,"pos":1,)")),
        ErrorCode::kDuplicate);
}

TEST(BitcoinTxs, that_are_malformed_are_refused_with_line_and_field) {
    const std::string good = line(1, {2});
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    EXPECT_EQ(code_of(good), ErrorCode::kCancelled);
    EXPECT_EQ(code_of(with("[[9,", "[[-9,")), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(with("[[9,", "[[9.0,")), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(with("[[9,", "[[\"9\",")), ErrorCode::kCancelled);
    EXPECT_EQ(code_of(with("[[9,", "[[2100000000000001,")), ErrorCode::kOverflow);
    EXPECT_EQ(code_of(with("[[9,", "[[11,")), ErrorCode::kConflict);
    EXPECT_EQ(code_of(with("\",0,10", "\",4294967296,10")), ErrorCode::kOverflow);
    EXPECT_EQ(code_of(with("\"txid\":\"00", "\"txid\":\"0")), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(with("\"txid\"", "\"tixd\"")), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(with("\"in\"", "\"txid\"")), ErrorCode::kDuplicate);
    EXPECT_EQ(code_of(with("bc1qw508", "bc1qw509")), ErrorCode::kChecksum);
    EXPECT_EQ(code_of(with(kAddress, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")), ErrorCode::kConflict);
    EXPECT_EQ(code_of(with(kAddress, "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx")),
              ErrorCode::kWrongChain);
    EXPECT_EQ(code_of(good.substr(0, good.size() / 2)), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(good + "[1,2]\n"), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(good + "{} {}\n"), ErrorCode::kMalformed);
    const Read result = read_text(good + "\n" + line(3, {4}).replace(0, 1, "["));
    ASSERT_TRUE(result.error);
    EXPECT_NE(result.error->message.find("txs.jsonl:3"), std::string::npos)
        << result.error->message;
}

TEST(BitcoinTxs, in_hex_take_one_a_line) {
    OutPoint point;
    point.txid.bytes.fill(5);
    const Bytes parent = simple_txn({point}, {{100, p2pkh_script(1)}});
    OutPoint spent{txid_of(parse_txn(parent).value()), 0};
    const Bytes child = simple_txn({spent}, {{90, p2pkh_script(2)}});
    const Read result = read_text(to_hex(child) + "\r\n\n" + to_hex(parent));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.blocks.size(), 1U);
    EXPECT_EQ(result.blocks[0].utxo_txns[1].inputs[0].prevout, spent);
    EXPECT_EQ(result.blocks[0].header.time, std::nullopt);
    EXPECT_EQ(code_of(to_hex(child).substr(0, 140)), ErrorCode::kTruncated);
    EXPECT_EQ(code_of(to_hex(child) + "00"), ErrorCode::kTrailing);
    EXPECT_EQ(code_of(to_hex(child) + "0"), ErrorCode::kMalformed);
}

TEST(BitcoinTxs, beside_other_files_are_found_and_the_others_are_named) {
    const Read result = read(Files{}
                                 .add("README.md", "# x\n")
                                 .add("facts.json", "{\n \"a\": 1\n}\n")
                                 .add("t", line(1, {2}))
                                 .add("empty", ""));
    ASSERT_FALSE(result.error) << result.error->message;
    EXPECT_EQ(result.txids().size(), 1U);
    EXPECT_NE(result.warnings[0].find("README.md"), std::string::npos);
    EXPECT_EQ(code_of(""), ErrorCode::kMalformed);
    EXPECT_EQ(code_of("# x\n"), ErrorCode::kMalformed);
    EXPECT_FALSE(open_bitcoin_txs({}, kEthereum));
}

TEST(BitcoinTxs, give_the_same_blocks_again_and_another_hash_for_other_content) {
    const std::string text = line(2, {1}) + line(1, {9});
    EXPECT_EQ(read_text(text).blocks, read_text(text).blocks);
    EXPECT_NE(read_text(text).blocks[0].header.hash, read_text(line(1, {9})).blocks[0].header.hash);
}

RC_GTEST_PROP(BitcoinTxs, never_come_before_what_they_spend, ()) {
    const auto count = *rc::gen::inRange(1, 30);
    std::vector<std::string> lines;
    for (int i = 1; i <= count; ++i) {
        std::set<int> spends{0x7000 + i};
        if (i > 1) spends.insert(*rc::gen::inRange(1, i));
        lines.push_back(
            format(R"({{"txid":"{}","time":{},"in":[)", txid(i), *rc::gen::inRange(1, 5)));
        // The index keeps prevouts apart: several children may spend from one parent.
        for (const int spent : spends)
            lines.back() += format(R"({}["{}",{},null,null,null])",
                                   lines.back().back() == '[' ? "" : ",", txid(spent), i);
        lines.back() += format(R"(],"out":[[1,"{}",null]]}})", kScript) + "\n";
    }
    for (std::size_t i = lines.size(); i > 1; --i)
        std::swap(lines[i - 1], lines[*rc::gen::inRange<std::size_t>(0, i)]);
    std::string text;
    for (const std::string& l : lines) text += l;
    const Read result = read_text(text);
    RC_ASSERT(!result.error);
    std::set<Hash256> seen;
    std::size_t txns = 0;
    for (const Block& block : result.blocks) {
        for (const UtxoTxn& txn : block.utxo_txns) {
            for (const TxIn& input : txn.inputs) {
                const bool ours = format_hash(kBitcoin, input.prevout.txid).substr(60, 1) == "0";
                RC_ASSERT(!ours || seen.contains(input.prevout.txid));
            }
            seen.insert(txn.txid);
            ++txns;
        }
    }
    RC_ASSERT(txns == lines.size());
}

TEST(LooseTxns, gives_txns_in_the_order_of_the_lines_and_finds_the_network) {
    const auto line = [](const std::string& id, const std::string& address) {
        return R"({"txid":")" + std::string(62, '0') + id + R"(","in":[],"out":[[5,null,")" +
               address + "\"]]}\n";
    };
    const std::string main = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
    const std::string regtest = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    const auto read = [](const std::string& text, std::optional<ChainId> network) {
        const Bytes bytes{text.begin(), text.end()};
        std::string got;
        auto txns = LooseTxns::open(memory_file("txs", bytes), network);
        UtxoTxn txn;
        for (;;) {
            const auto more = txns->next(txn);
            if (!more) return got + more.error().message;
            if (!*more) return got + to_string(txns->network());
            got += format_hash(kBitcoin, txn.txid).substr(62) + " ";
        }
    };
    EXPECT_EQ(read("\n" + line("02", main) + "\n" + line("01", main), std::nullopt), "02 01 btc");
    EXPECT_EQ(read(line("01", regtest) + line("02", regtest), std::nullopt), "01 02 btc-regtest");
    EXPECT_EQ(read("", std::nullopt), "btc");
    // A second network in one file, one that was not given, and what is no txn.
    for (const auto& [text, network] :
         {std::pair{line("01", regtest) + line("02", main), std::optional<ChainId>{}},
          std::pair{line("01", main) + line("02", regtest), std::optional{kBitcoin}},
          std::pair{line("01", main) + "{}", std::optional<ChainId>{}},
          std::pair{line("01", main) + "x", std::optional<ChainId>{}}})
        EXPECT_NE(read(text, network).find("01 txs:2"), std::string::npos) << read(text, network);
    EXPECT_FALSE(LooseTxns::open(memory_file("txs", {}), kEthereum).has_value());
}

}  // namespace
}  // namespace cordon::chain
