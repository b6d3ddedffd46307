// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include <cordon/base/format.hpp>
#include <cordon/base/result.hpp>
#include <cordon/chain/json_tree.hpp>

/// The members of an object that must be as its page says.
namespace cordon::wallet {

using chain::JsonValue;

/// kMalformed unless it is an object whose names are all among `names`.
inline Status check_names(const JsonValue& object, std::string_view what,
                          std::span<const std::string_view> names) {
    if (!object.is(JsonValue::Kind::kObject))
        return fail(ErrorCode::kMalformed, format("{}: expected an object", what));
    for (const JsonValue& member : object.items)
        if (std::find(names.begin(), names.end(), member.name) == names.end())
            return fail(ErrorCode::kMalformed,
                        format("{}: unknown name \"{}\"", what, member.name.substr(0, 90)));
    return {};
}

inline Result<const JsonValue*> member(const JsonValue& object, std::string_view what,
                                       std::string_view name, JsonValue::Kind kind) {
    const JsonValue* value = object.find(name);
    if (!value) return fail(ErrorCode::kMalformed, format("{}: \"{}\" is missing", what, name));
    if (!value->is(kind))
        return fail(ErrorCode::kMalformed, format("{}: \"{}\": expected {}, not {}", what, name,
                                                  to_string(kind), to_string(value->kind)));
    return value;
}

inline Result<std::string> text_member(const JsonValue& object, std::string_view what,
                                       std::string_view name) {
    CORDON_TRY(const JsonValue* value, member(object, what, name, JsonValue::Kind::kString));
    return value->text;
}

/// Empty when it is not there.
inline Result<std::string> text_or_empty(const JsonValue& object, std::string_view what,
                                         std::string_view name) {
    if (!object.find(name)) return std::string{};
    return text_member(object, what, name);
}

}  // namespace cordon::wallet
