// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_routes.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <set>

#include <cordon/base/format.hpp>

namespace cordon::net {
namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> out;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        out.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

bool is_braced(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

std::optional<std::string> decoded(std::string_view segment) {
    std::string out;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '%') {
            out += segment[i];
            continue;
        }
        if (i + 2 >= segment.size()) return std::nullopt;
        const auto high = hex_digit(segment[i + 1]);
        const auto low = hex_digit(segment[i + 2]);
        if (!high || !low) return std::nullopt;
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    return out;
}

/// Bytes of the UTF-8 sequence at the front of `text` (RFC 3629); 0: none.
std::size_t utf8_size(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xc0U) != 0x80) return 0;
    const unsigned second = at(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
        return 0;
    return size;
}

unsigned status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNotFound: return 404;
        case ErrorCode::kConflict:
        case ErrorCode::kDuplicate: return 409;
        case ErrorCode::kPermission: return 403;
        case ErrorCode::kLimit:
        case ErrorCode::kOverflow: return 422;
        case ErrorCode::kInvalidParam:
        case ErrorCode::kMalformed:
        case ErrorCode::kTruncated:
        case ErrorCode::kTrailing:
        case ErrorCode::kChecksum:
        case ErrorCode::kOrder:
        case ErrorCode::kWrongChain:
        case ErrorCode::kUnsupported: return 400;
        case ErrorCode::kIo:
        case ErrorCode::kNoSpace:
        case ErrorCode::kLocked:
        case ErrorCode::kCorrupt:
        case ErrorCode::kUnavailable:
        case ErrorCode::kCancelled: return 503;
    }
    return 500;
}

}  // namespace

std::string_view ServerRequest::header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
        if (boost::beast::iequals(key, {name.data(), name.size()})) return value;
    return {};
}

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t size = utf8_size(text);
        const char c = text.front();
        if (size == 0)
            out += "\\ufffd";
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out + "\"";
}

ServerResponse problem(unsigned status, std::string_view code, std::string_view detail) {
    const std::string_view title =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    return {
        .status = status,
        .type = "application/problem+json",
        .body = format(R"({{"type":"about:blank","title":{},"status":{},"code":{},"detail":{}}})",
                       json_quoted(title), status, json_quoted(code), json_quoted(detail))};
}

ServerResponse problem(const Error& error) {
    return problem(status_of(error.code), to_string(error.code), error.message);
}

Result<Routes> Routes::make(std::vector<Route> routes) {
    Routes out;
    std::set<std::pair<std::string, std::string>> known;
    for (Route& route : routes) {
        if (route.method.empty() || !route.path.starts_with('/') || !route.handler)
            return fail(ErrorCode::kInvalidParam,
                        format("route \"{} {}\": expected a method, a path from \"/\" on and a "
                               "handler",
                               route.method, route.path));
        if (!known.emplace(route.method, route.path).second)
            return fail(ErrorCode::kInvalidParam,
                        format("route \"{} {}\" is there twice", route.method, route.path));
        out.segments_.push_back(split(route.path));
        out.routes_.push_back(std::move(route));
    }
    return out;
}

Routes::Found Routes::find(std::string_view method, std::string_view path) const {
    Found best;
    if (!path.starts_with('/')) return best;
    const std::vector<std::string> segments = split(path);
    std::size_t fewest = segments.size() + 1;  // Braced segments of the best.
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const auto& wanted = segments_[i];
        if (wanted.size() != segments.size()) continue;
        std::map<std::string, std::string> params;
        bool matches = true;
        for (std::size_t k = 0; k < wanted.size() && matches; ++k) {
            if (!is_braced(wanted[k])) {
                matches = wanted[k] == segments[k];
                continue;
            }
            auto value = decoded(segments[k]);
            matches = value && !value->empty();
            if (matches) params[wanted[k].substr(1, wanted[k].size() - 2)] = *std::move(value);
        }
        if (!matches) continue;
        if (routes_[i].method != method) {
            best.allowed += (best.allowed.empty() ? "" : ", ") + routes_[i].method;
            continue;
        }
        if (params.size() >= fewest) continue;
        fewest = params.size();
        best.route = &routes_[i];
        best.params = std::move(params);
    }
    return best;
}

std::size_t Routes::max_body() const noexcept {
    std::size_t most = 0;
    for (const Route& route : routes_) most = std::max(most, route.max_body);
    return most;
}

}  // namespace cordon::net
