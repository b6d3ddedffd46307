// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "heists_requests.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/heists/requests.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using heists::JudgedAttempt;
using heists::Requests;
using heists::SignedBy;

Result<std::shared_ptr<const guard::Policy>> policy_of(const Args& args) {
    std::string text{heists::shipped_policy()};
    std::string name = "examples/policies/exchange.yaml";
    if (args.has("policy-file")) {
        name = args.get("policy-file");
        CORDON_TRY(const Bytes bytes, read_file(name));
        text.assign(bytes.begin(), bytes.end());
    }
    auto compiled = guard::Policy::compile(text, name);
    if (compiled.policy) return compiled.policy;
    std::string problems;
    for (const chain::Diagnostic& one : compiled.diagnostics)
        if (!one.warning) problems += (problems.empty() ? "" : "; ") + to_string(one);
    return fail(ErrorCode::kMalformed, problems);
}

double share_kept(const Requests& one) {
    return one.stolen > 0 ? static_cast<double>(one.kept) / static_cast<double>(one.stolen) : 0;
}

/// Never "100 %" of what is not all.
std::string kept_text(const Requests& one) {
    constexpr double kAlmost = 0.999;
    if (one.kept < one.stolen && share_kept(one) > kAlmost) return "> 99.9 %";
    return format("{:.1f} %", share_kept(one) * 100);
}

/// The one that would have cost most; of a theft that begins with a signature, that one.
const JudgedAttempt* greatest(const Requests& one) {
    const auto before = [](const JudgedAttempt& a, const JudgedAttempt& b) {
        return std::pair{a.attempt.hands_over, a.attempt.usd} <
               std::pair{b.attempt.hands_over, b.attempt.usd};
    };
    const auto found = std::max_element(one.judged.begin(), one.judged.end(), before);
    return found == one.judged.end() ? nullptr : &*found;
}

std::string reasons_text(const guard::Judgement& judgement) {
    std::string out;
    for (const Reason& reason : judgement.reasons)
        if (reason.decision == judgement.decision || judgement.decision == Decision::kAllow)
            out += format("{}{}: {}", out.empty() ? "" : "; ", reason.rule, reason.text);
    return out;
}

object attempt_json(const JudgedAttempt& one) {
    const WithdrawalRequest& request = one.attempt.request;
    array reasons, needs;
    for (const Reason& reason : one.judgement.reasons)
        reasons.push_back(object{{"decision", to_string(reason.decision)},
                                 {"rule", reason.rule},
                                 {"text", reason.text},
                                 {"source", reason.source}});
    for (const ApprovalNeed& need : one.judgement.needs)
        needs.push_back(object{{"group", need.group}, {"m", need.needed}});
    return {{"id", request.id},
            {"time", format_rfc3339(request.time)},
            {"chain", to_string(request.chain)},
            {"asset", request.asset.text()},
            {"from", chain::format_address(request.chain, request.from)},
            {"to", chain::format_address(request.chain, request.to)},
            {"amount", request.amount.to_string()},
            {"usd_cents", one.attempt.usd},
            {"payload", request.payload.type},
            {"hands_over", one.attempt.hands_over},
            {"what", one.attempt.what},
            {"decision", to_string(one.judgement.decision)},
            {"reasons", std::move(reasons)},
            {"needs", std::move(needs)}};
}

object requests_json(const Requests& one) {
    array rows;
    for (const JudgedAttempt& each : one.judged) rows.push_back(attempt_json(each));
    return {{"row", one.facts->row},
            {"name", one.facts->name},
            {"signed_by", to_string(one.facts->signed_by)},
            {"how", one.facts->signed_how},
            {"source", one.facts->signed_source},
            {"none", one.none.empty() ? value(nullptr) : value(one.none)},
            {"allowed", one.allowed},
            {"held", one.held},
            {"denied", one.denied},
            {"stolen_cents", one.stolen},
            {"kept_cents", one.kept},
            {"kept", share_kept(one)},
            {"requests", std::move(rows)}};
}

Status print_all(const std::vector<Requests>& all) {
    Table table{{{"#", Table::Align::kRight},
                 {"HEIST"},
                 {"SIGNED BY"},
                 {"DENY", Table::Align::kRight},
                 {"HOLD", Table::Align::kRight},
                 {"ALLOW", Table::Align::kRight},
                 {"KEPT", Table::Align::kRight},
                 {"WHY", Table::Align::kLeft, true, true}}};
    std::size_t deceived = 0, deceived_kept = 0, keys = 0, keys_half = 0, none = 0;
    constexpr double kHalf = 0.5;
    for (const Requests& one : all) {
        const bool is_people = one.facts->signed_by == SignedBy::kPeople;
        if (!one.none.empty()) {
            ++none;
            table.add({format("{}", one.facts->row), one.facts->name,
                       std::string{to_string(one.facts->signed_by)}, "–", "–", "–", "–", one.none});
            continue;
        }
        (is_people ? deceived : keys) += 1;
        if (is_people && one.allowed == 0) ++deceived_kept;
        if (!is_people && share_kept(one) >= kHalf) ++keys_half;
        const JudgedAttempt* worst = greatest(one);
        table.add({format("{}", one.facts->row), one.facts->name,
                   std::string{to_string(one.facts->signed_by)}, format("{}", one.denied),
                   format("{}", one.held), format("{}", one.allowed), kept_text(one),
                   worst ? printable(reasons_text(worst->judgement)) : ""});
    }
    CORDON_TRY(print(table.render(terminal_width())));
    return print(format(
        "\nWhat people of the house were made to sign: {} of {} not let through.\n"
        "A key of the house in the hands of a thief: in {} of {} half of the value or more is not "
        "let through, where that key\nsigns nothing without the gate's bundle (cordon-signer). "
        "A thief with a copy of the key itself asks nobody: then nothing\nis kept here.\n"
        "No request of the house: {}.\n",
        deceived_kept, deceived, keys_half, keys, none));
}

Status print_one(const Requests& one) {
    const heists::Facts& facts = *one.facts;
    CORDON_TRY(print(format("{}, signed by: {}. {} ({})\n", facts.victim,
                            to_string(facts.signed_by), facts.signed_how, facts.signed_source)));
    if (!one.none.empty()) return print(format("No request: {}\n", one.none));
    CORDON_TRY(print(format("Of {} stolen, {} are kept ({}).\n\n", format_usd(one.stolen),
                            format_usd(one.kept), kept_text(one))));
    Table table{{{"TIME"},
                 {"REQUEST"},
                 {"USD", Table::Align::kRight},
                 {"VERDICT"},
                 {"WHY", Table::Align::kLeft, true, true}}};
    for (const JudgedAttempt& each : one.judged)
        table.add({format_rfc3339(each.attempt.request.time), each.attempt.request.id,
                   each.attempt.hands_over ? "hands over" : format_usd(each.attempt.usd),
                   std::string{to_string(each.judgement.decision)},
                   printable(reasons_text(each.judgement))});
    return print(table.render(terminal_width()));
}

}  // namespace

Result<int> run_heist_requests(const heists::Library& library, const heists::Facts* only,
                               const Args& args, const Session& session) {
    CORDON_TRY(const auto policy, policy_of(args));
    std::vector<Requests> all;
    for (const heists::Facts& facts : library.heists) {
        if (only && only != &facts) continue;
        if (session.cancel && *session.cancel)
            return fail(ErrorCode::kCancelled, "stopped between two heists");
        CORDON_TRY(Requests one, heists::judge_requests(library.common, facts, *policy));
        all.push_back(std::move(one));
        if (session.format == Format::kJsonl)
            CORDON_TRY(print(envelope("heists.requests", requests_json(all.back()))));
    }
    if (session.format == Format::kJson) {
        array rows;
        for (const Requests& one : all) rows.push_back(requests_json(one));
        CORDON_TRY(print(envelope("heists.requests", object{{"heists", std::move(rows)}})));
    }
    if (session.format == Format::kCsv) {
        CORDON_TRY(print("row,name,signed_by,denied,held,allowed,stolen_cents,kept_cents\n"));
        for (const Requests& one : all)
            CORDON_TRY(print(format("{},{},{},{},{},{},{},{}\n", one.facts->row, one.facts->name,
                                    to_string(one.facts->signed_by), one.denied, one.held,
                                    one.allowed, one.stolen, one.kept)));
    }
    if (session.format == Format::kTable)
        CORDON_TRY(only ? print_one(all.front()) : print_all(all));
    return kClean;
}

}  // namespace cordon::cli
