// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "trace.hpp"

/// How one set of addresses is tied to another by value that can have gone all the way.
namespace cordon::trace {

struct PathParams {
    uint32_t max_hops = 6;  ///< Movements of a path, own swaps included; at most 64.
    uint32_t count = 20;    ///< Paths in the answer.
    Amount min_amount;      ///< Smallest units, whatever the asset; 0 = no limit.
    double min_usd = 0;     ///< Of each movement; unpriced is never below. 0 = no limit.
    std::optional<UnixMillis> since, until;  ///< Movements outside do not exist.
    uint32_t service_degree = 1'000;         ///< No path leads through an address with more
                                             ///< counterparties; 0 = no guard.
    uint64_t max_nodes = 200'000;            ///< Addresses opened.
    uint64_t max_edges = 1'000'000;          ///< Movements held.
    uint64_t max_labels = 1'000'000;         ///< Beginnings of paths looked at.
    uint64_t max_txns = 50'000;              ///< Of one address; beyond them it is a service.
    double min_confidence = 0.5;             ///< As in Params.
    std::vector<Category> stop;  ///< No path leads through an address with such a label.
};

/// The ways from an address of `seeds` to one of `targets`, the widest first.
///
/// A way is a chain of movements in the order of their chain, each in the asset that the one before
/// brought, or in what a swap of its owner made of it; it meets no address twice. A crossing
/// (bridge, mixer) is one movement, from who paid the bridge to who received there, perhaps on
/// another chain; what follows comes after its arrival. Movements of a block without a time may
/// have happened in any order. Its width (bottleneck) is the largest amount that can have come all
/// the way; widths are compared by the value that they have where the way begins, in USD where
/// priced, otherwise in units of the first asset. Of the ways over the same addresses and assets
/// only the widest is told, of equals the earliest.
///
/// Searched from both ends to the middle, then best first, only where the movements still allow an
/// arrival in the hops and blocks left. Deterministic and bounded: incomplete when a bound or
/// `cancel` ended it; the paths told are then right, but wider ones may be missing. Errors:
/// kInvalidParam, kNotFound, those of the Reader.
Result<TraceResult> find_paths(const ledger::Reader& ledger, const Context& context,
                               std::span<const LinkSource* const> links,
                               std::span<const Seed> seeds, std::span<const Seed> targets,
                               const PathParams& params,
                               const std::function<void(const Progress&)>& progress = {},
                               const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::trace
