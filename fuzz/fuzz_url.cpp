// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/net/url.hpp>

using namespace cordon;

/// What parses has a host and no line end anywhere, and what is shown of it parses again to the
/// same server.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto url = net::parse_url(text);
    if (!url) return 0;
    CORDON_CHECK(!url->host.empty() && url->port != 0 && url->target.front() == '/');
    for (const std::string& part : {url->host, url->target, url->user_info})
        CORDON_CHECK(part.find_first_of("\r\n") == part.npos);
    const std::string head = std::string{to_string(url->scheme)} + "://" + url->authority();
    const auto again = net::parse_url(head + url->target);
    CORDON_CHECK(again && again->host == url->host && again->port == url->port &&
                 again->target == url->target);
    CORDON_CHECK(url->shown().starts_with(head));
    (void)net::without_secrets(text, *url);
    return 0;
}
