// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "address.hpp"
#include "asset.hpp"
#include "block.hpp"
#include "chain_id.hpp"
#include "label.hpp"

namespace cordon {
namespace {

TEST(ChainId, knows_one_chain_by_both_its_names) {
    EXPECT_EQ(parse_chain("eth").value(), parse_chain("eip155:1").value());
    EXPECT_EQ(to_string(parse_chain("eip155:56").value()), "bsc");
    EXPECT_EQ(to_string(parse_chain("eip155:7777777").value()), "eip155:7777777");
}

TEST(ChainId, refuses_what_it_cannot_place) {
    for (const char* text :
         {"", "ETH", "dogecoin", "eip155:", "eip155:01", "eip155:x", "eip155:1 "})
        EXPECT_EQ(parse_chain(text).error().code, ErrorCode::kMalformed) << text;
}

TEST(Asset, accepts_the_three_forms) {
    EXPECT_TRUE(Asset::parse("native").value().is_native());
    EXPECT_EQ(Asset::parse("0xDAC17F958D2ee523a2206206994597C13D831ec7").value().text(),
              "0xdac17f958d2ee523a2206206994597c13d831ec7");
    EXPECT_EQ(Asset::parse("USD.x_1-a").value().text(), "USD.x_1-a");
    EXPECT_EQ(Asset::parse(std::string(64, 'A')).value().text().size(), 64u);
}

TEST(Asset, refuses_other_text) {
    for (const std::string& text :
         {std::string{}, std::string(65, 'A'), std::string{"US D"}, std::string{"0x12"},
          std::string{"0xzz"}, std::string{"a,b"}, std::string{"ü"}})
        EXPECT_EQ(Asset::parse(text).error().code, ErrorCode::kMalformed) << text;
}

TEST(Address, knows_the_zero_address) {
    const std::array<uint8_t, 20> zero{};
    EXPECT_TRUE((Address{AddressKind::kEvm, zero}.is_zero()));
    EXPECT_FALSE((Address{AddressKind::kP2pkh, zero}.is_zero()));
    EXPECT_FALSE(Address{}.is_zero());
}

TEST(Category, names_round_trip) {
    for (std::size_t i = 0; i < kCategoryCount; ++i) {
        const auto category = static_cast<Category>(i);
        EXPECT_EQ(parse_category(to_string(category)).value(), category);
    }
    EXPECT_FALSE(parse_category("Exchange"));
}

}  // namespace
}  // namespace cordon
