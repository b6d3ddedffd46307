// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::wallet {
namespace {

constexpr std::array<std::string_view, 4> kStandings{"fine", "below its floor", "above its cap",
                                                     "unknown"};
using Key = std::tuple<ChainId, Asset, Address>;

bool has(const TierRule& rule, const Address& address) noexcept {
    return std::find(rule.wallets.begin(), rule.wallets.end(), address) != rule.wallets.end();
}

/// One asset at one moment.
class Planner {
public:
    Planner(const AssetTiers& asset, const std::string& requester,
            const std::map<Key, Amount>& balances, std::span<const PastRefill> past, UnixMillis now,
            Plan& out) noexcept
        : asset_{asset},
          requester_{requester},
          balances_{balances},
          past_{past},
          now_{now},
          out_{out} {}

    void run() {
        for (const Tier tier : kTiers)
            if (asset_.rule(tier)) add_state(tier);
        // From the front: what a refill takes is gone before the tier behind is swept.
        for (TierState* state : states()) act(*state);
    }

private:
    std::vector<TierState*> states() {
        std::vector<TierState*> mine;
        for (std::size_t i = first_; i < out_.states.size(); ++i) mine.push_back(&out_.states[i]);
        return mine;
    }

    void add_state(Tier tier) {
        if (out_.states.empty() || first_ == kNone) first_ = out_.states.size();
        const TierRule& rule = *asset_.rule(tier);
        TierState state{asset_.chain, asset_.asset, tier, TierStanding::kFine, {}, {}};
        for (const Address& wallet : rule.wallets) {
            const auto found = balances_.find({asset_.chain, asset_.asset, wallet});
            const std::optional<Amount> sum =
                found == balances_.end() ? std::nullopt : checked_add(state.balance, found->second);
            if (!sum) {
                state.standing = TierStanding::kUnknown;
                continue;
            }
            state.balance = *sum;
            left_[wallet] = found->second;
        }
        if (state.standing != TierStanding::kUnknown && rule.bounded) {
            if (state.balance < rule.floor) state.standing = TierStanding::kBelow;
            if (state.balance > rule.cap) state.standing = TierStanding::kAbove;
        }
        known_[static_cast<std::size_t>(tier)] = state.standing != TierStanding::kUnknown;
        out_.states.push_back(std::move(state));
    }

    void act(TierState& state) {
        const TierRule& rule = *asset_.rule(state.tier);
        switch (state.standing) {
            case TierStanding::kFine: return;
            case TierStanding::kUnknown:
                state.text = "the balance of a wallet is not known: nothing is proposed";
                return;
            case TierStanding::kBelow: return refill(state, rule);
            case TierStanding::kAbove: return sweep(state, rule);
        }
    }

    void refill(TierState& state, const TierRule& rule) {
        const Tier source = *asset_.behind(state.tier);
        if (!known_[static_cast<std::size_t>(source)]) {
            state.text = format("nothing: what is {} is not known", to_string(source));
            return;
        }
        std::optional<UnixMillis> last;
        for (const PastRefill& each : past_) {
            if (!refills(rule, each.request)) continue;
            if (each.open) {
                state.text = format("refill {} is still open", each.request.id);
                return;
            }
            // One that is dated later than now counts: a clock set back must not bring refills.
            last = std::max(last.value_or(each.request.time), each.request.time);
        }
        if (last && *last + rule.delay > now_) {
            state.text = format("the next refill may be asked for at {}",
                                format_rfc3339(*last + rule.delay));
            return;
        }
        const Address from = richest(*asset_.rule(source));
        const Amount amount = std::min({rule.target - state.balance, rule.most, left_[from]});
        if (amount.is_zero()) {
            state.text = format("nothing: {} is empty", to_string(source));
            return;
        }
        propose("refill", state, from, rule.wallets[0], amount);
    }

    void sweep(TierState& state, const TierRule& rule) {
        const Tier destination = *asset_.behind(state.tier);
        Amount left;
        for (const Address& wallet : rule.wallets) left += left_[wallet];
        // Each wallet pays for itself.
        for (const Address& wallet : rule.wallets) {
            if (left <= rule.target) return;
            const Amount amount = std::min(left - rule.target, left_[wallet]);
            if (amount.is_zero()) continue;
            left -= amount;
            propose("sweep", state, wallet, asset_.rule(destination)->wallets[0], amount);
        }
    }

    void propose(std::string_view deed, TierState& state, const Address& from, const Address& to,
                 const Amount& amount) {
        WithdrawalRequest request;
        request.id = format("{}-{}-{}-{}-{}-{}", deed, to_string(asset_.chain), asset_.asset.text(),
                            to_string(state.tier), to_unix_seconds(now_), out_.proposals.size());
        request.chain = asset_.chain;
        request.asset = asset_.asset;
        request.from = from;
        request.to = to;
        request.amount = amount;
        request.requester = requester_;
        request.time = now_;
        state.text += format("{}{} {}", state.text.empty() ? "" : "; ", deed, amount.to_string());
        left_[from] -= amount;
        out_.proposals.push_back(std::move(request));
    }

    /// Of this tier, from whichever wallet behind it.
    bool refills(const TierRule& rule, const WithdrawalRequest& request) const {
        return request.chain == asset_.chain && request.asset == asset_.asset &&
               has(rule, request.to) && !has(rule, request.from);
    }

    Address richest(const TierRule& rule) {
        return *std::max_element(
            rule.wallets.begin(), rule.wallets.end(),
            [&](const Address& a, const Address& b) { return left_[a] < left_[b]; });
    }

    static constexpr std::size_t kNone = ~std::size_t{0};
    const AssetTiers& asset_;
    const std::string& requester_;
    const std::map<Key, Amount>& balances_;
    std::span<const PastRefill> past_;
    UnixMillis now_;
    Plan& out_;
    std::size_t first_ = kNone;       // Of its states in the plan.
    std::map<Address, Amount> left_;  // After what is proposed.
    std::array<bool, 3> known_{};
};

}  // namespace

std::string_view to_string(TierStanding standing) noexcept {
    return kStandings[static_cast<std::size_t>(standing)];
}

Plan plan_tiers(const TierConfig& config, std::span<const Balance> balances,
                std::span<const PastRefill> past, UnixMillis now) {
    std::map<Key, Amount> known;
    for (const Balance& each : balances)
        known[{each.chain, each.asset, each.address}] = each.amount;
    Plan out;
    for (const AssetTiers& asset : config.assets)
        Planner{asset, config.requester, known, past, now, out}.run();
    return out;
}

std::optional<Amount> maximum_loss(const AssetTiers& asset, const Theft& theft) {
    const TierRule& hot = *asset.rule(Tier::kHot);
    const Amount each = std::min(hot.most, hot.target);
    // How often windows of this length begin within the time, the one under way included.
    const auto windows = [&](std::chrono::milliseconds length) {
        return Amount{static_cast<uint64_t>(theft.time / length) + 1};
    };
    // Times at most 2^64 this stays below 2^256, and the sum of three, too.
    constexpr unsigned kSafeBits = 190;
    const auto fits = [](const Amount& part) { return part.bit_width() <= kSafeBits; };
    if (!fits(theft.balance) || !fits(theft.deposits) || !fits(each)) return std::nullopt;
    // One that was on its way when it began, and one each delay after it.
    Amount refills = each * windows(hot.delay);
    if (theft.behind && fits(theft.behind->most))
        refills = std::min(refills, theft.behind->most * windows(theft.behind->window));
    Amount loss = theft.balance + theft.deposits + refills;
    if (theft.hot && fits(theft.hot->most))
        loss = std::min(loss, theft.hot->most * windows(theft.hot->window));
    return loss;
}

}  // namespace cordon::wallet
