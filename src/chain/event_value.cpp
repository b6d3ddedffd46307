// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event_value.hpp"

#include <charconv>
#include <cmath>

#include <cordon/base/hex.hpp>

#include "csv_number.hpp"
#include "text.hpp"

namespace cordon::chain::event {
namespace {

/// Digits, as a JSON number or a string.
Result<std::string_view> digits(JsonCursor& value) {
    CORDON_TRY(const auto kind, value.kind());
    return kind == JsonCursor::Kind::kNumber ? value.number() : value.string();
}

}  // namespace

Result<uint64_t> whole(JsonCursor& value, uint64_t max) {
    CORDON_TRY(const std::string_view text, digits(value));
    return parse_whole(text, max);
}

Result<uint32_t> small(JsonCursor& value) {
    CORDON_TRY(const uint64_t number, whole(value, UINT32_MAX));
    return static_cast<uint32_t>(number);
}

Result<Amount> amount(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, digits(value));
    return Amount::parse(text);
}

Result<UnixMillis> time(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, digits(value));
    return parse_time(text);
}

Result<std::string> text(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return std::string{found};
}

Result<Bytes> bytes(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return parse_hex0x(found);
}

Result<double> dollars(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, digits(value));
    double usd = 0;
    const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), usd);
    if (error != std::errc{} || end != found.data() + found.size() || !std::isfinite(usd) ||
        usd < 0)
        return fail(ErrorCode::kMalformed,
                    format("expected US dollars, not negative, found \"{}\"", found.substr(0, 40)));
    return usd;
}

Result<Hash256> word32(JsonCursor& value) { return hash(kEthereum, value); }

Result<Asset> asset(JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return Asset::parse(found);
}

Result<Address> address(ChainId chain, JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    if (found.empty()) return Address{};
    return parse_address(chain, found);
}

Result<Hash256> hash(ChainId chain, JsonCursor& value) {
    CORDON_TRY(const std::string_view found, value.string());
    return parse_hash(chain, found);
}

Status members(JsonCursor& object, std::span<const std::string_view> names, std::size_t needed,
               JsonVisit<std::size_t, JsonCursor&> visit) {
    CORDON_TRY(const uint64_t seen, object.members(names, visit));
    for (std::size_t i = 0; i < needed; ++i)
        if ((seen >> i & 1) == 0)
            return fail(ErrorCode::kMalformed, format("the key \"{}\" is missing", names[i]));
    return {};
}

}  // namespace cordon::chain::event
