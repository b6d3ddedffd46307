// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json_document.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

namespace json = boost::json;

/// Makes values as boost::json::parse does, and keeps the names of the objects that are open.
class Handler {
public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    Handler() { stack_.reset(); }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) { return true; }
    bool on_object_end(std::size_t size, json::error_code& ec) {
        // Those of the objects inside are gone already.
        const auto first = names_.end() - static_cast<std::ptrdiff_t>(size);
        std::sort(first, names_.end());
        if (const auto found = std::adjacent_find(first, names_.end()); found != names_.end()) {
            twice = *found;
            ec = json::error::exception;  // Any: ours is what is told.
            return false;
        }
        names_.erase(first, names_.end());
        stack_.push_object(size);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t size, json::error_code&) {
        stack_.push_array(size);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        name_.append(part.data(), part.size());
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code&) {
        name_.append(part.data(), part.size());
        names_.push_back(std::exchange(name_, {}));
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(int64_t number, json::string_view, json::error_code&) {
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(uint64_t number, json::string_view, json::error_code&) {
        stack_.push_uint64(number);
        return true;
    }
    bool on_double(double number, json::string_view, json::error_code&) {
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool flag, json::error_code&) {
        stack_.push_bool(flag);
        return true;
    }
    bool on_null(json::error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    json::value release() { return stack_.release(); }

    std::optional<std::string> twice;

private:
    json::value_stack stack_;
    std::vector<std::string> names_;  // Of the objects that are open, one after the other.
    std::string name_;                // As far as it has come.
};

/// A name that may be said again: what is long or odd is not sent back to whoever wrote it.
bool is_plain(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    return !name.empty() && name.size() <= kLongest &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
           });
}

}  // namespace

Result<json::value> parse_json(std::string_view text, std::size_t max_depth) {
    json::parse_options options;
    options.max_depth = max_depth;
    json::basic_parser<Handler> parser{options};
    json::error_code ec;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
    Handler& handler = parser.handler();
    if (handler.twice)
        return fail(
            ErrorCode::kMalformed,
            format("JSON: {} stands twice in the object that ends at offset {}: say it once",
                   is_plain(*handler.twice) ? format("\"{}\"", *handler.twice) : "a name", read));
    if (ec)
        return fail(ec == json::error::too_deep ? ErrorCode::kLimit : ErrorCode::kMalformed,
                    format("JSON: {} (offset {})", ec.message(), read));
    if (read != text.size())
        return fail(ErrorCode::kMalformed, format("JSON: expected nothing more (offset {})", read));
    return handler.release();
}

}  // namespace cordon::chain
