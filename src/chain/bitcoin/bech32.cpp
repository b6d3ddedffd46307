// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bech32.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumSize = 6;
constexpr std::size_t kMaxText = 90;  // BIP-173: the code finds four errors up to this length only.
constexpr uint32_t kBech32Final = 1;
constexpr uint32_t kBech32mFinal = 0x2bc830a3;

constexpr std::array<int8_t, 256> make_digits() {
    std::array<int8_t, 256> digits{};
    digits.fill(-1);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        digits[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
    return digits;
}
constexpr std::array<int8_t, 256> kDigits = make_digits();

/// The BCH code of BIP-173, one five-bit value at a time.
class Checksum {
public:
    void add(uint8_t value) noexcept {
        static constexpr std::array<uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                            0x3d4233dd, 0x2a1462b3};
        const uint32_t top = state_ >> 25;
        state_ = (state_ & 0x1ffffff) << 5 ^ value;
        for (std::size_t i = 0; i < kGenerator.size(); ++i)
            if ((top >> i & 1) != 0) state_ ^= kGenerator[i];
    }
    void add_prefix(std::string_view prefix) noexcept {
        for (const char c : prefix) add(static_cast<uint8_t>(static_cast<uint8_t>(c) >> 5));
        add(0);
        for (const char c : prefix) add(static_cast<uint8_t>(c & 31));
    }
    uint32_t value() const noexcept { return state_; }

private:
    uint32_t state_ = 1;
};

/// Lower case of the text, or where and why it is no bech32 text.
Result<std::string> to_one_case(std::string_view text) {
    std::string lower(text);
    bool has_lower = false;
    bool has_upper = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c < 33 || c > 126)
            return fail(ErrorCode::kMalformed,
                        format("expected a printable ASCII character at offset {}", i));
        has_lower |= c >= 'a' && c <= 'z';
        if (c < 'A' || c > 'Z') continue;
        has_upper = true;
        lower[i] = static_cast<char>(c - 'A' + 'a');
    }
    if (has_lower && has_upper)
        return fail(ErrorCode::kMalformed,
                    "bech32 text mixes upper and lower case: write all of it in one");
    return lower;
}

/// Regroups bits; the rest must be less than a group of `from` bits, all zero (BIP-173).
Result<Bytes> to_bytes(ByteView values) {
    Bytes out;
    uint32_t bits = 0;
    unsigned count = 0;
    for (const uint8_t value : values) {
        bits = bits << 5 | value;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        out.push_back(static_cast<uint8_t>(bits >> count));
        bits &= (1U << count) - 1;
    }
    if (count >= 5 || bits != 0)
        return fail(ErrorCode::kMalformed,
                    "expected fewer than five padding bits, all zero, after the witness program");
    return out;
}

}  // namespace

std::string format_bech32(const Bech32& data) {
    Checksum checksum;
    checksum.add_prefix(data.prefix);
    std::string out = data.prefix + '1';
    for (const uint8_t value : data.values) {
        checksum.add(value);
        out.push_back(kAlphabet[value]);
    }
    for (std::size_t i = 0; i < kChecksumSize; ++i) checksum.add(0);
    const uint32_t code =
        checksum.value() ^ (data.kind == Bech32Kind::kBech32 ? kBech32Final : kBech32mFinal);
    for (std::size_t i = 0; i < kChecksumSize; ++i)
        out.push_back(kAlphabet[code >> 5 * (kChecksumSize - 1 - i) & 31]);
    return out;
}

Result<Bech32> parse_bech32(std::string_view text) {
    if (text.size() > kMaxText)
        return fail(ErrorCode::kLimit,
                    format("bech32 text of {} characters; at most {}", text.size(), kMaxText));
    CORDON_TRY(const std::string lower, to_one_case(text));
    const std::size_t separator = lower.rfind('1');
    if (separator == std::string::npos)
        return fail(ErrorCode::kMalformed, "expected the separator '1' of bech32");
    if (separator == 0)
        return fail(ErrorCode::kMalformed, "expected a prefix before the separator at offset 0");
    if (lower.size() - separator - 1 < kChecksumSize)
        return fail(ErrorCode::kTruncated,
                    format("expected {} checksum characters after the separator at offset {}",
                           kChecksumSize, separator));
    Bech32 out;
    out.prefix = lower.substr(0, separator);
    Checksum checksum;
    checksum.add_prefix(out.prefix);
    for (std::size_t i = separator + 1; i < lower.size(); ++i) {
        const int8_t digit = kDigits[static_cast<uint8_t>(lower[i])];
        if (digit < 0)
            return fail(ErrorCode::kMalformed,
                        format("expected a bech32 character at offset {}", i));
        checksum.add(static_cast<uint8_t>(digit));
        out.values.push_back(static_cast<uint8_t>(digit));
    }
    if (checksum.value() != kBech32Final && checksum.value() != kBech32mFinal)
        return fail(ErrorCode::kChecksum,
                    "the bech32 checksum does not match: a character is wrong or missing");
    out.kind = checksum.value() == kBech32Final ? Bech32Kind::kBech32 : Bech32Kind::kBech32m;
    out.values.resize(out.values.size() - kChecksumSize);
    return out;
}

std::string format_segwit(std::string_view prefix, const WitnessProgram& program) {
    Bech32 data{
        program.version == 0 ? Bech32Kind::kBech32 : Bech32Kind::kBech32m, std::string(prefix), {}};
    data.values.push_back(program.version);
    uint32_t bits = 0;
    unsigned count = 0;
    for (const uint8_t byte : program.program) {
        bits = bits << 8 | byte;
        for (count += 8; count >= 5; count -= 5)
            data.values.push_back(static_cast<uint8_t>(bits >> (count - 5) & 31));
        bits &= (1U << count) - 1;
    }
    if (count > 0) data.values.push_back(static_cast<uint8_t>(bits << (5 - count) & 31));
    return format_bech32(data);
}

Result<SegwitAddress> parse_segwit(std::string_view text) {
    CORDON_TRY(Bech32 data, parse_bech32(text));
    if (data.values.empty())
        return fail(ErrorCode::kTruncated, "expected a witness version after the separator");
    SegwitAddress out;
    out.prefix = std::move(data.prefix);
    out.program.version = data.values[0];
    if (out.program.version > 16)
        return fail(ErrorCode::kMalformed,
                    format("witness version {}; expected 0..16", out.program.version));
    const Bech32Kind expected =
        out.program.version == 0 ? Bech32Kind::kBech32 : Bech32Kind::kBech32m;
    if (data.kind != expected)
        return fail(ErrorCode::kChecksum,
                    format("witness version {} must carry a {} checksum (BIP-350)",
                           out.program.version, out.program.version == 0 ? "bech32" : "bech32m"));
    CORDON_TRY(out.program.program, to_bytes(ByteView{data.values}.subspan(1)));
    const std::size_t size = out.program.program.size();
    if (size < 2 || size > 40 || (out.program.version == 0 && size != 20 && size != 32))
        return fail(
            ErrorCode::kMalformed,
            format("a witness program of version {} with {} bytes; expected {}",
                   out.program.version, size, out.program.version == 0 ? "20 or 32" : "2..40"));
    return out;
}

}  // namespace cordon::chain
