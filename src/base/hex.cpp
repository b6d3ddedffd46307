// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hex.hpp"

#include <tmmintrin.h>

#include "format.hpp"

namespace cordon {
namespace {

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The case as two bits: HexCase without its names.
constexpr unsigned kLowerBit = 1;
constexpr unsigned kUpperBit = 2;

/// 16 digits to 8 bytes; false when one of them is none. SSSE3 is part of x86-64-v2.
bool decode_16(const char* text, uint8_t* out, unsigned& seen) noexcept {
    const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
    const auto within = [](__m128i value, char low, char high) {
        return _mm_and_si128(_mm_cmpgt_epi8(value, _mm_set1_epi8(static_cast<char>(low - 1))),
                             _mm_cmplt_epi8(value, _mm_set1_epi8(static_cast<char>(high + 1))));
    };
    const __m128i digits = within(in, '0', '9');
    const __m128i lower = within(in, 'a', 'f');
    const __m128i upper = within(in, 'A', 'F');
    const __m128i letters = _mm_or_si128(lower, upper);
    if (_mm_movemask_epi8(_mm_or_si128(digits, letters)) != 0xffff) return false;
    seen |= (_mm_movemask_epi8(lower) != 0 ? kLowerBit : 0) |
            (_mm_movemask_epi8(upper) != 0 ? kUpperBit : 0);
    // '0' is 0x30, 'A' 0x41, 'a' 0x61: the low four bits, and nine more for letters.
    const __m128i values = _mm_add_epi8(_mm_and_si128(in, _mm_set1_epi8(15)),
                                        _mm_and_si128(letters, _mm_set1_epi8(9)));
    const __m128i pairs =
        _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));  // 16 * first + second.
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(pairs, pairs));
    return true;
}

void append_hex(std::string& out, ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const std::size_t begin = out.size();
    out.resize(begin + bytes.size() * 2);
    char* at = out.data() + begin;
    for (const uint8_t byte : bytes) {
        *at++ = kDigits[byte >> 4];
        *at++ = kDigits[byte & 15];
    }
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    append_hex(out, bytes);
    return out;
}

std::string to_hex0x(ByteView bytes) {
    std::string out = "0x";
    out.reserve(2 + bytes.size() * 2);
    append_hex(out, bytes);
    return out;
}

std::optional<HexCase> decode_hex(std::string_view text, std::span<uint8_t> out) noexcept {
    if (text.size() != out.size() * 2) return std::nullopt;
    unsigned seen = 0;
    std::size_t at = 0;  // In bytes of `out`.
    for (; at + 8 <= out.size(); at += 8)
        if (!decode_16(text.data() + 2 * at, out.data() + at, seen)) return std::nullopt;
    if (at < out.size() && out.size() >= 8) {  // The rest together with digits already seen.
        at = out.size() - 8;
        if (!decode_16(text.data() + 2 * at, out.data() + at, seen)) return std::nullopt;
        at = out.size();
    }
    for (; at < out.size(); ++at) {
        const int high = digit(text[2 * at]);
        const int low = digit(text[2 * at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        for (const char c : {text[2 * at], text[2 * at + 1]})
            seen |= c >= 'a' ? kLowerBit : c >= 'A' ? kUpperBit : 0;
        out[at] = static_cast<uint8_t>(high * 16 + low);
    }
    return static_cast<HexCase>(seen);
}

Status parse_hex_into(std::string_view text, std::span<uint8_t> out) {
    if (text.size() != out.size() * 2)
        return fail(ErrorCode::kMalformed, format("expected {} hex digits, found {} characters",
                                                  out.size() * 2, text.size()));
    if (decode_hex(text, out)) return {};
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return fail(ErrorCode::kMalformed,
                        format("expected a hex digit at offset {}", high < 0 ? i : i + 1));
        out[i / 2] = static_cast<uint8_t>(high * 16 + low);
    }
    return {};
}

Result<Bytes> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0)
        return fail(ErrorCode::kMalformed,
                    format("expected an even number of hex digits, found {}", text.size()));
    Bytes out(text.size() / 2);
    CORDON_TRY(parse_hex_into(text, out));
    return out;
}

Result<Bytes> parse_hex0x(std::string_view text) {
    if (!text.starts_with("0x"))
        return fail(ErrorCode::kMalformed, "expected hex starting with 0x");
    return parse_hex(text.substr(2));
}

}  // namespace cordon
