// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::net {

class EventHub;

/// A request as a handler sees it.
struct ServerRequest {
    std::string method;
    std::string path;   ///< As sent, without the query.
    std::string query;  ///< What follows "?", as sent.
    /// Of the template, percent-decoded: UTF-8 without control characters.
    std::map<std::string, std::string> params = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string id = {};      ///< The caller's X-Request-Id where it is a plain word, else ours.
    std::string caller = {};  ///< Name of the token; empty where none is asked for.
    std::string peer = {};    ///< IP address of the other end.
    bool secure = false;      ///< It came over TLS.
    /// The first of that name, in any letter case; empty: none.
    std::string_view header(std::string_view name) const noexcept;
};

/// "a=1&b=x%20y+z", decoded ("+" is a blank). kMalformed: a bad percent-encoding, no UTF-8, control
/// characters, no name, a name twice.
Result<std::map<std::string, std::string>> query_of(std::string_view query);
/// The value of a cookie (RFC 6265), pointing into the request; empty: there is none. kMalformed:
/// it is there twice (another site of the same domain may have set one), or empty, or no such
/// value.
Result<std::string_view> cookie_of(const ServerRequest& request, std::string_view name);
/// Of the header Last-Event-ID. What is no number is 0, an id that no hub gives: who says it is
/// told to read anew.
std::optional<uint64_t> last_event_id(const ServerRequest& request);

/// Events instead of a body: the connection stays open, and gets what is published of these topics
/// (none: all) until the client goes or the server stops.
struct EventStream {
    std::shared_ptr<EventHub> hub;
    std::vector<std::string> topics = {};
    std::optional<uint64_t> last_seen = {};  ///< Of the header Last-Event-ID.
    /// Whether who listens still may. Asked before something is written when it was not asked for a
    /// second, and at each heartbeat: after a no the stream ends. Must be quick. None: always.
    std::function<bool()> may_listen = {};
};

struct ServerResponse {
    unsigned status = 200;
    std::string type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// With it `body` is not looked at and `type` is text/event-stream.
    std::optional<EventStream> events = {};
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
    std::string method;  ///< "GET", "POST", ... HEAD is answered as GET, without the body.
    /// "/v1/withdrawals/{id}": a part in braces is any one segment, or its beginning ("{id}.csv",
    /// which goes before "{id}"). "/files/{path...}", at the end
    /// only: any number of segments, also none, "a/b.js"; never "." or "..", nothing empty but at
    /// the end ("a/"), no encoded "/".
    std::string path;
    Handler handler;  ///< Any thread, several at once. What it throws is a 500.
    std::size_t max_body = 64 * 1024;
    bool open = false;  ///< Without a token, e.g. for a load balancer.
    /// The handler never waits (no disk, no other machine, no lock held for long) and takes well
    /// under a millisecond: it runs on the connection's own thread, and others wait for it.
    bool quick = false;
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
    /// `path` as sent. A fixed segment goes before a braced one, and that before "{path...}", which
    /// has only paths that no other route has with any method. Nothing for a bad percent-encoding.
    Found find(std::string_view method, std::string_view path) const;
    std::size_t max_body() const noexcept;

private:
    std::vector<Route> routes_;
    std::vector<std::vector<std::string>> segments_;  // By route.
};

}  // namespace cordon::net
