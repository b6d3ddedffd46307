// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "origin.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::server {
namespace {

constexpr std::string_view kSecureCookie = "__Host-cordon";
constexpr std::string_view kPlainCookie = "cordon";

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// "localhost:8100", "127.0.0.1", "[::1]:8100".
bool is_loopback_host(std::string_view host) {
    for (const std::string_view name : {"localhost", "127.0.0.1", "[::1]"}) {
        if (!host.starts_with(name)) continue;
        const std::string_view port = host.substr(name.size());
        if (port.empty()) return true;
        if (port.starts_with(':') &&
            port.find_first_not_of("0123456789", 1) == std::string_view::npos)
            return true;
    }
    return false;
}

std::string_view host_of(std::string_view origin) {
    const std::size_t at = origin.find("://");
    return at == std::string_view::npos ? std::string_view{} : origin.substr(at + 3);
}

}  // namespace

Site::Site(std::vector<std::string> origins) : origins_{std::move(origins)} {
    for (std::string& origin : origins_) {
        origin = lower(origin);
        while (origin.ends_with('/')) origin.pop_back();
    }
}

bool Site::is_host(const net::ServerRequest& request) const {
    const std::string host = lower(request.header("Host"));
    return is_loopback_host(host) ||
           std::any_of(origins_.begin(), origins_.end(),
                       [&](const std::string& origin) { return host_of(origin) == host; });
}

bool Site::is_origin(const net::ServerRequest& request, std::string_view origin) const {
    const std::string asked = lower(origin);
    if (std::find(origins_.begin(), origins_.end(), asked) != origins_.end()) return true;
    const std::string host = lower(request.header("Host"));
    return is_loopback_host(host) &&
           asked == format("{}://{}", request.secure ? "https" : "http", host);
}

bool Site::is_secure(const net::ServerRequest& request) const {
    if (request.secure) return true;
    const std::string own = "https://" + lower(request.header("Host"));
    if (std::find(origins_.begin(), origins_.end(), own) != origins_.end()) return true;
    const std::string_view origin = request.header("Origin");
    return lower(origin).starts_with("https://") && is_origin(request, origin);
}

bool Site::is_foreign(const net::ServerRequest& request) const {
    const std::string_view origin = request.header("Origin");
    if (!origin.empty() && !is_origin(request, origin)) return true;
    // "none": the person typed the address. Browsers without the header send nothing.
    const std::string_view site = request.header("Sec-Fetch-Site");
    return !site.empty() && site != "same-origin" && site != "none";
}

bool is_from_loopback(const net::ServerRequest& request) {
    return request.peer == "::1" || request.peer.starts_with("127.") ||
           request.peer.starts_with("::ffff:127.");
}

std::string_view session_cookie(const net::ServerRequest& request, bool secure) {
    const auto strong = net::cookie_of(request, kSecureCookie);
    if (!strong) return {};  // Twice: somebody else set one.
    // Behind a proxy that rewrites Host the request looks plain; the stronger name counts.
    if (!strong->empty() || secure) return *strong;
    return net::cookie_of(request, kPlainCookie).value_or(std::string_view{});
}

std::string set_session_cookie(std::string_view value, bool secure) {
    return format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}",
                  secure ? kSecureCookie : kPlainCookie, value, secure ? "; Secure" : "",
                  value.empty() ? "; Max-Age=0" : "");
}

}  // namespace cordon::server
