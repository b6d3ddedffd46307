// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_document.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace cordon::chain {
namespace {

using testing::HasSubstr;

TEST(JsonDocument, reads_what_the_library_reads) {
    for (const std::string text :
         {R"({})", R"([])", R"("text")", "17", "-1.5e3", "true", "null", "18446744073709551615",
          R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"":0})", R"([{"x":1},{"x":1}])",
          R"({"A":1,"a":2})", R"( {"ä" : "\u00e4\n"} )", R"({"a":[[],[{}],{}]})"}) {
        const auto read = parse_json(text);
        ASSERT_TRUE(read) << text << ": " << read.error().message;
        EXPECT_EQ(*read, boost::json::parse(text)) << text;
    }
}

TEST(JsonDocument, refuses_a_name_that_stands_twice_wherever_it_does) {
    for (const std::string text :
         {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"x":{"a":1,"a":2}})",
          R"([0,[{"b":{},"b":{}}]])", R"({"a":1,"\u0061":2})", R"({"":1,"":2})",
          R"({"a":{"c":1},"b":{"c":1},"a":[]})"}) {
        const auto read = parse_json(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, ErrorCode::kMalformed);
        EXPECT_THAT(read.error().message, HasSubstr("twice"));
    }
    EXPECT_THAT(parse_json(R"({"to":"me","to":"you"})").error().message, HasSubstr("\"to\""));
    // What is odd is not said again.
    EXPECT_THAT(parse_json(R"({"<b>":1,"<b>":2})").error().message, testing::Not(HasSubstr("<b>")));
}

TEST(JsonDocument, finds_a_twin_among_long_names_and_many) {
    const std::string name(5'000, 'n');
    EXPECT_FALSE(parse_json("{\"" + name + "\":1,\"" + name + "\":2}"));
    EXPECT_TRUE(parse_json("{\"" + name + "\":1,\"" + name + "x\":2}"));
    std::string many = "{";
    for (int i = 0; i < 5'000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
    EXPECT_TRUE(parse_json(many + "\"last\":0}"));
    EXPECT_FALSE(parse_json(many + "\"k17\":0}"));
}

TEST(JsonDocument, refuses_what_is_no_document) {
    for (const std::string text : {"", " ", "{", "{\"a\"}", "[1,]", "{} {}", "nul", "\"\xff\"",
                                   "{\"a\":1}x", "\"\\ud800\"", "// a\n{}"})
        EXPECT_FALSE(parse_json(text)) << text;
    EXPECT_EQ(parse_json("[[[[]]]]", 3).error().code, ErrorCode::kLimit);
    EXPECT_TRUE(parse_json("[[[]]]", 3));
}

}  // namespace
}  // namespace cordon::chain
