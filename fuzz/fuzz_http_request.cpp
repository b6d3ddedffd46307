// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/net/http_routes.hpp>

using namespace cordon;

namespace {

net::Routes routes() {
    const auto handler = [](const net::ServerRequest&) { return net::ServerResponse{}; };
    return net::Routes::make({{.method = "GET", .path = "/{file...}", .handler = handler},
                              {.method = "GET", .path = "/api/{a}/x/{b}", .handler = handler},
                              {.method = "POST", .path = "/api/{rest...}", .handler = handler}})
        .value();
}

bool is_plain(std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

/// What a server takes apart itself: lines of a target, a Cookie and a Last-Event-ID. What is
/// decoded has no control characters, and the rest of a path leads nowhere else.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    static const net::Routes kRoutes = routes();
    std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto line = [&] {
        const std::string_view out = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(out.size() + 1, text.size()));
        return out;
    };
    const std::string_view path = line(), query = line(), cookie = line(), id = line();
    for (const std::string_view method : {"GET", "HEAD", "POST", "PUT"}) {
        const auto found = kRoutes.find(method, path);
        CORDON_CHECK(found.route == nullptr || path.starts_with('/'));
        for (const auto& [name, value] : found.params) {
            CORDON_CHECK(is_plain(value));
            if (name != "file" && name != "rest") continue;
            const std::string whole = "/" + value + "/";
            for (const std::string_view bad : {"/../", "/./", "\\"})
                CORDON_CHECK(whole.find(bad) == std::string::npos);
            CORDON_CHECK(!value.starts_with('/') && value.find("//") == std::string::npos);
        }
    }
    if (const auto params = net::query_of(query)) {
        // Written again, with everything encoded, it says the same.
        std::string again;
        const auto encode = [&](std::string_view part) {
            constexpr std::string_view kDigits = "0123456789ABCDEF";
            for (const char c : part) {
                const auto byte = static_cast<unsigned char>(c);
                ((again += '%') += kDigits[byte >> 4]) += kDigits[byte & 0xf];
            }
        };
        for (const auto& [name, value] : *params) {
            CORDON_CHECK(!name.empty() && is_plain(name) && is_plain(value));
            encode(name);
            again += '=';
            encode(value);
            again += '&';
        }
        CORDON_CHECK(net::query_of(again).value() == *params);
    }
    const net::ServerRequest request{
        .method = "GET",
        .path = "/",
        .query = "",
        .headers = {{"Cookie", std::string{cookie}}, {"Last-Event-ID", std::string{id}}}};
    if (const auto value = net::cookie_of(request, "cordon"))
        CORDON_CHECK(value->empty() || cookie.find(*value) != std::string_view::npos);
    CORDON_CHECK(net::last_event_id(request).has_value() != id.empty());
    return 0;
}
