// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include <cordon/engine/cluster_labels.hpp>

namespace cordon::cli {

Result<std::string> text_of(const engine::Clusters& clusters, uint32_t id);
/// kNotFound when the ledger does not have the address.
Result<uint32_t> id_of(const engine::Clusters& clusters, const std::string& text);

/// An address and the oldest of its cluster, as text.
struct ClusterRow {
    std::string address, cluster;
    uint32_t size = 0;
};
Result<ClusterRow> row_of(const engine::Clusters& clusters, uint32_t id);

/// What made a union: "signed together", or "change: address-type, optimal-change (0.94)".
std::string reason_of(const engine::Clusters& clusters, const ledger::ClusterForest::Join& join);

boost::json::object to_json(const ClusterRow& row);
Result<boost::json::object> join_json(const engine::Clusters& clusters,
                                      const ledger::ClusterForest::Join& join);
Result<boost::json::object> merge_json(const engine::Clusters& clusters,
                                       const ledger::ClusterForest::Merge& merge);
/// "labels" when there are any, with "label_conflict" and "labels_cut" where they hold.
void add_labels(boost::json::object& row, const engine::Clusters& clusters,
                const engine::ClusterLabels& labels);

/// Two of its addresses, the txn and the reason, one line a union.
Result<std::string> joins_table(const engine::Clusters& clusters,
                                const std::vector<ledger::ClusterForest::Join>& joins);
std::string labels_table(const engine::Clusters& clusters, const engine::ClusterLabels& labels);

}  // namespace cordon::cli
