// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::net {
namespace {

struct Known {
    Scheme scheme;
    std::string_view name;
    uint16_t port;
};
constexpr std::array<Known, 4> kSchemes{{{Scheme::kHttp, "http", 80},
                                         {Scheme::kHttps, "https", 443},
                                         {Scheme::kWs, "ws", 80},
                                         {Scheme::kWss, "wss", 443}}};

// What a server says in one message; longer texts are pages for people.
constexpr std::size_t kMaxShown = 300;
// Shorter parts of a path ("v3", "rpc") are no keys, and are words of any message.
constexpr std::size_t kShortestSecret = 6;

bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
bool is_letter(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}
char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}
std::string lower(std::string_view text) {
    std::string out{text};
    for (char& letter : out) letter = lower(letter);
    return out;
}

tl::unexpected<Error> refuse(std::string_view what) {
    return fail(ErrorCode::kMalformed, format("URL: {}", what));
}

Result<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const auto byte = parse_hex(text.substr(at + 1, 2));
        if (!byte || byte->size() != 1)
            return refuse("expected two hex digits after % in the user info");
        out += static_cast<char>(byte->front());
        at += 2;
    }
    return out;
}

Result<uint16_t> parse_port(std::string_view text) {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535)
        return refuse("expected a port from 1 to 65535");
    return static_cast<uint16_t>(port);
}

Status check_host(std::string_view host, bool bracketed) {
    if (host.empty()) return refuse("expected a host");
    if (host.size() > 253) return refuse("a host name has at most 253 characters");  // RFC 1035.
    for (const char letter : host) {
        const bool ok = bracketed ? is_digit(letter) || is_letter(letter) || letter == ':' ||
                                        letter == '.' || letter == '%'
                                  : is_digit(letter) || is_letter(letter) || letter == '.' ||
                                        letter == '-' || letter == '_';
        if (!ok) return refuse("the host holds a character that no host name has");
    }
    return {};
}

}  // namespace

std::string_view to_string(Scheme scheme) noexcept {
    return kSchemes[static_cast<std::size_t>(scheme)].name;
}

std::string Url::authority() const {
    const std::string name = host.find(':') == host.npos ? host : format("[{}]", host);
    const bool plain = port == kSchemes[static_cast<std::size_t>(scheme)].port;
    return plain ? name : format("{}:{}", name, port);
}

std::string Url::shown() const {
    return format("{}://{}{}", to_string(scheme), authority(), target == "/" ? "" : "/…");
}

Result<Url> parse_url(std::string_view text) {
    if (text.size() > kMaxUrl) return refuse(format("longer than {} characters", kMaxUrl));
    for (const char letter : text)
        if (letter <= ' ' || letter > '~') return refuse("expected visible ASCII characters only");
    const std::size_t colon = text.find("://");
    const std::string name = lower(text.substr(0, std::min(colon, text.size())));
    const auto known = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const Known& each) { return each.name == name; });
    if (colon == text.npos || known == kSchemes.end())
        return refuse("expected http://, https://, ws:// or wss://");

    Url url;
    url.scheme = known->scheme;
    url.port = known->port;
    text.remove_prefix(colon + 3);
    text = text.substr(0, text.find('#'));  // A fragment is the client's own.
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, end);
    url.target = text.substr(end);
    if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");

    if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
        CORDON_TRY(url.user_info, percent_decoded(authority.substr(0, at)));
        // A control character would write headers of its own.
        if (std::any_of(url.user_info.begin(), url.user_info.end(),
                        [](char letter) { return static_cast<unsigned char>(letter) < ' '; }))
            return refuse("the user info holds a control character");
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    bool has_port = false;
    const bool bracketed = !authority.empty() && authority.front() == '[';
    if (bracketed) {
        const std::size_t close = authority.find(']');
        if (close == authority.npos) return refuse("expected ] behind an IPv6 address");
        port = authority.substr(close + 1);
        authority = authority.substr(1, close - 1);
        if (!port.empty() && port.front() != ':') return refuse("expected a port behind ]");
        has_port = !port.empty();
        if (has_port) port.remove_prefix(1);
    } else if (const std::size_t at = authority.find(':'); at != authority.npos) {
        has_port = true;
        port = authority.substr(at + 1);
        authority = authority.substr(0, at);
    }
    CORDON_TRY(check_host(authority, bracketed));
    if (bracketed && authority.find(':') == authority.npos)
        return refuse("expected an IPv6 address in brackets");
    url.host = lower(authority);
    if (has_port) {
        CORDON_TRY(url.port, parse_port(port));
    }
    return url;
}

std::string without_secrets(std::string_view text, const Url& url) {
    // Every part of path and query, and user and password. The longest first: one may hold another.
    std::vector<std::string> secrets;
    const auto take = [&](std::string_view parts, std::string_view between) {
        while (!parts.empty()) {
            const std::size_t end = std::min(parts.find_first_of(between), parts.size());
            if (end >= kShortestSecret) secrets.emplace_back(parts.substr(0, end));
            parts.remove_prefix(std::min(end + 1, parts.size()));
        }
    };
    take(url.target, "/?&=");
    take(url.user_info, ":");
    std::sort(secrets.begin(), secrets.end(), [](const std::string& a, const std::string& b) {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    });

    std::string out{text.substr(0, kMaxShown + kMaxUrl)};
    for (const std::string& secret : secrets)
        for (std::size_t at = out.find(secret); at != out.npos; at = out.find(secret, at + 1))
            out.replace(at, secret.size(), "…");
    for (char& letter : out)
        if (static_cast<unsigned char>(letter) < ' ' || letter == '\x7f') letter = ' ';
    if (out.size() > kMaxShown) {
        // Not within a character of several bytes (UTF-8: its later bytes are 10xxxxxx).
        std::size_t end = kMaxShown;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
        out.resize(end);
        out += "…";
    }
    return out;
}

}  // namespace cordon::net
