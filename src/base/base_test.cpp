// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "hex.hpp"
#include "result.hpp"
#include "time.hpp"

namespace cordon {
namespace {

TEST(Hex, round_trips_and_prints_lower_case) {
    const Bytes bytes = parse_hex("00fFaB").value();
    EXPECT_EQ(to_hex(bytes), "00ffab");
    EXPECT_EQ(to_hex0x(bytes), "0x00ffab");
    EXPECT_EQ(parse_hex("").value(), Bytes{});
}

TEST(Hex, says_where_a_digit_is_bad) {
    EXPECT_NE(parse_hex("00fg").error().message.find("offset 3"), std::string::npos);
    EXPECT_FALSE(parse_hex("000"));
    EXPECT_FALSE(parse_hex0x("00"));
}

TEST(Hex, decodes_any_length_and_tells_the_case_of_its_letters) {
    for (std::size_t size = 0; size < 70; ++size) {
        Bytes bytes(size);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 37 + size);
        const std::string text = to_hex(bytes);
        Bytes out(size);
        ASSERT_TRUE(decode_hex(text, out));
        EXPECT_EQ(out, bytes);
        for (std::size_t i = 0; i < text.size(); ++i)
            for (const char bad : {'g', 'G', '/', ':', '@', '`', '\0', '\x80', '\xff', ' '}) {
                std::string broken = text;
                broken[i] = bad;
                ASSERT_FALSE(decode_hex(broken, out));
                ASSERT_FALSE(parse_hex_into(broken, out));
            }
    }
    Bytes out(20);
    const std::string zeros(39, '0');
    EXPECT_EQ(decode_hex(zeros + '0', out), HexCase::kNone);
    EXPECT_EQ(decode_hex('a' + zeros, out), HexCase::kLower);
    EXPECT_EQ(decode_hex(zeros + 'F', out), HexCase::kUpper);
    EXPECT_EQ(decode_hex('A' + zeros.substr(1) + 'f', out), HexCase::kMixed);
    EXPECT_FALSE(decode_hex(zeros, out));
}

TEST(Time, round_trips_rfc3339) {
    EXPECT_EQ(format_rfc3339(parse_time("2024-05-31T04:26:00Z").value()), "2024-05-31T04:26:00Z");
    EXPECT_EQ(format_rfc3339(parse_time("2024-05-31T13:26:00+09:00").value()),
              "2024-05-31T04:26:00Z");
    EXPECT_EQ(format_rfc3339(parse_time("1717129560").value()), "2024-05-31T04:26:00Z");
    EXPECT_EQ(format_rfc3339(parse_time("2024-05-31").value()), "2024-05-31T00:00:00Z");
    EXPECT_EQ(format_rfc3339(parse_time("2024-05-31T04:26:00.250Z").value()),
              "2024-05-31T04:26:00.250Z");
}

TEST(Time, refuses_what_is_not_a_moment) {
    for (const char* text :
         {"", "yesterday", "2024-02-30", "2024-05-31T25:00:00Z", "2024-05-31T04:26:00", "-5",
          "2024-05-31T04:26:00.Z", "99999999999999999999", "2024-05-31T04:26:00Zz"})
        EXPECT_EQ(parse_time(text).error().code, ErrorCode::kMalformed) << text;
}

Result<int> half(int value) {
    if (value % 2 != 0) return fail(ErrorCode::kInvalidParam, "odd");
    return value / 2;
}
Result<int> quarter(int value) {
    CORDON_TRY(const int first, half(value));
    CORDON_TRY(const int second, half(first));
    return second;
}

TEST(Result, try_returns_the_first_error) {
    EXPECT_EQ(quarter(8).value(), 2);
    EXPECT_EQ(quarter(6).error().message, "odd");
    EXPECT_EQ(quarter(6).error().in("file.csv:3").message, "file.csv:3: odd");
}

}  // namespace
}  // namespace cordon
