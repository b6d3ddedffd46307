// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "trace.hpp"

/// Which addresses most likely belong to the thief's own network: for triage where books cannot be
/// closed, because the extract is thin, amounts cannot be trusted or money was mixed.
namespace cordon::trace {

struct RankParams {
    // The residual push of TRacer (TIFS 18:2609-2621, 2023). Its alpha and beta; epsilon and phi
    // are 1e-3 there, which ends after some thirteen hops even of an unbranched chain: mass falls
    // by (1 - alpha) * beta, 0.6, a hop, and real layering goes deeper (docs/user/search-modes.md).
    double alpha = 0.15;    ///< Share of the mass that stays as score at each visit, (0, 1).
    double beta = 0.7;      ///< Of the rest, the share that follows the money; 1 - beta goes back.
    double epsilon = 1e-5;  ///< Residual below which an address is not visited again; > 0.
    /// The community ends when the score around it is less than this share of the score inside.
    double phi = 1e-5;
    /// What an address counts that moves nothing on to anybody else but its payer. A thief's
    /// account passes loot on; a look-alike, a victim of dust and a resting place do not. Where
    /// money rests is the question of a taint trace, so they are not lost, only later. [0, 1].
    double idle_weight = 0.05;
    uint32_t service_degree = 1'000;  ///< As in Params.
    uint32_t service_both_sides = 8;  ///< As in Params, but senders of dust do not count:
    double dust_share = 1e-4;         ///< less than this share of all that the address received.
    std::optional<UnixMillis> since, until;  ///< Movements outside are not followed.
    double min_confidence = 0.5;             ///< As in Params.
    uint64_t max_pushes = 100'000;
    uint64_t max_nodes = 200'000;
    uint64_t max_edges = 1'000'000;  ///< Of the result, and of the movements held at a time.
    uint64_t max_txns = 50'000;      ///< Of one address; with more it is a service.
    uint32_t profile_txns = 64;      ///< Read of an address to see whether it passes value on.
    std::vector<Category> stop;      ///< As in Params.
};

/// Spreads one unit of mass from each seed over the movements of the ledger and answers with the
/// community around the seeds: nodes with `score`, and the movements between them.
///
/// Mass follows an asset by value, in the order of the chain (movements of one block without times
/// are simultaneous, so that an extract without times, all in one block, is searched without
/// order); swaps that a link explains carry it over to the asset bought, and a crossing (bridge,
/// mixer) to its receiver, perhaps on another chain, in the measure of its confidence. Amounts
/// count as weights where the asset is verified; of any other token all movements count alike,
/// since its maker can log any amount. Of addresses that look alike among the counterparties of one
/// address, only the one with the most dealings is followed. Services, and addresses too busy to be
/// one person's, take mass and give none.
///
/// Edges are net amounts of a txn, `tainted` is all of `amount`: a ranking does not say which part
/// is stolen (a warning does). Deterministic: largest residual first, ties by address. Bounded by
/// the max_ parameters; incomplete when one of them, or `cancel`, ended it. Errors: kInvalidParam,
/// kNotFound, those of the Reader.
Result<TraceResult> rank(const ledger::Reader& ledger, const Context& context,
                         std::span<const LinkSource* const> links, std::span<const Seed> seeds,
                         const RankParams& params,
                         const std::function<void(const Progress&)>& progress = {},
                         const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::trace
