// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <deque>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "../block_source.hpp"
#include "../text.hpp"
#include "check.hpp"
#include "file_stream.hpp"
#include "network.hpp"
#include "test_builder.hpp"

namespace cordon::chain {
namespace {

using namespace test;

/// Files in memory that outlive the sources over them.
struct Files {
    Files() = default;
    Files(const Files&) = delete;  // The files point into the bytes.
    std::deque<Bytes> bytes;
    std::vector<InputFile> files;
    Files& add(std::string name, Bytes content) {
        bytes.push_back(std::move(content));
        files.push_back(memory_file(std::move(name), bytes.back()));
        return *this;
    }
};

struct Read {
    std::vector<Block> blocks;
    std::vector<std::string> warnings;
    std::optional<Error> error;
    std::vector<Hash256> hashes() const {
        std::vector<Hash256> out;
        for (const Block& block : blocks) out.push_back(block.header.hash);
        return out;
    }
    bool warns_of(std::string_view text) const {
        return std::any_of(warnings.begin(), warnings.end(),
                           [&](const std::string& w) { return w.find(text) != std::string::npos; });
    }
};

Read read(const Files& files, ChainId chain = kBitcoinRegtest, const Bytes& key = {}) {
    Read out;
    auto source = open_bitcoin_blocks(files.files, chain, key);
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
    EXPECT_TRUE(out.error || (*source)->bytes_read() == (*source)->bytes_total());
    return out;
}

ErrorCode code_of(const Files& files, ChainId chain = kBitcoinRegtest, const Bytes& key = {}) {
    const Read result = read(files, chain, key);
    return result.error ? result.error->code : ErrorCode::kCancelled;
}

/// Blocks `from`..`to` on top of `parent`.
std::vector<Bytes> make_chain(Hash256 parent, uint32_t from, uint32_t to, uint8_t salt = 0) {
    std::vector<Bytes> out;
    for (uint32_t height = from; height <= to; ++height) {
        out.push_back(empty_block(parent, height, salt));
        parent = hash_of(out.back());
    }
    return out;
}

Hash256 some_parent(uint8_t byte) {
    Hash256 out;
    out.bytes.fill(byte);
    return out;
}

Bytes blk_file(const std::vector<Bytes>& blocks, std::size_t zeros = 0) {
    Bytes out;
    for (const Bytes& block : blocks) put_frame(out, block);
    out.insert(out.end(), zeros, 0);
    return out;
}

TEST(BitcoinBlocks, of_single_files_come_in_chain_order_whatever_their_names) {
    const auto chain = make_chain(some_parent(9), 500, 503);
    const Read result =
        read(Files{}.add("c", chain[2]).add("a", chain[3]).add("d", chain[0]).add("b", chain[1]));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.blocks.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(result.blocks[i].header.hash, hash_of(chain[i]));
        EXPECT_EQ(result.blocks[i].header.number, 500 + i);
        EXPECT_EQ(result.blocks[i].header.number_kind, BlockNumKind::kHeight);
    }
    EXPECT_EQ(result.blocks[1].header.parent, hash_of(chain[0]));
    EXPECT_EQ(to_unix_seconds(*result.blocks[0].header.time), 1'600'300'000);
    EXPECT_TRUE(result.warnings.empty());
}

TEST(BitcoinBlocks, of_a_blk_file_with_zeros_at_its_end_are_read) {
    const auto chain = make_chain(some_parent(9), 500, 503);
    for (const std::size_t zeros : {1U, 7U, 8U, 300'000U}) {
        const Read result = read(Files{}.add("blk00000.dat", blk_file(chain, zeros)));
        ASSERT_FALSE(result.error) << result.error->message;
        EXPECT_EQ(result.blocks.size(), 4U);
    }
}

TEST(BitcoinBlocks, under_an_xor_key_are_read_with_padding_plain_or_under_it) {
    const auto chain = make_chain(some_parent(9), 500, 503);
    const Bytes key{0x8f, 1, 0x7e, 3, 0xf4, 5, 0x66, 0xaa};
    Bytes padded = blk_file(chain, 1000);
    apply_key(padded, key, 0);
    Bytes plain_zeros = blk_file(chain);
    apply_key(plain_zeros, key, 0);
    plain_zeros.insert(plain_zeros.end(), 1000, 0);
    for (const Bytes& file : {padded, plain_zeros}) {
        EXPECT_EQ(read(Files{}.add("blk00000.dat", file), kBitcoinRegtest, key).blocks.size(), 4U);
        EXPECT_EQ(read(Files{}.add("blk00000.dat", file).add("xor.dat", key)).blocks.size(), 4U);
        const Read without = read(Files{}.add("blk00000.dat", file));
        ASSERT_TRUE(without.error);
        EXPECT_EQ(without.error->code, ErrorCode::kMalformed);
        EXPECT_NE(without.error->message.find("xor.dat"), std::string::npos);
    }
    EXPECT_EQ(read(Files{}.add("blk00000.dat", blk_file(chain)), kBitcoinRegtest, Bytes(8, 0))
                  .blocks.size(),
              4U);
    EXPECT_EQ(code_of(Files{}.add("b", chain[0]), kBitcoinRegtest, Bytes{1}),
              ErrorCode::kInvalidParam);
}

TEST(BitcoinBlocks, of_another_networks_magic_are_named) {
    Bytes file;
    put_frame(file, make_chain(some_parent(9), 500, 500)[0]);
    const Read result = read(Files{}.add("blk00000.dat", file), kBitcoin);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::kWrongChain);
    EXPECT_NE(result.error->message.find("regtest"), std::string::npos);
}

TEST(BitcoinBlocks, of_single_files_that_cannot_be_of_the_network_are_refused) {
    const Bytes block = make_chain(some_parent(9), 500, 500)[0];
    EXPECT_EQ(code_of(Files{}.add("b", block), kBitcoin), ErrorCode::kWrongChain);
    EXPECT_EQ(code_of(Files{}.add("b", block), kBitcoinTestnet), ErrorCode::kWrongChain);
    EXPECT_EQ(code_of(Files{}.add("b", block), kEthereum), ErrorCode::kInvalidParam);
}

TEST(BitcoinBlocks, that_occur_twice_count_once) {
    const auto chain = make_chain(some_parent(9), 500, 501);
    const Read result = read(Files{}.add("a", chain[0]).add("b", chain[0]).add("c", chain[1]));
    ASSERT_FALSE(result.error);
    EXPECT_EQ(result.blocks.size(), 2U);
    EXPECT_TRUE(result.warns_of(format_hash(kBitcoin, hash_of(chain[0]))));
}

TEST(BitcoinBlocks, of_the_branch_with_more_work_win_and_the_others_are_named) {
    const auto stem = make_chain(some_parent(9), 500, 501);
    const auto shorter = make_chain(hash_of(stem[1]), 502, 502, 1);
    const auto longer = make_chain(hash_of(stem[1]), 502, 503, 2);
    Files files;
    for (const auto* part : {&stem, &shorter, &longer})
        for (const Bytes& block : *part) files.add("f" + std::to_string(files.files.size()), block);
    const Read result = read(files);
    ASSERT_FALSE(result.error);
    EXPECT_EQ(result.hashes(), (std::vector{hash_of(stem[0]), hash_of(stem[1]), hash_of(longer[0]),
                                            hash_of(longer[1])}));
    EXPECT_TRUE(result.warns_of(format_hash(kBitcoin, hash_of(shorter[0]))));
}

TEST(BitcoinBlocks, of_equal_work_keep_the_branch_seen_first) {
    const Bytes stem = empty_block(some_parent(9), 500);
    const Bytes first = empty_block(hash_of(stem), 501, 1);
    const Bytes second = empty_block(hash_of(stem), 501, 2);
    EXPECT_EQ(read(Files{}.add("0", stem).add("1", first).add("2", second)).hashes().back(),
              hash_of(first));
    EXPECT_EQ(read(Files{}.add("0", stem).add("1", second).add("2", first)).hashes().back(),
              hash_of(second));
}

TEST(BitcoinBlocks, that_are_loose_fragments_keep_their_heights) {
    const auto high = make_chain(some_parent(8), 900, 901);
    const auto low = make_chain(some_parent(9), 500, 500);
    const Read result = read(Files{}.add("a", high[1]).add("b", low[0]).add("c", high[0]));
    ASSERT_EQ(result.blocks.size(), 3U);
    EXPECT_EQ(result.blocks[0].header.number, 500U);
    EXPECT_EQ(result.blocks[1].header.number, 900U);
    EXPECT_EQ(result.blocks[2].header.number, 901U);
}

TEST(BitcoinBlocks, that_claim_one_height_without_a_link_lose_to_more_work) {
    const auto strong = make_chain(some_parent(8), 500, 503);
    const Bytes weak = empty_block(some_parent(9), 502, 5);
    const Read result = read(Files{}.add("a", weak).add("b", blk_file(strong)));
    EXPECT_EQ(result.blocks.size(), 4U);
    EXPECT_TRUE(result.warns_of(format_hash(kBitcoin, hash_of(weak))));
}

TEST(BitcoinBlocks, without_height_are_numbered_by_their_time_and_say_so) {
    const Bytes later = empty_block(some_parent(8), 700, 0, 1);
    const Bytes earlier = empty_block(some_parent(9), 600, 0, 1);
    const Read result = read(Files{}.add("a", later).add("b", earlier));
    ASSERT_EQ(result.blocks.size(), 2U);
    EXPECT_EQ(result.blocks[0].header.hash, hash_of(earlier));
    EXPECT_EQ(result.blocks[0].header.number_kind, BlockNumKind::kEstimated);
    EXPECT_EQ(result.blocks[1].header.number - result.blocks[0].header.number, 100U);
    EXPECT_TRUE(result.warns_of("estimated"));
}

TEST(BitcoinBlocks, without_height_take_it_from_a_linked_neighbour) {
    const Bytes old_block = empty_block(some_parent(9), 600, 0, 1);
    const Bytes new_block = empty_block(hash_of(old_block), 601);
    const Read result = read(Files{}.add("a", old_block).add("b", new_block));
    ASSERT_EQ(result.blocks.size(), 2U);
    EXPECT_EQ(result.blocks[0].header.number, 600U);
    EXPECT_EQ(result.blocks[0].header.number_kind, BlockNumKind::kHeight);
}

TEST(BitcoinBlocks, with_estimated_numbers_of_one_time_still_rise_with_gaps) {
    Files files;
    for (uint8_t i = 0; i < 5; ++i)
        files.add("f" + std::to_string(i), empty_block(some_parent(i), 600, i, 1));
    const Read result = read(files);
    ASSERT_EQ(result.blocks.size(), 5U);
    for (std::size_t i = 1; i < 5; ++i)
        EXPECT_GT(result.blocks[i].header.number, result.blocks[i - 1].header.number + 1);
}

TEST(BitcoinBlocks, beside_other_files_are_found_and_the_others_are_named) {
    Bytes random_bytes(500, 0x5a);
    const std::string text = "# README\n\nBlocks of a test.\n";
    const Read result = read(Files{}
                                 .add("README.md", Bytes(text.begin(), text.end()))
                                 .add("empty", {})
                                 .add("noise.bin", random_bytes)
                                 .add("b", make_chain(some_parent(9), 500, 500)[0]));
    ASSERT_FALSE(result.error) << result.error->message;
    EXPECT_EQ(result.blocks.size(), 1U);
    EXPECT_TRUE(result.warns_of("README.md"));
    EXPECT_TRUE(result.warns_of("empty"));
    EXPECT_TRUE(result.warns_of("noise.bin"));
}

TEST(BitcoinBlocks, that_are_none_are_refused) {
    const std::string text = "hello";
    EXPECT_EQ(code_of(Files{}.add("a", Bytes(text.begin(), text.end()))), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(Files{}.add("a", {})), ErrorCode::kTruncated);
    EXPECT_EQ(code_of(Files{}), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(Files{}.add("a", Bytes{1, 2}).add("b", Bytes{3, 4})), ErrorCode::kMalformed);
}

TEST(BitcoinBlocks, of_a_single_file_cut_at_any_byte_are_refused) {
    const Bytes block = empty_block(some_parent(9), 500);
    for (std::size_t size = 0; size < block.size(); ++size) {
        const Read result = read(Files{}.add(
            "b", Bytes(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size))));
        ASSERT_TRUE(result.error) << size;
        EXPECT_TRUE(size < 4 || result.error->code == ErrorCode::kTruncated)
            << size << result.error->message;
    }
}

TEST(BitcoinBlocks, of_a_blk_file_cut_at_any_byte_are_refused_or_whole) {
    const auto chain = make_chain(some_parent(9), 500, 501);
    const Bytes file = blk_file(chain);
    const std::size_t first = chain[0].size() + 8;
    for (std::size_t size = 4; size < file.size(); ++size) {
        Files files;
        files.add("blk00000.dat",
                  Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
        EXPECT_EQ(code_of(files), size == first ? ErrorCode::kCancelled : ErrorCode::kTruncated)
            << size;
    }
}

TEST(BitcoinBlocks, with_one_more_byte_are_trailing) {
    Bytes block = empty_block(some_parent(9), 500);
    block.push_back(0);
    EXPECT_EQ(code_of(Files{}.add("b", block)), ErrorCode::kTrailing);
    EXPECT_EQ(code_of(Files{}.add("blk0.dat", blk_file({block}))), ErrorCode::kTrailing);
}

TEST(BitcoinBlocks, with_junk_between_them_are_refused) {
    Bytes file = blk_file(make_chain(some_parent(9), 500, 500));
    file.insert(file.end(), {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Read result = read(Files{}.add("blk00000.dat", file));
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::kMalformed);
    EXPECT_NE(result.error->message.find("blk00000.dat: offset"), std::string::npos)
        << result.error->message;
}

TEST(BitcoinBlocks, with_an_absurd_size_are_refused_without_making_room) {
    for (const uint32_t size : {0U, 80U, 4'000'001U, UINT32_MAX}) {
        Bytes file;
        put(file, 0xdab5bffa, 4);
        put(file, size, 4);
        file.insert(file.end(), 200, 1);
        EXPECT_EQ(code_of(Files{}.add("blk00000.dat", file)), ErrorCode::kMalformed) << size;
    }
}

TEST(BitcoinBlocks, with_any_byte_of_a_txn_changed_are_refused) {
    const Bytes block = empty_block(some_parent(9), 500);
    for (std::size_t at = kHeaderSize; at < block.size(); ++at) {
        Bytes bad = block;
        bad[at] ^= 1;
        EXPECT_TRUE(read(Files{}.add("b", bad)).error) << at;
    }
}

TEST(BitcoinBlocks, with_a_damaged_header_are_refused_and_not_passed_over) {
    const Bytes block =
        make_block(some_parent(9), 1'600'000'000,
                   {simple_txn({}, {{1, p2pkh_script(1)}}, height_script(500))}, 4, 0x207fffff);
    Bytes bad = block;
    bad[40] ^= 1;  // The merkle root.
    const Read result =
        read(Files{}.add("b", bad).add("good", make_chain(some_parent(8), 900, 900)[0]));
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::kChecksum);
}

TEST(BitcoinBlocks, with_repeated_txns_under_the_same_root_are_refused) {
    const Bytes coinbase = simple_txn({}, {{1, p2pkh_script(1)}}, height_script(500));
    OutPoint spent;
    spent.txid = some_parent(3);
    const Bytes a = simple_txn({spent}, {{1, p2pkh_script(2)}});
    spent.index = 1;
    const Bytes b = simple_txn({spent}, {{1, p2pkh_script(3)}});
    const Bytes honest = make_block(some_parent(9), 1'600'000'000, {coinbase, a, b});
    Bytes forged(honest.begin(), honest.begin() + kHeaderSize);
    forged.push_back(4);
    for (const Bytes* txn : {&coinbase, &a, &b, &b}) put(forged, *txn);
    EXPECT_EQ(code_of(Files{}.add("b", honest)), ErrorCode::kCancelled);
    EXPECT_EQ(code_of(Files{}.add("b", forged)), ErrorCode::kChecksum);
}

TEST(BitcoinBlocks, without_a_coinbase_or_with_two_are_refused) {
    const Bytes coinbase = simple_txn({}, {{1, p2pkh_script(1)}}, height_script(500));
    const Bytes second = simple_txn({}, {{2, p2pkh_script(1)}}, height_script(500));
    OutPoint spent;
    spent.txid = some_parent(3);
    const Bytes plain = simple_txn({spent}, {{1, p2pkh_script(2)}});
    for (const auto& txns :
         std::vector<std::vector<Bytes>>{{plain}, {plain, coinbase}, {coinbase, second}})
        EXPECT_EQ(code_of(Files{}.add("b", make_block(some_parent(9), 1'600'000'000, txns))),
                  ErrorCode::kMalformed);
}

TEST(BitcoinBlocks, from_block_0_on_are_numbered_from_0) {
    const Bytes genesis = empty_block({}, 0, 0, 1);
    const Bytes next = empty_block(hash_of(genesis), 1, 0, 1);
    const Read result = read(Files{}.add("b", next).add("a", genesis));
    ASSERT_EQ(result.blocks.size(), 2U);
    EXPECT_EQ(result.blocks[0].header.number, 0U);
    EXPECT_EQ(result.blocks[0].header.parent, std::nullopt);
    EXPECT_EQ(result.blocks[1].header.number, 1U);
    EXPECT_EQ(result.blocks[1].header.number_kind, BlockNumKind::kHeight);
}

RC_GTEST_PROP(BitcoinBlocks, come_in_one_order_however_their_files_are_shuffled, ()) {
    std::vector<Bytes> chain = make_chain(some_parent(9), 500, 512);
    const std::vector<Bytes> in_order = chain;
    for (std::size_t i = chain.size(); i > 1; --i)
        std::swap(chain[i - 1], chain[*rc::gen::inRange<std::size_t>(0, i)]);
    const auto cut = *rc::gen::inRange<std::size_t>(0, chain.size());
    Files files;
    files.add("blk00000.dat",
              blk_file({chain.begin(), chain.begin() + static_cast<std::ptrdiff_t>(cut)}, 16));
    for (std::size_t i = cut; i < chain.size(); ++i) files.add(std::to_string(i), chain[i]);
    const Read result = read(files);
    RC_ASSERT(!result.error);
    RC_ASSERT(result.blocks.size() == in_order.size());
    for (std::size_t i = 0; i < in_order.size(); ++i)
        RC_ASSERT(result.blocks[i].header.hash == hash_of(in_order[i]));
}

TEST(CheckBlocks, reports_losers_and_duplicates_by_file_and_offset) {
    const auto chain = make_chain(some_parent(9), 500, 501);
    const Bytes loser = empty_block(some_parent(9), 500, 7);
    Files files;
    files.add("blk00000.dat", blk_file({chain[1], chain[0]})).add("z", loser).add("y", chain[0]);
    std::vector<BlockCheck> checks;
    std::vector<std::string> warnings;
    const Status status = check_bitcoin_blocks(
        files.files, kBitcoinRegtest, {},
        [&](const BlockCheck& check) -> Status {
            checks.push_back(check);
            return {};
        },
        warnings);
    ASSERT_TRUE(status) << status.error().message;
    ASSERT_EQ(checks.size(), 4U);
    EXPECT_EQ(checks[0].number, 501U);
    EXPECT_TRUE(checks[0].chosen && checks[1].chosen);
    EXPECT_EQ(checks[1].offset, 16 + chain[1].size());
    EXPECT_FALSE(checks[2].chosen);
    EXPECT_FALSE(checks[3].chosen);
    for (const BlockCheck& check : checks)
        EXPECT_TRUE(check.reencodes && check.facts.merkle_ok && check.facts.pow_ok);
    EXPECT_EQ(checks[0].out_types.at("p2pkh"), 1U);
}

}  // namespace
}  // namespace cordon::chain
