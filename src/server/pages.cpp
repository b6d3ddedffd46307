// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pages.hpp"

#include <boost/json.hpp>
#include <charconv>

namespace cordon::server {
namespace {

constexpr std::size_t kUsualLimit = 100;
constexpr std::size_t kMostLimit = 500;  // What a table draws at once, and 1 MB of alerts.
constexpr std::size_t kMostCursor = 128;

}  // namespace

std::vector<Parameter> page_parameters() {
    return {{"cursor", Schema::text(kMostCursor), "`next` of the page before."},
            {"limit", Schema::integer(1, kMostLimit), "How many; 100 unless told."}};
}

std::size_t limit_of(const Call& call) {
    const std::string_view text = call.param("limit");
    std::size_t limit = kUsualLimit;
    std::from_chars(text.data(), text.data() + text.size(), limit);
    return std::clamp(limit, std::size_t{1}, kMostLimit);
}

Error cursor_error(Error error) {
    if (error.code == ErrorCode::kNotFound)
        return {ErrorCode::kInvalidParam, "cursor: is not of this list; begin without one"};
    return error;
}

std::string text_of(const boost::json::object& body, std::string_view name) {
    const boost::json::value* value = body.if_contains(name);
    return value && value->is_string() ? std::string{value->as_string()} : std::string{};
}

}  // namespace cordon::server
