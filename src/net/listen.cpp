// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "listen.hpp"

#include <charconv>

#include <boost/asio/ip/address.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::net {

Status parse_listen(std::string_view text, std::string& address, uint16_t& port) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        std::string_view host = text.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        const char* const begin = text.data() + colon + 1;
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(begin, last, port);
        boost::system::error_code unknown;
        boost::asio::ip::make_address(host, unknown);
        if (error == std::errc{} && end == last && !unknown) {
            address = host;
            return {};
        }
    }
    return fail(ErrorCode::kInvalidParam, "expected ADDRESS:PORT, such as 127.0.0.1:8470");
}

bool is_loopback(std::string_view address) noexcept {
    boost::system::error_code unknown;
    const auto parsed = boost::asio::ip::make_address(address, unknown);
    return !unknown && parsed.is_loopback();
}

std::string limit_key(std::string_view ip) {
    constexpr std::size_t kNetwork = 8;
    boost::system::error_code unknown;
    const auto address = boost::asio::ip::make_address_v6(ip, unknown);
    if (unknown) return std::string{ip};
    return to_hex(ByteView{address.to_bytes()}.first(kNetwork)) + "/64";
}

}  // namespace cordon::net
