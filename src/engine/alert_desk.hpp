// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/detect/world.hpp>
#include <cordon/records/alert_store.hpp>

namespace cordon::engine {

/// What the desk must know of a sink.
struct DeskSink {
    std::string name;
    Severity at_least = Severity::kInfo;
    bool repeats = false;  ///< Also what is told already (xN).
    std::function<std::string(const records::StoredAlert&)> body;  ///< As it shall get it.
};

struct DeskSettings {
    /// The same detector about the same subject within this time is a repeat, unless it is worse or
    /// twice as much is at stake: people get one call for a drain of forty txns, and another when
    /// it goes on after an hour.
    Seconds repeat_window{3'600};
    /// Alerts that share an address or a txn within this time belong together. A day: thieves rest
    /// for hours between theft and laundering, and two thefts of one victim in a day are one.
    Seconds incident_window{86'400};
    /// An address that so many alerts about others name, too, is a place that serves everybody
    /// (an unlabelled router or exchange) and joins nothing any more.
    uint64_t hub = 8;
    std::vector<DeskSink> sinks;
};

/// Where alerts become what people work with: repeats are counted, what belongs together is one
/// incident, what somebody has suppressed is kept aside, and what sinks shall get is noted; all of
/// it, with the place in the stream, in one db_txn.
///
/// Deterministic: times are event time. Confined to one thread. Lifetime: store and world.
class AlertDesk {
public:
    AlertDesk(records::AlertStore& store, const detect::World& world, DeskSettings settings)
        : store_{store}, world_{world}, settings_{std::move(settings)} {}

    /// Takes what an event raised, and the place behind it. Gives what is to be told, in order:
    /// nothing for an alert that is known already, or suppressed. Durable when it returns.
    Result<std::vector<records::StoredAlert>> take(std::span<const Alert> alerts,
                                                   const records::Cursor& cursor);

    uint64_t suppressed() const noexcept { return suppressed_; }

private:
    using Told = std::vector<records::StoredAlert>;
    Status take_one(const Alert& alert, uint64_t event, Told& told);
    Status take_known(records::StoredAlert stored, const Alert& alert, uint64_t event, Told& told);
    Status count_repeat(records::StoredAlert& stored);
    Status join_incident(records::StoredAlert& stored);
    Status merge(const records::Incident& from, records::Incident& into, UnixMillis time);
    Status after_retraction(const std::string& incident, UnixMillis time);
    Status tell(const records::StoredAlert& stored, Told& told);
    bool joins(ChainId chain, const Address& address) const;

    records::AlertStore& store_;
    const detect::World& world_;
    DeskSettings settings_;
    std::vector<records::Suppression> suppressions_;  // Of the event at hand.
    uint64_t suppressed_ = 0;
    uint64_t taken_ = 0;
};

/// What people do about alerts.
enum class AlertAct : uint8_t {
    kAcknowledge,  ///< Also assigns to who does it: whoever looks at it works on it.
    kInvestigate,
    kClose,
    kReopen,
    kAssign,
    kNote,
};
std::string_view to_string(AlertAct act) noexcept;
std::optional<AlertAct> parse_alert_act(std::string_view text) noexcept;

/// Who does it, why, and when, by the clock of the machine.
struct Deed {
    std::string who, why;
    UnixMillis when;
};
/// On any number of alerts and incidents (then on all of their alerts), all or none; `assignee` is
/// for kAssign, empty: nobody. How many alerts changed: what is so already does not.
/// kNotFound; kInvalidParam: no ids, a close or note without a reason, words that are no plain
/// line.
Result<uint64_t> act(records::AlertStore& store, AlertAct act, std::span<const std::string> ids,
                     const Deed& deed, std::string_view assignee = {});

/// Checks a suppression, gives it its id, and says which of the stored alerts it would have hidden
/// since then. kInvalidParam: no matcher, no reason, no expiry, or one too far away.
Result<std::vector<records::StoredAlert>> preview(const records::AlertStore& store,
                                                  records::Suppression& suppression,
                                                  UnixMillis since);
Status suppress(records::AlertStore& store, const records::Suppression& suppression);
/// Ends it at `when`; kNotFound.
Status unsuppress(records::AlertStore& store, std::string_view id, const Deed& deed);

/// STATE/alerts.sqlite.
std::string alerts_path(const std::string& state_directory);

/// What a watch notes there for those who show how far it is: a cursor a chain, named so with the
/// chain's name behind it, and a mark that says what it reads.
inline constexpr std::string_view kChainCursor = "chain ";
inline constexpr std::string_view kFeedMark = "feed";
inline constexpr std::string_view kLiveFeed = "live", kReplayFeed = "replay";

}  // namespace cordon::engine
