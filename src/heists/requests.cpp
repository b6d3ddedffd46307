// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/guard/policy/told_world.hpp>

namespace cordon::heists {
namespace {

using detect::Place;
using guard::ToldWorld;

/// Who asks: people who are deceived belong to the treasury of the shipped policies; a thief asks
/// by the name that the queue of withdrawals has.
constexpr std::string_view kDeceived = "alice";
constexpr std::string_view kQueue = "queue";

/// What a policy let through, under each limit and key.
class Counted final : public guard::Spending {
public:
    Result<guard::Spent> spent(const guard::Limit& limit, std::string_view key,
                               UnixMillis now) const override {
        guard::Spent sum;
        const auto found = entries_.find({limit.id, std::string{key}});
        if (found == entries_.end()) return sum;
        for (const Entry& each : found->second) {
            if (!limit.lifetime && (!limit.window || each.time <= now - *limit.window)) continue;
            sum.usd += each.usd;
            sum.amount += each.amount;
            ++sum.count;
        }
        return sum;
    }
    void add(const guard::Judgement& judgement, const Attempt& attempt) {
        for (const auto& [limit, key] : judgement.counts_under)
            entries_[{limit, key}].push_back(
                {attempt.request.time, attempt.usd, attempt.request.amount});
    }

private:
    struct Entry {
        UnixMillis time;
        Cents usd = 0;
        Amount amount;
    };
    std::map<std::pair<std::string, std::string>, std::vector<Entry>> entries_;
};

/// What the house knows, up to a moment of the stream.
class Known {
public:
    explicit Known(const Scenario& scenario) : scenario_{scenario} {
        world_.wallets = scenario.config.wallets;
        for (const detect::WatchedBridge& bridge : scenario.config.bridges)
            for (const Place& vault : bridge.contracts) ours(vault, bridge.name + " vault", "hot");
        for (const detect::Protocol& protocol : scenario.config.protocols) {
            for (const Place& one : protocol.contracts) ours(one, protocol.name, "cold");
            for (const Place& one : protocol.admins) ours(one, protocol.name + " admin", "cold");
        }
        for (const detect::WatchedSafe& safe : scenario.config.safes)
            ours(safe.place, safe.name, "cold");
        for (const WalletAddress& one : world_.wallets) house_.insert({one.chain, one.address});
        for (const auto& [place, labels] : scenario.knowledge.label_of)
            world_.all_labels.insert(world_.all_labels.end(), labels.begin(), labels.end());
        for (const auto& [key, info] : scenario.knowledge.assets) world_.assets.push_back(info);
        for (const auto& [key, amount] : scenario.knowledge.balances)
            world_.balances.push_back({key.first.chain, key.first.address, key.second, amount});
        for (const auto& [place, time] : scenario.knowledge.seen) seen_.emplace(place, time);
    }

    /// The world as it was just before this request. REQUIRES: not before the last one.
    ToldWorld& before(const WithdrawalRequest& request) {
        for (; next_ < scenario_.events.size(); ++next_) {
            const FeedEvent& event = *scenario_.events[next_];
            if (const auto* price = std::get_if<Price>(&event)) {
                if (price->time > request.time) break;
                take(*price);
            } else if (const auto* block = std::get_if<SeenBlock>(&event)) {
                if (*block->block.header.time >= request.time) break;
                take(block->block);
            }
        }
        world_.seen.clear();
        if (const auto at = seen_.find({request.chain, request.to}); at != seen_.end())
            world_.seen.push_back({request.chain, request.to, at->second});
        return world_;
    }
    /// It left.
    void pay(const WithdrawalRequest& request) {
        for (ToldWorld::Held& held : world_.balances)
            if (held.chain == request.chain && held.of == request.from &&
                held.asset == request.asset)
                held.amount -= std::min(held.amount, request.amount);
        paid(request.chain, request.from, request.to, request.asset, request.amount, request.time);
    }

private:
    void ours(const Place& place, const std::string& set, const char* tier) {
        const bool known = std::any_of(
            world_.wallets.begin(), world_.wallets.end(), [&](const WalletAddress& each) {
                return each.chain == place.chain && each.address == place.address;
            });
        if (!known) world_.wallets.push_back({place.chain, place.address, set, "", tier});
    }
    void take(const Price& price) {
        for (Price& each : world_.prices)
            if (each.chain == price.chain && each.asset == price.asset) {
                each = price;
                return;
            }
        world_.prices.push_back(price);
    }
    void take(const Block& block) {
        const UnixMillis time = *block.header.time;
        for (const AccountTxn& txn : block.account_txns)
            for (const Transfer& one : txn.transfers)
                if (!scenario_.attack.contains(txn.hash))
                    paid(block.chain, one.from, one.to, one.asset, one.amount, time);
        for (const UtxoTxn& txn : block.utxo_txns) {
            if (scenario_.attack.contains(txn.txid) || txn.inputs.empty()) continue;
            const auto& spent = txn.inputs.front().spent;
            if (!spent) continue;
            for (const TxOut& out : txn.outputs)
                if (out.address != spent->address)
                    paid(block.chain, spent->address, out.address, Asset{}, Amount{out.value},
                         time);
        }
    }
    void paid(ChainId chain, const Address& from, const Address& to, const Asset& asset,
              const Amount& amount, UnixMillis time) {
        for (const Address& each : {from, to}) seen_.try_emplace({chain, each}, time);
        if (!house_.contains({chain, from})) return;
        const auto [at, is_new] =
            rows_.try_emplace({chain, from, to, asset}, world_.payments.size());
        if (is_new) {
            world_.payments.push_back({chain, from, to, asset, amount, 1, time});
            return;
        }
        ToldWorld::Payment& row = world_.payments[at->second];
        row.amount = std::max(row.amount, amount);
        ++row.count;
    }

    const Scenario& scenario_;
    ToldWorld world_;
    std::set<Place> house_;
    std::map<Place, UnixMillis> seen_;
    std::map<std::tuple<ChainId, Address, Address, Asset>, std::size_t> rows_;
    std::size_t next_ = 0;
};

std::string why_none(SignedBy by) {
    switch (by) {
        case SignedBy::kNobody:
            return "no key of the house signed: a gate before keys is not asked";
        case SignedBy::kComputed:
            return "a key that can be computed asks no signer: it is outside of every gate";
        case SignedBy::kCustomers: return "no house: each of the robbed had a key and no gate";
        default: return "no step of it was signed";
    }
}

}  // namespace

Result<Requests> judge_requests(const Common& common, const Facts& facts,
                                const guard::Policy& policy) {
    CORDON_TRY(const Scenario scenario, make_scenario(common, facts, 0));
    Requests out;
    out.facts = &facts;
    for (const Theft& theft : scenario.thefts) out.stolen += theft.usd;
    const bool is_deceived = facts.signed_by == SignedBy::kPeople;
    if ((!is_deceived && facts.signed_by != SignedBy::kKey) || scenario.attempts.empty()) {
        out.none = why_none(facts.signed_by);
        return out;
    }
    Known known{scenario};
    Counted counted;
    // What is taken without a further signature leaves when the one that allows it is given.
    Cents direct = 0, left = 0;
    bool handed_over = false, hands_over = false;
    for (const Attempt& each : scenario.attempts) {
        Attempt attempt = each;
        attempt.request.requester = is_deceived ? kDeceived : kQueue;
        ToldWorld& world = known.before(attempt.request);
        guard::Judgement judgement =
            policy.judge(attempt.request, world, counted, attempt.request.time);
        const bool leaves = judgement.decision == Decision::kAllow;
        out.allowed += leaves ? 1 : 0;
        out.held += judgement.decision == Decision::kHold ? 1 : 0;
        out.denied += judgement.decision == Decision::kDeny ? 1 : 0;
        direct += attempt.usd;
        hands_over = hands_over || attempt.hands_over;
        if (leaves) {
            counted.add(judgement, attempt);
            known.pay(attempt.request);
            left += attempt.usd;
            handed_over = handed_over || attempt.hands_over;
        }
        out.judged.push_back({std::move(attempt), std::move(judgement)});
    }
    if (handed_over || !hands_over) left += std::max<Cents>(out.stolen - direct, 0);
    out.kept = std::max<Cents>(out.stolen - left, 0);
    return out;
}

}  // namespace cordon::heists
