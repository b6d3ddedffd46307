// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cluster_labels.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace cordon::engine {

double cluster_confidence(const Clusters& clusters, uint32_t id) {
    const ledger::ClusterForest& forest = clusters.forest;
    if (forest.size(id) == 1) return 1;
    double weakest = kCoSpentConfidence;
    const uint32_t wanted = forest.cluster(id);
    for (std::size_t index = forest.joins(); index > 0; --index) {  // Ties stand last.
        const auto join = forest.join(index - 1);
        if (join.mark == 0) break;
        if (forest.cluster(join.a) == wanted)
            weakest = std::min(weakest, clusters.ties[join.mark - 1].confidence);
    }
    return weakest;
}

Result<ClusterLabels> cluster_labels(const Clusters& clusters, uint32_t id,
                                     const records::Store& store) {
    ClusterLabels result;
    std::vector<uint32_t> members = clusters.forest.members(id);
    if (members.size() > kMaxLabelledMembers) {
        members.resize(kMaxLabelledMembers);
        result.cut = true;
        if (id > members.back()) members.push_back(id);
    }
    const double confidence = cluster_confidence(clusters, id);
    std::set<Category> categories;
    for (const uint32_t member : members) {
        CORDON_TRY(const Address address, clusters.reader->address(clusters.chain, member));
        CORDON_TRY(auto labels, store.labels(clusters.chain, address));
        for (Label& label : labels) {
            categories.insert(label.category);
            const double worth = label.confidence * (member == id ? 1 : confidence);
            result.labels.push_back({std::move(label), worth});
        }
    }
    std::stable_sort(
        result.labels.begin(), result.labels.end(),
        [](const ClusterLabel& a, const ClusterLabel& b) {
            return std::tie(b.confidence, a.label.address, a.label.source, a.label.text) <
                   std::tie(a.confidence, b.label.address, b.label.source, b.label.text);
        });
    categories.erase(Category::kOther);
    if (categories.contains(Category::kExchange)) categories.erase(Category::kDeposit);
    result.conflict = categories.size() > 1;
    return result;
}

}  // namespace cordon::engine
