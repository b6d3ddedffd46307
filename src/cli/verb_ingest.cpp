// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>

#include <cordon/base/format.hpp>
#include <cordon/engine/dry_run.hpp>
#include <cordon/engine/ingest.hpp>

#include "chain_json.hpp"
#include "exit_code.hpp"
#include "ingest_line.hpp"
#include "log_book.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Result<engine::IngestRequest> request_of(const Args& args) {
    engine::IngestRequest request;
    request.ledger = args.get("ledger");
    if (request.ledger.empty() && !args.has("dry-run"))
        return fail(ErrorCode::kInvalidParam,
                    "--ledger DIR is missing: where should the blocks go?");
    if (args.operands().empty())
        return fail(
            ErrorCode::kInvalidParam,
            "no SOURCE given: a file or folder, or SCHEMA:PATH such as transfers:theft.csv");
    for (const std::string& operand : args.operands()) {
        CORDON_TRY(const auto sources, engine::parse_source(operand));
        request.sources.insert(request.sources.end(), sources.begin(), sources.end());
    }
    if (args.has("chain")) {
        const auto chain = parse_chain(args.get("chain"));
        if (!chain) return fail(ErrorCode::kInvalidParam, "--chain: " + chain.error().message);
        request.chain = *chain;
    }
    if (args.has("as-of")) {
        const auto time = parse_time(args.get("as-of"));
        if (!time) return fail(ErrorCode::kInvalidParam, "--as-of: " + time.error().message);
        request.lists.as_of = *time;
    }
    request.lists.name = args.get("list-name");
    request.lists.skip_bad = args.has("skip-bad");
    if (args.has("batch-blocks")) {
        const std::string text = args.get("batch-blocks");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), request.batch_blocks);
        if (error != std::errc{} || end != text.data() + text.size() || request.batch_blocks == 0)
            return fail(ErrorCode::kInvalidParam,
                        format("--batch-blocks: expected a number from 1, found \"{}\"", text));
    }
    return request;
}

/// What it cost, for those who compare machines and versions.
boost::json::object run_json(const engine::IngestResult& result, double seconds) {
    uint64_t blocks = 0;
    uint64_t txns = 0;
    uint64_t transfers = 0;
    for (const auto& each : result.sources) {
        if (each.txns == 0 && each.transfers == 0) continue;
        blocks += each.rows;
        txns += each.txns;
        transfers += each.transfers;
    }
    const double cpu = cpu_seconds();
    const auto per = [](uint64_t count, double time) {
        return time > 0 ? static_cast<double>(count) / time : 0.0;
    };
    return {{"seconds", seconds},
            {"cpu_seconds", cpu},
            {"peak_memory_bytes", peak_memory()},
            {"blocks_per_second", per(blocks, seconds)},
            {"txns_per_second", per(txns, seconds)},
            {"transfers_per_second", per(transfers, seconds)},
            {"transfers_per_cpu_second", per(transfers, cpu)}};
}

boost::json::object list_json(const engine::IngestResult::PerList& each) {
    const auto& [list, published, categories] = each.read;
    boost::json::object unsupported, by_category;
    for (const auto& [currency, count] : published.unsupported) unsupported[currency] = count;
    for (const auto& [category, count] : categories) by_category[to_string(category)] = count;
    boost::json::object out{{"name", list.name},
                            {"schema", list.schema},
                            {"sha256", list.sha256},
                            {"rows", published.rows},
                            {"taken", published.taken},
                            {"labels", list.labels},
                            {"categories", std::move(by_category)},
                            {"unsupported", std::move(unsupported)},
                            {"bad", published.bad},
                            {"bad_rows", boost::json::value_from(published.bad_rows)},
                            {"notes", boost::json::value_from(published.notes)},
                            {"came", each.change.came},
                            {"changed", each.change.changed},
                            {"went", each.change.went},
                            {"same", each.change.same}};
    if (list.as_of) out["as_of"] = format_rfc3339(*list.as_of);
    if (each.change.before) out["replaced_sha256"] = each.change.before->sha256;
    return out;
}

/// What the lists said and changed, in addresses; nothing when there were none.
std::string lists_table(const engine::IngestResult& result) {
    if (result.lists.empty()) return {};
    Table table{{{"LIST", Table::Align::kLeft, true},
                 {"AS OF"},
                 {"LABELS", Table::Align::kRight},
                 {"CAME", Table::Align::kRight},
                 {"CHANGED", Table::Align::kRight},
                 {"WENT", Table::Align::kRight},
                 {"LEFT OUT", Table::Align::kRight}}};
    for (const auto& each : result.lists) {
        const chain::PublishedList& published = each.read.published;
        const uint64_t out = published.rows - published.taken;
        table.add({printable(each.read.list.name),
                   each.read.list.as_of ? format_rfc3339(*each.read.list.as_of).substr(0, 10) : "",
                   format_count(each.read.list.labels), format_count(each.change.came),
                   format_count(each.change.changed), format_count(each.change.went),
                   out == 0 ? "" : format_count(out)});
    }
    return "\n" + table.render(terminal_width());
}

boost::json::object source_json(const engine::IngestResult::PerSource& each) {
    return {{"schema", engine::to_string(each.source.schema)},
            {"path", each.source.path},
            {"rows", each.rows},
            {"skipped", each.skipped},
            {"txns", each.txns},
            {"transfers", each.transfers}};
}

boost::json::object result_json(const engine::IngestResult& result, double seconds) {
    boost::json::array sources;
    for (const auto& each : result.sources) sources.push_back(source_json(each));
    boost::json::array resumed;
    for (const engine::Resumed& each : result.resumed)
        resumed.push_back(boost::json::object{
            {"source", each.source}, {"chain", to_string(each.chain)}, {"block", each.block}});
    boost::json::array lists;
    for (const auto& each : result.lists) lists.push_back(list_json(each));
    return {{"sources", std::move(sources)},
            {"lists", std::move(lists)},
            {"resumed", std::move(resumed)},
            {"run", run_json(result, seconds)},
            {"chains", chains_json(result.chains)},
            {"records", boost::json::object{{"labels", result.records.labels},
                                            {"assets", result.records.assets},
                                            {"prices", result.records.prices},
                                            {"wallets", result.records.wallets}}}};
}

std::string result_table(const engine::IngestResult& result) {
    Table table{{{"SOURCE", Table::Align::kLeft, true},
                 {"SCHEMA"},
                 {"ROWS OR BLOCKS", Table::Align::kRight},
                 {"TRANSFERS", Table::Align::kRight},
                 {"KNOWN ALREADY", Table::Align::kRight}}};
    for (const auto& each : result.sources)
        table.add({each.source.path, std::string{engine::to_string(each.source.schema)},
                   format_count(each.rows), each.transfers == 0 ? "" : format_count(each.transfers),
                   each.skipped == 0 ? "" : format_count(each.skipped)});
    return table.render(terminal_width()) + "\n" + chains_table(result.chains) +
           lists_table(result);
}

Result<int> dry_run(const engine::IngestRequest& request, const Session& session) {
    const auto print_block = [&](const chain::BlockCheck& check) -> Status {
        if (session.format != Format::kJsonl) return {};
        return print(envelope("ingest.block", block_json(check, request.chain.value_or(kBitcoin))));
    };
    CORDON_TRY(const engine::DryRun done, engine::dry_run(request, print_block, session.cancel));
    if (!session.quiet) print_warnings(done.warnings);
    if (session.format == Format::kTable) {
        CORDON_TRY(print(format(
            "{} blocks, {} txns, {} transfers, {} rows of side files read; nothing stored{}\n",
            format_count(done.blocks), format_count(done.txns), format_count(done.transfers),
            format_count(done.rows),
            done.unsound == 0 ? std::string{}
                              : format("; {} blocks are NOT sound", format_count(done.unsound)))));
    } else {
        CORDON_TRY(print(envelope("ingest.dry_run",
                                  boost::json::object{{"blocks", done.blocks},
                                                      {"txns", done.txns},
                                                      {"transfers", done.transfers},
                                                      {"rows", done.rows},
                                                      {"unsound", done.unsound}},
                                  done.warnings)));
    }
    return done.unsound == 0 ? kClean : kFound;
}

Result<int> run_ingest(const Args& args, const Session& session) {
    CORDON_TRY(const engine::IngestRequest request, request_of(args));
    if (args.has("dry-run")) return dry_run(request, session);

    CORDON_TRY(LogBook book, LogBook::open(args));
    const std::string way = args.get("progress");
    if (way != "auto" && way != "plain")
        return fail(ErrorCode::kInvalidParam,
                    format("--progress: expected auto or plain, found \"{}\"", way));
    const bool plain = way == "plain" && !session.quiet && !args.has("no-progress");
    IngestLine line{session, plain};
    std::optional<Error> output_error;
    engine::IngestHooks hooks;
    hooks.cancel = session.cancel;
    hooks.progress = [&](const engine::IngestProgress& progress) { line.show(progress); };
    hooks.sealing = [&](double share) { line.sealing(share); };
    hooks.resumed = [&](const engine::Resumed& at) {
        if (session.quiet) return;
        line.clear();
        std::fprintf(stderr, "cordon: %s: resuming at block %llu of %s\n",
                     printable(at.source).c_str(), static_cast<unsigned long long>(at.block),
                     to_string(at.chain).c_str());
    };
    if (session.format == Format::kJsonl)
        hooks.acknowledged = [&](const engine::Acknowledged& batch) {
            const Status done = print(
                envelope("ingest.batch", boost::json::object{{"chain", to_string(batch.chain)},
                                                             {"tip", batch.tip},
                                                             {"blocks", batch.blocks},
                                                             {"skipped", batch.skipped}}));
            if (!done && !output_error) output_error = done.error();
        };
    CORDON_TRY(const engine::IngestResult result, engine::ingest(request, hooks));
    line.clear();
    for (const auto& each : result.lists) CORDON_TRY(book.write("list", list_json(each)));
    for (const auto& each : result.sources) CORDON_TRY(book.write("source", source_json(each)));
    CORDON_TRY(book.publish(true));
    if (output_error) return fail(*output_error);
    if (!session.quiet) print_warnings(result.warnings);
    if (session.format == Format::kTable) {
        CORDON_TRY(print(result_table(result)));
        if (result.incomplete)
            CORDON_TRY(print(
                "\ninterrupted: what is listed is stored and stays; run the same command again, "
                "and it goes on behind the tip\n"));
        else if (!session.quiet)
            std::fprintf(stderr, "\nnext: cordon trace --ledger %s --seed ADDRESS|TXID\n",
                         request.ledger.c_str());
    } else {
        CORDON_TRY(print(envelope("ingest.result", result_json(result, line.seconds()),
                                  result.warnings, result.incomplete)));
    }
    return result.incomplete ? kInterrupted : kClean;
}

}  // namespace

Command ingest_command() {
    Command command{
        .name = "ingest",
        .summary = "fill a ledger from files",
        .usage = "--ledger DIR SOURCE…",
        .about =
            "Reads chain data and side files into a ledger. SOURCE is a file or a folder, or "
            "SCHEMA:PATH with one "
            "of transfers: labels: assets: prices: wallets: btc-blocks: btc-txs: evm-etl: "
            "explorer-labels:CHAIN= tagpack: tag-table: ofac: "
            "(formats: docs/formats). "
            "gzip, zstd, xz and bzip2 are read as they are. Each source goes in whole or not at "
            "all; killed at "
            "any moment, the same command goes on where it stopped; what is there already is "
            "skipped.",
        .flags = {{"ledger", "DIR", "The ledger; made when missing", {}, 'l'},
                  {"chain", "CHAIN",
                   "Chain of sources that do not say it: btc, btc-testnet, eth, bsc, …"},
                  {"batch-blocks", "N", "Blocks in one acknowledged batch; by size when not given"},
                  {"as-of", "TIME", "Date of label lists that do not carry their own"},
                  {"list-name", "NAME",
                   "Name of the one label list given; a list replaces what its earlier version "
                   "said. Default: by its file"},
                  {"skip-bad", "",
                   "Leave out bad rows of label lists, and tell each; without it they are refused"},
                  {"progress", "auto|plain",
                   "plain: a line on standard error every few seconds, also where it is no "
                   "terminal",
                   "auto"},
                  {"dry-run", "",
                   "Read and check everything, store nothing; jsonl prints a line for each block"}},
        .examples = {"cordon ingest --ledger led transfers:theft.csv.zst labels:labels.csv "
                     "assets:assets.csv",
                     "cordon ingest --ledger led ~/.bitcoin/blocks",
                     "cordon ingest --ledger led evm-etl:export/",
                     "cordon ingest --ledger led ofac:sdn_advanced.xml tagpack:packs/ "
                     "explorer-labels:bsc=bscscan.csv",
                     "cordon ingest --dry-run --format jsonl btc-blocks:blk00000.dat"},
        .takes_operands = true,
        .run = run_ingest};
    for (Flag& flag : log_book_flags()) command.flags.push_back(std::move(flag));
    return command;
}

}  // namespace cordon::cli
