// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_routes.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <set>
#include <span>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>

namespace cordon::net {
namespace {

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> out;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        out.push_back(path.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

/// Name and fixed end of "{name}" or "{name}.csv"; no name: a fixed segment.
std::pair<std::string_view, std::string_view> braced(std::string_view segment) {
    const std::size_t end = segment.find('}');
    if (!segment.starts_with('{') || end == std::string_view::npos || end < 2) return {};
    return {segment.substr(1, end - 1), segment.substr(end + 1)};
}
bool is_rest(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with("...}");
}

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// UTF-8 without control characters: a NUL ends names of files early, a line end begins a header.
std::optional<std::string> decoded(std::string_view text, bool plus_is_blank = false) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const auto high = hex_digit(text[i + 1]);
        const auto low = hex_digit(text[i + 2]);
        if (!high || !low) return std::nullopt;
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
    }
    for (std::string_view left = out; !left.empty();) {
        const std::size_t size = utf8_length(left);
        if (size == 0 || is_control(left.front())) return std::nullopt;
        left.remove_prefix(size);
    }
    return out;
}

/// Of "{rest...}": the segments with "/" between them. None may lead elsewhere in a tree of files:
/// no "..", no "." and nothing empty (but at the end), and no separator that was encoded.
std::optional<std::string> joined(std::span<const std::string_view> segments) {
    std::string out;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const auto segment = decoded(segments[i]);
        if (!segment || *segment == "." || *segment == ".." ||
            (segment->empty() && i + 1 < segments.size()) ||
            segment->find_first_of("/\\") != std::string::npos)
            return std::nullopt;
        if (i > 0) out += '/';
        out += *segment;
    }
    return out;
}

using Params = std::map<std::string, std::string>;

/// Nothing: it does not fit.
std::optional<Params> match(std::span<const std::string> wanted,
                            std::span<const std::string_view> segments) {
    const bool rest = !wanted.empty() && is_rest(wanted.back());
    const std::size_t single = wanted.size() - (rest ? 1 : 0);
    if (rest ? segments.size() < single : segments.size() != single) return std::nullopt;
    Params params;
    for (std::size_t i = 0; i < single; ++i) {
        const auto [name, end] = braced(wanted[i]);
        if (name.empty()) {
            if (wanted[i] != segments[i]) return std::nullopt;
            continue;
        }
        if (!segments[i].ends_with(end)) return std::nullopt;
        auto value = decoded(segments[i].substr(0, segments[i].size() - end.size()));
        if (!value || value->empty()) return std::nullopt;
        params[std::string{name}] = *std::move(value);
    }
    if (rest) {
        auto value = joined(segments.subspan(single));
        if (!value) return std::nullopt;
        params[wanted.back().substr(1, wanted.back().size() - 5)] = *std::move(value);
    }
    return params;
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
        const std::size_t size = utf8_length(text);
        const char c = text.front();
        if (size == 0)
            out += "\\ufffd";
        else if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (is_control(c))
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

Result<std::map<std::string, std::string>> query_of(std::string_view query) {
    std::map<std::string, std::string> out;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals), true);
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value || name->empty())
            return fail(ErrorCode::kMalformed,
                        "query: expected name=value in UTF-8, percent-encoded, without controls");
        if (!out.emplace(*name, *std::move(value)).second)
            return fail(ErrorCode::kMalformed, format("query: \"{}\" is there twice", *name));
    }
    return out;
}

Result<std::string_view> cookie_of(const ServerRequest& request, std::string_view name) {
    std::string_view found;
    for (const auto& [key, value] : request.headers) {
        if (!boost::beast::iequals(key, "Cookie")) continue;
        for (std::string_view left = value; !left.empty();) {
            const std::size_t end = std::min(left.find(';'), left.size());
            std::string_view pair = left.substr(0, end);
            left.remove_prefix(std::min(end + 1, left.size()));
            while (pair.starts_with(' ')) pair.remove_prefix(1);
            if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
            if (!found.empty())
                return fail(ErrorCode::kMalformed, format("cookie {}: is there twice", name));
            found = pair.substr(name.size() + 1);
            // RFC 6265 §4.1.1: visible ASCII without these.
            const auto bad = [](char c) {
                return c <= 0x20 || c == 0x7f || c == '"' || c == ',' || c == '\\';
            };
            if (found.empty() || std::ranges::any_of(found, bad))
                return fail(ErrorCode::kMalformed,
                            format("cookie {}: expected a value of visible ASCII", name));
        }
    }
    return found;
}

std::optional<uint64_t> last_event_id(const ServerRequest& request) {
    const std::string_view text = request.header("Last-Event-ID");
    if (text.empty()) return std::nullopt;
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} && end == text.data() + text.size() ? id : 0;
}

Result<Routes> Routes::make(std::vector<Route> routes) {
    Routes out;
    std::set<std::pair<std::string, std::string>> known;
    for (Route& route : routes) {
        const std::vector<std::string_view> segments = split(route.path);
        if (route.method.empty() || route.method == "HEAD" || !route.path.starts_with('/') ||
            !route.handler)
            return fail(
                ErrorCode::kInvalidParam,
                format("route \"{} {}\": expected a method (but HEAD), a path from \"/\" on "
                       "and a handler",
                       route.method, route.path));
        if (std::any_of(segments.begin(), segments.end() - 1, is_rest))
            return fail(ErrorCode::kInvalidParam,
                        format("route \"{}\": expected {{...}} at the end only", route.path));
        if (!known.emplace(route.method, route.path).second)
            return fail(ErrorCode::kInvalidParam,
                        format("route \"{} {}\" is there twice", route.method, route.path));
        out.segments_.emplace_back(segments.begin(), segments.end());
        out.routes_.push_back(std::move(route));
    }
    return out;
}

Routes::Found Routes::find(std::string_view method, std::string_view path) const {
    Found best;
    if (!path.starts_with('/')) return best;
    if (method == "HEAD") method = "GET";
    const std::vector<std::string_view> segments = split(path);
    // A path that has a route of its own is not among "the rest", with no method.
    for (const bool rest : {false, true}) {
        std::size_t most = 0;  // What is fixed in the best, and one.
        for (std::size_t i = 0; i < routes_.size(); ++i) {
            const auto& wanted = segments_[i];
            if (is_rest(wanted.back()) != rest) continue;
            auto params = match(wanted, segments);
            if (!params) continue;
            if (routes_[i].method != method) {
                best.allowed += (best.allowed.empty() ? "" : ", ") + routes_[i].method;
                if (routes_[i].method == "GET") best.allowed += ", HEAD";
                continue;
            }
            // Whole segments before ends of them, and those before nothing.
            std::size_t fixed = (wanted.size() + 1) * (wanted.size() - params->size());
            for (const std::string& each : wanted) fixed += braced(each).second.empty() ? 0 : 1;
            if (fixed + 1 <= most) continue;
            most = fixed + 1;
            best.route = &routes_[i];
            best.params = *std::move(params);
        }
        if (best.route != nullptr || !best.allowed.empty()) break;
    }
    return best;
}

std::size_t Routes::max_body() const noexcept {
    std::size_t most = 0;
    for (const Route& route : routes_) most = std::max(most, route.max_body);
    return most;
}

}  // namespace cordon::net
