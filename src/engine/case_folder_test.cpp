// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>

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

TEST_F(CaseFolderTest, reads_what_its_names_mean_as_harmless_lines) {
    const auto folder = load(
        R"({"v":1,"title":"T","assets":{"USDEQ":{"decimals":6,"about":"one US\u202e dollar's\nworth"},"FAKE":{"decimals":6}},)"
        R"("authors":{"ground-truth":"the study's own <b>labels</b>"}})");
    ASSERT_TRUE(folder && *folder);
    const report::Words& words = (*folder)->words;
    EXPECT_EQ(words.assets.size(), 1U);
    const std::string unit{report::Words::of(words.assets, "USDEQ")};
    EXPECT_TRUE(unit.starts_with("one US")) << unit;
    EXPECT_EQ(unit.find('\n'), std::string::npos);
    EXPECT_EQ(unit.find("\xE2\x80\xAE"), std::string::npos);
    EXPECT_EQ(report::Words::of(words.authors, "ground-truth"), "the study's own <b>labels</b>");
    EXPECT_EQ(report::Words::of(words.authors, "nobody"), "");
    const auto alone = load_case_words((folder_ / "case.json").string());
    ASSERT_TRUE(alone);
    EXPECT_EQ(alone->authors, words.authors);
    // Long words are cut, too many and too long names refused.
    const auto longer = load(R"({"authors":{"a":")" + std::string(5'000, 'x') + "\"}}");
    ASSERT_TRUE(longer && *longer);
    EXPECT_LT((*longer)->words.authors.at("a").size(), 400U);
    std::string many;
    for (int i = 0; i < 200; ++i) many += format("{}\"a{}\":\"x\"", i == 0 ? "" : ",", i);
    EXPECT_EQ(load("{\"authors\":{" + many + "}}").error().code, ErrorCode::kLimit);
    EXPECT_EQ(load(R"({"authors":{")" + std::string(200, 'n') + R"(":"x"}})").error().code,
              ErrorCode::kLimit);
}

TEST_F(CaseFolderTest, refuses_what_is_no_case) {
    for (const char* text :
         {R"({"assets":[]})", R"({"assets":{"A":7}})", R"({"assets":{"A":{"about":7}}})",
          R"({"authors":"x"})", R"({"authors":{"a":{}}})"})
        EXPECT_EQ(load(text).error().code, ErrorCode::kMalformed) << text;
    EXPECT_EQ(load("").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load("[1]").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"title":5})").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"seeds":"x"})").error().code, ErrorCode::kMalformed);
    EXPECT_EQ(load(R"({"seeds":[1]})").error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace cordon::engine
