// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "test_store.hpp"

namespace cordon::records {
namespace {

using namespace std::string_literals;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Label> labels_of(const Store& store, uint64_t number) {
    return store.labels(kEthereum, evm(number)).value();
}

TEST(Labels, come_back_as_they_went_in) {
    const TempDir dir;
    const std::vector<Label> in{label(1, "Binance 14", "etherscan", 0.9)};
    ASSERT_TRUE(good(open_store(dir.file())->put_labels(in)));
    EXPECT_EQ(open_store(dir.file())->labels(kEthereum, evm(1)).value(), in);
}

TEST(Labels, of_an_unknown_address_are_none) {
    const TempDir dir;
    EXPECT_TRUE(labels_of(*open_store(dir.file()), 1).empty());
}

TEST(Labels, without_a_chain_are_given_for_every_chain_and_others_only_for_their_own) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Label everywhere = label(1, "Lazarus", "ofac", 1, Category::kSanctioned);
    everywhere.chain.reset();
    Label polygon = label(1, "router", "scan");
    polygon.chain = parse_chain("polygon").value();
    ASSERT_TRUE(good(store->put_labels(std::vector{everywhere, polygon})));
    EXPECT_EQ(labels_of(*store, 1), std::vector{everywhere});
    EXPECT_EQ(store->labels(*polygon.chain, evm(1)).value(), (std::vector{everywhere, polygon}));
}

TEST(Labels, are_ordered_by_confidence_then_source_then_text) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const Label a = label(1, "z", "list-b", 0.9);
    const Label b = label(1, "x", "list-a", 0.5);
    const Label c = label(1, "y", "list-a", 0.5);
    const Label d = label(1, "a", "list-c", 0.5);
    ASSERT_TRUE(good(store->put_labels(std::vector{d, c, a, b})));
    EXPECT_EQ(labels_of(*store, 1), (std::vector{a, b, c, d}));
}

TEST(Labels, replace_what_the_same_source_said_before) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const Label other = label(1, "Bitfinex", "other", 0.1);
    ASSERT_TRUE(
        good(store->put_labels(std::vector{label(1, "Kraken"), label(1, "Kraken hot"), other})));
    ASSERT_TRUE(
        good(store->put_labels(std::vector{label(1, "Gemini", "list", 0.4, Category::kDeposit)})));
    EXPECT_EQ(labels_of(*store, 1),
              (std::vector{label(1, "Gemini", "list", 0.4, Category::kDeposit), other}));
}

TEST(Labels, repeated_in_one_call_are_kept_once_with_the_later_confidence) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    ASSERT_TRUE(
        good(store->put_labels(std::vector{label(1, "A", "s", 0.9), label(1, "A", "s", 0.2)})));
    EXPECT_EQ(labels_of(*store, 1), (std::vector{label(1, "A", "s", 0.2)}));
    EXPECT_EQ(store->counts().value().labels, 1u);
}

TEST(Labels, put_twice_do_not_change_the_file) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    std::vector<Label> list;
    for (uint64_t i = 0; i < 500; ++i)
        list.push_back(label(i % 300, "name " + std::to_string(i), "s", 0.1));
    ASSERT_TRUE(good(store->put_labels(list)));
    const auto wal_size = std::filesystem::file_size(dir.file() + "-wal");
    ASSERT_TRUE(good(store->put_labels(list)));
    EXPECT_EQ(std::filesystem::file_size(dir.file() + "-wal"), wal_size);
    EXPECT_EQ(store->counts().value().labels, 500u);
}

TEST(Labels, keep_hostile_text_byte_for_byte) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const std::vector<std::string> texts{"",
                                         "'; DROP TABLE label; --",
                                         "\"quoted\" `and` [bracketed]",
                                         "nul\0inside"s,
                                         "nul\0other"s,
                                         "\0"s,
                                         "\xF0\x9F\x92\xB0 emoji \xE2\x80\xAE right-to-left",
                                         "%s %n {} {0}",
                                         "\xFF\xFE not UTF-8",
                                         "line\r\nbreak\ttab",
                                         std::string(10'000, 'x'),
                                         std::string(10'000, 'x') + "y"};
    std::vector<Label> in;
    for (const std::string& text : texts) in.push_back(label(1, text, text));
    ASSERT_TRUE(good(store->put_labels(in)));
    std::vector<std::string> out;
    for (const Label& found : labels_of(*store, 1)) {
        EXPECT_EQ(found.text, found.source);
        out.push_back(found.text);
    }
    std::vector<std::string> expected = texts;
    std::ranges::sort(expected);
    EXPECT_EQ(out, expected);
    EXPECT_TRUE(good(store->verify()));
}

TEST(Labels, tell_address_kinds_with_equal_payloads_apart) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    std::array<uint8_t, 32> payload{};
    payload.fill(7);
    std::vector<Label> in;
    for (const AddressKind kind :
         {AddressKind::kP2pkh, AddressKind::kP2sh, AddressKind::kP2wpkh, AddressKind::kP2wsh,
          AddressKind::kP2tr, AddressKind::kWitness, AddressKind::kMultisig}) {
        Label of_kind = label(0, std::string{to_string(kind)});
        of_kind.chain = kBitcoin;
        of_kind.address = Address{kind, ByteView{payload}.first(payload_size(kind).value_or(5))};
        in.push_back(of_kind);
    }
    ASSERT_TRUE(good(store->put_labels(in)));
    for (const Label& expected : in)
        EXPECT_EQ(store->labels(kBitcoin, expected.address).value(), std::vector{expected});
}

TEST(Labels, that_could_not_be_read_back_are_refused_with_their_place_and_none_is_kept) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    Label no_address = label(2, "x");
    no_address.address = Address{};
    Label short_address = label(2, "x");
    short_address.address = Address{AddressKind::kP2tr, ByteView{}};
    Label no_chain = label(2, "x");
    no_chain.chain = ChainId{ChainFamily::kBitcoin, 99};
    for (const Label& bad : {label(2, "x", "s", -0.1), label(2, "x", "s", 1.1),
                             label(2, "x", "s", kNan), no_address, short_address, no_chain}) {
        const Status status = store->put_labels(std::vector{label(1, "good"), bad});
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::kInvalidParam);
        EXPECT_TRUE(status.error().message.starts_with("label 1: ")) << status.error().message;
    }
    EXPECT_EQ(store->counts().value(), Store::Counts{});
}

TEST(Labels, of_an_empty_list_are_fine) {
    const TempDir dir;
    EXPECT_TRUE(good(open_store(dir.file())->put_labels({})));
}

TEST(Assets, come_back_and_the_later_row_wins) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const Asset usdc = Asset::parse("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48").value();
    const AssetInfo first{kEthereum, usdc, "USDC", 18, AssetStatus::kUnknown};
    const AssetInfo later{kEthereum, usdc, "USDC", 6, AssetStatus::kVerified};
    ASSERT_TRUE(good(store->put_assets(std::vector{first, later})));
    EXPECT_EQ(store->asset(kEthereum, usdc).value(), later);
    EXPECT_EQ(store->asset(kTronMainnet, usdc).value(), std::nullopt);
    EXPECT_EQ(store->asset(kEthereum, Asset{}).value(), std::nullopt);
    EXPECT_EQ(store->counts().value().assets, 1u);
}

TEST(Assets, are_found_by_symbol_without_case_in_asset_order) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const auto info = [](const char* asset, std::string symbol) {
        return AssetInfo{kEthereum, Asset::parse(asset).value(), std::move(symbol), 6,
                         AssetStatus::kCounterfeit};
    };
    const AssetInfo longer = info("USDT-fake", "usdt");
    const AssetInfo native = info("native", "UsDt");
    const AssetInfo shorter = info("ZZZ", "USDT");
    ASSERT_TRUE(
        good(store->put_assets(std::vector{longer, shorter, native, info("x", "USDT "),
                                           info("y", "USDT\0"s), info("z", "\xD0\xA3SDT")})));
    EXPECT_EQ(store->assets_by_symbol(kEthereum, "uSDt").value(),
              (std::vector{native, shorter, longer}));
    EXPECT_TRUE(store->assets_by_symbol(kEthereum, "").value().empty());
    EXPECT_TRUE(store->assets_by_symbol(kTronMainnet, "usdt").value().empty());
}

TEST(Assets, with_more_decimals_than_an_amount_has_are_refused) {
    const TempDir dir;
    const AssetInfo bad{kEthereum, Asset{}, "X", 78, AssetStatus::kUnknown};
    EXPECT_EQ(open_store(dir.file())->put_assets({&bad, 1}).error().code, ErrorCode::kInvalidParam);
}

TEST(Prices, are_the_last_at_or_before_the_time) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const auto at = [](int64_t seconds, double usd) {
        return Price{kBitcoin, Asset{}, from_unix_seconds(seconds), usd};
    };
    ASSERT_TRUE(good(store->put_prices(
        std::vector{at(100, 1), at(300, 3), at(200, 2), at(-5, 0.5), at(300, 4)})));
    const auto usd = [&](int64_t seconds) -> std::optional<double> {
        const auto price = store->price(kBitcoin, Asset{}, from_unix_seconds(seconds)).value();
        if (!price) return std::nullopt;
        return price->usd;
    };
    EXPECT_EQ(usd(-6), std::nullopt);
    EXPECT_EQ(usd(0), 0.5);
    EXPECT_EQ(usd(199), 1);
    EXPECT_EQ(usd(200), 2);
    EXPECT_EQ(usd(1'000'000), 4) << "the later row wins";
    EXPECT_EQ(store->price(kEthereum, Asset{}, from_unix_seconds(200)).value(), std::nullopt);
    EXPECT_EQ(store->prices(kBitcoin, Asset{}).value(),
              (std::vector{at(-5, 0.5), at(100, 1), at(200, 2), at(300, 4)}));
    EXPECT_TRUE(store->prices(kEthereum, Asset{}).value().empty());
}

TEST(Prices, that_are_no_price_are_refused) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    for (const double usd : {-1.0, kNan, kInfinity}) {
        const Price bad{kBitcoin, Asset{}, from_unix_seconds(0), usd};
        EXPECT_EQ(store->put_prices({&bad, 1}).error().code, ErrorCode::kInvalidParam) << usd;
    }
}

TEST(Wallets, come_back_ordered_and_the_later_row_wins) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const auto wallet = [](ChainId chain, uint64_t number, std::string tier) {
        return WalletAddress{chain, evm(number), "main", "Exchange Ltd", std::move(tier)};
    };
    const auto polygon = parse_chain("polygon").value();
    ASSERT_TRUE(good(store->put_wallets(
        std::vector{wallet(polygon, 1, "hot"), wallet(kEthereum, 9, "warm"),
                    wallet(kEthereum, 2, "cold"), wallet(kEthereum, 9, "cold")})));
    EXPECT_EQ(store->wallets().value(),
              (std::vector{wallet(kEthereum, 2, "cold"), wallet(kEthereum, 9, "cold"),
                           wallet(polygon, 1, "hot")}));
}

TEST(Inputs, with_the_same_bytes_are_listed_once_under_their_first_name) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const Input first{"b.csv", "labels", 10, std::string(64, 'a'), 3};
    Input renamed = first;
    renamed.name = "c.csv";
    renamed.rows = 0;
    const Input other{"a.csv", "transfers", 20, std::string(64, 'b'), 7};
    for (const Input& input : {first, renamed, other}) ASSERT_TRUE(good(store->put_input(input)));
    EXPECT_EQ(store->inputs().value(), (std::vector{other, first}));
    Input whole = first;
    whole.rows = 5;
    ASSERT_TRUE(good(store->put_input(whole)));
    EXPECT_EQ(store->inputs().value(), (std::vector{other, whole}));
}

TEST(Inputs, without_a_proper_digest_or_beyond_63_bits_are_refused) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    const std::string digest(64, '0');
    for (const Input& bad :
         {Input{"n", "s", 1, "", 1}, Input{"n", "s", 1, std::string(64, 'A'), 1},
          Input{"n", "s", 1ULL << 63, digest, 1}, Input{"n", "s", 1, digest, ~0ULL}})
        EXPECT_EQ(store->put_input(bad).error().code, ErrorCode::kInvalidParam);
    EXPECT_TRUE(store->inputs().value().empty());
}

TEST(Counts, tell_what_is_there) {
    const TempDir dir;
    const auto store = open_store(dir.file());
    EXPECT_EQ(store->counts().value(), Store::Counts{});
    ASSERT_TRUE(good(store->put_labels(std::vector{label(1, "a"), label(2, "b")})));
    ASSERT_TRUE(
        good(store->put_prices(std::vector{Price{kBitcoin, Asset{}, from_unix_seconds(1), 2}})));
    EXPECT_EQ(store->counts().value(), (Store::Counts{.labels = 2, .prices = 1}));
}

}  // namespace
}  // namespace cordon::records
