// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/clusters.hpp>
#include <cordon/patterns/join_filter.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using Joins = std::vector<ledger::ClusterForest::Join>;

/// What was asked, as ids.
struct Answer {
    std::vector<uint32_t> rows;  // One row each, in this order.
    bool is_why = false;
    Joins why;
    std::vector<ledger::ClusterForest::Merge> merges;
};

Result<std::string> text_of(const engine::Clusters& clusters, uint32_t id) {
    CORDON_TRY(const Address address, clusters.reader->address(clusters.chain, id));
    return chain::format_address(clusters.chain, address);
}

/// An address and the oldest of its cluster, as text.
struct Row {
    std::string address, cluster;
    uint32_t size = 0;
};
Result<Row> row_of(const engine::Clusters& clusters, uint32_t id) {
    Row row;
    CORDON_TRY(row.address, text_of(clusters, id));
    CORDON_TRY(row.cluster, text_of(clusters, clusters.forest.cluster(id)));
    row.size = clusters.forest.size(id);
    return row;
}

Result<boost::json::object> row_json(const engine::Clusters& clusters, uint32_t id) {
    CORDON_TRY(const Row row, row_of(clusters, id));
    return boost::json::object{
        {"address", row.address}, {"cluster", row.cluster}, {"size", row.size}};
}

Result<boost::json::object> join_json(const engine::Clusters& clusters,
                                      const ledger::ClusterForest::Join& join) {
    CORDON_TRY(const auto txn, clusters.reader->utxo_txn(clusters.chain, join.at));
    CORDON_TRY(const std::string a, text_of(clusters, join.a));
    CORDON_TRY(const std::string b, text_of(clusters, join.b));
    boost::json::object object{{"txid", chain::format_hash(clusters.chain, txn.txn.txid)},
                               {"block", join.at.block},
                               {"index", join.at.txn},
                               {"a", a},
                               {"b", b}};
    if (txn.time) object["time"] = format_rfc3339(*txn.time);
    return object;
}

Result<uint32_t> id_of(const engine::Clusters& clusters, const std::string& text) {
    CORDON_TRY(const Address address, chain::parse_address(clusters.chain, text));
    CORDON_TRY(const auto id, clusters.reader->address_id(clusters.chain, address));
    if (!id) return fail(ErrorCode::kNotFound, format("{}: not in the ledger", printable(text)));
    return *id;
}

Result<uint32_t> members_of_merges(const std::string& text) {
    uint32_t least = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), least);
    if (error != std::errc{} || end != text.data() + text.size() || least == 0)
        return fail(ErrorCode::kInvalidParam,
                    format("--merges {}: expected a number of addresses from 1", printable(text)));
    return least;
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
        CORDON_TRY(const uint32_t least, members_of_merges(args.get("merges")));
        result.merges = forest.merges(least);
    }
    return result;
}

Status print_json(const Args& args, const engine::Clusters& clusters, const Answer& found) {
    boost::json::array rows, why, merges;
    for (const uint32_t id : found.rows) {
        CORDON_TRY(boost::json::object row, row_json(clusters, id));
        rows.push_back(std::move(row));
    }
    for (const auto& join : found.why) {
        CORDON_TRY(boost::json::object each, join_json(clusters, join));
        why.push_back(std::move(each));
    }
    for (const auto& merge : found.merges) {
        CORDON_TRY(boost::json::object each, join_json(clusters, merge.join));
        each["size_a"] = merge.size_a;
        each["size_b"] = merge.size_b;
        merges.push_back(std::move(each));
    }
    boost::json::object data{{"chain", to_string(clusters.chain)}, {"rows", std::move(rows)}};
    if (found.is_why) data["why"] = std::move(why);
    if (args.has("merges")) data["merges"] = std::move(merges);
    return print(envelope("cluster.result", data, clusters.warnings));
}

Status print_lines(const engine::Clusters& clusters, const Answer& found) {
    for (const uint32_t id : found.rows) {
        CORDON_TRY(const boost::json::object row, row_json(clusters, id));
        CORDON_TRY(print(envelope("cluster.result", row)));
    }
    for (const auto& join : found.why) {
        CORDON_TRY(const boost::json::object each, join_json(clusters, join));
        CORDON_TRY(print(envelope("cluster.why", each)));
    }
    for (const auto& merge : found.merges) {
        CORDON_TRY(boost::json::object each, join_json(clusters, merge.join));
        each["size_a"] = merge.size_a;
        each["size_b"] = merge.size_b;
        CORDON_TRY(print(envelope("cluster.merge", each)));
    }
    return {};
}

Status print_csv(const engine::Clusters& clusters, const Answer& found) {
    CORDON_TRY(print("address,cluster,size\n"));
    for (const uint32_t id : found.rows) {
        CORDON_TRY(const Row row, row_of(clusters, id));
        CORDON_TRY(print(format("{},{},{}\n", row.address, row.cluster, row.size)));
    }
    return {};
}

Status print_joins(const engine::Clusters& clusters, const Joins& joins) {
    Table table{{{"BLOCK", Table::Align::kRight},
                 {"TXN"},
                 {"SIGNED BY", Table::Align::kLeft, true},
                 {"AND BY", Table::Align::kLeft, true}}};
    for (const auto& join : joins) {
        CORDON_TRY(const auto txn, clusters.reader->utxo_txn(clusters.chain, join.at));
        CORDON_TRY(const std::string a, text_of(clusters, join.a));
        CORDON_TRY(const std::string b, text_of(clusters, join.b));
        table.add(
            {format_count(join.at.block), chain::format_hash(clusters.chain, txn.txn.txid), a, b});
    }
    return print(table.render(terminal_width()));
}

Status print_table(const Args& args, const engine::Clusters& clusters, const Answer& found) {
    Table table{{{"ADDRESS", Table::Align::kLeft, true},
                 {"CLUSTER", Table::Align::kLeft, true},
                 {"SIZE", Table::Align::kRight}}};
    for (const uint32_t id : found.rows) {
        CORDON_TRY(const Row row, row_of(clusters, id));
        table.add({row.address, row.cluster, format_count(row.size)});
    }
    CORDON_TRY(print(table.render(terminal_width())));
    if (found.is_why) {
        if (found.why.empty()) return print("\nno txns join them: they are not in one cluster\n");
        CORDON_TRY(print("\nwhat joins them:\n"));
        CORDON_TRY(print_joins(clusters, found.why));
    }
    if (args.has("merges") && found.merges.empty())
        return print("no txn merged two clusters as large as that\n");
    if (!found.merges.empty()) {
        Joins joins;
        for (const auto& merge : found.merges) joins.push_back(merge.join);
        CORDON_TRY(
            print("\nlarge clusters that one txn merged; look whether it is a joint txn:\n"));
        CORDON_TRY(print_joins(clusters, joins));
    }
    return {};
}

Status check_usage(const Args& args) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    const std::size_t given = args.operands().size();
    if (args.has("why") && (given != 2 || args.has("all") || args.has("members")))
        return fail(ErrorCode::kInvalidParam, "--why needs two addresses, and nothing else");
    if (args.has("all") && given > 0)
        return fail(ErrorCode::kInvalidParam, "--all or ADDRESS…, not both");
    if (given == 0 && !args.has("all") && !args.has("merges"))
        return fail(ErrorCode::kInvalidParam, "which? ADDRESS…, --all, --why A B or --merges N");
    return {};
}

Result<int> run_cluster(const Args& args, const Session& session) {
    CORDON_TRY(check_usage(args));
    std::optional<ChainId> chain;
    if (args.has("chain")) {
        CORDON_TRY(chain, parse_chain(args.get("chain")));
    }
    const auto& filter =
        args.has("with-joins") ? ledger::no_join_filter() : patterns::join_filter();
    CORDON_TRY(const engine::Clusters clusters,
               engine::cluster_ledger(args.get("ledger"), chain, filter, session.cancel));
    CORDON_TRY(const Answer found, answer(args, clusters));
    if (!session.quiet) print_warnings(clusters.warnings);
    switch (session.format) {
        case Format::kJson: CORDON_TRY(print_json(args, clusters, found)); break;
        case Format::kJsonl: CORDON_TRY(print_lines(clusters, found)); break;
        case Format::kCsv: CORDON_TRY(print_csv(clusters, found)); break;
        case Format::kTable: CORDON_TRY(print_table(args, clusters, found)); break;
    }
    return kClean;
}

}  // namespace

Command cluster_command() {
    return {.name = "cluster",
            .summary = "group addresses that sign together",
            .usage = "--ledger DIR ADDRESS… | --all | --why A B",
            .about =
                "Whoever signs the inputs of one txn together is taken for one owner. A cluster is "
                "called by its oldest address. --why shows the txns that join two addresses; "
                "--merges those that made one cluster of two large ones, often the mark of a joint "
                "txn of strangers. Those that their shape tells (CoinJoins) join nobody, unless "
                "--with-joins says so: clusters are leads, not facts. The result is kept in the "
                "ledger's folder, so that the next call only "
                "looks at new blocks.",
            .flags = {{"ledger", "DIR", "The ledger", {}, 'l'},
                      {"chain", "CHAIN", "Which chain; needed where the ledger has several"},
                      {"all", "", "Every cluster of two or more, the largest first"},
                      {"members", "", "Every address of the clusters of ADDRESS"},
                      {"why", "", "The txns that join the two addresses"},
                      {"merges", "N", "Txns that merged two clusters of at least N addresses"},
                      {"with-joins", "", "Take the signers of CoinJoins for one owner, too"}},
            .examples = {"cordon cluster --ledger led 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
                         "cordon cluster --ledger led --all --format jsonl",
                         "cordon cluster --ledger led --why 1BoatSLR…tpyT 1dice8EM…Lnzt"},
            .takes_operands = true,
            .run = run_cluster};
}

}  // namespace cordon::cli
