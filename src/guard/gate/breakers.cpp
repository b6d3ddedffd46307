// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What stops: alerts and people, each at once and alone.
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "impl.hpp"

namespace cordon::guard {

using Kind = BreakerKey::Kind;

Status check_words(std::string_view what, std::string_view words) {
    if (!words.empty() && words.size() <= kMaxWords) return {};
    return fail(ErrorCode::kInvalidParam, format("{}: expected 1 to {} bytes", what, kMaxWords));
}

/// At a moment of its own, so that no statement over the time before it fits.
Status Gate::Impl::trip_anew(const TrippedBreaker& tripped, std::string by, std::string why,
                             UnixMillis now) {
    const UnixMillis after = tripped.breaker.since + std::chrono::milliseconds{1};
    CORDON_TRY(
        commit(std::max(now, after), Tripped{tripped.breaker.key, std::move(by), std::move(why)}));
    return {};
}

Status Gate::Impl::trip_once(const BreakerKey& key, const BreakerRule& rule, const Alert& alert,
                             UnixMillis now) {
    if (state.alerts.contains({key, alert.id})) return {};
    std::string by = std::string{kByAlert} + alert.id;
    std::string why =
        format("{} ({}): {}", rule.id, alert.detector, alert.reason.substr(0, kMaxWords));
    if (const auto known = state.tripped.find(key); known != state.tripped.end())
        return trip_anew(known->second, std::move(by), std::move(why), now);
    CORDON_TRY(commit(now, Tripped{key, std::move(by), std::move(why)}));
    return {};
}

Status Gate::Impl::trip_by_alerts(const WithdrawalRequest& request, GatheredRisk& gathered,
                                  UnixMillis now) {
    if (state.policy->breakers().empty()) return {};
    const auto alerts = gathered.alerts(request, now);
    if (!alerts) return {};  // The policy holds what it cannot know.
    const BreakerKey wallet{Kind::kWallet, request.chain,
                            chain::format_address(request.chain, request.from)};
    const BreakerKey asset{Kind::kAsset, request.chain, std::string{request.asset.text()}};
    for (const Alert& alert : *alerts) {
        const bool is_about_wallet =
            alert.subject == request.from || std::find(alert.related.begin(), alert.related.end(),
                                                       request.from) != alert.related.end();
        for (const BreakerRule* rule : state.policy->breakers_of(alert)) {
            // One about the watch itself is about every wallet and asset. One about a destination
            // stops nothing but requests that pay it, as the policy says: else whoever may ask
            // could stop a wallet.
            if (rule->trips == Trips::kGlobal || alert.subject.empty())
                CORDON_TRY(trip_once({}, *rule, alert, now));
            else if (is_about_wallet)
                CORDON_TRY(
                    trip_once(rule->trips == Trips::kWallet ? wallet : asset, *rule, alert, now));
        }
    }
    return {};
}

Status Gate::take_alerts(std::span<const Alert> open, UnixMillis now) {
    if (open.empty()) return {};
    Impl& impl = *impl_;
    // Which addresses are ours is asked outside of the lock. What is not known may be ours.
    std::vector<std::vector<BreakerKey>> wallets(open.size());
    const std::shared_ptr<const Policy> asked = policy(now);
    for (std::size_t i = 0; i < open.size(); ++i) {
        const Alert& alert = open[i];
        if (asked->breakers_of(alert).empty()) continue;
        std::vector<Address> about{alert.subject};
        about.insert(about.end(), alert.related.begin(), alert.related.end());
        for (const Address& each : about) {
            if (each.empty()) continue;
            const auto ours = impl.risk.wallet(alert.chain, each);
            if (!ours || *ours)
                wallets[i].push_back(
                    {Kind::kWallet, alert.chain, chain::format_address(alert.chain, each)});
        }
    }
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl.mutex};
        CORDON_TRY(impl.usable());
        // Another policy that began since has other breakers; the next look takes it.
        if (impl.state.policy != asked) return {};
        for (std::size_t i = 0; i < open.size(); ++i)
            for (const BreakerRule* rule : asked->breakers_of(open[i])) {
                if (rule->trips == Trips::kGlobal || open[i].subject.empty())
                    CORDON_TRY(impl.trip_once({}, *rule, open[i], now));
                else if (rule->trips == Trips::kWallet)
                    for (const BreakerKey& key : wallets[i])
                        CORDON_TRY(impl.trip_once(key, *rule, open[i], now));
                // An alert does not say of which asset: the next request that it concerns does.
            }
        next = impl.state.next;
    }
    return impl.wait(next);
}

Status Gate::trip(const BreakerKey& key, std::string_view by, std::string_view why,
                  UnixMillis now) {
    CORDON_TRY(check_words("who trips a breaker", by));
    if (by.starts_with(kByAlert))
        return fail(ErrorCode::kInvalidParam, format("{}: only alerts are named so", by));
    CORDON_TRY(check_words("why a breaker is tripped", why));
    uint64_t next = 0;
    {
        const Impl::Lock lock{impl_->mutex};
        CORDON_TRY(impl_->usable());
        const auto known = impl_->state.tripped.find(key);
        if (known == impl_->state.tripped.end())
            CORDON_TRY(impl_->commit(now, Tripped{key, std::string{by}, std::string{why}}));
        else if (!known->second.given.empty())  // Who stops it now did not agree to its reset.
            CORDON_TRY(impl_->trip_anew(known->second, std::string{by}, std::string{why}, now));
        next = impl_->state.next;
    }
    return impl_->wait(next);
}

}  // namespace cordon::guard
