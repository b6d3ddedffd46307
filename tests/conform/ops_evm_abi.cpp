// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Values of the Solidity ABI, as JSON and back, and amounts with decimals.
#include "ops.hpp"

#include <deque>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::conform {
namespace {

using chain::AbiType;
using chain::AbiValue;
using Kind = AbiType::Kind;

bool is_negative(const Amount& number) { return number.bit_width() == 256; }
Amount negated(const Amount& number) { return Amount::max() - number + Amount{1U}; }

json::value shown(const AbiType& type, const AbiValue& value) {
    switch (type.kind) {
        case Kind::kBool: return !value.number.is_zero();
        case Kind::kUint: return json::string{value.number.to_string()};
        case Kind::kInt:
            if (is_negative(value.number))
                return json::string{"-" + negated(value.number).to_string()};
            return json::string{value.number.to_string()};
        case Kind::kAddress: return json::string{chain::format_address(kEthereum, value.address)};
        case Kind::kString:
            return json::string{std::string_view{reinterpret_cast<const char*>(value.bytes.data()),
                                                 value.bytes.size()}};
        case Kind::kFixedBytes:
        case Kind::kBytes: return json::string{to_hex(value.bytes)};
        default: break;
    }
    json::array out;
    for (std::size_t i = 0; i < value.items.size(); ++i)
        out.push_back(shown(type.parts[type.kind == Kind::kArray ? 0 : i], value.items[i]));
    return out;
}

/// Values as `shown` writes them. `kept` holds the bytes that they look into.
Result<AbiValue> read(const AbiType& type, const json::value& from, std::deque<Bytes>& kept) {
    AbiValue value;
    const auto wrong = [] { return fail(ErrorCode::kInvalidParam, "a value of another type"); };
    if (type.kind == Kind::kArray || type.kind == Kind::kTuple) {
        if (!from.is_array()) return wrong();
        const json::array& items = from.get_array();
        if (type.kind == Kind::kTuple && items.size() != type.parts.size()) return wrong();
        for (std::size_t i = 0; i < items.size(); ++i) {
            CORDON_TRY(AbiValue item,
                       read(type.parts[type.kind == Kind::kArray ? 0 : i], items[i], kept));
            value.items.push_back(std::move(item));
        }
        return value;
    }
    if (type.kind == Kind::kBool) {
        if (!from.is_bool()) return wrong();
        value.number = Amount{from.get_bool() ? 1U : 0U};
        return value;
    }
    if (!from.is_string()) return wrong();
    std::string_view text{from.get_string()};
    if (type.kind == Kind::kAddress) {
        CORDON_TRY(value.address, chain::parse_address(kEthereum, text));
        return value;
    }
    if (type.kind == Kind::kString) {
        value.bytes = kept.emplace_back(text.begin(), text.end());
        return value;
    }
    if (type.kind == Kind::kBytes || type.kind == Kind::kFixedBytes) {
        CORDON_TRY(Bytes bytes, parse_hex(text));
        value.bytes = kept.emplace_back(std::move(bytes));
        return value;
    }
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    CORDON_TRY(value.number, Amount::parse(text));
    if (negative && !value.number.is_zero()) value.number = negated(value.number);
    return value;
}

/// The signature of field `signature`, or the declaration of field `name` in the JSON of `abi`.
Result<chain::AbiSignature> signature_field(const json::object& request) {
    CORDON_TRY(const std::string_view name, text_field(request, "signature"));
    if (!request.contains("abi")) return chain::parse_abi_signature(name);
    CORDON_TRY(const std::string_view abi, text_field(request, "abi"));
    CORDON_TRY(const auto declarations, chain::parse_abi_json(abi));
    for (const chain::AbiDeclaration& declaration : declarations)
        if (std::string_view{declaration.signature.text}.starts_with(std::string{name} + "("))
            return declaration.signature;
    return fail(ErrorCode::kNotFound, format("no {} in the ABI", name));
}

/// Of field `part`: the arguments, or with "results" what a function gives back.
Result<AbiType> tuple_field(const json::object& request) {
    CORDON_TRY(chain::AbiSignature signature, signature_field(request));
    const bool results = request.contains("part") && request.at("part") == "results";
    return results ? signature.results : signature.arguments;
}

template <auto Encode>
Result<json::value> encode_op(const json::object& request) {
    CORDON_TRY(const AbiType type, tuple_field(request));
    const json::value* values = request.if_contains("values");
    if (values == nullptr) return fail(ErrorCode::kInvalidParam, "field values is missing");
    std::deque<Bytes> kept;
    CORDON_TRY(const AbiValue value, read(type, *values, kept));
    CORDON_TRY(const Bytes bytes, Encode(type, value));
    return json::value(json::string{to_hex(bytes)});
}

}  // namespace

Result<json::value> op_abi_signature(const json::object& request) {
    CORDON_TRY(const chain::AbiSignature signature, signature_field(request));
    return json::value{{"text", signature.text},
                       {"hash", to_hex(signature.hash)},
                       {"selector", to_hex(signature.selector())}};
}

Result<json::value> op_abi_decode(const json::object& request) {
    CORDON_TRY(const AbiType type, tuple_field(request));
    CORDON_TRY(const Bytes data, hex_field(request, "hex"));
    CORDON_TRY(const AbiValue value, chain::decode_abi(type, data));
    CORDON_TRY(const Bytes again, chain::encode_abi(type, value));
    return json::value{{"values", shown(type, value)}, {"reencodes", again == data}};
}

Result<json::value> op_abi_encode(const json::object& request) {
    return encode_op<chain::encode_abi>(request);
}

Result<json::value> op_abi_packed(const json::object& request) {
    return encode_op<chain::encode_abi_packed>(request);
}

Result<json::value> op_abi_log(const json::object& request) {
    CORDON_TRY(const chain::AbiSignature signature, signature_field(request));
    CORDON_TRY(const Bytes data, hex_field(request, "hex"));
    const json::value* list = request.if_contains("topics");
    if (list == nullptr || !list->is_array())
        return fail(ErrorCode::kInvalidParam, "field topics: expected an array");
    std::vector<Hash256> topics;
    for (const json::value& topic : list->get_array())
        if (!topic.is_string() || !parse_hex_into(topic.get_string(), topics.emplace_back().bytes))
            return fail(ErrorCode::kInvalidParam, "field topics: 64 hex digits each");
    CORDON_TRY(const AbiValue value, chain::decode_abi_log(signature, topics, data));
    json::array values;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        const AbiType& type = signature.arguments.parts[i];
        // What a topic holds only the hash of is 32 bytes.
        const bool hashed = type.indexed && value.items[i].bytes.size() == 32;
        values.push_back(shown(hashed ? AbiType{Kind::kFixedBytes, 32} : type, value.items[i]));
    }
    return json::value(std::move(values));
}

Result<json::value> op_units(const json::object& request) {
    CORDON_TRY(const uint64_t decimals, number_field(request, "decimals", 77));
    if (request.contains("text")) {
        CORDON_TRY(const std::string_view text, text_field(request, "text"));
        CORDON_TRY(const Amount amount, parse_units(text, static_cast<unsigned>(decimals)));
        return json::value(amount.to_string());
    }
    CORDON_TRY(const std::string_view text, text_field(request, "amount"));
    CORDON_TRY(const Amount amount, Amount::parse(text));
    return json::value(format_units(amount, static_cast<unsigned>(decimals)));
}

}  // namespace cordon::conform
