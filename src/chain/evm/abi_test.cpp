// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "abi.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>

namespace cordon::chain {
namespace {

Bytes hex(std::string text) {
    std::erase(text, ' ');
    return parse_hex(text).value();
}
std::string word(uint64_t number) { return to_hex(Amount{number}.to_big_endian()); }
std::string times(std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
}

Result<AbiValue> decode(std::string_view signature, const Bytes& data) {
    return decode_abi(parse_abi_signature(signature).value().arguments, data);
}

TEST(AbiSignature, has_the_selectors_that_everybody_knows) {
    EXPECT_EQ(to_hex(parse_abi_signature("transfer(address,uint256)")->selector()), "a9059cbb");
    EXPECT_EQ(to_hex(parse_abi_signature("approve(address,uint)")->selector()), "095ea7b3");
    EXPECT_EQ(
        to_hex(parse_abi_signature("Transfer(address indexed,address indexed,uint256)")->hash),
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}

TEST(AbiSignature, is_written_in_its_canonical_form) {
    const auto parsed = parse_abi_signature("f( uint , (int,bytes4[2][])[] indexed , string)");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text, "f(uint256,(int256,bytes4[2][])[],string)");
    EXPECT_TRUE(parsed->arguments.parts[1].indexed);
    EXPECT_EQ(parse_abi_signature("f()")->text, "f()");
}

TEST(AbiSignature, is_refused_when_it_is_none) {
    for (const std::string_view text : {"",           "f",
                                        "f(",         "f)",
                                        "(uint)",     "f(uint",
                                        "f(uint))",   "f(uint,)",
                                        "f(,uint)",   "f(uint7)",
                                        "f(uint264)", "f(uint0)",
                                        "f(uint08)",  "f(bytes0)",
                                        "f(bytes33)", "f(uint[0])",
                                        "f(uint[)",   "f(uint[-1])",
                                        "f(unit)",    "f(uint x)",
                                        "f(())",      "f(address20)",
                                        "f(Uint)",    "f g(uint)",
                                        "f(uint) ",   "f((uint indexed))"})
        EXPECT_FALSE(parse_abi_signature(text)) << text;
    EXPECT_EQ(parse_abi_signature("f(fixed128x18)").error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(
        parse_abi_signature("f(" + times("(", 20) + "uint" + times(")", 20) + ")").error().code,
        ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(uint" + times("[]", 20) + ")").error().code,
              ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(uint[1024][1024][1024])").error().code, ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(" + times("uint,", 300) + "uint)").error().code,
              ErrorCode::kLimit);
}

TEST(Abi, reads_the_example_of_the_specification) {
    // f(uint256,uint32[],bytes10,bytes) with (0x123, [0x456, 0x789], "1234567890", "Hello,
    // world!").
    const auto value =
        decode("f(uint256,uint32[],bytes10,bytes)",
               hex(word(0x123) + word(0x80) + "31323334353637383930" + times("00", 22) +
                   word(0xe0) + word(2) + word(0x456) + word(0x789) + word(13) +
                   "48656c6c6f2c20776f726c6421" + times("00", 19)));
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(value->items[0].number, Amount{0x123U});
    ASSERT_EQ(value->items[1].items.size(), 2U);
    EXPECT_EQ(value->items[1].items[1].number, Amount{0x789U});
    EXPECT_EQ(to_hex(value->items[2].bytes), "31323334353637383930");
    EXPECT_EQ(value->items[3].bytes.size(), 13U);
}

TEST(Abi, reads_static_tuples_and_arrays_in_place) {
    const auto value = decode("f((uint8,bool)[2],address)",
                              hex(word(1) + word(0) + word(2) + word(1) + word(0xAB)));
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(value->items[0].items[1].items[0].number, Amount{2U});
    EXPECT_EQ(value->items[1].address.payload()[19], 0xAB);
}

TEST(Abi, ignores_what_callers_append) {
    EXPECT_TRUE(decode("f(uint8)", hex(word(7) + "deadbeef")));
}

TEST(Abi, refuses_values_outside_their_type) {
    EXPECT_FALSE(decode("f(uint8)", hex(word(256))));
    EXPECT_FALSE(decode("f(bool)", hex(word(2))));
    EXPECT_FALSE(decode("f(address)", hex("01" + times("00", 31))));
    EXPECT_FALSE(decode("f(bytes4)", hex("0102030405" + times("00", 27))));
    EXPECT_FALSE(decode("f(int8)", hex(word(128))));
    EXPECT_TRUE(decode("f(int8)", hex(times("ff", 32))));
    EXPECT_FALSE(decode("f(bytes)", hex(word(32) + word(1) + "0001" + times("00", 30))));
}

TEST(Abi, refuses_offsets_and_lengths_that_lead_out_of_the_data) {
    for (const std::string& data :
         {std::string{}, word(32), word(64) + word(0), word(0) + word(0), word(32) + word(1),
          word(32) + times("ff", 32), times("ff", 32) + word(0), std::string(62, '0'),
          word(32) + word(33) + times("11", 32)})
        EXPECT_FALSE(decode("f(bytes)", hex(data))) << data;
    EXPECT_FALSE(decode("f(uint[])", hex(word(32) + word(3) + word(1) + word(2))));
}

TEST(Abi, stays_bounded_when_offsets_point_at_one_another) {
    // Every element of every level is the same tail: 40^4 values in 5 KB.
    std::string level;
    std::string data = word(32);
    for (int depth = 0; depth < 4; ++depth) {
        data += word(40);
        for (int i = 0; i < 40; ++i) data += word(40 * 32);
    }
    const auto value = decode("f(uint[][][][][])", hex(data));
    EXPECT_FALSE(value);
}

TEST(Abi, reads_a_call_by_its_selector) {
    const auto signature = parse_abi_signature("transfer(address,uint256)").value();
    EXPECT_TRUE(decode_abi_call(signature, hex("a9059cbb" + word(1) + word(2))));
    EXPECT_FALSE(decode_abi_call(signature, hex("a9059cbc" + word(1) + word(2))));
    EXPECT_FALSE(decode_abi_call(signature, hex("a905")));
    EXPECT_FALSE(decode_abi_call(signature, {}));
}

TEST(Abi, reads_a_log_from_topics_and_data) {
    const auto signature =
        parse_abi_signature("E(uint256,address indexed,string indexed,bool)").value();
    const Hash256 text{{1}};
    Hash256 who{};
    who.bytes[31] = 9;
    const Bytes data = hex(word(5) + word(1));
    const auto value = decode_abi_log(signature, std::array{signature.hash, who, text}, data);
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(value->items[0].number, Amount{5U});
    EXPECT_EQ(value->items[1].address.payload()[19], 9);
    EXPECT_EQ(value->items[2].bytes.size(), 32U);
    EXPECT_EQ(value->items[3].number, Amount{1U});
    EXPECT_FALSE(decode_abi_log(signature, std::array{signature.hash, who}, data));
    EXPECT_FALSE(decode_abi_log(signature, std::array{text, who, text}, data));
    EXPECT_FALSE(decode_abi_log(signature, std::array{signature.hash, who, text, text}, data));
    EXPECT_FALSE(decode_abi_log(signature, {}, data));
}

}  // namespace
}  // namespace cordon::chain
