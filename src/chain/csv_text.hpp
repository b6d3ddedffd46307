// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace cordon::chain {

/// What a line of text contains that needs a closer look.
struct TextScan {
    bool quote = false;
    bool unusual = false;  ///< A NUL or a byte outside ASCII.
};

/// One pass over the line, eight bytes at a time: nearly every line of every file is plain ASCII
/// without quotes.
inline TextScan scan_text(std::string_view text) noexcept {
    constexpr uint64_t kOnes = 0x0101010101010101ULL;
    constexpr uint64_t kHighs = 0x8080808080808080ULL;
    uint64_t quotes = 0;
    uint64_t unusual = 0;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        uint64_t word;
        std::memcpy(&word, text.data() + i, 8);
        const uint64_t without_quotes = word ^ (kOnes * '"');
        // (x - 0x01..) & ~x & 0x80..: not zero exactly when some byte of x is zero.
        quotes |= (without_quotes - kOnes) & ~without_quotes & kHighs;
        unusual |= ((word - kOnes) & ~word & kHighs) | (word & kHighs);
    }
    TextScan scan{quotes != 0, unusual != 0};
    for (; i < text.size(); ++i) {
        scan.quote |= text[i] == '"';
        scan.unusual |= text[i] == '\0' || (static_cast<unsigned char>(text[i]) & 0x80) != 0;
    }
    return scan;
}

/// The offset of the first NUL, or of the first byte that is not UTF-8 (RFC 3629: no overlong
/// forms, no surrogates, nothing above U+10FFFF).
inline std::optional<std::size_t> find_bad_text(std::string_view text) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned char first = at(i);
        if (first == 0) return i;
        if (first < 0x80) {
            ++i;
            continue;
        }
        const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        if (first < 0xc2 || first > 0xf4 || i + length > text.size()) return i;
        for (std::size_t k = 1; k < length; ++k)
            if ((at(i + k) & 0xc0) != 0x80) return i;
        const unsigned char second = at(i + 1);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return i;
        i += length;
    }
    return std::nullopt;
}

}  // namespace cordon::chain
