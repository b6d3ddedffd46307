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

}  // namespace
}  // namespace cordon::explain
