// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "csv_number.hpp"
#include "csv_test_file.hpp"
#include "csv_text.hpp"

namespace cordon::chain {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::array<CsvColumn, 3> kAbc{{{"a"}, {"b"}, {"c", false}}};

Result<Rows> read(std::string_view text, CsvExtra extra = CsvExtra::kRefuse) {
    CORDON_TRY(CsvReader csv, CsvReader::open(text_file(text)));
    CORDON_TRY(csv.select(kAbc, extra));
    Rows rows;
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return rows;
        rows.push_back({std::string{csv[0]}, std::string{csv[1]}, std::string{csv[2]}});
    }
}

/// The text refused, with its code and a part of its message.
void expect_refused(std::string_view text, ErrorCode code, std::string_view part) {
    const auto rows = read(text);
    ASSERT_FALSE(rows) << text;
    EXPECT_EQ(rows.error().code, code) << rows.error().message;
    EXPECT_NE(rows.error().message.find(part), std::string::npos) << rows.error().message;
}

TEST(Csv, reads_columns_by_name_in_any_order) {
    EXPECT_EQ(read("a,b,c\n1,2,3\n").value(), (Rows{{"1", "2", "3"}}));
    EXPECT_EQ(read("c,b,a\n3,2,1\n").value(), (Rows{{"1", "2", "3"}}));
    EXPECT_EQ(read("b,a\n2,1\n").value(), (Rows{{"1", "2", ""}}));
}

TEST(Csv, takes_both_line_ends_a_bom_and_a_last_line_without_end) {
    const Rows expected{{"1", "2", ""}, {"3", "4", ""}};
    EXPECT_EQ(read("a,b\n1,2\n3,4\n").value(), expected);
    EXPECT_EQ(read("a,b\r\n1,2\r\n3,4\r\n").value(), expected);
    EXPECT_EQ(read("\xef\xbb\xbf"
                   "a,b\n1,2\n3,4")
                  .value(),
              expected);
    EXPECT_EQ(read("a,b\r\n\"1\",2\r\n3,\"4\"").value(), expected);
    EXPECT_EQ(read("a,b").value(), Rows{});
}

TEST(Csv, takes_quoted_fields_apart) {
    EXPECT_EQ(read("a,b\n\"x, \"\"y\"\"\",\"l1\nl2\r\nl3\"\n").value(),
              (Rows{{"x, \"y\"", "l1\nl2\r\nl3", ""}}));
    EXPECT_EQ(read("\"a\",\"b\"\n\"\",\n").value(), (Rows{{"", "", ""}}));
    EXPECT_EQ(read("a,b\n\"\"\"\",x\n").value(), (Rows{{"\"", "x", ""}}));
}

TEST(Csv, counts_lines_through_quoted_line_breaks) {
    expect_refused("a,b\n\"1\n2\",3\n4\n", ErrorCode::kMalformed, "test.csv:4: expected 2 fields");
}

TEST(Csv, refuses_columns_it_does_not_know_or_misses) {
    expect_refused("a,b,d\n", ErrorCode::kMalformed, "unknown column \"d\"");
    expect_refused("a\n", ErrorCode::kMalformed, "\"b\" is missing");
    expect_refused("a,b,a\n", ErrorCode::kDuplicate, "\"a\" is named twice");
    expect_refused("a;b\n", ErrorCode::kMalformed, "unknown column \"a;b\"");
    expect_refused("A,B\n", ErrorCode::kMalformed, "unknown column \"A\"");
    EXPECT_EQ(read("a,x,b\n1,9,2\n", CsvExtra::kIgnore).value(), (Rows{{"1", "2", ""}}));
}

TEST(Csv, refuses_an_empty_file_and_an_empty_line) {
    expect_refused("", ErrorCode::kTruncated, "test.csv:1: the file is empty");
    expect_refused("\xef\xbb\xbf", ErrorCode::kTruncated, "empty");
    expect_refused("a,b\n1,2\n\n", ErrorCode::kMalformed, "test.csv:3: the line is empty");
    expect_refused("\n", ErrorCode::kMalformed, "unknown column \"\"");
}

TEST(Csv, refuses_rows_of_another_width) {
    expect_refused("a,b\n1,2,3\n", ErrorCode::kMalformed,
                   "test.csv:2: expected 2 fields as in the header, found 3");
    expect_refused("a,b\n1\n", ErrorCode::kMalformed, "found 1");
}

TEST(Csv, refuses_other_encodings_with_their_place) {
    expect_refused(std::string_view{"\xff\xfe"
                                    "a\0",
                                    4},
                   ErrorCode::kUnsupported, "UTF-16");
    expect_refused(std::string_view{"\xfe\xff\0a", 4}, ErrorCode::kUnsupported, "UTF-16");
    expect_refused(std::string_view{"a,b\n1,\0\n", 8}, ErrorCode::kMalformed,
                   "test.csv:2: column 3: byte 0x00 (NUL)");
    expect_refused("a,b\n\xc3\xbc,\xff\n", ErrorCode::kMalformed,
                   "test.csv:2: column 3: byte 0xff is not valid UTF-8");
    expect_refused("a,b\n\"x\ny\xff\",1\n", ErrorCode::kMalformed, "test.csv:3: column 2");
    EXPECT_EQ(read("a,b\n\xc3\xbc,\xf0\x9f\x92\xb0\n").value().size(), 1u);
}

TEST(Csv, refuses_broken_quoting) {
    expect_refused("a,b\n\"1,2\n", ErrorCode::kTruncated,
                   "test.csv:2: a quoted field is not closed");
    expect_refused("a,b\n1\"2,3\n", ErrorCode::kMalformed, "quote in the middle of field 1");
    expect_refused("a,b\n\"1\"2,3\n", ErrorCode::kMalformed, "after the closing quote of field 1");
    expect_refused("a,b\n1\r2,3\n", ErrorCode::kMalformed, "bare carriage return");
    expect_refused("a,b\r1,2\r", ErrorCode::kMalformed, "bare carriage return");
}

TEST(Csv, bounds_a_row) {
    const std::string fits = "a,b\n" + std::string(CsvReader::kMaxRow - 3, 'x') + ",y\n";
    EXPECT_EQ(read(fits).value().size(), 1u);
    expect_refused("a,b\n" + std::string(CsvReader::kMaxRow + 1, 'x'), ErrorCode::kLimit,
                   "test.csv:2");
    std::string quoted = "a,b\n\"";
    while (quoted.size() < CsvReader::kMaxRow + 10) quoted += "line\n";
    expect_refused(quoted, ErrorCode::kLimit, "test.csv:2");
    expect_refused(std::string(CsvReader::kMaxRow + 1, 'x'), ErrorCode::kLimit, "test.csv:1");
}

TEST(Csv, keeps_its_error) {
    auto csv = CsvReader::open(text_file("a,b\n1\n2,3\n")).value();
    EXPECT_FALSE(csv.next());
    EXPECT_FALSE(csv.next());
}

TEST(Csv, reads_back_what_was_quoted) {
    const auto quote = [](const std::string& text) {
        std::string out = "\"";
        for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
        return out + '"';
    };
    const auto character = rc::gen::element<char>('a', ',', '"', '\n', '\r', ' ', ';', '\t');
    const auto field = rc::gen::container<std::string>(character);
    const auto rows = rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(field, field));
    EXPECT_TRUE(rc::check([&] {
        std::string text = "b,a\n";
        Rows expected;
        for (const auto& [a, b] : *rows) {
            text += quote(b) + ',' + quote(a) + (a.size() % 2 == 0 ? "\n" : "\r\n");
            expected.push_back({a, b, ""});
        }
        RC_ASSERT(read(text).value() == expected);
    }));
}

TEST(Csv, finds_rows_wherever_the_buffer_ends) {
    std::string text = "a,b\n";
    Rows expected;
    for (std::size_t i = 0; i < 5000; ++i) {
        const std::string a(i % 397, 'a');
        const std::string b(i % 11, 'b');
        text += i % 3 == 0 ? '"' + a + "\"," + b + '\n' : a + ',' + b + "\r\n";
        expected.push_back({a, b, ""});
    }
    EXPECT_EQ(read(text).value(), expected);
}

TEST(CsvText, sees_quotes_and_unusual_bytes_at_every_place) {
    EXPECT_TRUE(rc::check([](const std::string& text) {
        const TextScan scan = scan_text(text);
        const bool unusual = std::any_of(text.begin(), text.end(), [](char c) { return c <= 0; });
        RC_ASSERT(scan.quote == (text.find('"') != std::string::npos));
        RC_ASSERT(scan.unusual == unusual);
    }));
}

TEST(CsvText, knows_utf8_from_what_is_none) {
    for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                             "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_FALSE(find_bad_text(good)) << good;
    for (const char* bad :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x92", "\xc3\x28"})
        EXPECT_EQ(find_bad_text(bad), 0u) << bad;
    EXPECT_EQ(find_bad_text(std::string_view{"ab\0", 3}), 2u);
}

TEST(CsvNumber, takes_whole_numbers_up_to_the_limit_only) {
    EXPECT_EQ(parse_whole("0", 10).value(), 0u);
    EXPECT_EQ(parse_whole("10", 10).value(), 10u);
    EXPECT_EQ(parse_whole("18446744073709551615", UINT64_MAX).value(), UINT64_MAX);
    EXPECT_EQ(parse_whole("18446744073709551616", UINT64_MAX).error().code, ErrorCode::kOverflow);
    EXPECT_EQ(parse_whole("11", 10).error().code, ErrorCode::kOverflow);
    EXPECT_EQ(parse_whole("9", 5).error().code, ErrorCode::kOverflow);
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "01", "1.0", "1e3", "0x1", "one"})
        EXPECT_EQ(parse_whole(text, 100).error().code, ErrorCode::kMalformed) << text;
}

}  // namespace
}  // namespace cordon::chain
