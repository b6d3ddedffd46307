// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

class SourceTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("cordon_source_" +
                   std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream{folder_ / name} << text;
        return (folder_ / name).string();
    }

    fs::path folder_;
};

TEST_F(SourceTest, takes_a_named_schema_as_it_is) {
    const auto source = parse_source("btc-txs:/x/y").value();
    EXPECT_EQ(source.at(0).schema, Schema::kBtcTxs);
    EXPECT_EQ(source.at(0).path, "/x/y");
}

TEST_F(SourceTest, finds_the_canonical_files_of_a_folder_side_files_first) {
    write("transfers.csv", "chain,block\n");
    write("labels.csv", "address,label\n");
    write("case.json", "{}");
    write("truth.csv", "tx,from,to\n");
    const auto sources = parse_source(folder_.string()).value();
    ASSERT_EQ(sources.size(), 2u);
    EXPECT_EQ(sources[0].schema, Schema::kLabels);
    EXPECT_EQ(sources[1].schema, Schema::kTransfers);
}

TEST_F(SourceTest, tells_a_file_by_its_content) {
    const auto schema_of = [&](const std::string& text) {
        return detect_sources(write("file.bin", text)).value().at(0).schema;
    };
    EXPECT_EQ(schema_of("chain,block,time,tx,index,from,to,asset,amount,kind\n"),
              Schema::kTransfers);
    EXPECT_EQ(schema_of("{\"txid\":\"00\"}\n"), Schema::kBtcTxs);
    EXPECT_EQ(schema_of("0100000001aabbccddeeff00112233\n"), Schema::kBtcTxs);
    EXPECT_EQ(schema_of("\xf9\xbe\xb4\xd9 and a block"), Schema::kBtcBlocks);
    EXPECT_EQ(schema_of("{\"type\": \"log\", \"block_number\": 1}\n"), Schema::kEvmEtl);
}

TEST_F(SourceTest, says_what_it_looked_for) {
    EXPECT_EQ(parse_source("nonsense:file").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_source("/no/such/place").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(parse_source("-").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(parse_source(folder_.string()).error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(detect_sources(write("x", "hello\n")).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace cordon::engine
