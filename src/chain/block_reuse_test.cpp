// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// BlockSource::read into a Block that was used before: no trace of what it held, and its room kept.
#include <algorithm>

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "bitcoin/test_builder.hpp"
#include "block_source.hpp"
#include "csv_test_file.hpp"
#include "text.hpp"
#include "transfers_row.hpp"
#include "txn_index.hpp"

namespace cordon::chain {
namespace {

using namespace test;

/// Some blocks, in one file: between 1 and 9 txns each, of as many inputs and outputs.
Bytes chain_of_blocks(uint32_t count) {
    Bytes file;
    Hash256 parent;
    for (uint32_t height = 0; height < count; ++height) {
        std::vector<Bytes> txns{simple_txn({}, {{1, p2pkh_script(1)}}, height_script(height))};
        for (uint32_t i = 0; i < height * 7 % 9; ++i) {
            std::vector<OutPoint> spends;
            std::vector<std::pair<uint64_t, Bytes>> outputs;
            for (uint32_t k = 0; k <= (height + i) % 30; ++k) {
                spends.push_back({crypto::sha256(txns.back()), k});
                outputs.push_back({k, p2pkh_script(static_cast<uint8_t>(k))});
            }
            txns.push_back(simple_txn(spends, outputs));
        }
        const Bytes block = make_block(parent, 1'600'000'000 + height * 600, txns);
        parent = hash_of(block);
        put_frame(file, block);
    }
    return file;
}

/// The rows of some blocks of two chains, by turns.
std::string rows_of_blocks(std::size_t count, std::string_view end = "\n") {
    std::string text = format("chain,block,time,tx,index,from,to,asset,amount,kind{}", end);
    for (std::size_t block = 0; block < count; ++block)
        for (std::size_t row = 0; row <= block * 5 % 7; ++row)
            text += format("{},{},{},0x{:064x},{},0x{:040x},0x{:040x},{},{},token{}",
                           block % 3 == 0 ? "bsc" : "eth", block / 2, 1000 + block,
                           block * 10 + row / 2, row, row + 1, block, row % 2 == 0 ? "native" : "X",
                           row * 1'000'000'007, end);
    return text;
}

void expect_same_blocks(Result<std::unique_ptr<BlockSource>> fresh,
                        Result<std::unique_ptr<BlockSource>> reused) {
    Block block;
    block.account_txns.resize(3);  // Whatever somebody left there.
    block.utxo_txns.resize(3);
    block.header.parent.emplace();
    for (std::size_t count = 0;; ++count) {
        const auto expected = (*fresh)->next().value();
        const bool more = (*reused)->read(block).value();
        ASSERT_EQ(more, expected.has_value());
        if (!more) {
            EXPECT_GT(count, 10u);
            return;
        }
        ASSERT_EQ(block, *expected) << count;
    }
}

TEST(BlockReuse, of_raw_blocks_gives_what_fresh_ones_hold) {
    const Bytes file = chain_of_blocks(60);
    const std::vector<InputFile> files{memory_file("blk00000.dat", file)};
    expect_same_blocks(open_bitcoin_blocks(files, kBitcoinRegtest, {}),
                       open_bitcoin_blocks(files, kBitcoinRegtest, {}));
}

TEST(BlockReuse, of_transfers_gives_what_fresh_ones_hold) {
    const std::string text = rows_of_blocks(100);
    expect_same_blocks(open_transfers(text_file(text)), open_transfers(text_file(text)));
}

TEST(BlockReuse, keeps_the_room_of_the_txns) {
    const Bytes file = chain_of_blocks(60);
    auto source = open_bitcoin_blocks({memory_file("blk00000.dat", file)}, kBitcoinRegtest, {});
    Block block;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE((*source)->read(block).value());
    const auto* const outputs = block.utxo_txns[0].outputs.data();
    const auto* const txns = block.utxo_txns.data();
    ASSERT_TRUE((*source)->read(block).value());
    EXPECT_EQ(block.utxo_txns.data(), txns);
    EXPECT_EQ(block.utxo_txns[0].outputs.data(), outputs);
}

TEST(Transfers, hash_of_a_block_is_that_of_its_canonical_rows_in_whatever_form_they_came) {
    const std::string canonical = rows_of_blocks(40);
    std::string quoted = canonical;
    for (std::size_t at = 0; (at = quoted.find("token", at)) != std::string::npos; at += 7)
        quoted.replace(at, 5, "\"token\"");
    std::string upper = canonical;
    for (std::size_t at = 0; (at = upper.find("eth,", at)) != std::string::npos; at += 4)
        upper.replace(at, 3, "eip155:1");
    for (const std::string& other : {rows_of_blocks(40, "\r\n"), quoted, upper})
        expect_same_blocks(open_transfers(text_file(canonical)), open_transfers(text_file(other)));
}

TEST(Transfers, hash_of_a_block_does_not_know_the_case_of_hex) {
    const std::string header = "chain,block,time,tx,index,from,to,asset,amount,kind\n";
    const std::string row = "eth,1,1,0x" + std::string(64, 'a') + ",0,0x" + std::string(40, 'b') +
                            ",0x" + std::string(40, 'c') + ",0x" + std::string(40, 'd') +
                            ",1,token\n";
    const std::string text = header + row;
    const Block expected = *(*open_transfers(text_file(text)))->next().value();
    EXPECT_EQ(expected.header.hash,
              crypto::sha256({reinterpret_cast<const uint8_t*>(row.data()), row.size()}));
    for (const char letter : {'a', 'b', 'c', 'd'}) {
        std::string other = text;
        std::replace(other.begin() + 60, other.end() - 10, letter,
                     static_cast<char>(letter - 'a' + 'A'));
        EXPECT_EQ(*(*open_transfers(text_file(other)))->next().value(), expected) << other;
    }
}

TEST(Transfers, hash_of_a_long_block_is_that_of_its_rows) {
    std::string rows;  // Longer than what waits to be hashed with others.
    for (std::size_t i = 0; i < 4000; ++i)
        rows += format("eth,5,1000,0x{:064x},0,0x{:040x},0x{:040x},native,1,native\n", i, i, i + 1);
    const std::string text =
        "chain,block,time,tx,index,from,to,asset,amount,kind\n" + rows +
        format("eth,6,1000,0x{:064x},0,0x{:040x},0x{:040x},native,1,native\n", 9999, 1, 2);
    auto source = open_transfers(text_file(text));
    Block block;
    ASSERT_TRUE((*source)->read(block).value());
    EXPECT_EQ(block.header.hash,
              crypto::sha256({reinterpret_cast<const uint8_t*>(rows.data()), rows.size()}));
    EXPECT_EQ(block.account_txns.size(), 4000u);
}

TEST(Transfers, refuses_an_empty_field_in_any_column_of_any_row) {
    const std::vector<std::string> good{"eth",
                                        "1",
                                        "1",
                                        "0x" + std::string(64, '1'),
                                        "0",
                                        "0x" + std::string(40, '2'),
                                        "0x" + std::string(40, '3'),
                                        "native",
                                        "1",
                                        "native"};
    const auto row = [&good](std::size_t without, std::string_view index) {
        std::string text;
        for (std::size_t i = 0; i < good.size(); ++i) {
            if (i != without) text += i == 4 ? index : std::string_view{good[i]};
            text += i + 1 < good.size() ? ',' : '\n';
        }
        return text;
    };
    for (std::size_t column = 0; column < good.size(); ++column)
        for (const bool first : {true, false}) {
            const std::string text = "chain,block,time,tx,index,from,to,asset,amount,kind\n" +
                                     (first ? std::string{} : row(good.size(), "0")) +
                                     row(column, "1");
            auto source = open_transfers(text_file(text));
            const auto block = (*source)->next();
            ASSERT_FALSE(block) << text;
            EXPECT_EQ(block.error().code, ErrorCode::kMalformed) << block.error().message;
        }
}

TEST(Transfers, blocks_before_a_bad_row_come_before_its_error) {
    const std::string text = rows_of_blocks(30) + "nonsense\n";
    auto source = open_transfers(text_file(text));
    std::size_t count = 0;
    Block block;
    for (;;) {
        const auto more = (*source)->read(block);
        if (!more) {
            EXPECT_EQ(more.error().code, ErrorCode::kMalformed);
            EXPECT_EQ((*source)->read(block).error().message, more.error().message);
            break;
        }
        ASSERT_TRUE(*more);
        ++count;
    }
    EXPECT_GT(count, 20u);
}

TEST(TxnIndex, knows_the_txns_of_its_block_and_no_others) {
    TxnIndex index;
    for (uint8_t block = 0; block < 5; ++block) {
        std::vector<AccountTxn> txns;
        index.start();
        for (uint32_t i = 0; i < 1000; ++i) {
            Bytes name{block, static_cast<uint8_t>(i), static_cast<uint8_t>(i >> 8)};
            if (block % 2 == 0) name[0] = 0;  // The same hashes again in every second block.
            txns.emplace_back().hash = crypto::sha256(name);
            ASSERT_TRUE(index.add(txns, i));
        }
        txns.push_back(txns[500]);
        EXPECT_FALSE(index.add(txns, 1000));
    }
}

}  // namespace
}  // namespace cordon::chain
