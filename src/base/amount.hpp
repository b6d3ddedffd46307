// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bytes.hpp"
#include "result.hpp"

namespace cordon {

/// Thrown by Amount arithmetic that would leave 0 .. 2^256-1. Reaching it means that sums were not
/// bounded beforehand: `main` reports it as a bug, `ingest` never lets an input get that far (see
/// checked_add).
struct AmountOverflow : std::overflow_error {
    using std::overflow_error::overflow_error;
};

/// Money: an unsigned 256-bit integer in the smallest unit of its asset (satoshi, wei, ...).
///
/// Exact, never rounded, never negative, never wrapping: `+`, `-` and `*` throw AmountOverflow.
/// Four 64-bit limbs by hand because the multiprecision header costs 0.9 s more in every file that
/// sees it (docs/decisions/0002); products and quotients beyond 64 bits go through
/// Boost.Multiprecision in amount.cpp.
class Amount {
public:
    constexpr Amount() noexcept = default;
    template <std::unsigned_integral T>
    constexpr Amount(T value) noexcept  // NOLINT(google-explicit-constructor)
        : limbs_{value, 0, 0, 0} {}

    static constexpr Amount max() noexcept {
        return Amount{std::array<uint64_t, 4>{~0ULL, ~0ULL, ~0ULL, ~0ULL}};
    }
    /// Least significant limb first.
    static constexpr Amount from_limbs(std::array<uint64_t, 4> limbs) noexcept {
        return Amount{limbs};
    }

    /// Decimal digits only: no sign, point, blank, exponent, or leading zero (but "0"). kMalformed
    /// names the offset, kOverflow means 2^256 or more.
    static Result<Amount> parse(std::string_view text);
    /// A quantity of at most 32 big-endian bytes; leading zero bytes are allowed. kOverflow when
    /// longer.
    static Result<Amount> from_big_endian(ByteView bytes);

    std::string to_string() const;
    std::array<uint8_t, 32> to_big_endian() const noexcept;
    constexpr const std::array<uint64_t, 4>& limbs() const noexcept { return limbs_; }

    constexpr bool is_zero() const noexcept {
        return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0;
    }
    constexpr bool fits_u64() const noexcept { return (limbs_[1] | limbs_[2] | limbs_[3]) == 0; }
    /// The low 64 bits; meaningful when fits_u64().
    constexpr uint64_t low_u64() const noexcept { return limbs_[0]; }
    /// Number of significant bits, 0 for zero.
    unsigned bit_width() const noexcept;
    /// The nearest double, for scores and pictures only.
    double to_double() const noexcept;

    friend constexpr bool operator==(const Amount&, const Amount&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const Amount& a, const Amount& b) noexcept {
        return a.high() != b.high() ? a.high() <=> b.high() : a.low() <=> b.low();
    }

    constexpr Amount& operator+=(const Amount& other) {
        if (!add(other)) throw_sum_overflow();
        return *this;
    }
    constexpr Amount& operator-=(const Amount& other) {
        if (!subtract(other)) throw_difference_overflow();
        return *this;
    }
    Amount& operator*=(const Amount& other);
    friend constexpr Amount operator+(Amount a, const Amount& b) { return a += b; }
    friend constexpr Amount operator-(Amount a, const Amount& b) { return a -= b; }
    friend Amount operator*(Amount a, const Amount& b) { return a *= b; }
    /// a + b, or nothing at 2^256 or above.
    friend constexpr std::optional<Amount> checked_add(Amount a, const Amount& b) noexcept {
        return a.add(b) ? std::optional<Amount>{a} : std::nullopt;
    }

private:
    explicit constexpr Amount(std::array<uint64_t, 4> limbs) noexcept : limbs_{limbs} {}

    // Sums go in two halves, not four limbs: GCC 12 gathers four limbs into vector registers and
    // waits for them in memory (docs/decisions/0002).
    __extension__ using Half = unsigned __int128;
    constexpr Half low() const noexcept { return (Half{limbs_[1]} << 64) | limbs_[0]; }
    constexpr Half high() const noexcept { return (Half{limbs_[3]} << 64) | limbs_[2]; }
    constexpr void assign(Half low, Half high) noexcept {
        limbs_ = {static_cast<uint64_t>(low), static_cast<uint64_t>(low >> 64),
                  static_cast<uint64_t>(high), static_cast<uint64_t>(high >> 64)};
    }
    /// False, and unchanged, when the sum does not fit.
    constexpr bool add(const Amount& other) noexcept {
        Half low{};
        Half high{};
        const Half carry = __builtin_add_overflow(this->low(), other.low(), &low) ? 1 : 0;
        const bool over = __builtin_add_overflow(this->high(), other.high(), &high);
        if (over | __builtin_add_overflow(high, carry, &high)) return false;
        assign(low, high);
        return true;
    }
    /// False, and unchanged, when the difference is below zero.
    constexpr bool subtract(const Amount& other) noexcept {
        Half low{};
        Half high{};
        const Half borrow = __builtin_sub_overflow(this->low(), other.low(), &low) ? 1 : 0;
        const bool below = __builtin_sub_overflow(this->high(), other.high(), &high);
        if (below | __builtin_sub_overflow(high, borrow, &high)) return false;
        assign(low, high);
        return true;
    }
    [[noreturn]] static void throw_sum_overflow();
    [[noreturn]] static void throw_difference_overflow();

    std::array<uint64_t, 4> limbs_{};  // Least significant first.
};

/// floor(a * b / divisor) with a 512-bit product. Throws AmountOverflow when divisor is 0 or the
/// quotient is too large. About 10 ns when all three fit 64 bits.
Amount mul_div(const Amount& a, const Amount& b, const Amount& divisor);

/// a / b as a share for scores and pictures; 0 when b is 0.
double ratio(const Amount& a, const Amount& b) noexcept;

/// "4502.9" from 450290000000 and 8 decimals: exact, without trailing zeros.
std::string format_units(const Amount& amount, unsigned decimals);
/// The inverse: at most `decimals` digits after the point. kMalformed, kOverflow.
Result<Amount> parse_units(std::string_view text, unsigned decimals);

}  // namespace cordon

template <>
struct std::hash<cordon::Amount> {
    std::size_t operator()(const cordon::Amount& amount) const noexcept {
        const auto& l = amount.limbs();
        return static_cast<std::size_t>(
            (l[0] ^ (l[1] * 0x9E3779B97F4A7C15ULL) ^ (l[2] << 1) ^ (l[3] << 2)) *
            0x9E3779B97F4A7C15ULL);
    }
};
