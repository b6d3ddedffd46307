// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/model/alert.hpp>

/// Alerts on disk, what people did about them, what still has to be sent, and how far the watch
/// has come (SQLite, WAL, synchronous=FULL). One event's alerts, its place in the stream and its
/// deliveries are one db_txn: a watch that dies at any moment neither loses nor repeats an alert.
namespace cordon::records {

/// What people do about an alert.
enum class AlertPhase : uint8_t { kNew, kAcknowledged, kInvestigating, kClosed };
std::string_view to_string(AlertPhase phase) noexcept;
Result<AlertPhase> parse_alert_phase(std::string_view text);

/// One thing that happened to an alert or an incident.
struct AlertStep {
    UnixMillis time;   ///< Of what the watch does: event time.
    std::string who;   ///< A user, or "watch".
    std::string what;  ///< "raised", "repeated", "retracted", "acknowledged", "closed", ...
    std::string why;   ///< Required to close and to suppress.
    friend bool operator==(const AlertStep&, const AlertStep&) = default;
};

/// An alert as it is kept.
struct StoredAlert {
    Alert alert;
    AlertPhase phase{};
    /// Times seen: repeats of one detector about one subject (xN). Of a repeat: which one it is.
    uint64_t count = 1;
    std::string repeat_of;      ///< Id of the first of them; empty: this is the first.
    std::string subject_label;  ///< Of the subject, when it was raised; empty: none.
    std::string incident;
    std::string suppressed_by;  ///< Id of a suppression; empty: none.
    std::string assignee;       ///< Who works on it; empty: nobody.
    uint64_t event = 0;         ///< Place in the stream of what raised it or changed it last.
    std::vector<AlertStep> history;
};

/// Alerts that share funds, actors or txns.
struct Incident {
    std::string id;
    std::string title;
    Severity severity{};  ///< Of its worst alert.
    AlertPhase phase{};
    UnixMillis first, last;
    std::optional<Cents> usd;   ///< At stake, the largest of its alerts.
    std::string merged_into{};  ///< Another incident that turned out to be the same; empty: none.
    std::vector<std::string> alerts{};  ///< Ids, in the order in which they were raised.
    std::vector<AlertStep> history{};
};

/// Something that alerts of one incident share: an address of a chain, a txn. What it is made of is
/// the caller's.
struct IncidentKey {
    Bytes key;
    std::string incident;
    UnixMillis last;         ///< When an alert had it last.
    Address subject;         ///< Of that alert.
    uint64_t strangers = 0;  ///< How often the next alert had another subject.
};

/// Hides alerts that match, until it expires. Nothing is deleted: they are kept, marked.
struct Suppression {
    std::string id;
    std::string detector;                ///< Empty: any.
    std::optional<Address> subject;      ///< None: any.
    std::optional<ChainId> chain;        ///< None: any.
    std::string tag;                     ///< Empty: any.
    Severity at_most = Severity::kHigh;  ///< Worse ones are never hidden.
    std::string reason;                  ///< Not empty.
    std::string who;
    UnixMillis from, until;  ///< By event time; `until` is required.
    bool matches(const Alert& alert) const noexcept;
};

/// How far a source of the watch is.
struct Cursor {
    std::string source;  ///< As the user gave it.
    ChainId chain;
    BlockNum block = 0;
    Hash256 hash;
    uint64_t events = 0;  ///< Events taken from the source so far.
    UnixMillis time{};    ///< Of the block.
};

/// Something that must reach a sink.
struct Delivery {
    uint64_t number = 0;  ///< Rising.
    std::string sink;
    std::string alert;  ///< Its id.
    std::string key;    ///< The same for the same news, whenever it is sent.
    std::string body;   ///< As the sink sends it.
    unsigned tries = 0;
    UnixMillis next_try = {};  ///< By the clock of the machine.
};

/// Which alerts are wanted; what is not set does not matter.
struct AlertQuery {
    std::optional<AlertPhase> phase = {};
    std::optional<Severity> at_least = {};
    std::optional<UnixMillis> since = {}, until = {};  ///< [since, until)
    std::string detector = {}, incident = {};
    bool open = false;                    ///< Not closed.
    bool suppressed = true;               ///< Also these,
    bool repeats = true;                  ///< these,
    bool retracted = true;                ///< and these.
    uint64_t limit = 0;                   ///< The newest; 0: all.
    std::optional<Address> subject = {};  ///< That they are about,
    std::optional<Address> named = {};    ///< or that takes part in any way.
    std::vector<Hash256> txns = {};       ///< One of these is their evidence.
    /// Each of these words stands in title, reason, detector, tags, label, assignee or ids; in any
    /// letter case of A to Z. Reads every alert until it has found enough.
    std::vector<std::string> words = {};
};

/// What a search found in the part that it looked at.
struct AlertFound {
    std::vector<StoredAlert> alerts;
    /// Id of the last one that was looked at, where that is why there are not more; from there it
    /// goes on.
    std::string looked_to = {};
};

/// Alerts of a minute of event time, by severity.
struct AlertRate {
    UnixMillis minute;
    std::array<uint64_t, 5> count{};
    friend bool operator==(const AlertRate&, const AlertRate&) = default;
};

/// Alerts that something happened to, and how far one has read then.
struct AlertNews {
    std::vector<StoredAlert> alerts;  ///< In the order of what happened last to each.
    int64_t step = 0;
};

/// One file of alerts. Confined to one thread; several processes may have it open (people
/// acknowledge while the watch runs). Errors of all: kIo, kNoSpace, kPermission, kCorrupt, kLocked.
class AlertStore {
public:
    /// Opens or creates; the directory must exist. kUnsupported when a newer version of Cordon, or
    /// another program, wrote it.
    static Result<std::unique_ptr<AlertStore>> open(
        const std::string& path, std::chrono::milliseconds busy_timeout = kBusyTimeout);
    /// kNotFound when there is none.
    static Result<std::unique_ptr<AlertStore>> open_read_only(
        const std::string& path, std::chrono::milliseconds busy_timeout = kBusyTimeout);
    /// Gone with the object: for a watch that keeps nothing.
    static Result<std::unique_ptr<AlertStore>> in_memory();
    ~AlertStore();

    /// kFull survives a loss of power, kProcess a kill -9 only: what is lost is done again.
    enum class Durability : uint8_t { kFull, kProcess };
    /// Runs `work` as one db_txn: on an Error nothing of it is kept. All put_... below must be
    /// called inside; questions inside see what was put.
    Status change(const std::function<Status()>& work, Durability durability = Durability::kFull);

    /// By id: the row as given, at its place in the order of first puts. History is added by step.
    Status put_alert(const StoredAlert& stored);
    Status add_step(std::string_view id, const AlertStep& step);
    /// By id, without its alerts and history.
    Status put_incident(const Incident& incident);
    /// All alerts and keys of one incident belong to another one from now on.
    Status move_incident(std::string_view from, std::string_view into);
    Status put_key(const IncidentKey& key);
    /// Keys that nobody has had since then.
    Status forget_keys(UnixMillis before);
    Status put_suppression(const Suppression& suppression);
    Status add_delivery(const Delivery& delivery);  ///< `number` is given by the store.
    Status put_delivery(const Delivery& delivery);  ///< Another try, at another time.
    Status end_delivery(uint64_t number);
    Status put_cursor(const Cursor& cursor);
    /// Small values by name: sinks' offsets and the like. An empty one is forgotten.
    Status put_mark(std::string_view name, std::string_view value);

    /// Another number whenever somebody else has changed the file.
    Result<int64_t> version() const;
    Result<std::optional<StoredAlert>> alert(std::string_view id) const;  ///< With its history.
    /// In the order in which they were raised, without history.
    Result<std::vector<StoredAlert>> alerts(const AlertQuery& query) const;
    /// The newest by event time that come after `before` (an id; empty: from the newest on), newest
    /// first, without history. Cost: what is shown, whatever is asked for (but for words, txns and
    /// `named`) and however many there are. kNotFound: no such `before`.
    Result<std::vector<StoredAlert>> page(const AlertQuery& query, std::string_view before) const;
    /// The same; for words, txns and `named` it looks at `look` alerts at most (0: all).
    Result<AlertFound> find(const AlertQuery& query, std::string_view before, uint64_t look) const;
    /// What happened to an alert, an incident or a suppression.
    Result<std::vector<AlertStep>> history(std::string_view about) const;
    /// The newest alert of the same detector, chain, subject and tags since then that is no repeat,
    /// not closed and not retracted.
    Result<std::optional<StoredAlert>> last_like(const Alert& alert, UnixMillis since) const;
    /// What was raised or has changed by events after this one, without history.
    Result<std::vector<StoredAlert>> since_event(uint64_t event) const;
    /// What happened after this step, to `limit` steps: without history. By whomever.
    Result<AlertNews> news(int64_t step, uint64_t limit) const;
    Result<int64_t> last_step() const;
    Result<std::optional<Incident>> incident(std::string_view id) const;  ///< With alerts, history.
    /// Newest first, after `before` (an id); merged ones are left out. Of the query phase,
    /// severity, open and limit count.
    Result<std::vector<Incident>> incidents(const AlertQuery& query,
                                            std::string_view before = {}) const;
    /// Minutes of [since, ...) with alerts in them, in order; suppressed ones and repeats too.
    Result<std::vector<AlertRate>> rates(UnixMillis since) const;
    /// Not closed, not suppressed, no repeat, not retracted: by severity.
    Result<std::array<uint64_t, 5>> open_counts() const;
    Result<std::optional<UnixMillis>> newest_time() const;  ///< Of all alerts.
    Result<std::optional<IncidentKey>> key(ByteView key) const;
    /// Every one, also those that have expired; by id.
    Result<std::vector<Suppression>> suppressions() const;
    /// In order, those whose next try is due.
    Result<std::vector<Delivery>> due(std::string_view sink, UnixMillis now, uint64_t limit) const;
    Result<uint64_t> waiting(std::string_view sink) const;
    Result<std::optional<Cursor>> cursor(std::string_view source) const;
    Result<std::vector<Cursor>> cursors() const;  ///< By source.
    Result<std::optional<std::string>> mark(std::string_view name) const;
    /// Names that begin so, with their values, by name.
    Result<std::vector<std::pair<std::string, std::string>>> marks(std::string_view prefix) const;

private:
    static constexpr std::chrono::milliseconds kBusyTimeout{10'000};
    struct Impl;
    explicit AlertStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::records
