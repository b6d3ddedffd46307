// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "api.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include <sodium/utils.h>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/json_document.hpp>
#include <cordon/net/listen.hpp>

#include "answer.hpp"
#include "audit.hpp"
#include "console_files.hpp"
#include "metrics.hpp"
#include "openapi.hpp"
#include "origin.hpp"
#include "query.hpp"
#include "rate_limit.hpp"
#include "remembered_answers.hpp"

namespace cordon::server {

namespace json = boost::json;
using net::ServerRequest;
using net::ServerResponse;

namespace {

constexpr std::string_view kMetricsPath = "/metrics";

bool is_same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// "application/json", perhaps with a charset, which JSON has no choice of (RFC 8259 §8.1).
bool is_json(std::string_view type) {
    std::string_view media = type.substr(0, type.find(';'));
    while (media.ends_with(' ')) media.remove_suffix(1);
    constexpr std::string_view kJson = "application/json";
    return media.size() == kJson.size() &&
           std::equal(media.begin(), media.end(), kJson.begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

Result<json::value> read_body(const Endpoint& endpoint, const ServerRequest& request) {
    if (!endpoint.body) {
        if (request.body.empty()) return json::value{};
        return fail(ErrorCode::kInvalidParam, "this call takes no body");
    }
    constexpr std::size_t kMaxDepth = 32;  // No body of ours is half as deep.
    auto body = chain::parse_json(request.body, kMaxDepth);
    if (!body) return fail(ErrorCode::kMalformed, "the body is not right: " + body.error().message);
    CORDON_TRY(endpoint.body->check(*body));
    return body;
}

}  // namespace

struct Api::Impl {
    std::vector<Endpoint> endpoints;
    Accounts& accounts;
    const ApiOptions options;
    const Site site;
    Audit audit;
    Metrics metrics;
    RateLimit rate, login_rate;
    KeptBodies kept;
    RememberedAnswers remembered;

    Impl(std::vector<Endpoint> given, Accounts& known, ApiOptions wanted)
        : endpoints{std::move(given)},
          accounts{known},
          options{std::move(wanted)},
          site{options.origins},
          audit{options.audit},
          metrics{endpoints},
          rate{options.rate, options.burst},
          login_rate{options.login_rate, options.login_burst} {}

    /// Who asks, as far as the request shows.
    struct Asker {
        Caller caller = {};     // Without a name: nobody.
        std::string csrf = {};  // Of a session.
        bool is_bad = false;    // Showed something that nobody has.
    };

    ServerResponse handle(std::size_t number, const ServerRequest& request) {
        const auto begin = std::chrono::steady_clock::now();
        ServerResponse response;
        try {
            response = answer(endpoints[number], request);
        } catch (const std::exception&) {
            response = failed(endpoints[number], request);
        }
        metrics.count(number, response.status, std::chrono::steady_clock::now() - begin);
        add_security_headers(response, request.secure);
        return response;
    }

    void log(const std::string& line) const {
        if (options.log) options.log(line);
    }
    /// Of what was thrown nothing is said: it could hold anything.
    ServerResponse failed(const Endpoint& endpoint, const ServerRequest& request) const {
        log(format("request {}: {} ended with an exception", request.id, endpoint.id));
        return problem(500, "internal", "the request could not be carried out");
    }

    Asker asker(const ServerRequest& request, UnixMillis now) {
        if (const std::string_view authorization = request.header("Authorization");
            !authorization.empty()) {
            auto caller = accounts.bearer(authorization, now);
            if (!caller) return {.is_bad = true};
            return {.caller = *std::move(caller)};
        }
        const std::string_view cookie = session_cookie(request, site.is_secure(request));
        if (cookie.empty()) return {};
        auto session = accounts.session(cookie, now);
        if (!session) return {.is_bad = true};
        return {.caller = std::move(session->caller), .csrf = std::move(session->csrf)};
    }

    /// What a stream goes on by: asked about again and again, long after its request.
    struct Credentials {
        std::string secret;
        bool by_token = false;
    };
    Credentials credentials(const ServerRequest& request) const {
        if (const std::string_view authorization = request.header("Authorization");
            !authorization.empty())
            return {std::string{authorization}, true};
        return {std::string{session_cookie(request, site.is_secure(request))}, false};
    }

    static ServerResponse too_often(std::chrono::seconds wait) {
        ServerResponse response = problem(429, "limit", "too many requests: try again later");
        response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
        return response;
    }

    /// RFC 9110 §15.5.2: a 401 says how to do better. Of a scheme for which no browser has a dialog
    /// of its own.
    static ServerResponse unknown(std::string_view detail) {
        ServerResponse response = problem(401, "permission", detail);
        response.headers.emplace_back("WWW-Authenticate", "Bearer");
        return response;
    }

    /// What can be refused without the body. Nothing: go on.
    std::optional<ServerResponse> refuse(const Endpoint& endpoint, const ServerRequest& request,
                                         const Asker& asker, UnixMillis now) {
        const std::string key =
            asker.caller.name.empty()
                ? "ip " + net::limit_key(request.peer)
                : (asker.caller.by_token ? "token " : "account ") + asker.caller.name;
        if (const auto wait = rate.take(key, now)) return too_often(*wait);
        if (site.is_foreign(request))
            return problem(403, "permission", "a page of another site asks");
        const bool by_session = !asker.caller.name.empty() && !asker.caller.by_token;
        if (endpoint.permission && asker.caller.name.empty()) {
            return unknown(asker.is_bad ? "this session or token is over, or never was"
                                        : "expected a session or a token");
        }
        if (endpoint.permission && endpoint.changes && by_session) {
            if (request.header("Origin").empty())
                return problem(403, "permission", "a change by a session needs an Origin");
            if (!is_same(request.header("X-Cordon-CSRF"), asker.csrf))
                return problem(403, "permission",
                               "expected X-Cordon-CSRF to be data.csrf of GET /api/session");
        }
        if (endpoint.permission && !asker.caller.roles.may(*endpoint.permission))
            return problem(
                403, "permission",
                format("this needs the permission to {}", to_string(*endpoint.permission)));
        if (is_login(endpoint))
            if (const auto wait = login_rate.take("ip " + net::limit_key(request.peer), now))
                return too_often(*wait);
        if (endpoint.changes && !audit.is_open())
            return problem(503, "unavailable",
                           "nothing can be changed: the audit log cannot be written");
        if (endpoint.body && !is_json(request.header("Content-Type")))
            return problem(415, "unsupported", "expected Content-Type: application/json");
        for (const auto& [name, value] : request.params)
            if (!is_plain_segment(value)) return problem(404, "not-found", "nothing has this path");
        return std::nullopt;
    }

    /// What nobody in particular may call and changes something.
    static bool is_login(const Endpoint& endpoint) {
        return !endpoint.permission && endpoint.changes;
    }

    ServerResponse answer(const Endpoint& endpoint, const ServerRequest& request) {
        const UnixMillis now = options.clock();
        const bool is_probe = !endpoint.permission && !endpoint.changes;
        if (!is_probe && !site.is_host(request))
            return problem(421, "permission",
                           "this is not the host that was asked: name it in the configuration");
        Asker who = asker(request, now);
        if (auto refusal = refuse(endpoint, request, who, now)) {
            if (endpoint.changes && refusal->status == 403)
                report(audit.write_refused({endpoint, request, who.caller, 403, now}), request);
            return *std::move(refusal);
        }
        auto body = read_body(endpoint, request);
        if (!body) return problem_of_request(body.error());
        if (is_login(endpoint) && body->is_object())
            if (const json::value* name = body->get_object().if_contains("name"))
                if (const auto wait = login_rate.take(
                        format("account {}", std::string_view{name->as_string().data(),
                                                              name->as_string().size()}),
                        now))
                    return too_often(*wait);
        auto query = read_query(request.query, endpoint.query);
        if (!query) return problem_of_request(query.error());
        return run(endpoint,
                   Call{.http = request,
                        .caller = who.caller,
                        .path = request.params,
                        .query = *std::move(query),
                        .body = *std::move(body),
                        .now = now,
                        .secure = site.is_secure(request)},
                   who.caller);
    }

    /// The handler between two audit entries: what is about to be done, so that a kill in between
    /// leaves no change that nobody began, and what came of it before its answer leaves: also of
    /// what failed, or threw, for it may have changed something before. A login has only the
    /// second: it changes nothing that outlives the process, and who fails must not fill the disk.
    ServerResponse run(const Endpoint& endpoint, const Call& call, Caller who) {
        ServerResponse response;
        if (endpoint.changes && !is_login(endpoint)) {
            const Status begun = audit.write({endpoint, call.http, who, std::nullopt, call.now});
            report(begun, call.http);
            if (!begun)
                return problem(503, "unavailable",
                               "nothing was changed, and nothing can be: the audit log cannot be "
                               "written");
        }
        try {
            response = outcome(endpoint, call, who);
        } catch (const std::exception&) {
            response = failed(endpoint, call.http);
        }
        if (!endpoint.changes) return response;
        const Audit::Entry entry{endpoint, call.http, who, response.status, call.now};
        const Status written = is_login(endpoint) && response.status >= 400
                                   ? audit.write_refused(entry)
                                   : audit.write(entry);
        report(written, call.http);
        if (!written)
            return problem(503, "unavailable",
                           "this was done, or was not, and could not be written down: nothing can "
                           "be changed until the audit log is whole again");
        return response;
    }

    /// What the handler gives; or gave, while nothing that it depends on has changed. The version
    /// is read before: what changes meanwhile makes the answer newer than it says, never older.
    Result<Answer> made(const Endpoint& endpoint, const Call& call) {
        if (!endpoint.version) return endpoint.handler(call);
        CORDON_TRY(const std::string version, endpoint.version());
        const std::string key = format("{} {}?{}", endpoint.id, call.http.path, call.http.query);
        auto text = remembered.find(key, version);
        if (!text) {
            CORDON_TRY(Answer answer, endpoint.handler(call));
            const Data* data = std::get_if<Data>(&answer);
            if (data == nullptr || data->status != 200) return answer;
            text = std::make_shared<const std::string>(envelope(endpoint, *data));
            remembered.keep(key, version, text);
        }
        return File{.type = "application/json", .body = {}, .kept = std::move(text)};
    }

    ServerResponse outcome(const Endpoint& endpoint, const Call& call, Caller& who) {
        Result<Answer> given = made(endpoint, call);
        // Who cannot show who he is, is nobody: 403 is for somebody whose role lacks something.
        if (!given && is_login(endpoint) && given.error().code == ErrorCode::kPermission)
            return unknown(told(given.error()));
        if (!given) {
            const ServerResponse response = problem_of(endpoint, given.error());
            if (response.status >= 500)
                log(format("request {}: {}: {} [{}]", call.http.id, endpoint.id,
                           given.error().message, to_string(given.error().code)));
            return response;
        }
        if (auto* data = std::get_if<Data>(&*given); data != nullptr && is_login(endpoint)) {
            // From here on it is known who it was.
            if (const json::value* name =
                    data->data.is_object() ? data->data.get_object().if_contains("name") : nullptr)
                who.name = std::string{name->as_string()};
        }
        if (auto* file = std::get_if<File>(&*given);
            file != nullptr && endpoint.path == kMetricsPath)
            file->body = metrics.text(options.version, accounts.sessions()) + file->body;
        ServerResponse response = write_answer(endpoint, call.http, *std::move(given), kept);
        if (response.events && endpoint.permission)
            response.events->may_listen = [this, permission = *endpoint.permission,
                                           as = credentials(call.http)] {
                const auto roles = accounts.listens(as.secret, as.by_token, options.clock());
                return roles && roles->may(permission);
            };
        return response;
    }

    void report(const Status& status, const ServerRequest& request) const {
        if (!status)
            log(format("request {}: the audit log: {} [{}]", request.id, status.error().message,
                       to_string(status.error().code)));
    }
};

namespace {

Status check(const Endpoint& endpoint, bool has_log) {
    const auto wrong = [&](std::string_view what) {
        return fail(ErrorCode::kInvalidParam,
                    format("{} {}: {}", endpoint.method, endpoint.path, what));
    };
    const std::string_view method = endpoint.method;
    if (method != "GET" && method != "POST" && method != "PATCH" && method != "DELETE" &&
        method != "PUT")
        return wrong("expected GET, POST, PATCH, PUT or DELETE");
    if (!endpoint.handler) return wrong("has no handler");
    if (!endpoint.path.starts_with('/') || !path_parameters(endpoint.path))
        return wrong("its parameters in braces are not right");
    if (endpoint.id.empty()) return wrong("has no id");
    if (endpoint.changes && method == "GET") return wrong("changes something under GET");
    if (endpoint.changes && !has_log) return wrong("changes something, and there is no log");
    if (endpoint.body && method == "GET") return wrong("has a body under GET");
    if (endpoint.version && (method != "GET" || !endpoint.cacheable))
        return wrong("is remembered, and no cacheable GET");
    return {};
}

}  // namespace

Api::Api(std::shared_ptr<Impl> impl) : impl_{std::move(impl)} {}
Api::~Api() = default;

Result<std::unique_ptr<Api>> Api::make(std::vector<Endpoint> endpoints, Accounts& accounts,
                                       ApiOptions options) {
    if (!options.clock) return fail(ErrorCode::kInvalidParam, "the API needs a clock");
    auto document = std::make_shared<std::string>();  // Shared with its handler; filled below.
    endpoints.push_back({.method = "GET",
                         .path = "/api/openapi.json",
                         .id = "getOpenApi",
                         .tag = "system",
                         .summary = "This document.",
                         .kind = {},
                         .permission = std::nullopt,
                         .cacheable = true,
                         .handler = [document](const Call&) -> Result<Answer> {
                             return File{.type = "application/json", .body = {}, .kept = document};
                         }});
    std::set<std::string> ids;
    std::set<std::pair<std::string, std::string>> paths;
    for (const Endpoint& endpoint : endpoints) {
        CORDON_TRY(check(endpoint, options.audit != nullptr));
        if (!paths.emplace(endpoint.method, endpoint.path).second ||
            !ids.insert(endpoint.id).second)
            return fail(
                ErrorCode::kInvalidParam,
                format("{} {} ({}) is there twice", endpoint.method, endpoint.path, endpoint.id));
    }
    auto impl = std::make_shared<Impl>(std::move(endpoints), accounts, std::move(options));
    *document = json::serialize(openapi_of(impl->endpoints, impl->options.version));
    return std::unique_ptr<Api>{new Api{std::move(impl)}};
}

net::Routes Api::routes() const {
    std::vector<net::Route> routes;
    for (std::size_t i = 0; i < impl_->endpoints.size(); ++i) {
        const Endpoint& endpoint = impl_->endpoints[i];
        routes.push_back(
            {.method = endpoint.method,
             .path = endpoint.path,
             .handler = [impl = impl_,
                         i](const ServerRequest& request) { return impl->handle(i, request); },
             .max_body = endpoint.max_body});
    }
    routes.push_back(
        {.method = "GET",
         .path = "/{path...}",
         .handler =
             [impl = impl_](const ServerRequest& request) {
                 const bool is_api = request.path == "/api" || request.path.starts_with("/api/");
                 ServerResponse response =
                     is_api || !impl->options.console
                         ? problem(404, "not-found", "nothing has this path")
                     : !impl->site.is_host(request)
                         ? problem(421, "permission", "this is not the host that was asked")
                         : console_answer(console_files(), request);
                 add_security_headers(response, request.secure);
                 return response;
             },
         .max_body = 0});
    auto made = net::Routes::make(std::move(routes));
    CORDON_CHECK(made && "make() looked at them");
    return *std::move(made);
}

const std::vector<Endpoint>& Api::endpoints() const noexcept { return impl_->endpoints; }

json::value Api::openapi() const { return openapi_of(impl_->endpoints, impl_->options.version); }

}  // namespace cordon::server
