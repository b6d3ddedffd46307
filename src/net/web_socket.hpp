// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http.hpp"

namespace cordon::net {

/// An open WebSocket (RFC 6455), text messages both ways. TLS as for HttpClient. Pings are answered
/// and sent while somebody waits in receive(); a server that has gone silent for twice
/// `kIdle` is kUnavailable. After any Error it is closed: connect anew. Confined to one thread.
class WebSocket {
public:
    static constexpr std::chrono::seconds kIdle{30};

    /// kInvalidParam: not a ws or wss URL. kUnavailable, kCancelled.
    static Result<WebSocket> connect(const Url& url, const NetOptions& options = {});
    ~WebSocket();
    WebSocket(WebSocket&&) noexcept;
    WebSocket& operator=(WebSocket&&) noexcept;

    Status send(std::string_view text);
    /// The next message, or nothing when none came in time. kUnavailable when the other side
    /// closed, kLimit for a message above max_body, kCancelled.
    Result<std::optional<std::string>> receive(std::chrono::milliseconds wait);

private:
    struct Connection;
    explicit WebSocket(std::unique_ptr<Connection> connection);
    std::unique_ptr<Connection> connection_;
};

}  // namespace cordon::net
