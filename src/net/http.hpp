// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/result.hpp>

#include "url.hpp"

namespace cordon::net {

/// How a connection is kept within bounds. Every call that waits ends by itself: answered, at its
/// deadline (kUnavailable), or soon after `cancel` is set by another thread (kCancelled).
struct NetOptions {
    std::chrono::milliseconds connect_timeout{10'000};  ///< Name, connection and TLS together.
    /// From the request's first byte to the answer's last. A node traces a full block in seconds.
    std::chrono::milliseconds timeout{60'000};
    /// Traces of a full block are tens of MiB; what is longer is refused with kLimit.
    std::size_t max_body = std::size_t{64} << 20;
    std::string ca_file;  ///< PEM of further roots, e.g. of a node with a certificate of its own.
    const std::atomic<bool>* cancel = nullptr;  ///< Lifetime: that of whoever is given these.
};

/// Sleeps, unless cancelled. False when it was.
bool wait_for(std::chrono::milliseconds time, const std::atomic<bool>* cancel);

struct HttpRequest {
    std::string method = "POST";
    std::string target = {};  ///< Path and query; empty: those of the URL.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
};

struct HttpResponse {
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// The first of that name, in any letter case; empty: none.
    std::string_view header(std::string_view name) const noexcept;
};

/// One server, one connection that is kept open between calls. Certificates are verified against
/// the system's roots, the host's name with them; redirects are not followed. User info of the URL
/// becomes Basic authorization. Confined to one thread.
class HttpClient {
public:
    /// kInvalidParam: not an http or https URL. Opens nothing yet.
    static Result<HttpClient> make(Url url, NetOptions options = {});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    /// Any status is an answer. A request on a kept connection that the server had closed meanwhile
    /// is sent once more. kUnavailable (with the URL as shown and the cause), kLimit, kCancelled;
    /// kInvalidParam for a header with a line end in it.
    Result<HttpResponse> send(const HttpRequest& request);

private:
    struct Connection;
    HttpClient(Url url, NetOptions options);
    Result<HttpResponse> exchange(const HttpRequest& request);

    Url url_;
    NetOptions options_;
    std::unique_ptr<Connection> connection_;  // Nothing: not connected.
};

}  // namespace cordon::net
