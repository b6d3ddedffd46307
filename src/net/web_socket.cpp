// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "web_socket.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <variant>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>

#include "wire.hpp"

namespace cordon::net {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

struct WebSocket::Connection : Wire {
    using Wire::Wire;
    ~Connection() {
        // What still reads ends before the buffer does.
        close();
        while (reading) {
            if (io.stopped()) io.restart();
            if (io.run_one() == 0) break;
        }
    }

    using PlainSocket = websocket::stream<Plain&>;
    using SecureSocket = websocket::stream<Secure&>;
    std::variant<std::monostate, PlainSocket, SecureSocket> socket;
    beast::flat_buffer buffer;
    bool reading = false;  // A read is under way; it outlives the call that started it.
    std::optional<boost::system::error_code> read;  // How it ended.

    template <typename Call>
    auto with(Call call) {
        return socket.index() == 1 ? call(std::get<1>(socket)) : call(std::get<2>(socket));
    }

    Status handshake() {
        CORDON_TRY(open());
        if (secure)
            socket.emplace<SecureSocket>(*secure);
        else
            socket.emplace<PlainSocket>(*plain);
        return with([&](auto& stream) -> Status {
            websocket::stream_base::timeout times{};
            times.handshake_timeout = options.connect_timeout;
            times.idle_timeout = kIdle;
            times.keep_alive_pings = true;
            stream.set_option(times);
            stream.read_message_max(options.max_body);
            stream.set_option(
                websocket::stream_base::decorator([this](websocket::request_type& request) {
                    request.set(beast::http::field::user_agent, "cordon");
                    if (url.user_info.empty()) return;
                    const ByteView secret{reinterpret_cast<const uint8_t*>(url.user_info.data()),
                                          url.user_info.size()};
                    request.set(beast::http::field::authorization, "Basic " + to_base64(secret));
                }));
            return wait("WebSocket handshake", Clock::now() + options.connect_timeout,
                        [&](auto handler) {
                            stream.async_handshake(url.authority(), url.target, handler);
                        });
        });
    }
};

WebSocket::WebSocket(std::unique_ptr<Connection> connection) : connection_{std::move(connection)} {}
WebSocket::~WebSocket() = default;
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;

Result<WebSocket> WebSocket::connect(const Url& url, const NetOptions& options) {
    if (!url.web_socket())
        return fail(ErrorCode::kInvalidParam, format("{}: expected a ws or wss URL", url.shown()));
    auto connection = std::make_unique<Connection>(url, options);
    CORDON_TRY(connection->handshake());
    return WebSocket{std::move(connection)};
}

Status WebSocket::send(std::string_view text) {
    Connection& wire = *connection_;
    return wire.with([&](auto& stream) {
        stream.text(true);
        return wire.wait("sending", Clock::now() + wire.options.timeout, [&](auto handler) {
            stream.async_write(asio::buffer(text.data(), text.size()), handler);
        });
    });
}

Result<std::optional<std::string>> WebSocket::receive(std::chrono::milliseconds time) {
    Connection& wire = *connection_;
    if (!wire.reading && !wire.read) {
        wire.reading = true;
        wire.with([&](auto& stream) {
            stream.async_read(wire.buffer,
                              [&wire](const boost::system::error_code& error, std::size_t) {
                                  wire.reading = false;
                                  wire.read = error;
                              });
        });
    }
    CORDON_TRY(const bool came,
               wire.run([&] { return wire.read.has_value(); }, Clock::now() + time));
    if (!came) return std::nullopt;
    const boost::system::error_code error = *std::exchange(wire.read, std::nullopt);
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
        wire.close();
        return fail(ErrorCode::kLimit, format("{}: a message of more than {} bytes",
                                              wire.url.shown(), wire.options.max_body));
    }
    if (error) return wire.refuse("receiving", error);
    std::string text = beast::buffers_to_string(wire.buffer.data());
    wire.buffer.consume(wire.buffer.size());
    return text;
}

}  // namespace cordon::net
