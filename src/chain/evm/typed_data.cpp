// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "typed_data.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "../json_tree.hpp"
#include "../text.hpp"
#include "typed_types.hpp"

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;
using Json = JsonValue::Kind;

constexpr std::array<uint8_t, 2> kMark{0x19, 0x01};  // EIP-191's version for structured data.

tl::unexpected<Error> refuse(std::string_view expected, const JsonValue& found) {
    std::string shown{to_string(found.kind)};
    if (found.is(Json::kNumber) || found.is(Json::kString))
        shown = format("\"{}\"", std::string_view{found.text}.substr(0, 90));
    return fail(ErrorCode::kMalformed, format("expected {}, found {}", expected, shown));
}

/// A whole number with its sign.
struct Number {
    bool negative = false;
    Amount size;
};

Result<Number> parse_number(const JsonValue& value) {
    constexpr std::string_view kExpected = "a whole number, decimal or 0x";
    if (!value.is(Json::kNumber) && !value.is(Json::kString)) return refuse(kExpected, value);
    std::string_view text = value.text;
    Number out;
    out.negative = text.starts_with('-');
    if (out.negative) text.remove_prefix(1);
    if (!text.starts_with("0x")) {
        auto size = Amount::parse(text);
        if (!size && size.error().code == ErrorCode::kMalformed) return refuse(kExpected, value);
        if (!size) return fail(size.error());
        out.size = *size;
        return out;
    }
    std::string digits{text.substr(2)};
    if (digits.size() % 2 != 0) digits.insert(0, 1, '0');  // Quantities have no leading zero.
    const auto bytes = parse_hex(digits);
    if (digits.empty() || !bytes) return refuse(kExpected, value);
    CORDON_TRY(out.size, Amount::from_big_endian(*bytes));
    return out;
}

/// kUint, kInt: within its bits, negative ones as two's complement of 256.
Result<Amount> parse_integer(const TypedShape& shape, const JsonValue& value) {
    CORDON_TRY(const Number number, parse_number(value));
    const auto too_large = [&] {
        return fail(ErrorCode::kOverflow,
                    format("\"{}\" does not fit {}", std::string_view{value.text}.substr(0, 90),
                           shape.base));
    };
    if (shape.kind == Kind::kUint) {
        if (number.size.bit_width() > shape.size || (number.negative && !number.size.is_zero()))
            return too_large();
        return number.size;
    }
    if (!number.negative || number.size.is_zero()) {
        if (number.size.bit_width() >= shape.size) return too_large();
        return number.size;
    }
    if ((number.size - Amount{1U}).bit_width() >= shape.size) return too_large();
    return Amount::max() - number.size + Amount{1U};
}

Hash256 word(const Amount& number) { return {number.to_big_endian()}; }

std::string small_digits(std::string_view text) {
    std::string small{text};
    for (char& c : small)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return small;
}

/// Reads values by their types and hashes them on the way.
class Reader {
public:
    Reader(TypedTypes& types, TypedData& data)
        : types_{types}, ignored_{data.ignored}, misspelt_{data.misspelt} {}

    /// hashStruct() of what is read into `out`; what is hashed, too, when `encoded` is given.
    Result<Hash256> structure(std::size_t index, const JsonValue& json, const std::string& way,
                              TypedValue& out, Bytes* encoded = nullptr) {
        const TypedStruct& type = types_.at(index);
        out.kind = Kind::kTuple;
        out.type = type.name;
        if (!json.is(Json::kObject))
            return in(way, refuse(format("an object of {}", type.name), json).value());
        if (json.items.size() > kMaxTypedMembers)
            return in(way, {ErrorCode::kLimit, format("more than {} fields", kMaxTypedMembers)});
        Bytes words;
        append(words, types_.hash(index));
        out.items.resize(type.members.size());
        for (std::size_t i = 0; i < type.members.size(); ++i) {
            const TypedMember& member = type.members[i];
            const std::string place = format("{}.{}", way, member.name);
            const JsonValue* given = json.find(member.name);
            if (given == nullptr)
                return in(place, {ErrorCode::kMalformed, format("a {} is missing", member.type)});
            TypedValue& value = out.items[i];
            value.name = member.name;
            const TypedShape& shape = types_.shape(index, i);
            CORDON_TRY(const Hash256 hash,
                       this->value(shape, shape.lengths.size(), *given, place, value));
            append(words, hash);
        }
        for (const JsonValue& given : json.items)
            if (out.find(given.name) == nullptr)
                ignored_.push_back(format("{}.{}", way, given.name));
        const Hash256 hash = crypto::keccak256(words);
        if (encoded != nullptr) *encoded = std::move(words);
        return hash;
    }

private:
    static tl::unexpected<Error> in(const std::string& way, const Error& error) {
        return fail(error.in(format("typed data: {}", way)));
    }
    static void append(Bytes& out, const Hash256& hash) {
        out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
    }

    /// The word that stands for the value. `levels` of the shape's arrays are still to be opened.
    Result<Hash256> value(const TypedShape& shape, std::size_t levels, const JsonValue& json,
                          const std::string& way, TypedValue& out) {
        out.type = shape.text(levels);
        if (levels > 0) return array(shape, levels, json, way, out);
        if (shape.kind == Kind::kTuple) return structure(shape.structure, json, way, out);
        out.kind = shape.kind;
        out.size = shape.size;
        auto read = basic(shape, json, out);
        if (!read) return in(way, read.error());
        if (shape.kind == Kind::kAddress && !parse_address(kEthereum, json.text))
            misspelt_.push_back(way);
        return read;
    }

    Result<Hash256> array(const TypedShape& shape, std::size_t levels, const JsonValue& json,
                          const std::string& way, TypedValue& out) {
        const uint32_t length = shape.lengths[levels - 1];
        out.kind = Kind::kArray;
        out.size = length;
        if (!json.is(Json::kArray))
            return in(way, refuse(format("an array, {}", out.type), json).value());
        if (length != 0 && json.items.size() != length)
            return in(way, {ErrorCode::kMalformed, format("{} items where {} has {}",
                                                          json.items.size(), out.type, length)});
        Bytes words;
        out.items.resize(json.items.size());
        for (std::size_t i = 0; i < json.items.size(); ++i) {
            CORDON_TRY(const Hash256 hash, value(shape, levels - 1, json.items[i],
                                                 format("{}[{}]", way, i), out.items[i]));
            append(words, hash);
        }
        return crypto::keccak256(words);
    }

    static Result<Hash256> basic(const TypedShape& shape, const JsonValue& json, TypedValue& out) {
        switch (shape.kind) {
            case Kind::kUint:
            case Kind::kInt: {
                CORDON_TRY(out.number, parse_integer(shape, json));
                return word(out.number);
            }
            case Kind::kBool:
                if (!json.is(Json::kBool)) return refuse("true or false", json);
                out.number = Amount{json.flag ? 1U : 0U};
                return word(out.number);
            case Kind::kString:
                if (!json.is(Json::kString)) return refuse("a text", json);
                out.bytes.assign(json.text.begin(), json.text.end());
                return crypto::keccak256(out.bytes);
            default: break;
        }
        if (!json.is(Json::kString)) return refuse(format("a 0x text, {}", shape.base), json);
        Hash256 hash;
        if (shape.kind == Kind::kAddress) {
            CORDON_TRY(out.address, parse_address(kEthereum, small_digits(json.text)));
            std::copy_n(out.address.payload().begin(), 20, hash.bytes.begin() + 12);
            return hash;
        }
        auto bytes = parse_hex0x(json.text);
        if (!bytes) return refuse("bytes as a 0x text", json);
        out.bytes = std::move(*bytes);
        if (shape.kind == Kind::kBytes) return crypto::keccak256(out.bytes);
        if (out.bytes.size() != shape.size) return refuse(format("{} bytes", shape.size), json);
        std::copy(out.bytes.begin(), out.bytes.end(), hash.bytes.begin());
        return hash;
    }

    TypedTypes& types_;
    std::vector<std::string>& ignored_;
    std::vector<std::string>& misspelt_;
};

/// The fields of a domain that are there, in the order of EIP-712.
TypedStruct domain_type(const JsonValue& domain) {
    static const std::array<TypedMember, 5> kFields{{{"string", "name"},
                                                     {"string", "version"},
                                                     {"uint256", "chainId"},
                                                     {"address", "verifyingContract"},
                                                     {"bytes32", "salt"}}};
    TypedStruct type{std::string{kTypedDomain}, {}};
    for (const TypedMember& field : kFields)
        if (domain.find(field.name) != nullptr) type.members.push_back(field);
    return type;
}

Result<const JsonValue*> part(const JsonValue& json, std::string_view name, Json kind) {
    const JsonValue* found = json.find(name);
    if (found == nullptr || !found->is(kind))
        return fail(ErrorCode::kMalformed,
                    format("typed data: {}: expected {}", name, to_string(kind)));
    return found;
}

}  // namespace

const TypedValue* TypedValue::find(std::string_view member) const noexcept {
    if (kind != Kind::kTuple) return nullptr;
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const TypedValue& item) { return item.name == member; });
    return found == items.end() ? nullptr : &*found;
}

Hash256 typed_data_digest(const Hash256& domain_separator, const Hash256& message_hash) {
    return crypto::keccak256_of({kMark, domain_separator, message_hash});
}

Result<TypedData> parse_typed_data(std::string_view json) {
    CORDON_TRY(const JsonValue root, parse_json_tree(json));
    CORDON_TRY(const JsonValue* given_types, part(root, "types", Json::kObject));
    CORDON_TRY(const JsonValue* primary, part(root, "primaryType", Json::kString));
    CORDON_TRY(const JsonValue* domain, part(root, "domain", Json::kObject));
    TypedData data;
    data.primary_type = primary->text;
    CORDON_TRY(data.types, parse_typed_structs(*given_types));
    const bool derived = given_types->find(kTypedDomain) == nullptr;
    if (derived) data.types.push_back(domain_type(*domain));
    CORDON_TRY(TypedTypes types, TypedTypes::make(data.types));
    CORDON_TRY(const std::size_t domain_index, types.find(kTypedDomain));
    CORDON_TRY(const std::size_t primary_index, types.find(data.primary_type));
    data.encoded_type = types.encode(primary_index);
    Reader reader{types, data};
    CORDON_TRY(data.domain_separator,
               reader.structure(domain_index, *domain, "domain", data.domain));
    for (const JsonValue& given : root.items)
        if (given.name != "types" && given.name != "primaryType" && given.name != "domain" &&
            given.name != "message")
            data.ignored.push_back(given.name);
    if (primary_index == domain_index) {
        data.digest = crypto::keccak256_of({kMark, data.domain_separator});
        return data;
    }
    CORDON_TRY(const JsonValue* message, part(root, "message", Json::kObject));
    CORDON_TRY(data.message_hash,
               reader.structure(primary_index, *message, "message", data.message, &data.encoded));
    data.digest = typed_data_digest(data.domain_separator, data.message_hash);
    return data;
}

}  // namespace cordon::chain
