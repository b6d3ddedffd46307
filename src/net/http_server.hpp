// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "bearer_tokens.hpp"
#include "http_routes.hpp"

/// HTTP/1.1 for programs of one's own network: everything that comes in is bounded in size and
/// time, and who does not show a token is not listened to.
namespace cordon::net {

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< An IP address; anything but loopback is the caller's
                                        ///< decision, and should have TLS.
    uint16_t port = 0;                  ///< 0: a free one, see HttpServer::port().
    /// Handlers run on these, and may block: as many as requests that are answered at a time.
    unsigned threads = 64;
    /// Reading, writing, TLS and the quick routes: each connection belongs to one of these threads.
    unsigned lanes = 2;
    std::size_t max_connections = 1'024;  ///< More are told 503 and closed. Streams do not count.
    std::size_t max_streams = 12'000;     ///< Connections that listen to events (EventStream).
    // Of one address (limit_key); 0: any number, since behind a proxy all have one.
    std::size_t max_per_peer = 0;          ///< Connections, streams as well: more are told 503.
    std::size_t max_streams_per_peer = 0;  ///< More are told 429.
    std::size_t max_header = 16 * 1024;    ///< Request line and headers together (RFC 9110 asks for
                                           ///< 8,000 octets of a request line alone).
    // Each from its beginning to its end: who sends a byte a second is cut off (slow loris).
    std::chrono::milliseconds idle_timeout{60'000};   ///< Between requests.
    std::chrono::milliseconds head_timeout{10'000};   ///< First byte to the end of the headers.
    std::chrono::milliseconds body_timeout{10'000};   ///< Of the body.
    std::chrono::milliseconds write_timeout{10'000};  ///< Of the answer; of a stream, for any byte.
    std::chrono::milliseconds stop_timeout{10'000};   ///< For answers under way when it is stopped.
    std::string certificate = {}, key = {};  ///< PEM files; both or none. TLS 1.2 at least.
    /// Who may ask. Empty: everybody who reaches the port.
    BearerTokens tokens = {};
};

/// What happened so far; rises only, but for `open` and `streams`.
struct ServerCounts {
    uint64_t open = 0;     ///< Connections now.
    uint64_t streams = 0;  ///< Of them, those that listen to events; falls too.
    uint64_t accepted = 0, turned_away = 0;
    uint64_t requests = 0;
    uint64_t ok = 0, client_errors = 0, server_errors = 0;  ///< Answers: 2xx and 3xx, 4xx, 5xx.
    uint64_t malformed = 0;                                 ///< Of them, not even HTTP.
    uint64_t timeouts = 0;
};

/// Thread safety: start() and stop() from one thread; counts() from any.
class HttpServer {
public:
    /// Listens when it returns. kInvalidParam for an address that is none, bad routes, one file of
    /// certificate and key; kIo (port taken), kMalformed (certificate).
    static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, Routes routes);
    /// As stop().
    ~HttpServer();

    uint16_t port() const noexcept;
    /// No more connections; requests under way are answered, then all is closed. Returns when
    /// nothing of it runs, at the latest after stop_timeout and what a handler still takes.
    void stop();
    ServerCounts counts() const noexcept;

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::net
