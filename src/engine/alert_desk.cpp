// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_desk.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

using records::AlertPhase;
using records::AlertStep;
using records::Incident;
using records::IncidentKey;
using records::StoredAlert;

constexpr std::string_view kWatch = "watch";
// How often the keys of old incidents are let go.
constexpr uint64_t kForgetEvery = 1'024;

bool is_worse(const Alert& alert, const Alert& than) noexcept {
    return alert.severity > than.severity ||
           (alert.state == AlertState::kRaised && than.state == AlertState::kPending);
}

/// Everybody deals with these: that two alerts name one of them says nothing.
bool serves_everybody(Category category) noexcept {
    switch (category) {
        case Category::kBridge:
        case Category::kDefi:
        case Category::kExchange:
        case Category::kGambling:
        case Category::kMixer:
        case Category::kService:
        case Category::kSwap: return true;
        default: return false;
    }
}

Bytes key_of(char kind, ChainId chain, ByteView what) {
    const std::string head = format("{}{}\n", kind, to_string(chain));
    Bytes key{head.begin(), head.end()};
    key.insert(key.end(), what.begin(), what.end());
    return key;
}

Bytes address_key(ChainId chain, const Address& address) {
    Bytes key = key_of('a', chain, address.payload());
    key.push_back(static_cast<uint8_t>(address.kind()));
    return key;
}

}  // namespace

bool AlertDesk::joins(ChainId chain, const Address& address) const {
    if (address.empty() || address.is_zero()) return false;
    if (world_.set_of(chain, address) != 0) return true;  // Ours: the victim of both.
    const std::vector<Label> labels = world_.knowledge().labels(chain, address);
    return std::none_of(labels.begin(), labels.end(),
                        [](const Label& label) { return serves_everybody(label.category); });
}

Result<std::vector<StoredAlert>> AlertDesk::take(std::span<const Alert> alerts,
                                                 const records::Cursor& cursor) {
    Told told;
    const auto work = [&]() -> Status {
        CORDON_TRY(suppressions_, store_.suppressions());
        for (const Alert& alert : alerts) CORDON_TRY(take_one(alert, cursor.events, told));
        if (!alerts.empty() && ++taken_ % kForgetEvery == 0)
            CORDON_TRY(store_.forget_keys(alerts.back().time - settings_.incident_window));
        return store_.put_cursor(cursor);
    };
    CORDON_TRY(store_.change(work));
    return told;
}

Status AlertDesk::take_one(const Alert& alert, uint64_t event, Told& told) {
    CORDON_TRY(auto known, store_.alert(alert.id));
    if (known) return take_known(*std::move(known), alert, event, told);
    if (alert.state == AlertState::kRetracted) return {};  // Nobody was told.
    StoredAlert stored;
    stored.alert = alert;
    stored.event = event;
    if (!alert.subject.empty())
        if (const auto label = world_.label(alert.chain, alert.subject))
            stored.subject_label = label->text;
    for (const records::Suppression& each : suppressions_)
        if (stored.suppressed_by.empty() && each.matches(alert)) stored.suppressed_by = each.id;
    if (stored.suppressed_by.empty()) {
        CORDON_TRY(count_repeat(stored));
    } else {
        ++suppressed_;
    }
    CORDON_TRY(join_incident(stored));
    CORDON_TRY(store_.put_alert(stored));
    CORDON_TRY(store_.add_step(
        alert.id, {alert.time, std::string{kWatch}, std::string{to_string(alert.state)},
                   stored.suppressed_by.empty() ? "" : "suppressed by " + stored.suppressed_by}));
    return tell(stored, told);
}

Status AlertDesk::take_known(StoredAlert stored, const Alert& alert, uint64_t event, Told& told) {
    const bool was_retracted = stored.alert.state == AlertState::kRetracted;
    AlertStep step{alert.time, std::string{kWatch}, {}, {}};
    if (alert.state == AlertState::kRetracted) {
        if (was_retracted) return {};
        step.what = "retracted";
        step.why = "its block is no longer part of the chain";
        if (stored.alert.state == AlertState::kPending) {
            step.why = alert.reason;  // What became of its txn (WaitingAlerts).
            stored.alert.reason = format("{} {}", alert.reason, stored.alert.reason);
        }
        stored.alert.state = AlertState::kRetracted;
    } else if (was_retracted) {
        stored.alert = alert;
        step.what = "raised again";
    } else if (is_worse(alert, stored.alert)) {
        step.what = alert.severity > stored.alert.severity
                        ? format("grew from {} to {}", to_string(stored.alert.severity),
                                 to_string(alert.severity))
                        : format("is in block {}", alert.block);
        stored.alert = alert;
    } else if (alert.block_hash != Hash256{} && alert.block_hash != stored.alert.block_hash) {
        // Seen again after a restart, and mined elsewhere meanwhile: no news, but a fact.
        stored.alert.block = alert.block;
        stored.alert.block_hash = alert.block_hash;
        stored.alert.time = alert.time;
        CORDON_TRY(store_.put_alert(stored));
        step.what = format("is in block {} now", alert.block);
        return store_.add_step(alert.id, step);
    } else {
        return {};
    }
    stored.event = event;
    CORDON_TRY(store_.put_alert(stored));
    CORDON_TRY(store_.add_step(alert.id, step));
    CORDON_TRY(after_retraction(stored.incident, alert.time));
    return tell(stored, told);
}

Status AlertDesk::count_repeat(StoredAlert& stored) {
    const Alert& alert = stored.alert;
    CORDON_TRY(auto first, store_.last_like(alert, alert.time - settings_.repeat_window));
    if (!first || !first->suppressed_by.empty() || alert.severity > first->alert.severity)
        return {};
    // Twice as much at stake is news, whatever the detector calls it.
    const Cents before = first->alert.usd.value_or(0);
    if (alert.usd && *alert.usd > 0 && *alert.usd / 2 >= before) return {};
    ++first->count;
    stored.repeat_of = first->alert.id;
    stored.count = first->count;
    stored.phase = first->phase;
    stored.incident = first->incident;
    CORDON_TRY(store_.put_alert(*first));
    return store_.add_step(first->alert.id,
                           {alert.time, std::string{kWatch}, "repeated", alert.id});
}

Status AlertDesk::join_incident(StoredAlert& stored) {
    const Alert& alert = stored.alert;
    std::vector<IncidentKey> keys;
    std::set<std::string> found;
    if (!stored.incident.empty()) found.insert(stored.incident);  // A repeat's.
    const auto look = [&](Bytes key, bool is_shared) -> Status {
        for (const IncidentKey& each : keys)
            if (each.key == key) return {};
        CORDON_TRY(auto row, store_.key(key));
        IncidentKey mine{std::move(key), {}, alert.time, alert.subject, 0};
        if (row && row->last >= alert.time - settings_.incident_window) {
            mine.last = std::max(mine.last, row->last);
            mine.strangers = row->strangers + (is_shared && row->subject != alert.subject ? 1 : 0);
            if (mine.strangers < settings_.hub) found.insert(row->incident);
        }
        keys.push_back(std::move(mine));
        return {};
    };
    if (joins(alert.chain, alert.subject))
        CORDON_TRY(look(address_key(alert.chain, alert.subject), false));
    for (const Address& address : alert.related)
        if (joins(alert.chain, address)) CORDON_TRY(look(address_key(alert.chain, address), true));
    for (const Hash256& txn : alert.txns) CORDON_TRY(look(key_of('t', alert.chain, txn), false));

    std::vector<Incident> candidates;
    for (const std::string& id : found) {
        CORDON_TRY(auto incident, store_.incident(id));
        if (incident) candidates.push_back(*std::move(incident));
    }
    std::sort(candidates.begin(), candidates.end(), [](const Incident& a, const Incident& b) {
        return std::tie(a.first, a.id) < std::tie(b.first, b.id);
    });
    Incident incident;
    if (candidates.empty()) {
        constexpr std::size_t kIdDigits = 16;
        incident = {.id = "i-" + alert.id.substr(0, kIdDigits),
                    .title = alert.title,
                    .severity = alert.severity,
                    .phase = AlertPhase::kNew,
                    .first = alert.time,
                    .last = alert.time,
                    .usd = alert.usd};
    } else {
        incident = candidates.front();
        if (incident.phase == AlertPhase::kClosed) {
            incident.phase = AlertPhase::kNew;
            CORDON_TRY(store_.add_step(incident.id,
                                       {alert.time, std::string{kWatch}, "reopened", alert.id}));
        }
        for (std::size_t i = 1; i < candidates.size(); ++i)
            CORDON_TRY(merge(candidates[i], incident, alert.time));
        if (alert.severity > incident.severity) incident.title = alert.title;
        incident.severity = std::max(incident.severity, alert.severity);
        incident.last = std::max(incident.last, alert.time);
        incident.usd = std::max(incident.usd, alert.usd);
    }
    CORDON_TRY(store_.put_incident(incident));
    stored.incident = incident.id;
    for (IncidentKey& key : keys) {
        key.incident = incident.id;
        CORDON_TRY(store_.put_key(key));
    }
    return {};
}

Status AlertDesk::merge(const Incident& from, Incident& into, UnixMillis time) {
    if (from.severity > into.severity) into.title = from.title;
    into.severity = std::max(into.severity, from.severity);
    into.last = std::max(into.last, from.last);
    into.usd = std::max(into.usd, from.usd);
    Incident gone = from;
    gone.merged_into = into.id;
    CORDON_TRY(store_.move_incident(from.id, into.id));
    CORDON_TRY(store_.put_incident(gone));
    CORDON_TRY(store_.add_step(from.id, {time, std::string{kWatch}, "merged into", into.id}));
    return store_.add_step(into.id, {time, std::string{kWatch}, "took in", from.id});
}

Status AlertDesk::after_retraction(const std::string& id, UnixMillis time) {
    CORDON_TRY(auto incident, store_.incident(id));
    if (!incident) return {};
    CORDON_TRY(const auto alerts, store_.alerts({.incident = id, .retracted = false}));
    if (alerts.empty()) {
        if (incident->phase == AlertPhase::kClosed) return {};
        incident->phase = AlertPhase::kClosed;
        CORDON_TRY(store_.add_step(
            id, {time, std::string{kWatch}, "closed", "all of its alerts were retracted"}));
        return store_.put_incident(*incident);
    }
    incident->severity = Severity::kInfo;
    incident->usd.reset();
    for (const StoredAlert& each : alerts) {
        if (each.alert.severity > incident->severity || &each == &alerts.front())
            incident->title = each.alert.title;
        incident->severity = std::max(incident->severity, each.alert.severity);
        incident->usd = std::max(incident->usd, each.alert.usd);
    }
    return store_.put_incident(*incident);
}

Status AlertDesk::tell(const StoredAlert& stored, Told& told) {
    if (!stored.suppressed_by.empty()) return {};
    told.push_back(stored);
    for (const DeskSink& sink : settings_.sinks) {
        if (stored.alert.severity < sink.at_least) continue;
        if (!stored.repeat_of.empty() && !sink.repeats) continue;
        CORDON_TRY(store_.add_delivery(
            {.number = 0,
             .sink = sink.name,
             .alert = stored.alert.id,
             .key = format("{}-{}-{}", stored.alert.id, to_string(stored.alert.state),
                           to_string(stored.alert.severity)),
             .body = sink.body(stored)}));
    }
    return {};
}

}  // namespace cordon::engine
