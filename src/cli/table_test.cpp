// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <gtest/gtest.h>

namespace cordon::cli {
namespace {

TEST(Table, aligns_columns_and_leaves_no_blanks_at_the_end) {
    Table table{{{"NAME"}, {"N", Table::Align::kRight}}};
    table.add({"a", "1"});
    table.add({"long", "1000"});
    EXPECT_EQ(table.render(80), "NAME     N\na        1\nlong  1000\n");
}

TEST(Table, shortens_the_flexible_column_to_fit) {
    Table table{{{"ADDRESS", Table::Align::kLeft, true}, {"N", Table::Align::kRight}}};
    table.add({"0x39cd0123456789abcdef14dd", "1"});
    EXPECT_EQ(table.render(20), "ADDRESS            N\n0x39cd01…cdef14dd  1\n");
}

TEST(Table, lets_the_widest_flexible_column_give_way_first) {
    Table table{{{"ADDRESS", Table::Align::kLeft, true}, {"NAME", Table::Align::kLeft, true}}};
    table.add({"0x39cd0123456789abcdef14dd", "Some Exchange"});
    EXPECT_EQ(table.render(30), "ADDRESS          NAME\n0x39cd0…def14dd  Some Exchange\n");
}

TEST(Table, cuts_a_name_at_its_end) {
    Table table{{{"NAME", Table::Align::kLeft, true, true}, {"N"}}};
    table.add({"Northbank Exchange: deposit", "1"});
    EXPECT_EQ(table.render(15), "NAME          N\nNorthbank E…  1\n");
    EXPECT_EQ(cut("abc", 0), "");
    EXPECT_EQ(cut("ääää", 3), "ää…");
}

TEST(Table, prints_nothing_without_rows) { EXPECT_EQ(Table{{{"A"}}}.render(80), ""); }

TEST(Printable, disarms_control_characters_and_direction_overrides) {
    EXPECT_EQ(printable("a\033[31mb"), "a·[31mb");
    EXPECT_EQ(printable("a\xE2\x80\xAE"
                        "b"),
              "a·b");
    EXPECT_EQ(printable("a\xC2\x9B"
                        "b"),
              "a·b");
    EXPECT_EQ(printable("naïve – ok"), "naïve – ok");
    EXPECT_EQ(printable("cut\xE2"), "cut·");
    EXPECT_EQ(printable("a\x9B"
                        "31m\xC3\xA9\xFF\xF0\x9F\x98\x80"),
              "a·31mé·😀");
}

TEST(Shorten, keeps_head_and_tail_and_counts_characters_not_bytes) {
    EXPECT_EQ(shorten("abcdefgh", 8), "abcdefgh");
    EXPECT_EQ(shorten("abcdefgh", 5), "ab…gh");
    EXPECT_EQ(display_width(shorten("ääääääää", 5)), 5u);
    EXPECT_EQ(shorten("abc", 2), "ab");
}

TEST(GroupDigits, leaves_the_fraction_alone) {
    EXPECT_EQ(group_digits("1234567.1234567"), "1,234,567.1234567");
    EXPECT_EQ(group_digits("123"), "123");
    EXPECT_EQ(group_digits(""), "");
}

}  // namespace
}  // namespace cordon::cli
