// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/base/unicode.hpp>
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

constexpr std::array<std::string_view, 6> kActs{"acknowledge", "investigate", "close",
                                                "reopen",      "assign",      "note"};

// What a colleague reads in a list; a name as the policy's people have it.
constexpr std::size_t kMostWhy = 4'000;
constexpr std::size_t kMostName = 128;

Status check(AlertAct act, std::span<const std::string> ids, const Deed& deed,
             std::string_view assignee) {
    const auto refuse = [](std::string_view why) {
        return fail(ErrorCode::kInvalidParam, std::string{why});
    };
    if (ids.empty()) return refuse("which? Give the ids of alerts or incidents");
    if (act == AlertAct::kClose && deed.why.empty())
        return refuse("closing needs a reason (--why): those who look at it next year must know");
    if (act == AlertAct::kNote && deed.why.empty()) return refuse("a note needs words (--why)");
    if (deed.why.size() > kMostWhy)
        return refuse(format("a reason of more than {} bytes", kMostWhy));
    for (const std::string_view name : {std::string_view{deed.who}, assignee})
        if (name.size() > kMostName || !is_plain_line(name))
            return refuse(format("a name: expected a plain line of at most {} bytes", kMostName));
    if (act != AlertAct::kAssign && !assignee.empty())
        return refuse("only assign takes a name to assign to");
    return {};
}

/// What one deed does, alert by alert.
class Doing {
public:
    Doing(records::AlertStore& store, AlertAct act, const Deed& deed, std::string_view assignee)
        : store_{store}, act_{act}, deed_{deed}, assignee_{assignee} {}

    Status on(std::string_view id) {
        CORDON_TRY(auto alert, store_.alert(id));
        if (alert) return on(*alert);
        CORDON_TRY(auto incident, store_.incident(id));
        if (incident && !incident->merged_into.empty()) {
            CORDON_TRY(incident, store_.incident(std::string{incident->merged_into}));
        }
        if (!incident) return nothing_of(id);
        if (!done_.insert(incident->id).second) return {};
        if (act_ != AlertAct::kNote) {  // A note about an incident stands there once.
            CORDON_TRY(auto alerts, store_.alerts({.incident = incident->id}));
            for (StoredAlert& each : alerts) CORDON_TRY(on(each));
        }
        if (const auto phase = phase_of()) {
            incident->phase = *phase;
            CORDON_TRY(store_.put_incident(*incident));
        }
        if (act_ == AlertAct::kNote) ++changed_;
        return store_.add_step(incident->id, step());
    }
    uint64_t changed() const noexcept { return changed_; }

private:
    std::optional<AlertPhase> phase_of() const noexcept {
        switch (act_) {
            case AlertAct::kAcknowledge: return AlertPhase::kAcknowledged;
            case AlertAct::kInvestigate: return AlertPhase::kInvestigating;
            case AlertAct::kClose: return AlertPhase::kClosed;
            case AlertAct::kReopen: return AlertPhase::kNew;
            case AlertAct::kAssign:
            case AlertAct::kNote: break;
        }
        return std::nullopt;
    }
    records::AlertStep step() const {
        std::string what = "noted";
        if (const auto phase = phase_of())
            what = to_string(*phase);
        else if (act_ == AlertAct::kAssign)
            what = assignee_.empty() ? "unassigned" : format("assigned to {}", assignee_);
        return {deed_.when, deed_.who, std::move(what), deed_.why};
    }
    Status on(StoredAlert& stored) {
        if (!done_.insert(stored.alert.id).second) return {};
        const AlertPhase phase = phase_of().value_or(stored.phase);
        std::string assignee = stored.assignee;
        if (act_ == AlertAct::kAcknowledge) assignee = deed_.who;
        if (act_ == AlertAct::kAssign) assignee = assignee_;
        const bool is_same = phase == stored.phase && assignee == stored.assignee;
        if (is_same && act_ != AlertAct::kNote) return {};
        ++changed_;
        stored.phase = phase;
        stored.assignee = std::move(assignee);
        if (!is_same) CORDON_TRY(store_.put_alert(stored));
        return store_.add_step(stored.alert.id, step());
    }

    records::AlertStore& store_;
    AlertAct act_;
    const Deed& deed_;
    std::string_view assignee_;
    std::set<std::string> done_;  // Alerts and incidents, each once.
    uint64_t changed_ = 0;
};

}  // namespace

std::string alerts_path(const std::string& state_directory) {
    return (std::filesystem::path{state_directory} / "alerts.sqlite").string();
}

std::string_view to_string(AlertAct act) noexcept { return kActs[static_cast<std::size_t>(act)]; }

std::optional<AlertAct> parse_alert_act(std::string_view text) noexcept {
    const auto found = std::find(kActs.begin(), kActs.end(), text);
    if (found == kActs.end()) return std::nullopt;
    return static_cast<AlertAct>(found - kActs.begin());
}

Result<uint64_t> act(records::AlertStore& store, AlertAct act, std::span<const std::string> ids,
                     const Deed& deed, std::string_view assignee) {
    CORDON_TRY(check(act, ids, deed, assignee));
    Doing doing{store, act, deed, assignee};
    CORDON_TRY(store.change([&]() -> Status {
        for (const std::string& id : ids) CORDON_TRY(doing.on(id));
        return {};
    }));
    return doing.changed();
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
