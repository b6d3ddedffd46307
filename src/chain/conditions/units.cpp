// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "units.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

struct Unit {
    std::string_view name;
    int64_t millis;
};
constexpr std::array<Unit, 6> kDurations{{{"ms", 1},
                                          {"s", 1'000},
                                          {"m", 60'000},
                                          {"h", 3'600'000},
                                          {"d", 86'400'000},
                                          {"w", 604'800'000}}};

}  // namespace

bool is_literal(const Ast& ast) noexcept {
    return ast.op == Op::kNumber || ast.op == Op::kHex || ast.op == Op::kText ||
           ast.op == Op::kWord;
}

bool is_usd_unit(std::string_view unit) noexcept { return unit == "usd" || unit == "USD"; }

bool is_duration_unit(std::string_view unit) noexcept {
    return std::any_of(kDurations.begin(), kDurations.end(),
                       [&](const Unit& one) { return one.name == unit; });
}

Result<std::chrono::milliseconds> parse_duration(std::string_view digits, std::string_view unit) {
    for (const Unit& one : kDurations) {
        if (one.name != unit) continue;
        CORDON_TRY(const Amount count, Amount::parse(digits));
        // A thousand years: far from the ends of any clock.
        constexpr uint64_t kMost = 1000ULL * 366 * 86'400'000;
        if (!count.fits_u64() || count.low_u64() > kMost / static_cast<uint64_t>(one.millis))
            return fail(ErrorCode::kOverflow, "a duration of more than a thousand years");
        return std::chrono::milliseconds{static_cast<int64_t>(count.low_u64()) * one.millis};
    }
    return fail(ErrorCode::kMalformed, "expected a duration: 90s, 10m, 24h, 7d");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const std::size_t unit = std::min(text.find_first_not_of("0123456789"), text.size());
    return parse_duration(text.substr(0, unit), text.substr(unit));
}

std::string format_duration(std::chrono::milliseconds duration) {
    std::string text;
    auto left = static_cast<uint64_t>(std::max<int64_t>(0, duration.count()));
    for (auto unit = kDurations.rbegin() + 1; unit != kDurations.rend(); ++unit) {
        const uint64_t count = left / static_cast<uint64_t>(unit->millis);
        left %= static_cast<uint64_t>(unit->millis);
        if (count > 0) text += format("{}{}{}", text.empty() ? "" : " ", count, unit->name);
    }
    return text.empty() ? "0s" : text;
}

std::optional<Amount> compute(Op op, const Amount& a, const Amount& b) {
    // Beyond this many bits a product may not fit; none that means anything has as many.
    const bool is_product = a.bit_width() + b.bit_width() <= 256;
    switch (op) {
        case Op::kAdd: return checked_add(a, b);
        case Op::kSub: return a < b ? std::nullopt : std::optional{a - b};
        case Op::kMul: return is_product ? std::optional{a * b} : std::nullopt;
        case Op::kDiv: return b.is_zero() ? std::nullopt : std::optional{mul_div(a, Amount{1U}, b)};
        case Op::kOf:
            return is_product ? std::optional{mul_div(a, b, Amount{kShareOne})} : std::nullopt;
        default: return std::nullopt;
    }
}

std::optional<Amount> as_share(const Amount& a, const Amount& b) {
    // 20 bits hold kShareOne; a share beyond 2^200 is no share.
    if (b.is_zero() || a.bit_width() > 200) return std::nullopt;
    return mul_div(a, Amount{kShareOne}, b);
}

}  // namespace cordon::chain
