// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/records/store.hpp>

#include "clusters.hpp"

namespace cordon::engine {

/// What a common input is worth as proof of one owner, when a label goes from one address of a
/// cluster to another. Our floor for pairs is .98 (docs/conformance.md, table clusters), measured
/// on emulated chains without custodians who share keys: less is claimed.
inline constexpr double kCoSpentConfidence = 0.9;

/// Oldest addresses of a cluster that are asked for labels. A cluster of more is a service, whose
/// oldest addresses are labelled first; asking for all of it would take minutes.
inline constexpr std::size_t kMaxLabelledMembers = 20'000;

/// A label of one address of a cluster, as it holds for another.
struct ClusterLabel {
    Label label;  ///< As it stands: label.address is the one that has it.
    double confidence =
        0;  ///< Of the label, times that of the cluster unless it is the address's own.
};

struct ClusterLabels {
    std::vector<ClusterLabel> labels;  ///< The most confident first; then by address, source, text.
    /// Labels of categories that one owner would not have together. `deposit` beside `exchange` is
    /// none, nor is `other` beside anything.
    bool conflict = false;
    bool cut = false;  ///< The cluster has more than kMaxLabelledMembers.
};

/// The weakest union of the cluster of `id`: kCoSpentConfidence, or less by tie_changes(); 1 for a
/// cluster of one.
double cluster_confidence(const Clusters& clusters, uint32_t id);

/// All that is said of the cluster of `id`. Errors: of records and the Reader.
Result<ClusterLabels> cluster_labels(const Clusters& clusters, uint32_t id,
                                     const records::Store& store);

}  // namespace cordon::engine
