// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "encoding.hpp"

#include <algorithm>

#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {
namespace {

using chain::AbiType;
using chain::AbiValue;
using Kind = AbiType::Kind;

constexpr std::size_t kWord = 32;

bool is_dynamic(const AbiType& type) {
    if (type.kind == Kind::kBytes || type.kind == Kind::kString) return true;
    if (type.kind == Kind::kArray && type.size == 0) return true;
    return std::any_of(type.parts.begin(), type.parts.end(), is_dynamic);
}

std::size_t head_size(const AbiType& type) {
    if (is_dynamic(type)) return kWord;
    if (type.kind == Kind::kArray) return type.size * head_size(type.parts[0]);
    if (type.kind != Kind::kTuple) return kWord;
    std::size_t sum = 0;
    for (const AbiType& part : type.parts) sum += head_size(part);
    return sum;
}

void append(Bytes& out, const Amount& number) {
    const auto word = number.to_big_endian();
    out.insert(out.end(), word.begin(), word.end());
}

void append_padded(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.resize(out.size() + (kWord - bytes.size() % kWord) % kWord, 0);
}

void append(Bytes& out, const AbiType& type, const AbiValue& value);

/// Heads, then tails, as the specification lays them out.
template <typename TypeOf>
void append_sequence(Bytes& out, const std::vector<AbiValue>& values, const TypeOf& type_of) {
    std::size_t heads = 0;
    for (std::size_t i = 0; i < values.size(); ++i) heads += head_size(type_of(i));
    Bytes tails;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const AbiType& type = type_of(i);
        if (!is_dynamic(type)) {
            append(out, type, values[i]);
            continue;
        }
        append(out, Amount{heads + tails.size()});
        append(tails, type, values[i]);
    }
    out.insert(out.end(), tails.begin(), tails.end());
}

void append(Bytes& out, const AbiType& type, const AbiValue& value) {
    switch (type.kind) {
        case Kind::kTuple:
            return append_sequence(out, value.items,
                                   [&](std::size_t i) -> const AbiType& { return type.parts[i]; });
        case Kind::kArray:
            if (type.size == 0) append(out, Amount{value.items.size()});
            return append_sequence(out, value.items,
                                   [&](std::size_t) -> const AbiType& { return type.parts[0]; });
        case Kind::kBytes:
        case Kind::kString:
            append(out, Amount{value.bytes.size()});
            return append_padded(out, value.bytes);
        case Kind::kFixedBytes: return append_padded(out, value.bytes);
        case Kind::kAddress:
            out.resize(out.size() + kWord - value.address.payload().size(), 0);
            out.insert(out.end(), value.address.payload().begin(), value.address.payload().end());
            return;
        case Kind::kUint:
        case Kind::kInt:
        case Kind::kBool: return append(out, value.number);
    }
}

}  // namespace

Canonical canonical(const AbiType& arguments, const AbiValue& values, ByteView data) {
    Bytes again;
    again.reserve(data.size());
    append(again, arguments, values);
    if (again.size() > data.size() || !std::equal(again.begin(), again.end(), data.begin()))
        return {};
    return {true, data.size() - again.size()};
}

std::string data_code(ByteView data) {
    const Hash256 hash = crypto::keccak256(data);
    return to_hex(ByteView{hash.bytes}.first(2)) + "-" + to_hex(ByteView{hash.bytes}.subspan(2, 2));
}

}  // namespace cordon::explain
