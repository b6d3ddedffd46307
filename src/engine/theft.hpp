// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <cordon/records/store.hpp>
#include <cordon/trace/frontier.hpp>
#include <cordon/trace/paths.hpp>
#include <cordon/trace/rank.hpp>

#include "context.hpp"

namespace cordon::engine {

struct TheftRequest {
    std::string ledger;
    std::string seeds;  ///< As parse_seeds takes them.
    trace::Params params;
    trace::Mode mode = trace::Mode::kTaint;
    // Of the other modes only.
    trace::RankParams rank = {};
    trace::PathParams paths = {};
    std::string targets = {};  ///< kPaths: as parse_seeds takes them.
    trace::FrontierParams frontier = {};
};

/// A trace together with what it was read from, so that a report can cite and name everything.
struct Theft {
    std::shared_ptr<const ledger::Reader> ledger;
    std::unique_ptr<records::Store> records;  ///< Of `context` alone.
    std::unique_ptr<trace::Context> context;  ///< Of one thread, but for those of a TraceDesk.
    std::vector<records::Input> inputs;       ///< The files that went in.
    trace::TraceResult result;
};

/// The third street: seed → trace, or another search, with the links of `patterns` → flow. Errors
/// of parse_seeds and of the search, and of records.
Result<Theft> follow_theft(const TheftRequest& request,
                           const std::function<void(const trace::Progress&)>& progress,
                           const std::atomic<bool>* cancel);
/// The same in a ledger that is open: `ledger` is a snapshot of TheftRequest::ledger.
Result<Theft> follow_theft(const TheftRequest& request,
                           std::shared_ptr<const ledger::Reader> ledger,
                           const std::function<void(const trace::Progress&)>& progress,
                           const std::atomic<bool>* cancel);

}  // namespace cordon::engine
