// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "abi.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "abi_layout.hpp"

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;
constexpr std::size_t kWord = kAbiWord;

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
            if (is_abi_dynamic(type)) {
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
            at += abi_head_size(type);
        }
        return values;
    }

    Result<AbiValue> tuple(const AbiType& type, std::size_t at) {
        std::size_t heads = 0;
        for (const AbiType& part : type.parts) heads += abi_head_size(part);
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
                   sequence(at, count, count * abi_head_size(type.parts[0]),
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
    const std::size_t first = signature.anonymous ? 0 : 1;
    std::vector<AbiValue> in_topics;
    AbiType in_data{AbiType::Kind::kTuple};
    for (const AbiType& type : signature.arguments.parts) {
        if (!type.indexed) {
            in_data.parts.push_back(type);
            continue;
        }
        const std::size_t place = in_topics.size() + first;
        if (place >= topics.size()) break;
        const bool hashed = is_abi_dynamic(type) || !type.parts.empty();
        CORDON_TRY(AbiValue value, Decoder::word(hashed ? AbiType{Kind::kFixedBytes, kWord} : type,
                                                 topics[place], place));
        in_topics.push_back(std::move(value));
    }
    const auto indexed =
        std::count_if(signature.arguments.parts.begin(), signature.arguments.parts.end(),
                      [](const AbiType& type) { return type.indexed; });
    if (topics.size() != static_cast<std::size_t>(indexed) + first ||
        (!signature.anonymous && topics[0] != signature.hash))
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
