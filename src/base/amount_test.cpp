// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "amount.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

const char* const kMaxText =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";
const char* const kTwoTo256 =
    "115792089237316195423570985008687907853269984665640564039457584007913129639936";

Amount arbitrary(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    return Amount::from_limbs({a, b, c, d});
}

TEST(Amount, prints_and_parses_the_largest_value) {
    EXPECT_EQ(Amount::max().to_string(), kMaxText);
    EXPECT_EQ(Amount::parse(kMaxText).value(), Amount::max());
}

TEST(Amount, refuses_two_to_the_256) {
    EXPECT_EQ(Amount::parse(kTwoTo256).error().code, ErrorCode::kOverflow);
    EXPECT_EQ(Amount::parse(std::string(90, '9')).error().code, ErrorCode::kOverflow);
}

TEST(Amount, refuses_what_is_not_a_plain_whole_number) {
    for (const char* text :
         {"", "-1", "+1", "1.0", "1e18", " 1", "1 ", "0x10", "007", "1_000", "١"})
        EXPECT_EQ(Amount::parse(text).error().code, ErrorCode::kMalformed) << text;
    EXPECT_NE(Amount::parse("12.5").error().message.find("character 3"), std::string::npos);
}

TEST(Amount, reads_every_count_of_digits_and_finds_what_is_none_at_every_place) {
    std::string text;
    for (std::size_t size = 1; size <= 77; ++size) {
        text += static_cast<char>('1' + size * 7 % 9);
        ASSERT_EQ(Amount::parse(text).value().to_string(), text);
        for (std::size_t i = 0; i < size; ++i)
            for (const char bad : {'/', ':', ' ', '\0', '\xb0'}) {
                std::string broken = text;
                broken[i] = bad;
                const auto amount = Amount::parse(broken);
                ASSERT_FALSE(amount);
                ASSERT_EQ(amount.error().code, ErrorCode::kMalformed);
            }
    }
}

TEST(Amount, throws_instead_of_wrapping) {
    EXPECT_THROW(Amount::max() + Amount{1u}, AmountOverflow);
    EXPECT_THROW(Amount{1u} - Amount{2u}, AmountOverflow);
    EXPECT_THROW(Amount::max() * Amount{2u}, AmountOverflow);
    EXPECT_THROW(mul_div(Amount{1u}, Amount{1u}, Amount{}), AmountOverflow);
    EXPECT_THROW(mul_div(Amount::max(), Amount{2u}, Amount{1u}), AmountOverflow);
    EXPECT_FALSE(checked_add(Amount::max(), Amount{1u}));
}

TEST(Amount, carries_and_borrows_through_all_limbs) {
    const auto limbs = [](uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
        return Amount::from_limbs({a, b, c, d});
    };
    EXPECT_EQ(limbs(~0ULL, ~0ULL, ~0ULL, 0) + Amount{1u}, limbs(0, 0, 0, 1));
    EXPECT_EQ(limbs(0, 0, 0, 1) - Amount{1u}, limbs(~0ULL, ~0ULL, ~0ULL, 0));
    EXPECT_EQ(limbs(0, ~0ULL, 0, 5) + limbs(0, 1, ~0ULL, 2), limbs(0, 0, 0, 8));
    EXPECT_EQ(Amount::max() - Amount::max(), Amount{});
    // The carry of the low half alone makes it too large, and the borrow alone too small.
    EXPECT_FALSE(checked_add(limbs(~0ULL, ~0ULL, 1, 0), limbs(1, 0, ~0ULL - 1, ~0ULL)));
    EXPECT_THROW(limbs(0, 0, 7, 7) - limbs(1, 0, 7, 7), AmountOverflow);
    static_assert(Amount{2u} + Amount{3u} - Amount{4u} == Amount{1u});
}

TEST(Amount, stays_as_it_was_when_a_sum_does_not_fit) {
    Amount sum = Amount::max() - Amount{1u};
    EXPECT_THROW(sum += Amount{2u}, AmountOverflow);
    EXPECT_EQ(sum, Amount::max() - Amount{1u});
    Amount rest{1u};
    EXPECT_THROW(rest -= Amount{2u}, AmountOverflow);
    EXPECT_EQ(rest, Amount{1u});
}

TEST(Amount, keeps_the_full_product_inside_mul_div) {
    EXPECT_EQ(mul_div(Amount::max(), Amount::max(), Amount::max()), Amount::max());
    EXPECT_EQ(mul_div(Amount{7u}, Amount{10u}, Amount{3u}), Amount{23u});
}

TEST(Amount, formats_units_without_rounding) {
    EXPECT_EQ(format_units(Amount{450290000000u}, 8), "4502.9");
    EXPECT_EQ(format_units(Amount{1u}, 18), "0.000000000000000001");
    EXPECT_EQ(format_units(Amount{}, 8), "0");
    EXPECT_EQ(format_units(Amount{100u}, 2), "1");
    EXPECT_EQ(parse_units("4502.9", 8).value(), Amount{450290000000u});
    EXPECT_EQ(parse_units("0.5", 1).value(), Amount{5u});
    EXPECT_EQ(parse_units("0", 18).value(), Amount{});
    EXPECT_FALSE(parse_units("0.55", 1));
    EXPECT_FALSE(parse_units(".5", 1));
    EXPECT_FALSE(parse_units("5.", 1));
    EXPECT_FALSE(parse_units("-5", 1));
}

RC_GTEST_PROP(AmountProperty, text_round_trips, (uint64_t a, uint64_t b, uint64_t c, uint64_t d)) {
    const Amount amount = arbitrary(a, b, c, d);
    RC_ASSERT(Amount::parse(amount.to_string()).value() == amount);
    RC_ASSERT(Amount::from_big_endian(amount.to_big_endian()).value() == amount);
    RC_ASSERT(parse_units(format_units(amount, 18), 18).value() == amount);
}

RC_GTEST_PROP(AmountProperty, subtraction_undoes_addition,
              (uint64_t a, uint64_t b, uint64_t c, uint64_t d)) {
    const Amount x = arbitrary(a, b, c, d >> 1);
    const Amount y = arbitrary(d, c, b, a >> 1);
    RC_ASSERT((x + y) - y == x);
    RC_ASSERT((x <=> y) == (y < x    ? std::strong_ordering::greater
                            : x == y ? std::strong_ordering::equal
                                     : std::strong_ordering::less));
}

RC_GTEST_PROP(AmountProperty, mul_div_agrees_with_its_fast_path,
              (uint64_t a, uint64_t b, uint64_t c)) {
    RC_PRE(c != 0);
    // The same quotient by way of operands too wide for 64 bits.
    const Amount wide = Amount::from_limbs({0, 1, 0, 0});
    RC_ASSERT(mul_div(Amount{a}, Amount{b}, Amount{c}) ==
              mul_div(Amount{a} * wide, Amount{b}, Amount{c} * wide));
}

}  // namespace
}  // namespace cordon
