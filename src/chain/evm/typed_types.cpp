// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "typed_types.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../json_tree.hpp"

namespace cordon::chain {
namespace {

using Kind = AbiType::Kind;

constexpr std::size_t kMaxName = 128;     // Bytes; real ones have below 40.
constexpr std::size_t kMaxLevels = 8;     // Of arrays around a type.
constexpr uint32_t kMaxLength = 1 << 18;  // Of an array: JSON cannot hold more values.

tl::unexpected<Error> refuse(ErrorCode code, std::string_view what) {
    return fail(code, format("typed data: types: {}", what));
}

/// A name that cannot change how the text of a type is read. Structs may have a colon in it:
/// "HyperliquidTransaction:UsdSend" is signed every day.
bool is_name(std::string_view text, bool structure) noexcept {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    };
    if (text.empty() || text.size() > kMaxName || !letter(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || (structure && c == ':');
    });
}

/// A decimal number of at most 6 digits without leading zeros; nothing for anything else.
std::optional<uint32_t> small_number(std::string_view text) noexcept {
    if (text.empty() || text.size() > 6 || text.front() == '0') return std::nullopt;
    uint32_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<uint32_t>(c - '0');
    }
    return value;
}

struct Basic {
    Kind kind;
    uint32_t size;
};

/// What a type is in itself, without structs and arrays.
std::optional<Basic> basic_type(std::string_view text) noexcept {
    if (text == "bool") return Basic{Kind::kBool, 0};
    if (text == "address") return Basic{Kind::kAddress, 0};
    if (text == "string") return Basic{Kind::kString, 0};
    if (text == "bytes") return Basic{Kind::kBytes, 0};
    if (text.starts_with("bytes")) {
        const auto size = small_number(text.substr(5));
        if (size && *size <= 32) return Basic{Kind::kFixedBytes, *size};
        return std::nullopt;
    }
    const bool is_signed = text.starts_with("int");
    if (!is_signed && !text.starts_with("uint")) return std::nullopt;
    const Kind kind = is_signed ? Kind::kInt : Kind::kUint;
    const std::string_view digits = text.substr(is_signed ? 3 : 4);
    if (digits.empty()) return Basic{kind, 256};
    const auto bits = small_number(digits);
    if (bits && *bits <= 256 && *bits % 8 == 0) return Basic{kind, *bits};
    return std::nullopt;
}

}  // namespace

std::string TypedShape::text(std::size_t levels) const {
    std::string out = base;
    for (std::size_t i = 0; i < levels; ++i)
        out += lengths[i] == 0 ? "[]" : format("[{}]", lengths[i]);
    return out;
}

Result<std::vector<TypedStruct>> parse_typed_structs(const JsonValue& types) {
    std::vector<TypedStruct> out;
    std::size_t members = 0;
    for (const JsonValue& given : types.items) {
        if (!given.is(JsonValue::Kind::kArray))
            return refuse(ErrorCode::kMalformed, format("{}: expected an array of members",
                                                        given.name.substr(0, kMaxName)));
        TypedStruct& structure = out.emplace_back();
        structure.name = given.name;
        for (const JsonValue& member : given.items) {
            const JsonValue* name = member.find("name");
            const JsonValue* type = member.find("type");
            if (name == nullptr || type == nullptr || !name->is(JsonValue::Kind::kString) ||
                !type->is(JsonValue::Kind::kString))
                return refuse(ErrorCode::kMalformed, format("{}: a member has a name and a type",
                                                            given.name.substr(0, kMaxName)));
            structure.members.push_back({type->text, name->text});
        }
        members += structure.members.size();
        if (out.size() > kMaxTypedStructs || members > kMaxTypedMembers)
            return refuse(ErrorCode::kLimit, format("more than {} structs or {} members",
                                                    kMaxTypedStructs, kMaxTypedMembers));
    }
    return out;
}

Result<TypedTypes> TypedTypes::make(const std::vector<TypedStruct>& structs) {
    TypedTypes types;
    types.structs_ = &structs;
    types.hashes_.resize(structs.size());
    for (std::size_t i = 0; i < structs.size(); ++i) {
        CORDON_TRY(types.check_name(structs[i]));
        types.by_name_.push_back(i);
    }
    std::sort(types.by_name_.begin(), types.by_name_.end(),
              [&](std::size_t a, std::size_t b) { return structs[a].name < structs[b].name; });
    for (const TypedStruct& structure : structs) {
        std::vector<TypedShape>& shapes = types.shapes_.emplace_back();
        for (const TypedMember& member : structure.members) {
            auto shape = types.parse_shape(member.type);
            if (!shape)
                return fail(shape.error().in(
                    format("typed data: types: {}.{}", structure.name, member.name)));
            shapes.push_back(std::move(*shape));
        }
    }
    CORDON_TRY(types.check_cycles());
    return types;
}

Status TypedTypes::check_name(const TypedStruct& structure) const {
    const std::string_view shown = std::string_view{structure.name}.substr(0, kMaxName);
    if (!is_name(structure.name, true) || basic_type(structure.name))
        return refuse(ErrorCode::kMalformed, format("\"{}\" cannot name a struct", shown));
    std::vector<std::string_view> names;
    for (const TypedMember& member : structure.members) {
        if (!is_name(member.name, false))
            return refuse(ErrorCode::kMalformed,
                          format("{}: \"{}\" cannot name a member", shown,
                                 std::string_view{member.name}.substr(0, kMaxName)));
        names.emplace_back(member.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end())
        return refuse(ErrorCode::kDuplicate, format("{}: two members {}", shown, *twice));
    return {};
}

Result<std::size_t> TypedTypes::find(std::string_view name) const {
    const auto found = std::lower_bound(by_name_.begin(), by_name_.end(), name,
                                        [&](std::size_t place, std::string_view wanted) {
                                            return (*structs_)[place].name < wanted;
                                        });
    if (found == by_name_.end() || (*structs_)[*found].name != name)
        return refuse(ErrorCode::kNotFound, format("no type \"{}\"", name.substr(0, kMaxName)));
    return *found;
}

Result<TypedShape> TypedTypes::parse_shape(std::string_view type) const {
    TypedShape shape;
    const std::size_t open = std::min(type.find('['), type.size());
    shape.base = type.substr(0, open);
    if (const auto basic = basic_type(shape.base)) {
        shape.kind = basic->kind;
        shape.size = basic->size;
    } else {
        CORDON_TRY(shape.structure, find(shape.base));
        shape.kind = Kind::kTuple;
    }
    for (std::string_view rest = type.substr(open); !rest.empty();) {
        const std::size_t close = rest.find(']');
        const auto length = small_number(rest.substr(1, close == rest.npos ? 0 : close - 1));
        if (rest.front() != '[' || close == rest.npos || (close != 1 && !length))
            return fail(ErrorCode::kMalformed,
                        format("\"{}\" is no type", type.substr(0, kMaxName)));
        if (shape.lengths.size() == kMaxLevels || length.value_or(0) > kMaxLength)
            return fail(ErrorCode::kLimit,
                        format("\"{}\" has more than {} levels or {} items",
                               type.substr(0, kMaxName), kMaxLevels, kMaxLength));
        shape.lengths.push_back(length.value_or(0));
        rest.remove_prefix(close + 1);
    }
    return shape;
}

Status TypedTypes::check_cycles() const {
    // Structs whose members are all known to end; a round that finds no new one has met a cycle.
    std::vector<bool> ends(structs_->size());
    for (std::size_t found = 1; found != 0;) {
        found = 0;
        for (std::size_t i = 0; i < structs_->size(); ++i) {
            if (ends[i]) continue;
            const bool now =
                std::all_of(shapes_[i].begin(), shapes_[i].end(), [&](const TypedShape& shape) {
                    return shape.kind != Kind::kTuple || ends[shape.structure];
                });
            if (!now) continue;
            ends[i] = true;
            ++found;
        }
    }
    const auto endless = std::find(ends.begin(), ends.end(), false);
    if (endless == ends.end()) return {};
    return refuse(
        ErrorCode::kMalformed,
        format("{} holds itself", at(static_cast<std::size_t>(endless - ends.begin())).name));
}

void TypedTypes::collect(std::size_t index, std::vector<bool>& used) const {
    for (const TypedShape& shape : shapes_[index]) {
        if (shape.kind != Kind::kTuple || used[shape.structure]) continue;
        used[shape.structure] = true;
        collect(shape.structure, used);
    }
}

std::string TypedTypes::encode(std::size_t index) const {
    std::string out;
    const auto append = [&](const TypedStruct& structure) {
        out += structure.name + '(';
        for (const TypedMember& member : structure.members) {
            if (&member != &structure.members.front()) out += ',';
            out += member.type + ' ' + member.name;
        }
        out += ')';
    };
    std::vector<bool> used(structs_->size());
    collect(index, used);
    append(at(index));
    for (const std::size_t place : by_name_)
        if (used[place]) append(at(place));
    return out;
}

const Hash256& TypedTypes::hash(std::size_t index) {
    std::optional<Hash256>& kept = hashes_[index];
    if (!kept) {
        const std::string text = encode(index);
        kept = crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    }
    return *kept;
}

}  // namespace cordon::chain
