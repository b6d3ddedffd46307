// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_service.hpp"

#include <array>
#include <atomic>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/guard/json.hpp>
#include <cordon/wallet/request_json.hpp>

namespace cordon::engine {

namespace json = boost::json;
using net::problem;
using net::ServerRequest;
using net::ServerResponse;

namespace {

/// Payloads of large Safe batches and PSBTs; twice as hex or base64 in JSON.
constexpr std::size_t kMaxRequest = std::size_t{1} << 20;
/// What parse_signed() takes.
constexpr std::size_t kMaxStatement = std::size_t{128} << 10;

ServerResponse enveloped(std::string_view kind, json::value data) {
    const json::object envelope{{"v", 1},
                                {"kind", kind},
                                {"data", std::move(data)},
                                {"warnings", json::array{}},
                                {"incomplete", false}};
    return {.body = json::serialize(envelope) + "\n"};
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1";
}

/// A page in a browser on this machine can ask loopback as well: it always says so with Origin, or
/// (by a name that it has pointed here, DNS rebinding) with a Host that is no address of ours.
bool is_from_browser(const ServerRequest& request) {
    if (!request.header("Origin").empty()) return true;
    std::string_view host = request.header("Host");
    if (const std::size_t end = host.rfind(':');
        end != std::string_view::npos && host.find(']', end) == std::string_view::npos)
        host = host.substr(0, end);
    return !(is_loopback(host) || host == "localhost" || host == "[::1]");
}

}  // namespace

bool may_ask_as(std::string_view caller, std::string_view requester) noexcept {
    return !caller.empty() && requester.starts_with(caller) &&
           (requester.size() == caller.size() || requester[caller.size()] == '/');
}

struct GuardService::Impl {
    guard::Gate& gate;
    std::function<UnixMillis()> clock;
    bool local_only = false;
    bool bind_requesters = false;
    std::array<std::atomic<uint64_t>, 3> verdicts{};  // By Decision.
    std::atomic<uint64_t> refusals{0};                // Requests without a verdict.
    std::unique_ptr<net::HttpServer> server;          // Last: its threads use the rest.

    Impl(guard::Gate& of, std::function<UnixMillis()> time) : gate{of}, clock{std::move(time)} {}

    ServerResponse refused(const Error& error) {
        refusals.fetch_add(1, std::memory_order_relaxed);
        return problem(error);
    }
    ServerResponse verdict(const Result<Verdict>& verdict) {
        if (!verdict) return refused(verdict.error());
        verdicts[static_cast<std::size_t>(verdict->decision)].fetch_add(1,
                                                                        std::memory_order_relaxed);
        return enveloped("guard.verdict", guard::verdict_json(*verdict));
    }

    /// A name that stands twice is a bad request. As a conflict (409) a caller could take it for a
    /// withdrawal that is asked for already.
    ServerResponse bad_body(Error error) {
        if (error.code == ErrorCode::kDuplicate) error.code = ErrorCode::kMalformed;
        return refused(error);
    }
    ServerResponse check(const ServerRequest& request) {
        const auto asked = wallet::parse_request(request.body);
        if (!asked) return bad_body(asked.error());
        if (bind_requesters && !may_ask_as(request.caller, asked->requester))
            return refused(Error{
                ErrorCode::kPermission,
                format("requester: the token of {0} asks as {0} or {0}/ANYTHING", request.caller)});
        return verdict(gate.check(*asked, clock(), request.caller));
    }
    ServerResponse approve(const ServerRequest& request) {
        const auto statement = wallet::parse_signed(request.body);
        if (!statement) return bad_body(statement.error());
        return verdict(gate.approve(*statement, clock()));
    }
    ServerResponse find(const ServerRequest& request) {
        const auto standing = gate.find(request.params.at("id"));
        if (!standing) return refused(standing.error());
        if (!*standing) return problem(404, "not-found", "nobody asked for it");
        return enveloped("guard.request", guard::standing_json(**standing));
    }
    ServerResponse pending(const ServerRequest&) {
        json::array requests;
        for (const guard::Standing& each : gate.pending(clock()))
            requests.push_back(guard::standing_json(each));
        json::array unaccounted;
        for (const guard::Standing& each : gate.unaccounted(clock()))
            unaccounted.push_back(guard::standing_json(each));
        return enveloped("guard.pending", json::object{{"requests", std::move(requests)},
                                                       {"unaccounted", std::move(unaccounted)}});
    }
    ServerResponse bundle(const ServerRequest& request) {
        const auto made = gate.bundle(request.params.at("id"), clock());
        if (!made) return refused(made.error());
        return {.body = wallet::format_bundle(*made)};
    }
    ServerResponse metrics(const ServerRequest&);

    net::Route route(std::string method, std::string path,
                     ServerResponse (Impl::*run)(const ServerRequest&), std::size_t max_body = 0) {
        return {.method = std::move(method),
                .path = std::move(path),
                .handler =
                    [this, run](const ServerRequest& request) {
                        if (local_only && is_from_browser(request))
                            return problem(403, "permission",
                                           "not from a browser: start with --tokens");
                        return (this->*run)(request);
                    },
                .max_body = max_body};
    }
};

/// Prometheus text, version 0.0.4.
ServerResponse GuardService::Impl::metrics(const ServerRequest&) {
    const net::ServerCounts counts = server->counts();
    std::string text = "# TYPE cordon_guard_verdicts_total counter\n";
    for (const Decision each : {Decision::kAllow, Decision::kHold, Decision::kDeny})
        text += format("cordon_guard_verdicts_total{{verdict=\"{}\"}} {}\n", to_string(each),
                       verdicts[static_cast<std::size_t>(each)].load());
    const auto counter = [&](std::string_view name, std::string_view type, uint64_t value) {
        text += format("# TYPE cordon_{0} {1}\ncordon_{0} {2}\n", name, type, value);
    };
    counter("guard_refused_total", "counter", refusals);
    counter("guard_breakers_tripped", "gauge", gate.breakers().size());
    counter("http_connections_open", "gauge", counts.open);
    counter("http_connections_total", "counter", counts.accepted);
    counter("http_connections_turned_away_total", "counter", counts.turned_away);
    counter("http_requests_total", "counter", counts.requests);
    counter("http_answers_ok_total", "counter", counts.ok);
    counter("http_client_errors_total", "counter", counts.client_errors);
    counter("http_server_errors_total", "counter", counts.server_errors);
    counter("http_malformed_total", "counter", counts.malformed);
    counter("http_timeouts_total", "counter", counts.timeouts);
    return {.type = "text/plain; version=0.0.4", .body = std::move(text)};
}

GuardService::GuardService(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
GuardService::~GuardService() = default;
uint16_t GuardService::port() const noexcept { return impl_->server->port(); }
void GuardService::stop() { impl_->server->stop(); }

Result<std::unique_ptr<GuardService>> GuardService::start(guard::Gate& gate,
                                                          GuardServiceOptions options) {
    auto impl = std::make_unique<Impl>(gate, std::move(options.clock));
    impl->local_only = options.server.tokens.empty();
    impl->bind_requesters = options.bind_requesters;
    if (impl->bind_requesters && impl->local_only)
        return fail(ErrorCode::kInvalidParam,
                    "requesters can be bound to callers only where callers have tokens (--tokens)");
    if (impl->local_only && !is_loopback(options.server.address))
        return fail(ErrorCode::kInvalidParam,
                    format("{} can be reached by others: give the callers tokens (--tokens FILE)",
                           options.server.address));
    CORDON_TRY(
        auto routes,
        net::Routes::make({impl->route("POST", "/v1/withdrawals", &Impl::check, kMaxRequest),
                           impl->route("GET", "/v1/withdrawals/{id}", &Impl::find),
                           impl->route("GET", "/v1/withdrawals/{id}/bundle", &Impl::bundle),
                           impl->route("POST", "/v1/statements", &Impl::approve, kMaxStatement),
                           impl->route("GET", "/v1/pending", &Impl::pending),
                           impl->route("GET", "/metrics", &Impl::metrics),
                           {.method = "GET",
                            .path = "/healthz",
                            .handler =
                                [](const ServerRequest&) {
                                    return ServerResponse{.body = "{\"status\":\"ok\"}\n"};
                                },
                            .max_body = 0,
                            .open = true}}));
    CORDON_TRY(impl->server, net::HttpServer::start(std::move(options.server), std::move(routes)));
    return std::unique_ptr<GuardService>{new GuardService{std::move(impl)}};
}

}  // namespace cordon::engine
