// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_serve.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/engine/guard_service.hpp>

#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using namespace std::chrono_literals;

/// "127.0.0.1:8443", "[::1]:8443".
Status parse_listen(std::string_view text, net::ServerOptions& options) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        std::string_view address = text.substr(0, colon);
        if (address.starts_with('[') && address.ends_with(']'))
            address = address.substr(1, address.size() - 2);
        const char* const begin = text.data() + colon + 1;
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(begin, last, options.port);
        options.address = std::string{address};
        if (error == std::errc{} && end == last && !address.empty()) return {};
    }
    return fail(ErrorCode::kInvalidParam,
                format("--listen {}: expected ADDRESS:PORT, e.g. 127.0.0.1:8470", printable(text)));
}

}  // namespace

Status serve_guard(guard::Gate& gate, engine::LiveRisk& world, const Args& args,
                   const Session& session) {
    engine::GuardServiceOptions options;
    CORDON_TRY(parse_listen(args.get("listen"), options.server));
    if (args.has("tokens")) {
        CORDON_TRY(options.server.tokens, net::BearerTokens::read(args.get("tokens")));
    }
    options.server.certificate = args.get("tls-cert");
    options.server.key = args.get("tls-key");
    const auto clock = [] {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
    options.clock = clock;
    const bool secure = !options.server.certificate.empty();
    const std::string address = options.server.address;
    CORDON_TRY(const auto service, engine::GuardService::start(gate, std::move(options)));
    if (!session.quiet)
        std::fprintf(stderr, "listening on %s://%s:%u\n", secure ? "https" : "http",
                     address.c_str(), static_cast<unsigned>(service->port()));
    // Verdicts are durable one by one; a checkpoint over them is what strangers can verify.
    constexpr auto kCheckpointEvery = 1s;
    constexpr auto kLook = 100ms;
    auto due = std::chrono::steady_clock::now() + kCheckpointEvery;
    while (!session.cancel->load()) {
        std::this_thread::sleep_for(kLook);
        // Alerts that cannot be read end the service: nobody is answered without them.
        CORDON_TRY(const auto alerts, world.open_alerts());
        CORDON_TRY(gate.take_alerts(alerts, clock()));
        if (std::chrono::steady_clock::now() < due) continue;
        CORDON_TRY(gate.log().publish());
        due = std::chrono::steady_clock::now() + kCheckpointEvery;
    }
    service->stop();
    return {};
}

}  // namespace cordon::cli
