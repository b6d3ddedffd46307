// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_tree.hpp"

#include <gtest/gtest.h>

namespace cordon::chain {
namespace {

using Kind = JsonValue::Kind;

ErrorCode code(std::string_view text) {
    const auto read = parse_json_tree(text);
    EXPECT_FALSE(read) << text;
    return read ? ErrorCode::kIo : read.error().code;
}

TEST(JsonTree, keeps_numbers_as_they_were_written) {
    const auto read = parse_json_tree(
        R"( {"a" : [115792089237316195423570985008687907853269984665640564039457584007913129639935 , -1.50e3],)"
        R"( "b":{"c":null,"d":true,"e":"\u00e9\n"}} )");
    ASSERT_TRUE(read) << read.error().message;
    const JsonValue& list = *read->find("a");
    EXPECT_EQ(list.items[0].text,
              "115792089237316195423570985008687907853269984665640564039457584"
              "007913129639935");
    EXPECT_EQ(list.items[1].text, "-1.50e3");
    EXPECT_TRUE(read->find("b")->find("c")->is(Kind::kNull));
    EXPECT_TRUE(read->find("b")->find("d")->flag);
    EXPECT_EQ(read->find("b")->find("e")->text, "é\n");
    EXPECT_EQ(read->find("x"), nullptr);
}

TEST(JsonTree, refuses_what_is_no_json_or_more_than_one) {
    for (const std::string_view bad :
         {"",    " ",      "{",        "[1,",         "[1 2]",      "{\"a\":}", "{a:1}",
          "nul", "[nulL]", "tru",      "[01]",        "[1.]",       "[+1]",     "[1e]",
          "[-]", "[0x1]",  "\"\xff\"", "\"\\ud800\"", "[\"a\nb\"]", "[1,]"})
        EXPECT_NE(code(bad), ErrorCode::kLimit) << bad;
    EXPECT_FALSE(parse_json_tree("{} {}"));
    EXPECT_FALSE(parse_json_tree("[1] 2"));
    EXPECT_EQ(code(R"({"a":1,"\u0061":2})"), ErrorCode::kDuplicate);
}

TEST(JsonTree, is_bounded) {
    EXPECT_EQ(code(std::string(100, '[') + std::string(100, ']')), ErrorCode::kLimit);
    std::string wide = "[0";
    for (std::size_t i = 0; i < kMaxJsonValues; ++i) wide += ",0";
    EXPECT_EQ(code(wide + "]"), ErrorCode::kLimit);
    EXPECT_EQ(code(std::string(kMaxJsonBytes + 1, ' ')), ErrorCode::kLimit);
}

}  // namespace
}  // namespace cordon::chain
