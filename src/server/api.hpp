// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/net/http_server.hpp>
#include <cordon/tlog/log.hpp>

#include "accounts.hpp"
#include "endpoint.hpp"

namespace cordon::server {

struct ApiOptions {
    std::string version = {};  ///< Of Cordon.
    std::function<UnixMillis()> clock = {};
    /// Origins that browsers may come from, "https://cordon.example"; empty: the host that was
    /// asked, on loopback only (DNS rebinding).
    std::vector<std::string> origins = {};
    // Requests a second of one caller (by account or token, else by IP address), with a burst.
    double rate = 100, burst = 400;
    double login_rate = 0.2, login_burst = 10;  ///< Of one IP address, and of one account.
    tlog::Log* audit = nullptr;  ///< Must outlive it. None: no endpoint may change anything.
    bool console = true;         ///< Serves the embedded console at every path outside /api.
    /// Lines for the server's own log: what went wrong inside, with the request's id.
    std::function<void(const std::string&)> log = {};
};

/// Checks the endpoints and makes the routes of a server out of them: /api/..., the console's
/// files, /api/openapi.json. Thread rule: handlers are called from the server's threads.
class Api {
public:
    /// kInvalidParam: an endpoint without a handler, twice the same, one that changes under GET or
    /// without a log, an unknown path parameter. `accounts` must outlive it.
    static Result<std::unique_ptr<Api>> make(std::vector<Endpoint> endpoints, Accounts& accounts,
                                             ApiOptions options);
    ~Api();
    /// For HttpServer::start. Lifetime: the server's routes keep what they need of this.
    net::Routes routes() const;
    const std::vector<Endpoint>& endpoints() const noexcept;
    /// OpenAPI 3.1.
    boost::json::value openapi() const;

private:
    struct Impl;
    explicit Api(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace cordon::server
