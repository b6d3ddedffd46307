// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_replay.hpp"

#include <algorithm>
#include <deque>

#include <cordon/base/format.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

#include "flows.hpp"
#include "ingest.hpp"
#include "risk.hpp"
#include "screening.hpp"

namespace cordon::engine {
namespace {

/// What was let through in the replay.
class ReplaySpending final : public guard::Spending {
public:
    Result<guard::Spent> spent(const guard::Limit& limit, std::string_view key,
                               UnixMillis now) const override {
        guard::Spent sum;
        const auto found = accounts_.find({limit.id, std::string{key}});
        if (found == accounts_.end()) return sum;
        for (const auto& [time, one] : found->second) {
            if (limit.window && time <= now - *limit.window) continue;
            const auto amount = checked_add(sum.amount, one.amount);
            if (!amount || __builtin_add_overflow(sum.usd, one.usd, &sum.usd))
                return fail(ErrorCode::kOverflow, "what was spent does not fit a sum");
            sum.amount = *amount;
            sum.count += one.count;
        }
        return sum;
    }
    void add(const guard::Policy& policy, const Replayed& one) {
        for (const auto& [id, key] : one.judgement.counts_under) {
            auto& all = accounts_[{id, key}];
            all.emplace_back(one.request.time,
                             guard::Spent{one.usd.value_or(0), one.request.amount, 1});
            for (const guard::Limit& limit : policy.limits())
                if (limit.id == id && limit.window)
                    while (!all.empty() && all.front().first <= one.request.time - *limit.window)
                        all.pop_front();
        }
    }

private:
    std::map<std::pair<std::string, std::string>, std::deque<std::pair<UnixMillis, guard::Spent>>>
        accounts_;
};

struct Outflow {
    Flow flow;
    const WalletAddress* wallet = nullptr;
};

Result<std::vector<Outflow>> outflows(const ledger::Reader& reader,
                                      const std::vector<WalletAddress>& wallets, UnixMillis since) {
    std::vector<Outflow> all;
    for (const WalletAddress& wallet : wallets) {
        auto flows = read_flows(reader, wallet.chain, wallet.address);
        if (!flows && flows.error().code == ErrorCode::kNotFound) continue;  // Another chain.
        if (!flows) return fail(flows.error());
        for (Flow& flow : *flows)
            if (flow.out && !flow.other.empty() && flow.time >= since)
                all.push_back({std::move(flow), &wallet});
    }
    std::stable_sort(all.begin(), all.end(), [](const Outflow& a, const Outflow& b) {
        return std::tuple{a.flow.time, a.wallet->chain, a.flow.at} <
               std::tuple{b.flow.time, b.wallet->chain, b.flow.at};
    });
    return all;
}

Result<Hash256> hash_at(const ledger::Reader& reader, ChainId chain, TxnPosition at) {
    if (is_utxo(chain)) {
        CORDON_TRY(const auto placed, reader.utxo_txn(chain, at));
        return placed.txn.txid;
    }
    CORDON_TRY(const auto placed, reader.account_txn(chain, at));
    return placed.txn.hash;
}

void count(ReplaySum& sum, const std::optional<Cents>& usd) {
    ++sum.count;
    if (!usd)
        ++sum.unpriced;
    else if (__builtin_add_overflow(sum.usd, *usd, &sum.usd))
        sum.usd = std::numeric_limits<Cents>::max();
}

}  // namespace

Result<GuardReplay> replay_guard(const guard::Policy& policy, const std::string& ledger,
                                 UnixMillis since, const ReplayHooks& hooks) {
    CORDON_TRY(const auto reader, ledger::open_reader(ledger));
    CORDON_TRY(const auto store, records::Store::open_read_only(records_path(ledger)));
    CORDON_TRY(auto lists, load_lists(store.get(), {}, nullptr));
    ScreenerOptions options;
    options.ledger = ledger;
    options.cancel = hooks.cancel;
    RiskFiles files;
    files.ledger = ledger;
    CORDON_TRY(files.screener, Screener::open(options, std::move(lists)));
    CORDON_TRY(const auto risk, LiveRisk::open(std::move(files)));
    const std::vector<WalletAddress> wallets = risk->wallets();
    if (wallets.empty())
        return fail(ErrorCode::kNotFound,
                    "the ledger's records name no wallets of ours: ingest wallets:FILE first");
    CORDON_TRY(const auto all, outflows(*reader, wallets, since));
    GuardReplay replay;
    ReplaySpending spending;
    uint64_t judged = 0;
    for (const Outflow& each : all) {
        if (hooks.progress) hooks.progress(judged++, all.size());
        if (hooks.cancel && hooks.cancel->load()) return fail(ErrorCode::kCancelled, "stopped");
        Replayed one;
        CORDON_TRY(one.txn, hash_at(*reader, each.wallet->chain, each.flow.at));
        WithdrawalRequest& request = one.request;
        request.id = format("replay-{}-{}", each.flow.at.block, each.flow.at.txn);
        request.chain = each.wallet->chain;
        request.from = each.wallet->address;
        request.to = each.flow.other;
        request.asset = each.flow.asset;
        request.amount = each.flow.amount;
        request.time = each.flow.time;
        risk->replay_from(request.time);
        CORDON_TRY(one.usd, risk->usd(request.chain, request.asset, request.amount, request.time));
        one.judgement = policy.judge(request, *risk, spending, request.time);
        const Decision decision = one.judgement.decision;
        count(replay.by_decision[static_cast<std::size_t>(decision)], one.usd);
        for (const Reason& reason : one.judgement.reasons)
            count(replay.by_rule[{reason.decision, reason.rule}], one.usd);
        if (decision != Decision::kDeny) spending.add(policy, one);
        if (decision != Decision::kAllow && replay.stopped.size() < kMostStopped)
            replay.stopped.push_back(std::move(one));
    }
    return replay;
}

}  // namespace cordon::engine
