// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "people.hpp"

namespace cordon::guard {
namespace {

tl::unexpected<Error> does_not_follow(uint64_t index, std::string_view what) {
    return fail(ErrorCode::kCorrupt,
                format("entry {} does not follow from those before it: {}; compare the log with a "
                       "backup or a witness",
                       index, what));
}

State::PaymentKey payment_of(const WithdrawalRequest& request) {
    return {request.chain, request.amount, request.to, request.asset};
}

}  // namespace

Status State::apply_read(uint64_t index, ReadEntry read) {
    if (read.left_out) {
        std::string* text = long_text(read.entry.deed);
        if (!text || part_of_ != *read.left_out || digest_of_text(part_) != part_of_)
            return does_not_follow(index, "the parts of its long text are not there");
        *text = std::exchange(part_, {});
    }
    return apply(index, std::move(read.entry));
}

Status State::apply(uint64_t index, Entry entry) {
    if (index != next) return does_not_follow(index, format("entry {} comes next", next));
    if (entry.time < last_time) return does_not_follow(index, "its time is before theirs");
    CORDON_TRY(std::visit([&](auto& deed) { return take(index, entry.time, std::move(deed)); },
                          entry.deed));
    last_time = entry.time;
    ++next;
    return {};
}

Status State::take(uint64_t index, UnixMillis time, Judged deed) {
    const auto [at, is_new] = requests.try_emplace(deed.verdict.id);
    KnownRequest& known = at->second;
    if (!is_new && known.digest != deed.verdict.request)
        return does_not_follow(index, "another request under a known id");
    if (!known.open) {  // New, or asked for again after its time was over.
        if (!deed.request) return does_not_follow(index, "a verdict of an unknown request");
        known.open = std::make_unique<OpenRequest>();
        known.open->request = std::move(*deed.request);
        known.open->asked_by = std::move(deed.asked_by);
        known.open->since = time;
        known.digest = deed.verdict.request;
        if (!is_new) asked.erase(known.first);
        known.first = index;
        // Entries come in order.
        asked.emplace_hint(asked.end(), index, deed.verdict.id);
        open.emplace_hint(open.end(), index, deed.verdict.id);
        by_digest[known.digest] = deed.verdict.id;
        by_payment[payment_of(known.open->request)].emplace(index, deed.verdict.id);
    } else if (deed.request) {  // A new round of one whose time is over.
        known.open->request = std::move(*deed.request);
        known.open->asked_by = std::move(deed.asked_by);
        known.open->since = time;
        known.open->given.clear();
    }
    OpenRequest& now = *known.open;
    known.last = index;
    known.decision = deed.verdict.decision;
    if (deed.counted) {
        const WithdrawalRequest& request = now.request;
        now.counted = Spend{time, request.chain, request.asset, request.amount, deed.usd};
        now.counts = std::move(deed.counts);
        now.counted_until = deed.verdict.expires.value_or(UnixMillis::max());
        spending.add(now.counts, *now.counted);
    }
    if (now.verdict.expires) expiring_.erase({*now.verdict.expires, deed.verdict.id});
    now.verdict = std::move(deed.verdict);
    now.verdict.time = time;
    now.verdict.entry = index;
    if (now.verdict.expires)
        expiring_.emplace_hint(expiring_.end(), *now.verdict.expires, now.verdict.id);
    // Of one that was let through money may leave, whatever was said afterwards.
    if (known.decision == Decision::kDeny && !now.counted) close(known);
    return {};
}

void State::close(KnownRequest& known) {
    const OpenRequest& was = *known.open;
    open.erase(known.first);
    by_digest.erase(known.digest);
    const auto payment = by_payment.find(payment_of(was.request));
    payment->second.erase(known.first);
    if (payment->second.empty()) by_payment.erase(payment);
    if (was.verdict.expires) expiring_.erase({*was.verdict.expires, was.verdict.id});
    known.open.reset();
}

Status State::take(uint64_t index, UnixMillis time, Stated deed) {
    CORDON_TRY(const wallet::Statement statement, wallet::parse_statement(deed.statement.text));
    Given given{statement.by, statement.approves, statement.policy,
                time,         statement.expires,  std::move(deed.statement)};
    const auto add = [&](auto& what) {
        what.given.push_back(std::move(given));
        const ApprovalNeed needed = need(what, time);
        if (!what.agreed && needed.given >= needed.needed) what.agreed = time;
    };
    switch (deed.subject) {
        case wallet::Subject::kWithdrawal: {
            const auto known = requests.find(deed.about);
            if (known == requests.end() || !known->second.open)
                return does_not_follow(index, "a statement about a request that is not open");
            std::vector<Given>& all = known->second.open->given;
            std::erase_if(all, [&](const Given& each) { return each.by == given.by; });
            all.push_back(std::move(given));
            return {};
        }
        case wallet::Subject::kPolicy: {
            const auto found = std::find_if(
                proposals.begin(), proposals.end(),
                [&](const Proposal& each) { return to_hex(each.what.digest) == deed.about; });
            if (found == proposals.end())
                return does_not_follow(index, "a statement about an unknown policy");
            add(*found);
            return {};
        }
        case wallet::Subject::kBreaker: {
            CORDON_TRY(const BreakerKey key, parse_breaker_key(deed.about));
            const auto found = tripped.find(key);
            if (found == tripped.end())
                return does_not_follow(index, "a statement about a breaker that is not tripped");
            add(found->second);
            return {};
        }
    }
    return does_not_follow(index, "a statement about nothing that is known");
}

Status State::take(uint64_t index, UnixMillis, Cancelled deed) {
    // The verdict that says so comes next.
    if (requests.contains(deed.id)) return {};
    return does_not_follow(index, "an unknown request is taken back");
}

Status State::take(uint64_t, UnixMillis time, Tripped deed) {
    if (deed.by.starts_with(kByAlert)) alerts.emplace(deed.key, deed.by.substr(kByAlert.size()));
    // Tripped again: statements over what was known before do not reset it.
    TrippedBreaker made;
    made.breaker = {deed.key, time, std::move(deed.by), std::move(deed.why)};
    tripped.insert_or_assign(deed.key, std::move(made));
    return {};
}

Status State::take(uint64_t index, UnixMillis, WasReset deed) {
    if (tripped.erase(deed.key) == 1) return {};
    return does_not_follow(index, "a breaker that is not tripped is reset");
}

Status State::take(uint64_t index, UnixMillis, Proposed deed) {
    if (digest_of_text(deed.yaml) != deed.digest)
        return does_not_follow(index, "the digest of a policy is wrong");
    Policy::Compiled compiled = Policy::compile(deed.yaml, "policy");
    if (!compiled.policy)
        return fail(ErrorCode::kUnsupported,
                    format("entry {}: this cordon does not understand the policy {}; open it with "
                           "the one that wrote it",
                           index, to_hex(deed.digest)));
    proposals.push_back({std::move(deed), std::move(compiled.policy), {}, {}});
    return {};
}

Status State::take(uint64_t index, UnixMillis, Began deed) {
    const auto found = std::find_if(proposals.begin(), proposals.end(), [&](const Proposal& each) {
        return each.what.digest == deed.digest;
    });
    if (found == proposals.end()) return does_not_follow(index, "a policy nobody proposed begins");
    policy = std::move(found->policy);
    proposals.clear();
    return {};
}

Status State::take(uint64_t index, UnixMillis, Dropped deed) {
    if (std::erase_if(proposals,
                      [&](const Proposal& each) { return each.what.digest == deed.digest; }) == 1)
        return {};
    return does_not_follow(index, "a policy nobody proposed is dropped");
}

Status State::take(uint64_t index, UnixMillis, Outflow deed) {
    outflows[{deed.chain, deed.txn, deed.transfer.index}] = deed.id;
    if (deed.id.empty()) {
        strays.push_back(index);
        return {};
    }
    const auto known = requests.find(deed.id);
    if (known == requests.end() || !known->second.open)
        return does_not_follow(index, "a payment of a request that is not open");
    known->second.seen = true;
    known->second.txn = deed.txn;
    close(known->second);
    return {};
}

Status State::take(uint64_t index, UnixMillis, Bundled deed) {
    if (requests.contains(deed.id)) return {};
    return does_not_follow(index, "a bundle of an unknown request");
}

Status State::take(uint64_t, UnixMillis, Part deed) {
    if (part_of_ != deed.of) part_.clear();
    part_of_ = deed.of;
    part_ += deed.data;
    return {};
}

Status State::take(uint64_t, UnixMillis, Anchored) { return {}; }

void State::put(const std::string& id, KnownRequest known) {
    asked.emplace_hint(asked.end(), known.first, id);
    if (known.open) {
        open.emplace_hint(open.end(), known.first, id);
        by_digest[known.digest] = id;
        by_payment[payment_of(known.open->request)].emplace(known.first, id);
        if (known.open->verdict.expires) expiring_.emplace(*known.open->verdict.expires, id);
    }
    requests.emplace(id, std::move(known));
}

ApprovalNeed State::need(const Change& change, const std::vector<Given>& given,
                         const std::string& not_by, UnixMillis at) const {
    std::vector<ApprovalNeed> needs{{change.group, change.needed, 0}};
    std::vector<Agreeing> people;
    for (const Given& each : given) {
        const wallet::ApproverKey* key = policy->key_of(each.by);
        if (key && each.approves && each.by != not_by && each.policy == policy->digest() &&
            at < each.until && is_member(*policy, change.group, each.by))
            people.push_back({each.by, key->text(), {change.group}});
    }
    assign(needs, people);
    return needs.front();
}
ApprovalNeed State::need(const Proposal& proposal, UnixMillis at) const {
    return need(policy->change(), proposal.given, proposal.what.by, at);
}
ApprovalNeed State::need(const TrippedBreaker& each, UnixMillis at) const {
    return need(policy->reset(), each.given, {}, at);
}

std::optional<UnixMillis> State::due(const Proposal& proposal) const {
    if (!proposal.agreed) return std::nullopt;
    return std::max(proposal.what.begins, *proposal.agreed + policy->change().delay);
}
std::optional<UnixMillis> State::due(const TrippedBreaker& each) const {
    if (!each.agreed) return std::nullopt;
    return *each.agreed + policy->reset().delay;
}

std::vector<const Breaker*> State::stopping(const WithdrawalRequest& request) const {
    std::vector<const Breaker*> found;
    if (tripped.empty()) return found;
    using Kind = BreakerKey::Kind;
    const BreakerKey keys[] = {
        {Kind::kWallet, request.chain, chain::format_address(request.chain, request.from)},
        // A wallet that is stopped is not refilled either: its thief would be.
        {Kind::kWallet, request.chain, chain::format_address(request.chain, request.to)},
        {Kind::kAsset, request.chain, std::string{request.asset.text()}},
        {}};
    for (const BreakerKey& key : keys)
        if (const auto at = tripped.find(key); at != tripped.end())
            found.push_back(&at->second.breaker);
    return found;
}

void State::close_expired(UnixMillis now) {
    while (!expiring_.empty() && expiring_.begin()->first <= now) {
        KnownRequest& known = requests.at(expiring_.begin()->second);
        expiring_.erase(expiring_.begin());
        if (known.decision == Decision::kHold && !known.open->counted) close(known);
    }
}

void State::forget(UnixMillis now) {
    close_expired(now);
    if (policy) {
        forgotten = now - horizon(*policy);
        spending.forget(forgotten);
    }
}

std::chrono::milliseconds State::horizon(const Policy& policy) {
    std::chrono::milliseconds longest{};
    for (const Limit& limit : policy.limits())
        if (limit.window) longest = std::max(longest, *limit.window);
    return longest;
}

}  // namespace cordon::guard
