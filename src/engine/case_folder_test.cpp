// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

class CaseFolderTest : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("cordon_case_" +
                   std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    Result<std::optional<CaseFolder>> load(const std::string& text) {
        std::ofstream{folder_ / "case.json"} << text;
        return load_case_folder(folder_.string());
    }

    fs::path folder_;
};

TEST_F(CaseFolderTest, is_absent_without_a_case_json) {
    EXPECT_FALSE(load_case_folder(folder_.string()).value().has_value());
}

TEST_F(CaseFolderTest, reads_seeds_notes_and_sources) {
    const auto folder =
        load(R"({"v":1,"title":"T","seeds":["btc:a","eth:b"],"notes":"N","sources":["S1","S2"]})")
            .value();
    EXPECT_EQ(folder->title, "T");
    EXPECT_EQ(folder->seeds, "btc:a,eth:b");
    EXPECT_EQ(folder->notes, "N");
    EXPECT_EQ(folder->sources, (std::vector<std::string>{"S1", "S2"}));
}

TEST_F(CaseFolderTest, reads_the_evaluation_form) {
    const auto folder = load(R"({"v":1,"case":"c","chain":"eth","sources":["0x1","0x2"]})").value();
    EXPECT_EQ(folder->seeds, "eth:0x1,eth:0x2");
    EXPECT_EQ(folder->title, "c");
    EXPECT_TRUE(folder->sources.empty());
}

TEST_F(CaseFolderTest, refuses_what_is_no_case) {
    EXPECT_EQ(load("").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load("[1]").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"title":5})").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"seeds":"x"})").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"seeds":[1]})").error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace cordon::engine
