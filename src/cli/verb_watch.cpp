// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdio>

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/engine/watch.hpp>
#include <cordon/feed/open.hpp>
#include <cordon/report/alert_json.hpp>

#include "alert_text.hpp"
#include "exit_code.hpp"
#include "log_book.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"
#include "watch_rules.hpp"

namespace cordon::cli {
namespace {

Result<uint64_t> count_of(const Args& args, std::string_view flag) {
    const std::string text = args.get(flag);
    uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end != text.data() + text.size() || count == 0)
        return fail(ErrorCode::kInvalidParam,
                    format("--{}: expected a number from 1, found \"{}\"", flag, printable(text)));
    return count;
}

Result<engine::WatchRequest> request_of(const Args& args) {
    engine::WatchRequest request;
    request.sources = args.operands();
    if (request.sources.empty())
        return fail(ErrorCode::kInvalidParam,
                    "no SOURCE given: what shall be watched? For example evm-rpc:URL of a node, or "
                    "--replay transfers:theft.csv");
    request.ledger = args.get("ledger");
    request.append = args.has("append");
    request.config = args.get("config");
    request.rules = args.all("rules");
    request.state = args.get("state");
    request.metrics = args.get("metrics");
    CORDON_TRY(request.checkpoint_blocks, count_of(args, "checkpoint-blocks"));
    if (args.has("sinks")) {
        CORDON_TRY(const InputFile file, input_file(args.get("sinks")));
        CORDON_TRY(request.sinks, engine::parse_sinks(file));
        request.now = [] {
            return std::chrono::time_point_cast<std::chrono::milliseconds>(
                std::chrono::system_clock::now());
        };
    }
    if (args.has("chain")) {
        const auto chain = parse_chain(args.get("chain"));
        if (!chain) return fail(ErrorCode::kInvalidParam, "--chain: " + chain.error().message);
        request.chain = *chain;
    }
    if (args.has("speed")) {
        const std::string text = args.get("speed");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), request.speed);
        if (error != std::errc{} || end != text.data() + text.size() || !(request.speed > 0))
            return fail(ErrorCode::kInvalidParam,
                        format("--speed {}: expected a number above 0: 1 is as fast as it "
                               "happened, 60 a minute in a second",
                               printable(text)));
    }
    return request;
}

std::string progress_text(const engine::WatchProgress& at, double seconds) {
    std::vector<LinePart> parts{{"watch", 2}};
    if (at.bytes_total != 0) {
        const double share =
            static_cast<double>(at.bytes_read) / static_cast<double>(at.bytes_total);
        parts.push_back({bar(std::min(share, 1.0), 12), 4});
        parts.push_back({format("{:.0f} %", std::min(share, 1.0) * 100), 0});
    }
    if (at.blocks > 0) {
        parts.push_back({format("{} block {}", to_string(at.chain), format_count(at.height)), 0});
        parts.push_back({format_rfc3339(at.time), 3});
        if (seconds > 0)
            parts.push_back(
                {format_rate(static_cast<double>(at.transfers) / seconds) + " transfers/s", 1});
    }
    for (std::size_t i = at.alerts.size(); i-- > 0;)
        if (at.alerts[i] > 0)
            parts.push_back(
                {format("{} {}", format_count(at.alerts[i]), to_string(static_cast<Severity>(i))),
                 0});
    return join_parts(parts, terminal_width() - 1);
}

std::string summary_text(const engine::WatchResult& result) {
    const engine::WatchProgress& done = result.done;
    std::string alerts;
    for (std::size_t i = done.alerts.size(); i-- > 0;)
        if (done.alerts[i] > 0)
            alerts += format("{}{} {}", alerts.empty() ? "" : ", ", format_count(done.alerts[i]),
                             to_string(static_cast<Severity>(i)));
    return format("{}{} blocks, {} txns, {} transfers; alerts: {}{}{}\n",
                  result.incomplete ? "interrupted after " : "", format_count(done.blocks),
                  format_count(done.txns), format_count(done.transfers),
                  alerts.empty() ? "none" : alerts,
                  done.retracted == 0 ? "" : format("; {} retracted", done.retracted),
                  done.suppressed == 0 ? "" : format("; {} suppressed", done.suppressed));
}

std::string result_json(const engine::WatchResult& result,
                        const std::vector<records::StoredAlert>& alerts) {
    std::string text;
    const report::Sink sink = [&text](std::string_view part) -> Status {
        text += part;
        return {};
    };
    report::JsonWriter json{sink};
    json.begin_object().field("v", 1U).field("kind", "watch.result").key("data").begin_object();
    json.key("alerts").begin_array();
    for (const records::StoredAlert& alert : alerts) {
        json.new_line();
        report::write_alert(json, alert);
    }
    json.end_array();
    json.field("blocks", result.done.blocks)
        .field("txns", result.done.txns)
        .field("transfers", result.done.transfers)
        .field("retracted", result.done.retracted)
        .field("suppressed", result.done.suppressed);
    json.key("detectors").begin_array();
    for (const detect::DetectorMetrics& each : result.detectors) {
        json.new_line()
            .begin_object()
            .field("id", each.id)
            .field("events", each.events)
            .field("alerts", each.alerts)
            .field("skipped", each.skipped)
            .field("entries", each.entries)
            .field("bytes", each.bytes)
            .field("evictions", each.evictions)
            .field("nanoseconds", each.nanoseconds)
            .end_object();
    }
    json.end_array().key("rules").begin_array();
    for (std::size_t i = 0; i < result.rules.size(); ++i) {
        json.new_line();
        write_rule_metrics(json, result.rules[i], result.backtest[i]);
    }
    json.end_array().end_object().key("warnings").begin_array();
    for (const std::string& warning : result.warnings) json.value(warning);
    json.end_array().field("incomplete", result.incomplete).end_object();
    static_cast<void>(json.finish());  // A string takes everything.
    return text + "\n";
}

/// What the alerts to come are judged by.
Result<boost::json::object> settings_json(const engine::WatchRequest& request,
                                          const std::vector<detect::RuleText>& rules) {
    boost::json::object settings;
    if (!request.config.empty()) {
        CORDON_TRY(settings["config"], file_facts(request.config));
    }
    if (!request.ledger.empty()) settings["ledger"] = request.ledger;
    boost::json::array files;
    for (const detect::RuleText& each : rules) files.push_back(text_facts(each.name, each.text));
    settings["rules"] = std::move(files);
    return settings;
}

Result<int> run_watch(const Args& args, const Session& session) {
    if (asks_about_rules(args)) return tell_about_rules(args, session);
    CORDON_TRY(const engine::WatchRequest request, request_of(args));
    CORDON_TRY(LogBook book, LogBook::open(args));
    ProgressLine line{session};
    std::vector<records::StoredAlert> kept;  // For json, which is one document.
    engine::WatchHooks hooks;
    hooks.cancel = session.cancel;
    hooks.progress = [&](const engine::WatchProgress& at) {
        if (line.due()) line.show(progress_text(at, line.seconds()));
        // What does not work shows when the next alert, or the end, is written.
        static_cast<void>(book.publish(false));
    };
    hooks.warning = [&](const std::string& warning) {
        line.clear();
        if (!session.quiet) print_warnings({warning});
    };
    // A live watch has nothing to show until something happens; that nobody is watched must show.
    const bool is_live = std::any_of(request.sources.begin(), request.sources.end(), feed::is_live);
    hooks.wallets = [&](const std::vector<WalletAddress>& wallets) {
        if (!is_live || session.quiet) return;
        std::fputs(wallets.empty()
                       ? "watching; no address is known to be yours, so what leaves you is not "
                         "told: --config FILE says which are (docs/formats/watch-config.md)\n"
                       : format("watching; {} addresses are yours\n", format_count(wallets.size()))
                             .c_str(),
                   stderr);
    };
    hooks.resumed = [&](const engine::WatchResumed& from) {
        if (!session.quiet)
            std::fputs(format("going on after event {}; alerts are known up to event {}\n",
                              format_count(from.events), format_count(from.alerts_through))
                           .c_str(),
                       stderr);
    };
    hooks.rules = [&](const std::vector<detect::RuleText>& rules) -> Status {
        CORDON_TRY(const auto settings, settings_json(request, rules));
        return book.write("watch.settings", settings);
    };
    hooks.alert = [&](const records::StoredAlert& stored) -> Status {
        CORDON_TRY(book.write_line(report::alert_line(stored)));  // Before anybody hears of it.
        switch (session.format) {
            case Format::kJson: kept.push_back(stored); return {};
            case Format::kJsonl: return print(report::alert_line(stored));
            default:
                line.clear();
                return print(alert_text(stored, terminal_width(), session.color));
        }
    };
    CORDON_TRY(const engine::WatchResult result, engine::watch(request, hooks));
    line.clear();
    CORDON_TRY(book.publish(true));
    if (session.format == Format::kJson) {
        CORDON_TRY(print(result_json(result, kept)));
    } else if (!session.quiet) {
        print_warnings(result.warnings);
        std::fputs(summary_text(result).c_str(), stderr);
    }
    if (args.has("backtest") && session.format == Format::kTable)
        CORDON_TRY(print(backtest_text(result)));
    if (result.incomplete) return kInterrupted;
    for (const uint64_t count : result.done.alerts)
        if (count > 0) return kFound;
    return kClean;
}

}  // namespace

Command watch_command() {
    Command command{
        .name = "watch",
        .summary = "raise alerts while a theft is prepared or runs",
        .usage = "[--replay] SOURCE… [--ledger DIR] [--rules PATH]…",
        .about =
            "Runs all detectors over blocks and other events, and prints each alert as it is "
            "found. SOURCE is a node, evm-rpc:URL[,URL…] or btc-rpc:URL[,URL…], where URL may be "
            "env:NAME, tail:FILE, events that somebody appends, or guard:DIR, what a gate lets "
            "through (docs/user/live.md); or what "
            "ingest takes, read side by side in the order of their times. labels:, assets:, "
            "prices: and wallets: say what is known beside the "
            "stream, as does the ledger of --ledger, of which only what lies before the first "
            "block of the stream is looked at. The same sources give the same alerts, byte for "
            "byte. With --format jsonl each line is one alert (docs/formats/alert.md). Exit code "
            "1: there were alerts.",
        .flags =
            {{"replay", "", "Read files as if they happened now"},
             {"ledger", "DIR", "What is known: labels, prices, wallets and history", {}, 'l'},
             {"append", "",
              "Adds every block of live sources to the ledger, which is made if missing"},
             {"config", "FILE", "What is ours and what we guard (docs/formats/watch-config.md)"},
             {"rules",
              "PATH",
              "A rule file or a directory of them (docs/formats/rules.md), beside the shipped "
              "ones; several times",
              {},
              0,
              true},
             {"validate", "", "Only check the rules"},
             {"list", "", "Only list the detectors and the rules"},
             {"explain", "RULE",
              "Only tell what a rule or a detector reads, how it is found and what it says"},
             {"schema", "", "Only print the JSON schema of rule files, for editors"},
             {"backtest", "",
              "At the end, the alerts of each rule per day and per million "
              "transfers"},
             {"state", "DIR",
              "Keeps alerts and goes on where it was after an end or a crash; made when "
              "missing"},
             {"checkpoint-blocks", "N", "Blocks between checkpoints of --state, at least", "256"},
             {"sinks", "FILE", "Where alerts go besides this terminal (docs/formats/sinks.md)"},
             {"metrics", "FILE", "Written every 5 seconds for Prometheus"},
             {"chain", "CHAIN", "Chain of sources that do not say it: btc, eth, bsc, …"},
             {"speed", "N",
              "Event seconds in a second, e.g. 60; as fast as possible when not given"}},
        .examples = {"cordon watch evm-rpc:ws://127.0.0.1:8545 --config watch.yaml --state watch",
                     "cordon watch --replay transfers:theft.csv wallets:wallets.csv "
                     "prices:prices.csv",
                     "cordon watch --replay evm-etl:export/ --ledger led --format jsonl"},
        .takes_operands = true,
        .run = run_watch};
    for (Flag& flag : log_book_flags()) command.flags.push_back(std::move(flag));
    return command;
}

}  // namespace cordon::cli
