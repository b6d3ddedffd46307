// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/engine/case_folder.hpp>
#include <cordon/engine/case_report.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/theft.hpp>

#include "chain_json.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "report_case.hpp"
#include "table.hpp"
#include "trace_flags.hpp"
#include "trace_progress.hpp"
#include "trace_table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

namespace fs = std::filesystem;

/// Takes a case folder, or any source, into OUT/ledger. Its case.json fills what the command line
/// left open.
Status take_in_case(const std::string& path, const Args& args, const Session& session,
                    ReportJob& job) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        CORDON_TRY(const auto folder, engine::load_case_folder(path));
        if (folder) {
            job.request.title = folder->title;
            job.request.notes = folder->notes;
            job.request.sources = folder->sources;
            job.request.words = folder->words;
            if (job.seeds.empty()) job.seeds = folder->seeds;
            if (folder->policy && !args.has("policy")) {
                CORDON_TRY(job.params.policy, trace::parse_policy(*folder->policy));
            }
        }
    }
    job.ledger = (fs::path{job.request.out} / "ledger").string();
    engine::IngestRequest ingest{job.ledger, {}, std::nullopt, 0};
    CORDON_TRY(ingest.sources, engine::parse_source(path));
    if (args.has("chain")) {
        CORDON_TRY(ingest.chain, parse_chain(args.get("chain")));
    }
    fs::create_directories(job.request.out, ignored);

    ProgressLine line{session};
    engine::IngestHooks hooks;
    hooks.cancel = session.cancel;
    hooks.progress = [&](const engine::IngestProgress& progress) {
        if (line.due())
            line.show(format("ingest  {}  {} transfers", progress.source,
                             format_count(progress.transfers)));
    };
    CORDON_TRY(const auto done, engine::ingest(ingest, hooks));
    line.clear();
    if (!session.quiet) print_warnings(done.warnings);
    if (session.cancel->load())
        return fail(ErrorCode::kCancelled, "interrupted; run the same command to go on");
    return {};
}

/// A folder without a case: what is in it, and how to go on.
Result<int> describe_ledger(const ReportJob& job, const Session& session) {
    CORDON_TRY(const auto reader, ledger::open_reader(job.ledger));
    const auto chains = reader->chains();
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("report.result",
                                  boost::json::object{{"ledger", job.ledger},
                                                      {"chains", chains_json(chains)},
                                                      {"files", boost::json::array{}}},
                                  {"no seeds: nothing was traced"})));
        return kClean;
    }
    CORDON_TRY(print(chains_table(chains)));
    CORDON_TRY(
        print(format("\nread and checked. Nothing says where a theft starts (no seeds in a "
                     "case.json), so nothing "
                     "was traced.\nnext: cordon report --ledger {} --seed ADDRESS|TXID --out {}\n",
                     job.ledger, job.request.out)));
    return kClean;
}

Result<int> build(const ReportJob& job, const engine::Theft& theft, const Session& session) {
    CORDON_TRY(const auto paths, engine::write_case(theft, job.request));
    if (session.format == Format::kTable) {
        if (!session.quiet) print_warnings(theft.result.warnings);
        CORDON_TRY(print(format("{}\n\n{}\n", printable(job.request.title),
                                trace_table(theft.result, *theft.context, terminal_width()))));
        std::string list = "case file:\n";
        for (const std::string& path : paths) list += format("  {}\n", path);
        CORDON_TRY(print(list));
    } else {
        boost::json::array files;
        for (const std::string& path : paths) files.emplace_back(path);
        CORDON_TRY(print(envelope("report.result",
                                  boost::json::object{{"title", job.request.title},
                                                      {"files", std::move(files)},
                                                      {"nodes", theft.result.nodes.size()},
                                                      {"edges", theft.result.edges.size()},
                                                      {"endpoints", theft.result.endpoints.size()}},
                                  theft.result.warnings, theft.result.incomplete)));
    }
    if (session.cancel->load()) return kInterrupted;
    return theft.result.incomplete ? kUnavailable : kClean;
}

Result<int> run_report(const Args& args, const Session& session) {
    std::vector<std::string> operands = args.operands();
    const std::string what = operands.empty() ? "" : operands.front();
    if (what == "verify") return verify_report(args, session);
    const bool letters = what == "letters", seal = what == "seal";
    if (letters || seal) operands.erase(operands.begin());
    if (!args.has("out"))
        return fail(ErrorCode::kInvalidParam,
                    "--out DIR is missing: where should the case file go?");
    if (operands.empty() == !args.has("ledger") || operands.size() > 1)
        return fail(ErrorCode::kInvalidParam,
                    "give either one CASE (a folder or file), or --ledger DIR with --seed");
    ReportJob job;
    job.seeds = args.get("seed");
    CORDON_TRY(job.params, trace_params(args));
    job.request.out = args.get("out");
    job.request.title = args.get("title");
    job.request.version = session.version;
    job.request.command_line = session.command_line;
    if (operands.empty()) {
        job.ledger = args.get("ledger");
        if (job.seeds.empty())
            return fail(ErrorCode::kInvalidParam, "--seed is missing: where does the theft start?");
    } else {
        CORDON_TRY(take_in_case(operands.front(), args, session, job));
        if (args.has("title")) job.request.title = args.get("title");
        if (job.seeds.empty()) return describe_ledger(job, session);
    }
    ProgressLine line{session};
    CORDON_TRY(engine::Theft theft,
               engine::follow_theft({job.ledger, job.seeds, job.params},
                                    trace_progress(line, job.params), session.cancel));
    line.clear();
    if (job.request.title.empty())
        job.request.title = format("Money from {}", shorten(job.seeds, 60));
    if (letters) return write_letters(job, std::move(theft), session);
    if (seal) return seal_report(job, std::move(theft), args, session);
    return build(job, theft, session);
}

}  // namespace

Command report_command() {
    std::vector<Flag> flags{{"out", "DIR", "Where the case file goes; made when missing", {}, 'o'},
                            {"ledger", "DIR", "An existing ledger instead of a CASE", {}, 'l'},
                            {"title", "TEXT", "Title of the case"},
                            {"chain", "CHAIN", "Chain of sources that do not say it"},
                            {"log", "DIR", "seal: the log that keeps the archive's digest"},
                            {"log-key", "FILE", "seal: the key that signs the log's checkpoints"},
                            {"by", "NAME", "seal: who seals", "unnamed"},
                            {"chromium", "FILE", "seal: the browser that prints the PDF"},
                            {"public-key", "KEY",
                             "verify: who must have signed the log: NAME+ID+BASE64, or a file "
                             "with it"}};
    for (const Flag& flag : trace_flags()) flags.push_back(flag);
    return {
        .name = "report",
        .summary = "make the case file of a theft, draft its letters, seal it, verify it",
        .usage =
            "[letters|seal] CASE --out DIR | [letters|seal] --ledger DIR --seed X --out "
            "DIR | verify DIR|FILE.zip",
        .about =
            "Writes the case file: one HTML page (story, flow, where the money can be frozen, "
            "full tables, method and "
            "limits, evidence manifest), the flow as SVG, the result as JSON and CSV, and a "
            "manifest with the "
            "SHA-256 of every input and output. CASE is a folder with case.json "
            "(examples/README.md), or any "
            "source that ingest reads; it goes into DIR/ledger first. letters writes only the "
            "draft "
            "letters: one for each service that can hold stolen money, and for issuers of "
            "tokens. seal writes all of it as one archive DIR/ID.zip, with a PDF where Chromium "
            "is there, and with --log the proof that the log holds its digest. verify checks a "
            "case file, an archive or what was unpacked from one on any machine (exit 6 when "
            "something was changed).",
        .flags = std::move(flags),
        .examples = {"cordon report examples/dmm_bitcoin_2024 --out out/dmm",
                     "cordon report --ledger led --seed 0x5811…456f --out case",
                     "cordon report letters examples/synthetic_exchange_theft --out letters",
                     "cordon report seal examples/synthetic_exchange_theft --out sealed",
                     "cordon report verify out/dmm"},
        .takes_operands = true,
        .run = run_report};
}

}  // namespace cordon::cli
