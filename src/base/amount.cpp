// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "amount.hpp"

#include <algorithm>
#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstring>

#include "format.hpp"

namespace cordon {
namespace {

__extension__ using U128 = unsigned __int128;
using U512 = boost::multiprecision::uint512_t;

U512 widen(const Amount& amount) {
    U512 wide = 0;
    for (std::size_t i = 4; i-- > 0;) wide = (wide << 64) | amount.limbs()[i];
    return wide;
}

std::optional<Amount> narrow(const U512& wide) {
    if (wide != 0 && boost::multiprecision::msb(wide) > 255) return std::nullopt;
    std::array<uint64_t, 4> limbs{};
    U512 rest = wide;
    for (uint64_t& limb : limbs) {
        limb = static_cast<uint64_t>(rest & ~0ULL);
        rest >>= 64;
    }
    return Amount::from_limbs(limbs);
}

/// limbs = limbs * factor + carry; false when it does not fit.
bool multiply_add(std::array<uint64_t, 4>& limbs, uint64_t factor, uint64_t carry) noexcept {
    for (uint64_t& limb : limbs) {
        const U128 product = static_cast<U128>(limb) * factor + carry;
        limb = static_cast<uint64_t>(product);
        carry = static_cast<uint64_t>(product >> 64);
    }
    return carry == 0;
}

/// limbs /= divisor; the remainder.
uint64_t divide(std::array<uint64_t, 4>& limbs, uint64_t divisor) noexcept {
    U128 remainder = 0;
    for (std::size_t i = 4; i-- > 0;) {
        const U128 part = (remainder << 64) | limbs[i];
        limbs[i] = static_cast<uint64_t>(part / divisor);
        remainder = part % divisor;
    }
    return static_cast<uint64_t>(remainder);
}

// Digits are written in groups that fit one limb, and read in groups of two times eight.
constexpr uint64_t kGroup = 10'000'000'000'000'000'000ULL;
constexpr std::size_t kGroupDigits = 19;
constexpr uint64_t kReadGroup = 10'000'000'000'000'000ULL;
constexpr std::size_t kReadDigits = 16;

/// At most 16 digits; false when a character is none.
bool read_digits(std::string_view text, uint64_t& value) noexcept {
    value = 0;
    for (; text.size() >= 8; text.remove_prefix(8)) {
        uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        // Each byte is 0x30..0x39: its high half is 3, and still is with 6 added.
        constexpr uint64_t kHigh = 0xf0f0f0f0f0f0f0f0;
        constexpr uint64_t kThrees = 0x3030303030303030;
        if ((word & kHigh) != kThrees || ((word + 0x0606060606060606) & kHigh) != kThrees)
            return false;
        // The first digit lies lowest: pairs, then fours, then all eight.
        word = (word & 0x0f0f0f0f0f0f0f0f) * (10 * 256 + 1) >> 8;
        word = (word & 0x00ff00ff00ff00ff) * (100 * 65536 + 1) >> 16;
        word = (word & 0x0000ffff0000ffff) * (10000 * (uint64_t{1} << 32) + 1) >> 32;
        value = value * 100'000'000 + word;
    }
    for (const char c : text) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    return true;
}

/// What is wrong with a text that does not have the form of an amount.
Error refuse_amount(std::string_view text) {
    if (text.empty())
        return {ErrorCode::kMalformed, "expected an amount in decimal digits, found nothing"};
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] < '0' || text[i] > '9')
            return {ErrorCode::kMalformed, format("expected a whole amount in the asset's "
                                                  "smallest unit (digits only), found '{}' at "
                                                  "character {} of \"{}\"",
                                                  text[i], i + 1, text.substr(0, 90))};
    return {ErrorCode::kMalformed, format("amount \"{}\" has a leading zero", text.substr(0, 90))};
}

}  // namespace

Result<Amount> Amount::parse(std::string_view text) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return fail(refuse_amount(text));
    std::array<uint64_t, 4> limbs{};
    std::size_t count = (text.size() - 1) % kReadDigits + 1;
    for (std::size_t at = 0; at < text.size(); at += count, count = kReadDigits) {
        uint64_t group = 0;
        if (!read_digits(text.substr(at, count), group)) return fail(refuse_amount(text));
        if (at == 0) {
            limbs[0] = group;
        } else if (!multiply_add(limbs, kReadGroup, group)) {
            if (text.find_first_not_of("0123456789") != std::string_view::npos)
                return fail(refuse_amount(text));
            return fail(ErrorCode::kOverflow,
                        format("amount {} is 2^256 or more", text.substr(0, 90)));
        }
    }
    return Amount{limbs};
}

Result<Amount> Amount::from_big_endian(ByteView bytes) {
    while (!bytes.empty() && bytes.front() == 0) bytes = bytes.subspan(1);
    if (bytes.size() > 32)
        return fail(ErrorCode::kOverflow,
                    format("a quantity of {} bytes is 2^256 or more", bytes.size()));
    std::array<uint64_t, 4> limbs{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t place = bytes.size() - 1 - i;
        limbs[place / 8] |= static_cast<uint64_t>(bytes[i]) << (8 * (place % 8));
    }
    return Amount{limbs};
}

std::string Amount::to_string() const {
    if (fits_u64()) return std::to_string(limbs_[0]);
    std::array<uint64_t, 4> rest = limbs_;
    std::string reversed;
    while ((rest[0] | rest[1] | rest[2] | rest[3]) != 0) {
        uint64_t group = divide(rest, kGroup);
        for (std::size_t i = 0; i < kGroupDigits; ++i, group /= 10)
            reversed.push_back(static_cast<char>('0' + group % 10));
    }
    reversed.resize(reversed.find_last_not_of('0') + 1);
    return {reversed.rbegin(), reversed.rend()};
}

std::array<uint8_t, 32> Amount::to_big_endian() const noexcept {
    std::array<uint8_t, 32> out{};
    for (std::size_t i = 0; i < 32; ++i)
        out[31 - i] = static_cast<uint8_t>(limbs_[i / 8] >> (8 * (i % 8)));
    return out;
}

unsigned Amount::bit_width() const noexcept {
    for (std::size_t i = 4; i-- > 0;)
        if (limbs_[i] != 0)
            return static_cast<unsigned>(64 * i) + static_cast<unsigned>(std::bit_width(limbs_[i]));
    return 0;
}

double Amount::to_double() const noexcept {
    double value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value * 0x1p64 + static_cast<double>(limbs_[i]);
    return value;
}

void Amount::throw_sum_overflow() { throw AmountOverflow{"amount sum is 2^256 or more"}; }
void Amount::throw_difference_overflow() {
    throw AmountOverflow{"amount difference is below zero"};
}

Amount& Amount::operator*=(const Amount& other) {
    const auto product = narrow(widen(*this) * widen(other));
    if (!product) throw AmountOverflow{"amount product is 2^256 or more"};
    return *this = *product;
}

Amount mul_div(const Amount& a, const Amount& b, const Amount& divisor) {
    if (divisor.is_zero()) throw AmountOverflow{"amount divided by zero"};
    if (a.fits_u64() && b.fits_u64() && divisor.fits_u64()) {
        const U128 quotient = static_cast<U128>(a.low_u64()) * b.low_u64() / divisor.low_u64();
        return Amount::from_limbs(
            {static_cast<uint64_t>(quotient), static_cast<uint64_t>(quotient >> 64), 0, 0});
    }
    const auto quotient = narrow(widen(a) * widen(b) / widen(divisor));
    if (!quotient) throw AmountOverflow{"amount quotient is 2^256 or more"};
    return *quotient;
}

double ratio(const Amount& a, const Amount& b) noexcept {
    return b.is_zero() ? 0.0 : a.to_double() / b.to_double();
}

std::string format_units(const Amount& amount, unsigned decimals) {
    std::string digits = amount.to_string();
    if (decimals == 0) return digits;
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    const std::string whole = digits.substr(0, digits.size() - decimals);
    std::string part = digits.substr(digits.size() - decimals);
    part.erase(part.find_last_not_of('0') + 1);
    return part.empty() ? whole : whole + "." + part;
}

Result<Amount> parse_units(std::string_view text, unsigned decimals) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view part =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    if (whole.empty() || (point != std::string_view::npos && part.empty()))
        return fail(ErrorCode::kMalformed,
                    format("\"{}\" is not a decimal number such as 12.5", text.substr(0, 90)));
    if (part.size() > decimals)
        return fail(ErrorCode::kMalformed,
                    format("\"{}\" has {} digits after the point; this asset has {}",
                           text.substr(0, 90), part.size(), decimals));
    std::string digits{whole};
    digits += part;
    digits.append(decimals - part.size(), '0');
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return Amount::parse(digits);
}

}  // namespace cordon
