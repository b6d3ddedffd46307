// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rlp.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

#include <cordon/base/hex.hpp>

#include "../bitcoin/test_data.hpp"

namespace cordon::chain {
namespace {

using simdjson::dom::element;

/// The encoding of a JSON value: lists as lists, numbers and "#digits" as numbers, text by
/// `text_bytes`.
template <typename TextBytes>
std::optional<Bytes> encode_json(element value, const TextBytes& text_bytes) {
    Bytes out;
    if (value.is_array()) {
        Bytes content;
        for (const element child : value.get_array()) {
            const auto encoded = encode_json(child, text_bytes);
            if (!encoded) return std::nullopt;
            content.insert(content.end(), encoded->begin(), encoded->end());
        }
        append_rlp_list(out, content);
        return out;
    }
    if (value.is_string()) {
        const std::string_view text = value.get_string();
        if (!text.starts_with('#')) {
            append_rlp(out, text_bytes(text));
            return out;
        }
        const auto number = Amount::parse(text.substr(1));
        if (!number) return std::nullopt;  // Beyond 256 bits, which no field of the chain has.
        append_rlp(out, *number);
        return out;
    }
    append_rlp(out, Amount{uint64_t{value.get_uint64()}});
    return out;
}

Bytes hex_bytes(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return parse_hex(text).value();
}

TEST(Rlp, agrees_with_the_vectors_of_ethereum_tests) {
    CORDON_TEST_DATA(dir, "custody/ethereum_rlp_tests");
    const std::string json = as_text(read_test_file(dir / "vectors.json"));
    simdjson::dom::parser parser;
    std::size_t count = 0;
    for (const element vector : parser.parse(json).get_array()) {
        const std::string name{std::string_view{vector["name"]}};
        const element in = vector["in"];
        const auto expected = hex_bytes(vector["out"]);
        const bool is_text = in.is_string();
        const auto parsed = parse_rlp(expected);
        if (is_text && std::string_view{in} == "INVALID") {
            EXPECT_FALSE(parsed) << name;
        } else {
            ASSERT_TRUE(parsed) << name << ": " << parsed.error().message;
            EXPECT_EQ(encode_rlp(*parsed), expected) << name;
            if (is_text && std::string_view{in} == "VALID") continue;
            const auto encoded = encode_json(
                in, [](std::string_view text) { return Bytes(text.begin(), text.end()); });
            if (encoded) {
                EXPECT_EQ(*encoded, expected) << name;
            }
        }
        ++count;
    }
    EXPECT_GT(count, 0u);
}

TEST(Rlp, agrees_with_the_vectors_of_ethers) {
    CORDON_TEST_DATA(dir, "custody/ethers_rlp_coder");
    const std::string json = as_text(read_test_file(dir / "vectors.json.gz"));
    simdjson::dom::parser parser;
    std::size_t count = 0;
    for (const element vector : parser.parse(json).get_array()) {
        const auto expected = hex_bytes(vector["encoded"]);
        const auto parsed = parse_rlp(expected);
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(encode_rlp(*parsed), expected);
        EXPECT_EQ(encode_json(vector["decoded"], hex_bytes), expected);
        ++count;
    }
    EXPECT_GT(count, 0u);
}

TEST(Rlp, refuses_what_is_not_the_one_form) {
    const auto code = [](std::string_view hex) {
        return parse_rlp(parse_hex(hex).value()).error().code;
    };
    EXPECT_EQ(code(""), ErrorCode::kTruncated);
    EXPECT_EQ(code("8100"), ErrorCode::kMalformed);
    EXPECT_EQ(code("817f"), ErrorCode::kMalformed);
    EXPECT_EQ(code("b800"), ErrorCode::kMalformed);
    EXPECT_EQ(code("b80100"), ErrorCode::kMalformed);
    EXPECT_EQ(code("b90038"), ErrorCode::kMalformed);
    EXPECT_EQ(code("83aabb"), ErrorCode::kTruncated);
    EXPECT_EQ(code("c3"), ErrorCode::kTruncated);
    EXPECT_EQ(code("c181"), ErrorCode::kTruncated);
    EXPECT_EQ(code("c18180"), ErrorCode::kTruncated);  // The string would leave its list.
    EXPECT_EQ(code("0000"), ErrorCode::kTrailing);
    EXPECT_EQ(code("bfffffffffffffffff"), ErrorCode::kTruncated);
    EXPECT_EQ(code("ffffffffffffffffff"), ErrorCode::kTruncated);
}

TEST(Rlp, bounds_depth_and_items) {
    Bytes nested;
    for (int i = 0; i < 1000; ++i) {
        Bytes outer;
        append_rlp_list(outer, nested);
        nested = outer;
    }
    EXPECT_EQ(parse_rlp(nested).error().code, ErrorCode::kLimit);
    Bytes wide;
    append_rlp_list(wide, Bytes(kMaxRlpItems + 1, 0));
    EXPECT_EQ(parse_rlp(wide).error().code, ErrorCode::kLimit);
}

TEST(Rlp, gives_back_what_was_encoded_and_refuses_every_cut) {
    EXPECT_TRUE(rc::check([](const std::vector<Bytes>& texts) {
        Bytes items;
        for (const Bytes& text : texts) append_rlp(items, text);
        Bytes list;
        append_rlp_list(list, items);
        const auto parsed = parse_rlp(list);
        RC_ASSERT(parsed.has_value());
        RC_ASSERT(parsed->items.size() == texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i)
            RC_ASSERT(Bytes(parsed->items[i].bytes.begin(), parsed->items[i].bytes.end()) ==
                      texts[i]);
        list.pop_back();
        RC_ASSERT(!parse_rlp(list));
    }));
}

TEST(Rlp, never_takes_bytes_that_it_would_write_otherwise) {
    EXPECT_TRUE(rc::check([](const Bytes& bytes) {
        const auto parsed = parse_rlp(bytes);
        if (parsed) RC_ASSERT(encode_rlp(*parsed) == bytes);
    }));
}

TEST(Rlp, reads_numbers_without_leading_zeros) {
    for (const Amount& number :
         {Amount{}, Amount{1u}, Amount{127u}, Amount{128u}, Amount{1u << 20}, Amount::max()}) {
        Bytes out;
        append_rlp(out, number);
        EXPECT_EQ(rlp_number(parse_rlp(out).value()).value(), number);
    }
    const auto refused = [](std::string_view hex) {
        const Bytes bytes = parse_hex(hex).value();
        return rlp_number(parse_rlp(bytes).value()).error().code;
    };
    EXPECT_EQ(refused("820001"), ErrorCode::kMalformed);
    EXPECT_EQ(refused("00"), ErrorCode::kMalformed);
    EXPECT_EQ(refused("c0"), ErrorCode::kMalformed);
    EXPECT_EQ(refused("a1" + std::string(66, 'f')), ErrorCode::kOverflow);
}

}  // namespace
}  // namespace cordon::chain
