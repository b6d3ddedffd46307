// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_world.hpp"

#include <cordon/engine/risk_files.hpp>

#include "output.hpp"

namespace cordon::cli {

std::vector<Flag> guard_world_flags() {
    return {
        {"ledger", "DIR", "What is known: history, labels, lists, wallets, prices", {}, 'l'},
        {"known",
         "SOURCE",
         "More of it, as ingest takes it: wallets:, labels:, assets:, prices:; several",
         {},
         0,
         true},
        {"list", "FILE", "A list to screen against, as screen takes it; several", {}, 0, true},
        {"as-of", "TIME", "The date of given lists that carry none"},
        {"skip-bad", "", "Leave out bad rows of given lists, with a warning"},
        {"alerts", "DIR", "The state of a watch: its open alerts"},
        {"context", "FILE", "What payloads are explained by (docs/formats/explain-context.md)"}};
}

Result<std::unique_ptr<engine::LiveRisk>> open_guard_world(const Args& args,
                                                           const Session& session) {
    engine::RiskRequest request{.ledger = args.get("ledger"),
                                .known = args.all("known"),
                                .lists = args.all("list"),
                                .state = args.get("alerts"),
                                .context = args.get("context"),
                                .skip_bad = args.has("skip-bad")};
    std::vector<std::string> warnings;
    request.warnings = &warnings;
    request.cancel = session.cancel;
    if (args.has("as-of")) {
        CORDON_TRY(request.as_of, parse_time(args.get("as-of")));
    }
    CORDON_TRY(engine::RiskFiles files, engine::risk_files(request));
    print_warnings(warnings);
    return engine::LiveRisk::open(std::move(files));
}

}  // namespace cordon::cli
