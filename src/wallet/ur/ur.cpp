// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ur.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>

#include "bytewords.hpp"
#include "cbor.hpp"

namespace cordon::wallet {
namespace {

constexpr std::size_t kMaxType = 40;
// The longest text that one QR code holds (version 40-L, alphanumeric; ISO/IEC 18004, table 7).
constexpr std::size_t kMaxPart = 4296;

bool is_type(std::string_view text) noexcept {
    return !text.empty() && text.size() <= kMaxType && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

std::string lowered(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

struct Pieces {
    std::string_view type, sequence, words;  ///< The sequence is empty in a single part.
};

Result<Pieces> split(std::string_view text) {
    constexpr std::string_view kScheme = "ur:";
    if (!text.starts_with(kScheme)) return fail(ErrorCode::kMalformed, "no text that begins ur:");
    text.remove_prefix(kScheme.size());
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || !is_type(text.substr(0, slash)))
        return fail(ErrorCode::kMalformed, "a UR without a type");
    Pieces out{text.substr(0, slash), {}, text.substr(slash + 1)};
    if (const std::size_t second = out.words.find('/'); second != std::string_view::npos) {
        out.sequence = out.words.substr(0, second);
        out.words.remove_prefix(second + 1);
        if (out.sequence.empty()) return fail(ErrorCode::kMalformed, "a UR with an empty piece");
    }
    return out;
}

std::string sequence_of(const FountainPart& part) {
    return format("{}-{}", part.number, part.count);
}

}  // namespace

Result<Ur> make_ur(std::string_view type, ByteView content) {
    if (!is_type(type))
        return fail(ErrorCode::kInvalidParam,
                    "a UR type has small letters, digits and hyphens, at most 40");
    Ur out{std::string{type}, {}};
    append_cbor_bytes(out.cbor, content);
    return out;
}

std::string_view ur_type_of(ByteView content) noexcept {
    const std::string_view text{reinterpret_cast<const char*>(content.data()), content.size()};
    using namespace std::string_view_literals;
    if (text.starts_with("psbt\xff"sv)) return kUrPsbt;  // BIP-174.
    if (text.starts_with("{\"cordon\":\"bundle "sv)) return kUrBundle;
    return kUrBytes;
}

Result<Bytes> content_of(const Ur& ur) {
    CborReader reader{ur.cbor};
    const auto content = reader.byte_string();
    if (!content || !reader.end())
        return fail(ErrorCode::kUnsupported, format("ur:{} holds no plain bytes", ur.type));
    return Bytes{content->begin(), content->end()};
}

std::string format_ur(const Ur& ur) {
    return format("ur:{}/{}", ur.type, to_bytewords(ur.cbor, WordStyle::kMinimal));
}

Result<Ur> parse_ur(std::string_view text) {
    if (text.size() > 2 * kMaxUrMessage)
        return fail(ErrorCode::kLimit, "a UR of more than a megabyte");
    const std::string small = lowered(text);
    CORDON_TRY(const Pieces pieces, split(small));
    if (!pieces.sequence.empty())
        return fail(ErrorCode::kMalformed, "one part of several, not a UR of its own");
    CORDON_TRY(Bytes cbor, parse_bytewords(pieces.words, WordStyle::kMinimal));
    return Ur{std::string{pieces.type}, std::move(cbor)};
}

Result<UrEncoder> UrEncoder::make(const Ur& ur, std::size_t longest_fragment) {
    CORDON_TRY(FountainEncoder fountain, FountainEncoder::make(ur.cbor, longest_fragment));
    return UrEncoder{ur, std::move(fountain)};
}

std::string UrEncoder::part(uint32_t number) const {
    if (count() == 1) return format_ur(ur_);
    const FountainPart part = fountain_.part(number);
    return format("ur:{}/{}/{}", ur_.type, sequence_of(part),
                  to_bytewords(format_part(part), WordStyle::kMinimal));
}

Status UrDecoder::receive(std::string_view text) {
    if (text.size() > kMaxPart) return fail(ErrorCode::kLimit, "longer than a QR code can be");
    const std::string small = lowered(text);
    CORDON_TRY(const Pieces pieces, split(small));
    CORDON_TRY(Bytes cbor, parse_bytewords(pieces.words, WordStyle::kMinimal));
    if (!type_.empty() && pieces.type != type_)
        return fail(ErrorCode::kConflict,
                    format("a frame of type {} among frames of type {}", pieces.type, type_));
    if (pieces.sequence.empty()) {
        Ur whole{std::string{pieces.type}, std::move(cbor)};
        if (ur_ ? *ur_ != whole : count() != 0)
            return fail(ErrorCode::kConflict, "a frame of another message");
        type_ = whole.type;
        ur_ = std::move(whole);
        return {};
    }
    CORDON_TRY(const FountainPart part, parse_part(cbor));
    if (pieces.sequence != sequence_of(part))
        return fail(ErrorCode::kMalformed, "a part whose number outside is not the one inside");
    if (ur_ && count() == 0) return fail(ErrorCode::kConflict, "a frame of another message");
    CORDON_TRY(fountain_.receive(part));
    type_ = pieces.type;
    if (fountain_.done() && !ur_) ur_ = Ur{type_, fountain_.message()};
    return {};
}

}  // namespace cordon::wallet
