// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "canonical.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>

#include "csv.hpp"
#include "csv_number.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

/// Free text of a row is stored and shown: longer than this it is a mistake or an attack.
constexpr std::size_t kMaxText = 4096;

/// Reads all rows of a file with the given columns; `parse` makes a Row of the current one.
template <typename Row, std::size_t N, typename Parse>
Status read_rows(const InputFile& file, const std::array<CsvColumn, N>& columns,
                 const RowSink<Row>& sink, Parse parse) {
    CORDON_TRY(CsvReader csv, CsvReader::open(file));
    CORDON_TRY(csv.select(columns, CsvExtra::kRefuse));
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return {};
        CORDON_TRY(Row row, parse(csv));
        if (const auto status = sink(std::move(row)); !status)
            return fail(csv.row_error(status.error().code, status.error().message));
    }
}

/// The value, or its error with file, line and field.
template <typename T>
Result<T> checked(const CsvReader& csv, std::size_t column, Result<T> value) {
    if (!value) return fail(csv.error(column, value.error()));
    return value;
}

Result<std::string> text_of(const CsvReader& csv, std::size_t column, bool may_be_empty) {
    const std::string_view text = csv[column];
    if (text.empty() && !may_be_empty)
        return fail(csv.error(column, ErrorCode::kMalformed, "expected a text, found nothing"));
    if (text.size() > kMaxText)
        return fail(csv.error(column, ErrorCode::kLimit,
                              format("the text has more than {} bytes", kMaxText)));
    return std::string{text};
}

/// A plain decimal number, e.g. "0.85" or "1e-9"; finite and not negative.
Result<double> parse_decimal(std::string_view text, std::string_view expected) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // from_chars also takes "inf" and "nan", so the first character must be a digit.
    const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
    if (!digit || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return fail(ErrorCode::kMalformed,
                    format("expected {}, found \"{}\"", expected, text.substr(0, 40)));
    return value;
}

Result<double> parse_confidence(std::string_view text) {
    constexpr std::string_view kExpected = "a number from 0 to 1";
    CORDON_TRY(const double value, parse_decimal(text, kExpected));
    if (value > 1)
        return fail(ErrorCode::kOverflow,
                    format("expected {}, found \"{}\"", kExpected, text.substr(0, 40)));
    return value;
}

Result<Address> parse_unplaced_address(std::string_view text) {
    const auto chain = guess_chain(text);
    if (!chain)
        return fail(ErrorCode::kMalformed, format("\"{}\" is no address of any known chain (a "
                                                  "wrong digit or letter case breaks its checksum)",
                                                  text.substr(0, 90)));
    return parse_address(*chain, text);
}

}  // namespace

Status read_labels(const InputFile& file, const RowSink<Label>& row) {
    enum : std::size_t { kAddress, kLabel, kCategory, kSource, kConfidence, kChain };
    static constexpr std::array<CsvColumn, 6> kColumns{
        {{"address"}, {"label"}, {"category"}, {"source"}, {"confidence"}, {"chain", false}}};
    return read_rows<Label>(file, kColumns, row, [](const CsvReader& csv) -> Result<Label> {
        Label label;
        // An empty cell says no more than a missing column.
        if (!csv[kChain].empty()) {
            CORDON_TRY(label.chain, checked(csv, kChain, parse_chain(csv[kChain])));
            CORDON_TRY(label.address,
                       checked(csv, kAddress, parse_address(*label.chain, csv[kAddress])));
        } else {
            CORDON_TRY(label.address,
                       checked(csv, kAddress, parse_unplaced_address(csv[kAddress])));
        }
        CORDON_TRY(label.text, text_of(csv, kLabel, false));
        CORDON_TRY(label.category, checked(csv, kCategory, parse_category(csv[kCategory])));
        CORDON_TRY(label.source, text_of(csv, kSource, false));
        CORDON_TRY(label.confidence, checked(csv, kConfidence, parse_confidence(csv[kConfidence])));
        return label;
    });
}

Status read_assets(const InputFile& file, const RowSink<AssetInfo>& row) {
    enum : std::size_t { kChain, kAsset, kSymbol, kDecimals, kStatus };
    static constexpr std::array<CsvColumn, 5> kColumns{
        {{"chain"}, {"asset"}, {"symbol"}, {"decimals"}, {"status"}}};
    constexpr uint64_t kMaxDecimals = 77;  // 2^256 has 78 digits.
    return read_rows<AssetInfo>(file, kColumns, row, [](const CsvReader& csv) -> Result<AssetInfo> {
        AssetInfo info;
        CORDON_TRY(info.chain, checked(csv, kChain, parse_chain(csv[kChain])));
        CORDON_TRY(info.asset, checked(csv, kAsset, Asset::parse(csv[kAsset])));
        CORDON_TRY(info.symbol,
                   text_of(csv, kSymbol, true));  // Real tokens without a symbol exist.
        CORDON_TRY(const uint64_t decimals,
                   checked(csv, kDecimals, parse_whole(csv[kDecimals], kMaxDecimals)));
        info.decimals = static_cast<unsigned>(decimals);
        CORDON_TRY(info.status, checked(csv, kStatus, parse_asset_status(csv[kStatus])));
        return info;
    });
}

Status read_prices(const InputFile& file, const RowSink<Price>& row) {
    enum : std::size_t { kChain, kAsset, kTime, kUsd };
    static constexpr std::array<CsvColumn, 4> kColumns{{{"chain"}, {"asset"}, {"time"}, {"usd"}}};
    return read_rows<Price>(file, kColumns, row, [](const CsvReader& csv) -> Result<Price> {
        Price price;
        CORDON_TRY(price.chain, checked(csv, kChain, parse_chain(csv[kChain])));
        CORDON_TRY(price.asset, checked(csv, kAsset, Asset::parse(csv[kAsset])));
        CORDON_TRY(price.time, checked(csv, kTime, parse_time(csv[kTime])));
        CORDON_TRY(
            price.usd,
            checked(csv, kUsd, parse_decimal(csv[kUsd], "a price in USD that is not negative")));
        return price;
    });
}

Status read_wallets(const InputFile& file, const RowSink<WalletAddress>& row) {
    enum : std::size_t { kChain, kAddress, kSet, kEntity, kTier };
    static constexpr std::array<CsvColumn, 5> kColumns{
        {{"chain"}, {"address"}, {"set"}, {"entity"}, {"tier"}}};
    return read_rows<WalletAddress>(
        file, kColumns, row, [](const CsvReader& csv) -> Result<WalletAddress> {
            WalletAddress wallet;
            CORDON_TRY(wallet.chain, checked(csv, kChain, parse_chain(csv[kChain])));
            CORDON_TRY(wallet.address,
                       checked(csv, kAddress, parse_address(wallet.chain, csv[kAddress])));
            CORDON_TRY(wallet.set, text_of(csv, kSet, false));
            CORDON_TRY(wallet.entity, text_of(csv, kEntity, true));
            const std::string_view tier = csv[kTier];
            if (tier != "hot" && tier != "warm" && tier != "cold" && tier != "deposit")
                return fail(csv.error(kTier, ErrorCode::kMalformed,
                                      format("expected hot, warm, cold or deposit, found \"{}\"",
                                             tier.substr(0, 40))));
            wallet.tier = tier;
            return wallet;
        });
}

Status read_watch_list(const InputFile& file, const RowSink<Watch>& row) {
    enum : std::size_t {
        kChain,
        kAddress,
        kOutpoint,
        kAsset,
        kTainted,
        kSince,
        kCase,
        kSource,
        kConfidence
    };
    static constexpr std::array<CsvColumn, 9> kColumns{{{"chain"},
                                                        {"address"},
                                                        {"outpoint"},
                                                        {"asset"},
                                                        {"tainted"},
                                                        {"since"},
                                                        {"case"},
                                                        {"source"},
                                                        {"confidence"}}};
    return read_rows<Watch>(file, kColumns, row, [](const CsvReader& csv) -> Result<Watch> {
        Watch watch;
        CORDON_TRY(watch.chain, checked(csv, kChain, parse_chain(csv[kChain])));
        CORDON_TRY(watch.address,
                   checked(csv, kAddress, parse_address(watch.chain, csv[kAddress])));
        if (!csv[kOutpoint].empty()) {
            if (!is_utxo(watch.chain))
                return fail(
                    csv.error(kOutpoint, ErrorCode::kConflict,
                              format("{} has no outputs: leave it empty", to_string(watch.chain))));
            CORDON_TRY(watch.outpoint,
                       checked(csv, kOutpoint, parse_outpoint(watch.chain, csv[kOutpoint])));
        }
        CORDON_TRY(watch.asset, checked(csv, kAsset, Asset::parse(csv[kAsset])));
        CORDON_TRY(watch.tainted, checked(csv, kTainted, Amount::parse(csv[kTainted])));
        if (!csv[kSince].empty()) {
            CORDON_TRY(watch.since, checked(csv, kSince, parse_time(csv[kSince])));
        }
        CORDON_TRY(watch.case_name, text_of(csv, kCase, true));
        CORDON_TRY(watch.source, text_of(csv, kSource, false));
        CORDON_TRY(watch.confidence, checked(csv, kConfidence, parse_confidence(csv[kConfidence])));
        return watch;
    });
}

}  // namespace cordon::chain
