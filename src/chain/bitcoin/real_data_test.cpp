// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Whatever blocks and txns lie in the data sets: nothing here knows their number or content.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../block_source.hpp"
#include "../text.hpp"
#include "block_order.hpp"
#include "check.hpp"
#include "network.hpp"
#include "script.hpp"
#include "test_data.hpp"

namespace cordon::chain {
namespace {

namespace fs = std::filesystem;
namespace json = simdjson::dom;

std::vector<fs::path> files_in(const fs::path& directory, std::string_view suffix) {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(directory))
        if (entry.path().filename().string().ends_with(suffix)) out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<InputFile> open_all(const std::vector<fs::path>& paths) {
    std::vector<InputFile> out;
    for (const fs::path& path : paths) out.push_back(input_file(path.string()).value());
    return out;
}

struct Read {
    std::vector<Block> blocks;
    std::vector<std::string> warnings;
    std::optional<Error> error;
};

Read drain(Result<std::unique_ptr<BlockSource>> source) {
    Read out;
    while (source) {
        auto block = (*source)->next();
        if (!block) {
            out.error = block.error();
            break;
        }
        if (!*block) {
            out.warnings = (*source)->warnings();
            break;
        }
        out.blocks.push_back(std::move(**block));
    }
    if (!source) out.error = source.error();
    return out;
}

ChainId chain_of(std::string_view net) {
    return net == "mainnet" ? kBitcoin : net == "regtest" ? kBitcoinRegtest : kBitcoinTestnet;
}

TEST(RealBlocks, agree_with_their_manifest_in_every_number) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    json::parser parser;
    for (const json::element facts :
         parser.load((path / "manifest.json").string())["blocks"].get_array()) {
        const std::string name{facts["name"].get_string().value()};
        const Bytes bytes = read_test_file(path / (name + ".raw.xz"));
        const Result<BlockCheck> check = check_block_bytes(bytes);
        ASSERT_TRUE(check) << name << check.error().message;
        const BlockFacts& block = check->facts;
        const auto number = [&](const char* key) { return facts[key].get_uint64().value(); };
        EXPECT_EQ(format_hash(kBitcoin, block.header.hash), facts["hash"].get_string().value())
            << name;
        EXPECT_EQ(format_hash(kBitcoin, block.header.parent), facts["prev"].get_string().value())
            << name;
        EXPECT_EQ(block.header.time, number("time")) << name;
        EXPECT_EQ(block.txns, number("ntx")) << name;
        EXPECT_EQ(block.inputs, number("inputs_non_coinbase")) << name;
        EXPECT_EQ(block.outputs, number("outputs")) << name;
        EXPECT_EQ(block.total_out, number("total_out_sat")) << name;
        EXPECT_EQ(block.weight, number("weight")) << name;
        EXPECT_EQ(to_hex(check->txids_sha256), facts["txids_sha256"].get_string().value()) << name;
        EXPECT_EQ(block.witness == WitnessCommitment::kOk,
                  !facts["witness_commitment_ok"].is_null())
            << name;
        EXPECT_TRUE(block.merkle_ok && block.pow_ok && block.coinbase_ok && check->reencodes)
            << name;
        EXPECT_TRUE(block.coinbase_height.value_or(number("height")) == number("height")) << name;
        for (const auto& [kind, count] : facts["out_types"].get_object()) {
            const std::string ours = kind == "nulldata" ? "op_return"
                                     : kind == "other"  ? "script"
                                                        : std::string{kind};
            const auto found = check->out_types.find(ours);
            EXPECT_EQ(found == check->out_types.end() ? 0 : found->second,
                      count.get_uint64().value())
                << name << kind;
        }
    }
}

TEST(RealBlocks, come_with_their_heights_in_order) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    json::parser parser;
    std::map<std::string, std::vector<fs::path>> by_net;
    std::map<std::string, uint64_t> height;
    for (const json::element facts :
         parser.load((path / "manifest.json").string())["blocks"].get_array()) {
        const std::string name{facts["name"].get_string().value()};
        by_net[std::string{facts["net"].get_string().value()}].push_back(path / (name + ".raw.xz"));
        height[std::string{facts["hash"].get_string().value()}] = facts["height"].get_uint64();
    }
    for (const auto& [net, paths] : by_net) {
        const Read result = drain(open_bitcoin_blocks(open_all(paths), chain_of(net), {}));
        ASSERT_FALSE(result.error) << result.error->message;
        ASSERT_EQ(result.blocks.size(), paths.size());
        for (std::size_t i = 0; i < result.blocks.size(); ++i) {
            const BlockHeader& header = result.blocks[i].header;
            const uint64_t truth = height.at(format_hash(kBitcoin, header.hash));
            const uint64_t off =
                header.number > truth ? header.number - truth : truth - header.number;
            EXPECT_TRUE(header.number_kind == BlockNumKind::kEstimated || off == 0)
                << header.number << " " << truth;
            // An estimate on main net is good to two weeks.
            EXPECT_TRUE(chain_of(net) != kBitcoin || off <= 2016) << header.number << " " << truth;
            EXPECT_TRUE(i == 0 || header.number > result.blocks[i - 1].header.number);
        }
    }
}

TEST(RealBlocks, of_testnet_are_not_taken_for_main_net) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    json::parser parser;
    for (const json::element facts :
         parser.load((path / "manifest.json").string())["blocks"].get_array()) {
        if (facts["net"].get_string().value() == "mainnet") continue;
        const std::string name{facts["name"].get_string().value()};
        const Read result =
            drain(open_bitcoin_blocks(open_all({path / (name + ".raw.xz")}), kBitcoin, {}));
        ASSERT_TRUE(result.error) << name;
        EXPECT_EQ(result.error->code, ErrorCode::kWrongChain) << name << result.error->message;
    }
}

TEST(RealBlocks, of_another_network_in_one_folder_are_left_out_and_named) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    json::parser parser;
    std::vector<fs::path> files;
    std::size_t ours = 0;
    for (const json::element facts :
         parser.load((path / "manifest.json").string())["blocks"].get_array()) {
        const std::string name{facts["name"].get_string().value()};
        files.push_back(path / (name + ".raw.xz"));
        ours += facts["net"].get_string().value() == "mainnet" ? 1 : 0;
    }
    const Read result = drain(open_bitcoin_blocks(open_all(files), kBitcoin, {}));
    ASSERT_FALSE(result.error) << result.error->message;
    EXPECT_EQ(result.blocks.size(), ours);
    const auto named = std::count_if(
        result.warnings.begin(), result.warnings.end(),
        [](const std::string& text) { return text.find("left out") != std::string::npos; });
    EXPECT_EQ(static_cast<std::size_t>(named), files.size() - ours);
}

TEST(RealBlocks, of_blk_files_link_to_the_first_block) {
    for (const char* set :
         {"btc/raw_blocks/mainnet_first256.blk.xz", "btc/blocksci_regtest/blk00000.dat"}) {
        CORDON_TEST_DATA(path, set);
        const ChainId chain = std::string_view{set}.find("regtest") == std::string_view::npos
                                  ? kBitcoin
                                  : kBitcoinRegtest;
        const Read result = drain(open_bitcoin_blocks(open_all({path}), chain, {}));
        ASSERT_FALSE(result.error) << result.error->message;
        ASSERT_FALSE(result.blocks.empty());
        EXPECT_LE(result.blocks.front().header.number, 1U);
        for (std::size_t i = 1; i < result.blocks.size(); ++i) {
            EXPECT_EQ(result.blocks[i].header.parent, result.blocks[i - 1].header.hash);
            EXPECT_EQ(result.blocks[i].header.number, result.blocks[i - 1].header.number + 1);
            EXPECT_EQ(result.blocks[i].header.number_kind, BlockNumKind::kHeight);
        }
        EXPECT_TRUE(result.warnings.empty());
    }
}

TEST(RealBlocks, of_the_reorg_vectors_follow_the_heaviest_branch) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    const auto hashes = [](const Read& result) {
        std::vector<Hash256> out;
        for (const Block& block : result.blocks) out.push_back(block.header.hash);
        return out;
    };
    const auto read = [&](std::initializer_list<const char*> names) {
        std::vector<fs::path> paths;
        for (const char* name : names) paths.push_back(path / name);
        return drain(open_bitcoin_blocks(open_all(paths), kBitcoin, {}));
    };
    const Read stem = read({"blk_0_to_4.dat.bz2"});
    ASSERT_FALSE(stem.error) << stem.error->message;
    const Read with_fork = read({"blk_0_to_4.dat.bz2", "blk_3A.dat.bz2"});
    ASSERT_FALSE(with_fork.error) << with_fork.error->message;
    EXPECT_EQ(hashes(with_fork), hashes(stem)) << "a shorter branch changes nothing";
    EXPECT_FALSE(with_fork.warnings.empty());
    const Read reorged =
        read({"blk_0_to_4.dat.bz2", "blk_3A.dat.bz2", "blk_4A.dat.bz2", "blk_5A.dat.bz2"});
    ASSERT_FALSE(reorged.error) << reorged.error->message;
    EXPECT_GT(reorged.blocks.size(), stem.blocks.size());
    EXPECT_NE(reorged.blocks[stem.blocks.size() - 1].header.hash, stem.blocks.back().header.hash);
    EXPECT_FALSE(reorged.warnings.empty());
}

TEST(RealBlocks, of_a_mixed_folder_are_found_between_other_files) {
    CORDON_TEST_DATA(path, "btc/raw_blocks");
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(path)) {
        const std::string name = entry.path().filename().string();
        const bool foreign = name.starts_with("t") ||
                             name.starts_with("blk_");  // Testnet, and another chain's forks.
        if (!foreign) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    const Read result = drain(open_bitcoin_blocks(open_all(paths), kBitcoin, {}));
    ASSERT_FALSE(result.error) << result.error->message;
    EXPECT_GT(result.blocks.size(), 1U);
    for (std::size_t i = 1; i < result.blocks.size(); ++i)
        EXPECT_GT(result.blocks[i].header.number, result.blocks[i - 1].header.number);
}

TEST(RealTxs, of_the_dmm_theft_come_after_their_funding) {
    CORDON_TEST_DATA(path, "btc/dmm_theft_2024");
    const Read result = drain(
        open_bitcoin_txs(open_all({path / "theft_tx.hex", path / "funding_tx.hex"}), kBitcoin));
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.blocks.size(), 1U);
    ASSERT_EQ(result.blocks[0].utxo_txns.size(), 2U);
    for (const TxIn& input : result.blocks[0].utxo_txns[1].inputs)
        EXPECT_EQ(input.prevout.txid, result.blocks[0].utxo_txns[0].txid);
    const Read folder = drain(open_bitcoin_txs(input_files(path.string()).value(), kBitcoin));
    ASSERT_FALSE(folder.error) << folder.error->message;
    EXPECT_EQ(folder.blocks, result.blocks);
}

TEST(RealTxs, of_every_json_set_are_read_in_topological_order) {
    for (const auto& [set, chain] : {std::pair{"btc/coinjoin_dumplings", kBitcoin},
                                     std::pair{"btc/coinjoin_emulation_truth", kBitcoinRegtest}}) {
        CORDON_TEST_DATA(path, set);
        std::vector<std::vector<fs::path>> inputs;
        for (const fs::path& file : files_in(path, ".jsonl.xz")) inputs.push_back({file});
        if (chain == kBitcoin)
            inputs.push_back(files_in(path, ".jsonl.xz"));  // All together, repeated txns and all.
        for (const auto& paths : inputs) {
            const Read result = drain(open_bitcoin_txs(open_all(paths), chain));
            ASSERT_FALSE(result.error) << result.error->message;
            std::map<Hash256, bool> txids;
            for (const Block& block : result.blocks)
                for (const UtxoTxn& txn : block.utxo_txns) txids[txn.txid] = false;
            for (const Block& block : result.blocks) {
                for (const UtxoTxn& txn : block.utxo_txns) {
                    for (const TxIn& input : txn.inputs) {
                        const auto spent = txids.find(input.prevout.txid);
                        EXPECT_TRUE(spent == txids.end() || spent->second);
                    }
                    txids[txn.txid] = true;
                }
            }
            EXPECT_FALSE(txids.empty());
        }
    }
}

}  // namespace
}  // namespace cordon::chain
