// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <chrono>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/engine/courier.hpp>
#include <cordon/engine/risk.hpp>
#include <cordon/engine/tier_check.hpp>

#include <cordon/server/serve.hpp>

#include "exit_code.hpp"
#include "guard_world.hpp"
#include "output.hpp"
#include "serve_config.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Result<int> serve(const Args& args, const Session& session) {
    CORDON_TRY(const engine::ServeConfig config, config_of(args));
    using State = server::SystemFacts::Check::State;
    bool all_good = true;
    boost::json::array rows;
    Table table{{{""},
                 {"WHAT"},
                 {"FOUND", Table::Align::kLeft, true, true},
                 {"TO MEND", Table::Align::kLeft, true, true}}};
    for (const auto& each : server::check_serve(config)) {
        constexpr std::array<std::pair<const char*, const char*>, 3> kWords{
            {{"✓", "good"}, {"!", "warning"}, {"✗", "bad"}}};
        const auto& [sign, word] = kWords[static_cast<std::size_t>(each.state)];
        all_good &= each.state != State::kBad;
        table.add({sign, each.name, printable(each.detail), printable(each.fix)});
        rows.push_back(boost::json::object{
            {"name", each.name}, {"state", word}, {"detail", each.detail}, {"fix", each.fix}});
    }
    if (session.format == Format::kTable)
        CORDON_TRY(print(table.render(terminal_width())));
    else
        CORDON_TRY(print(envelope("doctor", boost::json::object{{"checks", rows}})));
    return all_good ? kClean : kFound;
}

Result<int> alerts(const Args& args, const Session& session) {
    if (!args.has("sinks"))
        return fail(ErrorCode::kInvalidParam, "--sinks FILE is missing: which sinks?");
    CORDON_TRY(const InputFile file, input_file(args.get("sinks")));
    CORDON_TRY(const auto sinks, engine::parse_sinks(file));
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    std::vector<std::pair<std::string, Status>> results;
    if (args.has("send-test"))
        results = engine::send_test(sinks, now);
    else
        for (const engine::SinkSettings& sink : sinks) results.emplace_back(sink.name, Status{});

    bool all_good = true;
    boost::json::array rows;
    Table table{{{"SINK"}, {"TYPE"}, {"RESULT", Table::Align::kLeft, true, true}}};
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& [name, sent] = results[i];
        all_good &= sent.has_value();
        const std::string word = !sent                   ? sent.error().message
                                 : args.has("send-test") ? "sent"
                                                         : "settings are good";
        const std::string_view type = to_string(sinks[i].type);
        table.add({name, std::string{type}, printable(word)});
        rows.push_back(boost::json::object{
            {"sink", name}, {"type", type}, {"ok", sent.has_value()}, {"result", word}});
    }
    if (session.format == Format::kTable)
        CORDON_TRY(print(table.render(terminal_width())));
    else
        CORDON_TRY(print(envelope("doctor.alerts", boost::json::object{{"sinks", rows}})));
    return all_good ? kClean : kFound;
}

/// Whether refills wait as long as the tiers say.
Result<int> tiers(const Args& args, const Session& session) {
    for (const std::string_view flag : {"tiers", "policy-file"})
        if (!args.has(flag))
            return fail(ErrorCode::kInvalidParam, format("--{} FILE is missing", flag));
    const auto text_of = [&](std::string_view flag) -> Result<std::string> {
        CORDON_TRY(const Bytes bytes, read_file(args.get(flag)));
        return std::string{bytes.begin(), bytes.end()};
    };
    CORDON_TRY(const std::string config, text_of("tiers"));
    CORDON_TRY(const wallet::TierConfig parsed, wallet::parse_tiers(config, args.get("tiers")));
    CORDON_TRY(const std::string yaml, text_of("policy-file"));
    const auto policy = guard::Policy::compile(yaml, args.get("policy-file")).policy;
    if (!policy)
        return fail(ErrorCode::kMalformed,
                    "the policy has errors; cordon guard policy validate tells them");
    CORDON_TRY(const auto world, open_guard_world(args, session));
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    bool all_good = true;
    boost::json::array rows;
    Table table{{{"TIER"}, {"STATE"}, {"RESULT", Table::Align::kLeft, true, true}}};
    for (const engine::TierCheck& each : engine::check_tiers(parsed, *policy, *world, now)) {
        all_good &= each.good;
        table.add({each.tier, each.good ? "good" : "bad", printable(each.text)});
        rows.push_back(
            boost::json::object{{"tier", each.tier}, {"ok", each.good}, {"result", each.text}});
    }
    if (session.format == Format::kTable)
        CORDON_TRY(print(table.render(terminal_width())));
    else
        CORDON_TRY(print(envelope("doctor.tiers", boost::json::object{{"tiers", rows}})));
    return all_good ? kClean : kFound;
}

Result<int> run_doctor(const Args& args, const Session& session) {
    const std::string word = args.operands().size() == 1 ? args.operands().front() : "";
    if (word == "alerts") return alerts(args, session);
    if (word == "serve") return serve(args, session);
    if (word == "tiers") return tiers(args, session);
    return fail(ErrorCode::kInvalidParam,
                "what shall be looked at? There is: serve, alerts, tiers");
}

}  // namespace

Command doctor_command() {
    Command command{
        .name = "doctor",
        .summary = "check what must work at three in the morning",
        .usage =
            "serve --config FILE | alerts --sinks FILE [--send-test] | tiers --tiers FILE "
            "--policy-file FILE",
        .about =
            "serve: what serve.yaml needs and does not have, with the way to mend it: files, "
            "rules, "
            "policy, nodes that answer, space, lists. "
            "alerts: reads the settings of sinks (docs/formats/sinks.md) and their "
            "secrets; with --send-test it sends a test alert to each. Exit code 1: one "
            "does not work. tiers: whether the policy makes the largest refill of each tier "
            "wait as long as docs/formats/tiers.md says; --ledger and --known say whose wallets "
            "they are and what money is worth.",
        .flags = {{"config", "FILE", "What cordon serve is given", {}, 'c'},
                  {"sinks", "FILE", "The settings that cordon watch --sinks is given"},
                  {"send-test", "", "Send a test alert to every sink"},
                  {"tiers", "FILE", "The tiers that cordon wallet is given"},
                  {"policy-file", "FILE", "The policy of the gate"}},
        .examples = {"cordon doctor serve --config serve.yaml",
                     "cordon doctor alerts --sinks sinks.yaml --send-test",
                     "cordon doctor tiers --tiers tiers.yaml --policy-file policy.yaml --known "
                     "wallets:ours.csv"},
        .takes_operands = true,
        .run = run_doctor};
    for (Flag& flag : guard_world_flags()) command.flags.push_back(std::move(flag));
    return command;
}

}  // namespace cordon::cli
