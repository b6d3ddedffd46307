// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "token_list.hpp"

#include <gtest/gtest.h>

namespace cordon::explain {
namespace {

Asset asset(std::string_view text) { return *Asset::parse(text); }

TEST(TokenList, what_the_caller_says_holds_then_the_first_entry_of_the_list) {
    const Asset token = asset("0x2222222222222222222222222222222222222222");
    const Asset other = asset("0x3333333333333333333333333333333333333333");
    const TokenList list{{{kEthereum, token, "FIRST", 6},
                          {kEthereum, token, "SECOND", 18},
                          {kEthereum, other, "OTHER", 2}}};
    Context context;
    EXPECT_EQ(find_token(context, kEthereum, token), nullptr);
    context.token_list = &list;
    EXPECT_EQ(find_token(context, kEthereum, token)->symbol, "FIRST");
    EXPECT_EQ(find_token(context, {ChainFamily::kEvm, 10}, token), nullptr);
    context.tokens.push_back({kEthereum, token, "MINE", 9});
    EXPECT_EQ(find_token(context, kEthereum, token)->symbol, "MINE");
    EXPECT_EQ(find_token(context, kEthereum, other)->symbol, "OTHER");
}

TEST(TokenList, ships_the_great_coins_and_lets_the_caller_say_otherwise) {
    const Asset usdc = Asset::parse("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48").value();
    Context context;
    const TokenEntry* const known = find_token(context, kEthereum, usdc);
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->symbol, "USDC");
    EXPECT_EQ(known->decimals, 6U);
    EXPECT_EQ(find_token(context, {ChainFamily::kEvm, 56}, usdc), nullptr);
    context.tokens.push_back({kEthereum, usdc, "MINE", 6});
    EXPECT_EQ(find_token(context, kEthereum, usdc)->symbol, "MINE");
}

}  // namespace
}  // namespace cordon::explain
