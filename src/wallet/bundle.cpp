// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bundle.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>

#include "json_fields.hpp"
#include "request_json.hpp"

namespace cordon::wallet {
namespace {

constexpr std::string_view kKind = "bundle v1";
constexpr std::string_view kGate = "gate";  // By this name the gate signs.
// More people than any quorum has; each costs a signature check.
constexpr std::size_t kMaxApprovals = 256;

/// A quorum that counts one person twice, or that nobody can miss, was made by mistake.
Status check_members(const Quorum& quorum) {
    std::set<std::string> names;
    std::set<std::string> keys;
    if (quorum.gate) keys.insert(quorum.gate->text());
    for (const Quorum::Member& member : quorum.members) {
        if (member.name.empty() || !is_plain_line(member.name) || member.name == kGate)
            return fail(ErrorCode::kInvalidParam,
                        format("quorum: \"{}\" is no name of a member", member.name));
        if (!names.insert(member.name).second || !keys.insert(member.key.text()).second)
            return fail(ErrorCode::kInvalidParam,
                        format("quorum: {}: the name or the key stands twice", member.name));
    }
    if (quorum.needed == 0 && !quorum.gate)
        return fail(ErrorCode::kInvalidParam, "quorum: nobody would have to agree");
    return {};
}

const ApproverKey* key_of(const Quorum& quorum, std::string_view name) noexcept {
    if (name == kGate) return quorum.gate ? &*quorum.gate : nullptr;
    const auto found = std::find_if(quorum.members.begin(), quorum.members.end(),
                                    [&](const auto& member) { return member.name == name; });
    return found == quorum.members.end() ? nullptr : &found->key;
}

/// What a statement says when it is over this bundle, by this quorum, now. An Error says why not.
Result<Statement> counts(const SignedStatement& signed_statement, std::string_view about,
                         const Hash256& policy, const Quorum& quorum, UnixMillis now) {
    CORDON_TRY(Statement statement, parse_statement(signed_statement.text));
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::kPermission, format("{}: {}", statement.by, why));
    };
    const ApproverKey* key = key_of(quorum, statement.by);
    if (!key) return refuse("is not asked");
    // The signature first: what is said of the rest is then said by that person.
    if (const Status status = verify_signed(signed_statement, *key); !status)
        return refuse(status.error().message);
    if (statement.subject != Subject::kWithdrawal || statement.about != about)
        return refuse("signed another request");
    if (statement.policy != policy) return refuse("agreed under another policy");
    if (statement.time > now)
        return refuse(
            format("signed at {}, which is later than now", format_rfc3339(statement.time)));
    if (statement.expires <= now)
        return refuse(format("expired at {}", format_rfc3339(statement.expires)));
    return statement;
}

}  // namespace

std::string format_bundle(const Bundle& bundle) {
    std::string out = format("{{\"cordon\":\"{}\",\"request\":{},\"policy\":\"{}\",\"approvals\":[",
                             kKind, format_request(bundle.request), to_hex(bundle.policy));
    for (std::size_t i = 0; i < bundle.approvals.size(); ++i)
        out += (i > 0 ? ",\n" : "\n") + format_signed(bundle.approvals[i]);
    return out + "]}\n";
}

Result<Bundle> parse_bundle(std::string_view json) {
    constexpr std::string_view kWhat = "bundle";
    static constexpr std::array<std::string_view, 4> kNames{"cordon", "request", "policy",
                                                            "approvals"};
    CORDON_TRY(const JsonValue object, chain::parse_json_tree(json));
    CORDON_TRY(check_names(object, kWhat, kNames));
    CORDON_TRY(const std::string kind, text_member(object, kWhat, "cordon"));
    if (kind != kKind)
        return fail(ErrorCode::kMalformed, format("bundle: \"cordon\": expected \"{}\"", kKind));
    Bundle out;
    CORDON_TRY(const JsonValue* request,
               member(object, kWhat, "request", JsonValue::Kind::kObject));
    CORDON_TRY(out.request, parse_request(*request));
    CORDON_TRY(const std::string policy, text_member(object, kWhat, "policy"));
    if (!parse_hex_into(policy, out.policy.bytes) || to_hex(out.policy) != policy)
        return fail(ErrorCode::kMalformed,
                    "bundle: \"policy\": expected 64 hex digits in lower case");
    CORDON_TRY(const JsonValue* approvals,
               member(object, kWhat, "approvals", JsonValue::Kind::kArray));
    if (approvals->items.size() > kMaxApprovals)
        return fail(ErrorCode::kLimit, format("bundle: more than {} approvals", kMaxApprovals));
    for (const JsonValue& item : approvals->items) {
        CORDON_TRY(SignedStatement statement, parse_signed(item));
        out.approvals.push_back(std::move(statement));
    }
    return out;
}

Result<Agreed> check_quorum(const Bundle& bundle, const Quorum& quorum, UnixMillis now) {
    CORDON_TRY(check_members(quorum));
    CORDON_TRY(const std::string about, withdrawal_text(bundle.request));
    if (bundle.request.cancelled) return fail(ErrorCode::kPermission, "the request was taken back");
    Agreed out;
    std::set<std::string> who;
    std::string rejected;
    for (const SignedStatement& each : bundle.approvals) {
        const Result<Statement> statement = counts(each, about, bundle.policy, quorum, now);
        if (!statement) {
            out.refused.push_back(statement.error().message);
        } else if (!statement->approves) {
            rejected += format("; {} rejects it", statement->by);
        } else if (is_own(bundle.request, statement->by)) {
            out.refused.push_back(format("{}: asked for it and cannot agree to it", statement->by));
        } else if (!who.insert(statement->by).second) {
            out.refused.push_back(format("{}: agreed already", statement->by));
        }
    }
    const bool gate_agreed = who.erase(std::string{kGate}) > 0;
    out.who.assign(who.begin(), who.end());
    const bool gate_missing = quorum.gate && !gate_agreed;
    if (out.who.size() >= quorum.needed && !gate_missing && rejected.empty()) return out;

    std::string why = format("{} of {} needed agree", out.who.size(), quorum.needed);
    if (gate_missing) why += "; the gate's statement is missing";
    why += rejected;
    for (const std::string& each : out.refused) why += format("; {}", each);
    return fail(ErrorCode::kPermission, std::move(why));
}

}  // namespace cordon::wallet
