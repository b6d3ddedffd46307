// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_format.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::explain {
namespace {

using Kind = ClearValue::Kind;
constexpr std::size_t kAddressBytes = 20;

/// A code point that moves or hides its neighbours (UAX #9, zero width), or is a control.
bool misleads(char32_t c) noexcept {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

struct Decoded {
    char32_t point;
    std::size_t size;
};
/// The code point at the front, strictly (RFC 3629); nothing when it is no UTF-8.
std::optional<Decoded> decode(std::string_view text) noexcept {
    const auto lead = static_cast<uint8_t>(text[0]);
    if (lead < 0x80) return Decoded{lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return std::nullopt;
    char32_t point = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<uint8_t>(text[i]);
        if ((next & 0xc0) != 0x80) return std::nullopt;
        point = (point << 6) | (next & 0x3fU);
    }
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return std::nullopt;
    return Decoded{point, size};
}

std::string signed_text(const Amount& number) {
    auto word = number.to_big_endian();
    if ((word[0] & 0x80) == 0) return number.to_string();
    for (uint8_t& byte : word) byte = static_cast<uint8_t>(~byte);
    const auto flipped = Amount::from_big_endian(word);
    return "-" + (*flipped + Amount{1U}).to_string();
}

struct Chain {
    uint64_t id;
    std::string_view name;
};
// ethereum-lists/chains, field "name".
constexpr std::array kChains{
    Chain{1, "Ethereum Mainnet"},
    Chain{10, "OP Mainnet"},
    Chain{56, "BNB Smart Chain Mainnet"},
    Chain{100, "Gnosis"},
    Chain{137, "Polygon Mainnet"},
    Chain{250, "Fantom Opera"},
    Chain{324, "zkSync Mainnet"},
    Chain{999, "HyperEVM"},
    Chain{8453, "Base"},
    Chain{42161, "Arbitrum One"},
    Chain{43114, "Avalanche C-Chain"},
    Chain{59144, "Linea"},
    Chain{81457, "Blast"},
    Chain{534352, "Scroll"},
    Chain{11155111, "Ethereum Sepolia"},
};

}  // namespace

std::string safe_text(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto next = decode(text);
        if (!next) {
            out += format("\\x{:02x}", static_cast<uint8_t>(text[0]));
        } else if (misleads(next->point)) {
            out += format("\\u{{{:x}}}", static_cast<uint32_t>(next->point));
        } else {
            out += text.substr(0, next->size);
        }
        text.remove_prefix(next ? next->size : 1);
    }
    return out;
}

std::string raw_text(const ClearValue& value) {
    switch (value.kind) {
        case Kind::kUint: return value.number.to_string();
        case Kind::kInt: return signed_text(value.number);
        case Kind::kBool: return value.number.is_zero() ? "false" : "true";
        case Kind::kAddress:
            return chain::display_address(kEthereum, Address{AddressKind::kEvm, value.bytes});
        case Kind::kBytes: return to_hex0x(value.bytes);
        case Kind::kString:
            return safe_text(
                {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
        case Kind::kArray:
        case Kind::kTuple: break;
    }
    return {};
}

std::string date_text(const Amount& unix_seconds) {
    constexpr int64_t kYear10000 = 253'402'300'800;
    if (!unix_seconds.fits_u64() || unix_seconds.low_u64() >= static_cast<uint64_t>(kYear10000))
        return format("{} seconds after 1970, later than the year 9999", unix_seconds.to_string());
    using namespace std::chrono;
    const sys_seconds moment{seconds{static_cast<int64_t>(unix_seconds.low_u64())}};
    const auto day = floor<days>(moment);
    const year_month_day date{day};
    const hh_mm_ss time{moment - day};
    const auto hours = time.hours().count();
    return format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} {} UTC", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  hours % 12 == 0 ? 12 : hours % 12, time.minutes().count(), time.seconds().count(),
                  hours < 12 ? "AM" : "PM");
}

std::string duration_text(const Amount& seconds) {
    if (!seconds.fits_u64()) return format("{} seconds", seconds.to_string());
    const uint64_t all = seconds.low_u64();
    return format("{:02}:{:02}:{:02}", all / 3600, all / 60 % 60, all % 60);
}

std::string unit_text(const Amount& value, unsigned decimals, std::string_view base, bool prefix) {
    constexpr std::array<std::string_view, 9> kPrefixes{"", "k", "M", "G", "T", "P", "E", "Z", "Y"};
    std::string_view sign;
    const std::size_t digits = value.to_string().size();
    if (prefix && digits > decimals) {
        const std::size_t thousands = std::min((digits - 1 - decimals) / 3, kPrefixes.size() - 1);
        sign = kPrefixes[thousands];
        decimals += static_cast<unsigned>(3 * thousands);
    }
    const std::string unit = format("{}{}", sign, safe_text(base));
    return format("{}{}{}", format_units(value, decimals), unit.empty() ? "" : " ", unit);
}

std::string chain_name(uint64_t id) {
    for (const Chain& chain : kChains)
        if (chain.id == id) return std::string{chain.name};
    return format("chain {}", id);
}

std::optional<Bytes> address_in(const ClearValue& value) {
    Bytes all = value.bytes;
    if (value.kind == Kind::kUint) {
        const auto word = value.number.to_big_endian();
        all.assign(word.begin(), word.end());
    } else if (value.kind != Kind::kAddress && value.kind != Kind::kBytes) {
        return std::nullopt;
    }
    if (all.size() < kAddressBytes) return std::nullopt;
    all.erase(all.begin(), all.end() - kAddressBytes);
    return all;
}

std::optional<Amount> number_in(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) {
        std::string digits{text.substr(2)};
        if (digits.empty()) return std::nullopt;
        if (digits.size() % 2 == 1) digits.insert(0, 1, '0');
        const auto bytes = parse_hex(digits);
        if (!bytes) return std::nullopt;
        const auto number = Amount::from_big_endian(*bytes);
        return number ? std::optional{*number} : std::nullopt;
    }
    const auto number = Amount::parse(text);
    return number ? std::optional{*number} : std::nullopt;
}

}  // namespace cordon::explain
