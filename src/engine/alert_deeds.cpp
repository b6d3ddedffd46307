// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "alert_desk.hpp"

namespace cordon::engine {
namespace {

using records::AlertPhase;
using records::StoredAlert;
using records::Suppression;

// Whoever must not be called for longer than a quarter should change the rule, not hide it.
constexpr Seconds kLongestSuppression{90 * 86'400};

tl::unexpected<Error> nothing_of(std::string_view id) {
    return fail(ErrorCode::kNotFound,
                format("{}: neither an alert nor an incident; cordon alerts list shows both", id));
}

Status put_phase(records::AlertStore& store, StoredAlert& stored, AlertPhase phase,
                 const Deed& deed) {
    stored.phase = phase;
    CORDON_TRY(store.put_alert(stored));
    return store.add_step(stored.alert.id,
                          {deed.when, deed.who, std::string{to_string(phase)}, deed.why});
}

}  // namespace

std::string alerts_path(const std::string& state_directory) {
    return (std::filesystem::path{state_directory} / "alerts.sqlite").string();
}

Result<uint64_t> set_phase(records::AlertStore& store, std::string_view id, AlertPhase phase,
                           const Deed& deed) {
    if (phase == AlertPhase::kClosed && deed.why.empty())
        return fail(ErrorCode::kInvalidParam,
                    "closing needs a reason (--why): those who look at it next year must know");
    uint64_t changed = 0;
    const auto work = [&]() -> Status {
        CORDON_TRY(auto alert, store.alert(id));
        if (alert) {
            ++changed;
            return put_phase(store, *alert, phase, deed);
        }
        CORDON_TRY(auto incident, store.incident(id));
        if (incident && !incident->merged_into.empty()) {
            CORDON_TRY(incident, store.incident(std::string{incident->merged_into}));
        }
        if (!incident) return nothing_of(id);
        CORDON_TRY(auto alerts, store.alerts({.incident = incident->id}));
        for (StoredAlert& each : alerts) {
            if (each.phase == phase) continue;
            ++changed;
            CORDON_TRY(put_phase(store, each, phase, deed));
        }
        incident->phase = phase;
        CORDON_TRY(store.put_incident(*incident));
        return store.add_step(incident->id,
                              {deed.when, deed.who, std::string{to_string(phase)}, deed.why});
    };
    CORDON_TRY(store.change(work));
    return changed;
}

Result<std::vector<StoredAlert>> preview(const records::AlertStore& store, Suppression& suppression,
                                         UnixMillis since) {
    if (suppression.detector.empty() && !suppression.subject && suppression.tag.empty())
        return fail(ErrorCode::kInvalidParam,
                    "a suppression needs a matcher: --detector, --subject or --tag");
    if (suppression.reason.empty())
        return fail(ErrorCode::kInvalidParam, "a suppression needs a reason: --why TEXT");
    if (suppression.until <= suppression.from)
        return fail(ErrorCode::kInvalidParam, format("a suppression must end after it begins ({})",
                                                     format_rfc3339(suppression.from)));
    if (suppression.until - suppression.from > kLongestSuppression)
        return fail(ErrorCode::kInvalidParam,
                    "a suppression ends after 90 days at most; what must never be told is a "
                    "matter of rules and allow-lists");
    const std::string text = format(
        "{}\n{}\n{}\n{}\n{}\n{}\n{}", suppression.detector,
        suppression.chain ? to_string(*suppression.chain) : "",
        suppression.subject
            ? chain::format_address(suppression.chain.value_or(kEthereum), *suppression.subject)
            : "",
        suppression.tag, to_string(suppression.at_most), format_rfc3339(suppression.from),
        format_rfc3339(suppression.until));
    constexpr std::size_t kIdBytes = 6;
    const Hash256 digest =
        crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    suppression.id = "s-" + to_hex(ByteView{digest.bytes.data(), kIdBytes});

    CORDON_TRY(auto alerts, store.alerts({.since = since, .retracted = false}));
    Suppression always = suppression;
    always.from = UnixMillis::min();
    always.until = UnixMillis::max();
    std::erase_if(alerts, [&](const StoredAlert& each) { return !always.matches(each.alert); });
    return alerts;
}

Status suppress(records::AlertStore& store, const Suppression& suppression) {
    return store.change([&]() -> Status {
        CORDON_TRY(store.put_suppression(suppression));
        return store.add_step(
            suppression.id, {suppression.from, suppression.who, "suppressed", suppression.reason});
    });
}

Status unsuppress(records::AlertStore& store, std::string_view id, const Deed& deed) {
    return store.change([&]() -> Status {
        CORDON_TRY(auto all, store.suppressions());
        for (Suppression& each : all) {
            if (each.id != id) continue;
            each.until = std::min(each.until, deed.when);
            CORDON_TRY(store.put_suppression(each));
            return store.add_step(id, {deed.when, deed.who, "unsuppressed", deed.why});
        }
        return fail(
            ErrorCode::kNotFound,
            format("{}: no such suppression; cordon alerts list --suppressions shows all", id));
    });
}

}  // namespace cordon::engine
