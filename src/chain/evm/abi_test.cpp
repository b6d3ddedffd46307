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

TEST(Abi, fixed_point_numbers_are_integers_and_functions_24_bytes) {
    const auto signature = parse_abi_signature("f(fixed,ufixed8x1,function)").value();
    EXPECT_EQ(signature.text, "f(fixed128x18,ufixed8x1,function)");
    const auto& parts = signature.arguments.parts;
    EXPECT_EQ(parts[0], (AbiType{AbiType::Kind::kInt, 128}));
    EXPECT_EQ(parts[1], (AbiType{AbiType::Kind::kUint, 8}));
    EXPECT_EQ(parts[2], (AbiType{AbiType::Kind::kFixedBytes, 24}));
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
    for (const std::string_view text : {"",
                                        "f",
                                        "f(",
                                        "f)",
                                        "(uint)",
                                        "f(uint",
                                        "f(uint))",
                                        "f(uint,)",
                                        "f(,uint)",
                                        "f(uint7)",
                                        "f(uint264)",
                                        "f(uint0)",
                                        "f(uint08)",
                                        "f(bytes0)",
                                        "f(bytes33)",
                                        "f(uint[0])",
                                        "f(uint[)",
                                        "f(uint[-1])",
                                        "f(unit)",
                                        "f(uint x y)",
                                        "f(uint 1x)",
                                        "f(uint256x)",
                                        "f(uint indexed indexed)",
                                        "f(uint payable y)",
                                        "f(())",
                                        "f(address20)",
                                        "f(Uint)",
                                        "f g(uint)",
                                        "f(uint) ",
                                        "f((uint indexed))"})
        EXPECT_FALSE(parse_abi_signature(text)) << text;
    EXPECT_FALSE(parse_abi_signature("f(fixed128)"));
    EXPECT_FALSE(parse_abi_signature("f(fixed128x0)"));
    EXPECT_FALSE(parse_abi_signature("f(ufixed127x18)"));
    EXPECT_FALSE(parse_abi_signature("f(fixed128x81)"));
    EXPECT_FALSE(parse_abi_signature("f(function24)"));
    EXPECT_EQ(
        parse_abi_signature("f(" + times("(", 20) + "uint" + times(")", 20) + ")").error().code,
        ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(uint" + times("[]", 20) + ")").error().code,
              ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(uint[1024][1024][1024])").error().code, ErrorCode::kLimit);
    EXPECT_EQ(parse_abi_signature("f(" + times("uint,", 300) + "uint)").error().code,
              ErrorCode::kLimit);
}

TEST(AbiSignature, keeps_names_and_forgets_places) {
    const auto parsed = parse_abi_signature(
        "swap(tuple(address payable to, uint amount)[] calldata orders,bytes memory,(bool ok) x)");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->text, "swap((address,uint256)[],bytes,(bool))");
    EXPECT_EQ(parsed->arguments.parts[0].name, "orders");
    EXPECT_EQ(parsed->arguments.parts[0].parts[0].parts[1].name, "amount");
    EXPECT_EQ(parsed->arguments.parts[1].name, "");
    EXPECT_EQ(parsed->arguments.parts[2].parts[0].name, "ok");
}

TEST(AbiSignature, is_read_from_json_too) {
    const auto read = parse_abi_json(R"([
        {"type":"constructor","inputs":[]},
        {"name":"f","inputs":[{"name":"a","type":"tuple[2]","components":
            [{"name":"b","type":"uint"}]}],"outputs":[{"name":"","type":"bool"}]},
        {"type":"event","name":"E","anonymous":true,"inputs":[
            {"name":"who","type":"address","indexed":true}]}])");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[0].signature.text, "f((uint256)[2])");
    EXPECT_EQ((*read)[0].signature.arguments.parts[0].parts[0].parts[0].name, "b");
    EXPECT_EQ((*read)[0].signature.results.parts[0].kind, AbiType::Kind::kBool);
    EXPECT_TRUE((*read)[1].signature.anonymous);
    EXPECT_TRUE((*read)[1].signature.arguments.parts[0].indexed);
    for (const std::string_view bad :
         {"", "{}", "[1]", R"([{"name":"f"}])", R"([{"name":"f(uint","inputs":[]}])",
          R"([{"name":"f","inputs":[{"type":"uint8 a,uint8"}]}])",
          R"([{"name":"f","inputs":[{"type":"uint8","name":"a,uint8 b"}]}])",
          R"([{"name":"f","inputs":[{"type":"tuple"}]}])", R"([{"name":"f","inputs":[{}]}])"})
        EXPECT_FALSE(parse_abi_json(bad)) << bad;
}

TEST(Abi, encodes_what_it_reads) {
    const auto signature =
        parse_abi_signature("f(uint8,(string,int16[2])[],bytes4,address,bool)").value();
    const Bytes text{'h', 'i'}, four{1, 2, 3, 4};
    AbiValue pair, value;
    pair.items.resize(2);
    pair.items[0].bytes = text;
    pair.items[1].items.resize(2);
    pair.items[1].items[0].number = Amount::max();  // -1
    value.items.resize(5);
    value.items[0].number = Amount{255U};
    value.items[1].items = {pair, pair};
    value.items[2].bytes = four;
    value.items[3].address = Address{AddressKind::kEvm, Bytes(20, 7)};
    value.items[4].number = Amount{1U};
    const auto encoded = encode_abi(signature.arguments, value);
    ASSERT_TRUE(encoded) << encoded.error().message;
    const auto decoded = decode_abi(signature.arguments, *encoded);
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(encode_abi(signature.arguments, *decoded).value(), *encoded);
    EXPECT_EQ(decoded->items[1].items[1].items[1].items[0].number, Amount::max());
    value.items[0].number = Amount{256U};
    EXPECT_FALSE(encode_abi(signature.arguments, value));
    value.items.pop_back();
    EXPECT_FALSE(encode_abi(signature.arguments, value));
    EXPECT_FALSE(encode_abi(signature.arguments, {}));
}

TEST(Abi, packs_as_solidity_does) {
    // Solidity, "Non-standard packed mode": int16(-1), bytes1(0x42), uint16(0x03), string("Hello,
    // world!").
    const auto types = parse_abi_signature("f(int16,bytes1,uint16,string,uint8[])").value();
    const Bytes one{0x42};
    const std::string_view text = "Hello, world!";
    AbiValue value;
    value.items.resize(5);
    value.items[0].number = Amount::max();
    value.items[1].bytes = one;
    value.items[2].number = Amount{3U};
    value.items[3].bytes = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    value.items[4].items.resize(1);
    value.items[4].items[0].number = Amount{5U};
    EXPECT_EQ(to_hex(encode_abi_packed(types.arguments, value).value()),
              "ffff42000348656c6c6f2c20776f726c6421" + word(5));
    AbiValue nested;
    nested.items.resize(1);
    nested.items[0].items.resize(1);
    for (const std::string_view bad : {"f((uint8))", "f(string[])", "f(uint8[][])"})
        EXPECT_FALSE(encode_abi_packed(parse_abi_signature(bad)->arguments, nested)) << bad;
}

TEST(Abi, reads_a_log_without_its_hash) {
    auto signature = parse_abi_signature("E(uint8 indexed)").value();
    signature.anonymous = true;
    Hash256 seven{};
    seven.bytes[31] = 7;
    EXPECT_EQ(decode_abi_log(signature, std::array{seven}, {})->items[0].number, Amount{7U});
    EXPECT_FALSE(decode_abi_log(signature, std::array{signature.hash, seven}, {}));
}

TEST(Abi, reads_the_example_of_the_specification) {
    // f(uint256,uint32[],bytes10,bytes) with (0x123, [0x456, 0x789], "1234567890", "Hello,
    // world!").
    const Bytes data = hex(word(0x123) + word(0x80) + "31323334353637383930" + times("00", 22) +
                           word(0xe0) + word(2) + word(0x456) + word(0x789) + word(13) +
                           "48656c6c6f2c20776f726c6421" + times("00", 19));
    const auto value = decode("f(uint256,uint32[],bytes10,bytes)", data);  // Looks into the data.
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
