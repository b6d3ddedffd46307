// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include <cordon/base/hex.hpp>

#include "../text.hpp"
#include "base58.hpp"
#include "bech32.hpp"
#include "script.hpp"
#include "test_data.hpp"

namespace cordon::chain {
namespace {

namespace json = simdjson::dom;

TEST(Base58, keeps_leading_zero_bytes_as_ones) {
    EXPECT_EQ(format_base58(Bytes{0, 0, 1}), "112");
    EXPECT_EQ(parse_base58("112").value(), (Bytes{0, 0, 1}));
    EXPECT_EQ(format_base58({}), "");
    EXPECT_EQ(parse_base58("").value(), Bytes{});
}

TEST(Base58, names_the_offset_of_a_foreign_character) {
    EXPECT_NE(parse_base58("11O").error().message.find("offset 2"), std::string::npos);
    EXPECT_EQ(parse_base58check("1").error().code, ErrorCode::kTruncated);
}

RC_GTEST_PROP(Base58, round_trips_all_bytes, (const Bytes& bytes)) {
    RC_ASSERT(parse_base58(format_base58(bytes)).value() == bytes);
    RC_ASSERT(parse_base58check(format_base58check(bytes)).value() == bytes);
}

RC_GTEST_PROP(Segwit, round_trips_every_program, ()) {
    WitnessProgram program;
    program.version = *rc::gen::inRange<uint8_t>(0, 17);
    const auto size = program.version == 0 ? *rc::gen::element<std::size_t>(20, 32)
                                           : *rc::gen::inRange<std::size_t>(2, 41);
    program.program = *rc::gen::container<Bytes>(size, rc::gen::arbitrary<uint8_t>());
    const auto parsed = parse_segwit(format_segwit("bc", program));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(parsed->program.version == program.version);
    RC_ASSERT(parsed->program.program == program.program);
}

TEST(Bech32, of_the_bips_is_taken_and_refused_as_they_say) {
    CORDON_TEST_DATA(path, "custody/bech32_addresses/vectors.json");
    json::parser parser;
    for (const json::element vector : parser.load(path.string()).get_array()) {
        const std::string rule{vector["rule"].get_string().value()};
        const std::string text{vector["string"].get_string().value()};
        const std::string note{vector["note"].get_string().value()};
        const bool bip350 = vector["bip"].get_uint64() == 350;
        const bool refused = rule.find("not valid") != std::string::npos ||
                             rule.find("invalid") != std::string::npos;
        if (rule.find("ddress") == std::string::npos) {
            const Result<Bech32> parsed = parse_bech32(text);
            // The same text may be valid as the other of the two kinds.
            const bool right_kind = parsed && (parsed->kind == Bech32Kind::kBech32m) == bip350;
            EXPECT_EQ(right_kind, !refused) << text << ": " << note;
            continue;
        }
        const Result<SegwitAddress> parsed = parse_segwit(text);
        const bool known = parsed && (parsed->prefix == "bc" || parsed->prefix == "tb");
        // BIP-350 supersedes BIP-173 for versions above 0.
        const bool superseded = !bip350 && !refused && note.substr(0, 2) != "00";
        EXPECT_EQ(known, !refused && !superseded) << text << ": " << note;
        if (known && !refused) {
            const ChainId network = parsed->prefix == "bc" ? kBitcoin : kBitcoinTestnet;
            const auto script = script_of_address(parse_address(network, text).value());
            EXPECT_EQ(to_hex(script.value_or(Bytes{})), note) << text;
        }
    }
}

TEST(Bech32, addresses_of_the_bip_text_give_their_scripts) {
    CORDON_TEST_DATA(path, "btc/vectors/bip173_bip350_from_text.json");
    json::parser parser;
    for (const json::element pair :
         parser.load(path.string())["0350"]["address_to_script"].get_array()) {
        const std::string text{pair.at(0).get_string().value()};
        const auto chain = guess_chain(text);
        ASSERT_TRUE(chain) << text;
        const auto script = script_of_address(parse_address(*chain, text).value());
        EXPECT_EQ(to_hex(script.value_or(Bytes{})), pair.at(1).get_string().value()) << text;
    }
    for (const json::element pair :
         parser.load(path.string())["0173"]["address_to_script"].get_array()) {
        const std::string script{pair.at(1).get_string().value()};
        EXPECT_EQ(parse_segwit(pair.at(0).get_string().value()).has_value(),
                  script.starts_with("00"))
            << script;
    }
}

TEST(Eip55, of_ethers_accounts_is_reproduced) {
    CORDON_TEST_DATA(path, "custody/ethers_accounts/vectors.json.gz");
    const Bytes bytes = read_test_file(path);
    json::parser parser;
    std::size_t seen = 0;
    for (const json::element account : parser.parse(bytes.data(), bytes.size()).get_array()) {
        const std::string checksummed{account["checksumAddress"].get_string().value()};
        const auto address = parse_address(kEthereum, checksummed);
        ASSERT_TRUE(address) << checksummed;
        EXPECT_EQ(display_address(kEthereum, *address), checksummed);
        std::string swapped = checksummed;
        const auto letter = std::find_if(swapped.begin() + 2, swapped.end(),
                                         [](char c) { return c >= 'A' && c != 'x'; });
        if (letter != swapped.end()) {
            *letter = static_cast<char>(*letter ^ 0x20);
            const bool one_case = swapped.find_first_of("abcdef", 2) == std::string::npos ||
                                  swapped.find_first_of("ABCDEF", 2) == std::string::npos;
            EXPECT_EQ(parse_address(kEthereum, swapped).has_value(), one_case) << swapped;
        }
        ++seen;
    }
    EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace cordon::chain
