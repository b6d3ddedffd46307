// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <optional>

#include <cordon/base/format.hpp>
#include <cordon/engine/case_report.hpp>
#include <cordon/engine/theft.hpp>
#include <cordon/report/csv.hpp>
#include <cordon/report/json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "search_flags.hpp"
#include "search_table.hpp"
#include "table.hpp"
#include "trace_progress.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Status write_result(const engine::Theft& theft, const Session& session,
                    const trace::FlowLayout* layout) {
    if (session.format == Format::kTable)
        return print(search_table(theft.result, *theft.context, terminal_width()));
    if (session.format == Format::kCsv && theft.result.mode == trace::Mode::kFrontier)
        return report::write_watch_csv(theft.result.watch, print);
    if (session.format == Format::kCsv) return report::write_edges_csv(theft.result, print);
    CORDON_TRY(report::write_trace_result(theft.result, print,
                                          {.context = theft.context.get(),
                                           .one_line = session.format == Format::kJsonl,
                                           .layout = layout}));
    return print("\n");
}

/// "svg:FILE": a picture or a data file beside the printed result.
Status write_out(const engine::Theft& theft, const std::string& spec, const std::string& theme,
                 const engine::FlowView& view, const trace::FlowLayout* layout) {
    const std::size_t colon = spec.find(':');
    const std::string kind = spec.substr(0, colon);
    if (colon == std::string::npos || colon + 1 == spec.size())
        return fail(ErrorCode::kInvalidParam,
                    "--out: expected svg:FILE, json:FILE, csv:FILE or watch:FILE");
    const std::string path = spec.substr(colon + 1);
    if (kind == "svg") return engine::write_flow_svg(theft, path, theme, view);
    if (kind == "json") return engine::write_result_json(theft, path, layout);
    if (kind == "csv") return engine::write_edges(theft, path);
    if (kind == "watch") {
        if (theft.result.mode != trace::Mode::kFrontier)
            return fail(ErrorCode::kInvalidParam, "--out watch:FILE needs --mode frontier");
        return engine::write_watch_list(theft, path);
    }
    return fail(ErrorCode::kInvalidParam,
                format("--out {}: expected svg:FILE, json:FILE, csv:FILE or watch:FILE", spec));
}

engine::FlowView flow_view(const Args& args) {
    engine::FlowView view;
    if (args.get("view") == "all") view.mode = trace::FlowMode::kAllMoney;
    if (args.get("view") == "raw") view.mode = trace::FlowMode::kRaw;
    if (args.get("columns") == "time") view.axis = trace::FlowAxis::kTime;
    // Keys hold names, and names hold commas: lines part them.
    const std::string keys = args.get("open");
    for (std::size_t at = 0; at < keys.size();) {
        const std::size_t end = std::min(keys.find('\n', at), keys.size());
        view.opened.push_back(keys.substr(at, end - at));
        at = end + 1;
    }
    return view;
}

Result<int> run_trace(const Args& args, const Session& session) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    if (!args.has("seed"))
        return fail(ErrorCode::kInvalidParam,
                    "--seed is missing: an ADDRESS[@TIME], TXID or TXID:VOUT to start from");
    CORDON_TRY(const engine::TheftRequest request, search_request(args));

    ProgressLine line{session};
    CORDON_TRY(const engine::Theft theft,
               engine::follow_theft(request, trace_progress(line, request.params), session.cancel));
    line.clear();
    if (!session.quiet && session.format == Format::kTable) print_warnings(theft.result.warnings);
    const engine::FlowView view = flow_view(args);
    std::optional<trace::FlowLayout> layout;
    if (args.has("layout")) layout = engine::lay_out_flow(theft, view);
    const trace::FlowLayout* const drawn = layout ? &*layout : nullptr;
    CORDON_TRY(write_result(theft, session, drawn));
    if (args.has("out"))
        CORDON_TRY(write_out(theft, args.get("out"), args.get("theme"), view, drawn));
    if (session.format == Format::kTable && !session.quiet && request.mode == trace::Mode::kTaint)
        std::fprintf(stderr, "next: cordon report --ledger %s --seed %s --out CASE\n",
                     request.ledger.c_str(), printable(request.seeds).c_str());
    if (session.cancel->load()) return kInterrupted;
    return theft.result.incomplete ? kUnavailable : kClean;
}

}  // namespace

Command trace_command() {
    std::vector<Flag> flags{{"ledger", "DIR", "The ledger", {}, 'l'}};
    for (const Flag& flag : search_flags()) flags.push_back(flag);
    flags.push_back(
        {"out", "KIND:FILE",
         "Also write svg:FILE (the flow), json:FILE, csv:FILE or watch:FILE (mode frontier)"});
    flags.push_back({"layout", {}, "Add the places of the picture to json: data.layout"});
    flags.push_back({"view", "stolen|all|raw",
                     "Of the picture: stolen money, all money, or every address by itself",
                     "stolen"});
    flags.push_back({"columns", "hop|time", "Of the picture: by hop or by time", "hop"});
    flags.push_back({"open", "KEY",
                     "Show what stands together under this key of data.layout one by one; several "
                     "in lines"});
    flags.push_back({"theme", "light|dark|auto", "Colours of the picture", "auto"});
    return {
        .name = "trace",
        .summary = "follow stolen money to where it rests",
        .usage = "--ledger DIR --seed X[,X] [flags]",
        .about =
            "Follows the money of the seeds unit by unit through the ledger: amounts are exact and "
            "conserved, money "
            "passes through routers, changes asset in swaps, and stops at services, at what is "
            "unspent, or at "
            "the bounds given, each with its reason. Ctrl-C gives what is known so far, marked "
            "incomplete. Other modes ask other questions: ranked, which addresses most likely "
            "belong to "
            "the thief; paths, how the seeds are tied to --to; frontier, what can still move, as a "
            "watch list (docs/user/search-modes.md).",
        .flags = std::move(flags),
        .examples =
            {"cordon trace --ledger led --seed 0x5811…456f",
             "cordon trace --ledger led --seed TXID:0 --policy fifo --hops 6 --out svg:flow.svg",
             "cordon trace --ledger led --seed eth:0x5811…456f@2023-06-02 --format json > "
             "trace.json",
             "cordon trace --ledger led --seed 0x5811…456f --direction backward",
             "cordon trace --ledger led --seed 0x5811…456f --mode ranked",
             "cordon trace --ledger led --seed 0x5811…456f --mode paths --to 0x9a0c…11fe --hops 8",
             "cordon trace --ledger led --seed 0x5811…456f --mode frontier --out watch:watch.csv"},
        .takes_operands = false,
        .run = run_trace};
}

}  // namespace cordon::cli
