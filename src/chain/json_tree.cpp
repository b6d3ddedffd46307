// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_tree.hpp"

#include <algorithm>
#include <array>

#include <boost/json/basic_parser_impl.hpp>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

namespace json = boost::json;
using Kind = JsonValue::Kind;

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

/// What Boost's parser calls. Its values of numbers are not looked at, their text is.
class Handler {
public:
    static constexpr std::size_t max_object_size = kMaxJsonValues;
    static constexpr std::size_t max_array_size = kMaxJsonValues;
    static constexpr std::size_t max_key_size = kMaxJsonBytes;
    static constexpr std::size_t max_string_size = kMaxJsonBytes;

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code& ec) { return open(Kind::kObject, ec); }
    bool on_object_end(std::size_t, json::error_code& ec) {
        return keep(check_names(open_.back()), ec) && close(ec);
    }
    bool on_array_begin(json::error_code& ec) { return open(Kind::kArray, ec); }
    bool on_array_end(std::size_t, json::error_code& ec) { return close(ec); }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        name_.append(part.data(), part.size());
        return true;
    }
    bool on_key(json::string_view part, std::size_t size, json::error_code& ec) {
        return on_key_part(part, size, ec);
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(json::string_view part, std::size_t size, json::error_code& ec) {
        return on_string_part(part, size, ec) && put(scalar(Kind::kString), ec);
    }
    bool on_number_part(json::string_view part, json::error_code& ec) {
        return on_string_part(part, 0, ec);
    }
    bool on_int64(int64_t, json::string_view part, json::error_code& ec) {
        return number(part, ec);
    }
    bool on_uint64(uint64_t, json::string_view part, json::error_code& ec) {
        return number(part, ec);
    }
    bool on_double(double, json::string_view part, json::error_code& ec) {
        return number(part, ec);
    }
    bool on_bool(bool flag, json::error_code& ec) {
        JsonValue value = scalar(Kind::kBool);
        value.flag = flag;
        return put(std::move(value), ec);
    }
    bool on_null(json::error_code& ec) { return put(scalar(Kind::kNull), ec); }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    Status status;   ///< Why we stopped, where it was not the parser.
    JsonValue root;  ///< When all went well.

private:
    bool keep(Status outcome, json::error_code& ec) {
        if (outcome) return true;
        status = std::move(outcome);
        ec = json::error::exception;  // Any: ours is what is told.
        return false;
    }
    JsonValue scalar(Kind kind) {
        JsonValue value;
        value.kind = kind;
        value.text = std::exchange(text_, {});
        value.name = std::exchange(name_, {});
        return value;
    }
    bool number(json::string_view part, json::error_code& ec) {
        return on_string_part(part, 0, ec) && put(scalar(Kind::kNumber), ec);
    }
    bool count(json::error_code& ec) {
        if (open_.size() > kMaxJsonDepth)
            return keep(fail(ErrorCode::kLimit, format("JSON: more than {} levels", kMaxJsonDepth)),
                        ec);
        if (++values_ > kMaxJsonValues)
            return keep(
                fail(ErrorCode::kLimit, format("JSON: more than {} values", kMaxJsonValues)), ec);
        return true;
    }
    bool open(Kind kind, json::error_code& ec) {
        if (!count(ec)) return false;
        open_.push_back(scalar(kind));
        return true;
    }
    bool close(json::error_code&) {
        JsonValue value = std::move(open_.back());
        open_.pop_back();
        (open_.empty() ? root : open_.back().items.emplace_back()) = std::move(value);
        return true;
    }
    bool put(JsonValue value, json::error_code& ec) {
        if (!count(ec)) return false;
        if (open_.empty())
            return keep(fail(ErrorCode::kMalformed, "JSON: neither an object nor an array"), ec);
        open_.back().items.push_back(std::move(value));
        return true;
    }

    std::vector<JsonValue> open_;  // The object or array that is being read, and those around it.
    std::string name_, text_;      // As far as they have come.
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
    json::parse_options options;
    options.max_depth = kMaxJsonDepth + 2;  // The handler counts, and says so.
    json::basic_parser<Handler> parser{options};
    json::error_code ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    Handler& handler = parser.handler();
    if (!handler.status) return fail(std::move(handler.status).error());
    if (ec) return fail(ErrorCode::kMalformed, format("JSON: {} (offset {})", ec.message(), read));
    if (read != text.size())
        return fail(ErrorCode::kTrailing, "JSON: something follows the document");
    return std::move(handler.root);
}

}  // namespace cordon::chain
