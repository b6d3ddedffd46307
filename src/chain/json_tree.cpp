// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_tree.hpp"

#include <simdjson.h>
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

namespace od = simdjson::ondemand;
using Kind = JsonValue::Kind;

tl::unexpected<Error> refuse(simdjson::error_code code) {
    return fail(ErrorCode::kMalformed, format("JSON: {}", simdjson::error_message(code)));
}

/// RFC 8259, section 6. simdjson hands raw tokens out without looking into them.
bool is_number(std::string_view text) noexcept {
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at - begin;
    };
    if (at < text.size() && text[at] == '-') ++at;
    const bool zero = at < text.size() && text[at] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (digits() == 0) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

Status check_names(const JsonValue& object) {
    std::vector<std::string_view> names;
    names.reserve(object.items.size());
    for (const JsonValue& member : object.items) names.emplace_back(member.name);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice == names.end()) return {};
    return fail(ErrorCode::kDuplicate,
                format("JSON: the name \"{}\" stands twice in one object", twice->substr(0, 90)));
}

class Reader {
public:
    Result<JsonValue> read(od::value source, std::size_t depth) {
        if (depth > kMaxJsonDepth)
            return fail(ErrorCode::kLimit, format("JSON: more than {} levels", kMaxJsonDepth));
        if (++values_ > kMaxJsonValues)
            return fail(ErrorCode::kLimit, format("JSON: more than {} values", kMaxJsonValues));
        od::json_type type;
        if (const auto error = source.type().get(type)) return refuse(error);
        JsonValue value;
        switch (type) {
            case od::json_type::array: return array(source, depth);
            case od::json_type::object: return object(source, depth);
            case od::json_type::string: {
                std::string_view text;
                if (const auto error = source.get_string().get(text)) return refuse(error);
                value.kind = Kind::kString;
                value.text = text;
                return value;
            }
            case od::json_type::number: {
                std::string_view raw = source.raw_json_token();
                while (!raw.empty() &&
                       std::string_view{" \t\r\n"}.find(raw.back()) != std::string_view::npos)
                    raw.remove_suffix(1);
                if (!is_number(raw)) return refuse(simdjson::NUMBER_ERROR);
                value.kind = Kind::kNumber;
                value.text = raw;
                return value;
            }
            case od::json_type::boolean:
                if (const auto error = source.get_bool().get(value.flag)) return refuse(error);
                value.kind = Kind::kBool;
                return value;
            case od::json_type::null: break;
        }
        bool null = false;
        const auto error = source.is_null().get(null);
        if (error || !null) return refuse(error ? error : simdjson::N_ATOM_ERROR);
        return value;
    }

private:
    Result<JsonValue> array(od::value& source, std::size_t depth) {
        JsonValue value;
        value.kind = Kind::kArray;
        od::array items;
        if (const auto error = source.get_array().get(items)) return refuse(error);
        for (auto item : items) {
            od::value child;
            if (const auto error = item.get(child)) return refuse(error);
            CORDON_TRY(auto read, this->read(child, depth + 1));
            value.items.push_back(std::move(read));
        }
        return value;
    }

    Result<JsonValue> object(od::value& source, std::size_t depth) {
        JsonValue value;
        value.kind = Kind::kObject;
        od::object members;
        if (const auto error = source.get_object().get(members)) return refuse(error);
        for (auto member : members) {
            std::string_view name;
            if (const auto error = member.unescaped_key().get(name)) return refuse(error);
            std::string kept{name};  // The next string takes its place.
            od::value child;
            if (const auto error = member.value().get(child)) return refuse(error);
            CORDON_TRY(auto read, this->read(child, depth + 1));
            read.name = std::move(kept);
            value.items.push_back(std::move(read));
        }
        CORDON_TRY(check_names(value));
        return value;
    }

    std::size_t values_ = 0;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view member) const noexcept {
    if (kind != Kind::kObject) return nullptr;
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const JsonValue& item) { return item.name == member; });
    return found == items.end() ? nullptr : &*found;
}

std::string_view to_string(JsonValue::Kind kind) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"null",   "a bool",   "a number",
                                                     "a text", "an array", "an object"};
    return kNames[static_cast<std::size_t>(kind)];
}

Result<JsonValue> parse_json_tree(std::string_view text) {
    if (text.size() > kMaxJsonBytes)
        return fail(ErrorCode::kLimit, format("JSON: more than {} bytes", kMaxJsonBytes));
    od::parser parser;
    const simdjson::padded_string padded{text};
    od::document document;
    od::value root;
    if (const auto error = parser.iterate(padded).get(document)) return refuse(error);
    if (const auto error = document.get_value().get(root)) return refuse(error);
    CORDON_TRY(JsonValue value, Reader{}.read(root, 0));
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return fail(ErrorCode::kTrailing, "JSON: something follows the document");
    return value;
}

}  // namespace cordon::chain
