// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "cluster_view.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {

using boost::json::array;
using boost::json::object;

Result<std::string> text_of(const engine::Clusters& clusters, uint32_t id) {
    CORDON_TRY(const Address address, clusters.reader->address(clusters.chain, id));
    return chain::format_address(clusters.chain, address);
}

Result<uint32_t> id_of(const engine::Clusters& clusters, const std::string& text) {
    CORDON_TRY(const Address address, chain::parse_address(clusters.chain, text));
    CORDON_TRY(const auto id, clusters.reader->address_id(clusters.chain, address));
    if (!id) return fail(ErrorCode::kNotFound, format("{}: not in the ledger", printable(text)));
    return *id;
}

Result<ClusterRow> row_of(const engine::Clusters& clusters, uint32_t id) {
    ClusterRow row;
    CORDON_TRY(row.address, text_of(clusters, id));
    CORDON_TRY(row.cluster, text_of(clusters, clusters.forest.cluster(id)));
    row.size = clusters.forest.size(id);
    return row;
}

std::string reason_of(const engine::Clusters& clusters, const ledger::ClusterForest::Join& join) {
    if (join.mark == 0) return "signed together";
    const engine::ChangeTie& tie = clusters.ties[join.mark - 1];
    std::string names;
    for (const patterns::Heuristic each : tie.by)
        names += format("{}{}", names.empty() ? "" : ", ", to_string(each));
    return format("change: {} ({:.2f})", names, tie.confidence);
}

object to_json(const ClusterRow& row) {
    return {{"address", row.address}, {"cluster", row.cluster}, {"size", row.size}};
}

Result<object> join_json(const engine::Clusters& clusters,
                         const ledger::ClusterForest::Join& join) {
    CORDON_TRY(const auto txn, clusters.reader->utxo_txn(clusters.chain, join.at));
    CORDON_TRY(const std::string a, text_of(clusters, join.a));
    CORDON_TRY(const std::string b, text_of(clusters, join.b));
    object out{{"txid", chain::format_hash(clusters.chain, txn.txn.txid)},
               {"block", join.at.block},
               {"index", join.at.txn},
               {"a", a},
               {"b", b}};
    if (txn.time) out["time"] = format_rfc3339(*txn.time);
    out["by"] = join.mark == 0 ? "co-spent" : "change";
    if (join.mark == 0) return out;
    const engine::ChangeTie& tie = clusters.ties[join.mark - 1];
    array names;
    for (const patterns::Heuristic each : tie.by) names.emplace_back(to_string(each));
    out["output"] = tie.output;
    out["heuristics"] = std::move(names);
    out["confidence"] = tie.confidence;
    return out;
}

Result<object> merge_json(const engine::Clusters& clusters,
                          const ledger::ClusterForest::Merge& merge) {
    CORDON_TRY(object out, join_json(clusters, merge.join));
    out["size_a"] = merge.size_a;
    out["size_b"] = merge.size_b;
    return out;
}

void add_labels(object& row, const engine::Clusters& clusters,
                const engine::ClusterLabels& labels) {
    if (labels.labels.empty()) return;
    array all;
    for (const engine::ClusterLabel& each : labels.labels)
        all.push_back(object{{"label", each.label.text},
                             {"category", to_string(each.label.category)},
                             {"source", each.label.source},
                             {"confidence", each.confidence},
                             {"via", chain::format_address(clusters.chain, each.label.address)},
                             {"label_confidence", each.label.confidence}});
    row["labels"] = std::move(all);
    if (labels.conflict) row["label_conflict"] = true;
    if (labels.cut) row["labels_cut"] = true;
}

Result<std::string> joins_table(const engine::Clusters& clusters,
                                const std::vector<ledger::ClusterForest::Join>& joins) {
    Table table{{{"BLOCK", Table::Align::kRight},
                 {"TXN", Table::Align::kLeft, true},
                 {"JOINS", Table::Align::kLeft, true},
                 {"AND", Table::Align::kLeft, true},
                 {"BECAUSE"}}};
    for (const auto& join : joins) {
        CORDON_TRY(const auto txn, clusters.reader->utxo_txn(clusters.chain, join.at));
        CORDON_TRY(const std::string a, text_of(clusters, join.a));
        CORDON_TRY(const std::string b, text_of(clusters, join.b));
        table.add({format_count(join.at.block), chain::format_hash(clusters.chain, txn.txn.txid), a,
                   b, reason_of(clusters, join)});
    }
    return table.render(terminal_width());
}

std::string labels_table(const engine::Clusters& clusters, const engine::ClusterLabels& labels) {
    Table table{{{"LABEL", Table::Align::kLeft, true, true},
                 {"CATEGORY"},
                 {"VIA", Table::Align::kLeft, true},
                 {"SOURCE"},
                 {"CONFIDENCE", Table::Align::kRight}}};
    for (const engine::ClusterLabel& each : labels.labels)
        table.add({printable(each.label.text), std::string{to_string(each.label.category)},
                   chain::format_address(clusters.chain, each.label.address),
                   printable(each.label.source), format("{:.2f}", each.confidence)});
    std::string text = table.render(terminal_width());
    if (labels.conflict)
        text += "these contradict each other: one owner would not be all of them\n";
    if (labels.cut)
        text += format("only the {} oldest addresses were asked for labels\n",
                       format_count(engine::kMaxLabelledMembers));
    return text;
}

}  // namespace cordon::cli
