// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_answers.hpp"

#include <gtest/gtest.h>
#include <optional>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::feed {
namespace {

const std::string kTxid = std::string(63, '0') + "1";

TEST(BitcoinAnswers, amounts_are_exact) {
    EXPECT_EQ(parse_satoshi("0.00000001").value(), 1U);
    EXPECT_EQ(parse_satoshi("0.1").value(), 10'000'000U);
    EXPECT_EQ(parse_satoshi("21000000").value(), 2'100'000'000'000'000U);
    EXPECT_EQ(parse_satoshi("12345.67890123").value(), 1'234'567'890'123U);
    EXPECT_EQ(parse_satoshi("0E-8").value(), 0U);
    for (const char* bad : {"", "-1", "1.", ".5", "1e3", "0.000000001", "1.1.1", "x", " 1"})
        EXPECT_EQ(parse_satoshi(bad).error().code, ErrorCode::kMalformed) << bad;
    for (const char* bad : {"21000000.00000001", "99999999999999999999"})
        EXPECT_EQ(parse_satoshi(bad).error().code, ErrorCode::kOverflow) << bad;
}

TEST(BitcoinAnswers, networks_of_both_programs) {
    EXPECT_EQ(parse_bitcoin_network(R"({"chain":"main","blocks":1})").value(), kBitcoin);
    EXPECT_EQ(parse_bitcoin_network(R"({"blocks":1,"chain":"testnet3"})").value(), kBitcoinTestnet);
    EXPECT_EQ(parse_bitcoin_network(R"({"chain":"simnet"})").value(), kBitcoinRegtest);
    for (const char* bad : {"", "{}", "[]", R"({"chain":"liquid"})", R"({"chain":1})", "null"})
        EXPECT_FALSE(parse_bitcoin_network(bad)) << bad;
}

TEST(BitcoinAnswers, headers) {
    const BlockHeader header =
        parse_bitcoin_header(format(R"({{"hash":"{}","height":7,"time":1700000000,)"
                                    R"("previousblockhash":"{}","mediantime":1.5}})",
                                    kTxid, std::string(64, 'a')))
            .value();
    EXPECT_EQ(header.number, 7U);
    EXPECT_EQ(header.hash.bytes[0], 1);  // Hashes are shown reversed.
    EXPECT_TRUE(header.parent);
    EXPECT_FALSE(parse_bitcoin_header(
                     format(R"({{"hash":"{}","height":0,"time":1,"previousblockhash":""}})", kTxid))
                     .value()
                     .parent);
    for (const std::string& bad :
         {std::string{"{}"}, std::string{"\"x\""}, format(R"({{"hash":"{}","height":0}})", kTxid),
          format(R"({{"hash":"{}","height":-1,"time":1}})", kTxid),
          format(R"({{"hash":"{}","height":1.5,"time":1}})", kTxid),
          format(R"({{"hash":"{}","hash":"{}","height":1,"time":1}})", kTxid, kTxid)})
        EXPECT_FALSE(parse_bitcoin_header(bad)) << bad;
}

TEST(BitcoinAnswers, prevouts_where_they_are_told) {
    const std::string script = "0014" + std::string(40, 'c');
    const std::string json = format(
        R"({{"hash":"x","tx":[{{"vin":[{{"coinbase":"51","sequence":1}}],"vout":[]}},)"
        R"({{"txid":"y","vin":[{{"txid":"{}","vout":3,"prevout":{{"generated":false,"height":1,)"
        R"("value":0.50000000,"scriptPubKey":{{"asm":"","hex":"{}"}}}}}},)"
        R"({{"txid":"{}","vout":4}}]}}]}})",
        kTxid, script, kTxid);
    std::vector<std::pair<OutPoint, TxOut>> told;
    ASSERT_TRUE(read_bitcoin_prevouts(
        json, [&](const OutPoint& point, const TxOut& out) { told.emplace_back(point, out); }));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].first.index, 3U);
    EXPECT_EQ(told[0].second.value, 50'000'000U);
    EXPECT_EQ(told[0].second.address.kind(), AddressKind::kP2wpkh);
    const auto none = [](const OutPoint&, const TxOut&) {};
    EXPECT_FALSE(read_bitcoin_prevouts(
        format(R"({{"tx":[{{"vin":[{{"txid":"{}","vout":1,"prevout":{{"value":1}}}}]}}]}})", kTxid),
        none));
    EXPECT_FALSE(read_bitcoin_prevouts(R"({"tx":[{"vin":[{"txid":"zz"}]}]})", none));
    EXPECT_FALSE(read_bitcoin_prevouts(json.substr(0, json.size() - 3), none));
}

TEST(BitcoinAnswers, mempools) {
    EXPECT_EQ(parse_bitcoin_mempool("[\"" + kTxid + "\"]").value().size(), 1U);
    EXPECT_TRUE(parse_bitcoin_mempool("[]").value().empty());
    EXPECT_FALSE(parse_bitcoin_mempool("{}"));
    EXPECT_FALSE(parse_bitcoin_mempool("[1]"));
}

TEST(BitcoinAnswers, mempools_with_the_times_of_their_txns) {
    std::vector<std::pair<Hash256, uint32_t>> told;
    const auto visit = [&](const Hash256& txid, uint32_t time) { told.emplace_back(txid, time); };
    const auto entry = [](std::string_view members) {
        return format(R"({{"{}":{{{}}}}})", kTxid, members);
    };
    ASSERT_TRUE(read_bitcoin_mempool(
        entry(R"("fees":{"base":0.1},"time":1700000000,"depends":["x"])"), visit));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].first.bytes[0], 1);
    EXPECT_EQ(told[0].second, 1'700'000'000U);
    EXPECT_TRUE(read_bitcoin_mempool("{}", visit));
    for (const std::string& bad :
         {std::string{}, std::string{"[]"}, std::string{R"({"x":{"time":1}})"}, entry(""),
          entry(R"("time":-1)"), entry(R"("time":4294967296)"), entry(R"("time":1,"time":2)"),
          format(R"({{"{}":1}})", kTxid)})
        EXPECT_FALSE(read_bitcoin_mempool(bad, visit)) << bad;
    EXPECT_EQ(told.size(), 1U);
}

}  // namespace
}  // namespace cordon::feed
