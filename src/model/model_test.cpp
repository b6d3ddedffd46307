// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <array>

#include "address.hpp"
#include "asset.hpp"
#include "block.hpp"
#include "chain_id.hpp"
#include "holder.hpp"
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

TEST(Holder, is_the_label_without_what_it_says_of_one_address) {
    std::array<uint8_t, 20> bytes{0x00, 0x10, 0x21};
    bytes[18] = 0xf1;
    bytes[19] = 0xb6;
    Label label;
    label.address = Address{AddressKind::kEvm, bytes};
    const auto of = [&](const char* text) {
        label.text = text;
        return holder_of(label);
    };
    for (const char* text :
         {"Northbank", "Northbank 14", "Northbank #14", "Northbank: deposit address",
          "Northbank_Deposit_0x0010", "Northbank Hot Wallet 3", "Northbank_vault_0010_f1b6",
          "Northbank (cluster of 1abc)"})
        EXPECT_EQ(of(text), "Northbank") << text;
    for (const char* text : {"Gate24", "2", "Hot Wallet", "Northbank 12ab", "Deposit", "", "_"})
        EXPECT_EQ(of(text), text);
    EXPECT_EQ(of("Hot Wallet 3"), "Hot Wallet");
    label.entity = "Northbank 2";
    EXPECT_EQ(of("whatever"), "Northbank 2");
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
