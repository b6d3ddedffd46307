// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_world.hpp"

#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/risk.hpp>

namespace cordon::cli {
namespace {

/// Nothing when neither a ledger nor a list is given: then screening is not known, and holds.
Result<std::shared_ptr<engine::Screener>> open_screener(const Args& args, const Session& session) {
    const std::string directory = args.get("ledger");
    const std::vector<std::string> files = args.all("list");
    if (directory.empty() && files.empty()) return nullptr;
    engine::ScreenerOptions options{.ledger = directory, .cancel = session.cancel};
    engine::ListSettings list_settings;
    if (args.has("as-of")) {
        CORDON_TRY(list_settings.as_of, parse_time(args.get("as-of")));
    }
    std::vector<engine::GivenList> given;
    for (const std::string& text : files) {
        CORDON_TRY(engine::GivenList list, engine::read_given_list(text, list_settings));
        if (list.forbids) options.settings.forbidding.insert(list.list.name);
        given.push_back(std::move(list));
    }
    std::unique_ptr<records::Store> store;
    if (!directory.empty()) {
        CORDON_TRY(store, records::Store::open_read_only(engine::records_path(directory)));
    }
    CORDON_TRY(auto lists, engine::load_lists(store.get(), std::move(given), nullptr));
    return engine::Screener::open(std::move(options), std::move(lists));
}

}  // namespace

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
        {"alerts", "DIR", "The state of a watch: its open alerts"},
        {"context", "FILE", "What payloads are explained by (docs/formats/explain-context.md)"}};
}

Result<std::unique_ptr<engine::LiveRisk>> open_guard_world(const Args& args,
                                                           const Session& session) {
    engine::RiskFiles files{
        .ledger = args.get("ledger"), .state = args.get("alerts"), .context = args.get("context")};
    for (const std::string& text : args.all("known")) {
        CORDON_TRY(const auto sources, engine::parse_source(text));
        for (const engine::Source& source : sources) {
            if (!engine::is_side_file(source.schema))
                return fail(ErrorCode::kInvalidParam,
                            format("--known {}: expected wallets:, labels:, assets:, prices: or a "
                                   "label list",
                                   text));
            CORDON_TRY(engine::read_side_file(source, std::nullopt, {}, files.rows));
        }
    }
    CORDON_TRY(files.screener, open_screener(args, session));
    return engine::LiveRisk::open(std::move(files));
}

}  // namespace cordon::cli
