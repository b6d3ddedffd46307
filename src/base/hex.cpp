// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "hex.hpp"

#include "format.hpp"

namespace cordon {
namespace {

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_hex(std::string& out, ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (const uint8_t byte : bytes) {
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
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

Status parse_hex_into(std::string_view text, std::span<uint8_t> out) {
    if (text.size() != out.size() * 2)
        return fail(ErrorCode::kMalformed, format("expected {} hex digits, found {} characters",
                                                  out.size() * 2, text.size()));
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
