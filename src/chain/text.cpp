// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "bitcoin/address_text.hpp"
#include "bitcoin/base58.hpp"

namespace cordon::chain {
namespace {

constexpr uint8_t kTronVersion = 0x41;
constexpr std::size_t kEvmText = 42;

/// The 40 digits with the case that EIP-55 gives them.
std::string checksummed(ByteView payload) {
    std::string digits = to_hex(payload);
    const Hash256 hash =
        crypto::keccak256({reinterpret_cast<const uint8_t*>(digits.data()), digits.size()});
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const int nibble = i % 2 == 0 ? hash.bytes[i / 2] >> 4 : hash.bytes[i / 2] & 15;
        if (nibble >= 8 && digits[i] >= 'a') digits[i] = static_cast<char>(digits[i] - 'a' + 'A');
    }
    return digits;
}

Result<Address> parse_evm(std::string_view text) {
    if (text.size() != kEvmText || !text.starts_with("0x"))
        return fail(ErrorCode::kMalformed,
                    format("expected 0x and 40 hex digits, found {} characters", text.size()));
    const std::string_view digits = text.substr(2);
    std::array<uint8_t, 20> payload;
    const std::optional<HexCase> letters = decode_hex(digits, payload);
    if (!letters)
        return fail(ErrorCode::kMalformed,
                    format("expected a hex digit at offset {}",
                           2 + digits.find_first_not_of("0123456789abcdefABCDEF")));
    if (*letters == HexCase::kMixed && digits != checksummed(payload))
        return fail(ErrorCode::kChecksum,
                    "the EIP-55 checksum (the case of the letters) does not match: a digit is "
                    "wrong, or the case was "
                    "changed; write all letters small to go without it");
    return Address{AddressKind::kEvm, payload};
}

Result<Address> parse_tron(std::string_view text) {
    CORDON_TRY(const Bytes bytes, parse_base58check(text));
    if (bytes.size() != 21 || bytes[0] != kTronVersion)
        return fail(ErrorCode::kMalformed, "expected a base58check address of version 0x41 (T...)");
    return Address{AddressKind::kTron, ByteView{bytes}.subspan(1)};
}

Result<Address> parse_as(ChainId chain, std::string_view text) {
    switch (chain.family) {
        case ChainFamily::kBitcoin: return parse_bitcoin_address(chain, text);
        case ChainFamily::kEvm: return parse_evm(text);
        case ChainFamily::kTron: return parse_tron(text);
    }
    return fail(ErrorCode::kUnsupported, "this chain has no address form");
}

std::string_view hash_prefix(ChainId chain) noexcept {
    return chain.family == ChainFamily::kEvm ? "0x" : "";
}

}  // namespace

Result<Address> parse_address(ChainId chain, std::string_view text) {
    Result<Address> address = parse_as(chain, text);
    if (address || address.error().code == ErrorCode::kWrongChain) return address;
    const std::optional<ChainId> other = guess_chain(text);
    if (other && other->family != chain.family)
        return fail(ErrorCode::kWrongChain,
                    format("an address of {}, expected one of {}",
                           other->family == ChainFamily::kEvm ? "an EVM chain" : to_string(*other),
                           to_string(chain)));
    return fail(address.error().in(format("address on {}", to_string(chain))));
}

std::optional<ChainId> guess_chain(std::string_view text) {
    for (const ChainId chain :
         {kEthereum, kTronMainnet, kBitcoin, kBitcoinTestnet, kBitcoinRegtest})
        if (parse_as(chain, text)) return chain;
    return std::nullopt;
}

std::string format_address(ChainId chain, const Address& address) {
    switch (address.kind()) {
        case AddressKind::kNone: return {};
        case AddressKind::kEvm: return to_hex0x(address.payload());
        case AddressKind::kTron: {
            Bytes bytes{kTronVersion};
            bytes.insert(bytes.end(), address.payload().begin(), address.payload().end());
            return format_base58check(bytes);
        }
        default: return format_bitcoin_address(chain, address);
    }
}

std::string display_address(ChainId chain, const Address& address) {
    if (address.kind() != AddressKind::kEvm) return format_address(chain, address);
    return "0x" + checksummed(address.payload());
}

Result<Hash256> parse_hash(ChainId chain, std::string_view text) {
    const std::string_view prefix = hash_prefix(chain);
    Hash256 hash;
    if (text.size() != prefix.size() + 64 || !text.starts_with(prefix))
        return fail(ErrorCode::kMalformed,
                    format("expected a hash of {} as {}64 hex digits, found {} characters",
                           to_string(chain), prefix.empty() ? "" : "0x and ", text.size()));
    CORDON_TRY(parse_hex_into(text.substr(prefix.size()), hash.bytes));
    if (chain.family == ChainFamily::kBitcoin) std::reverse(hash.bytes.begin(), hash.bytes.end());
    return hash;
}

std::string format_hash(ChainId chain, const Hash256& hash) {
    Hash256 shown = hash;
    if (chain.family == ChainFamily::kBitcoin) std::reverse(shown.bytes.begin(), shown.bytes.end());
    return chain.family == ChainFamily::kEvm ? to_hex0x(shown) : to_hex(shown);
}

Result<OutPoint> parse_outpoint(ChainId chain, std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos)
        return fail(ErrorCode::kMalformed, "expected TXID:VOUT, found no colon");
    OutPoint point;
    CORDON_TRY(point.txid, parse_hash(chain, text.substr(0, colon)));
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), point.index);
    if (error == std::errc::result_out_of_range)
        return fail(ErrorCode::kOverflow,
                    format("output index at offset {} exceeds 32 bits", colon + 1));
    if (error != std::errc{} || end != digits.data() + digits.size() ||
        (digits.size() > 1 && digits[0] == '0'))
        return fail(ErrorCode::kMalformed,
                    format("expected a decimal output index at offset {}", colon + 1));
    return point;
}

std::string format_outpoint(ChainId chain, const OutPoint& point) {
    return format("{}:{}", format_hash(chain, point.txid), point.index);
}

}  // namespace cordon::chain
