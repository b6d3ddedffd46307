// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_cursor.hpp"

#include <simdjson.h>
#include <algorithm>
#include <vector>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

using Value = simdjson::ondemand::value;

Value& of(void* value) noexcept { return *static_cast<Value*>(value); }

Error json_error(simdjson::error_code code, const char* at, const char* start,
                 std::string_view expected) {
    const std::string place = at != nullptr ? format("at byte {}", at - start) : "at the end";
    return {ErrorCode::kMalformed,
            format("JSON {}: expected {}: {}", place, expected, simdjson::error_message(code))};
}

}  // namespace

Error JsonCursor::error(int code, std::string_view expected) const {
    const char* at = nullptr;
    if (of(value_).current_location().get(at) != simdjson::SUCCESS) at = nullptr;
    return json_error(static_cast<simdjson::error_code>(code), at, start_, expected);
}

template <typename T>
Result<T> JsonCursor::checked(int error, T found, std::string_view expected) {
    if (error != simdjson::SUCCESS) return fail(this->error(error, expected));
    return found;
}

Result<JsonCursor::Kind> JsonCursor::kind() {
    simdjson::ondemand::json_type type{};
    if (const auto code = of(value_).type().get(type)) return fail(error(code, "a value"));
    switch (type) {
        case simdjson::ondemand::json_type::array: return Kind::kArray;
        case simdjson::ondemand::json_type::object: return Kind::kObject;
        case simdjson::ondemand::json_type::number: return Kind::kNumber;
        case simdjson::ondemand::json_type::string: return Kind::kString;
        case simdjson::ondemand::json_type::boolean: return Kind::kBool;
        case simdjson::ondemand::json_type::null: break;
    }
    return Kind::kNull;
}

Result<bool> JsonCursor::is_null() {
    CORDON_TRY(const Kind found, kind());
    return found == Kind::kNull;
}

Result<std::string_view> JsonCursor::string() {
    std::string_view text;
    const auto code = of(value_).get_string().get(text);
    return checked(code, text, "a string");
}

Result<std::string_view> JsonCursor::number() {
    CORDON_TRY(const Kind found, kind());
    if (found != Kind::kNumber) return fail(error(simdjson::INCORRECT_TYPE, "a number"));
    std::string_view token = of(value_).raw_json_token();
    while (!token.empty() && std::string_view{" \t\r\n"}.find(token.back()) != token.npos)
        token.remove_suffix(1);
    return token;
}

Result<bool> JsonCursor::boolean() {
    bool found = false;
    const auto code = of(value_).get_bool().get(found);
    return checked(code, found, "true or false");
}

Result<std::string_view> JsonCursor::raw() {
    CORDON_TRY(const Kind found, kind());
    std::string_view text;
    simdjson::error_code code = simdjson::INCORRECT_TYPE;
    if (found == Kind::kObject) {
        simdjson::ondemand::object object;
        code = of(value_).get_object().get(object);
        if (code == simdjson::SUCCESS) code = object.raw_json().get(text);
    } else if (found == Kind::kArray) {
        simdjson::ondemand::array array;
        code = of(value_).get_array().get(array);
        if (code == simdjson::SUCCESS) code = array.raw_json().get(text);
    }
    return checked(code, text, "an object or an array");
}

Status JsonCursor::members(JsonVisit<std::string_view, JsonCursor&> visit) {
    simdjson::ondemand::object object;
    if (const auto code = of(value_).get_object().get(object))
        return fail(error(code, "an object"));
    for (auto field : object) {
        std::string_view key;
        if (const auto code = field.unescaped_key().get(key)) return fail(error(code, "a key"));
        Value value;
        if (const auto code = field.value().get(value)) return fail(error(code, "a value"));
        JsonCursor cursor{&value, start_};
        CORDON_TRY(visit(key, cursor));
    }
    return {};
}

Status JsonCursor::items(JsonVisit<JsonCursor&> visit) {
    simdjson::ondemand::array array;
    if (const auto code = of(value_).get_array().get(array)) return fail(error(code, "an array"));
    for (auto item : array) {
        Value value;
        if (const auto code = item.get(value)) return fail(error(code, "a value"));
        JsonCursor cursor{&value, start_};
        CORDON_TRY(visit(cursor));
    }
    return {};
}

Result<uint64_t> JsonCursor::members(std::span<const std::string_view> names,
                                     JsonVisit<std::size_t, JsonCursor&> visit) {
    uint64_t seen = 0;
    CORDON_TRY(members([&](std::string_view key, JsonCursor& value) -> Status {
        const auto found = std::find_if(names.begin(), names.end(), [key](std::string_view name) {
            // Most keys are told apart by this, without a call to compare them.
            return name.size() == key.size() && name.front() == key.front() && name == key;
        });
        if (found == names.end()) return {};
        const auto place = static_cast<std::size_t>(found - names.begin());
        const uint64_t bit = uint64_t{1} << place;
        if ((seen & bit) != 0)
            return fail(ErrorCode::kDuplicate, format("the key \"{}\" is there twice", key));
        seen |= bit;
        auto status = visit(place, value);
        if (!status) return fail(status.error().in(key));
        return {};
    }));
    return seen;
}

struct JsonText::Impl {
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    std::vector<char> bytes;
    std::size_t max_bytes = 0;
};

JsonText::JsonText(std::size_t max_bytes) : impl_{std::make_unique<Impl>()} {
    impl_->max_bytes = max_bytes;
}
JsonText::JsonText(JsonText&&) noexcept = default;
JsonText& JsonText::operator=(JsonText&&) noexcept = default;
JsonText::~JsonText() = default;

Status JsonText::open(std::string_view text) {
    if (text.size() > impl_->max_bytes)
        return fail(ErrorCode::kLimit,
                    format("{} bytes of JSON, more than {}", text.size(), impl_->max_bytes));
    auto& bytes = impl_->bytes;
    if (bytes.size() < text.size() + simdjson::SIMDJSON_PADDING)
        bytes.resize(text.size() + simdjson::SIMDJSON_PADDING);
    std::copy(text.begin(), text.end(), bytes.begin());
    const auto code =
        impl_->parser.iterate(bytes.data(), text.size(), bytes.size()).get(impl_->document);
    if (code != simdjson::SUCCESS)
        return fail(json_error(code, bytes.data(), bytes.data(), "an object or an array"));
    return {};
}

Status JsonText::walk(JsonVisit<JsonCursor&> visit, bool whole) {
    auto& document = impl_->document;
    const char* const start = impl_->bytes.data();
    document.rewind();
    Value value;
    if (const auto code = document.get_value().get(value))
        return fail(json_error(code, start, start, "an object or an array"));
    JsonCursor cursor{&value, start};
    CORDON_TRY(visit(cursor));
    const char* rest = nullptr;
    if (whole && document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
        return fail(ErrorCode::kTrailing,
                    format("JSON goes on at byte {}, after its end", rest - start));
    return {};
}

}  // namespace cordon::chain
