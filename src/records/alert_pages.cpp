// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Lists of alerts and what is counted of them.
#include <algorithm>
#include <map>
#include <variant>

#include <cordon/base/format.hpp>

#include "alert_impl.hpp"
#include "rows.hpp"

namespace cordon::records {
namespace {

constexpr int kSeverities = 5;
constexpr int kPhaseCount = 4;
constexpr int kClosed = static_cast<int>(AlertPhase::kClosed);

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// A question that has only the conditions that were asked for: SQLite then sees which index fits.
class Conditions {
public:
    explicit Conditions(const AlertQuery& query) {
        if (query.since) add("time >= $", count_of(*query.since));
        if (query.until) add("time < $", count_of(*query.until));
        if (!query.detector.empty()) add("detector = $", query.detector);
        if (!query.incident.empty()) add("incident = $", query.incident);
        if (query.subject) add("subject = $", blob(*query.subject));
        if (query.named) add("(subject = $ OR instr(related, $) > 0)", blob(*query.named));
        if (!query.suppressed) text_ += " AND suppressed_by = ''";
        if (!query.repeats) text_ += " AND repeat_of = ''";
        if (!query.retracted) text_ += " AND state <> 2";
        std::string any;
        for (const Hash256& txn : query.txns) {
            values_.emplace_back(Bytes{txn.bytes.begin(), txn.bytes.end()});
            any += format("{}instr(txns, ?{}) > 0", any.empty() ? "" : " OR ", values_.size());
        }
        if (!any.empty()) text_ += " AND (" + any + ")";
        for (const std::string& word : query.words)
            add("instr(lower(title || char(10) || reason || char(10) || detector || char(10) || "
                "tags || char(10) || subject_label || char(10) || assignee || char(10) || id || "
                "char(10) || incident), $) > 0",
                lower(word));
    }
    /// Those after an alert, newest first.
    void after(int64_t time, int64_t number) {
        values_.emplace_back(time);
        values_.emplace_back(number);
        text_ += format(" AND (time, number) < (?{}, ?{})", values_.size() - 1, values_.size());
    }
    /// Not those after an alert.
    void until(int64_t time, int64_t number) {
        values_.emplace_back(time);
        values_.emplace_back(number);
        text_ += format(" AND (time, number) >= (?{}, ?{})", values_.size() - 1, values_.size());
    }
    /// The place of another value.
    std::size_t value(int64_t number) {
        values_.emplace_back(number);
        return values_.size();
    }
    const std::string& text() const noexcept { return text_; }
    void bind(Statement& statement) const {
        int at = 0;
        for (const auto& value : values_) {
            ++at;
            if (const auto* number = std::get_if<int64_t>(&value))
                statement.bind(at, *number);
            else if (const auto* words = std::get_if<std::string>(&value))
                statement.bind(at, std::string_view{*words});
            else
                statement.bind(at, ByteView{std::get<Bytes>(value)});
        }
    }

private:
    static Bytes blob(const Address& address) {
        if (address.empty()) return {};
        const AddressBlob bytes{address};
        return {bytes.view().begin(), bytes.view().end()};
    }
    /// `$` stands for the value.
    void add(std::string_view condition, std::variant<int64_t, std::string, Bytes> value) {
        values_.push_back(std::move(value));
        text_ += " AND ";
        for (const char c : condition)
            text_ += c == '$' ? format("?{}", values_.size()) : std::string{c};
    }

    std::string text_ = "1";
    std::vector<std::variant<int64_t, std::string, Bytes>> values_;
};

/// By which index the newest are found, and whether it has them by severity and phase.
struct Way {
    std::string_view index;
    bool by_rank = false;
};
Way way_of(const AlertQuery& query) {
    if (query.subject) return {"alert_subject"};
    if (!query.incident.empty()) return {"alert_incident"};
    if (!query.detector.empty()) return {"alert_detector", true};
    const bool is_ranked =
        query.phase || query.at_least.value_or(Severity::kInfo) > Severity::kInfo;
    if (!query.suppressed && !query.repeats) {
        if (is_ranked || (query.open && query.retracted)) return {"alert_shown", true};
        return {query.open ? "alert_todo" : "alert_plain"};
    }
    return is_ranked || query.open ? Way{"alert_rank", true} : Way{"alert_time"};
}

bool wants(const AlertQuery& query, int severity, int phase) {
    return severity >= static_cast<int>(query.at_least.value_or(Severity::kInfo)) &&
           (!query.phase || phase == static_cast<int>(*query.phase)) &&
           !(query.open && phase == kClosed);
}

/// Where an alert stands in the order of time.
struct Place {
    int64_t time = 0, number = 0;
    std::string id = {};
};

void bind_searched(Statement& statement, const AlertQuery& query) {
    if (query.subject) {
        const AddressBlob bytes{*query.subject};
        statement.bind(1, bytes.view());
    } else if (!query.incident.empty()) {
        statement.bind(1, std::string_view{query.incident});
    } else {
        statement.bind_null(1);
    }
}
/// How far back a search looks: the index holds those that it goes through, one by one.
std::string_view searched(const AlertQuery& query) {
    return query.subject             ? "alert INDEXED BY alert_subject WHERE subject = ?1"
           : !query.incident.empty() ? "alert INDEXED BY alert_incident WHERE incident = ?1"
                                     : "alert INDEXED BY alert_time WHERE ?1 IS NULL";
}

}  // namespace

Result<std::vector<StoredAlert>> AlertStore::page(const AlertQuery& query,
                                                  std::string_view before) const {
    CORDON_TRY(AlertFound found, find(query, before, 0));
    return std::move(found.alerts);
}

Result<AlertFound> AlertStore::find(const AlertQuery& query, std::string_view before,
                                    uint64_t look) const {
    const auto place_row = [](const Statement& row) -> Result<Place> {
        return Place{row.integer(0), row.integer(1), std::string{row.text(2)}};
    };
    Conditions conditions{query};
    std::optional<Place> from, to;
    if (!before.empty()) {
        CORDON_TRY(from, impl_->read_one<Place>(
                             "SELECT time, number, id FROM alert WHERE id = ?1",
                             [&](Statement& s) { s.bind(1, before); }, place_row));
        if (!from) return fail(ErrorCode::kNotFound, format("{}: no such alert", before));
        conditions.after(from->time, from->number);
    }
    const bool is_search = !query.words.empty() || !query.txns.empty() || query.named;
    if (is_search && look > 0) {
        CORDON_TRY(const auto last,
                   impl_->read<Place>(
                       format("SELECT time, number, id FROM {} AND (time, number) < (?2, ?3) AND "
                              "time >= ?4 AND time < ?5 ORDER BY time DESC, number DESC LIMIT 2 "
                              "OFFSET ?6",
                              searched(query)),
                       [&](Statement& s) {
                           bind_searched(s, query);
                           s.bind(2, from ? from->time : INT64_MAX);
                           s.bind(3, from ? from->number : INT64_MAX);
                           s.bind(4, query.since ? count_of(*query.since) : INT64_MIN);
                           s.bind(5, query.until ? count_of(*query.until) : INT64_MAX);
                           s.bind(6, static_cast<int64_t>(look - 1));
                       },
                       place_row));
        if (last.size() > 1) {  // One more than it may look at is there.
            to = last.front();
            conditions.until(to->time, to->number);
        }
    }
    Way way = way_of(query);
    // Some twenty walks by severity and phase would look at as much each.
    if (to && way.by_rank) way = {"alert_time"};
    const std::size_t limit =
        conditions.value(query.limit == 0 ? int64_t{-1} : static_cast<int64_t>(query.limit));
    // One walk for each severity and phase: each is in order of time by its index and ends after a
    // page, where one over all of them would read and sort whatever passes.
    std::string walks;
    const auto walk = [&](std::string_view more) {
        walks += format(
            "{}SELECT number FROM (SELECT number FROM alert INDEXED BY {} WHERE {}{} ORDER BY time "
            "DESC, number DESC LIMIT ?{})",
            walks.empty() ? "" : " UNION ALL ", way.index, conditions.text(), more, limit);
    };
    for (int severity = 0; severity < kSeverities; ++severity)
        for (int phase = 0; phase < kPhaseCount && way.by_rank; ++phase)
            if (wants(query, severity, phase))
                walk(format(" AND severity = {} AND phase = {}", severity, phase));
    if (!way.by_rank)
        walk(format(
            "{}{}{}",
            query.at_least ? format(" AND severity >= {}", static_cast<int>(*query.at_least)) : "",
            query.phase ? format(" AND phase = {}", static_cast<int>(*query.phase)) : "",
            query.open ? format(" AND phase <> {}", kClosed) : ""));
    if (walks.empty()) return AlertFound{};
    CORDON_TRY(auto alerts, impl_->read<StoredAlert>(
                                std::string{kAlertColumns} + "WHERE number IN (" + walks +
                                    format(") ORDER BY +time DESC, +number DESC LIMIT ?{}", limit),
                                [&](Statement& s) { conditions.bind(s); }, alert_row));
    const bool is_cut = to && (query.limit == 0 || alerts.size() < query.limit);
    return AlertFound{.alerts = std::move(alerts), .looked_to = is_cut ? to->id : std::string{}};
}

Result<std::vector<AlertStep>> AlertStore::history(std::string_view about) const {
    return impl_->history(about);
}

Result<std::vector<StoredAlert>> AlertStore::alerts(const AlertQuery& query) const {
    Conditions conditions{query};
    std::string sql = std::string{kAlertColumns} + "WHERE " + conditions.text();
    if (query.at_least) sql += format(" AND severity >= {}", static_cast<int>(*query.at_least));
    if (query.phase) sql += format(" AND phase = {}", static_cast<int>(*query.phase));
    if (query.open) sql += format(" AND phase <> {}", kClosed);
    sql += format(
        " ORDER BY number DESC LIMIT ?{}",
        conditions.value(query.limit == 0 ? int64_t{-1} : static_cast<int64_t>(query.limit)));
    CORDON_TRY(auto found,
               impl_->read<StoredAlert>(sql, [&](Statement& s) { conditions.bind(s); }, alert_row));
    std::reverse(found.begin(), found.end());
    return found;
}

Result<std::vector<Incident>> AlertStore::incidents(const AlertQuery& query,
                                                    std::string_view before) const {
    std::optional<Incident> last;
    if (!before.empty()) {
        CORDON_TRY(last, impl_->read_one<Incident>(
                             std::string{kIncidentColumns} + "WHERE id = ?1",
                             [&](Statement& s) { s.bind(1, before); }, incident_row));
        if (!last) return fail(ErrorCode::kNotFound, format("{}: no such incident", before));
    }
    return impl_->read<Incident>(
        std::string{kIncidentColumns} +
            "WHERE merged_into = '' AND (?1 IS NULL OR phase = ?1) "
            "AND (?2 IS NULL OR severity >= ?2) AND (NOT ?3 OR phase <> 3) "
            "AND (last, id) < (?4, ?5) ORDER BY last DESC, id DESC LIMIT ?6",
        [&](Statement& s) {
            query.phase ? s.bind(1, static_cast<int64_t>(*query.phase)) : s.bind_null(1);
            query.at_least ? s.bind(2, static_cast<int64_t>(*query.at_least)) : s.bind_null(2);
            s.bind(3, int64_t{query.open});
            s.bind(4, last ? count_of(last->last) : INT64_MAX);
            s.bind(5, last ? std::string_view{last->id} : std::string_view{});
            s.bind(6, query.limit == 0 ? int64_t{-1} : static_cast<int64_t>(query.limit));
        },
        incident_row);
}

// --- What changes

Result<int64_t> AlertStore::version() const {
    CORDON_TRY(const auto version,
               impl_->read_one<int64_t>(
                   "PRAGMA data_version", [](Statement&) {},
                   [](const Statement& row) -> Result<int64_t> { return row.integer(0); }));
    return version.value_or(0);
}

Result<std::vector<StoredAlert>> AlertStore::since_event(uint64_t event) const {
    return impl_->read<StoredAlert>(
        std::string{kAlertColumns} + "WHERE event > ?1 ORDER BY event, number",
        [&](Statement& s) { s.bind(1, static_cast<int64_t>(event)); }, alert_row);
}

Result<int64_t> AlertStore::last_step() const {
    CORDON_TRY(const auto last,
               impl_->read_one<int64_t>(
                   "SELECT coalesce(max(number), 0) FROM step", [](Statement&) {},
                   [](const Statement& row) -> Result<int64_t> { return row.integer(0); }));
    return last.value_or(0);
}

Result<AlertNews> AlertStore::news(int64_t step, uint64_t limit) const {
    struct Happened {
        int64_t number = 0;
        std::string about;
        bool joined = false;
    };
    CORDON_TRY(const auto steps,
               impl_->read<Happened>(
                   "SELECT number, about, what = 'took in' FROM step WHERE number > ?1 ORDER BY "
                   "number LIMIT ?2",
                   [&](Statement& s) {
                       s.bind(1, step);
                       s.bind(2, static_cast<int64_t>(limit));
                   },
                   [](const Statement& row) -> Result<Happened> {
                       return Happened{row.integer(0), std::string{row.text(1)},
                                       row.integer(2) != 0};
                   }));
    AlertNews news;
    news.step = steps.empty() ? step : steps.back().number;
    std::map<std::string, std::size_t> last;  // Place of the last step about each.
    for (std::size_t i = 0; i < steps.size(); ++i) last[steps[i].about] = i;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Happened& each = steps[i];
        if (last.at(each.about) != i && !each.joined) continue;
        CORDON_TRY(auto found, impl_->read_one<StoredAlert>(
                                   std::string{kAlertColumns} + "WHERE id = ?1",
                                   [&](Statement& s) { s.bind(1, each.about); }, alert_row));
        if (found) news.alerts.push_back(*std::move(found));
        if (!each.joined) continue;
        // Two incidents became one: alerts of one of them name another now.
        CORDON_TRY(auto moved, alerts({.incident = each.about, .limit = limit}));
        std::move(moved.begin(), moved.end(), std::back_inserter(news.alerts));
    }
    return news;
}

// --- What is counted

Result<std::vector<AlertRate>> AlertStore::rates(UnixMillis since) const {
    std::map<int64_t, AlertRate> minutes;
    for (int severity = 0; severity < kSeverities; ++severity)
        for (int phase = 0; phase < kPhaseCount; ++phase) {
            using Row = std::pair<int64_t, int64_t>;
            CORDON_TRY(const auto rows,
                       impl_->read<Row>(
                           "SELECT time / 60000, count(*) FROM alert INDEXED BY alert_rank WHERE "
                           "severity = ?1 AND phase = ?2 AND time >= ?3 GROUP BY 1",
                           [&](Statement& s) {
                               s.bind(1, int64_t{severity});
                               s.bind(2, int64_t{phase});
                               s.bind(3, count_of(since));
                           },
                           [](const Statement& row) -> Result<Row> {
                               return Row{row.integer(0), row.integer(1)};
                           }));
            for (const auto& [minute, count] : rows) {
                AlertRate& rate = minutes[minute];
                rate.minute = UnixMillis{std::chrono::minutes{minute}};
                rate.count[static_cast<std::size_t>(severity)] += static_cast<uint64_t>(count);
            }
        }
    std::vector<AlertRate> all;
    for (const auto& [minute, rate] : minutes) all.push_back(rate);
    return all;
}

Result<std::array<uint64_t, 5>> AlertStore::open_counts() const {
    std::array<uint64_t, 5> counts{};
    using Row = std::pair<int64_t, int64_t>;
    CORDON_TRY(
        const auto rows,
        impl_->read<Row>(
            "SELECT severity, count(*) FROM alert INDEXED BY alert_open WHERE phase <> 3 AND "
            "suppressed_by = '' AND repeat_of = '' AND state <> 2 GROUP BY severity",
            [](Statement&) {},
            [](const Statement& row) -> Result<Row> {
                return Row{row.integer(0), row.integer(1)};
            }));
    for (const auto& [severity, count] : rows)
        if (severity >= 0 && severity < kSeverities)
            counts[static_cast<std::size_t>(severity)] = static_cast<uint64_t>(count);
    return counts;
}

Result<std::optional<UnixMillis>> AlertStore::newest_time() const {
    return impl_->read_one<UnixMillis>(
        "SELECT time FROM alert ORDER BY time DESC LIMIT 1", [](Statement&) {},
        [](const Statement& row) -> Result<UnixMillis> { return millis(row.integer(0)); });
}

}  // namespace cordon::records
