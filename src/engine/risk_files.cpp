// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "risk_files.hpp"

#include <cordon/base/format.hpp>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

Result<std::shared_ptr<Screener>> open_screener(const RiskRequest& request) {
    if (request.ledger.empty() && request.lists.empty()) return nullptr;
    ScreenerOptions options{.ledger = request.ledger, .cancel = request.cancel};
    ListSettings settings;
    settings.skip_bad = request.skip_bad;
    if (request.as_of) settings.as_of = *request.as_of;
    std::vector<GivenList> given;
    for (const std::string& text : request.lists) {
        CORDON_TRY(GivenList list, read_given_list(text, settings));
        if (list.forbids) options.settings.forbidding.insert(list.list.name);
        if (request.warnings && request.skip_bad)
            request.warnings->insert(request.warnings->end(), list.warnings.begin(),
                                     list.warnings.end());
        given.push_back(std::move(list));
    }
    std::unique_ptr<records::Store> store;
    if (!request.ledger.empty()) {
        CORDON_TRY(store, records::Store::open_read_only(records_path(request.ledger)));
    }
    CORDON_TRY(auto lists, load_lists(store.get(), std::move(given), nullptr));
    return Screener::open(std::move(options), std::move(lists));
}

}  // namespace

Result<RiskFiles> risk_files(const RiskRequest& request) {
    RiskFiles files{.ledger = request.ledger, .state = request.state, .context = request.context};
    for (const std::string& text : request.known) {
        CORDON_TRY(const auto sources, parse_source(text));
        for (const Source& source : sources) {
            if (!is_side_file(source.schema))
                return fail(ErrorCode::kInvalidParam,
                            format("{}: expected wallets:, labels:, assets:, prices: or a label "
                                   "list",
                                   text));
            CORDON_TRY(read_side_file(source, std::nullopt, {}, files.rows));
        }
    }
    CORDON_TRY(files.screener, open_screener(request));
    return files;
}

}  // namespace cordon::engine
