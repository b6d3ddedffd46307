// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cordon/base/unicode.hpp>

namespace cordon::report {
namespace {

TEST(CleanText, replaces_what_turns_or_hides_text) {
    EXPECT_EQ(clean_text("a\xE2\x80\xAE"
                         "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(clean_text("a\xE2\x80\x8B"
                         "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(clean_text(std::string_view{"a\0b", 3}),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(clean_text("bad \xC0\xAF"), "bad \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(CleanText, makes_one_line_of_many_and_drops_outer_blanks) {
    EXPECT_EQ(clean_text("  a \r\n\t b  "), "a b");
}

TEST(CleanText, keeps_other_scripts) { EXPECT_EQ(clean_text("取引所 Ёж é"), "取引所 Ёж é"); }

TEST(CleanText, cuts_at_the_limit_in_characters) {
    EXPECT_EQ(clean_text(std::string(500, 'W'), 10), std::string(10, 'W') + "…");
    EXPECT_EQ(clean_text("éééé", 4), "éééé");
}

TEST(CleanText, lets_two_combining_marks_stand) {
    EXPECT_EQ(clean_text("a\xCC\x81\xCC\x81\xCC\x81\xCC\x81"), "a\xCC\x81\xCC\x81");
}

RC_GTEST_PROP(CleanText, is_valid_utf8_of_one_line_for_any_bytes, (const std::string& text)) {
    const std::string clean = clean_text(text, 50);
    for (std::size_t i = 0; i < clean.size();) {
        const std::size_t n = utf8_length(std::string_view{clean}.substr(i));
        RC_ASSERT(n > 0U);
        RC_ASSERT(static_cast<unsigned char>(clean[i]) >= 0x20);
        i += n;
    }
    RC_ASSERT(clean_text(clean, 60) == clean);
}

RC_GTEST_PROP(Escape, leaves_no_markup, (const std::string& text)) {
    RC_ASSERT(escape(text).find_first_of("<>\"'") == std::string::npos);
}

TEST(Numbers, are_grouped_and_exact) {
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(12), "12");
    EXPECT_EQ(grouped_units(Amount{450'290'000'123U}, 8), "4,502.90000123");
    EXPECT_EQ(usd_text(1'234'567.4), "$1,234,567");
    EXPECT_EQ(usd_text(-1), "unpriced");
}

TEST(Percent, never_rounds_something_to_nothing_or_a_part_to_all) {
    EXPECT_EQ(percent_text(0.00001), "<0.1 %");
    EXPECT_EQ(percent_text(0.99999), ">99.9 %");
    EXPECT_EQ(percent_text(1), "100 %");
    EXPECT_EQ(percent_text(0.1234), "12.3 %");
}

}  // namespace
}  // namespace cordon::report
