// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../json.hpp"

#include <boost/json.hpp>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/wallet/request_json.hpp>

namespace cordon::guard {
namespace json = boost::json;

json::array reasons_json(const std::vector<Reason>& reasons) {
    json::array out;
    for (const Reason& each : reasons)
        out.emplace_back(json::object{{"decision", to_string(each.decision)},
                                      {"rule", each.rule},
                                      {"text", each.text},
                                      {"source", each.source}});
    return out;
}

json::array needs_json(const std::vector<ApprovalNeed>& needs) {
    json::array out;
    for (const ApprovalNeed& each : needs)
        out.emplace_back(
            json::object{{"group", each.group}, {"needed", each.needed}, {"given", each.given}});
    return out;
}

json::object verdict_json(const Verdict& verdict) {
    const auto time = [](const std::optional<UnixMillis>& moment) {
        return moment ? json::value(format_rfc3339(*moment)) : json::value(nullptr);
    };
    return {{"id", verdict.id},
            {"verdict", to_string(verdict.decision)},
            {"reasons", reasons_json(verdict.reasons)},
            {"approvals_needed", needs_json(verdict.needs)},
            {"earliest", time(verdict.earliest)},
            {"expires", time(verdict.expires)},
            {"request_sha256", to_hex(verdict.request)},
            {"policy_sha256", to_hex(verdict.policy)},
            {"time", format_rfc3339(verdict.time)},
            {"entry", verdict.entry}};
}

json::object standing_json(const Standing& standing) {
    json::array approvals;
    for (const wallet::SignedStatement& each : standing.approvals) {
        const auto statement = wallet::parse_statement(each.text);
        if (!statement) continue;
        approvals.emplace_back(json::object{{"by", statement->by},
                                            {"time", format_rfc3339(statement->time)},
                                            {"expires", format_rfc3339(statement->expires)}});
    }
    // Without its payload it would be another text than people signed.
    const auto text = standing.payload_left ? Result<std::string>{fail(ErrorCode::kNotFound, "")}
                                            : wallet::withdrawal_text(standing.request);
    return {{"request", json::parse(wallet::format_request(standing.request))},
            {"verdict", verdict_json(standing.verdict)},
            {"approvals", std::move(approvals)},
            {"tx", standing.seen_on_chain
                       ? json::value(chain::format_hash(standing.request.chain, standing.txn))
                       : json::value(nullptr)},
            {"text", text ? json::value(*text) : json::value(nullptr)},
            {"payload_left", standing.payload_left ? json::value(to_hex(*standing.payload_left))
                                                   : json::value(nullptr)},
            {"asked_by",
             standing.asked_by.empty() ? json::value(nullptr) : json::value(standing.asked_by)}};
}

json::object agreement_json(const Agreement& agreement) {
    json::array agreed;
    for (const std::string& name : agreement.agreed) agreed.emplace_back(name);
    return {{"group", agreement.need.group},
            {"needed", agreement.need.needed},
            {"given", agreement.need.given},
            {"agreed", std::move(agreed)},
            {"begins", agreement.begins ? json::value(format_rfc3339(*agreement.begins))
                                        : json::value(nullptr)}};
}

json::object breaker_json(const Breaker& breaker) {
    const auto text = wallet::breaker_text(breaker.key.text(), breaker.since);
    return {{"breaker", breaker.key.text()},
            {"since", format_rfc3339(breaker.since)},
            {"by", breaker.by},
            {"why", breaker.why},
            {"reset", agreement_json(breaker.reset)},
            {"text", text ? json::value(*text) : json::value(nullptr)}};
}

}  // namespace cordon::guard
