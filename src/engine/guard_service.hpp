// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include <cordon/guard/gate.hpp>
#include <cordon/net/http_server.hpp>

/// The gate over HTTP (docs/formats/guard-http.md): the same answers as the command line's.
namespace cordon::engine {

struct GuardServiceOptions {
    net::ServerOptions server;
    std::function<UnixMillis()> clock;  ///< Any thread.
    /// A caller with a token NAME asks as requester NAME or NAME/ANYTHING only: that nobody agrees
    /// to what he asked for himself is worth what the requester is.
    bool bind_requesters = false;
};

/// Whether a caller of this name may ask for withdrawals as this requester.
bool may_ask_as(std::string_view caller, std::string_view requester) noexcept;

/// Fail closed: a verdict that the gate made is 200, and only its text says allow; all else is a
/// problem with another status. Thread safety: start() and stop() from one thread.
class GuardService {
public:
    /// Listens when it returns. kInvalidParam: an address other than loopback without tokens.
    /// Errors of HttpServer::start(). Lifetime: `gate` must outlive it.
    static Result<std::unique_ptr<GuardService>> start(guard::Gate& gate,
                                                       GuardServiceOptions options);
    ~GuardService();
    uint16_t port() const noexcept;
    /// Answers what is under way, then ends.
    void stop();

private:
    struct Impl;
    explicit GuardService(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
