// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ext_key.hpp"

#include <gtest/gtest.h>

#include "base58.hpp"
#include "key_expression.hpp"
#include "musig.hpp"

namespace cordon::chain {
namespace {

constexpr uint32_t kXpub = 0x0488b21e;

ExtKey own_key() { return {kXpub, 0, {}, 0, {}, crypto::PublicKey::generator()}; }

TEST(ExtKey, is_read_as_it_is_written) {
    const ExtKey child = child_of(child_of(own_key(), 3).value(), 5).value();
    const auto again = parse_ext_key(format_ext_key(child));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->depth, 2);
    EXPECT_EQ(again->child, 5U);
    EXPECT_EQ(format_ext_key(*again), format_ext_key(child));
}

TEST(ExtKey, refuses_other_texts) {
    const std::string text = format_ext_key(own_key());
    std::string wrong = text;
    wrong[50] = wrong[50] == 'x' ? 'y' : 'x';
    EXPECT_EQ(parse_ext_key(wrong).error().code, ErrorCode::kChecksum);
    EXPECT_FALSE(parse_ext_key(""));
    EXPECT_FALSE(parse_ext_key(format_base58check(Bytes(78, 0))));
    EXPECT_FALSE(parse_ext_key(format_base58check(Bytes(77, 4))));
}

TEST(ExtKey, has_a_last_step) {
    ExtKey deep = own_key();
    deep.depth = 255;
    EXPECT_EQ(child_of(deep, 0).error().code, ErrorCode::kLimit);
}

TEST(Path, is_read_as_it_is_written) {
    EXPECT_EQ(format_path(parse_path("m/84'/0h/1H/7").value()), "m/84'/0'/1'/7");
    EXPECT_TRUE(parse_path("m").value().empty());
    for (const std::string_view bad :
         {"m/", "m//1", "/1", "1/", "2147483648", "-1", "1''", "x", "m/1 "})
        EXPECT_FALSE(parse_path(bad)) << bad;
}

TEST(KeyExpression, knows_its_branches) {
    const std::string text = "[0badf00d/48'/1']" + format_ext_key(own_key()) + "/<0;1;9>/*";
    const auto key = KeyExpression::parse(text, false);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->branches(), 3U);
    EXPECT_EQ(key->label(), "0badf00d");
    EXPECT_EQ(key->derive(2, 4).value(), child_of(child_of(own_key(), 9).value(), 4)->key);
}

TEST(Musig, does_not_take_what_is_no_key) {
    const auto bytes = crypto::PublicKey::generator().compressed();
    const Bytes key(bytes.begin(), bytes.end());
    EXPECT_TRUE(musig_key(std::vector<Bytes>{key}));
    EXPECT_TRUE(musig_key(std::vector<Bytes>{key, key}));
    EXPECT_FALSE(musig_key({}));
    EXPECT_FALSE(musig_key(std::vector<Bytes>{key, Bytes(33, 5)}));
    EXPECT_FALSE(musig_key(std::vector<Bytes>{Bytes(32, 2)}));
}

}  // namespace
}  // namespace cordon::chain
