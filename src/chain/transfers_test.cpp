// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cordon/crypto/hash.hpp>

#include "block_source.hpp"
#include "csv_test_file.hpp"
#include "text.hpp"
#include "transfers_writer.hpp"

namespace cordon::chain {
namespace {

const std::string kHeader = "chain,block,time,tx,index,from,to,asset,amount,kind\n";
const std::string kA = "0x" + std::string(40, 'a');
const std::string kB = "0x" + std::string(40, 'b');
const std::string kT1 = "0x" + std::string(64, '1');
const std::string kT2 = "0x" + std::string(64, '2');
constexpr const char* kTronAddress = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8";

Result<std::vector<Block>> read(std::string_view text) {
    CORDON_TRY(auto source, open_transfers(text_file(text)));
    std::vector<Block> blocks;
    while (true) {
        CORDON_TRY(auto block, source->next());
        if (!block) return blocks;
        blocks.push_back(std::move(*block));
    }
}

/// A row of which a test changes what it is about.
struct RowText {
    std::string chain = "eth", block = "10", time = "1000", tx = kT1, index = "0", from = kA,
                to = kB, asset = "native", amount = "5", kind = "native";
    operator std::string() const {
        return chain + ',' + block + ',' + time + ',' + tx + ',' + index + ',' + from + ',' + to +
               ',' + asset + ',' + amount + ',' + kind + '\n';
    }
};

std::string file(std::initializer_list<RowText> rows) {
    std::string text = kHeader;
    for (const RowText& row : rows) text += std::string(row);
    return text;
}

void expect_refused(const std::string& text, ErrorCode code, std::string_view part) {
    const auto blocks = read(text);
    ASSERT_FALSE(blocks) << text;
    EXPECT_EQ(blocks.error().code, code) << blocks.error().message;
    EXPECT_NE(blocks.error().message.find(part), std::string::npos) << blocks.error().message;
}

TEST(Transfers, groups_rows_to_txns_and_blocks) {
    const auto blocks = read(file({{.index = "0"},
                                   {.index = "7", .asset = "USD.x", .amount = "0", .kind = "token"},
                                   {.tx = kT2},
                                   {.block = "11", .time = "1012", .tx = kT1}}))
                            .value();
    ASSERT_EQ(blocks.size(), 2u);
    EXPECT_EQ(blocks[0].chain, kEthereum);
    EXPECT_EQ(blocks[0].header.number, 10u);
    EXPECT_EQ(blocks[0].header.number_kind, BlockNumKind::kHeight);
    EXPECT_EQ(blocks[0].header.time, from_unix_seconds(1000));
    EXPECT_FALSE(blocks[0].header.parent);
    ASSERT_EQ(blocks[0].account_txns.size(), 2u);
    ASSERT_EQ(blocks[0].account_txns[0].transfers.size(), 2u);
    EXPECT_EQ(blocks[0].account_txns[0].transfers[1].index, 7u);
    EXPECT_EQ(blocks[0].account_txns[0].transfers[1].kind, TransferKind::kToken);
    EXPECT_EQ(blocks[1].account_txns.size(), 1u);
}

TEST(Transfers, takes_amounts_up_to_2_to_256) {
    const std::string max = Amount::max().to_string();
    EXPECT_EQ(read(file({{.amount = max}})).value()[0].account_txns[0].transfers[0].amount,
              Amount::max());
    expect_refused(file({{.amount = "11579208923731619542357098500868790785326998466564056403945758"
                                    "4007913129639936"}}),
                   ErrorCode::kOverflow, "test.csv:2: field amount:");
}

TEST(Transfers, refuses_amounts_that_are_no_whole_numbers) {
    for (const char* amount :
         {"", "-1", "+1", "1.5", "1e18", " 1", "1 ", "0x10", "007", "1_000", "NaN"})
        expect_refused(file({{}, {.tx = kT2, .amount = amount}}), ErrorCode::kMalformed,
                       "test.csv:3: field amount:");
}

TEST(Transfers, refuses_what_is_out_of_order) {
    expect_refused(file({{}, {.block = "9", .tx = kT2}}), ErrorCode::kOrder,
                   "test.csv:3: field block: block 9 after");
    expect_refused(file({{}, {.time = "999", .tx = kT2}}), ErrorCode::kOrder,
                   "test.csv:3: field time:");
    expect_refused(file({{}, {.block = "11", .time = "999", .tx = kT2}}), ErrorCode::kOrder,
                   "field time:");
    expect_refused(file({{.index = "2"}, {.index = "1"}}), ErrorCode::kOrder,
                   "test.csv:3: field index: index 1 after");
    expect_refused(file({{}, {.tx = kT2}, {.index = "1"}}), ErrorCode::kOrder,
                   "test.csv:4: field tx:");
}

TEST(Transfers, refuses_the_same_row_twice) {
    expect_refused(file({{}, {}}), ErrorCode::kDuplicate, "test.csv:3: field index:");
}

TEST(Transfers, keeps_the_times_of_txns_that_share_a_block_number) {
    const auto blocks =
        read(file({{}, {.time = "1005", .tx = kT2}, {.block = "11", .time = "1005", .tx = kT1}}))
            .value();
    EXPECT_EQ(blocks[0].header.time, from_unix_seconds(1000));
    EXPECT_EQ(blocks[0].account_txns[0].time, std::nullopt);
    EXPECT_EQ(blocks[0].account_txns[1].time, from_unix_seconds(1005));
    EXPECT_EQ(blocks[1].account_txns[0].time, std::nullopt);
    expect_refused(file({{}, {.time = "1001", .index = "1"}}), ErrorCode::kConflict,
                   "test.csv:3: field time:");
}

TEST(Transfers, refuses_addresses_hashes_and_assets_of_other_forms) {
    expect_refused(file({{.from = kTronAddress}}), ErrorCode::kWrongChain,
                   "test.csv:2: field from:");
    expect_refused(file({{.to = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"}}), ErrorCode::kWrongChain,
                   "field to:");
    expect_refused(file({{.chain = "tron", .tx = std::string(64, '1'), .to = kTronAddress}}),
                   ErrorCode::kWrongChain, "field from:");
    expect_refused(file({{.from = ""}}), ErrorCode::kMalformed, "field from:");
    expect_refused(file({{.from = "0x5AAEb6053F3E94C9b9A09f33669435E7Ef1BeAed"}}),
                   ErrorCode::kChecksum, "field from:");
    expect_refused(file({{.tx = std::string(64, '1')}}), ErrorCode::kMalformed, "field tx:");
    expect_refused(file({{.tx = "0x" + std::string(63, '1') + "g"}}), ErrorCode::kMalformed,
                   "field tx:");
    expect_refused(file({{.asset = ""}}), ErrorCode::kMalformed, "field asset:");
    expect_refused(file({{.asset = "US D"}}), ErrorCode::kMalformed, "field asset:");
    expect_refused(file({{.asset = "0x12"}}), ErrorCode::kMalformed, "field asset:");
    expect_refused(file({{.kind = "Native"}}), ErrorCode::kMalformed, "field kind:");
    expect_refused(file({{.chain = "dogecoin"}}), ErrorCode::kMalformed, "field chain:");
}

TEST(Transfers, refuses_numbers_beyond_their_range) {
    expect_refused(file({{.block = "18446744073709551616"}}), ErrorCode::kOverflow, "field block:");
    expect_refused(file({{.index = "4294967296"}}), ErrorCode::kOverflow, "field index:");
    expect_refused(file({{.time = "253402300800"}}), ErrorCode::kOverflow, "field time:");
    expect_refused(file({{.time = "2024-01-01"}}), ErrorCode::kMalformed, "field time:");
    expect_refused(file({{.time = "-5"}}), ErrorCode::kMalformed, "field time:");
}

TEST(Transfers, refuses_chains_without_balances) {
    expect_refused(file({{.chain = "btc"}}), ErrorCode::kUnsupported, "btc-txs");
}

TEST(Transfers, lets_chains_interleave) {
    const std::string tron_tx(64, '1');
    const RowText tron{.chain = "tron",
                       .block = "5",
                       .time = "10",
                       .tx = tron_tx,
                       .from = kTronAddress,
                       .to = kTronAddress};
    RowText tron2 = tron;
    tron2.index = "1";
    const auto blocks =
        read(file({{}, tron, {.index = "1"}, tron2, {.block = "11", .tx = kT2}})).value();
    ASSERT_EQ(blocks.size(), 3u);
    EXPECT_EQ(blocks[0].account_txns[0].transfers.size(), 2u);
    EXPECT_EQ(blocks[1].header.number, 11u);
    EXPECT_EQ(blocks[2].chain, kTronMainnet);
    EXPECT_EQ(blocks[2].account_txns[0].transfers.size(), 2u);
}

TEST(Transfers, knows_one_chain_by_both_its_names) {
    EXPECT_EQ(read(file({{}, {.chain = "eip155:1", .index = "1"}})).value().size(), 1u);
}

TEST(Transfers, bounds_the_number_of_chains) {
    std::string text = kHeader;
    for (int i = 1; i < 2000; ++i)
        text += std::string(RowText{.chain = "eip155:" + std::to_string(i + 1000000)});
    expect_refused(text, ErrorCode::kLimit, "field chain:");
}

TEST(Transfers, gives_nothing_for_a_header_alone_and_refuses_an_empty_file) {
    EXPECT_TRUE(read(kHeader).value().empty());
    expect_refused("", ErrorCode::kTruncated, "empty");
    expect_refused("chain,block\n", ErrorCode::kMalformed, "missing");
    expect_refused("x" + kHeader, ErrorCode::kMalformed, "unknown column \"xchain\"");
}

TEST(Transfers, refuses_a_file_cut_inside_a_row) {
    const std::string text = file({{}, {.index = "1"}});
    const std::size_t second = file({{}}).size();
    for (std::size_t size = second + 1; size + 2 < text.size(); ++size) {
        const auto blocks = read(text.substr(0, size));
        // A cut inside the last word can leave a shorter word, but never a kind.
        ASSERT_FALSE(blocks) << text.substr(0, size);
        EXPECT_NE(blocks.error().message.find("test.csv:3"), std::string::npos)
            << blocks.error().message;
    }
}

TEST(Transfers, keeps_its_error) {
    auto source = open_transfers(text_file(kHeader + "x\n")).value();
    EXPECT_FALSE(source->next());
    EXPECT_FALSE(source->next());
}

TEST(Transfers, takes_upper_case_and_any_column_order_to_the_same_block) {
    const auto plain = read(file({{}})).value();
    EXPECT_EQ(read(file({{.chain = "eip155:1",
                          .tx = "0x" + std::string(64, '1'),
                          .from = "0x" + std::string(40, 'A')}}))
                  .value(),
              plain);
    EXPECT_EQ(read("kind,amount,asset,to,from,index,tx,time,block,chain\r\nnative,5,native," + kB +
                   ",\"" + kA + "\",0," + kT1 + ",1000,10,eth")
                  .value(),
              plain);
}

TEST(Transfers, tells_two_versions_of_a_block_apart) {
    const auto hash = [](const std::string& text) { return read(text).value()[0].header.hash; };
    EXPECT_NE(hash(file({{}})), hash(file({{.amount = "6"}})));
    const std::string rows = std::string(RowText{}) + std::string(RowText{.index = "3"});
    EXPECT_EQ(hash(kHeader + rows),
              crypto::sha256({reinterpret_cast<const uint8_t*>(rows.data()), rows.size()}));
}

// --- Round trip: any blocks, written and read

template <std::size_t N>
std::array<uint8_t, N> some_bytes() {
    std::array<uint8_t, N> out;
    for (uint8_t& byte : out) byte = *rc::gen::arbitrary<uint8_t>();
    return out;
}

Transfer some_transfer(ChainId chain, uint32_t index) {
    const AddressKind kind = chain == kTronMainnet ? AddressKind::kTron : AddressKind::kEvm;
    Transfer transfer;
    transfer.index = index;
    transfer.from = Address{kind, some_bytes<20>()};
    transfer.to = Address{kind, some_bytes<20>()};
    transfer.asset =
        *rc::gen::element(Asset{}, Asset::parse("A.b_c-1").value(), Asset::parse(kA).value());
    transfer.amount = Amount::from_limbs(
        {*rc::gen::arbitrary<uint64_t>(), *rc::gen::arbitrary<uint64_t>(),
         *rc::gen::element<uint64_t>(0, ~0ULL), *rc::gen::element<uint64_t>(0, 1, ~0ULL)});
    transfer.kind =
        *rc::gen::element(TransferKind::kNative, TransferKind::kToken, TransferKind::kInternal,
                          TransferKind::kMint, TransferKind::kBurn, TransferKind::kFee);
    return transfer;
}

TEST(TransfersWriter, writes_what_the_reader_reads_back) {
    EXPECT_TRUE(rc::check([] {
        const ChainId chain =
            *rc::gen::element(kEthereum, kTronMainnet, ChainId{ChainFamily::kEvm, 424242});
        std::vector<Block> blocks(*rc::gen::inRange<std::size_t>(1, 5));
        std::string text{transfers_header()};
        int64_t time = *rc::gen::inRange<int64_t>(0, 2'000'000'000);
        BlockNum number = 0;
        for (Block& block : blocks) {
            block.chain = chain;
            block.header.number = number += *rc::gen::inRange<BlockNum>(1, 1000);
            block.header.time = from_unix_seconds(time += *rc::gen::inRange<int64_t>(0, 100));
            block.account_txns.resize(*rc::gen::inRange<std::size_t>(1, 4));
            for (AccountTxn& txn : block.account_txns) {
                txn.hash = Hash256{some_bytes<32>()};
                const bool first = &txn == &block.account_txns.front();
                if (const int64_t later = first ? 0 : *rc::gen::inRange<int64_t>(0, 3); later != 0)
                    time += later;
                if (from_unix_seconds(time) != *block.header.time)
                    txn.time = from_unix_seconds(time);
                uint32_t index = 0;
                for (int i = *rc::gen::inRange(1, 4); i > 0; --i)
                    txn.transfers.push_back(
                        some_transfer(chain, index += *rc::gen::inRange(1u, 9u)));
            }
            RC_ASSERT(append_transfers(text, block).has_value());
            block.header.hash = transfers_hash(block).value();
        }
        RC_ASSERT(read(text).value() == blocks);
    }));
}

TEST(TransfersWriter, refuses_what_the_format_has_no_place_for) {
    std::string text = "kept";
    Block block;
    block.chain = kBitcoin;
    EXPECT_EQ(append_transfers(text, block).error().code, ErrorCode::kUnsupported);
    block.chain = kEthereum;
    block.account_txns.resize(2);
    block.account_txns[0].time = from_unix_seconds(1);
    block.account_txns[0].transfers.resize(1);
    EXPECT_EQ(append_transfers(text, block).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(text, "kept");
}

}  // namespace
}  // namespace cordon::chain
