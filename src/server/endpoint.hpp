// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/net/event_hub.hpp>
#include <cordon/net/http_routes.hpp>

#include "role.hpp"
#include "schema.hpp"

/// One call of the API as data: who may make it, what goes in, what comes out, and the handler.
/// The dispatcher (api.hpp) does the rest in one place: session or token, permission, origin,
/// limits, JSON, audit, envelope, ETag, compression.
namespace cordon::server {

/// Who asks.
struct Caller {
    std::string name;  ///< Of the account or token; empty: nobody, on a route that is open.
    Roles roles;
    bool by_token = false;
};

/// A request after everything was checked that can be checked without the handler.
struct Call {
    const net::ServerRequest& http;
    const Caller& caller;
    std::map<std::string, std::string> path;   ///< Of the template, decoded: "id".
    std::map<std::string, std::string> query;  ///< Decoded, each once, as its Schema allows.
    boost::json::value body;                   ///< null where the endpoint takes none.
    UnixMillis now;                            ///< Of the machine, one reading for the call.
    bool secure = false;  ///< The browser's side of the connection is TLS (a proxy's, perhaps).

    /// The text of a query parameter; empty: not given.
    std::string_view param(std::string_view name) const;
};

/// An answer of the envelope {"v":1,"kind":K,"data":D,"warnings":[],"incomplete":false}.
struct Data {
    boost::json::value data;
    std::vector<std::string> warnings = {};
    bool incomplete = false;
    unsigned status = 200;      ///< 200, 201 (made), 202 (begun).
    std::string kind = {};      ///< Empty: that of the endpoint.
    std::string location = {};  ///< Of what was made.
    std::string cookie = {};    ///< Set-Cookie.
};
/// Bytes of another type: a picture, CSV, an archive. Streams where it is large.
struct File {
    std::string type;
    std::string body;
    std::string name = {};   ///< Content-Disposition: attachment; empty: shown (a page or picture
                             ///< in a sandbox without scripts).
    bool immutable = false;  ///< May be kept for good (its address has its content's hash).
    /// Instead of `body`: a text that its keeper gives again and again, so that what is made of it
    /// for one (its name, its compressed form) is kept for the next.
    std::shared_ptr<const std::string> kept = {};
};
/// Server-sent events from the hub, of these topics, until the client goes, or its session or token
/// ends.
struct Stream {
    std::shared_ptr<net::EventHub> hub;
    std::vector<std::string> topics;
};
using Answer = std::variant<Data, File, Stream>;

struct Parameter {
    std::string name;
    Schema schema;
    std::string about;
    bool required = false;
};

struct Endpoint {
    std::string method;   ///< "GET", "POST", "PATCH", "DELETE".
    std::string path;     ///< "/api/alerts/{id}".
    std::string id;       ///< OpenAPI operationId: "listAlerts".
    std::string tag;      ///< "watch", "trace", "guard", "cases", "accounts", "system".
    std::string summary;  ///< One line.
    std::string kind;     ///< Of the envelope: "alert.list".
    /// None: open to everybody who reaches the port (health, login).
    std::optional<Permission> permission = Permission::kRead;
    std::vector<Parameter> query = {};
    std::optional<Schema> body = {};
    std::optional<Schema> answer = {};  ///< Of `data`.
    std::size_t max_body = 64 * 1024;
    /// Changes something: never GET. Written to the audit log with its caller before the answer
    /// leaves; asks for the CSRF token where the caller has a session.
    bool changes = false;
    /// An answer's ETag is that of its bytes; true for lists and documents worth asking again.
    bool cacheable = false;
    /// Its body has a password or the like: not even its digest is written down.
    bool secret_body = false;
    /// What the answer depends on besides path and query: a text that is another one as soon as it
    /// may have changed, and cheap. While it is the same the answer is not made anew, so the
    /// handler looks at neither caller nor clock. None: always made anew. For GET and Data only.
    std::function<Result<std::string>()> version = {};
    /// Any thread, several at once. An Error becomes a problem (net::problem).
    std::function<Result<Answer>(const Call&)> handler = {};
};

/// Pages: `items` and `next`, an opaque cursor or null. Cursors name the last item, not a number of
/// rows, so that what is added meanwhile neither repeats nor hides anything.
boost::json::object page(boost::json::array items, const std::optional<std::string>& next);

}  // namespace cordon::server
