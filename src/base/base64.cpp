// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "base64.hpp"

#include <array>

#include "format.hpp"

namespace cordon {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kValues = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kLetters.size(); ++i)
        values[static_cast<uint8_t>(kLetters[i])] = static_cast<int8_t>(i);
    return values;
}();

}  // namespace

std::string to_base64(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[at + i] : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out.push_back(i <= count ? kLetters[group >> (18 - 6 * i) & 63] : '=');
    }
    return out;
}

Result<Bytes> parse_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return fail(ErrorCode::kMalformed,
                    format("{} base64 characters; expected groups of four", text.size()));
    std::size_t digits = text.size();
    while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
    Bytes out;
    out.reserve(text.size() / 4 * 3);
    uint32_t group = 0;
    unsigned bits = 0;
    for (std::size_t at = 0; at < digits; ++at) {
        const int value = kValues[static_cast<uint8_t>(text[at])];
        if (value < 0)
            return fail(ErrorCode::kMalformed,
                        format("offset {}: expected a base64 character", at));
        group = group << 6 | static_cast<uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out.push_back(static_cast<uint8_t>(group >> bits));
        group &= (1U << bits) - 1;
    }
    if (group != 0)
        return fail(ErrorCode::kMalformed,
                    format("offset {}: the last base64 character has bits of nothing", digits));
    return out;
}

}  // namespace cordon
