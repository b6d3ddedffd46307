// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "base58.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::chain {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kChecksumSize = 4;

constexpr std::array<int8_t, 256> make_digits() {
    std::array<int8_t, 256> digits{};
    digits.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
    return digits;
}
constexpr std::array<int8_t, 256> kDigits = make_digits();

/// Multiplies a little-endian number by `base` and adds `carry`: the step of both directions.
void multiply_add(std::vector<uint8_t>& number, unsigned from, unsigned to, unsigned carry) {
    for (uint8_t& digit : number) {
        carry += digit * from;
        digit = static_cast<uint8_t>(carry % to);
        carry /= to;
    }
    for (; carry > 0; carry /= to) number.push_back(static_cast<uint8_t>(carry % to));
}

}  // namespace

std::string format_base58(ByteView bytes) {
    const auto nonzero =
        std::find_if(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
    const auto zeros = static_cast<std::size_t>(nonzero - bytes.begin());
    std::vector<uint8_t> digits;  // Base 58, least significant first.
    digits.reserve(bytes.size() * 138 / 100 + 1);
    for (const uint8_t byte : bytes.subspan(zeros)) multiply_add(digits, 256, 58, byte);

    std::string out(zeros, kAlphabet[0]);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
        out.push_back(kAlphabet[*digit]);
    return out;
}

Result<Bytes> parse_base58(std::string_view text) {
    if (text.size() > kMaxBase58)
        return fail(ErrorCode::kLimit,
                    format("base58 text of {} characters; at most {}", text.size(), kMaxBase58));
    const std::size_t zeros = std::min(text.find_first_not_of(kAlphabet[0]), text.size());
    std::vector<uint8_t> number;  // Base 256, least significant first.
    number.reserve(text.size());
    for (std::size_t i = zeros; i < text.size(); ++i) {
        const int8_t digit = kDigits[static_cast<uint8_t>(text[i])];
        if (digit < 0)
            return fail(ErrorCode::kMalformed,
                        format("expected a base58 character at offset {}", i));
        multiply_add(number, 58, 256, static_cast<unsigned>(digit));
    }
    Bytes out(zeros, 0);
    out.insert(out.end(), number.rbegin(), number.rend());
    return out;
}

std::string format_base58check(ByteView payload) {
    const Hash256 hash = crypto::sha256d(payload);
    Bytes bytes(payload.begin(), payload.end());
    bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.begin() + kChecksumSize);
    return format_base58(bytes);
}

Result<Bytes> parse_base58check(std::string_view text) {
    CORDON_TRY(Bytes bytes, parse_base58(text));
    if (bytes.size() < kChecksumSize)
        return fail(ErrorCode::kTruncated,
                    format("expected at least {} bytes in base58check, found {}", kChecksumSize,
                           bytes.size()));
    const ByteView payload = ByteView{bytes}.first(bytes.size() - kChecksumSize);
    const Hash256 hash = crypto::sha256d(payload);
    if (!std::equal(payload.end(), ByteView{bytes}.end(), hash.bytes.begin()))
        return fail(ErrorCode::kChecksum,
                    "the base58check checksum does not match: a character is wrong or missing");
    bytes.resize(payload.size());
    return bytes;
}

}  // namespace cordon::chain
