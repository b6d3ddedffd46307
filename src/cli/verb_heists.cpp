// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/heists/replay.hpp>

#include "exit_code.hpp"
#include "heists_requests.hpp"
#include "heists_stats.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using heists::Facts;
using heists::Outcome;
using heists::Summary;

value seen_json(const std::optional<heists::Seen>& seen) {
    if (!seen) return nullptr;
    return object{{"time", format_rfc3339(seen->time)},
                  {"detector", seen->detector},
                  {"severity", to_string(seen->severity)},
                  {"reason", seen->reason}};
}

object run_json(const Outcome& run) {
    array wrong;
    for (const heists::Seen& seen : run.seen)
        if (!seen.hit && seen.time < run.first_theft) wrong.push_back(seen_json(seen));
    array blind;
    for (const std::string& id : run.blind) blind.emplace_back(id);
    return {{"seed", run.seed},
            {"begin", format_rfc3339(run.begin)},
            {"first_step", format_rfc3339(run.first_step)},
            {"first_theft", format_rfc3339(run.first_theft)},
            {"stolen_usd", format_usd(run.stolen)},
            {"stolen_cents", run.stolen},
            {"first", seen_json(run.first)},
            {"first_on_chain", seen_json(run.first_on_chain)},
            {"lead_seconds", run.first ? value(run.lead) : value(nullptr)},
            {"in_time", run.in_time},
            {"saveable", run.saveable},
            {"false_criticals", run.criticals},
            {"false_highs", run.highs},
            {"false_alerts", std::move(wrong)},
            {"wallet_months", run.wallet_months},
            {"txns", run.txns},
            {"not_run", std::move(blind)}};
}

object summary_json(const Summary& summary) {
    array runs;
    for (const Outcome& run : summary.runs) runs.push_back(run_json(run));
    const Facts& facts = *summary.facts;
    return {{"row", facts.row},
            {"name", facts.name},
            {"victim", facts.victim},
            {"signal", to_string(facts.signal)},
            {"detector", summary.detector},
            {"in_time", summary.in_time},
            {"lead_seconds", summary.lead ? value(*summary.lead) : value(nullptr)},
            {"saveable", summary.saveable},
            {"false_criticals_per_wallet_month", summary.criticals_per_month},
            {"false_highs_per_wallet_month", summary.highs_per_month},
            {"runs", std::move(runs)}};
}

}  // namespace

std::string lead_text(std::optional<int64_t> lead) {
    if (!lead) return "–";
    const int64_t size = std::abs(*lead);
    const char sign = *lead < 0 ? '+' : '-';
    if (*lead == 0) return "same block";
    if (size >= 2 * 86'400) return format("{}{:.1f} d", sign, static_cast<double>(size) / 86'400);
    if (size >= 2 * 3'600) return format("{}{:.1f} h", sign, static_cast<double>(size) / 3'600);
    if (size >= 120) return format("{}{} min", sign, size / 60);
    return format("{}{} s", sign, size);
}

namespace {

constexpr uint64_t kMostRuns = 1'000, kMostSeed = uint64_t{1} << 53;

Status print_summaries(const std::vector<Summary>& all) {
    Table table{{{"#", Table::Align::kRight},
                 {"HEIST"},
                 {"SIGNAL"},
                 {"FIRST"},
                 {"ALERT AT", Table::Align::kRight},
                 {"IN TIME"},
                 {"SAVEABLE", Table::Align::kRight},
                 {"FALSE CRIT. / MONTH", Table::Align::kRight},
                 {"WHY", Table::Align::kLeft, true, true}}};
    std::size_t in_time = 0, half = 0;
    constexpr double kHalf = 0.5;
    for (const Summary& each : all) {
        std::string why;
        for (const Outcome& run : each.runs)
            if (run.first && run.first->detector == each.detector && why.empty())
                why = run.first->reason;
        in_time += each.in_time ? 1 : 0;
        half += each.saveable >= kHalf ? 1 : 0;
        table.add({format("{}", each.facts->row), each.facts->name,
                   std::string{to_string(each.facts->signal)},
                   each.detector.empty() ? "–" : each.detector, lead_text(each.lead),
                   each.in_time ? "yes" : "no", format("{:.0f} %", each.saveable * 100),
                   format("{:.2f}", each.criticals_per_month), printable(why)});
    }
    CORDON_TRY(print(table.render(terminal_width())));
    if (all.size() < 2) return {};
    return print(
        format("\n{} of {} with an alert before the first loss or in its block; {} of {} "
               "with half of the value still to be saved\n",
               in_time, all.size(), half, all.size()));
}

Status print_csv(const std::vector<Summary>& all) {
    CORDON_TRY(
        print("row,name,signal,seed,detector,lead_seconds,in_time,saveable,stolen_cents,"
              "false_criticals,false_highs,wallet_months\n"));
    for (const Summary& each : all)
        for (const Outcome& run : each.runs)
            CORDON_TRY(
                print(format("{},{},{},{},{},{},{},{:.4f},{},{},{},{:.3f}\n", run.row, run.name,
                             to_string(run.signal), run.seed, run.first ? run.first->detector : "",
                             run.first ? format("{}", run.lead) : "", run.in_time, run.saveable,
                             run.stolen, run.criticals, run.highs, run.wallet_months)));
    return {};
}

Result<uint64_t> number_of(const Args& args, std::string_view flag, uint64_t most) {
    const std::string text = args.get(flag);
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > most)
        return fail(ErrorCode::kInvalidParam,
                    format("--{} {}: expected a number from 0 to {}", flag, printable(text), most));
    return number;
}

Status write_file(const std::string& path, const std::string& text) {
    std::ofstream file{path, std::ios::binary};
    file << text;
    file.close();
    if (!file) return fail(ErrorCode::kIo, format("{}: could not be written", printable(path)));
    return {};
}

Result<int> replay(const heists::Library& library, const std::string& name, const Args& args,
                   const Session& session) {
    CORDON_TRY(const uint64_t seed, number_of(args, "seed", kMostSeed));
    CORDON_TRY(const uint64_t runs, number_of(args, "runs", kMostRuns));
    std::vector<const Facts*> chosen;
    for (const Facts& facts : library.heists)
        if (name == "all" || name == facts.name) chosen.push_back(&facts);
    if (args.has("svg") && chosen.size() != 1)
        return fail(ErrorCode::kInvalidParam, "--svg draws one heist: name it instead of \"all\"");
    std::vector<Summary> all;
    for (const Facts* facts : chosen) {
        CORDON_TRY(Summary summary,
                   heists::replay_seeds(library.common, *facts, seed, std::max<uint64_t>(runs, 1),
                                        session.cancel));
        if (args.has("svg"))
            CORDON_TRY(
                write_file(args.get("svg"), heists::timeline_svg(*facts, summary.runs.front())));
        all.push_back(std::move(summary));
        if (session.format == Format::kJsonl)
            CORDON_TRY(print(envelope("heists.replay", summary_json(all.back()))));
    }
    if (session.format == Format::kJson) {
        array rows;
        for (const Summary& each : all) rows.push_back(summary_json(each));
        CORDON_TRY(print(envelope("heists.replay", object{{"heists", std::move(rows)}})));
    }
    if (session.format == Format::kCsv) CORDON_TRY(print_csv(all));
    if (session.format == Format::kTable) CORDON_TRY(print_summaries(all));
    return kClean;
}

Result<int> stats(const heists::Library& library, const Args& args, const Session& session) {
    CORDON_TRY(const uint64_t seed, number_of(args, "seed", kMostSeed));
    CORDON_TRY(uint64_t runs, number_of(args, "runs", kMostRuns));
    runs = std::max<uint64_t>(runs, 1);
    std::vector<Summary> all;
    for (const Facts& facts : library.heists) {
        CORDON_TRY(Summary summary,
                   heists::replay_seeds(library.common, facts, seed, runs, session.cancel));
        summary.runs.clear();  // Their alerts are not looked at.
        all.push_back(std::move(summary));
    }
    const heists::Stats found = heists::stats_of(all);
    const std::string basis =
        runs == 1 ? format("As replayed with seed {}; losses as their sources give them", seed)
                  : format(
                        "Medians of replays with seeds {} to {}; losses as their sources give "
                        "them",
                        seed, seed + runs - 1);
    if (args.has("svg")) CORDON_TRY(write_file(args.get("svg"), heists::stats_svg(found, basis)));
    CORDON_TRY(print_heist_stats(found, basis, session));
    return kClean;
}

object facts_json(const Facts& facts) {
    object sources;
    for (const auto& [key, words] : facts.sources) sources[key] = words;
    array steps;
    for (const heists::Step& step : facts.steps)
        steps.push_back(object{{"time", format_rfc3339(step.at)},
                               {"do", to_string(step.verb)},
                               {"theft", step.theft},
                               {"asset", step.asset},
                               {"amount", step.amount},
                               {"sure", to_string(step.sure)},
                               {"source", step.source},
                               {"fact", step.fact}});
    return {{"row", facts.row},
            {"name", facts.name},
            {"victim", facts.victim},
            {"kind", to_string(facts.kind)},
            {"loss_usd", facts.loss},
            {"vintage", facts.vintage},
            {"signal", to_string(facts.signal)},
            {"signed_by", to_string(facts.signed_by)},
            {"story", facts.story},
            {"sources", std::move(sources)},
            {"steps", std::move(steps)}};
}

Result<int> list(const heists::Library& library, const Session& session) {
    if (session.format == Format::kJson || session.format == Format::kJsonl) {
        array rows;
        for (const Facts& facts : library.heists) {
            if (session.format == Format::kJsonl)
                CORDON_TRY(print(envelope("heists.facts", facts_json(facts))));
            rows.push_back(facts_json(facts));
        }
        if (session.format == Format::kJson)
            CORDON_TRY(print(envelope("heists.list", object{{"heists", std::move(rows)}})));
        return kClean;
    }
    if (session.format == Format::kCsv) {
        CORDON_TRY(print("row,name,date,loss_usd,kind,signal\n"));
    }
    Table table{{{"#", Table::Align::kRight},
                 {"NAME"},
                 {"DATE"},
                 {"LOSS", Table::Align::kRight},
                 {"KIND"},
                 {"SIGNAL BEFORE"},
                 {"VICTIM", Table::Align::kLeft, true, true}}};
    for (const Facts& facts : library.heists) {
        const auto theft = std::find_if(facts.steps.begin(), facts.steps.end(),
                                        [](const heists::Step& step) { return step.theft; });
        const std::string date = format_rfc3339(theft->at).substr(0, 10);
        if (session.format == Format::kCsv) {
            CORDON_TRY(print(format("{},{},{},{:.0f},{},{}\n", facts.row, facts.name, date,
                                    facts.loss, to_string(facts.kind), to_string(facts.signal))));
            continue;
        }
        table.add({format("{}", facts.row), facts.name, date,
                   format_usd(static_cast<Cents>(facts.loss * 100)),
                   std::string{to_string(facts.kind)}, std::string{to_string(facts.signal)},
                   facts.victim});
    }
    if (session.format == Format::kTable) CORDON_TRY(print(table.render(terminal_width())));
    return kClean;
}

Result<int> show(const Facts& facts, const Session& session) {
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("heists.facts", facts_json(facts))));
        return kClean;
    }
    CORDON_TRY(print(format("{} — {} ({})\n\n{}\n\n", facts.victim,
                            format_usd(static_cast<Cents>(facts.loss * 100)), facts.vintage,
                            facts.story)));
    Table table{{{"TIME"},
                 {"STEP"},
                 {"AMOUNT", Table::Align::kRight},
                 {"SURE"},
                 {"SOURCE"},
                 {"FACT", Table::Align::kLeft, true, true}}};
    for (const heists::Step& step : facts.steps)
        table.add({format_rfc3339(step.at),
                   format("{}{}", to_string(step.verb), step.theft ? " (theft)" : ""),
                   step.amount.empty() ? step.asset
                                       : format("{} {}", group_digits(step.amount), step.asset),
                   std::string{to_string(step.sure)}, step.source, step.fact});
    CORDON_TRY(print(table.render(terminal_width())));
    CORDON_TRY(print("\n"));
    for (const auto& [key, words] : facts.sources)
        CORDON_TRY(print(format("{}: {}\n", key, words)));
    return kClean;
}

Result<int> run_heists(const Args& args, const Session& session) {
    const auto& words = args.operands();
    if (words.empty())
        return fail(ErrorCode::kInvalidParam,
                    "what of the heists? list, stats, show NAME, replay NAME|all, requests [NAME]");
    if (words[0] == "stats" && words.size() == 2) {
        CORDON_TRY(const heists::Library others, heists::heists_in(words[1]));
        return stats(others, args, session);
    }
    CORDON_TRY(const heists::Library library, heists::shipped_heists());
    if (words[0] == "stats" && words.size() == 1) return stats(library, args, session);
    if (words[0] == "list" && words.size() == 1) return list(library, session);
    const bool is_replay = words[0] == "replay", is_requests = words[0] == "requests";
    if (is_requests && words.size() == 1)
        return run_heist_requests(library, nullptr, args, session);
    if ((words[0] != "show" && !is_replay && !is_requests) || words.size() != 2)
        return fail(ErrorCode::kInvalidParam,
                    format("heists {}: expected list, stats [DIR], show NAME, replay NAME|all, or "
                           "requests [NAME]",
                           printable(words[0])));
    const Facts* facts = library.find(words[1]);
    if (!facts && !(is_replay && words[1] == "all")) {
        std::string known;
        for (const Facts& each : library.heists) known += " " + each.name;
        return fail(ErrorCode::kNotFound,
                    format("there is no heist \"{}\"; known are:{}", printable(words[1]), known));
    }
    if (is_requests) return run_heist_requests(library, facts, args, session);
    return is_replay ? replay(library, words[1], args, session) : show(*facts, session);
}

}  // namespace

Command heists_command() {
    return {
        .name = "heists",
        .summary = "play past thefts before the detectors",
        .usage =
            "list | stats [DIR] | show NAME | replay NAME|all [--seed N] [--runs K] [--svg FILE] | "
            "requests [NAME] [--policy-file FILE]",
        .about =
            "Thirty thefts from 2011 to 2025, each as a stream made of its public facts: the "
            "house and its normal days, what could be seen before, the theft, what came after. "
            "replay tells which detector raised high or critical first, how long before or "
            "after the first loss, and how much could still be saved at that moment. Each seed "
            "shifts times and amounts; seed 0 plays the facts as they are. stats plays all of "
            "them, "
            "or those of a folder with files of the same form, and counts them by year, by whose "
            "keys signed and by what came first in public: losses, alerts in time, what could "
            "still be saved; --svg draws it. requests puts what was "
            "signed with keys of the house to a withdrawal policy: what it says before anybody "
            "signs, and how much of the value does not leave.",
        .flags = {{"seed", "N", "The first seed", "1"},
                  {"runs", "K", "How many seeds from there; figures are medians", "1"},
                  {"svg", "FILE",
                   "Draw the first run of one heist over time; of stats: all of them"},
                  {"policy-file", "FILE", "Of requests: the policy, instead of the shipped one"}},
        .examples = {"cordon heists list", "cordon heists stats --svg heists.svg",
                     "cordon heists show bybit", "cordon heists replay all --runs 5",
                     "cordon heists requests",
                     "cordon heists replay bybit --seed 0 --svg bybit.svg"},
        .takes_operands = true,
        .run = run_heists};
}

}  // namespace cordon::cli
