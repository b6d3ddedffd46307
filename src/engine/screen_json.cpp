// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "screen_json.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::engine {
namespace {

using boost::json::array;
using boost::json::object;

object step_json(ChainId chain, const screen::ExposureStep& step) {
    object out{{"txn", chain::format_hash(chain, step.txn)}};
    if (!step.from.empty()) out["from"] = chain::format_address(chain, step.from);
    if (!step.to.empty()) out["to"] = chain::format_address(chain, step.to);
    out["asset"] = step.asset.is_native() ? "native" : step.asset.text();
    out["amount"] = step.amount.to_string();
    if (step.time) out["time"] = format_rfc3339(*step.time);
    out["chain"] = to_string(chain);
    return out;
}

object exposure_json(ChainId chain, const screen::Exposure& each) {
    array path;
    for (const screen::ExposureStep& step : each.path) path.push_back(step_json(step.chain, step));
    object out{{"category", to_string(each.category)},
               {"kind", each.direct ? "direct" : "indirect"},
               {"direction", each.incoming ? "incoming" : "outgoing"},
               {"share", each.share},
               {"asset", each.asset.is_native() ? "native" : each.asset.text()},
               {"amount", each.amount.to_string()},
               {"counterparty",
                chain::format_address(each.counterparty_chain.value_or(chain), each.counterparty)},
               {"label", each.label},
               {"path", std::move(path)}};
    if (each.usd)
        out["usd"] = format("{}.{:02}", *each.usd / 100, static_cast<int>(*each.usd % 100));
    return out;
}

}  // namespace

object screen_json(const screen::Screening& screening) {
    array matches, exposure, reasons, lists;
    for (const screen::Match& match : screening.matches)
        matches.push_back(object{{"list", match.list},
                                 {"entry", match.entry},
                                 {"category", to_string(match.category)},
                                 {"score", match.score},
                                 {"why", match.why}});
    for (const screen::Exposure& each : screening.exposure)
        exposure.push_back(exposure_json(screening.chain, each));
    for (const std::string& reason : screening.reasons) reasons.emplace_back(reason);
    for (const screen::ListUsed& list : screening.lists) {
        object row{{"name", list.name}, {"sha256", list.sha256}};
        if (list.as_of) row["as_of"] = format_rfc3339(*list.as_of);
        row["entries"] = list.entries;
        row["stale"] = list.stale;
        lists.push_back(std::move(row));
    }
    object out{{"subject", chain::format_address(screening.chain, screening.subject)},
               {"chain", to_string(screening.chain)},
               {"result", to_string(screening.outcome)},
               {"reasons", std::move(reasons)},
               {"matches", std::move(matches)},
               {"exposure", std::move(exposure)},
               {"lists", std::move(lists)},
               {"incomplete", screening.incomplete}};
    if (!screening.service.empty()) out["service"] = screening.service;
    return out;
}

}  // namespace cordon::engine
