// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_format.hpp"

#include <gtest/gtest.h>

namespace cordon::explain {
namespace {

TEST(ClearFormat, dates_are_those_of_the_screens) {
    EXPECT_EQ(date_text(Amount{0U}), "1970-01-01 12:00:00 AM UTC");
    EXPECT_EQ(date_text(Amount{1709191632U}), "2024-02-29 07:27:12 AM UTC");
    EXPECT_EQ(date_text(Amount{45296U}), "1970-01-01 12:34:56 PM UTC");
    EXPECT_EQ(date_text(Amount::max()).find("1970-01-01 "), std::string::npos);
}

TEST(ClearFormat, units_have_prefixes_only_when_asked_for) {
    EXPECT_EQ(unit_text(Amount{36000U}, 0, "s", false), "36000 s");
    EXPECT_EQ(unit_text(Amount{36000U}, 0, "s", true), "36 ks");
    EXPECT_EQ(unit_text(Amount{15U}, 1, "d", false), "1.5 d");
    EXPECT_EQ(unit_text(Amount{5U}, 2, "", true), "0.05");
    EXPECT_EQ(unit_text(Amount{}, 0, "m", true), "0 m");
}

TEST(ClearFormat, durations_and_signed_numbers) {
    EXPECT_EQ(duration_text(Amount{8250U}), "02:17:30");
    ClearValue value;
    value.kind = ClearValue::Kind::kInt;
    value.number = Amount::max();
    EXPECT_EQ(raw_text(value), "-1");
    value.number = Amount{7U};
    EXPECT_EQ(raw_text(value), "7");
}

TEST(ClearFormat, only_plain_text_comes_through) {
    EXPECT_EQ(safe_text("Zürich ✓"), "Zürich ✓");
    EXPECT_EQ(safe_text(std::string_view{"a\0b\x7f", 4}), "a\\u{0}b\\u{7f}");
    EXPECT_EQ(safe_text("\xff\xc0\xaf\xe2\x82"), "\\xff\\xc0\\xaf\\xe2\\x82");
    EXPECT_EQ(safe_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

TEST(ClearFormat, numbers_are_read_in_both_notations) {
    EXPECT_EQ(number_in("0xf"), Amount{15U});
    EXPECT_EQ(number_in("15"), Amount{15U});
    EXPECT_FALSE(number_in("0x"));
    EXPECT_FALSE(number_in("1.5"));
    EXPECT_FALSE(number_in("0x1" + std::string(64, '0')));
}

}  // namespace
}  // namespace cordon::explain
