// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "canonical.hpp"

#include <gtest/gtest.h>

#include "csv_test_file.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

constexpr const char* kEvm = "0x00000000219ab540356cbb839cbe05303d7705fa";
constexpr const char* kEvmChecksummed = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
constexpr const char* kTronText = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8";
constexpr const char* kP2wpkh = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";

template <typename Row>
Result<std::vector<Row>> read(Status (*reader)(const InputFile&, const RowSink<Row>&),
                              const std::string& text) {
    std::vector<Row> rows;
    CORDON_TRY(reader(text_file(text), [&](Row row) -> Status {
        rows.push_back(std::move(row));
        return {};
    }));
    return rows;
}

template <typename Row>
void expect_refused(Status (*reader)(const InputFile&, const RowSink<Row>&),
                    const std::string& text, ErrorCode code, std::string_view part) {
    const auto rows = read(reader, text);
    ASSERT_FALSE(rows) << text;
    EXPECT_EQ(rows.error().code, code) << rows.error().message;
    EXPECT_NE(rows.error().message.find(part), std::string::npos) << rows.error().message;
}

const std::string kLabels = "address,label,category,source,confidence\n";

TEST(Labels, tells_the_family_from_the_address) {
    const auto labels =
        read(read_labels, kLabels + kEvmChecksummed + ",\"Beacon, deposit\",service,me,1\n" +
                              kTronText + ",t,exchange,me,0.5\n" + kP2wpkh + ",b,mixer,me,0\n")
            .value();
    ASSERT_EQ(labels.size(), 3u);
    EXPECT_EQ(labels[0].address, parse_address(kEthereum, kEvm).value());
    EXPECT_EQ(labels[0].chain, std::nullopt);
    EXPECT_EQ(labels[0].text, "Beacon, deposit");
    EXPECT_EQ(labels[0].category, Category::kService);
    EXPECT_EQ(labels[1].address.kind(), AddressKind::kTron);
    EXPECT_EQ(labels[1].confidence, 0.5);
    EXPECT_EQ(labels[2].address.kind(), AddressKind::kP2wpkh);
}

TEST(Labels, keeps_the_chain_when_it_is_given) {
    const std::string header = "chain,address,label,category,source,confidence\n";
    const auto labels =
        read(read_labels, header + "bsc," + kEvm + ",x,other,me,1e-1\n," + kEvm + ",x,other,me,1\n")
            .value();
    EXPECT_EQ(labels[0].chain, parse_chain("bsc").value());
    EXPECT_EQ(labels[1].chain, std::nullopt);
    expect_refused(read_labels, header + "tron," + kEvm + ",x,other,me,1\n", ErrorCode::kWrongChain,
                   "test.csv:2: field address:");
}

TEST(Labels, refuses_rows_that_say_nothing_or_too_much) {
    const std::string address = kEvm;
    expect_refused(read_labels, kLabels + address + ",,other,me,1\n", ErrorCode::kMalformed,
                   "test.csv:2: field label:");
    expect_refused(read_labels, kLabels + address + ",x,other,,1\n", ErrorCode::kMalformed,
                   "field source:");
    expect_refused(read_labels, kLabels + address + ",x,bank,me,1\n", ErrorCode::kMalformed,
                   "field category:");
    expect_refused(read_labels, kLabels + "0x12,x,other,me,1\n", ErrorCode::kMalformed,
                   "field address:");
    expect_refused(read_labels, kLabels + address + "," + std::string(5000, 'x') + ",other,me,1\n",
                   ErrorCode::kLimit, "field label:");
    expect_refused(read_labels, "address,label\n", ErrorCode::kMalformed, "missing");
}

TEST(Labels, takes_confidence_from_0_to_1_only) {
    const std::string row = kLabels + kEvm + ",x,other,me,";
    for (const char* good : {"0", "1", "1.0", "0.333", "1e-3"})
        EXPECT_TRUE(read(read_labels, row + good + "\n")) << good;
    for (const char* bad : {"", "-0.1", "nan", "inf", "high", "0,5", ".5", "0.5x", "+1", " 1"})
        EXPECT_FALSE(read(read_labels, row + bad + "\n")) << bad;
    expect_refused(read_labels, row + "1.01\n", ErrorCode::kOverflow, "field confidence:");
    expect_refused(read_labels, row + "1e999\n", ErrorCode::kMalformed, "field confidence:");
}

TEST(Labels, stops_when_the_receiver_refuses_a_row) {
    const auto status = read_labels(text_file(kLabels + kEvm + ",x,other,me,1\n"), [](Label) {
        return Status{fail(ErrorCode::kNoSpace, "full")};
    });
    EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(status.error().message, "test.csv:2: full");
}

TEST(Assets, reads_rows_and_refuses_bad_ones) {
    const std::string header = "chain,asset,symbol,decimals,status\n";
    const auto assets =
        read(read_assets, header + "eth,native,ETH,18,verified\neth,FAKE,USDT,6,counterfeit\nbsc," +
                              kEvm + ",,0,unknown\n")
            .value();
    ASSERT_EQ(assets.size(), 3u);
    EXPECT_TRUE(assets[0].asset.is_native());
    EXPECT_EQ(assets[1].status, AssetStatus::kCounterfeit);
    EXPECT_TRUE(assets[2].asset.is_contract());
    expect_refused(read_assets, header + "eth,native,ETH,78,verified\n", ErrorCode::kOverflow,
                   "field decimals:");
    expect_refused(read_assets, header + "eth,native,ETH,-1,verified\n", ErrorCode::kMalformed,
                   "field decimals:");
    expect_refused(read_assets, header + "eth,native,ETH,18,good\n", ErrorCode::kMalformed,
                   "field status:");
    expect_refused(read_assets, header + "moon,native,ETH,18,verified\n", ErrorCode::kMalformed,
                   "field chain:");
}

TEST(Prices, reads_both_forms_of_time_and_refuses_what_is_no_price) {
    const std::string header = "chain,asset,time,usd\n";
    const auto prices =
        read(read_prices,
             header + "eth,native,1717129560,3800.5\nbtc,native,2024-05-31T04:26:00Z,0\n")
            .value();
    EXPECT_EQ(prices[0].time, prices[1].time);
    EXPECT_EQ(prices[0].usd, 3800.5);
    for (const char* bad : {"", "-1", "nan", "inf", "1.5 USD", "1,5"})
        EXPECT_FALSE(read(read_prices, header + "eth,native,1," + bad + "\n")) << bad;
    expect_refused(read_prices, header + "eth,native,soon,1\n", ErrorCode::kMalformed,
                   "field time:");
}

TEST(Wallets, reads_rows_and_refuses_bad_ones) {
    const std::string header = "chain,address,set,entity,tier\n";
    const auto wallets = read(read_wallets, header + "eth," + kEvm + ",hot-1,Acme,hot\nbtc," +
                                                kP2wpkh + ",vault,,cold\n")
                             .value();
    EXPECT_EQ(wallets[0].tier, "hot");
    EXPECT_EQ(wallets[1].address.kind(), AddressKind::kP2wpkh);
    expect_refused(read_wallets, header + "btc," + kEvm + ",s,e,hot\n", ErrorCode::kWrongChain,
                   "field address:");
    expect_refused(read_wallets, header + "eth," + kEvm + ",,e,hot\n", ErrorCode::kMalformed,
                   "field set:");
    expect_refused(read_wallets, header + "eth," + kEvm + ",s,e,lukewarm\n", ErrorCode::kMalformed,
                   "field tier:");
}

const std::string kWatch = "chain,address,outpoint,asset,tainted,since,case,source,confidence\n";
const std::string kPoint = std::string(64, 'a') + ":1";

TEST(WatchList, takes_addresses_and_outputs) {
    const auto rows =
        read(read_watch_list, kWatch + "eth," + kEvm +
                                  ",,native,5,2025-02-21T14:15:11Z,,trace:unspent,1\n" + "btc," +
                                  kP2wpkh + "," + kPoint + ",native,0,,\"A, B\",me,0.5\n")
            .value();
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].tainted, Amount{5U});
    EXPECT_EQ(rows[0].outpoint, std::nullopt);
    EXPECT_TRUE(rows[0].since.has_value());
    EXPECT_EQ(rows[1].outpoint, parse_outpoint(kBitcoin, kPoint).value());
    EXPECT_EQ(rows[1].case_name, "A, B");
    EXPECT_EQ(rows[1].since, std::nullopt);
}

TEST(WatchList, refuses_what_it_cannot_mean) {
    const auto row = [](std::string_view chain, std::string_view address, std::string_view rest) {
        return kWatch + std::string{chain} + "," + std::string{address} + "," + std::string{rest};
    };
    const auto refused = [](const std::string& text, ErrorCode code, std::string_view part) {
        expect_refused(read_watch_list, text, code, part);
    };
    refused(row("eth", kEvm, kPoint + ",native,5,,,me,1\n"), ErrorCode::kConflict, "outpoint");
    refused(row("eth", kP2wpkh, ",native,5,,,me,1\n"), ErrorCode::kWrongChain, "address");
    refused(row("eth", kEvm, ",native,-5,,,me,1\n"), ErrorCode::kMalformed, "tainted");
    refused(row("eth", kEvm, ",native,5,yesterday,,me,1\n"), ErrorCode::kMalformed, "since");
    refused(row("eth", kEvm, ",native,5,,,,1\n"), ErrorCode::kMalformed, "source");
    refused(row("eth", kEvm, ",native,5,,,me,1.5\n"), ErrorCode::kOverflow, "confidence");
    refused(row("eth", kEvm, ",native,5,,,me\n"), ErrorCode::kMalformed, ":2");
    refused("chain,address\n", ErrorCode::kMalformed, "outpoint");
    refused("", ErrorCode::kTruncated, "");
}

}  // namespace
}  // namespace cordon::chain
