// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_serve.hpp"

#include <chrono>
#include <cstdio>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/engine/guard_reconcile.hpp>
#include <cordon/engine/guard_service.hpp>
#include <cordon/net/listen.hpp>

#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
using namespace std::chrono_literals;

Status serve_guard(guard::Gate& gate, engine::LiveRisk& world, const Args& args,
                   const Session& session) {
    engine::GuardServiceOptions options;
    if (const Status good =
            net::parse_listen(args.get("listen"), options.server.address, options.server.port);
        !good)
        return fail(good.error().in("--listen"));
    if (args.has("tokens")) {
        CORDON_TRY(options.server.tokens, net::BearerTokens::read(args.get("tokens")));
    }
    options.server.certificate = args.get("tls-cert");
    options.server.key = args.get("tls-key");
    options.bind_requesters = args.has("bind-requesters");
    const auto clock = [] {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
    options.clock = clock;
    std::optional<engine::Reconciler> reconciler;
    std::optional<engine::LedgerReconciler> ledger;
    if (args.has("reconcile")) {
        if (!args.has("ledger"))
            return fail(ErrorCode::kInvalidParam,
                        "--reconcile needs --ledger DIR: where it is seen what left");
        reconciler.emplace(gate, world.wallets(), clock(),
                           [&](ChainId, const Hash256&, const guard::Reconciled& found) -> Status {
                               if (found.id.empty() && !session.quiet)
                                   std::fprintf(stderr, "%s\n", printable(found.text).c_str());
                               return {};
                           });
        ledger.emplace(args.get("ledger"), *reconciler);
        CORDON_TRY(ledger->look(clock()));
    }
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
    constexpr auto kLookEvery = 10s;  // Less than a block of most chains, more than opening costs.
    auto look = std::chrono::steady_clock::now() + kLookEvery;
    bool is_well = true;
    // What breakers know already: held, so that another object cannot have its address.
    std::shared_ptr<const std::vector<Alert>> taken;
    std::shared_ptr<const guard::Policy> taken_under;
    while (!session.cancel->load()) {
        std::this_thread::sleep_for(kLook);
        // Alerts that cannot be read end the service: nobody is answered without them.
        CORDON_TRY(const auto alerts, world.open_alerts());
        const auto policy = gate.policy(clock());
        if (alerts != taken || policy != taken_under)
            CORDON_TRY(gate.take_alerts(*alerts, clock()));
        taken = alerts;
        taken_under = policy;
        if (ledger && std::chrono::steady_clock::now() >= look) {
            // A ledger that cannot be read just now lets nothing through: told, and tried again.
            const Status looked = ledger->look(clock());
            if (!looked && is_well)
                std::fprintf(stderr, "cordon: reconciling: %s\n",
                             printable(looked.error().message).c_str());
            is_well = looked.has_value();
            look = std::chrono::steady_clock::now() + kLookEvery;
        }
        if (std::chrono::steady_clock::now() < due) continue;
        CORDON_TRY(gate.log().publish());
        due = std::chrono::steady_clock::now() + kCheckpointEvery;
    }
    service->stop();
    return {};
}

}  // namespace cordon::cli
