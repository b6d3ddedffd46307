// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon::chain {
namespace {

ErrorCode code_of(ChainId chain, std::string_view text) {
    const Result<Address> address = parse_address(chain, text);
    EXPECT_FALSE(address) << text;
    return address ? ErrorCode::kCancelled : address.error().code;
}

TEST(BitcoinAddress, of_every_kind_is_read_and_written_back) {
    const std::pair<const char*, AddressKind> cases[] = {
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", AddressKind::kP2pkh},
        {"3P8MfdM4pULv7ozdQvfwAqNF29zAjmnUYD", AddressKind::kP2sh},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", AddressKind::kP2wpkh},
        {"bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", AddressKind::kP2wsh},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", AddressKind::kP2tr},
        {"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", AddressKind::kWitness},
        {"p2pk:00000000000000000000000000000000000000000000000000000000000000ff",
         AddressKind::kP2pk},
        {"multisig:00000000000000000000000000000000000000000000000000000000000000ff",
         AddressKind::kMultisig},
        {"op_return:00000000000000000000000000000000000000000000000000000000000000ff",
         AddressKind::kOpReturn},
        {"script:00000000000000000000000000000000000000000000000000000000000000ff",
         AddressKind::kScript},
    };
    for (const auto& [text, kind] : cases) {
        const Result<Address> address = parse_address(kBitcoin, text);
        ASSERT_TRUE(address) << text << ": " << address.error().message;
        EXPECT_EQ(address->kind(), kind) << text;
        EXPECT_EQ(format_address(kBitcoin, *address), text);
        EXPECT_EQ(display_address(kBitcoin, *address), text);
    }
}

TEST(BitcoinAddress, in_bech32_may_be_all_upper_case_and_is_written_lower) {
    const auto address = parse_address(kBitcoin, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4");
    ASSERT_TRUE(address);
    EXPECT_EQ(format_address(kBitcoin, *address), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    EXPECT_EQ(code_of(kBitcoin, "bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
              ErrorCode::kMalformed);
}

TEST(BitcoinAddress, of_another_network_or_chain_is_told_by_name) {
    for (const auto& [text, name] :
         {std::pair{"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "btc-testnet"},
          std::pair{"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "btc-testnet"},
          std::pair{"TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7", "tron"},
          std::pair{"0x52908400098527886E0F7030069857D2E4169EE7", "EVM"},
          std::pair{"ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "ltc"}}) {
        const Result<Address> address = parse_address(kBitcoin, text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().code, ErrorCode::kWrongChain) << text;
        EXPECT_NE(address.error().message.find(name), std::string::npos) << address.error().message;
    }
}

TEST(BitcoinAddress, with_a_wrong_character_fails_its_checksum) {
    EXPECT_EQ(code_of(kBitcoin, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), ErrorCode::kChecksum);
    EXPECT_EQ(code_of(kBitcoin, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
              ErrorCode::kChecksum);
    EXPECT_EQ(code_of(kBitcoin, "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a"), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(kBitcoin, ""), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(kBitcoin, "p2pk:00"), ErrorCode::kMalformed);
    EXPECT_EQ(code_of(kBitcoin, std::string(5000, '2')), ErrorCode::kLimit);
}

TEST(BitcoinAddress, of_version_1_with_the_old_checksum_is_refused) {
    EXPECT_EQ(code_of(kBitcoin,
                      "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7k7grplx"),
              ErrorCode::kChecksum);
}

TEST(EvmAddress, takes_one_case_without_checksum_and_mixed_case_with_it) {
    const char* const checksummed = "0x52908400098527886E0F7030069857D2E4169EE7";
    const auto address = parse_address(kEthereum, checksummed);
    ASSERT_TRUE(address);
    EXPECT_EQ(format_address(kEthereum, *address), "0x52908400098527886e0f7030069857d2e4169ee7");
    EXPECT_EQ(display_address(kEthereum, *address), checksummed);
    EXPECT_TRUE(parse_address(kEthereum, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"));
    EXPECT_TRUE(parse_address(kEthereum, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"));
    EXPECT_TRUE(parse_address(kEthereum, "0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"));
    EXPECT_EQ(code_of(kEthereum, "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
              ErrorCode::kChecksum);
}

TEST(EvmAddress, refuses_other_forms) {
    for (const char* text : {"", "0x", "52908400098527886E0F7030069857D2E4169EE7",
                             "0X52908400098527886E0F7030069857D2E4169EE7",
                             "0x52908400098527886E0F7030069857D2E4169EEg",
                             "0x52908400098527886E0F7030069857D2E4169EE70"})
        EXPECT_EQ(code_of(kEthereum, text), ErrorCode::kMalformed) << text;
    EXPECT_EQ(code_of(kEthereum, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), ErrorCode::kWrongChain);
}

TEST(TronAddress, is_base58check_of_version_0x41) {
    const auto address = parse_address(kTronMainnet, "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->kind(), AddressKind::kTron);
    EXPECT_EQ(format_address(kTronMainnet, *address), "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7");
    EXPECT_EQ(code_of(kTronMainnet, "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU8"), ErrorCode::kChecksum);
    EXPECT_EQ(code_of(kTronMainnet, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), ErrorCode::kWrongChain);
}

TEST(GuessChain, names_the_chain_whose_form_a_text_has) {
    EXPECT_EQ(guess_chain("0x52908400098527886E0F7030069857D2E4169EE7"), kEthereum);
    EXPECT_EQ(guess_chain("TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7"), kTronMainnet);
    EXPECT_EQ(guess_chain("bcrt1q6hyx66yes2mnrmhg0w2pf6cu42dfuwnd7lgzyy"), kBitcoinRegtest);
    EXPECT_EQ(guess_chain("hello"), std::nullopt);
}

TEST(HashText, is_reversed_for_bitcoin_and_prefixed_for_evm_only) {
    Hash256 hash;
    hash.bytes[0] = 0xab;
    const std::string zeros(62, '0');
    EXPECT_EQ(format_hash(kBitcoin, hash), zeros + "ab");
    EXPECT_EQ(format_hash(kEthereum, hash), "0xab" + zeros);
    EXPECT_EQ(format_hash(kTronMainnet, hash), "ab" + zeros);
    for (const ChainId chain : {kBitcoin, kEthereum, kTronMainnet})
        EXPECT_EQ(parse_hash(chain, format_hash(chain, hash)).value(), hash);
    EXPECT_FALSE(parse_hash(kEthereum, "ab" + zeros));
    EXPECT_FALSE(parse_hash(kBitcoin, "0xab" + zeros));
    EXPECT_FALSE(parse_hash(kBitcoin, zeros + "g0"));
    EXPECT_EQ(parse_hash(kBitcoin, zeros + "AB").value(), hash);
}

TEST(OutPointText, is_txid_colon_index) {
    const std::string txid(64, '1');
    const OutPoint point = parse_outpoint(kBitcoin, txid + ":4294967295").value();
    EXPECT_EQ(point.index, 4294967295U);
    EXPECT_EQ(format_outpoint(kBitcoin, point), txid + ":4294967295");
    EXPECT_EQ(parse_outpoint(kBitcoin, txid + ":4294967296").error().code, ErrorCode::kOverflow);
    for (const char* index : {"", ":", ":-1", ":+1", ":01", ":1 ", ":1x", ":0x1"})
        EXPECT_EQ(parse_outpoint(kBitcoin, txid + index).error().code, ErrorCode::kMalformed)
            << index;
}

RC_GTEST_PROP(AddressText, of_any_payload_parses_back_on_every_network, (const Bytes& noise)) {
    const auto kind = *rc::gen::element(
        AddressKind::kP2pkh, AddressKind::kP2sh, AddressKind::kP2wpkh, AddressKind::kP2wsh,
        AddressKind::kP2tr, AddressKind::kP2pk, AddressKind::kWitness);
    const auto network = *rc::gen::element(kBitcoin, kBitcoinTestnet, kBitcoinRegtest);
    std::size_t size = payload_size(kind).value_or(0);
    Bytes payload = noise;
    if (kind == AddressKind::kWitness) {
        size = *rc::gen::inRange<std::size_t>(3, 42);
        payload.insert(payload.begin(), *rc::gen::inRange<uint8_t>(2, 17));
    }
    payload.resize(size);
    const Address address{kind, payload};
    const auto parsed = parse_address(network, format_address(network, address));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == address);
}

RC_GTEST_PROP(AddressText, with_one_character_changed_is_never_another_address, ()) {
    const auto payload = *rc::gen::container<Bytes>(20, rc::gen::arbitrary<uint8_t>());
    const auto kind = *rc::gen::element(AddressKind::kP2pkh, AddressKind::kP2wpkh);
    std::string text = format_address(kBitcoin, Address{kind, payload});
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto c = static_cast<char>(*rc::gen::inRange(33, 127));
    RC_PRE(text[at] != c);
    text[at] = c;
    const auto parsed = parse_address(kBitcoin, text);
    RC_ASSERT(!parsed.has_value());
}

}  // namespace
}  // namespace cordon::chain
