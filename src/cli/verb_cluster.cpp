// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/engine/cluster_change.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/joins.hpp>

#include "cluster_view.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using boost::json::object;
using Merge = ledger::ClusterForest::Merge;
using Joins = std::vector<ledger::ClusterForest::Join>;

/// What was asked, as ids.
struct Answer {
    std::vector<uint32_t> rows;                 // One row each, in this order.
    std::vector<engine::ClusterLabels> labels;  // Of each row, or none.
    bool is_why = false;
    Joins why;
    std::vector<Merge> merges, alarms;
};

/// A count of addresses, as a flag gives it.
Result<uint32_t> addresses_of(const Args& args, std::string_view flag) {
    const std::string text = args.get(flag);
    uint32_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count == 0)
        return fail(
            ErrorCode::kInvalidParam,
            format("--{} {}: expected a number of addresses from 1", flag, printable(text)));
    return count;
}

/// Labels of the clusters of some addresses; a ledger without records has none.
Status take_labels(const std::string& ledger, const engine::Clusters& clusters, Answer& result) {
    const auto store = records::Store::open_read_only(engine::records_path(ledger));
    if (!store && store.error().code != ErrorCode::kNotFound) return fail(store.error());
    for (const uint32_t id : result.rows) {
        engine::ClusterLabels labels;
        if (store) {
            CORDON_TRY(labels, engine::cluster_labels(clusters, id, **store));
        }
        result.labels.push_back(std::move(labels));
    }
    return {};
}

Result<Answer> answer(const Args& args, const engine::Clusters& clusters) {
    Answer result;
    const ledger::ClusterForest& forest = clusters.forest;
    if (args.has("all"))
        for (const auto& cluster : forest.clusters())
            for (const uint32_t id : forest.members(cluster.id)) result.rows.push_back(id);
    for (const std::string& text : args.operands()) {
        CORDON_TRY(const uint32_t id, id_of(clusters, text));
        if (args.has("members"))
            for (const uint32_t each : forest.members(id)) result.rows.push_back(each);
        else
            result.rows.push_back(id);
    }
    if (args.has("why")) {
        result.is_why = true;
        result.why = forest.why(result.rows.front(), result.rows.back());
    }
    if (args.has("merges")) {
        CORDON_TRY(const uint32_t least, addresses_of(args, "merges"));
        result.merges = forest.merges(least);
    }
    if (args.has("alarms")) {
        CORDON_TRY(const uint32_t large, addresses_of(args, "large"));
        result.alarms = forest.merges(large);
    }
    if (!args.has("all") && !args.has("members"))
        CORDON_TRY(take_labels(args.get("ledger"), clusters, result));
    return result;
}

Result<object> row_json(const engine::Clusters& clusters, const Answer& found, std::size_t n) {
    CORDON_TRY(const ClusterRow row, row_of(clusters, found.rows[n]));
    object out = to_json(row);
    if (n < found.labels.size()) add_labels(out, clusters, found.labels[n]);
    return out;
}

/// Merges that were made, then those that were refused.
Result<boost::json::array> alarms_json(const engine::Clusters& clusters, const Answer& found) {
    boost::json::array alarms;
    for (const auto* merges : {&found.alarms, &clusters.refused})
        for (const Merge& merge : *merges) {
            CORDON_TRY(object each, merge_json(clusters, merge));
            each["refused"] = merges == &clusters.refused;
            alarms.push_back(std::move(each));
        }
    return alarms;
}

Status print_json(const Args& args, const engine::Clusters& clusters, const Answer& found) {
    boost::json::array rows, why, merges;
    for (std::size_t n = 0; n < found.rows.size(); ++n) {
        CORDON_TRY(object row, row_json(clusters, found, n));
        rows.push_back(std::move(row));
    }
    for (const auto& join : found.why) {
        CORDON_TRY(object each, join_json(clusters, join));
        why.push_back(std::move(each));
    }
    for (const auto& merge : found.merges) {
        CORDON_TRY(object each, merge_json(clusters, merge));
        merges.push_back(std::move(each));
    }
    object data{{"chain", to_string(clusters.chain)}, {"rows", std::move(rows)}};
    if (found.is_why) data["why"] = std::move(why);
    if (args.has("merges")) data["merges"] = std::move(merges);
    if (args.has("alarms")) {
        CORDON_TRY(data["alarms"], alarms_json(clusters, found));
    }
    return print(envelope("cluster.result", data, clusters.warnings));
}

Status print_lines(const Args& args, const engine::Clusters& clusters, const Answer& found) {
    for (std::size_t n = 0; n < found.rows.size(); ++n) {
        CORDON_TRY(const object row, row_json(clusters, found, n));
        CORDON_TRY(print(envelope("cluster.result", row)));
    }
    for (const auto& join : found.why) {
        CORDON_TRY(const object each, join_json(clusters, join));
        CORDON_TRY(print(envelope("cluster.why", each)));
    }
    for (const auto& merge : found.merges) {
        CORDON_TRY(const object each, merge_json(clusters, merge));
        CORDON_TRY(print(envelope("cluster.merge", each)));
    }
    if (!args.has("alarms")) return {};
    CORDON_TRY(const auto alarms, alarms_json(clusters, found));
    for (const auto& each : alarms) CORDON_TRY(print(envelope("cluster.alarm", each)));
    return {};
}

Status print_csv(const engine::Clusters& clusters, const Answer& found) {
    CORDON_TRY(print("address,cluster,size\n"));
    for (const uint32_t id : found.rows) {
        CORDON_TRY(const ClusterRow row, row_of(clusters, id));
        CORDON_TRY(print(format("{},{},{}\n", row.address, row.cluster, row.size)));
    }
    return {};
}

Status print_merges(const engine::Clusters& clusters, const std::vector<Merge>& merges,
                    std::string_view head, std::string_view none) {
    if (merges.empty()) return print(none);
    Joins joins;
    for (const Merge& merge : merges) joins.push_back(merge.join);
    CORDON_TRY(print(head));
    CORDON_TRY(const std::string table, joins_table(clusters, joins));
    return print(table);
}

Status print_table(const Args& args, const engine::Clusters& clusters, const Answer& found) {
    Table table{{{"ADDRESS", Table::Align::kLeft, true},
                 {"CLUSTER", Table::Align::kLeft, true},
                 {"SIZE", Table::Align::kRight}}};
    for (const uint32_t id : found.rows) {
        CORDON_TRY(const ClusterRow row, row_of(clusters, id));
        table.add({row.address, row.cluster, format_count(row.size)});
    }
    CORDON_TRY(print(table.render(terminal_width())));
    for (std::size_t n = 0; n < found.labels.size(); ++n) {
        if (found.labels[n].labels.empty()) continue;
        CORDON_TRY(const std::string address, text_of(clusters, found.rows[n]));
        CORDON_TRY(print(format("\nwhat is said of the cluster of {}:\n", address)));
        CORDON_TRY(print(labels_table(clusters, found.labels[n])));
    }
    if (found.is_why && found.why.empty())
        CORDON_TRY(print("\nno txns join them: they are not in one cluster\n"));
    if (!found.why.empty()) {
        CORDON_TRY(print("\nwhat joins them:\n"));
        CORDON_TRY(const std::string joins, joins_table(clusters, found.why));
        CORDON_TRY(print(joins));
    }
    if (args.has("merges"))
        CORDON_TRY(
            print_merges(clusters, found.merges,
                         "\nlarge clusters that one txn merged; look whether it is a joint txn:\n",
                         "no txn merged two clusters as large as that\n"));
    if (!args.has("alarms")) return {};
    CORDON_TRY(print_merges(
        clusters, found.alarms,
        "\nALARM: two large clusters became one; look whether the txn is a joint one:\n",
        "no alarm: no txn merged two clusters as large as that\n"));
    return print_merges(clusters, clusters.refused,
                        "\nrefused: change that would have made one of two large clusters:\n", "");
}

Status check_usage(const Args& args) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    const std::size_t given = args.operands().size();
    if (args.has("why") && (given != 2 || args.has("all") || args.has("members")))
        return fail(ErrorCode::kInvalidParam, "--why needs two addresses, and nothing else");
    if (args.has("all") && given > 0)
        return fail(ErrorCode::kInvalidParam, "--all or ADDRESS…, not both");
    if (given == 0 && !args.has("all") && !args.has("merges") && !args.has("alarms"))
        return fail(ErrorCode::kInvalidParam,
                    "which? ADDRESS…, --all, --why A B, --merges N or --alarms");
    return {};
}

Result<int> run_cluster(const Args& args, const Session& session) {
    CORDON_TRY(check_usage(args));
    std::optional<ChainId> chain;
    if (args.has("chain")) {
        CORDON_TRY(chain, parse_chain(args.get("chain")));
    }
    engine::TieParams ties;
    CORDON_TRY(ties.large, addresses_of(args, "large"));
    const bool with_joins = args.has("with-joins");
    const auto& filter = with_joins ? ledger::no_join_filter() : engine::join_filter();
    CORDON_TRY(engine::Clusters clusters,
               engine::cluster_ledger(args.get("ledger"), chain, filter, session.cancel));
    if (args.has("change"))
        CORDON_TRY(engine::tie_changes(clusters,
                                       with_joins ? patterns::JoinTest{} : engine::join_test(),
                                       ties, session.cancel));
    CORDON_TRY(const Answer found, answer(args, clusters));
    if (!session.quiet) print_warnings(clusters.warnings);
    switch (session.format) {
        case Format::kJson: CORDON_TRY(print_json(args, clusters, found)); break;
        case Format::kJsonl: CORDON_TRY(print_lines(args, clusters, found)); break;
        case Format::kCsv: CORDON_TRY(print_csv(clusters, found)); break;
        case Format::kTable: CORDON_TRY(print_table(args, clusters, found)); break;
    }
    return kClean;
}

}  // namespace

Command cluster_command() {
    return {
        .name = "cluster",
        .summary = "group addresses that sign together",
        .usage = "--ledger DIR ADDRESS… | --all | --why A B | --alarms",
        .about =
            "Whoever signs the inputs of one txn together is taken for one owner. A cluster is "
            "called by its oldest address. Labels of any of its addresses are shown for the "
            "whole of it, with the address, source and confidence that they come from; those "
            "that contradict each other are all shown. --why shows the txns that join two "
            "addresses, and by what evidence. --alarms shows the txns that made one cluster of "
            "two large ones, often the mark of a joint txn of strangers. Those that their shape "
            "tells (CoinJoins) join nobody, unless --with-joins says so: clusters are leads, "
            "not facts. --change also joins the change of a txn with its payer, where several "
            "heuristics agree and not both clusters are large. What signed together is kept in "
            "the ledger's folder, so that the next call only looks at new blocks; change is "
            "guessed anew each time.",
        .flags = {{"ledger", "DIR", "The ledger", {}, 'l'},
                  {"chain", "CHAIN", "Which chain; needed where the ledger has several"},
                  {"all", "", "Every cluster of two or more, the largest first"},
                  {"members", "", "Every address of the clusters of ADDRESS"},
                  {"why", "", "The txns that join the two addresses"},
                  {"alarms", "", "Txns that merged two large clusters, or would have"},
                  {"merges", "N", "Txns that merged two clusters of at least N addresses"},
                  {"change", "", "Also join change with its payer"},
                  {"with-joins", "", "Take the signers of CoinJoins for one owner, too"},
                  {"large", "N", "Addresses from which a cluster is large", "100"}},
        .examples = {"cordon cluster --ledger led 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
                     "cordon cluster --ledger led --all --format jsonl",
                     "cordon cluster --ledger led --why 1BoatSLR…tpyT 1dice8EM…Lnzt"},
        .takes_operands = true,
        .run = run_cluster};
}

}  // namespace cordon::cli
