// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <boost/json.hpp>

#include "hash_form.hpp"

namespace cordon::explain {

boost::json::object explain_json(const Explanation& explanation) {
    boost::json::array effects, findings, hashes, details, screens;
    for (const auto& each : explanation.screens) {
        boost::json::object screen{{"label", each.label}, {"value", each.value}};
        if (!each.where.empty()) screen["where"] = each.where;
        screens.push_back(std::move(screen));
    }
    for (const Effect& each : explanation.effects) {
        boost::json::object effect{{"kind", to_string(each.kind)}, {"text", each.text}};
        if (!each.who.empty()) effect["who"] = each.who;
        if (!each.to.empty()) effect["to"] = each.to;
        if (!each.asset.empty()) effect["asset"] = each.asset;
        if (each.amount) effect["amount"] = each.amount->to_string();
        if (each.unlimited) effect["unlimited"] = true;
        if (!each.where.empty()) effect["where"] = each.where;
        effects.push_back(std::move(effect));
    }
    for (const Finding& each : explanation.findings) {
        boost::json::object finding{
            {"rule", each.rule}, {"severity", to_string(each.severity)}, {"text", each.text}};
        if (!each.judged) finding["judged"] = false;
        if (!each.where.empty()) finding["where"] = each.where;
        findings.push_back(std::move(finding));
    }
    for (const auto& each : explanation.hashes) {
        boost::json::object hash{{"name", each.name}, {"value", each.value}};
        const auto bytes = hash_bytes(each.value);
        if (const auto words =
                bytes ? word_form(*bytes) : Result<std::string>{fail(bytes.error())}) {
            hash["ledger"] = ledger_form(*bytes);
            hash["words"] = *words;
        }
        hashes.push_back(std::move(hash));
    }
    for (const auto& each : explanation.details)
        details.push_back(boost::json::object{{"name", each.name}, {"value", each.value}});
    return {{"type", explanation.type},       {"verdict", to_string(explanation.verdict)},
            {"summary", explanation.summary}, {"worst_case", explanation.worst_case},
            {"effects", std::move(effects)},  {"findings", std::move(findings)},
            {"hashes", std::move(hashes)},    {"details", std::move(details)},
            {"screens", std::move(screens)}};
}

}  // namespace cordon::explain
