// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_rules.hpp"

#include <array>

#include <cordon/base/format.hpp>
#include <cordon/detect/detector.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using Texts = std::vector<std::string>;

void write_list(report::JsonWriter& json, std::string_view name, const Texts& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
}

void write_rule(report::JsonWriter& json, const detect::RuleInfo& rule) {
    json.new_line()
        .begin_object()
        .field("name", rule.name)
        .field("id", rule.detector)
        .field("desc", rule.desc)
        .field("file", rule.file)
        .field("line", uint64_t{rule.line})
        .field("severity", to_string(rule.severity))
        .field("stage", to_string(rule.stage))
        .field("enabled", rule.enabled)
        .field("event", rule.event)
        .field("condition", rule.condition)
        .field("index", rule.index)
        .field("window", rule.window);
    write_list(json, "tags", rule.tags);
    write_list(json, "fields", rule.fields);
    write_list(json, "needs", rule.needs);
    json.end_object();
}

/// What a detector must be given, in words.
Texts inputs_of(uint32_t needs) {
    constexpr std::array<std::pair<uint32_t, std::string_view>, 12> kInputs{{
        {detect::kTransfers, "transfers"},
        {detect::kTxns, "txns"},
        {detect::kLogs, "logs"},
        {detect::kCalls, "calls"},
        {detect::kChanges, "changes"},
        {detect::kPrices, "prices"},
        {detect::kWithdrawals, "withdrawals"},
        {detect::kLiabilities, "liabilities"},
        {detect::kSigning, "signing"},
        {detect::kAlerts, "alerts"},
        {detect::kWallets, "wallets"},
        {detect::kLabels, "labels"},
    }};
    Texts words;
    for (const auto& [bit, word] : kInputs)
        if (needs & bit) words.emplace_back(word);
    return words;
}

std::string joined(const Texts& texts) {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
    return all;
}

std::string detectors_text() {
    Table table{{{"detector", Table::Align::kLeft, false, true},
                 {"severity"},
                 {"stage"},
                 {"sees", Table::Align::kLeft, true, true},
                 {"needs", Table::Align::kLeft, true, true}}};
    for (const detect::Maker& maker : detect::detectors()) {
        const detect::Descriptor& each = *maker.descriptor;
        table.add({std::string{each.id}, std::string{to_string(each.severity)},
                   std::string{to_string(each.stage)}, std::string{each.title},
                   joined(inputs_of(each.needs))});
    }
    return table.render(terminal_width());
}

/// A detector's parameters, as a configuration may set them; empty when there is none of that id.
std::string detector_text(std::string_view id) {
    for (const detect::Maker& maker : detect::detectors()) {
        const detect::Descriptor& each = *maker.descriptor;
        if (each.id != id) continue;
        std::string text = format(
            "{} — {}\n  {} at worst, stage {}; needs {}\n  its page: docs/detectors/{}-{}.md\n",
            each.id, each.title, to_string(each.severity), to_string(each.stage),
            joined(inputs_of(each.needs)), each.id, each.name);
        for (const detect::Parameter& parameter : each.parameters)
            text += format("  {} = {}  ({} to {}): {}\n", parameter.name, parameter.value,
                           parameter.min, parameter.max, parameter.meaning);
        return text;
    }
    return {};
}

void write_detectors(report::JsonWriter& json) {
    json.key("detectors").begin_array();
    for (const detect::Maker& maker : detect::detectors()) {
        const detect::Descriptor& each = *maker.descriptor;
        json.new_line()
            .begin_object()
            .field("id", each.id)
            .field("name", each.name)
            .field("title", each.title)
            .field("severity", to_string(each.severity))
            .field("stage", to_string(each.stage));
        write_list(json, "needs", inputs_of(each.needs));
        json.key("parameters").begin_array();
        for (const detect::Parameter& parameter : each.parameters)
            json.begin_object()
                .field("name", parameter.name)
                .field("meaning", parameter.meaning)
                .field("value", parameter.value)
                .field("min", parameter.min)
                .field("max", parameter.max)
                .end_object();
        json.end_array().end_object();
    }
    json.end_array();
}

std::string rules_json(const std::vector<detect::RuleInfo>& rules,
                       const std::vector<chain::Diagnostic>& problems) {
    std::string text;
    const report::Sink sink = [&text](std::string_view part) -> Status {
        text += part;
        return {};
    };
    report::JsonWriter json{sink};
    json.begin_object().field("v", 1U).field("kind", "watch.rules").key("data").begin_object();
    write_detectors(json);
    json.key("rules").begin_array();
    for (const detect::RuleInfo& rule : rules) write_rule(json, rule);
    json.end_array().key("problems").begin_array();
    for (const chain::Diagnostic& one : problems)
        json.new_line()
            .begin_object()
            .field("file", one.file)
            .field("line", uint64_t{one.line})
            .field("column", uint64_t{one.column})
            .field("code", to_string(one.code))
            .field("message", one.message)
            .field("hint", one.hint)
            .field("warning", one.warning)
            .end_object();
    json.end_array().end_object().key("warnings").begin_array().end_array();
    json.field("incomplete", false).end_object();
    static_cast<void>(json.finish());  // A string takes everything.
    return text + "\n";
}

std::string list_text(const std::vector<detect::RuleInfo>& rules) {
    Table table{{{"rule", Table::Align::kLeft, false, true},
                 {"id", Table::Align::kLeft, false, true},
                 {"severity"},
                 {"event"},
                 {"says", Table::Align::kLeft, true, true},
                 {"", Table::Align::kLeft, false, true}}};
    for (const detect::RuleInfo& rule : rules)
        table.add({rule.name, rule.detector, std::string{to_string(rule.severity)}, rule.event,
                   printable(rule.desc), rule.enabled ? "" : "off"});
    return table.render(terminal_width());
}

std::string explain_text(const std::vector<detect::RuleInfo>& rules) {
    std::string text;
    for (const detect::RuleInfo& rule : rules) {
        std::string fields;
        for (const std::string& field : rule.fields) fields += (fields.empty() ? "" : ", ") + field;
        text += format("{}{} — {}\n  {}\n  from {}:{}{}\n  reads {}\n", text.empty() ? "" : "\n",
                       rule.name, printable(rule.desc), printable(rule.words), rule.file, rule.line,
                       rule.enabled ? "" : ", switched off", fields);
    }
    return text;
}

}  // namespace

bool asks_about_rules(const Args& args) {
    return args.has("validate") || args.has("list") || args.has("explain") || args.has("schema");
}

Result<int> tell_about_rules(const Args& args, const Session& session) {
    if (args.has("schema")) {
        CORDON_TRY(print(detect::rules_schema()));
        return kClean;
    }
    CORDON_TRY(const detect::CompiledRules compiled,
               engine::compile_rule_files(args.all("rules"), args.get("config")));
    std::vector<detect::RuleInfo> rules;
    if (compiled.ok()) {
        rules = detect::list_rules(*compiled.program);
        if (args.has("explain")) {
            const std::string asked = args.get("explain");
            const std::string detector = detector_text(asked);
            if (!detector.empty() && session.format != Format::kJson) {
                CORDON_TRY(print(detector));
                return kClean;
            }
            if (detector.empty()) {
                CORDON_TRY(rules, detect::explain_rule(*compiled.program, asked));
            }
        }
    }
    if (session.format == Format::kJson) {
        CORDON_TRY(print(rules_json(rules, compiled.diagnostics)));
        return compiled.ok() ? kClean : kBadInput;
    }
    std::string problems;
    for (const chain::Diagnostic& one : compiled.diagnostics) problems += to_string(one) + "\n";
    if (!compiled.ok() || args.has("validate")) {
        CORDON_TRY(print(problems));
        if (!compiled.ok()) return kBadInput;
        CORDON_TRY(print(format("{} rules, no error\n", rules.size())));
        return kClean;
    }
    CORDON_TRY(print(args.has("explain") ? explain_text(rules)
                                         : detectors_text() + "\n" + list_text(rules)));
    return kClean;
}

std::string backtest_text(const engine::WatchResult& result) {
    Table table{{{"rule", Table::Align::kLeft, true, true},
                 {"events", Table::Align::kRight},
                 {"matched", Table::Align::kRight},
                 {"alerts", Table::Align::kRight},
                 {"a day", Table::Align::kRight},
                 {"per M transfers", Table::Align::kRight}}};
    const auto rate = [](const std::optional<double>& value) {
        return value ? format("{:.2f}", *value) : std::string{"-"};
    };
    for (std::size_t i = 0; i < result.rules.size(); ++i) {
        const detect::RuleMetrics& rule = result.rules[i];
        const detect::BacktestRow& row = result.backtest[i];
        table.add({rule.name, format_count(rule.events), format_count(rule.matched),
                   format_count(rule.alerts), rate(row.per_day), rate(row.per_million_transfers)});
    }
    return table.render(terminal_width());
}

void write_rule_metrics(report::JsonWriter& json, const detect::RuleMetrics& metrics,
                        const detect::BacktestRow& backtest) {
    json.begin_object()
        .field("name", metrics.name)
        .field("events", metrics.events)
        .field("matched", metrics.matched)
        .field("alerts", metrics.alerts)
        .field("nanoseconds", metrics.nanoseconds);
    if (backtest.per_day) json.field("per_day", *backtest.per_day);
    if (backtest.per_million_transfers)
        json.field("per_million_transfers", *backtest.per_million_transfers);
    json.end_object();
}

}  // namespace cordon::cli
