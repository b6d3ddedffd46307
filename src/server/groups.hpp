// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cordon/engine/alert_book.hpp>
#include <cordon/engine/case_desk.hpp>
#include <cordon/engine/screener.hpp>
#include <cordon/engine/trace_desk.hpp>
#include <cordon/guard/gate.hpp>
#include <cordon/report/words.hpp>
#include <cordon/tlog/log.hpp>

#include "accounts.hpp"
#include "endpoint.hpp"

/// The endpoints by part (docs/formats/api.md). What is given must outlive them; a part that is not
/// there has no endpoints, but those of another that name it answer without it.
namespace cordon::server {

std::vector<Endpoint> watch_endpoints(engine::AlertBook& alerts);
std::vector<Endpoint> guard_endpoints(guard::Gate& gate, guard::RiskSource& risk);
std::vector<Endpoint> trace_endpoints(engine::TraceDesk& traces);
/// data of trace.job.
boost::json::object job_json(const engine::TraceJob& job);
/// Addresses, txns, labels, and the one search box: of whatever is there.
std::vector<Endpoint> lookup_endpoints(engine::TraceDesk* traces, engine::AlertBook* alerts,
                                       engine::CaseDesk* cases, guard::Gate* gate,
                                       engine::Screener* screener);
std::vector<Endpoint> case_endpoints(engine::CaseDesk& cases);
std::vector<Endpoint> account_endpoints(Accounts& accounts);
/// What people and programs changed: the entries of kind "audit" of the server's log.
std::vector<Endpoint> audit_endpoints(tlog::Log& log);
/// GET /api/events, topics "alert", "verdict", "feed", "case", "trace".
std::vector<Endpoint> event_endpoints(std::shared_ptr<net::EventHub> hub);

/// Readiness and what doctor says, as a function that the program gives.
struct SystemFacts {
    std::string version = {};
    std::string name = {};     ///< Of this installation, shown at the top.
    bool simulated = false;    ///< The feed is a replay: the console marks every screen.
    std::string guide = {};    ///< Id of the guided path to offer; empty: none.
    std::string log_key = {};  ///< Public key of the server's log (tlog::PublicKey::text).
    report::Words words = {};  ///< What the case says of its units and of its labels' authors.
    struct Check {
        std::string name, detail, fix;
        enum class State : uint8_t { kGood, kWarning, kBad } state{};
    };
    std::vector<std::string> parts =
        {};  ///< Of "watch", "trace", "guard", "cases": those that run.
    struct ChainTip {
        ChainId chain;
        BlockNum height = 0;
        UnixMillis time;
    };
    std::function<std::vector<ChainTip>()> chains = {};
    struct Witness {
        std::string log, name;  ///< Of "log" and "gate"; of the witness's key.
        uint64_t entries = 0;   ///< That it cosigned; 0: none yet.
        std::optional<UnixMillis> at;
        /// "unasked", "well", "silent", "conflict": it saw another log. Why, doctor says.
        std::string_view state;
    };
    struct Witnesses {
        uint64_t quorum = 0;
        std::vector<Witness> all;
    };
    std::function<Witnesses()> witnesses = {};  ///< Nothing: none are named.
    /// Nothing has failed that others wait for. Cheap: anybody may ask, at any rate.
    std::function<bool()> ready = {};
    /// Reads files and asks nodes: for those who run it, and at most every ten seconds.
    std::function<std::vector<Check>()> doctor = {};
    std::function<std::string()> metrics = {};  ///< Text for Prometheus, beside the server's own.
};
std::vector<Endpoint> system_endpoints(SystemFacts facts);

}  // namespace cordon::server
