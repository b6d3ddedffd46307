// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "unicode.hpp"

#include <gtest/gtest.h>

namespace cordon {
namespace {

TEST(Unicode, reads_sequences_and_nothing_that_only_looks_like_one) {
    EXPECT_EQ(utf8_length("a"), 1U);
    EXPECT_EQ(utf8_character("\u00eb"), U'\u00eb');
    EXPECT_EQ(utf8_character("\u20ac"), U'\u20ac');
    EXPECT_EQ(utf8_character("\U0001f600"), U'\U0001f600');
    for (const char* bad :
         {"", "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"})
        EXPECT_EQ(utf8_length(bad), 0U);
}

TEST(PlainLine, is_what_it_looks_like) {
    for (const char* good : {"", "alice", "Zo\u00eb van Dijk", "\u5c71\u7530"})
        EXPECT_TRUE(is_plain_line(good)) << good;
    for (const char* bad : {" a", "a ", "a\nb", "a\tb", "a\x7f", "a\u200bb", "a\u202eb", "a\u00a0b",
                            "a\u2028b", "a\ufeff", "a\U000e0041", "a\xff", "\u2800", "a\u3164"})
        EXPECT_FALSE(is_plain_line(bad)) << bad;
}

}  // namespace
}  // namespace cordon
