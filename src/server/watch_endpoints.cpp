// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Alerts, incidents, suppressions and how far the watch is (docs/formats/api.md, "Watch").
#include <boost/json.hpp>

#include <cordon/chain/text.hpp>
#include <cordon/report/alert_json.hpp>

#include "groups.hpp"
#include "pages.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
using engine::AlertBook;
using records::AlertQuery;
using records::StoredAlert;
using records::Suppression;

// What people write; a name as statements have it.
constexpr std::size_t kMostId = 64;
constexpr std::size_t kMostWhy = 4'000;
constexpr std::size_t kMostName = 128;
constexpr std::size_t kMostSearch = 200;
// All that one person could mean: forty million bytes would be a mistake.
constexpr std::size_t kMostIds = 100'000;
constexpr std::size_t kActionBody = std::size_t{8} << 20;
/// What the last month would have looked like is what the next one will.
constexpr std::chrono::days kPreview{30};

Schema severities(std::string about = {}) {
    return Schema::choice({"info", "low", "medium", "high", "critical"}, std::move(about));
}
Schema phases() { return Schema::choice({"new", "acknowledged", "investigating", "closed"}); }

std::vector<Parameter> list_parameters() {
    std::vector<Parameter> all{
        {"severity", severities(), "At least so bad."},
        {"phase", phases(), "In this phase."},
        {"open", Schema::boolean(), "Neither closed nor taken back."},
    };
    for (Parameter& each : page_parameters()) all.push_back(std::move(each));
    return all;
}

std::vector<Parameter> alert_parameters() {
    std::vector<Parameter> all{
        {"detector", Schema::text(kMostName), "Of this detector or rule."},
        {"incident", Schema::text(kMostId), "Of this incident."},
        {"subject", Schema::text(kMostName), "About this address."},
        {"since", Schema::time(), "From then on, by event time."},
        {"until", Schema::time(), "Before then."},
        {"suppressed", Schema::boolean(), "Also what a suppression hides."},
        {"repeats", Schema::boolean(), "Also repeats of an alert."},
        {"q", Schema::text(kMostSearch),
         "Words, an address, a txn: all of them. A page looks at 20,000 alerts, so it may be short "
         "and have a `next`."},
    };
    for (Parameter& each : list_parameters()) all.push_back(std::move(each));
    return all;
}

Result<Address> address_of(std::optional<ChainId> chain, std::string_view text) {
    if (!chain) chain = chain::guess_chain(text);
    if (!chain) return fail(ErrorCode::kInvalidParam, "/subject: an address of no known chain");
    return chain::parse_address(*chain, text);
}

Result<AlertQuery> query_of(const Call& call) {
    AlertQuery query;
    query.limit = limit_of(call);
    if (const auto text = call.param("severity"); !text.empty()) {
        CORDON_TRY(query.at_least, parse_severity(text));
    }
    if (const auto text = call.param("phase"); !text.empty()) {
        CORDON_TRY(query.phase, records::parse_alert_phase(text));
    }
    if (const auto text = call.param("since"); !text.empty()) {
        CORDON_TRY(query.since, parse_time(text));
    }
    if (const auto text = call.param("until"); !text.empty()) {
        CORDON_TRY(query.until, parse_time(text));
    }
    if (const auto text = call.param("subject"); !text.empty()) {
        CORDON_TRY(query.subject, address_of({}, text));
    }
    query.detector = call.param("detector");
    query.incident = call.param("incident");
    query.open = call.param("open") == "true";
    query.retracted = !query.open;
    query.suppressed = call.param("suppressed") == "true";
    query.repeats = call.param("repeats") == "true";
    engine::add_search(call.param("q"), query);
    return query;
}

json::value alert_json(const StoredAlert& stored) {
    return json::parse(report::alert_data(stored));
}

Result<Answer> list_alerts(const AlertBook& book, const Call& call) {
    CORDON_TRY(const AlertQuery query, query_of(call));
    const auto found = book.alerts(query, call.param("cursor"));
    if (!found) return fail(cursor_error(found.error()));
    json::array items;
    for (const StoredAlert& each : found->alerts) items.push_back(alert_json(each));
    std::optional<std::string> next;
    if (found->alerts.size() == query.limit) next = found->alerts.back().alert.id;
    Data answer;
    if (!found->looked_to.empty()) {
        next = found->looked_to;
        answer.incomplete = true;
        answer.warnings.push_back("the search looked at " + std::to_string(AlertBook::kLooked) +
                                  " alerts: older ones come with the next page");
    }
    answer.data = page(std::move(items), next);
    return answer;
}

Result<Answer> show_alert(const AlertBook& book, const Call& call) {
    CORDON_TRY(const auto found, book.alert(call.path.at("id")));
    if (!found) return fail(ErrorCode::kNotFound, "no such alert");
    return Data{.data = alert_json(*found)};
}

Result<Answer> act(AlertBook& book, const Call& call) {
    const json::object& body = call.body.as_object();
    const auto action = engine::parse_alert_act(text_of(body, "action"));
    if (!action) return fail(ErrorCode::kInvalidParam, "/action: unknown");
    std::vector<std::string> ids;
    for (const json::value& each : body.at("ids").as_array()) ids.emplace_back(each.as_string());
    CORDON_TRY(const uint64_t changed,
               book.act(*action, ids, {call.caller.name, text_of(body, "why"), call.now},
                        text_of(body, "assignee")));
    return Data{.data = json::object{{"changed", changed}}};
}

Result<Answer> list_incidents(const AlertBook& book, const Call& call) {
    CORDON_TRY(const AlertQuery query, query_of(call));
    const auto found = book.incidents(query, call.param("cursor"));
    if (!found) return fail(cursor_error(found.error()));
    json::array items;
    for (const records::Incident& each : *found) {
        json::value item = json::parse(report::incident_data(each));
        item.as_object().erase("alerts");  // Of the page of one incident: there may be thousands.
        item.as_object().erase("history");
        items.push_back(std::move(item));
    }
    std::optional<std::string> next;
    if (found->size() == query.limit) next = found->back().id;
    return Data{.data = page(std::move(items), next)};
}

Result<Answer> show_incident(const AlertBook& book, const Call& call) {
    CORDON_TRY(auto found, book.incident(call.path.at("id")));
    if (found && !found->merged_into.empty()) {
        CORDON_TRY(found, book.incident(std::string{found->merged_into}));
    }
    if (!found) return fail(ErrorCode::kNotFound, "no such incident");
    return Data{.data = json::parse(report::incident_data(*found))};
}

// --- Suppressions

json::object suppression_json(const Suppression& each) {
    const auto text = [](const std::string& value) {
        return value.empty() ? json::value(nullptr) : json::value(value);
    };
    return {{"id", each.id},
            {"detector", text(each.detector)},
            {"subject", text(each.subject ? chain::format_address(each.chain.value_or(kEthereum),
                                                                  *each.subject)
                                          : "")},
            {"chain", text(each.chain ? to_string(*each.chain) : "")},
            {"tag", text(each.tag)},
            {"at_most", to_string(each.at_most)},
            {"reason", each.reason},
            {"who", each.who},
            {"from", format_rfc3339(each.from)},
            {"until", format_rfc3339(each.until)}};
}

Schema suppression_schema() {
    return Schema::object(
        {optional("detector", Schema::text(kMostName)),
         optional("subject", Schema::text(kMostName, "An address.")),
         optional("chain", Schema::text(kMostName)), optional("tag", Schema::text(kMostName)),
         optional("at_most", severities("Worse ones are told. high unless told.")),
         required("reason", Schema::text(kMostWhy)),
         required("until", Schema::time("At most 90 days from now."))});
}

Result<Suppression> suppression_of(const Call& call) {
    const json::object& body = call.body.as_object();
    Suppression out;
    out.detector = text_of(body, "detector");
    out.tag = text_of(body, "tag");
    out.reason = text_of(body, "reason");
    out.who = call.caller.name;
    out.from = call.now;
    CORDON_TRY(out.until, parse_time(text_of(body, "until")));
    if (const std::string text = text_of(body, "chain"); !text.empty()) {
        CORDON_TRY(out.chain, parse_chain(text));
    }
    if (const std::string text = text_of(body, "subject"); !text.empty()) {
        CORDON_TRY(out.subject, address_of(out.chain, text));
    }
    if (const std::string text = text_of(body, "at_most"); !text.empty()) {
        CORDON_TRY(out.at_most, parse_severity(text));
    }
    return out;
}

Result<Answer> list_suppressions(const AlertBook& book, const Call&) {
    CORDON_TRY(const auto all, book.suppressions());
    json::array items;
    for (const Suppression& each : all) items.push_back(suppression_json(each));
    return Data{.data = page(std::move(items), std::nullopt)};
}

Result<Answer> preview(const AlertBook& book, const Call& call) {
    CORDON_TRY(Suppression suppression, suppression_of(call));
    CORDON_TRY(const auto hidden, book.preview(suppression, call.now - kPreview));
    // The newest are what people know; the number says the rest.
    constexpr std::size_t kShown = 500;
    json::array items;
    for (auto each = hidden.rbegin(); each != hidden.rend() && items.size() < kShown; ++each)
        items.push_back(alert_json(*each));
    return Data{.data = json::object{{"suppression", suppression_json(suppression)},
                                     {"count", hidden.size()},
                                     {"hidden", std::move(items)}}};
}

Result<Answer> suppress(AlertBook& book, const Call& call) {
    CORDON_TRY(Suppression suppression, suppression_of(call));
    CORDON_TRY(book.preview(suppression, call.now));  // Checks it, and gives it its id.
    CORDON_TRY(book.suppress(suppression));
    return Data{.data = suppression_json(suppression), .status = 201};
}

Result<Answer> unsuppress(AlertBook& book, const Call& call) {
    const std::string& id = call.path.at("id");
    CORDON_TRY(
        book.unsuppress(id, {call.caller.name, text_of(call.body.as_object(), "why"), call.now}));
    CORDON_TRY(const auto all, book.suppressions());
    for (const Suppression& each : all)
        if (each.id == id) return Data{.data = suppression_json(each)};
    return fail(ErrorCode::kNotFound, "no such suppression");
}

}  // namespace

std::vector<Endpoint> watch_endpoints(AlertBook& book) {
    const auto bound = [&book](auto run) {
        return [&book, run](const Call& call) -> Result<Answer> { return run(book, call); };
    };
    const auto version = [&book]() -> Result<std::string> {
        CORDON_TRY(const int64_t number, book.version());
        return std::to_string(number);
    };
    std::vector<Endpoint> all;
    all.push_back({.method = "GET",
                   .path = "/api/alerts",
                   .id = "listAlerts",
                   .tag = "watch",
                   .summary = "Alerts, newest first by event time.",
                   .kind = "alert.list",
                   .query = alert_parameters(),
                   .cacheable = true,
                   .version = version,
                   .handler = bound(list_alerts)});
    all.push_back({.method = "GET",
                   .path = "/api/alerts/{id}",
                   .id = "getAlert",
                   .tag = "watch",
                   .summary = "One alert with what happened to it.",
                   .kind = "alert",
                   .cacheable = true,
                   .version = version,
                   .handler = bound(show_alert)});
    all.push_back(
        {.method = "POST",
         .path = "/api/alerts/actions",
         .id = "actOnAlerts",
         .tag = "watch",
         .summary = "Does something to alerts or incidents, to all of them or none.",
         .kind = "alert.changed",
         .permission = Permission::kInvestigate,
         .body = Schema::object(
             {required("ids", Schema::array(Schema::text(kMostId), kMostIds,
                                            "Of alerts, or incidents: then all of theirs.")),
              required("action", Schema::choice({"acknowledge", "investigate", "close", "reopen",
                                                 "assign", "note"},
                                                "acknowledge also assigns to you; close and note "
                                                "need why.")),
              optional("why", Schema::text(kMostWhy)),
              optional("assignee", Schema::text(kMostName, "Of assign; empty: nobody."))}),
         .max_body = kActionBody,
         .changes = true,
         .handler = bound(act)});
    all.push_back({.method = "GET",
                   .path = "/api/incidents",
                   .id = "listIncidents",
                   .tag = "watch",
                   .summary = "Incidents, the one with the newest alert first.",
                   .kind = "incident.list",
                   .query = list_parameters(),
                   .cacheable = true,
                   .version = version,
                   .handler = bound(list_incidents)});
    all.push_back({.method = "GET",
                   .path = "/api/incidents/{id}",
                   .id = "getIncident",
                   .tag = "watch",
                   .summary = "One incident with the ids of its alerts and what happened to it.",
                   .kind = "incident",
                   .cacheable = true,
                   .version = version,
                   .handler = bound(show_incident)});
    all.push_back({.method = "GET",
                   .path = "/api/suppressions",
                   .id = "listSuppressions",
                   .tag = "watch",
                   .summary = "Suppressions, those that have expired too.",
                   .kind = "suppression.list",
                   .cacheable = true,
                   .handler = bound(list_suppressions)});
    all.push_back({.method = "POST",
                   .path = "/api/suppressions/preview",
                   .id = "previewSuppression",
                   .tag = "watch",
                   .summary = "What a suppression would have hidden in the last 30 days.",
                   .kind = "suppression.preview",
                   .permission = Permission::kInvestigate,
                   .body = suppression_schema(),
                   .handler = bound(preview)});
    all.push_back({.method = "POST",
                   .path = "/api/suppressions",
                   .id = "addSuppression",
                   .tag = "watch",
                   .summary = "Hides alerts that match, until it ends.",
                   .kind = "suppression",
                   .permission = Permission::kInvestigate,
                   .body = suppression_schema(),
                   .changes = true,
                   .handler = bound(suppress)});
    all.push_back({.method = "DELETE",
                   .path = "/api/suppressions/{id}",
                   .id = "endSuppression",
                   .tag = "watch",
                   .summary = "Ends a suppression now.",
                   .kind = "suppression",
                   .permission = Permission::kInvestigate,
                   .body = Schema::object({required("why", Schema::text(kMostWhy))}),
                   .changes = true,
                   .handler = bound(unsuppress)});
    all.push_back({.method = "GET",
                   .path = "/api/watch",
                   .id = "getWatch",
                   .tag = "watch",
                   .summary = "How far the watch is, the last 60 minutes, and what is open.",
                   .kind = "watch.status",
                   .cacheable = true,
                   .handler = [&book](const Call& call) -> Result<Answer> {
                       CORDON_TRY(const auto status, book.status(call.now));
                       return Data{.data = engine::status_json(*status)};
                   }});
    return all;
}

}  // namespace cordon::server
