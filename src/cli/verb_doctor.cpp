// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <chrono>

#include <cordon/base/format.hpp>
#include <cordon/engine/courier.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Result<int> run_doctor(const Args& args, const Session& session) {
    if (args.operands().size() != 1 || args.operands().front() != "alerts")
        return fail(ErrorCode::kInvalidParam, "what shall be looked at? There is: alerts");
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

}  // namespace

Command doctor_command() {
    return {.name = "doctor",
            .summary = "check what must work at three in the morning",
            .usage = "alerts --sinks FILE [--send-test]",
            .about =
                "alerts: reads the settings of sinks (docs/formats/sinks.md) and their "
                "secrets; with --send-test it sends a test alert to each. Exit code 1: one "
                "does not work.",
            .flags = {{"sinks", "FILE", "The settings that cordon watch --sinks is given"},
                      {"send-test", "", "Send a test alert to every sink"}},
            .examples = {"cordon doctor alerts --sinks sinks.yaml --send-test"},
            .takes_operands = true,
            .run = run_doctor};
}

}  // namespace cordon::cli
