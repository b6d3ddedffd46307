// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon::net {

enum class Scheme : uint8_t { kHttp, kHttps, kWs, kWss };
std::string_view to_string(Scheme scheme) noexcept;

/// An address on the net, taken apart (RFC 3986, of which these four schemes need little).
struct Url {
    Scheme scheme{};
    std::string user_info;  ///< "user:password", percent-decoded; empty: none.
    std::string host;       ///< Lower case; an IPv6 address without its brackets.
    uint16_t port = 0;      ///< Never 0: the scheme's own where none is written.
    std::string target;     ///< Path and query, at least "/".

    bool secure() const noexcept { return scheme == Scheme::kHttps || scheme == Scheme::kWss; }
    bool web_socket() const noexcept { return scheme == Scheme::kWs || scheme == Scheme::kWss; }
    /// As it may be shown and logged: without user info, path and query, since providers of nodes
    /// put their customers' keys there. "https://node.example:8545/…"
    std::string shown() const;
    /// "host:port" as the Host header has it: no port where it is the scheme's own.
    std::string authority() const;
    friend bool operator==(const Url&, const Url&) = default;
};

/// At most kMaxUrl characters, all of them visible ASCII. kMalformed never repeats the text: it may
/// hold a key.
inline constexpr std::size_t kMaxUrl = 4096;
Result<Url> parse_url(std::string_view text);

/// `text`, which a server wrote, without the secrets of the URL that it may repeat, without control
/// characters, and short enough for a message.
std::string without_secrets(std::string_view text, const Url& url);

}  // namespace cordon::net
