// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http.hpp"
#include "rpc_message.hpp"
#include "web_socket.hpp"

namespace cordon::net {

struct RpcOptions {
    NetOptions net;
    /// Of a call that is refused for being one too many (HTTP 429 and 503, -32005): how often in
    /// all, and how long to wait before the second. Doubles from try to try; what the server asks
    /// for (Retry-After) counts instead, both up to max_backoff.
    unsigned tries = 5;
    std::chrono::milliseconds backoff{250};
    std::chrono::milliseconds max_backoff{15'000};
    /// Notices that nobody has taken yet. Beyond it the oldest go, and are counted.
    std::size_t max_notices = 20'000;
    std::string authorization;  ///< Header of that name, e.g. "Basic …"; http only.
};

struct RpcCall {
    std::string method;
    std::string params = "[]";  ///< As JSON text.
};

struct RpcMetrics {
    uint64_t calls = 0;
    uint64_t failures = 0;  ///< No answer, or none that could be read.
    uint64_t limited = 0;   ///< Refused as too many, tried again.
    uint64_t dropped_notices = 0;
};

/// JSON-RPC over HTTP or a WebSocket, connected when needed and again after a failure. Errors name
/// the method and the endpoint, never its secrets:
///   kUnsupported   the server has no such method (-32601, -32004);
///   kInvalidParam  it takes the method, not the params (-32602);
///   kPermission    it wants other credentials (401, 403);
///   kLimit         too many calls after all tries, or an answer above max_body;
///   kConflict      the server refuses in its own words (any other code);
///   kMalformed     what came is no answer;
///   kUnavailable   nothing came;   kCancelled.
/// Confined to one thread.
class RpcClient {
public:
    /// kInvalidParam when the URL is none of http, https, ws, wss. Opens nothing yet.
    static Result<RpcClient> make(std::string_view url, RpcOptions options = {});

    /// The result as JSON text.
    Result<std::string> call(std::string_view method, std::string_view params = "[]");
    /// All in one message; answers in the order of the calls. The outer Error: the message as a
    /// whole had no answer. Too many calls in one of them are too many for all.
    Result<std::vector<Result<std::string>>> batch(const std::vector<RpcCall>& calls);

    /// WebSockets tell by themselves, others are asked.
    bool can_subscribe() const noexcept { return url_.web_socket(); }
    /// eth_subscribe; gives the subscription's name. Lost with the connection: is_new() tells.
    Result<std::string> subscribe(std::string_view params);
    /// The next notice of any subscription, or nothing when none came in time.
    Result<std::optional<RpcNotice>> next_notice(std::chrono::milliseconds wait);
    /// How often this has connected a WebSocket. Another number: subscriptions are gone.
    uint64_t connections() const noexcept { return connections_; }

    const Url& url() const noexcept { return url_; }
    const RpcMetrics& metrics() const noexcept { return metrics_; }

private:
    RpcClient(Url url, RpcOptions options) : url_{std::move(url)}, options_{std::move(options)} {}
    Result<RpcMessage> exchange(const std::string& body, const std::vector<uint64_t>& ids,
                                std::string_view what,
                                std::optional<std::chrono::milliseconds>& too_many);
    Result<RpcMessage> over_http(const std::string& body, std::string_view what,
                                 std::optional<std::chrono::milliseconds>& too_many);
    Result<RpcMessage> over_socket(const std::string& body, const std::vector<uint64_t>& ids);
    Status connect();
    void keep(std::vector<RpcNotice> notices);
    tl::unexpected<Error> refuse(ErrorCode code, std::string_view what, std::string_view why) const;
    tl::unexpected<Error> refuse(const RpcFault& fault, std::string_view method) const;

    Url url_;
    RpcOptions options_;
    std::optional<HttpClient> http_;
    std::optional<WebSocket> socket_;
    std::deque<RpcNotice> notices_;
    uint64_t next_id_ = 1;
    uint64_t connections_ = 0;
    RpcMetrics metrics_;
};

}  // namespace cordon::net
