// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "typed_data.hpp"

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;

// The example of EIP-712.
constexpr std::string_view kMail = R"({
  "types": {
    "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                     {"name": "chainId", "type": "uint256"},
                     {"name": "verifyingContract", "type": "address"}],
    "Person": [{"name": "name", "type": "string"}, {"name": "wallet", "type": "address"}],
    "Mail": [{"name": "from", "type": "Person"}, {"name": "to", "type": "Person"},
             {"name": "contents", "type": "string"}]},
  "primaryType": "Mail",
  "domain": {"name": "Ether Mail", "version": "1", "chainId": 1,
             "verifyingContract": "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"},
  "message": {"from": {"name": "Cow", "wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"},
              "to": {"name": "Bob", "wallet": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"},
              "contents": "Hello, Bob!"}})";

/// One value of one type.
Result<TypedData> one(std::string_view type, std::string_view value) {
    return parse_typed_data(
        format(R"({{"types":{{"T":[{{"name":"v","type":"{}"}}]}},"primaryType":"T",)"
               R"("domain":{{}},"message":{{"v":{}}}}})",
               type, value));
}

ErrorCode code(const Result<TypedData>& data) {
    EXPECT_FALSE(data);
    return data ? ErrorCode::kIo : data.error().code;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out{text};
    const auto at = out.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return out.replace(at, from.size(), to);
}

TEST(TypedData, hashes_the_example_of_the_standard) {
    const auto data = parse_typed_data(kMail);
    ASSERT_TRUE(data) << data.error().message;
    EXPECT_EQ(data->encoded_type,
              "Mail(Person from,Person to,string contents)Person(string name,address wallet)");
    EXPECT_EQ(to_hex(data->domain_separator),
              "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
    EXPECT_EQ(to_hex(data->message_hash),
              "c52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e");
    EXPECT_EQ(to_hex(data->digest),
              "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2");
    EXPECT_EQ(data->message.find("from")->find("name")->text(), "Cow");
    EXPECT_EQ(data->message.find("from")->type, "Person");
    EXPECT_EQ(data->domain.find("chainId")->number, Amount{1U});
    EXPECT_TRUE(data->ignored.empty());
}

TEST(TypedData, a_domain_without_type_has_the_fields_that_are_there) {
    auto text = replaced(kMail, R"("EIP712Domain")", R"("Unused")");
    const auto data = parse_typed_data(text);
    ASSERT_TRUE(data) << data.error().message;
    EXPECT_EQ(to_hex(data->domain_separator),
              "f2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f");
    EXPECT_EQ(data->types.back().name, kTypedDomain);
}

TEST(TypedData, order_and_form_of_the_text_do_not_matter) {
    const auto plain = parse_typed_data(kMail);
    const auto hex_chain =
        parse_typed_data(replaced(kMail, R"("chainId": 1)", R"("chainId": "0x1")"));
    const auto text_chain =
        parse_typed_data(replaced(kMail, R"("chainId": 1)", R"("chainId": "1")"));
    EXPECT_EQ(plain->digest, hex_chain->digest);
    EXPECT_EQ(plain->digest, text_chain->digest);
}

TEST(TypedData, every_change_of_a_signed_field_changes_the_digest) {
    const auto plain = parse_typed_data(kMail);
    for (const auto& [from, to] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"Hello, Bob!", "Hello, Bob?"},
             {R"("chainId": 1)", R"("chainId": 5)"},
             {R"("Ether Mail")", R"("ether Mail")"},
             {"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826",
              "0xcd2a3d9f938e13cd947ec05abc7fe734df8dd827"}})
        EXPECT_NE(parse_typed_data(replaced(kMail, from, to))->digest, plain->digest) << from;
}

TEST(TypedData, fields_that_no_type_names_are_told) {
    const auto data = parse_typed_data(
        replaced(kMail, R"("contents": "Hello)", R"("note": "safe", "contents": "Hello)"));
    ASSERT_TRUE(data);
    EXPECT_EQ(data->digest, parse_typed_data(kMail)->digest);
    EXPECT_EQ(data->ignored, std::vector<std::string>{"message.note"});
}

TEST(TypedData, an_address_in_a_wrong_case_is_read_and_named) {
    // Wallets sign it: what cannot be explained would be signed blindly.
    const auto data = one("address", "\"0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD82E\"");
    ASSERT_TRUE(data);
    ASSERT_EQ(data->misspelt.size(), 1U);
    EXPECT_TRUE(data->misspelt[0].starts_with("message."));
    const auto small = one("address", "\"0xcd2a3d9f938e13cd947ec05abc7fe734df8dd82e\"");
    EXPECT_EQ(data->digest, small->digest);
    EXPECT_TRUE(small->misspelt.empty());
}

TEST(TypedData, numbers_are_exact_and_within_their_type) {
    constexpr std::string_view kMax =
        "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    EXPECT_EQ(one("uint256", kMax)->message.items[0].number, Amount::max());
    EXPECT_EQ(one("uint", format("\"{}\"", kMax))->message.items[0].number, Amount::max());
    EXPECT_EQ(one("int8", "-128")->message.items[0].number, Amount::max() - Amount{127U});
    EXPECT_EQ(one("int8", "\"-0x1\"")->message.items[0].number, Amount::max());
    EXPECT_EQ(one("int256", "-0")->message.items[0].number, Amount{});
    EXPECT_EQ(one("uint8", "\"0xff\"")->message.items[0].number, Amount{255U});
    for (const auto& [type, value] : std::vector<std::pair<std::string_view, std::string_view>>{
             {"uint8", "256"},
             {"uint8", "-1"},
             {"int8", "128"},
             {"int8", "-129"},
             {"uint256",
              "\"0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\""}})
        EXPECT_EQ(code(one(type, value)), ErrorCode::kOverflow) << type << value;
    for (const std::string_view value : {"1.0", "1e3", "\"\"", "\"0x\"", "\"1 \"", "\"0xg\"",
                                         "true", "null", "[]", "\"+1\"", "\"--1\"", "\"007\""})
        EXPECT_EQ(code(one("uint256", value)), ErrorCode::kMalformed) << value;
}

TEST(TypedData, other_values_have_one_form_too) {
    EXPECT_TRUE(one("bool", "true"));
    EXPECT_TRUE(one("bytes", "\"0x\""));
    EXPECT_TRUE(one("bytes4", "\"0x01020304\""));
    EXPECT_TRUE(one("string", "\"\""));
    for (const auto& [type, value] :
         std::vector<std::pair<std::string_view, std::string_view>>{{"bool", "1"},
                                                                    {"bool", "\"true\""},
                                                                    {"bytes", "\"00\""},
                                                                    {"bytes", "\"0x0\""},
                                                                    {"bytes4", "\"0x010203\""},
                                                                    {"bytes4", "\"0x0102030405\""},
                                                                    {"string", "1"},
                                                                    {"address", "\"0x00\""},
                                                                    {"address", "1"},
                                                                    {"uint8[]", "{}"},
                                                                    {"uint8[2]", "[1]"},
                                                                    {"uint8[2]", "[1,2,3]"},
                                                                    {"string", "null"}})
        EXPECT_EQ(code(one(type, value)), ErrorCode::kMalformed) << type << value;
}

TEST(TypedData, arrays_keep_their_levels) {
    const auto data = one("uint8[2][]", "[[1,2],[3,4],[5,6]]");
    ASSERT_TRUE(data) << data.error().message;
    const TypedValue& value = data->message.items[0];
    EXPECT_EQ(value.type, "uint8[2][]");
    EXPECT_EQ(value.items.size(), 3U);
    EXPECT_EQ(value.items[2].type, "uint8[2]");
    EXPECT_EQ(value.items[2].items[1].number, Amount{6U});
    EXPECT_EQ(value.items[2].items[1].type, "uint8");
    EXPECT_EQ(code(one("uint8[][][][][][][][][]", "[]")), ErrorCode::kLimit);
    EXPECT_EQ(code(one("uint8[9999999]", "[]")), ErrorCode::kMalformed);
}

TEST(TypedData, types_that_could_be_read_two_ways_are_refused) {
    for (const std::string_view type :
         {"", "uint7", "uint264", "bytes33", "bytes0", "uint08", "uint8[", "uint8]", "uint8[0]",
          "uint8[-1]", "uint8[1]x", "Uint8", "address payable", "uint8 []", "function", "T"})
        EXPECT_FALSE(one(type, "1")) << type;
    const auto with = [](std::string_view types) {
        return parse_typed_data(format(
            R"({{"types":{{{}}},"primaryType":"A","domain":{{}},"message":{{"v":1}}}})", types));
    };
    EXPECT_TRUE(with(R"("A":[{"name":"v","type":"uint8"}])"));
    EXPECT_TRUE(
        parse_typed_data(R"({"types":{"A:B":[]},"primaryType":"A:B","domain":{},"message":{}})"));
    for (const std::string_view types :
         {R"("A":[{"name":"v,uint8 w","type":"uint8"}])", R"("A":[{"name":"","type":"uint8"}])",
          R"("uint8":[],"A":[{"name":"v","type":"uint8"}])",
          R"~("B(uint8 x)":[],"A":[{"name":"v","type":"uint8"}])~",
          R"("A":[{"name":"v","type":"uint8"},{"name":"v","type":"uint8"}])",
          R"("A":[{"name":"v","type":"A[]"}])",
          R"("A":[{"name":"v","type":"B"}],"B":[{"name":"a","type":"A"}])",
          R"("A":[{"name":"v","type":"uint8"}],"A":[])", R"("A":{})", R"("A":[1])",
          R"("A":[{"name":"v"}])", R"("B":[])"})
        EXPECT_FALSE(with(types)) << types;
}

TEST(TypedData, the_domain_can_be_all_that_is_signed) {
    const auto data = parse_typed_data(
        R"({"types":{},"primaryType":"EIP712Domain","domain":{"name":"x"},"message":{}})");
    ASSERT_TRUE(data) << data.error().message;
    EXPECT_NE(data->digest, Hash256{});
    EXPECT_EQ(data->message_hash, Hash256{});
}

TEST(TypedData, hostile_requests_are_bounded) {
    EXPECT_FALSE(parse_typed_data(""));
    EXPECT_FALSE(parse_typed_data("[]"));
    EXPECT_FALSE(parse_typed_data(R"({"types":{}})"));
    for (std::size_t size = 0; size < kMail.size(); ++size)
        EXPECT_FALSE(parse_typed_data(kMail.substr(0, size)));
    std::string types;
    for (int i = 0; i < 300; ++i) types += format(R"("S{}":[],)", i);
    EXPECT_EQ(
        code(parse_typed_data(format(
            R"({{"types":{{{}"A":[]}},"primaryType":"A","domain":{{}},"message":{{}}}})", types))),
        ErrorCode::kLimit);
}

}  // namespace
}  // namespace cordon::chain
