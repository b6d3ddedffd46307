// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_json.hpp"

#include <cordon/base/check.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::report {
namespace {

JsonWriter& text_or_null(JsonWriter& json, std::string_view key, const std::string& text) {
    json.key(key);
    return text.empty() ? json.null() : json.value(text);
}

void write_usd(JsonWriter& json, const std::optional<Cents>& usd) {
    // Cents are exact in a double up to 2^53, which is 90 trillion dollars.
    usd ? json.value(static_cast<double>(*usd) / 100) : json.null();
}

void write_history(JsonWriter& json, const std::vector<records::AlertStep>& history) {
    json.key("history").begin_array();
    for (const records::AlertStep& step : history)
        json.begin_object()
            .field("time", step.time)
            .field("who", step.who)
            .field("what", step.what)
            .field("why", step.why)
            .end_object();
    json.end_array();
}

/// Without the end of the object.
void write_members(JsonWriter& json, const records::StoredAlert& stored) {
    const Alert& alert = stored.alert;
    const bool in_block = alert.block_hash != Hash256{};
    json.begin_object()
        .field("id", alert.id)
        .field("state", to_string(alert.state))
        .field("detector", alert.detector)
        .field("title", alert.title)
        .field("severity", to_string(alert.severity))
        .field("stage", to_string(alert.stage))
        .field("confidence", alert.confidence)
        .field("chain", to_string(alert.chain));
    json.key("block");
    in_block ? json.value(alert.block) : json.null();
    json.key("block_hash");
    in_block ? json.value(chain::format_hash(alert.chain, alert.block_hash)) : json.null();
    json.field("time", alert.time);
    text_or_null(json, "subject", chain::format_address(alert.chain, alert.subject));
    text_or_null(json, "subject_label", stored.subject_label);
    json.key("txs").begin_array();
    for (const Hash256& txn : alert.txns) json.value(chain::format_hash(alert.chain, txn));
    json.end_array().key("related").begin_array();
    for (const Address& address : alert.related)
        json.value(chain::format_address(alert.chain, address));
    json.end_array().key("usd");
    write_usd(json, alert.usd);
    json.field("reason", alert.reason).field("next", alert.next);
    json.key("tags").begin_array();
    for (const std::string& tag : alert.tags) json.value(tag);
    json.end_array();
    text_or_null(json, "incident", stored.incident);
    json.field("count", stored.count);
    text_or_null(json, "repeat_of", stored.repeat_of);
    json.field("phase", to_string(stored.phase));
    text_or_null(json, "suppressed_by", stored.suppressed_by);
    text_or_null(json, "assignee", stored.assignee);
}

void write_members(JsonWriter& json, const records::Incident& incident) {
    json.begin_object()
        .field("id", incident.id)
        .field("title", incident.title)
        .field("severity", to_string(incident.severity))
        .field("phase", to_string(incident.phase))
        .field("first", incident.first)
        .field("last", incident.last)
        .key("usd");
    write_usd(json, incident.usd);
    json.key("alerts").begin_array();
    for (const std::string& id : incident.alerts) json.value(id);
    json.end_array();
}

template <typename Write>
std::string text_of(Write write) {
    std::string text;
    const Sink sink = [&text](std::string_view more) -> Status {
        text += more;
        return {};
    };
    JsonWriter json{sink};
    write(json);
    CORDON_CHECK(json.finish().has_value() && "a string takes everything");
    return text;
}

/// An envelope, on one line where `write` makes no other.
template <typename Write>
std::string line_of(std::string_view kind, Write write) {
    return text_of([&](JsonWriter& json) {
               json.begin_object().field("v", 1U).field("kind", kind).key("data");
               write(json);
               json.key("warnings").begin_array().end_array().field("incomplete", false);
               json.end_object();
           }) +
           "\n";
}

/// All of them as one list of this name.
template <typename What>
std::string document_of(std::string_view name, std::span<const What> all) {
    return line_of("alerts.result", [&](JsonWriter& json) {
        json.begin_object().key(name).begin_array();
        for (const What& each : all) {
            json.new_line();
            write_members(json, each);
            json.end_object();
        }
        json.end_array().end_object();
    });
}

/// Of an alert or an incident.
template <typename What>
std::string data_of(const What& what) {
    return text_of([&](JsonWriter& json) {
        write_members(json, what);
        write_history(json, what.history);
        json.end_object();
    });
}

}  // namespace

void write_alert(JsonWriter& json, const records::StoredAlert& stored) {
    write_members(json, stored);
    json.end_object();
}

std::string alert_data(const records::StoredAlert& stored) { return data_of(stored); }
std::string incident_data(const records::Incident& incident) { return data_of(incident); }

std::string alert_line(const records::StoredAlert& stored) {
    return line_of("alert", [&](JsonWriter& json) { write_alert(json, stored); });
}

std::string incident_line(const records::Incident& incident) {
    return line_of("incident", [&](JsonWriter& json) {
        write_members(json, incident);
        json.end_object();
    });
}

std::string alerts_document(std::span<const records::StoredAlert> alerts) {
    return document_of("alerts", alerts);
}
std::string incidents_document(std::span<const records::Incident> incidents) {
    return document_of("incidents", incidents);
}

std::string dead_letter(std::string_view sink, std::string_view why, unsigned tries,
                        const std::optional<records::StoredAlert>& stored) {
    return line_of("alert.dead", [&](JsonWriter& json) {
        json.begin_object().field("sink", sink).field("why", why).field("tries", tries);
        json.key("alert");
        if (stored)
            write_alert(json, *stored);
        else
            json.null();
        json.end_object();
    });
}

}  // namespace cordon::report
