// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "abi.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;
constexpr std::size_t kWord = 32;

bool is_dynamic(const AbiType& type) {
    if (type.kind == Kind::kBytes || type.kind == Kind::kString) return true;
    if (type.kind == Kind::kArray && type.size == 0) return true;
    return std::any_of(type.parts.begin(), type.parts.end(), is_dynamic);
}

/// Bytes that a type takes in the head of what contains it.
std::size_t head_size(const AbiType& type) {
    if (is_dynamic(type)) return kWord;
    if (type.kind == Kind::kArray) return type.size * head_size(type.parts[0]);
    if (type.kind != Kind::kTuple) return kWord;
    std::size_t sum = 0;
    for (const AbiType& part : type.parts) sum += head_size(part);
    return sum;
}

class SignatureParser {
public:
    explicit SignatureParser(std::string_view text) : text_{text} {}

    Result<AbiSignature> run() {
        AbiSignature signature;
        const std::size_t open = std::min(text_.find('('), text_.size());
        if (open == 0 || open == text_.size()) return refuse("a name and its types in parentheses");
        const auto is_name = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '$';
        };
        if (!std::all_of(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(open), is_name))
            return refuse("a name of letters, digits, _ and $");
        canonical_ = text_.substr(0, open);
        at_ = open;
        CORDON_TRY(signature.arguments, tuple(0, true));
        if (at_ != text_.size()) return refuse("nothing after the closing parenthesis");
        signature.hash = crypto::keccak256(
            {reinterpret_cast<const uint8_t*>(canonical_.data()), canonical_.size()});
        signature.text = std::move(canonical_);
        return signature;
    }

private:
    tl::unexpected<Error> refuse(std::string_view expected) const {
        return fail(ErrorCode::kMalformed, format("signature \"{}\": at {}: expected {}",
                                                  text_.substr(0, 200), at_, expected));
    }
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Result<AbiType> tuple(std::size_t depth, bool outermost) {
        AbiType type{Kind::kTuple, 0, {}, false};
        if (!take('(')) return refuse("(");
        canonical_ += '(';
        while (!take(')')) {
            if (!type.parts.empty()) {
                if (!take(',')) return refuse(", or )");
                canonical_ += ',';
            }
            CORDON_TRY(AbiType part, this->type(depth + 1));
            skip_blanks();
            constexpr std::string_view kIndexed = "indexed";
            if (outermost && text_.substr(at_).starts_with(kIndexed)) {
                part.indexed = true;
                at_ += kIndexed.size();
            }
            type.parts.push_back(std::move(part));
        }
        if (type.parts.empty() && !outermost) return refuse("a type: a tuple holds something");
        canonical_ += ')';
        return type;
    }

    Result<AbiType> type(std::size_t depth) {
        if (depth > kMaxAbiDepth || ++types_ > kMaxAbiTypes)
            return fail(ErrorCode::kLimit,
                        format("signature \"{}\": too many types or levels", text_.substr(0, 200)));
        skip_blanks();
        AbiType found;
        if (at_ < text_.size() && text_[at_] == '(') {
            CORDON_TRY(found, tuple(depth, false));
        } else {
            CORDON_TRY(found, plain());
        }
        while (at_ < text_.size() && text_[at_] == '[') {
            ++at_;
            CORDON_TRY(const uint32_t length, number(kMaxAbiArray));
            if (at_ == text_.size() || text_[at_] != ']') return refuse("]");
            ++at_;
            if (++depth > kMaxAbiDepth)
                return fail(ErrorCode::kLimit,
                            format("signature \"{}\": too many levels", text_.substr(0, 200)));
            canonical_ += length == 0 ? "[]" : format("[{}]", length);
            found = AbiType{Kind::kArray, length, {std::move(found)}, false};
            if (head_size(found) > kMaxAbiHead)
                return fail(ErrorCode::kLimit,
                            format("signature \"{}\": an array too large", text_.substr(0, 200)));
        }
        return found;
    }

    Result<AbiType> plain() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] >= 'a' && text_[at_] <= 'z') ++at_;
        const std::string_view name = text_.substr(begin, at_ - begin);
        const std::size_t digits = at_;
        CORDON_TRY(const uint32_t size, number(256));
        const bool sized = at_ != digits;
        if (name == "uint" || name == "int") {
            const uint32_t bits = sized ? size : 256;
            if (bits == 0 || bits % 8 != 0) return refuse("bits in whole bytes, 8 to 256");
            canonical_ += format("{}{}", name, bits);
            return AbiType{name == "uint" ? Kind::kUint : Kind::kInt, bits, {}, false};
        }
        if (name == "bytes" && sized) {
            if (size == 0 || size > kWord) return refuse("bytes1 to bytes32");
            canonical_ += format("bytes{}", size);
            return AbiType{Kind::kFixedBytes, size, {}, false};
        }
        if (name == "fixed" || name == "ufixed" || name == "function")
            return fail(ErrorCode::kUnsupported, format("signature \"{}\": type {} is not read",
                                                        text_.substr(0, 200), name));
        if (!sized) {
            constexpr std::array<std::pair<std::string_view, Kind>, 4> kNames{
                {{"bool", Kind::kBool},
                 {"address", Kind::kAddress},
                 {"bytes", Kind::kBytes},
                 {"string", Kind::kString}}};
            for (const auto& [known, kind] : kNames)
                if (name == known) {
                    canonical_ += known;
                    return AbiType{kind, 0, {}, false};
                }
        }
        at_ = begin;
        return refuse("a type");
    }

    /// 0 when there are no digits.
    Result<uint32_t> number(std::size_t most) {
        uint32_t value = 0;
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
            value = value * 10 + static_cast<uint32_t>(text_[at_++] - '0');
            if (value > most || text_[begin] == '0') return refuse("a smaller number");
        }
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t types_ = 0;
    std::string canonical_;
};

class Decoder {
public:
    explicit Decoder(ByteView data) : data_{data} {}

    /// Values that stand one after the other from `base` on; offsets count from there.
    template <typename TypeOf>
    Result<std::vector<AbiValue>> sequence(std::size_t base, std::size_t count, std::size_t heads,
                                           const TypeOf& type_of) {
        if (heads > data_.size() - std::min(base, data_.size())) return truncated(base, heads);
        std::vector<AbiValue> values;
        std::size_t at = base;
        for (std::size_t i = 0; i < count; ++i) {
            const AbiType& type = type_of(i);
            std::size_t place = at;
            if (is_dynamic(type)) {
                CORDON_TRY(const std::size_t offset, size_at(at));
                if (offset < heads)
                    return fail(ErrorCode::kMalformed,
                                format("ABI: at {}: offset {} points into the head of {} bytes", at,
                                       offset, heads));
                if (offset > data_.size() - base) return truncated(base, offset);
                place = base + offset;
            }
            CORDON_TRY(AbiValue value, this->value(type, place));
            values.push_back(std::move(value));
            at += head_size(type);
        }
        return values;
    }

    Result<AbiValue> tuple(const AbiType& type, std::size_t at) {
        std::size_t heads = 0;
        for (const AbiType& part : type.parts) heads += head_size(part);
        AbiValue value;
        CORDON_TRY(value.items,
                   sequence(at, type.parts.size(), heads,
                            [&](std::size_t i) -> const AbiType& { return type.parts[i]; }));
        return value;
    }

    Result<AbiValue> value(const AbiType& type, std::size_t at) {
        if (++values_ > kMaxAbiValues)
            return fail(ErrorCode::kLimit, format("ABI: more than {} values", kMaxAbiValues));
        switch (type.kind) {
            case Kind::kTuple: return tuple(type, at);
            case Kind::kArray: return array(type, at);
            case Kind::kBytes:
            case Kind::kString: return bytes(at);
            default: break;
        }
        if (at > data_.size() || data_.size() - at < kWord) return truncated(at, kWord);
        return word(type, data_.subspan(at, kWord), at);
    }

    static Result<AbiValue> word(const AbiType& type, ByteView word, std::size_t at) {
        const auto refuse = [&](std::string_view what) {
            return fail(ErrorCode::kMalformed, format("ABI: at {}: {}", at, what));
        };
        const auto all_are = [&](std::size_t from, std::size_t to, uint8_t fill) {
            return std::all_of(word.begin() + static_cast<std::ptrdiff_t>(from),
                               word.begin() + static_cast<std::ptrdiff_t>(to),
                               [&](uint8_t byte) { return byte == fill; });
        };
        AbiValue value;
        if (type.kind == Kind::kFixedBytes) {
            if (!all_are(type.size, kWord, 0)) return refuse("bytes after a shorter value");
            value.bytes = word.first(type.size);
            return value;
        }
        if (type.kind == Kind::kAddress) {
            if (!all_are(0, 12, 0)) return refuse("an address has 20 bytes");
            value.address = Address{AddressKind::kEvm, word.subspan(12)};
            return value;
        }
        CORDON_TRY(value.number, Amount::from_big_endian(word));
        if (type.kind == Kind::kBool && value.number > Amount{1U})
            return refuse("a bool is 0 or 1");
        if (type.kind == Kind::kUint && value.number.bit_width() > type.size)
            return refuse(format("a number of more than {} bits", type.size));
        if (type.kind == Kind::kInt) {
            const std::size_t pad = kWord - type.size / 8;
            const uint8_t sign = (word[pad] & 0x80) != 0 ? 0xFF : 0;
            if (!all_are(0, pad, sign))
                return refuse(format("a signed number of more than {} bits", type.size));
        }
        return value;
    }

private:
    tl::unexpected<Error> truncated(std::size_t at, std::size_t wanted) const {
        return fail(
            ErrorCode::kTruncated,
            format("ABI: at {}: expected {} bytes, the data ends at {}", at, wanted, data_.size()));
    }

    /// A length or an offset.
    Result<std::size_t> size_at(std::size_t at) const {
        if (at > data_.size() || data_.size() - at < kWord) return truncated(at, kWord);
        CORDON_TRY(const Amount size, Amount::from_big_endian(data_.subspan(at, kWord)));
        if (!size.fits_u64() || size.low_u64() > data_.size())
            return fail(ErrorCode::kTruncated,
                        format("ABI: at {}: a length or offset beyond the data of {} bytes", at,
                               data_.size()));
        return static_cast<std::size_t>(size.low_u64());
    }

    Result<AbiValue> bytes(std::size_t at) {
        CORDON_TRY(const std::size_t size, size_at(at));
        const std::size_t begin = at + kWord;
        if (size > data_.size() - begin) return truncated(begin, size);
        AbiValue value;
        value.bytes = data_.subspan(begin, size);
        // Encoders pad to whole words; the last value's padding may be missing (packed callers).
        const std::size_t pad =
            std::min((kWord - size % kWord) % kWord, data_.size() - begin - size);
        const ByteView padding = data_.subspan(begin + size, pad);
        if (std::any_of(padding.begin(), padding.end(), [](uint8_t byte) { return byte != 0; }))
            return fail(ErrorCode::kMalformed,
                        format("ABI: at {}: padding that is not zero", begin + size));
        return value;
    }

    Result<AbiValue> array(const AbiType& type, std::size_t at) {
        std::size_t count = type.size;
        if (count == 0) {
            CORDON_TRY(count, size_at(at));
            at += kWord;
        }
        AbiValue value;
        CORDON_TRY(value.items,
                   sequence(at, count, count * head_size(type.parts[0]),
                            [&](std::size_t) -> const AbiType& { return type.parts[0]; }));
        return value;
    }

    ByteView data_;
    std::size_t values_ = 0;
};

}  // namespace

std::array<uint8_t, 4> AbiSignature::selector() const noexcept {
    std::array<uint8_t, 4> out{};
    std::copy_n(hash.bytes.begin(), out.size(), out.begin());
    return out;
}

Result<AbiSignature> parse_abi_signature(std::string_view text) {
    return SignatureParser{text}.run();
}

Result<AbiValue> decode_abi(const AbiType& arguments, ByteView data) {
    return Decoder{data}.tuple(arguments, 0);
}

Result<AbiValue> decode_abi_call(const AbiSignature& signature, ByteView input) {
    const auto selector = signature.selector();
    if (input.size() < selector.size() ||
        !std::equal(selector.begin(), selector.end(), input.begin()))
        return fail(ErrorCode::kMalformed, format("ABI: no call of {}", signature.text));
    return decode_abi(signature.arguments, input.subspan(selector.size()));
}

Result<AbiValue> decode_abi_log(const AbiSignature& signature, std::span<const Hash256> topics,
                                ByteView data) {
    std::vector<AbiValue> in_topics;
    AbiType in_data{AbiType::Kind::kTuple, 0, {}, false};
    for (const AbiType& type : signature.arguments.parts) {
        if (!type.indexed) {
            in_data.parts.push_back(type);
            continue;
        }
        const std::size_t place = in_topics.size() + 1;
        if (place >= topics.size()) break;
        const bool hashed = is_dynamic(type) || !type.parts.empty();
        CORDON_TRY(AbiValue value,
                   Decoder::word(hashed ? AbiType{Kind::kFixedBytes, kWord, {}, false} : type,
                                 topics[place], place));
        in_topics.push_back(std::move(value));
    }
    const auto indexed =
        std::count_if(signature.arguments.parts.begin(), signature.arguments.parts.end(),
                      [](const AbiType& type) { return type.indexed; });
    if (topics.size() != static_cast<std::size_t>(indexed) + 1 || topics[0] != signature.hash)
        return fail(ErrorCode::kMalformed, format("ABI: no log of {}", signature.text));
    CORDON_TRY(AbiValue rest, decode_abi(in_data, data));
    AbiValue all;
    std::size_t from_topics = 0, from_data = 0;
    for (const AbiType& type : signature.arguments.parts)
        all.items.push_back(
            std::move(type.indexed ? in_topics[from_topics++] : rest.items[from_data++]));
    return all;
}

}  // namespace cordon::chain
