// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_value.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../text.hpp"

namespace cordon::chain::evm {
namespace {

tl::unexpected<Error> refuse(std::string_view expected, std::string_view found) {
    return fail(ErrorCode::kMalformed,
                format("expected {}, found \"{}\"", expected, found.substr(0, 80)));
}

/// The digits after "0x"; nothing when it does not begin so.
std::optional<std::string_view> digits_of(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
    return text.substr(2);
}

template <std::size_t N>
Result<std::array<uint8_t, N>> exactly(std::string_view text, std::string_view expected) {
    std::array<uint8_t, N> out;
    const auto digits = digits_of(text);
    if (!digits || digits->size() != 2 * N || !decode_hex(*digits, out))
        return refuse(expected, text);
    return out;
}

/// Big-endian in N bytes; zeros in front may be left out.
template <std::size_t N>
Result<std::array<uint8_t, N>> number_of(std::string_view text, std::string_view expected) {
    const auto digits = digits_of(text);
    if (!digits || digits->empty()) return refuse(expected, text);
    const std::size_t zeros = std::min(digits->find_first_not_of('0'), digits->size());
    const std::string_view rest = digits->substr(zeros);
    if (rest.size() > 2 * N)
        return fail(ErrorCode::kOverflow,
                    format("{} is more than {} bytes", text.substr(0, 80), N));
    std::array<char, 2 * N> padded;
    padded.fill('0');
    std::copy(rest.begin(), rest.end(), padded.end() - static_cast<std::ptrdiff_t>(rest.size()));
    std::array<uint8_t, N> out;
    if (!decode_hex({padded.data(), padded.size()}, out)) return refuse(expected, text);
    return out;
}

constexpr std::string_view kQuantity = "a quantity in hex (\"0x1f\")";

}  // namespace

Result<uint64_t> rpc_number(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    CORDON_TRY(const auto bytes, number_of<8>(text, kQuantity));
    uint64_t number = 0;
    for (const uint8_t byte : bytes) number = number << 8 | byte;
    return number;
}

Result<Amount> rpc_amount(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    CORDON_TRY(const auto bytes, number_of<32>(text, kQuantity));
    return Amount::from_big_endian(bytes);
}

Result<Hash256> rpc_hash(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    CORDON_TRY(const auto bytes, exactly<32>(text, "a hash (0x and 64 hex digits)"));
    return Hash256{bytes};
}

Result<Hash256> rpc_word(std::string_view text) {
    CORDON_TRY(const auto bytes, number_of<32>(text, "a word (0x and up to 64 hex digits)"));
    return Hash256{bytes};
}

Result<Bytes> rpc_bytes(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    const auto digits = digits_of(text);
    Bytes out;
    if (digits && digits->size() % 2 == 0) {
        out.resize(digits->size() / 2);
        if (decode_hex(*digits, out)) return out;
    }
    return refuse("bytes (0x and an even number of hex digits)", text);
}

Result<Address> rpc_address(ChainFamily family, std::string_view text) {
    CORDON_TRY(const auto bytes, exactly<20>(text, "an address (0x and 40 hex digits)"));
    return Address{family == ChainFamily::kTron ? AddressKind::kTron : AddressKind::kEvm, bytes};
}

Result<Address> rpc_address(ChainFamily family, JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    return rpc_address(family, text);
}

Asset token_asset(ChainId chain, const Address& contract) {
    if (contract.kind() == AddressKind::kEvm) return Asset::contract(contract);
    return Asset::parse(format_address(chain, contract)).value_or(Asset{});
}

}  // namespace cordon::chain::evm
