// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/net/http_routes.hpp>

/// From where a browser asks, and the cookie by which it is known.
namespace cordon::server {

/// The addresses under which this console is reached: "https://cordon.example", and always
/// loopback under its own names, which no name server can turn to another site. Immutable.
class Site {
public:
    explicit Site(std::vector<std::string> origins);

    /// Whether the request was meant for us. Else a page of another site had its name pointed at
    /// our address (DNS rebinding), and its browser believes that we are that site.
    bool is_host(const net::ServerRequest& request) const;
    /// Whether an Origin is ours. REQUIRES: is_host().
    bool is_origin(const net::ServerRequest& request, std::string_view origin) const;
    /// The browser's side is TLS: here, or at a proxy before us.
    bool is_secure(const net::ServerRequest& request) const;
    /// A page of another site asks, as far as the browser tells (Origin, Sec-Fetch-Site).
    bool is_foreign(const net::ServerRequest& request) const;

private:
    std::vector<std::string> origins_;  // In lower case, without a last slash.
};

/// The request comes from this machine.
bool is_from_loopback(const net::ServerRequest& request);

/// The session's cookie; empty: none.
std::string_view session_cookie(const net::ServerRequest& request, bool secure);
/// A Set-Cookie header. An empty value takes the cookie away. HttpOnly, SameSite=Strict; Secure and
/// the prefix __Host- over TLS (RFC 6265bis §4.1.3: no other host can set or shadow it).
std::string set_session_cookie(std::string_view value, bool secure);

}  // namespace cordon::server
