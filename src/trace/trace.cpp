// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace.hpp"

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
    if (params.since && params.until && *params.until < *params.since)
        return fail(ErrorCode::kInvalidParam,
                    format("the time bound ends ({}) before it starts ({})",
                           format_rfc3339(*params.until), format_rfc3339(*params.since)));
    return {};
}

template <typename Flow>
Result<bool> walk_chain(const Walk& walk, ChainId chain, std::span<const Seed> seeds,
                        Books& books) {
    Flow flow{walk, chain, books};
    for (const Seed& seed : seeds)
        if (seed.chain == chain) CORDON_TRY(flow.add_seed(seed));
    return flow.run();
}

}  // namespace

Result<TraceResult> trace(const ledger::Reader& ledger, const Context& context,
                          std::span<const LinkSource* const> links, std::span<const Seed> seeds,
                          const Params& params,
                          const std::function<void(const Progress&)>& progress,
                          const std::atomic<bool>* cancel) {
    CORDON_TRY(check(params, seeds));
    std::set<ChainId> held;
    for (const auto& chain : ledger.chains()) held.insert(chain.chain);
    std::set<ChainId> wanted;
    for (const Seed& seed : seeds) {
        if (!held.contains(seed.chain))
            return fail(ErrorCode::kNotFound,
                        format("seed {}: the ledger holds nothing of chain {}", seed.text,
                               to_string(seed.chain)));
        wanted.insert(seed.chain);
    }

    const Walk walk{ledger, context, links, params, progress, cancel};
    Books books{context, params};
    bool complete = true;
    for (const ChainId chain : wanted) {
        CORDON_TRY(const bool done, is_utxo(chain)
                                        ? walk_chain<UtxoFlow>(walk, chain, seeds, books)
                                        : walk_chain<AccountFlow>(walk, chain, seeds, books));
        complete = complete && done;
    }
    return books.finish({seeds.begin(), seeds.end()}, !complete);
}

}  // namespace cordon::trace
