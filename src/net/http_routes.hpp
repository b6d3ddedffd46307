// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::net {

/// A request as a handler sees it.
struct ServerRequest {
    std::string method;
    std::string path;                                ///< As sent, without the query.
    std::string query;                               ///< What follows "?", as sent.
    std::map<std::string, std::string> params = {};  ///< Of the template, percent-decoded.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string id = {};      ///< The caller's X-Request-Id where it is a plain word, else ours.
    std::string caller = {};  ///< Name of the token; empty where none is asked for.
    /// The first of that name, in any letter case; empty: none.
    std::string_view header(std::string_view name) const noexcept;
};

struct ServerResponse {
    unsigned status = 200;
    std::string type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

/// RFC 9457: {"type","title","status","code","detail"}. `code` is stable (docs/errors.md), `detail`
/// for a person.
ServerResponse problem(unsigned status, std::string_view code, std::string_view detail);
/// The status that fits the code. Never 2xx.
ServerResponse problem(const Error& error);
/// A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

using Handler = std::function<ServerResponse(const ServerRequest&)>;

struct Route {
    std::string method;  ///< "GET", "POST", ...
    std::string path;    ///< "/v1/withdrawals/{id}": a part in braces is any one segment.
    Handler handler;     ///< Any thread, several at once. What it throws is a 500.
    std::size_t max_body = 64 * 1024;
    bool open = false;  ///< Without a token, e.g. for a load balancer.
};

/// Which handler answers what. Immutable; any thread.
class Routes {
public:
    Routes() = default;
    /// kInvalidParam: no method, a path that does not begin with "/", a repeated route.
    static Result<Routes> make(std::vector<Route> routes);

    struct Found {
        const Route* route = nullptr;
        std::map<std::string, std::string> params = {};
        /// Methods of other routes with this path, "GET, POST"; empty: nothing has this path.
        std::string allowed = {};
    };
    /// `path` as sent. A fixed segment goes before a braced one. Nothing for a bad
    /// percent-encoding.
    Found find(std::string_view method, std::string_view path) const;
    std::size_t max_body() const noexcept;

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_;  // By route.
};

}  // namespace cordon::net
