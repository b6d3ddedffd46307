// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "abi_layout.hpp"

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;

tl::unexpected<Error> unfit(std::string_view what) {
    return fail(ErrorCode::kInvalidParam, format("ABI: a value that is no {}", what));
}

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_word(Bytes& out, const Amount& number) { append(out, number.to_big_endian()); }

void pad_right(Bytes& out, std::size_t size) {
    out.insert(out.end(), (kAbiWord - size % kAbiWord) % kAbiWord, 0);
}

/// The types of a tuple's or an array's items.
const AbiType& type_of(const AbiType& type, std::size_t i) {
    return type.kind == Kind::kArray ? type.parts[0] : type.parts[i];
}

Status check_count(const AbiType& type, const AbiValue& value) {
    const bool any = type.kind == Kind::kArray && type.size == 0;
    const std::size_t count = type.kind == Kind::kTuple ? type.parts.size() : type.size;
    if (!any && value.items.size() != count) return unfit(format("list of {} items", count));
    return {};
}

/// A value of one word, without padding.
Result<Bytes> plain(const AbiType& type, const AbiValue& value) {
    const auto digits = value.number.to_big_endian();
    const std::size_t size = type.kind == Kind::kBool ? 1 : type.size / 8;
    switch (type.kind) {
        case Kind::kAddress:
            if (value.address.payload().size() != 20) return unfit("address");
            return Bytes{value.address.payload().begin(), value.address.payload().end()};
        case Kind::kFixedBytes:
            if (value.bytes.size() != type.size) return unfit(format("bytes{}", type.size));
            return Bytes{value.bytes.begin(), value.bytes.end()};
        case Kind::kBool:
            if (value.number > Amount{1U}) return unfit("bool");
            break;
        case Kind::kUint:
            if (value.number.bit_width() > type.size) return unfit(format("uint{}", type.size));
            break;
        default: {
            const uint8_t sign = (digits[kAbiWord - size] & 0x80) != 0 ? 0xFF : 0;
            if (!std::all_of(digits.begin(), digits.end() - static_cast<std::ptrdiff_t>(size),
                             [&](uint8_t byte) { return byte == sign; }))
                return unfit(format("int{}", type.size));
        }
    }
    return Bytes{digits.end() - static_cast<std::ptrdiff_t>(size), digits.end()};
}

Result<Bytes> padded(const AbiType& type, const AbiValue& value) {
    CORDON_TRY(Bytes bytes, plain(type, value));
    const std::size_t missing = kAbiWord - bytes.size();
    const bool left = type.kind != Kind::kFixedBytes;
    const bool negative = type.kind == Kind::kInt && (bytes[0] & 0x80) != 0;
    bytes.insert(left ? bytes.begin() : bytes.end(), missing, negative ? 0xFF : 0);
    return bytes;
}

Status encode(const AbiType& type, const AbiValue& value, Bytes& out);

/// Heads, then tails; offsets count from the first head.
Status encode_items(const AbiType& type, const AbiValue& value, Bytes& out) {
    std::size_t heads = 0;
    for (std::size_t i = 0; i < value.items.size(); ++i) heads += abi_head_size(type_of(type, i));
    Bytes tails;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const AbiType& part = type_of(type, i);
        if (!is_abi_dynamic(part)) {
            CORDON_TRY(encode(part, value.items[i], out));
            continue;
        }
        append_word(out, Amount{heads + tails.size()});
        CORDON_TRY(encode(part, value.items[i], tails));
    }
    append(out, tails);
    return {};
}

Status encode(const AbiType& type, const AbiValue& value, Bytes& out) {
    switch (type.kind) {
        case Kind::kArray:
            if (type.size == 0) append_word(out, Amount{value.items.size()});
            [[fallthrough]];
        case Kind::kTuple:
            CORDON_TRY(check_count(type, value));
            return encode_items(type, value, out);
        case Kind::kBytes:
        case Kind::kString:
            append_word(out, Amount{value.bytes.size()});
            append(out, value.bytes);
            pad_right(out, value.bytes.size());
            return {};
        default: break;
    }
    CORDON_TRY(const Bytes bytes, padded(type, value));
    append(out, bytes);
    return {};
}

Status encode_packed(const AbiType& type, const AbiValue& value, bool in_array, Bytes& out) {
    if (type.kind == Kind::kTuple || (in_array && is_abi_dynamic(type)))
        return fail(ErrorCode::kUnsupported,
                    "ABI: packed encoding has no tuples and no arrays of dynamic things");
    if (type.kind == Kind::kArray) {
        CORDON_TRY(check_count(type, value));
        for (const AbiValue& item : value.items)
            CORDON_TRY(encode_packed(type.parts[0], item, true, out));
        return {};
    }
    if (type.kind == Kind::kBytes || type.kind == Kind::kString) {
        append(out, value.bytes);
        return {};
    }
    CORDON_TRY(const Bytes bytes, in_array ? padded(type, value) : plain(type, value));
    append(out, bytes);
    return {};
}

}  // namespace

bool is_abi_dynamic(const AbiType& type) {
    if (type.kind == Kind::kBytes || type.kind == Kind::kString) return true;
    if (type.kind == Kind::kArray && type.size == 0) return true;
    return std::any_of(type.parts.begin(), type.parts.end(), is_abi_dynamic);
}

std::size_t abi_head_size(const AbiType& type) {
    if (is_abi_dynamic(type)) return kAbiWord;
    if (type.kind == Kind::kArray) return type.size * abi_head_size(type.parts[0]);
    if (type.kind != Kind::kTuple) return kAbiWord;
    std::size_t sum = 0;
    for (const AbiType& part : type.parts) sum += abi_head_size(part);
    return sum;
}

Result<Bytes> encode_abi(const AbiType& arguments, const AbiValue& value) {
    Bytes out;
    CORDON_TRY(encode(arguments, value, out));
    return out;
}

Result<Bytes> encode_abi_packed(const AbiType& arguments, const AbiValue& value) {
    CORDON_TRY(check_count(arguments, value));
    Bytes out;
    for (std::size_t i = 0; i < value.items.size(); ++i)
        CORDON_TRY(encode_packed(arguments.parts[i], value.items[i], false, out));
    return out;
}

}  // namespace cordon::chain
