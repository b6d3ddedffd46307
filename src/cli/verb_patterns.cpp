// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/pattern_search.hpp>
#include <cordon/engine/theft.hpp>
#include <cordon/patterns/registry.hpp>
#include <cordon/report/json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "trace_progress.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using Findings = std::vector<trace::Finding>;

Status check_kinds(const std::string& kinds) {
    std::string known;
    for (const auto& each : patterns::recognisers())
        known += (known.empty() ? "" : ", ") + std::string{each.id};
    for (std::size_t begin = 0; begin <= kinds.size();) {
        const std::size_t end = std::min(kinds.find(',', begin), kinds.size());
        const std::string_view kind = std::string_view{kinds}.substr(begin, end - begin);
        const auto list = patterns::recognisers();
        if (std::none_of(list.begin(), list.end(),
                         [&](const auto& each) { return each.id == kind; }))
            return fail(ErrorCode::kInvalidParam,
                        format("--kind {}: expected {}", printable(kind), known));
        begin = end + 1;
    }
    return {};
}

Status print_json(const Findings& findings, bool one_line) {
    const report::Sink sink{print};  // The writer keeps a reference to it.
    report::JsonWriter json{sink};
    json.begin_object().field("v", 1U).field("kind", "patterns.result").key("data");
    json.begin_object().key("patterns").begin_array();
    for (const trace::Finding& each : findings) {
        if (!one_line) json.new_line();
        report::write_finding(json, each);
    }
    json.end_array().end_object().key("warnings").begin_array().end_array();
    json.field("incomplete", false).end_object();
    CORDON_TRY(json.finish());
    return print("\n");
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

std::string table_of(const Findings& findings) {
    if (findings.empty()) return "no pattern found\n";
    Table table{{{"PATTERN"},
                 {"ADDRESS", Table::Align::kLeft, true},
                 {"SURE", Table::Align::kRight},
                 {"WHAT"},
                 {"WHY", Table::Align::kLeft, true, true}}};
    for (const trace::Finding& each : findings)
        table.add({std::string{each.pattern},
                   chain::display_address(each.chain, each.addresses.front()),
                   format("{:.2f}", each.confidence), printable(each.text), joined(each.why)});
    return table.render(terminal_width());
}

std::string csv_of(const Findings& findings) {
    std::string out = "pattern,chain,address,confidence\n";
    for (const trace::Finding& each : findings)
        out += format("{},{},{},{}\n", each.pattern, to_string(each.chain),
                      chain::format_address(each.chain, each.addresses.front()), each.confidence);
    return out;
}

std::string list_of_recognisers() {
    Table table{{{"PATTERN"}, {"WHAT IT SEES"}}};
    for (const auto& each : patterns::recognisers())
        table.add({std::string{each.id}, std::string{each.title}});
    return table.render(terminal_width());
}

Result<int> run_patterns(const Args& args, const Session& session) {
    if (!args.has("address") && !args.has("seed") && !args.has("ledger")) {
        CORDON_TRY(print(list_of_recognisers()));
        return kClean;
    }
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    if (args.has("address") == args.has("seed"))
        return fail(ErrorCode::kInvalidParam,
                    "--address A for the history of an address, or --seed X for what a trace from "
                    "there shows: one of them");
    if (args.has("kind")) CORDON_TRY(check_kinds(args.get("kind")));
    Findings findings;
    if (args.has("address")) {
        CORDON_TRY(findings, engine::find_patterns(args.get("ledger"), args.get("address")));
    } else {
        const engine::TheftRequest request{args.get("ledger"), args.get("seed"), {}};
        ProgressLine line{session};
        CORDON_TRY(
            engine::Theft theft,
            engine::follow_theft(request, trace_progress(line, request.params), session.cancel));
        line.clear();
        findings = std::move(theft.result.findings);
    }
    if (args.has("kind")) {
        const std::string kinds = "," + args.get("kind") + ",";
        std::erase_if(findings, [&](const trace::Finding& each) {
            return kinds.find("," + std::string{each.pattern} + ",") == std::string::npos;
        });
    }
    switch (session.format) {
        case Format::kJson: CORDON_TRY(print_json(findings, false)); break;
        case Format::kJsonl: CORDON_TRY(print_json(findings, true)); break;
        case Format::kCsv: CORDON_TRY(print(csv_of(findings))); break;
        case Format::kTable: CORDON_TRY(print(table_of(findings))); break;
    }
    return kClean;
}

}  // namespace

Command patterns_command() {
    return {
        .name = "patterns",
        .summary = "name what addresses do: deposit address, poisoning, peel chain, fan-out, …",
        .usage = "--ledger DIR --address A | --seed X [--kind K]",
        .about =
            "Without --ledger: the list of recognisers. With --address: what they find in the "
            "history of an address and around it. With --seed: what they find in a trace from "
            "there, as data.patterns of cordon trace has it. Each answer has a confidence and its "
            "reasons; a pattern is a lead, not a fact. docs/patterns has a page for each.",
        .flags =
            {{"ledger", "DIR", "The ledger", {}, 'l'},
             {"address", "A[,A]", "The history of these addresses: [CHAIN:]ADDRESS"},
             {"seed", "X[,X]", "A trace from here, with the defaults of cordon trace", {}, 's'},
             {"kind", "K[,K]", "Only these patterns"}},
        .examples = {"cordon patterns", "cordon patterns --ledger led --address 0x5811…456f",
                     "cordon patterns --ledger led --seed 0x5811…456f --kind peel-chain,fan-out"},
        .takes_operands = false,
        .run = run_patterns};
}

}  // namespace cordon::cli
