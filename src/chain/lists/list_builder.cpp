// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "list_builder.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "../text.hpp"

namespace cordon::chain {
namespace {

struct KnownCurrency {
    std::string_view code;
    std::string_view chain;  // Empty: a token.
};

// As lists write them: OFAC (XBT), TagPacks (currency and network), and our own names.
constexpr std::array kCurrencies{
    KnownCurrency{"BTC", "btc"},         KnownCurrency{"XBT", "btc"},
    KnownCurrency{"OMNI", "btc"},        KnownCurrency{"ETH", "eth"},
    KnownCurrency{"ERC20", "eth"},       KnownCurrency{"TRX", "tron"},
    KnownCurrency{"TRON", "tron"},       KnownCurrency{"TRC20", "tron"},
    KnownCurrency{"BSC", "bsc"},         KnownCurrency{"BEP20", "bsc"},
    KnownCurrency{"MATIC", "polygon"},   KnownCurrency{"POL", "polygon"},
    KnownCurrency{"ARB", "arbitrum"},    KnownCurrency{"OP", "optimism"},
    KnownCurrency{"FTM", "fantom"},      KnownCurrency{"AVAX", "avalanche"},
    KnownCurrency{"AVAXC", "avalanche"}, KnownCurrency{"USDT", ""},
    KnownCurrency{"USDC", ""},           KnownCurrency{"DAI", ""},
    KnownCurrency{"BUSD", ""},           KnownCurrency{"WETH", ""},
};

bool same_code(std::string_view a, std::string_view b) {
    const auto up = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return up(x) == up(y); });
}

}  // namespace

std::string stem_of(std::string_view path) {
    std::string_view name = path.substr(path.find_last_of('/') + 1);
    for (const std::string_view end : {".gz", ".zst", ".xz", ".bz2"})
        if (name.ends_with(end)) name.remove_suffix(end.size());
    const std::size_t dot = name.rfind('.');
    return std::string{dot == 0 || dot == std::string_view::npos ? name : name.substr(0, dot)};
}

std::string ListBuilder::where(uint64_t line) const { return format("{}:{}", file_.name, line); }

Status ListBuilder::keep(std::size_t bytes) {
    // What a head says is kept with every tag: a small file could fill any memory. The largest
    // public list, of 350,000 tags, keeps some 150 MB.
    constexpr std::size_t kMaxKept = std::size_t{1} << 30;
    kept_ += bytes;
    if (kept_ > kMaxKept)
        return fail(ErrorCode::kLimit,
                    format("{}: its labels hold more than {} bytes of text", file_.name, kMaxKept));
    return {};
}

Status ListBuilder::take(Label label) {
    CORDON_TRY(keep(sizeof(Label) + label.text.size() + label.entity.size() + label.detail.size() +
                    label.source.size()));
    ++list_.rows;
    ++list_.taken;
    if (!label.as_of) label.as_of = options_.as_of;
    list_.labels.push_back(std::move(label));
    return {};
}

void ListBuilder::unsupported(std::string_view currency) {
    ++list_.rows;
    // Codes are a few letters; of a hostile file only so many kinds are told apart.
    constexpr std::size_t kMaxKinds = 1000;
    std::string code{currency.substr(0, 16)};
    if (list_.unsupported.size() >= kMaxKinds && !list_.unsupported.contains(code)) code = "other";
    ++list_.unsupported[code];
}

Status ListBuilder::bad(uint64_t line, const Error& why) {
    Error error = why.in(where(line));
    if (!options_.skip_bad) {
        error.message += "; correct the row, or leave bad rows out with --skip-bad";
        return fail(std::move(error));
    }
    ++list_.rows;
    ++list_.bad;
    if (list_.bad_rows.size() < kMaxBadRows) list_.bad_rows.push_back(std::move(error.message));
    return {};
}

void ListBuilder::note(std::string text) {
    if (list_.notes.size() < kMaxBadRows) list_.notes.push_back(std::move(text));
}

Result<Placed> place_address(std::string_view text) {
    if (text.starts_with("0x")) {
        CORDON_TRY(const Address address, parse_address(kEthereum, text));
        return Placed{std::nullopt, address};
    }
    if (const auto address = parse_address(kTronMainnet, text))
        return Placed{kTronMainnet, *address};
    auto address = parse_address(kBitcoin, text);
    if (!address) return fail(address.error());
    return Placed{kBitcoin, *address};
}

Currency currency_of(std::string_view code) noexcept {
    for (const KnownCurrency& known : kCurrencies) {
        if (!same_code(known.code, code)) continue;
        if (known.chain.empty()) return {Currency::Kind::kToken, {}};
        if (const auto chain = parse_chain(known.chain)) return {Currency::Kind::kChain, *chain};
    }
    if (const auto chain = parse_chain(code)) return {Currency::Kind::kChain, *chain};
    return {};
}

Result<std::optional<Placed>> place_in(std::string_view code, std::string_view text) {
    const Currency currency = currency_of(code);
    switch (currency.kind) {
        case Currency::Kind::kUnknown: return std::nullopt;
        case Currency::Kind::kToken: {
            CORDON_TRY(Placed placed, place_address(text));
            return placed;
        }
        case Currency::Kind::kChain: break;
    }
    CORDON_TRY(const Address address, parse_address(currency.chain, text));
    return Placed{currency.chain, address};
}

Result<std::string> list_text(std::string_view text, std::string_view field) {
    if (text.empty())
        return fail(ErrorCode::kMalformed,
                    format("field {}: expected a text, found nothing", field));
    if (text.size() > kMaxListText)
        return fail(ErrorCode::kLimit,
                    format("field {}: the text has more than {} bytes", field, kMaxListText));
    return std::string{text};
}

Result<UnixMillis> parse_lastmod(std::string_view text) {
    constexpr std::size_t kDay = 10;  // "2023-08-16"
    if (text.size() > kDay && text[kDay] == ' ') text = text.substr(0, kDay);
    auto time = parse_time(text);
    if (!time) return fail(time.error().in("field lastmod"));
    return *time;
}

}  // namespace cordon::chain
