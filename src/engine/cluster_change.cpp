// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cluster_change.hpp"

#include <algorithm>
#include <set>

namespace cordon::engine {
namespace {

/// Marks the outputs that have signed together with an input.
Status mark_co_spent(const Clusters& clusters, patterns::ChangeFacts& facts) {
    const UtxoTxn& txn = facts.placed.txn;
    const auto cluster = [&](const Address& address) -> Result<std::optional<uint32_t>> {
        CORDON_TRY(const auto id, clusters.reader->address_id(clusters.chain, address));
        return id ? std::optional{clusters.forest.cluster(*id)} : std::nullopt;
    };
    std::set<uint32_t> payers;
    for (const TxIn& in : txn.inputs) {
        if (!in.spent) continue;
        CORDON_TRY(const auto id, cluster(in.spent->address));
        if (id) payers.insert(*id);
    }
    for (std::size_t n = 0; n < txn.outputs.size(); ++n) {
        CORDON_TRY(const auto id, cluster(txn.outputs[n].address));
        facts.outputs[n].co_spent = id && payers.contains(*id);
    }
    return {};
}

Result<TxnChange> look_at(const ledger::Reader& reader, ChainId chain, ledger::PlacedUtxoTxn placed,
                          bool is_join, const Clusters* clusters,
                          const patterns::ChangeParams& params,
                          patterns::LargeSpenders* large = nullptr) {
    TxnChange result;
    CORDON_TRY(result.facts,
               patterns::change_facts(reader, chain, std::move(placed), is_join, large));
    if (clusters != nullptr) CORDON_TRY(mark_co_spent(*clusters, result.facts));
    result.change = patterns::change_of(result.facts, params);
    return result;
}

}  // namespace

Result<TxnChange> change_in(const ledger::Reader& reader, ChainId chain, const Hash256& txid,
                            const patterns::JoinTest& is_join, const Clusters* clusters,
                            const patterns::ChangeParams& params) {
    if (!is_utxo(chain))
        return fail(ErrorCode::kInvalidParam, "change is of txns that spend outputs (btc, …)");
    CORDON_TRY(const auto at, reader.find_txn(chain, txid));
    if (!at) return fail(ErrorCode::kNotFound, "the ledger does not hold the txn");
    CORDON_TRY(auto placed, reader.utxo_txn(chain, *at));
    const bool joint = is_join && is_join(placed.txn);
    return look_at(reader, chain, std::move(placed), joint, clusters, params);
}

Status each_change(const ledger::Reader& reader, ChainId chain, const patterns::JoinTest& is_join,
                   const Clusters* clusters, const patterns::ChangeParams& params,
                   const std::function<Status(const TxnChange&)>& visit) {
    patterns::LargeSpenders large;
    return reader.scan(chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        for (uint32_t n = 0; n < block.utxo_txns.size(); ++n) {
            const UtxoTxn& txn = block.utxo_txns[n];
            const bool joint = is_join && is_join(txn);
            if (!patterns::no_change(txn, joint).empty()) continue;
            CORDON_TRY(const TxnChange found,
                       look_at(reader, chain, {{block.header.number, n}, block.header.time, txn},
                               joint, clusters, params, &large));
            CORDON_TRY(visit(found));
        }
        return {};
    });
}

Status tie_changes(Clusters& clusters, const patterns::JoinTest& is_join, const TieParams& params,
                   const std::atomic<bool>* cancel) {
    // All are found before any is made: no guess may rest on another.
    struct Found {
        uint32_t payer, change;
        ChangeTie tie;
    };
    std::vector<Found> found;
    const ledger::Reader& reader = *clusters.reader;
    CORDON_TRY(const std::vector<uint32_t> nobody, keyless_ids(reader, clusters.chain));
    const auto owned = [&](const Address& address) -> Result<std::optional<uint32_t>> {
        CORDON_TRY(const auto id, reader.address_id(clusters.chain, address));
        if (!id || std::find(nobody.begin(), nobody.end(), *id) != nobody.end())
            return std::optional<uint32_t>{};
        return id;
    };
    const auto keep = [&](const TxnChange& each) -> Status {
        if (cancel != nullptr && cancel->load()) return fail(ErrorCode::kCancelled, "interrupted");
        if (!each.change.output) return {};
        const UtxoTxn& txn = each.facts.placed.txn;
        CORDON_TRY(const auto change, owned(txn.outputs[*each.change.output].address));
        std::optional<uint32_t> payer;
        for (std::size_t n = 0; n < txn.inputs.size() && !payer; ++n)
            if (txn.inputs[n].spent) {
                CORDON_TRY(payer, owned(txn.inputs[n].spent->address));
            }
        if (!payer || !change) return {};
        ChangeTie tie{each.facts.placed.at, *each.change.output, each.change.confidence, {}};
        for (const patterns::Vote& vote : each.change.votes)
            if (vote.output == tie.output) tie.by.push_back(vote.heuristic);
        found.push_back({*payer, *change, std::move(tie)});
        return {};
    };
    CORDON_TRY(each_change(reader, clusters.chain, is_join, &clusters, params.change, keep));

    using Tie = ledger::ClusterForest::Tie;
    for (Found& each : found) {
        const auto mark = static_cast<uint32_t>(clusters.ties.size() + 1);
        const uint32_t size_a = clusters.forest.size(each.payer);
        const uint32_t size_b = clusters.forest.size(each.change);
        const Tie made =
            clusters.forest.tie(each.tie.at, each.payer, each.change, mark, params.large);
        if (made == Tie::kKnown) continue;
        if (made == Tie::kRefused)
            clusters.refused.push_back(
                {{each.tie.at, each.payer, each.change, mark}, size_a, size_b});
        clusters.ties.push_back(std::move(each.tie));
    }
    return {};
}

}  // namespace cordon::engine
