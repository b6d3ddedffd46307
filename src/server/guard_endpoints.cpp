// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Withdrawals and what people need to decide about them (docs/formats/api.md, "Guard"). Nothing is
// approved here: statements that people signed are carried to the gate.
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/engine/guard_service.hpp>
#include <cordon/explain/json.hpp>
#include <cordon/guard/gate/entry.hpp>
#include <cordon/guard/json.hpp>
#include <cordon/wallet/request_json.hpp>

#include "answer.hpp"
#include "groups.hpp"
#include "pages.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
using guard::Gate;
using guard::Standing;
using wallet::Statement;

// As the gate's own: withdrawal_text() and check_words().
constexpr std::size_t kMostName = 128;
constexpr std::size_t kMostWords = 1'000;
constexpr std::size_t kMostBreaker = 256;
/// Payloads of large Safe batches and PSBTs; twice as hex or base64 in JSON.
constexpr std::size_t kMaxRequest = std::size_t{1} << 20;
/// What parse_signed() takes.
constexpr std::size_t kMaxStatement = std::size_t{128} << 10;
/// A policy of thousands of rules, with every byte escaped.
constexpr std::size_t kMaxPolicy = std::size_t{1} << 20;
/// What a night shift can look at; the log has all of them.
constexpr std::size_t kMostStrays = 200;
constexpr std::size_t kMostProblems = 20;
constexpr double kCents = 100;

struct Parts {
    Gate& gate;
    guard::RiskSource& risk;
};

// --- Requests

/// What makes an amount readable; null where nobody knows.
void add_asset(const Parts& parts, ChainId chain, const Asset& asset, json::object& data) {
    data["symbol"] = data["decimals"] = nullptr;
    const auto found = parts.risk.asset(chain, asset);
    if (found && *found) {
        data["symbol"] = (*found)->symbol;
        data["decimals"] = (*found)->decimals;
    } else if (asset.is_native()) {  // Of coins nobody has to tell us.
        data["symbol"] = native_symbol(chain);
        data["decimals"] = native_decimals(chain);
    }
}

json::object request_json(const Parts& parts, const Standing& standing, UnixMillis now) {
    json::object data = guard::standing_json(standing);
    const WithdrawalRequest& request = standing.request;
    add_asset(parts, request.chain, request.asset, data);
    const auto usd = parts.risk.usd(request.chain, request.asset, request.amount, now);
    data["usd"] =
        usd && *usd ? json::value(static_cast<double>(**usd) / kCents) : json::value(nullptr);
    return data;
}

Result<Answer> list(const Parts& parts, const Call& call) {
    const std::string_view state = call.param("state");
    const guard::Listed listed = state == "allowed" ? guard::Listed::kAllowed
                                 : state == "all"   ? guard::Listed::kAll
                                                    : guard::Listed::kWaiting;
    std::optional<uint64_t> before;
    if (const std::string_view cursor = call.param("cursor"); !cursor.empty()) {
        const char* const end = cursor.data() + cursor.size();
        const auto [stop, error] = std::from_chars(cursor.data(), end, before.emplace());
        if (error != std::errc{} || stop != end)
            return fail(ErrorCode::kInvalidParam, "cursor: is not of this list");
    }
    CORDON_TRY(const guard::StandingPage found,
               parts.gate.list(listed, before, limit_of(call), call.now));
    json::array items;
    for (const Standing& each : found.items) items.push_back(request_json(parts, each, call.now));
    std::optional<std::string> next;
    if (found.next) next = std::to_string(*found.next);
    return Data{.data = page(std::move(items), next)};
}

Result<Answer> check(const Parts& parts, const Call& call) {
    // From the text as it came: a payload counts byte for byte.
    CORDON_TRY(const WithdrawalRequest request, wallet::parse_request(call.http.body));
    // Nobody agrees to what he asked for himself: that is worth what the requester is.
    if (!engine::may_ask_as(call.caller.name, request.requester))
        return fail(ErrorCode::kPermission,
                    format("/requester: {0} asks as {0} or {0}/ANYTHING", call.caller.name));
    CORDON_TRY(const Verdict verdict, parts.gate.check(request, call.now, call.caller.name));
    return Data{.data = guard::verdict_json(verdict)};
}

/// Without statements under an earlier policy, which do not count.
Result<Standing> standing_of(const Parts& parts, const Call& call, const guard::Policy& policy) {
    CORDON_TRY(auto found, parts.gate.find(call.path.at("id")));
    if (!found) return fail(ErrorCode::kNotFound, "nobody asked for it");
    std::erase_if(found->approvals, [&](const wallet::SignedStatement& each) {
        const auto statement = wallet::parse_statement(each.text);
        return !statement || statement->policy != policy.digest();
    });
    return *std::move(found);
}

std::string kind_of(const wallet::ApproverKey& key) {
    const std::string text = key.text();
    return text.substr(0, text.find(':'));
}

bool gave(const Standing& standing, std::string_view name) {
    return std::any_of(standing.approvals.begin(), standing.approvals.end(), [&](const auto& each) {
        const auto statement = wallet::parse_statement(each.text);
        return statement && statement->by == name;
    });
}

/// It waits under a policy that is not the present one.
bool is_stale(const guard::Policy& policy, const Standing& standing) {
    return standing.verdict.decision != Decision::kDeny && !standing.seen_on_chain &&
           standing.verdict.policy != policy.digest();
}

json::array needs_json(const guard::Policy& policy, const Standing& standing) {
    json::array needs;
    for (const ApprovalNeed& each : standing.verdict.needs) {
        json::array members;
        if (const auto group = policy.group(each.group))
            for (const wallet::Quorum::Member& member : *group)
                members.push_back(json::object{{"name", member.name},
                                               {"kind", kind_of(member.key)},
                                               {"gave", gave(standing, member.name)}});
        needs.push_back(json::object{{"group", each.group},
                                     {"needed", each.needed},
                                     {"given", is_stale(policy, standing) ? 0 : each.given},
                                     {"members", std::move(members)}});
    }
    return needs;
}

Result<Answer> show(const Parts& parts, const Call& call) {
    const auto policy = parts.gate.policy(call.now);
    CORDON_TRY(const Standing standing, standing_of(parts, call, *policy));
    Data answer;
    json::object data = request_json(parts, standing, call.now);
    data["needs"] = needs_json(*policy, standing);
    if (is_stale(*policy, standing))
        answer.warnings.push_back(
            "Another policy has begun since: nothing leaves by this verdict, and what was agreed "
            "before does not count. It is judged anew when it is asked for again, or signed.");
    data["explanation"] = nullptr;
    if (!standing.request.payload.type.empty()) {
        if (const auto explained = parts.risk.explain(standing.request)) {
            data["explanation"] = explain::explain_json(*explained);
        } else {
            answer.incomplete = true;
            answer.warnings.push_back(
                format("the payload could not be explained: {}", told(explained.error())));
        }
    }
    answer.data = std::move(data);
    return answer;
}

Result<Answer> cancel(const Parts& parts, const Call& call) {
    CORDON_TRY(const Verdict verdict,
               parts.gate.cancel(call.path.at("id"), call.caller.name, call.now,
                                 text_of(call.body.as_object(), "why")));
    return Data{.data = guard::verdict_json(verdict)};
}

/// A name for a file, of an id that may have anything in it.
std::string file_name(std::string_view id) {
    std::string name;
    for (const char c : id)
        name +=
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
                ? c
                : '_';
    return name;
}

Result<Answer> bundle(const Parts& parts, const Call& call) {
    const std::string& id = call.path.at("id");
    const auto made = parts.gate.bundle(id, call.now);
    if (!made) {
        Error error = made.error();
        // The caller may have it; it is the request that is not ready.
        if (error.code == ErrorCode::kPermission) error.code = ErrorCode::kConflict;
        return fail(std::move(error));
    }
    return File{.type = "application/json",
                .body = wallet::format_bundle(*made),
                .name = file_name(id) + ".bundle"};
}

// --- Statements

struct Asked {
    wallet::Subject subject{};
    std::string about;
    std::string flags;  ///< Of `cordon statement sign`.
};

/// "1h": what `valid` says, as its pattern allows.
Seconds valid_for(const Call& call) {
    std::string_view text = call.param("valid");
    if (text.empty()) text = "1h";
    int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return Seconds{count * (text.back() == 'm' ? 60 : text.back() == 'h' ? 3'600 : 86'400)};
}

std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out + "'";
}

/// What somebody has to sign, and with what.
Result<Data> statement_of(const guard::Policy& policy, const Call& call, Asked asked) {
    Statement statement;
    statement.by = call.param("by");
    const wallet::ApproverKey* key = policy.key_of(statement.by);
    if (!key)
        return fail(ErrorCode::kInvalidParam,
                    format("by: the policy knows nobody named {}", statement.by));
    statement.approves = call.param("decision") != "reject";
    statement.subject = asked.subject;
    statement.policy = policy.digest();
    statement.time = std::chrono::floor<Seconds>(call.now);
    statement.expires = statement.time + valid_for(call);
    statement.about = std::move(asked.about);
    const std::string text = statement.text();
    CORDON_TRY(wallet::parse_statement(text));  // What the gate would refuse is not offered.
    const Hash256 digest =
        crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    const std::string name = file_name(statement.by);
    std::string valid{call.param("valid")};
    return Data{
        .data = json::object{
            {"text", text},
            {"sha256", to_hex(digest)},
            {"key_kind", kind_of(*key)},
            {"rp", key->rp.empty() ? json::value(nullptr) : json::value(key->rp)},
            {"policy_sha256", to_hex(policy.digest())},
            {"expires", format_rfc3339(statement.expires)},
            {"command",
             format("cordon statement sign {} --policy-digest {} --key {}.key --expires {}{} -o "
                    "{}.json",
                    asked.flags, to_hex(policy.digest()), name, valid.empty() ? "1h" : valid,
                    statement.approves ? "" : " --reject", name)}}};
}

bool is_member(const guard::Policy& policy, std::string_view group, std::string_view name) {
    const auto members = policy.group(group);
    return members && std::any_of(members->begin(), members->end(),
                                  [&](const auto& each) { return each.name == name; });
}

Result<Answer> withdrawal_statement(const Parts& parts, const Call& call) {
    const auto policy = parts.gate.policy(call.now);
    CORDON_TRY(const Standing standing, standing_of(parts, call, *policy));
    CORDON_TRY(std::string about, wallet::withdrawal_text(standing.request));
    CORDON_TRY(Data answer,
               statement_of(*policy, call,
                            {wallet::Subject::kWithdrawal, std::move(about),
                             format("--request {}.json", file_name(standing.request.id))}));
    // Told before somebody signs in vain.
    const std::string by{call.param("by")};
    const auto& needs = standing.verdict.needs;
    const Decision decision = standing.verdict.decision;
    const bool is_no = call.param("decision") == "reject";
    if (is_no ? decision == Decision::kDeny : decision != Decision::kHold)
        answer.warnings.push_back(format("the verdict is {}", to_string(decision)));
    if (is_no) return answer;  // A no of anybody whom the policy knows counts.
    if (wallet::is_own(standing.request, by))
        answer.warnings.push_back(format("{} asked for it and cannot agree to it", by));
    if (std::none_of(needs.begin(), needs.end(),
                     [&](const ApprovalNeed& need) { return is_member(*policy, need.group, by); }))
        answer.warnings.push_back(format("{} is in none of the groups that are asked", by));
    if (gave(standing, by)) answer.warnings.push_back(format("{} has agreed already", by));
    return answer;
}

Result<Answer> take_statement(const Parts& parts, const Call& call) {
    CORDON_TRY(const wallet::SignedStatement statement, wallet::parse_signed(call.http.body));
    CORDON_TRY(const Verdict verdict, parts.gate.approve(statement, call.now));
    return Data{.data = guard::verdict_json(verdict)};
}

// --- Breakers

Data breakers_data(const Parts& parts, const Call& call) {
    static_cast<void>(parts.gate.policy(call.now));  // Those that are due are reset.
    json::array items;
    for (const guard::Breaker& each : parts.gate.breakers(call.now))
        items.push_back(guard::breaker_json(each));
    return Data{.data = page(std::move(items), std::nullopt)};
}

Result<Answer> list_breakers(const Parts& parts, const Call& call) {
    return breakers_data(parts, call);
}

Result<guard::BreakerKey> breaker_key(std::string_view text) {
    auto key = guard::parse_breaker_key(text);
    if (!key) return fail(ErrorCode::kInvalidParam, key.error().message);
    return key;
}

Result<Answer> trip(const Parts& parts, const Call& call) {
    const json::object& body = call.body.as_object();
    CORDON_TRY(const guard::BreakerKey key, breaker_key(text_of(body, "breaker")));
    CORDON_TRY(parts.gate.trip(key, call.caller.name, text_of(body, "why"), call.now));
    return breakers_data(parts, call);
}

Result<Answer> breaker_statement(const Parts& parts, const Call& call) {
    CORDON_TRY(const guard::BreakerKey key, breaker_key(call.param("breaker")));
    const auto policy = parts.gate.policy(call.now);
    for (const guard::Breaker& each : parts.gate.breakers(call.now)) {
        if (each.key != key) continue;
        CORDON_TRY(std::string about, wallet::breaker_text(key.text(), each.since));
        CORDON_TRY(Data answer,
                   statement_of(*policy, call,
                                {wallet::Subject::kBreaker, std::move(about),
                                 format("--breaker {} --since {}", shell_quoted(key.text()),
                                        format_rfc3339(each.since))}));
        const std::string by{call.param("by")};
        if (!is_member(*policy, policy->reset().group, by))
            answer.warnings.push_back(
                format("{} is not in the group {}", by, policy->reset().group));
        return answer;
    }
    return fail(ErrorCode::kNotFound, "this breaker is not tripped");
}

// --- Policy

json::object proposal_json(const guard::PolicyProposal& each) {
    return {{"version", each.version}, {"sha256", to_hex(each.digest)},
            {"by", each.by},           {"policy", each.yaml},
            {"text", each.text},       {"agreement", guard::agreement_json(each.agreement)}};
}

Result<Answer> show_policy(const Parts& parts, const Call& call) {
    const auto policy = parts.gate.policy(call.now);
    json::array proposed;
    for (const guard::PolicyProposal& each : parts.gate.proposals(call.now))
        proposed.push_back(proposal_json(each));
    return Data{.data = json::object{{"version", policy->version()},
                                     {"sha256", to_hex(policy->digest())},
                                     {"text", policy->text()},
                                     {"explanation", policy->explain()},
                                     {"proposed", std::move(proposed)}}};
}

Result<Answer> propose(const Parts& parts, const Call& call) {
    const std::string yaml = text_of(call.body.as_object(), "policy");
    const guard::Policy::Compiled compiled = guard::Policy::compile(yaml, "policy");
    if (!compiled.policy) {
        std::string problems = "the policy has errors";
        std::size_t told = 0;
        for (const chain::Diagnostic& each : compiled.diagnostics)
            if (!each.warning && told++ < kMostProblems) problems += "; " + chain::to_string(each);
        return fail(ErrorCode::kInvalidParam, std::move(problems));
    }
    CORDON_TRY(parts.gate.propose_policy(yaml, call.caller.name, call.now));
    for (const guard::PolicyProposal& each : parts.gate.proposals(call.now))
        if (each.digest == compiled.policy->digest())
            return Data{.data = proposal_json(each), .status = 201};
    return fail(ErrorCode::kConflict, "another policy has begun meanwhile");
}

Result<Answer> policy_statement(const Parts& parts, const Call& call) {
    const auto policy = parts.gate.policy(call.now);
    for (const guard::PolicyProposal& each : parts.gate.proposals(call.now)) {
        if (to_hex(each.digest) != call.param("sha256")) continue;
        CORDON_TRY(Data answer, statement_of(*policy, call,
                                             {wallet::Subject::kPolicy, each.text,
                                              format("--policy v{}.text", each.version)}));
        const std::string by{call.param("by")};
        if (!is_member(*policy, policy->change().group, by))
            answer.warnings.push_back(
                format("{} is not in the group {}", by, policy->change().group));
        if (each.by == by)
            answer.warnings.push_back(format("{} proposed it and cannot agree to it", by));
        return answer;
    }
    return fail(ErrorCode::kNotFound, "this policy is not proposed");
}

Result<Answer> unaccounted(const Parts& parts, const Call& call) {
    json::array items, outflows;
    for (const Standing& each : parts.gate.unaccounted(call.now))
        items.push_back(request_json(parts, each, call.now));
    CORDON_TRY(const auto strays, parts.gate.strays(kMostStrays));
    for (const guard::Stray& each : strays) {
        outflows.push_back(
            json::object{{"time", format_rfc3339(each.time)},
                         {"chain", to_string(each.chain)},
                         {"tx", chain::format_hash(each.chain, each.txn)},
                         {"from", chain::format_address(each.chain, each.transfer.from)},
                         {"to", chain::format_address(each.chain, each.transfer.to)},
                         {"asset", each.transfer.asset.text()},
                         {"amount", each.transfer.amount.to_string()},
                         {"text", each.text}});
        add_asset(parts, each.chain, each.transfer.asset, outflows.back().as_object());
    }
    return Data{.data =
                    json::object{{"items", std::move(items)}, {"outflows", std::move(outflows)}}};
}

std::vector<Parameter> statement_parameters() {
    return {{"by", Schema::text(kMostName), "Who signs, by the policy's name.", true},
            {"decision", Schema::choice({"approve", "reject"}), "approve unless told."},
            {"valid", Schema::text(5, {}, "[1-9][0-9]{0,3}[mhd]"), "How long: 1h unless told."}};
}
std::vector<Parameter> statement_parameters(Parameter first) {
    std::vector<Parameter> all = statement_parameters();
    all.insert(all.begin(), std::move(first));
    return all;
}
Schema words(std::string about) {
    return Schema::text(kMostWords, std::move(about), "[\\s\\S]*\\S[\\s\\S]*");
}

}  // namespace

std::vector<Endpoint> guard_endpoints(Gate& gate, guard::RiskSource& risk) {
    const auto bound = [parts = Parts{gate, risk}](auto run) {
        return [parts, run](const Call& call) -> Result<Answer> { return run(parts, call); };
    };
    std::vector<Endpoint> all;
    all.push_back({.method = "GET",
                   .path = "/api/guard/withdrawals",
                   .id = "listWithdrawals",
                   .tag = "guard",
                   .summary = "Requests as they stand, newest first.",
                   .kind = "guard.list",
                   .query =
                       [] {
                           std::vector<Parameter> parameters = page_parameters();
                           parameters.push_back({"state",
                                                 Schema::choice({"waiting", "allowed", "all"}),
                                                 "waiting unless told."});
                           return parameters;
                       }(),
                   .cacheable = true,
                   .handler = bound(list)});
    all.push_back({.method = "POST",
                   .path = "/api/guard/withdrawals",
                   .id = "askForWithdrawal",
                   .tag = "guard",
                   .summary = "Asks for a withdrawal. The same request has the same verdict again.",
                   .kind = "guard.verdict",
                   .permission = Permission::kOperate,
                   .body = Schema::any("docs/formats/withdrawal.md"),
                   .max_body = kMaxRequest,
                   .changes = true,
                   .handler = bound(check)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/withdrawals/{id}",
                   .id = "getWithdrawal",
                   .tag = "guard",
                   .summary = "One request, what its payload does, and who must agree.",
                   .kind = "guard.request",
                   .cacheable = true,
                   .handler = bound(show)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/withdrawals/{id}/statement",
                   .id = "getWithdrawalStatement",
                   .tag = "guard",
                   .summary = "What somebody signs who agrees, or says no.",
                   .kind = "guard.statement",
                   .permission = Permission::kApprove,
                   .query = statement_parameters(),
                   .handler = bound(withdrawal_statement)});
    all.push_back({.method = "POST",
                   .path = "/api/guard/statements",
                   .id = "handInStatement",
                   .tag = "guard",
                   .summary = "Hands in what somebody signed.",
                   .kind = "guard.verdict",
                   .permission = Permission::kApprove,
                   .body = Schema::any("docs/formats/statement.md"),
                   .max_body = kMaxStatement,
                   .changes = true,
                   .handler = bound(take_statement)});
    all.push_back({.method = "POST",
                   .path = "/api/guard/withdrawals/{id}/cancel",
                   .id = "cancelWithdrawal",
                   .tag = "guard",
                   .summary = "Takes a request back.",
                   .kind = "guard.verdict",
                   .permission = Permission::kOperate,
                   .body = Schema::object({required("why", words("Why."))}),
                   .changes = true,
                   .handler = bound(cancel)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/withdrawals/{id}/bundle",
                   .id = "getBundle",
                   .tag = "guard",
                   .summary = "What the offline signer needs; 409 unless it is let through.",
                   .kind = {},
                   .permission = Permission::kOperate,
                   .handler = bound(bundle)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/breakers",
                   .id = "listBreakers",
                   .tag = "guard",
                   .summary = "Breakers that are tripped, and who has agreed to reset them.",
                   .kind = "guard.breakers",
                   .cacheable = true,
                   .handler = bound(list_breakers)});
    all.push_back(
        {.method = "POST",
         .path = "/api/guard/breakers",
         .id = "tripBreaker",
         .tag = "guard",
         .summary = "Trips a breaker, at once.",
         .kind = "guard.breakers",
         .permission = Permission::kOperate,
         .body = Schema::object({required("breaker", Schema::text(kMostBreaker,
                                                                  "global, wallet CHAIN:ADDRESS "
                                                                  "or asset CHAIN:ASSET.")),
                                 required("why", words("Those who reset it ask."))}),
         .changes = true,
         .handler = bound(trip)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/breakers/statement",
                   .id = "getBreakerStatement",
                   .tag = "guard",
                   .summary = "What somebody signs who agrees to reset a breaker.",
                   .kind = "guard.statement",
                   .permission = Permission::kApprove,
                   .query = statement_parameters({"breaker", Schema::text(kMostBreaker),
                                                  "As the list of breakers has it.", true}),
                   .handler = bound(breaker_statement)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/policy",
                   .id = "getPolicy",
                   .tag = "guard",
                   .summary = "The policy, in its own and in plain words, and what is proposed.",
                   .kind = "guard.policy",
                   .cacheable = true,
                   .handler = bound(show_policy)});
    all.push_back({.method = "POST",
                   .path = "/api/guard/policy",
                   .id = "proposePolicy",
                   .tag = "guard",
                   .summary = "Proposes a policy; people of the present one have to agree.",
                   .kind = "guard.proposal",
                   .permission = Permission::kOperate,
                   .body = Schema::object({required("policy", Schema::text(kMaxPolicy, "YAML."))}),
                   .max_body = kMaxPolicy,
                   .changes = true,
                   .handler = bound(propose)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/policy/statement",
                   .id = "getPolicyStatement",
                   .tag = "guard",
                   .summary = "What somebody signs who agrees to a proposed policy.",
                   .kind = "guard.statement",
                   .permission = Permission::kApprove,
                   .query = statement_parameters({"sha256", Schema::text(64, {}, "[0-9a-f]{64}"),
                                                  "Of the policy that is proposed.", true}),
                   .handler = bound(policy_statement)});
    all.push_back({.method = "GET",
                   .path = "/api/guard/unaccounted",
                   .id = "listUnaccounted",
                   .tag = "guard",
                   .summary = "What was let through and never left, and what left unasked.",
                   .kind = "guard.unaccounted",
                   .cacheable = true,
                   .handler = bound(unaccounted)});
    return all;
}

}  // namespace cordon::server
