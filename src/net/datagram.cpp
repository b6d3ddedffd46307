// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "datagram.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include <cordon/base/format.hpp>

#include "wire.hpp"

namespace cordon::net {
namespace {

constexpr std::size_t kMaxDatagram = 65'507;  // 65,535 less the heads of IPv4 and UDP.

tl::unexpected<Error> failed(const MessagePlace& place, const boost::system::error_code& error) {
    return fail(ErrorCode::kUnavailable, format("{}: {}", place.host, error.message()));
}

template <typename Socket>
Status send_one(const MessagePlace& place, Socket& socket, const typename Socket::endpoint_type& to,
                std::string_view message) {
    boost::system::error_code error;
    socket.open(to.protocol(), error);
    if (error) return failed(place, error);
    // A full queue of the receiver is an error here, and the sender tries again later.
    socket.non_blocking(true, error);
    socket.send_to(asio::buffer(message.data(), message.size()), to, 0, error);
    if (error) return failed(place, error);
    return {};
}

}  // namespace

Result<MessagePlace> parse_message_place(std::string_view text) {
    const auto bad = [] {
        return fail(ErrorCode::kMalformed,
                    "expected udp://HOST:PORT, tcp://HOST:PORT or unix:PATH");
    };
    MessagePlace place;
    if (text.starts_with("unix:")) {
        place.kind = MessagePlace::Kind::kUnix;
        place.host = text.substr(5);
        constexpr std::size_t kLongest = 107;  // sun_path of Linux.
        if (place.host.empty() || place.host.size() > kLongest) return bad();
        return place;
    }
    if (!text.starts_with("udp://") && !text.starts_with("tcp://")) return bad();
    place.kind = text.starts_with("udp") ? MessagePlace::Kind::kUdp : MessagePlace::Kind::kTcp;
    const std::string_view rest = text.substr(6);
    const std::size_t colon = rest.rfind(':');
    const std::size_t bracket = rest.find(']');  // Of an IPv6 address, whose colons are none.
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
        return bad();
    const auto url = parse_url(format("http://{}", rest));
    if (!url || url->target != "/" || !url->user_info.empty()) return bad();
    const std::string_view digits = rest.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), place.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || place.port == 0)
        return bad();
    place.host = url->host;
    return place;
}

Status send_message(const MessagePlace& place, std::string_view message,
                    const NetOptions& options) {
    if (place.kind != MessagePlace::Kind::kTcp && message.size() > kMaxDatagram)
        return fail(ErrorCode::kLimit, "a message is longer than a datagram can be");
    if (place.kind == MessagePlace::Kind::kUnix) {
        asio::io_context io{1};
        asio::local::datagram_protocol::socket socket{io};
        return send_one(place, socket, asio::local::datagram_protocol::endpoint{place.host},
                        message);
    }
    if (place.kind == MessagePlace::Kind::kUdp) {
        asio::io_context io{1};
        boost::system::error_code error;
        asio::ip::udp::resolver resolver{io};
        const auto found = resolver.resolve(place.host, std::to_string(place.port), error);
        if (error || found.empty()) return failed(place, error);
        asio::ip::udp::socket socket{io};
        return send_one(place, socket, found.begin()->endpoint(), message);
    }
    Wire wire{Url{.scheme = Scheme::kHttp,
                  .user_info = {},
                  .host = place.host,
                  .port = place.port,
                  .target = "/"},
              options};
    const std::string framed = format("{} {}", message.size(), message);
    const auto send = [&]() -> Status {
        CORDON_TRY(wire.open());
        return wire.wait("sending", Clock::now() + options.timeout, [&](auto handler) {
            asio::async_write(*wire.plain, asio::buffer(framed), handler);
        });
    };
    const Status done = send();
    if (done) return {};
    Error error = done.error();
    if (error.message.starts_with("http://")) error.message.replace(0, 7, "tcp://");
    return fail(std::move(error));
}

}  // namespace cordon::net
