// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <functional>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/alert_desk.hpp>
#include <cordon/report/alert_json.hpp>

#include "alert_text.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using records::AlertPhase;
using records::AlertQuery;
using records::AlertStore;
using records::Incident;
using records::StoredAlert;

constexpr std::string_view kDeeds =
    "list, show, ack, investigate, close, reopen, assign, note, suppress, unsuppress, "
    "suppressions, "
    "incidents";

UnixMillis now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

Result<std::unique_ptr<AlertStore>> open_store(const Args& args, bool to_write) {
    if (!args.has("state"))
        return fail(ErrorCode::kInvalidParam,
                    "--state DIR is missing: the one that cordon watch was given");
    const std::string path = engine::alerts_path(args.get("state"));
    if (to_write) CORDON_TRY(AlertStore::open_read_only(path));  // Makes none by mistake.
    return to_write ? AlertStore::open(path) : AlertStore::open_read_only(path);
}

/// Who did it: --who, else the name of the login.
std::string who(const Args& args) {
    if (args.has("who")) return args.get("who");
    for (const char* name : {"SUDO_USER", "USER", "LOGNAME"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
    return "unknown";
}

Result<AlertQuery> query_of(const Args& args) {
    AlertQuery query;
    if (args.has("phase")) {
        CORDON_TRY(query.phase, records::parse_alert_phase(args.get("phase")));
    }
    if (args.has("min-severity")) {
        CORDON_TRY(query.at_least, parse_severity(args.get("min-severity")));
    }
    if (args.has("since")) {
        CORDON_TRY(query.since, parse_time(args.get("since")));
    }
    if (args.has("until")) {
        CORDON_TRY(query.until, parse_time(args.get("until")));
    }
    query.detector = args.get("detector");
    query.incident = args.get("incident");
    query.open = !args.has("all") && !query.phase;
    query.suppressed = query.repeats = query.retracted = args.has("all");
    const std::string text = args.get("limit");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.limit);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kInvalidParam,
                    format("--limit: expected a number, found \"{}\"", printable(text)));
    return query;
}

Status print_alerts(const std::vector<StoredAlert>& alerts, const Session& session) {
    if (session.format == Format::kJson) return print(report::alerts_document(alerts));
    if (session.format == Format::kJsonl) {
        for (const StoredAlert& stored : alerts) CORDON_TRY(print(report::alert_line(stored)));
        return {};
    }
    if (alerts.empty()) return print("no alerts\n");
    Table table{{{"SEVERITY"},
                 {"TIME"},
                 {"PHASE"},
                 {"WHO"},
                 {"WHAT", Table::Align::kLeft, true, true},
                 {"SUBJECT", Table::Align::kLeft, true},
                 {"USD", Table::Align::kRight},
                 {"COUNT", Table::Align::kRight},
                 {"ID"}}};
    for (const StoredAlert& stored : alerts) {
        const Alert& alert = stored.alert;
        table.add({severity_text(alert.severity, false), format_rfc3339(alert.time),
                   std::string{to_string(stored.phase)}, printable(stored.assignee),
                   format("{} {}", printable(alert.detector), printable(alert.title)),
                   stored.subject_label.empty() ? chain::display_address(alert.chain, alert.subject)
                                                : printable(stored.subject_label),
                   alert.usd ? format_usd(*alert.usd) : "",
                   stored.count > 1 ? format("x{}", stored.count) : "", alert.id});
    }
    return print(table.render(terminal_width()));
}

Status print_history(const std::vector<records::AlertStep>& history) {
    for (const records::AlertStep& step : history)
        CORDON_TRY(print(format("          {}  {}  {}{}\n", format_rfc3339(step.time),
                                printable(step.who), printable(step.what),
                                step.why.empty() ? "" : ": " + printable(step.why))));
    return {};
}

Status show_incident(const AlertStore& store, const Incident& incident, const Session& session) {
    CORDON_TRY(const auto alerts, store.alerts({.incident = incident.id}));
    if (session.format != Format::kTable) return print_alerts(alerts, session);
    CORDON_TRY(print(format(
        "{}  {}  {}  {}\n          {} to {}, {} alerts{}\n",
        severity_text(incident.severity, session.color), incident.id, printable(incident.title),
        to_string(incident.phase), format_rfc3339(incident.first), format_rfc3339(incident.last),
        alerts.size(), incident.usd ? ", " + format_usd(*incident.usd) + " at stake" : "")));
    CORDON_TRY(print_history(incident.history));
    CORDON_TRY(print("\n"));
    return print_alerts(alerts, session);
}

Result<int> show(const AlertStore& store, const std::string& id, const Session& session) {
    CORDON_TRY(const auto alert, store.alert(id));
    if (alert) {
        if (session.format != Format::kTable) {
            CORDON_TRY(print(report::alert_line(*alert)));
            return kClean;
        }
        CORDON_TRY(print(alert_text(*alert, terminal_width(), session.color)));
        CORDON_TRY(print(
            format("          id    {}\n          incident {}, {}{}\n", alert->alert.id,
                   alert->incident, to_string(alert->phase),
                   alert->assignee.empty() ? "" : ", assigned to " + printable(alert->assignee))));
        CORDON_TRY(print_history(alert->history));
        return kClean;
    }
    CORDON_TRY(const auto incident, store.incident(id));
    if (!incident)
        return fail(ErrorCode::kNotFound,
                    format("{}: neither an alert nor an incident", printable(id)));
    CORDON_TRY(show_incident(store, *incident, session));
    return kClean;
}

Result<int> incidents(const AlertStore& store, const Args& args, const Session& session) {
    CORDON_TRY(AlertQuery query, query_of(args));
    if (!query.at_least && !args.has("all")) query.at_least = Severity::kMedium;
    CORDON_TRY(const auto all, store.incidents(query));
    if (session.format != Format::kTable) {
        std::vector<Incident> whole;
        for (const Incident& each : all) {
            CORDON_TRY(const auto found, store.incident(each.id));
            whole.push_back(found.value_or(each));
        }
        if (session.format == Format::kJson) {
            CORDON_TRY(print(report::incidents_document(whole)));
            return kClean;
        }
        for (const Incident& each : whole) CORDON_TRY(print(report::incident_line(each)));
        return kClean;
    }
    if (all.empty()) {
        CORDON_TRY(print("no open incidents\n"));
        return kClean;
    }
    Table table{{{"SEVERITY"},
                 {"FIRST"},
                 {"LAST"},
                 {"PHASE"},
                 {"WHAT", Table::Align::kLeft, true, true},
                 {"USD", Table::Align::kRight},
                 {"ID"}}};
    for (const Incident& each : all)
        table.add({severity_text(each.severity, false), format_rfc3339(each.first),
                   format_rfc3339(each.last), std::string{to_string(each.phase)},
                   printable(each.title), each.usd ? format_usd(*each.usd) : "", each.id});
    CORDON_TRY(print(table.render(terminal_width())));
    return kClean;
}

Result<int> act(AlertStore& store, engine::AlertAct act, const Args& args,
                std::span<const std::string> ids, const Session& session) {
    if (act == engine::AlertAct::kAssign && !args.has("to"))
        return fail(ErrorCode::kInvalidParam, "--to NAME is missing; --to '' is nobody");
    CORDON_TRY(const uint64_t changed,
               engine::act(store, act, ids, {who(args), args.get("why"), now()}, args.get("to")));
    static constexpr std::string_view kDone[] = {"acknowledged", "investigating", "closed",
                                                 "new",          "assigned",      "noted"};
    if (session.format == Format::kTable)
        CORDON_TRY(print(format("{} alerts: {}\n", changed, kDone[static_cast<std::size_t>(act)])));
    return kClean;
}

Result<int> suppress(AlertStore& store, const Args& args, const Session& session) {
    records::Suppression suppression;
    suppression.detector = args.get("detector");
    suppression.tag = args.get("tag");
    suppression.reason = args.get("why");
    suppression.who = who(args);
    suppression.from = now();
    if (args.has("since")) {
        CORDON_TRY(suppression.from, parse_time(args.get("since")));
    }
    if (!args.has("until"))
        return fail(ErrorCode::kInvalidParam, "a suppression needs an end: --until TIME");
    CORDON_TRY(suppression.until, parse_time(args.get("until")));
    if (args.has("chain")) {
        CORDON_TRY(suppression.chain, parse_chain(args.get("chain")));
    }
    if (args.has("subject")) {
        const std::string text = args.get("subject");
        const auto chain = suppression.chain ? suppression.chain : chain::guess_chain(text);
        if (!chain) return fail(ErrorCode::kMalformed, "--subject: an address of no known chain");
        CORDON_TRY(suppression.subject, chain::parse_address(*chain, text));
    }
    if (args.has("at-most")) {
        CORDON_TRY(suppression.at_most, parse_severity(args.get("at-most")));
    }
    // What the last month would have looked like is what the next one will.
    constexpr std::chrono::days kPreview{30};
    CORDON_TRY(const auto hidden, engine::preview(store, suppression, suppression.from - kPreview));
    if (session.format == Format::kTable)
        CORDON_TRY(print(format("would have hidden {} alerts of the 30 days before {}:\n",
                                hidden.size(), format_rfc3339(suppression.from))));
    CORDON_TRY(print_alerts(hidden, session));
    if (!args.has("apply")) {
        if (session.format == Format::kTable)
            CORDON_TRY(print("nothing is changed yet; repeat it with --apply\n"));
        return kClean;
    }
    CORDON_TRY(engine::suppress(store, suppression));
    if (session.format == Format::kTable)
        CORDON_TRY(
            print(format("{} until {}\n", suppression.id, format_rfc3339(suppression.until))));
    return kClean;
}

std::string subject_of(const records::Suppression& suppression) {
    if (!suppression.subject) return {};
    return chain::format_address(suppression.chain.value_or(kEthereum), *suppression.subject);
}

boost::json::object suppression_json(const records::Suppression& suppression) {
    const auto or_null = [](const std::string& text) -> boost::json::value {
        return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
    };
    return {{"id", suppression.id},
            {"detector", or_null(suppression.detector)},
            {"subject", or_null(subject_of(suppression))},
            {"chain", or_null(suppression.chain ? to_string(*suppression.chain) : "")},
            {"tag", or_null(suppression.tag)},
            {"at_most", to_string(suppression.at_most)},
            {"from", format_rfc3339(suppression.from)},
            {"until", format_rfc3339(suppression.until)},
            {"who", suppression.who},
            {"reason", suppression.reason}};
}

Status print_suppressions(const std::vector<records::Suppression>& all, const Session& session) {
    if (session.format == Format::kJson) {
        boost::json::array list;
        for (const records::Suppression& each : all) list.push_back(suppression_json(each));
        return print(envelope("alerts.result", boost::json::object{{"suppressions", list}}));
    }
    if (session.format == Format::kJsonl) {
        for (const records::Suppression& each : all)
            CORDON_TRY(print(envelope("suppression", suppression_json(each))));
        return {};
    }
    Table table{{{"ID"},
                 {"DETECTOR"},
                 {"SUBJECT", Table::Align::kLeft, true},
                 {"TAG"},
                 {"AT MOST"},
                 {"UNTIL"},
                 {"WHO"},
                 {"WHY", Table::Align::kLeft, true, true}}};
    for (const records::Suppression& each : all)
        table.add({each.id, printable(each.detector), subject_of(each), printable(each.tag),
                   std::string{to_string(each.at_most)}, format_rfc3339(each.until),
                   printable(each.who), printable(each.reason)});
    return print(all.empty() ? "no suppressions\n" : table.render(terminal_width()));
}

Result<int> run_alerts(const Args& args, const Session& session) {
    const std::vector<std::string>& words = args.operands();
    const std::string deed = words.empty() ? "list" : words.front();
    const std::span<const std::string> ids{words.begin() + (words.empty() ? 0 : 1), words.end()};
    if (deed == "list" || deed == "show" || deed == "incidents" || deed == "suppressions") {
        CORDON_TRY(const auto store, open_store(args, false));
        if (deed == "incidents") return incidents(*store, args, session);
        if (deed == "suppressions") {
            CORDON_TRY(const auto all, store->suppressions());
            CORDON_TRY(print_suppressions(all, session));
            return kClean;
        }
        if (deed == "show") {
            if (ids.size() != 1)
                return fail(ErrorCode::kInvalidParam, "show takes one id of an alert or incident");
            return show(*store, ids.front(), session);
        }
        CORDON_TRY(const AlertQuery query, query_of(args));
        CORDON_TRY(const auto alerts, store->alerts(query));
        CORDON_TRY(print_alerts(alerts, session));
        return kClean;
    }
    const auto act_of = engine::parse_alert_act(deed == "ack" ? "acknowledge" : deed);
    if (!act_of && deed != "suppress" && deed != "unsuppress")
        return fail(ErrorCode::kInvalidParam,
                    format("\"{}\" is none of {}", printable(deed), kDeeds));
    CORDON_TRY(const auto store, open_store(args, true));
    if (act_of) return act(*store, *act_of, args, ids, session);
    if (deed == "suppress") return suppress(*store, args, session);
    for (const std::string& id : ids)
        CORDON_TRY(engine::unsuppress(*store, id, {who(args), args.get("why"), now()}));
    return kClean;
}

}  // namespace

Command alerts_command() {
    return {
        .name = "alerts",
        .summary = "work with the alerts of a watch: list, acknowledge, close, suppress",
        .usage =
            "--state DIR [list|show|ack|investigate|close|reopen|assign|note|suppress|unsuppress|"
            "suppressions|incidents] [ID…]",
        .about =
            "What cordon watch --state has found, while it runs or afterwards. An ID is that of an "
            "alert or of an incident, which stands for all of its alerts. list shows what is open; "
            "--all also what is closed, suppressed, retracted or a repeat. ack also assigns to who "
            "does it, assign --to NAME to somebody else; note --why TEXT adds words. Any number of "
            "ids: all of it is done, or nothing. --format json gives one document, jsonl an alert "
            "a "
            "line. Closing needs a reason (--why). suppress hides "
            "alerts that match --detector, --subject, --chain or --tag "
            "until a moment: it needs a reason, shows first what it would have hidden in the last "
            "30 days, and changes something with --apply only. Critical alerts are never hidden, "
            "unless --at-most critical says so. Nothing is ever deleted.",
        .flags = {{"state", "DIR", "The state of the watch"},
                  {"who", "NAME", "Who does it; the login when not given"},
                  {"why", "TEXT", "Why; required to close, to note and to suppress"},
                  {"to", "NAME", "Of assign: who works on it; empty: nobody"},
                  {"phase", "new|acknowledged|investigating|closed", "Only alerts in this phase"},
                  {"min-severity", "info|low|medium|high|critical", "Only alerts at least so bad"},
                  {"since", "TIME", "Only alerts from then on; of suppress: its beginning"},
                  {"until", "TIME", "Only alerts before then; of suppress: its end"},
                  {"detector", "ID", "Only alerts of this detector or rule"},
                  {"incident", "ID", "Only alerts of this incident"},
                  {"subject", "ADDRESS", "Of suppress: only alerts about this address"},
                  {"chain", "CHAIN", "Of suppress: only alerts on this chain"},
                  {"tag", "TAG", "Of suppress: only alerts with this tag"},
                  {"at-most", "info|low|medium|high|critical", "Of suppress: worse ones are told",
                   "high"},
                  {"apply", "", "Of suppress: do it, not only show what it would hide"},
                  {"all", "", "Also closed, suppressed, retracted and repeated ones"},
                  {"limit", "N", "The newest so many", "100"}},
        .examples = {"cordon alerts --state watch",
                     "cordon alerts --state watch ack i-566f8528809f6193 --why 'on it'",
                     "cordon alerts --state watch assign i-566f8528809f6193 --to ann",
                     "cordon alerts --state watch close i-566f8528809f6193 --why 'planned move'",
                     "cordon alerts --state watch suppress --detector D05 --until 2026-12-01 "
                     "--why 'migration of deposits'"},
        .takes_operands = true,
        .run = run_alerts};
}

}  // namespace cordon::cli
