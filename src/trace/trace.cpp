// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

#include <limits>
#include <map>
#include <memory>
#include <set>

#include <cordon/base/format.hpp>

#include "account_flow.hpp"
#include "utxo_flow.hpp"

namespace cordon::trace {
namespace {

Status check(const Params& params, std::span<const Seed> seeds) {
    if (seeds.empty())
        return fail(ErrorCode::kInvalidParam,
                    "a trace needs at least one seed: an address, a txn or an output");
    if (params.max_hops == 0 || params.max_nodes == 0 || params.max_edges == 0)
        return fail(ErrorCode::kInvalidParam,
                    "the bounds on hops, nodes and edges must be at least 1");
    if (!(params.min_usd >= 0))
        return fail(ErrorCode::kInvalidParam,
                    format("min-usd {} is not 0 or more", params.min_usd));
    if (!(params.min_purity >= 0 && params.min_purity <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("min-purity {} is not in 0..1", params.min_purity));
    if (!(params.stranger_purity >= 0 && params.stranger_purity <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("stranger-purity {} is not in 0..1", params.stranger_purity));
    if (!(params.min_share >= 0 && params.min_share <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("min-share {} is not in 0..1", params.min_share));
    if (!(params.min_confidence >= 0 && params.min_confidence <= 1))
        return fail(ErrorCode::kInvalidParam,
                    format("min-confidence {} is not in 0..1", params.min_confidence));
    if (params.since && params.until && *params.until < *params.since)
        return fail(ErrorCode::kInvalidParam,
                    format("the time bound ends ({}) before it starts ({})",
                           format_rfc3339(*params.until), format_rfc3339(*params.since)));
    return {};
}

/// The walk over all chains: each is walked in its own order, and the next txn is the one with the
/// least time over all of them. Walking backward everything is turned round.
class Chains {
public:
    Chains(const Walk& walk, Books& books)
        : walk_{walk},
          books_{books},
          crossings_{walk, books, [this](ChainId chain) { return flow_of(chain); }} {
        for (const auto& chain : walk.ledger.chains()) held_.insert(chain.chain);
    }

    /// Opens the walk of a chain when it is not yet; nothing when the ledger does not hold it.
    ChainFlow* flow_of(ChainId chain) {
        if (!held_.contains(chain)) return nullptr;
        Turn& turn = turns_[chain];
        if (turn.flow) return turn.flow.get();
        if (is_utxo(chain))
            turn.flow = std::make_unique<UtxoFlow>(walk_, chain, books_, crossings_);
        else
            turn.flow = std::make_unique<AccountFlow>(walk_, chain, books_, crossings_);
        return turn.flow.get();
    }

    /// False when it was cancelled or ran out of budget.
    Result<bool> run() {
        uint64_t txns = 0;
        bool stopped = false;
        for (;;) {
            CORDON_TRY(ChainFlow* const flow, next());
            if (flow == nullptr) break;
            if (books_.over_budget() || (txns % kTxnsPerTick == 0 && walk_.cancelled())) {
                stopped = true;
                break;
            }
            CORDON_TRY(const uint32_t hop, flow->step());
            if (++txns % kTxnsPerTick == 0) walk_.tell(books_, txns, hop);
        }
        for (auto& [chain, turn] : turns_) turn.flow->finish(stopped);
        crossings_.warn();
        walk_.tell(books_, txns, 0);
        return !stopped;
    }

private:
    /// A chain and when it is its turn.
    struct Turn {
        std::unique_ptr<ChainFlow> flow;
        /// The latest time so far, in the direction of the walk: times of one chain may be missing
        /// or fall back, its order holds all the same.
        int64_t clock = std::numeric_limits<int64_t>::min();
    };

    Result<ChainFlow*> next() {
        if (turns_.size() == 1) {  // No other chain to wait for: the time does not matter.
            ChainFlow* const only = turns_.begin()->second.flow.get();
            return only->has_next() ? only : nullptr;
        }
        Turn* first = nullptr;
        for (auto& [chain, turn] : turns_) {
            if (!turn.flow->has_next()) continue;
            CORDON_TRY(const auto time, turn.flow->next_time());
            if (time) {
                const int64_t count = time->time_since_epoch().count();
                turn.clock = std::max(turn.clock, walk_.backward() ? -count : count);
            }
            const bool sooner = first == nullptr || turn.clock < first->clock ||
                                (walk_.backward() && turn.clock == first->clock);
            if (sooner) first = &turn;
        }
        return first == nullptr ? nullptr : first->flow.get();
    }

    const Walk& walk_;
    Books& books_;
    Crossings crossings_;
    std::set<ChainId> held_;
    std::map<ChainId, Turn> turns_;
};

}  // namespace

Result<TraceResult> trace(const ledger::Reader& ledger, const Context& context,
                          std::span<const LinkSource* const> links, std::span<const Seed> seeds,
                          const Params& params,
                          const std::function<void(const Progress&)>& progress,
                          const std::atomic<bool>* cancel) {
    CORDON_TRY(check(params, seeds));
    const Walk walk{ledger, context, links, params, progress, cancel};
    Books books{context, params};
    bool complete = false;
    {  // What the walk remembers goes before the result is put together.
        Chains chains{walk, books};
        for (const Seed& seed : seeds) {
            ChainFlow* const flow = chains.flow_of(seed.chain);
            if (flow == nullptr)
                return fail(ErrorCode::kNotFound,
                            format("seed {}: the ledger holds nothing of chain {}", seed.text,
                                   to_string(seed.chain)));
            CORDON_TRY(flow->add_seed(seed));
        }
        CORDON_TRY(complete, chains.run());
    }
    return books.finish({seeds.begin(), seeds.end()}, !complete);
}

}  // namespace cordon::trace
