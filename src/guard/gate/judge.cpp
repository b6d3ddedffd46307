// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// How a request is judged: the world is asked outside of the lock, everything that decides stands
// inside, and nobody hears of it before it is durable.
#include <algorithm>
#include <exception>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "impl.hpp"

namespace cordon::guard {
namespace {

/// How often the world may change under a judgement before it is held: a policy that begins, or a
/// question that comes up only with what was spent meanwhile. Each happens once or twice at most.
constexpr int kMaxRounds = 8;

/// What was let through without the request itself, which is judged again while what it counts is
/// still its own (a breaker was tripped and reset in between).
class WithoutOwn final : public Spending {
public:
    WithoutOwn(const SpendBook& book, const OpenRequest* open, UnixMillis now) noexcept
        : book_{book}, open_{open && open->counted && now < open->counted_until ? open : nullptr} {}
    Result<Spent> spent(const Limit& limit, std::string_view key, UnixMillis now) const override {
        CORDON_TRY(Spent spent, book_.spent(limit, key, now));
        if (!open_ || (!limit.window && !limit.lifetime)) return spent;
        const Spend& own = *open_->counted;
        const bool is_counted =
            std::find(open_->counts.begin(), open_->counts.end(),
                      Count{limit.scope, std::string{key}}) != open_->counts.end() &&
            (!limit.chain || *limit.chain == own.chain) &&
            (!limit.asset || *limit.asset == own.asset) &&
            (limit.lifetime || own.time > now - *limit.window);
        if (!is_counted) return spent;
        spent.usd -= own.usd;
        spent.amount -= own.amount;
        --spent.count;
        return spent;
    }

private:
    const SpendBook& book_;
    const OpenRequest* open_;
};

Judgement held(std::string text) {
    Judgement judgement;
    judgement.decision = Decision::kHold;
    judgement.reasons = {gate_reason(Decision::kHold, std::move(text))};
    return judgement;
}

/// Policy and sources are ours, but amounts throw when sums leave their range: what cannot be
/// judged is held, whatever the reason.
Judgement judge_with(const Policy& policy, const WithdrawalRequest& request, RiskSource& risk,
                     const Spending& spending, UnixMillis now) {
    try {
        return policy.judge(request, risk, spending, now);
    } catch (const std::exception& error) {
        return held(format("the request could not be judged: {}", error.what()));
    }
}

/// True when people would be told the same: numbers inside of texts change by the second.
bool says_the_same(const Verdict& a, const Verdict& b) {
    const auto same_reason = [](const Reason& x, const Reason& y) {
        return x.decision == y.decision && x.rule == y.rule && x.source == y.source;
    };
    return a.decision == b.decision && a.policy == b.policy && a.needs == b.needs &&
           a.earliest == b.earliest &&
           std::equal(a.reasons.begin(), a.reasons.end(), b.reasons.begin(), b.reasons.end(),
                      same_reason);
}

std::string names_of(const std::vector<Agreeing>& people) {
    std::string names;
    for (const Agreeing& each : people) names += (names.empty() ? "" : ", ") + each.name;
    return names;
}

std::string rules_of(const std::vector<Reason>& reasons) {
    std::string rules;
    for (const Reason& each : reasons)
        if (each.decision == Decision::kHold) rules += (rules.empty() ? "" : ", ") + each.rule;
    return rules;
}

bool is_over(const Verdict& verdict, UnixMillis at) {
    return verdict.expires && at >= *verdict.expires;
}

}  // namespace

Reason gate_reason(Decision decision, std::string text) {
    return {decision, "gate", std::move(text), "gate"};
}

Verdict Gate::Impl::compose(const WithdrawalRequest& request, const Hash256& digest,
                            Judgement judgement, UnixMillis now) const {
    const UnixMillis at = moment(now);
    const auto validity = judgement.valid_for.count() > 0 ? judgement.valid_for : kDefaultValidity;
    const auto known = state.requests.find(request.id);
    const OpenRequest* open = known == state.requests.end() ? nullptr : known->second.open.get();
    if (open && is_over(open->verdict, at)) open = nullptr;  // A new round.

    Verdict verdict;
    verdict.id = request.id;
    verdict.request = digest;
    verdict.policy = state.policy->digest();
    verdict.time = at;
    verdict.decision = judgement.decision;
    verdict.reasons = std::move(judgement.reasons);
    verdict.expires = (open ? open->since : at) + validity;
    const auto add = [&](Reason reason) {
        verdict.decision = std::max(verdict.decision, reason.decision);
        verdict.reasons.push_back(std::move(reason));
    };

    if (judgement.decision == Decision::kHold && judgement.approvable) {
        verdict.needs = std::move(judgement.needs);
        std::vector<Agreeing> people;
        UnixMillis last{};
        UnixMillis until = *verdict.expires;
        for (const Given& each : open ? open->given : std::vector<Given>{}) {
            const wallet::ApproverKey* key = state.policy->key_of(each.by);
            const UnixMillis ends = std::min(each.until, each.at + validity);
            if (!key || !each.approves || each.policy != verdict.policy || at >= ends ||
                wallet::is_own(request, each.by))
                continue;
            Agreeing person{each.by, key->text(), {}};
            for (const ApprovalNeed& need : verdict.needs)
                if (is_member(*state.policy, need.group, each.by)) person.groups.insert(need.group);
            people.push_back(std::move(person));
            last = std::max(last, each.at);
            until = std::min(until, ends);
        }
        if (assign(verdict.needs, people, state.policy->one_group_each()) &&
            !verdict.needs.empty()) {
            verdict.expires = until;
            const UnixMillis release = last + judgement.cool_down;
            if (at < release) {
                verdict.earliest = release;
            } else {
                verdict.decision = Decision::kAllow;
                const std::string text =
                    format("{} agreed, as {} asks", names_of(people), rules_of(verdict.reasons));
                std::erase_if(verdict.reasons,
                              [](const Reason& each) { return each.decision != Decision::kAllow; });
                add(gate_reason(Decision::kAllow, text));
            }
        }
    }
    if (verdict.decision == Decision::kAllow) {
        // Nothing is left to do. Of a new allow from now on; the one that counts already keeps its
        // end.
        const bool is_same = open && open->counted && at < open->counted_until;
        if (verdict.needs.empty()) verdict.expires = at + validity;
        verdict.needs.clear();
        if (is_same) verdict.expires = std::min(*verdict.expires, open->counted_until);
    }
    for (const Breaker* breaker : state.stopping(request))
        add({Decision::kHold, breaker->key.text(),
             format("stopped since {} by {}: {}", format_rfc3339(breaker->since), breaker->by,
                    breaker->why),
             "breaker"});
    if (is_clock_back(now))
        add(gate_reason(Decision::kHold,
                        format("the clock says {}, which is before the log's last entry of {}",
                               format_rfc3339(now), format_rfc3339(state.last_time))));
    if (open)
        for (const Given& each : open->given)
            if (!each.approves) add(gate_reason(Decision::kDeny, format("{} said no", each.by)));
    if (verdict.reasons.empty())
        add(gate_reason(Decision::kHold, "the policy gave no reason, so nobody can answer for it"));
    if (verdict.decision == Decision::kDeny) {
        verdict.needs.clear();
        verdict.earliest.reset();
    }
    std::stable_sort(verdict.reasons.begin(), verdict.reasons.end(),
                     [](const Reason& a, const Reason& b) { return a.decision > b.decision; });
    return verdict;
}

Result<std::optional<Verdict>> Gate::Impl::standing_verdict(const std::string& id,
                                                            const Hash256& digest, UnixMillis now,
                                                            std::optional<uint64_t>& entry) const {
    const auto found = state.requests.find(id);
    if (found == state.requests.end()) return std::nullopt;
    const KnownRequest& known = found->second;
    if (known.digest != digest)
        return fail(ErrorCode::kConflict,
                    format("{}: this id was asked for something else before; a changed request "
                           "needs an id of its own",
                           id));
    const bool is_final = known.decision == Decision::kDeny || known.seen;
    if (!known.open) {
        if (is_final) entry = known.last;
        return std::nullopt;
    }
    const Verdict& last = known.open->verdict;
    const bool is_current = !is_over(last, moment(now)) && last.policy == state.policy->digest();
    // A hold that people or time are missing of stays one, whatever else may have changed: it is
    // judged again when they are there. Asking again must not use up its chance.
    const bool waits =
        known.decision == Decision::kHold &&
        ((last.earliest && moment(now) < *last.earliest) ||
         std::any_of(last.needs.begin(), last.needs.end(),
                     [](const ApprovalNeed& need) { return need.given < need.needed; }));
    const bool is_released = known.decision == Decision::kAllow &&
                             state.stopping(known.open->request).empty() && !is_clock_back(now);
    const bool stands = is_current && (waits || is_released);
    return is_final || stands ? std::optional{last} : std::nullopt;
}

Result<Verdict> Gate::Impl::commit_verdict(const WithdrawalRequest& request, Verdict verdict,
                                           const Judgement& judgement, GatheredRisk& gathered,
                                           UnixMillis now, std::string_view asked_by) {
    const auto known = state.requests.find(request.id);
    const OpenRequest* open = known == state.requests.end() ? nullptr : known->second.open.get();
    const bool new_round = !open || is_over(open->verdict, moment(now));
    if (!new_round && says_the_same(open->verdict, verdict)) return open->verdict;
    Judged deed;
    if (new_round) {
        deed.request = request;
        deed.asked_by = asked_by;
    }
    const bool counts_already = open && open->counted && moment(now) < open->counted_until;
    deed.counted = verdict.decision == Decision::kAllow && !counts_already;
    if (deed.counted) {
        for (const auto& [id, account] : judgement.counts_under) {
            const auto limits = state.policy->limits();
            const auto limit =
                std::find_if(limits.begin(), limits.end(),
                             [&, wanted = id](const Limit& each) { return each.id == wanted; });
            CORDON_CHECK(limit != limits.end());
            const Count count{limit->scope, account};
            if (std::find(deed.counts.begin(), deed.counts.end(), count) == deed.counts.end())
                deed.counts.push_back(count);
        }
        // Unpriced: what no price is known of was let through by its amount, and counts by that.
        const auto usd = gathered.usd(request.chain, request.asset, request.amount, now);
        deed.usd = usd && *usd ? **usd : 0;
    }
    deed.verdict = verdict;
    CORDON_TRY(verdict.entry, commit(now, std::move(deed)));
    return verdict;
}

Result<Verdict> Gate::Impl::judge(const WithdrawalRequest& request, const Hash256& digest,
                                  UnixMillis now, const Before& before, std::string_view asked_by) {
    GatheredRisk gathered{risk};
    std::shared_ptr<const Policy> asked;
    for (int round = 0;; ++round) {
        std::shared_ptr<const Policy> policy;
        std::optional<Verdict> verdict;
        std::optional<uint64_t> entry;  // With a verdict that nothing changes any more.
        uint32_t usual = 0;
        uint64_t next = 0;
        {
            const Lock lock{mutex};
            CORDON_TRY(usable());
            CORDON_TRY(settle(now));
            policy = state.policy;
            usual = questions.first == policy ? questions.second : 0;
            if (!before) {
                CORDON_TRY(verdict, standing_verdict(request.id, digest, now, entry));
            }
            if (!verdict && !entry && policy == asked) {
                const auto known = state.requests.find(request.id);
                const OpenRequest* open =
                    known == state.requests.end() ? nullptr : known->second.open.get();
                const WithoutOwn spending{state.spending, open, moment(now)};
                Judgement judgement =
                    round < kMaxRounds
                        ? judge_with(*policy, request, gathered, spending, moment(now))
                        : held("what it depends on changed all the time while it was judged");
                questions = {policy, usual | gathered.kinds()};
                if (!gathered.missed() || round == kMaxRounds) {
                    if (before) CORDON_TRY(before(judgement, moment(now)));
                    CORDON_TRY(trip_by_alerts(request, gathered, now));
                    CORDON_TRY(verdict,
                               commit_verdict(request, compose(request, digest, judgement, now),
                                              judgement, gathered, now, asked_by));
                }
            }
            next = state.next;
        }
        if (verdict || entry) {
            CORDON_TRY(wait(next));
            return verdict ? *verdict : verdict_at(*entry);
        }
        gathered.ask_missed();
        if (policy != asked) {
            // The kinds of questions that its policy asked before; of one that never was asked,
            // those that it asks now: the answers are kept, the judgement is not.
            if (usual == 0) {
                const SpendBook nothing;
                static_cast<void>(judge_with(*policy, request, gathered, nothing, now));
            }
            gathered.ask_usual(usual | GatheredRisk::kAlerts | GatheredRisk::kUsd, request, now);
            gathered.freeze();
            asked = std::move(policy);
        }
    }
}

}  // namespace cordon::guard
