// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "http.hpp"

namespace cordon::net {

/// Where a message goes that nobody answers: "udp://HOST:PORT", "tcp://HOST:PORT" (each message
/// with its length before it, RFC 6587 3.4.1), "unix:PATH" (datagrams).
struct MessagePlace {
    enum class Kind : uint8_t { kUdp, kTcp, kUnix };
    Kind kind{};
    std::string host;  ///< kUnix: the path.
    uint16_t port = 0;
    friend bool operator==(const MessagePlace&, const MessagePlace&) = default;
};
/// kMalformed.
Result<MessagePlace> parse_message_place(std::string_view text);

/// Sends one message, over a connection of its own. kUnavailable; kLimit: longer than a datagram
/// can be. That it was sent does not say that it arrived: of udp nobody knows.
Status send_message(const MessagePlace& place, std::string_view message,
                    const NetOptions& options = {});

}  // namespace cordon::net
