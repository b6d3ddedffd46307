// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "../policy.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/screen/lists.hpp>

#include "data.hpp"
#include "words.hpp"

namespace cordon::guard {

struct Policy::Impl {
    PolicyData data;
};

namespace {

/// One request under one policy.
class Judge {
public:
    Judge(const PolicyData& policy, const WithdrawalRequest& request, RiskSource& risk,
          const Spending& spending, UnixMillis now)
        : policy_{policy},
          facts_{{request, risk, spending, now, policy.books, policy.limits, policy.utc_offset},
                 policy.program.slots.size()},
          evaluation_{policy.program, facts_},
          is_allowed_{false} {}

    Judgement run() {
        out_.valid_for = policy_.expires;
        request();
        explanation();
        screening();
        feed();
        alerts();
        for (const Rule& rule : policy_.rules) judge(rule);
        limits();
        if (!is_allowed_)
            add(policy_.fallback, kDefaultRule, "no rule of the policy allows this", "policy");
        finish();
        return std::move(out_);
    }

private:
    /// A hold without approvals is lifted by nobody.
    void add(Decision decision, std::string_view rule, std::string text, std::string_view source,
             const Asks* asks = nullptr) {
        if (decision == Decision::kHold && (!asks || asks->approvals.empty())) is_final_ = true;
        out_.reasons.push_back({decision, std::string{rule}, std::move(text), std::string{source}});
        if (!asks || decision != Decision::kHold) return;
        for (const ApprovalNeed& need : asks->approvals) {
            const auto there =
                std::find_if(out_.needs.begin(), out_.needs.end(),
                             [&](const ApprovalNeed& n) { return n.group == need.group; });
            if (there == out_.needs.end())
                out_.needs.push_back(need);
            else
                there->needed = std::max(there->needed, need.needed);
        }
        out_.cool_down = std::max(out_.cool_down, asks->cool_down);
        if (asks->expires) out_.valid_for = std::min(out_.valid_for, *asks->expires);
    }

    void request() {
        if (facts_.request.cancelled)
            add(Decision::kDeny, kRequestRule, "the request was taken back", "gate");
        if (facts_.request.to.empty())
            add(Decision::kDeny, kRequestRule, "the request names no destination", "gate");
    }

    void explanation() {
        if (!policy_.checks.explain || facts_.request.payload.data.empty()) return;
        const auto& answer = facts_.explanation();
        if (!answer)
            return add(
                Decision::kHold, kExplainRule,
                format("what would be signed cannot be explained: {}", answer.error().message),
                "explain");
        if (answer->verdict != explain::Verdict::kBlock) return;
        std::string text = "what would be signed must not be signed";
        for (const explain::Finding& one : answer->findings)
            if (one.severity == explain::Verdict::kBlock)
                text += format("; {}: {}", one.rule, one.text);
        add(Decision::kDeny, kExplainRule, std::move(text), "explain");
    }

    void screening() {
        if (!policy_.checks.list_max_age) return;
        const auto& answer = facts_.screening();
        if (!answer)
            return add(Decision::kHold, kScreeningRule,
                       format("the destination cannot be screened: {}", answer.error().message),
                       "screen");
        bool told = false;
        for (const screen::ListUsed& list : answer->lists) {
            const bool old =
                screen::is_too_old(list.as_of, facts_.now, *policy_.checks.list_max_age);
            if (!old && !list.stale) continue;
            told = true;
            add(Decision::kHold, kScreeningRule,
                list.as_of
                    ? format("the list {} is of {}: older than {}", list.name,
                             format_rfc3339(*list.as_of),
                             chain::format_duration(*policy_.checks.list_max_age))
                    : format("the list {} does not tell its date (--as-of says it)", list.name),
                "screen");
        }
        if (answer->incomplete && !told)
            add(Decision::kHold, kScreeningRule,
                format("the screening is incomplete: {}",
                       answer->reasons.empty() ? "no reason is given" : answer->reasons.front()),
                "screen");
    }

    void feed() {
        const auto& most = policy_.checks.feed_max_lag;
        if (!most) return;
        const auto& lag = facts_.lag();
        std::string text;
        if (!lag)
            text = format("how far the chain is followed is not known: {}", lag.error().message);
        else if (!*lag)
            text = "the chain is not followed: a theft that goes on would not be seen";
        else if (**lag > *most)
            text = format("the feed of the chain is {} behind: more than {}",
                          chain::format_duration(**lag), chain::format_duration(*most));
        if (!text.empty()) add(Decision::kHold, kFeedRule, std::move(text), "gate");
    }

    /// Breakers that alerts trip are blind without them.
    void alerts() {
        if (policy_.breakers.empty()) return;
        if (const auto& answer = facts_.alerts(); !answer)
            add(Decision::kHold, kAlertsRule,
                format("what would trip a breaker is not known: {}", answer.error().message),
                "alert");
    }

    void judge(const Rule& rule) {
        const bool may_allow = rule.then == Decision::kAllow || !rule.asks.approvals.empty();
        switch (evaluation_.test(rule.when.node)) {
            case Truth::kNo: return;
            case Truth::kUnknown:
                // Whether it would allow is not known either: not denied by default.
                if (may_allow) is_allowed_ = true;
                return add(Decision::kHold, rule.id,
                           format("cannot be judged: {}", evaluation_.why_unknown(rule.when.node)),
                           "policy");
            case Truth::kYes: break;
        }
        if (may_allow) is_allowed_ = true;
        const std::string found = evaluation_.found(rule.when.node);
        std::string text = rule.why.empty() ? found
                           : found.empty()  ? rule.why
                                            : format("{} ({})", rule.why, found);
        if (text.empty()) text = "it is so for every withdrawal";
        add(rule.then, rule.id, std::move(text), "policy", &rule.asks);
    }

    // --- Limits.

    void limits() {
        std::size_t next = 0;  // Of limit_rules, which are in the order of limits.
        for (std::size_t i = 0; i < policy_.limits.size(); ++i) {
            const Limit& limit = policy_.limits[i];
            const LimitRule* rule = nullptr;
            if (next < policy_.limit_rules.size() && policy_.limit_rules[next].limit == i)
                rule = &policy_.limit_rules[next++];
            const WithdrawalRequest& request = facts_.request;
            if ((limit.chain && *limit.chain != request.chain) ||
                (limit.asset && *limit.asset != request.asset))
                continue;
            if (rule && rule->when) {
                const Truth applies = evaluation_.test(rule->when->node);
                if (applies == Truth::kNo) continue;
                if (applies == Truth::kUnknown) {
                    unknown(limit, evaluation_.why_unknown(rule->when->node));
                    continue;
                }
            }
            Result<std::string> key = facts_.key_of(limit);
            if (!key) {
                if (rule) unknown(limit, key.error().message);
                continue;
            }
            // What it does not apply to must not count.
            if (rule && rule->when) *key += format("{}{}", key->empty() ? "" : " ", limit.id);
            if (limit.window || limit.lifetime) out_.counts_under.emplace_back(limit.id, *key);
            if (rule) bound(limit, *rule, *key);
        }
    }

    void unknown(const Limit& limit, std::string_view why) {
        add(Decision::kHold, limit.id, format("cannot be judged: {}", why), "limit");
    }

    void bound(const Limit& limit, const LimitRule& rule, const std::string& key) {
        Spent spent;
        if (limit.window || limit.lifetime) {
            const Result<Spent> answer = facts_.spending.spent(limit, key, facts_.now);
            if (!answer) return unknown(limit, answer.error().message);
            spent = *answer;
        }
        const std::string in = limit.lifetime ? std::string{" ever"}
                               : limit.window ? " in " + chain::format_duration(*limit.window)
                                              : std::string{" at once"};
        // Of the key what a person knows: the rest keeps sums apart.
        const std::string whose =
            limit.scope == Scope::kAll
                ? std::string{}
                : format(" for the {} {}", to_string(limit.scope), key.substr(0, key.find(' ')));
        const auto over = [&](const std::string& most, const std::string& before,
                              const std::string& now) {
            std::string text = format("at most {}{}{}: ", most, in, whose);
            text += limit.window || limit.lifetime
                        ? format("{} left before, this is {}", before, now)
                        : format("this is {}", now);
            if (!rule.why.empty()) text = format("{} ({})", rule.why, text);
            add(limit.then, limit.id, std::move(text), "limit", &rule.asks);
        };
        if (limit.count && spent.count >= *limit.count)
            over(format("{} withdrawals", *limit.count), format("{}", spent.count), "one more");
        if (limit.usd) {
            const auto& usd = facts_.usd();
            if (!usd || !*usd)
                unknown(limit, usd ? "no price is known" : usd.error().message);
            else if (**usd < 0 || spent.usd < 0 || **usd > *limit.usd - spent.usd)
                over(format_usd(*limit.usd), format_usd(spent.usd), format_usd(**usd));
        }
        const Amount& amount = facts_.request.amount;
        const std::optional<Amount> sum = checked_add(spent.amount, amount);
        const auto text = [&](const Amount& a) { return facts_.amount_text(a); };
        if (limit.amount && (!sum || *sum > *limit.amount))
            over(text(*limit.amount), text(spent.amount), text(amount));
        if (!limit.share) return;
        const auto& balance = facts_.balance();
        if (!balance || !*balance)
            return unknown(limit, balance ? "the balance is not known" : balance.error().message);
        // Of what is there now, which what left before is no part of (or still is, until the chain
        // has it): never too much either way.
        const std::optional<Amount> most =
            chain::compute(chain::Op::kOf, Amount{*limit.share}, **balance);
        if (!sum || !most || *sum > *most)
            over(format("{}% of what the wallet holds", format_units(Amount{*limit.share}, 4)),
                 text(spent.amount), text(amount));
    }

    void finish() {
        const auto key = [](const Reason& r) {
            // The strictest first; the rest does not depend on the order of rules.
            return std::tuple{-static_cast<int>(r.decision), std::string_view{r.source},
                              std::string_view{r.rule}, std::string_view{r.text}};
        };
        std::sort(out_.reasons.begin(), out_.reasons.end(),
                  [&](const Reason& a, const Reason& b) { return key(a) < key(b); });
        std::sort(out_.needs.begin(), out_.needs.end(),
                  [](const ApprovalNeed& a, const ApprovalNeed& b) { return a.group < b.group; });
        out_.decision = out_.reasons.front().decision;
        out_.approvable = out_.decision == Decision::kHold && !is_final_;
    }

    const PolicyData& policy_;
    Facts facts_;
    Evaluation evaluation_;
    Judgement out_;
    bool is_allowed_;        // By a rule, or by one that is not known, or if people agree.
    bool is_final_ = false;  // A hold is among the reasons that approvals do not lift.
};

}  // namespace

Policy::Policy(std::unique_ptr<const Impl> impl) : impl_{std::move(impl)} {}
Policy::~Policy() = default;

Policy::Compiled Policy::compile(std::string_view yaml, std::string_view name) {
    const std::vector<std::string> names{std::string{name}};
    chain::Problems problems{names};
    auto impl = std::make_unique<Impl>();
    impl->data = read_policy(yaml, name, problems);
    impl->data.text = yaml;
    impl->data.digest =
        crypto::sha256({reinterpret_cast<const uint8_t*>(yaml.data()), yaml.size()});
    Compiled compiled{nullptr, problems.sorted()};
    if (problems.errors() == 0)
        compiled.policy = std::shared_ptr<const Policy>{new Policy{std::move(impl)}};
    return compiled;
}

Judgement Policy::judge(const WithdrawalRequest& request, RiskSource& risk,
                        const Spending& spending, UnixMillis now) const {
    return Judge{impl_->data, request, risk, spending, now}.run();
}

uint64_t Policy::version() const noexcept { return impl_->data.version; }
const Hash256& Policy::digest() const noexcept { return impl_->data.digest; }
std::string_view Policy::text() const noexcept { return impl_->data.text; }

Result<std::span<const wallet::Quorum::Member>> Policy::group(std::string_view name) const {
    const auto found = impl_->data.groups.find(name);
    if (found == impl_->data.groups.end())
        return fail(ErrorCode::kNotFound, format("the policy has no group {}", name));
    return std::span<const wallet::Quorum::Member>{found->second};
}
const wallet::ApproverKey* Policy::key_of(std::string_view person) const {
    const auto found = impl_->data.people.find(person);
    return found == impl_->data.people.end() ? nullptr : &found->second;
}
std::string_view Policy::owner_of(ByteView key) const noexcept {
    for (const auto& [name, each] : impl_->data.people)
        if (std::equal(key.begin(), key.end(), each.key.begin(), each.key.end())) return name;
    return {};
}
std::span<const Limit> Policy::limits() const noexcept { return impl_->data.limits; }
const Change& Policy::change() const noexcept { return impl_->data.change; }
const Change& Policy::reset() const noexcept { return impl_->data.reset; }
std::span<const BreakerRule> Policy::breakers() const noexcept { return impl_->data.breakers; }
bool Policy::one_group_each() const noexcept { return impl_->data.one_group_each; }
std::optional<std::chrono::milliseconds> Policy::list_max_age() const noexcept {
    return impl_->data.checks.list_max_age;
}
std::optional<std::chrono::milliseconds> Policy::feed_max_lag() const noexcept {
    return impl_->data.checks.feed_max_lag;
}

std::vector<const BreakerRule*> Policy::breakers_of(const Alert& alert) const {
    std::vector<const BreakerRule*> all;
    if (alert.state == AlertState::kRetracted) return all;
    for (const BreakerRule& one : impl_->data.breakers)
        if (alert.severity >= one.at_least &&
            (one.detectors.empty() || std::find(one.detectors.begin(), one.detectors.end(),
                                                alert.detector) != one.detectors.end()))
            all.push_back(&one);
    return all;
}

std::string Policy::explain() const { return words_of(impl_->data); }

}  // namespace cordon::guard
