// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "http_head.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

#include <cordon/base/format.hpp>

namespace cordon::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;

bool is_writable(const ServerResponse& response) {
    // RFC 9110 §5.5, §5.6.2: a value is one line, a name is a token.
    const auto is_value = [](std::string_view text) {
        return std::ranges::none_of(
            text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    };
    const auto is_name = [](std::string_view text) {
        return !text.empty() && text.find_first_not_of(
                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789"
                                    "!#$%&'*+-.^_`|~") == std::string_view::npos;
    };
    return response.status >= 200 && response.status <= 599 && is_value(response.type) &&
           std::ranges::all_of(response.headers, [&](const auto& header) {
               return is_name(header.first) && is_value(header.second);
           });
}

std::string head_of(const ServerResponse& response, std::string_view id, bool keep_alive) {
    const beast::string_view reason = http::obsolete_reason(http::int_to_status(response.status));
    std::string out =
        format("HTTP/1.1 {} {}\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: {}\r\n",
               response.status, std::string_view{reason.data(), reason.size()}, id);
    bool caching = false;
    for (const auto& [name, value] : response.headers) {
        caching = caching || beast::iequals(name, "Cache-Control");
        out += format("{}: {}\r\n", name, value);
    }
    if (!caching) out += "Cache-Control: no-store\r\n";
    if (has_body(response)) out += format("Content-Type: {}\r\n", response.type);
    if (has_body(response) && !response.events)
        out += format("Content-Length: {}\r\n", response.body.size());
    return out + (keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

bool has_body(const ServerResponse& response) {
    return response.status != 204 && response.status != 304;
}

}  // namespace cordon::net
