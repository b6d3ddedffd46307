// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What people say, and what leaves for the signer because of it.
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "impl.hpp"

namespace cordon::guard {
namespace {

tl::unexpected<Error> does_not_count(std::string why) {
    return fail(ErrorCode::kPermission, format("the statement does not count: {}", why));
}

/// What stands in the way, for the person whose agreement does not help.
std::string strictest(const Judgement& judgement) {
    std::string out;
    for (const Reason& each : judgement.reasons)
        if (each.decision == judgement.decision)
            out += format("{}{}: {}", out.empty() ? "" : "; ", each.rule, each.text);
    return out;
}

}  // namespace

Status Gate::Impl::vet(const wallet::Statement& statement,
                       const wallet::SignedStatement& signed_statement, const Policy& policy,
                       UnixMillis now) const {
    const wallet::ApproverKey* key = policy.key_of(statement.by);
    if (!key) return does_not_count(format("the policy knows nobody named {}", statement.by));
    if (const Status is_signed = wallet::verify_signed(signed_statement, *key); !is_signed)
        return does_not_count(is_signed.error().message);
    if (statement.policy != policy.digest())
        return does_not_count(
            format("it was given under another policy ({}) than the present one "
                   "({})",
                   to_hex(statement.policy), to_hex(policy.digest())));
    if (statement.time > now + options.clock_tolerance)
        return does_not_count(
            format("it says it was signed at {}, which is still to come; compare the clocks",
                   format_rfc3339(statement.time)));
    if (now >= statement.expires)
        return does_not_count(format("it expired at {}", format_rfc3339(statement.expires)));
    return {};
}

Result<Verdict> Gate::approve(const wallet::SignedStatement& signed_statement, UnixMillis now) {
    if (wallet::format_signed(signed_statement).size() > kMaxStatement)
        return fail(ErrorCode::kLimit, format("a statement of more than {} bytes", kMaxStatement));
    CORDON_TRY(const wallet::Statement statement, wallet::parse_statement(signed_statement.text));
    Impl& impl = *impl_;
    std::shared_ptr<const Policy> policy;
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        if (impl.is_clock_back(now))
            return fail(ErrorCode::kUnavailable,
                        format("the clock says {}, which is before the log's last entry of {}: "
                               "whether a statement has expired cannot be told",
                               format_rfc3339(now), format_rfc3339(impl.state.last_time)));
        CORDON_TRY(impl.settle(now));
        policy = impl.state.policy;
    }
    // Signatures cost most: outside of the lock. Whether the policy is still this one is asked
    // again inside.
    CORDON_TRY(impl.vet(statement, signed_statement, *policy, now));
    switch (statement.subject) {
        case wallet::Subject::kWithdrawal:
            return impl.approve_withdrawal(statement, signed_statement, now);
        case wallet::Subject::kPolicy:
        case wallet::Subject::kBreaker:
            return impl.approve_change(statement, signed_statement, now);
    }
    return does_not_count("nobody knows what it is about");
}

Result<Verdict> Gate::Impl::approve_withdrawal(const wallet::Statement& statement,
                                               const wallet::SignedStatement& signed_statement,
                                               UnixMillis now) {
    const Hash256 digest = statement.digest();
    WithdrawalRequest request;
    {
        const Lock lock{mutex};
        const auto id = state.by_digest.find(digest);
        if (id == state.by_digest.end())
            return does_not_count("nothing that waits is what it is about, to the last sign");
        request = state.requests.at(id->second).open->request;
    }
    const auto before = [&](const Judgement& judgement, UnixMillis at) -> Status {
        const auto id = state.by_digest.find(digest);
        const KnownRequest* known =
            id == state.by_digest.end() ? nullptr : &state.requests.at(id->second);
        if (!known || (known->open->verdict.expires && at >= *known->open->verdict.expires))
            return does_not_count("what it is about does not wait any more; ask for it again");
        if (statement.policy != state.policy->digest())
            return does_not_count("another policy has begun");
        const std::vector<Given>& given = known->open->given;
        // An agreement under an earlier policy counts no more, and must not stand in the way.
        const auto earlier = std::find_if(given.begin(), given.end(), [&](const Given& each) {
            return each.by == statement.by && at < each.until &&
                   (!each.approves || each.policy == statement.policy);
        });
        if (earlier != given.end() &&
            (earlier->approves == statement.approves || earlier->statement == signed_statement))
            return does_not_count(format("{} has given one already", statement.by));
        if (statement.approves) {
            if (earlier != given.end())
                return does_not_count(format("{} said no before", statement.by));
            if (wallet::is_own(request, statement.by))
                return does_not_count("nobody agrees to what he asked for himself");
            if (known->decision == Decision::kAllow)
                return does_not_count("it is let through already");
            if (judgement.decision != Decision::kHold || !judgement.approvable)
                return does_not_count("approvals do not change what the policy says of it: " +
                                      strictest(judgement));
            const bool asked = std::any_of(
                judgement.needs.begin(), judgement.needs.end(), [&](const ApprovalNeed& need) {
                    return is_member(*state.policy, need.group, statement.by);
                });
            if (!asked)
                return does_not_count(
                    format("{} is in none of the groups that are asked", statement.by));
        }
        CORDON_TRY(commit(now, Stated{wallet::Subject::kWithdrawal, id->second, signed_statement}));
        return {};
    };
    return judge(request, digest, now, before);
}

Result<Verdict> Gate::Impl::approve_change(const wallet::Statement& statement,
                                           const wallet::SignedStatement& signed_statement,
                                           UnixMillis now) {
    Verdict verdict;
    uint64_t next = 0;
    {
        const Lock lock{mutex};
        CORDON_TRY(usable());
        if (statement.policy != state.policy->digest())
            return does_not_count("another policy has begun");
        const bool is_policy = statement.subject == wallet::Subject::kPolicy;
        const Change& change = is_policy ? state.policy->change() : state.policy->reset();
        // What waits is found by the text that people sign.
        Proposal* proposal = nullptr;
        TrippedBreaker* breaker = nullptr;
        if (is_policy) {
            for (Proposal& each : state.proposals)
                if (wallet::policy_text(each.what.version, each.what.digest, each.what.begins) ==
                    statement.about)
                    proposal = &each;
        } else {
            for (auto& [key, each] : state.tripped) {
                const auto text = wallet::breaker_text(key.text(), each.breaker.since);
                if (text && *text == statement.about) breaker = &each;
            }
        }
        if (!proposal && !breaker)
            return does_not_count("nothing that waits is what it is about, to the last sign");
        if (!is_member(*state.policy, change.group, statement.by))
            return does_not_count(format("{} is not in the group {}", statement.by, change.group));
        if (proposal && statement.approves && proposal->what.by == statement.by)
            return does_not_count("nobody agrees to a policy that he proposed himself");
        const std::vector<Given>& given = proposal ? proposal->given : breaker->given;
        if (std::any_of(given.begin(), given.end(), [&](const Given& each) {
                return each.by == statement.by && each.approves == statement.approves &&
                       each.policy == statement.policy && moment(now) < each.until;
            }))
            return does_not_count(format("{} has given one already", statement.by));
        const std::string about =
            proposal ? to_hex(proposal->what.digest) : breaker->breaker.key.text();
        CORDON_TRY(commit(now, Stated{statement.subject, about, signed_statement}));
        verdict.id = about;
        verdict.policy = state.policy->digest();
        verdict.request = statement.digest();
        verdict.time = moment(now);
        verdict.entry = state.next - 1;
        const auto said = [&](Decision decision, std::string text) {
            verdict.decision = decision;
            verdict.reasons = {gate_reason(decision, std::move(text))};
        };
        if (!statement.approves && proposal) {
            CORDON_TRY(commit(now, Dropped{proposal->what.digest, statement.by}));
            said(Decision::kDeny, format("{} said no", statement.by));
        } else if (!statement.approves) {
            CORDON_TRY(trip_anew(*breaker, statement.by, breaker->breaker.why, now));
            said(Decision::kDeny, format("{} said no: it is tripped anew", statement.by));
        } else {
            const auto due = proposal ? state.due(*proposal) : state.due(*breaker);
            verdict.needs = {proposal ? state.need(*proposal, moment(now))
                                      : state.need(*breaker, moment(now))};
            verdict.earliest = due;
            if (!due)
                said(Decision::kHold, format("{} of {} people of {} agreed", verdict.needs[0].given,
                                             verdict.needs[0].needed, change.group));
            else if (*due > moment(now))
                said(Decision::kHold, format("agreed; begins at {}", format_rfc3339(*due)));
            else
                said(Decision::kAllow, "agreed");
        }
        CORDON_TRY(settle(now));
        next = state.next;
    }
    CORDON_TRY(wait(next));
    return verdict;
}

Result<Verdict> Gate::cancel(std::string_view id, std::string_view by, UnixMillis now,
                             std::string_view why) {
    if (!why.empty()) CORDON_TRY(check_words("why a request is taken back", why));
    Impl& impl = *impl_;
    Verdict verdict;
    uint64_t next = 0;
    uint64_t final_entry = 0;  // Of one that is closed.
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        CORDON_TRY(impl.settle(now));
        const auto found = impl.state.requests.find(std::string{id});
        if (found == impl.state.requests.end())
            return fail(ErrorCode::kNotFound, format("{}: nobody asked for it", id));
        const KnownRequest& known = found->second;
        if (known.seen)
            return fail(ErrorCode::kConflict, format("{}: the money has left already", id));
        final_entry = known.last;
        if (known.open) verdict = known.open->verdict;
        if (known.open && verdict.decision != Decision::kDeny) {
            CORDON_TRY(
                impl.commit(now, Cancelled{found->first, std::string{by}, std::string{why}}));
            verdict.decision = Decision::kDeny;
            verdict.needs.clear();
            verdict.earliest.reset();
            verdict.time = impl.moment(now);
            verdict.reasons = {gate_reason(
                Decision::kDeny,
                format("taken back by {}{}{}{}", by, why.empty() ? "" : ": ", why,
                       known.open->counted ? "; it was let through before and counts" : ""))};
            Judged deed;
            deed.verdict = verdict;
            CORDON_TRY(verdict.entry, impl.commit(now, std::move(deed)));
        }
        next = impl.state.next;
    }
    CORDON_TRY(impl.wait(next));
    return verdict.id.empty() ? impl.verdict_at(final_entry) : verdict;
}

Result<wallet::Bundle> Gate::bundle(std::string_view id, UnixMillis now) {
    Impl& impl = *impl_;
    wallet::Bundle bundle;
    uint64_t next = 0;
    const auto refused = [&](std::string_view why) {
        return fail(ErrorCode::kPermission, format("{}: nothing may be signed: {}", id, why));
    };
    // The last door: what was seen since the verdict stops it here. Asked outside of the lock.
    CORDON_TRY(const std::optional<Standing> standing, find(id));
    if (!standing) return fail(ErrorCode::kNotFound, format("{}: nobody asked for it", id));
    GatheredRisk gathered{impl.risk};
    const auto alerts = gathered.alerts(standing->request, now);
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        CORDON_TRY(impl.settle(now));
        if (!alerts && !impl.state.policy->breakers().empty())
            return refused(format("open alerts are not known: {}", alerts.error().message));
        CORDON_TRY(impl.trip_by_alerts(standing->request, gathered, now));
        const auto found = impl.state.requests.find(std::string{id});
        if (found == impl.state.requests.end())
            return fail(ErrorCode::kNotFound, format("{}: nobody asked for it", id));
        const KnownRequest& known = found->second;
        if (known.seen) return refused("the money has left already");
        if (known.decision != Decision::kAllow || !known.open)
            return refused(format("the verdict is {}", to_string(known.decision)));
        const Verdict& verdict = known.open->verdict;
        const UnixMillis at = impl.moment(now);
        if (impl.is_clock_back(now)) return refused("the clock went back");
        if (verdict.expires && at >= *verdict.expires) return refused("the verdict has expired");
        if (verdict.policy != impl.state.policy->digest())
            return refused("another policy has begun; ask again");
        if (const auto stopping = impl.state.stopping(known.open->request); !stopping.empty())
            return refused(format("{} is stopped: {}", stopping[0]->key.text(), stopping[0]->why));
        bundle.request = known.open->request;
        bundle.policy = verdict.policy;
        for (const Given& each : known.open->given)
            if (each.approves && at < each.until && each.policy == verdict.policy)
                bundle.approvals.push_back(each.statement);
        CORDON_TRY(std::string about, wallet::withdrawal_text(bundle.request));
        wallet::Statement own;
        own.subject = wallet::Subject::kWithdrawal;
        own.policy = bundle.policy;
        own.by = "gate";
        own.time = std::chrono::floor<Seconds>(at);
        own.expires = std::chrono::floor<Seconds>(verdict.expires.value_or(at + kDefaultValidity));
        if (own.expires <= own.time) return refused("the verdict has expired");
        own.about = std::move(about);
        wallet::SignedStatement signed_statement;
        signed_statement.text = own.text();
        const auto signature =
            impl.signer.sign({reinterpret_cast<const uint8_t*>(signed_statement.text.data()),
                              signed_statement.text.size()});
        signed_statement.signature.assign(signature.begin(), signature.end());
        bundle.approvals.push_back(std::move(signed_statement));
        CORDON_TRY(impl.commit(now, Bundled{found->first}));
        next = impl.state.next;
    }
    CORDON_TRY(impl.wait(next));
    return bundle;
}

}  // namespace cordon::guard
