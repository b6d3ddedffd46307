// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "alert_rows.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "rows.hpp"

namespace cordon::records {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"new", "acknowledged", "investigating", "closed"};

/// A number of an enumeration as it is stored.
template <typename Enum>
Result<Enum> decode_enum(int64_t value, int64_t count, std::string_view what) {
    if (value < 0 || value >= count)
        return fail(ErrorCode::kCorrupt, format("{} {}: expected 0 to {}", what, value, count - 1));
    return static_cast<Enum>(value);
}

Result<Severity> decode_severity(int64_t value) {
    return decode_enum<Severity>(value, 5, "severity");
}

std::optional<Cents> cents(const Statement& row, int column) {
    return row.is_null(column) ? std::nullopt : std::optional{row.integer(column)};
}

/// Addresses one after the other: length of kind and payload, kind, payload.
Bytes join(const std::vector<Address>& addresses) {
    Bytes out;
    for (const Address& address : addresses) {
        const AddressBlob blob{address};
        out.push_back(static_cast<uint8_t>(blob.view().size()));
        out.insert(out.end(), blob.view().begin(), blob.view().end());
    }
    return out;
}

Result<std::vector<Address>> split_addresses(ByteView bytes) {
    std::vector<Address> addresses;
    while (!bytes.empty()) {
        const std::size_t size = bytes.front();
        if (size >= bytes.size())
            return fail(ErrorCode::kCorrupt, "a list of addresses is cut short");
        CORDON_TRY(const Address address, decode_address(bytes.subspan(1, size)));
        addresses.push_back(address);
        bytes = bytes.subspan(size + 1);
    }
    return addresses;
}

Result<std::vector<Hash256>> split_hashes(ByteView bytes) {
    if (bytes.size() % sizeof(Hash256) != 0)
        return fail(ErrorCode::kCorrupt, "a list of hashes is cut short");
    std::vector<Hash256> hashes(bytes.size() / sizeof(Hash256));
    for (std::size_t i = 0; i < hashes.size(); ++i)
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * sizeof(Hash256)),
                    sizeof(Hash256), hashes[i].bytes.begin());
    return hashes;
}

/// An address, or none.
Result<Address> decode_subject(ByteView blob) {
    if (blob.empty()) return Address{};
    return decode_address(blob);
}

}  // namespace

std::string_view to_string(AlertPhase phase) noexcept {
    return kPhases[static_cast<std::size_t>(phase)];
}

Result<AlertPhase> parse_alert_phase(std::string_view text) {
    for (std::size_t i = 0; i < kPhases.size(); ++i)
        if (kPhases[i] == text) return static_cast<AlertPhase>(i);
    return fail(
        ErrorCode::kMalformed,
        format("phase \"{}\": expected one of new acknowledged investigating closed", text));
}

// Tags are words of detectors and rule files: a line end in one would be another tag.
std::string join_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

bool Suppression::matches(const Alert& alert) const noexcept {
    return alert.severity <= at_most && from <= alert.time && alert.time < until &&
           (detector.empty() || detector == alert.detector) &&
           (!subject || *subject == alert.subject) && (!chain || *chain == alert.chain) &&
           (tag.empty() ||
            std::find(alert.tags.begin(), alert.tags.end(), tag) != alert.tags.end());
}

Status write_alert(Statement& statement, const StoredAlert& stored) {
    const Alert& alert = stored.alert;
    const std::string chain = to_string(alert.chain);
    const AddressBlob subject{alert.subject};
    const Bytes related = join(alert.related);
    Bytes txns;
    for (const Hash256& txn : alert.txns)
        txns.insert(txns.end(), txn.bytes.begin(), txn.bytes.end());
    const std::string tags = join_lines(alert.tags);
    int at = 0;
    const auto text = [&](std::string_view value) { statement.bind(++at, value); };
    const auto number = [&](auto value) { statement.bind(++at, static_cast<int64_t>(value)); };
    text(alert.id);
    number(alert.state);
    text(alert.detector);
    number(alert.severity);
    number(alert.stage);
    statement.bind(++at, alert.confidence);
    text(chain);
    number(alert.block);
    statement.bind(++at, ByteView{alert.block_hash});
    number(alert.time.time_since_epoch().count());
    statement.bind(++at, alert.subject.empty() ? ByteView{} : subject.view());
    statement.bind(++at, ByteView{txns});
    statement.bind(++at, ByteView{related});
    if (alert.usd)
        number(*alert.usd);
    else
        statement.bind_null(++at);
    text(alert.title);
    text(alert.reason);
    text(alert.next);
    text(tags);
    number(stored.phase);
    number(stored.count);
    text(stored.repeat_of);
    text(stored.subject_label);
    text(stored.incident);
    text(stored.suppressed_by);
    number(stored.event);
    text(stored.assignee);
    return statement.run();
}

Result<StoredAlert> alert_row(const Statement& row) {
    StoredAlert stored;
    Alert& alert = stored.alert;
    alert.id = row.text(0);
    CORDON_TRY(alert.state, decode_enum<AlertState>(row.integer(1), 3, "alert state"));
    alert.detector = row.text(2);
    CORDON_TRY(alert.severity, decode_severity(row.integer(3)));
    CORDON_TRY(alert.stage, decode_enum<Stage>(row.integer(4), kStages, "stage"));
    alert.confidence = row.real(5);
    CORDON_TRY(alert.chain, decode_chain(row.text(6)));
    alert.block = static_cast<BlockNum>(row.integer(7));
    CORDON_TRY(alert.block_hash, decode_hash(row.blob(8)));
    alert.time = millis(row.integer(9));
    CORDON_TRY(alert.subject, decode_subject(row.blob(10)));
    CORDON_TRY(alert.txns, split_hashes(row.blob(11)));
    CORDON_TRY(alert.related, split_addresses(row.blob(12)));
    alert.usd = cents(row, 13);
    alert.title = row.text(14);
    alert.reason = row.text(15);
    alert.next = row.text(16);
    alert.tags = split_lines(row.text(17));
    CORDON_TRY(stored.phase, decode_enum<AlertPhase>(row.integer(18), 4, "phase"));
    stored.count = static_cast<uint64_t>(row.integer(19));
    stored.repeat_of = row.text(20);
    stored.subject_label = row.text(21);
    stored.incident = row.text(22);
    stored.suppressed_by = row.text(23);
    stored.event = static_cast<uint64_t>(row.integer(24));
    stored.assignee = row.text(25);
    return stored;
}

Result<Incident> incident_row(const Statement& row) {
    Incident incident;
    incident.id = row.text(0);
    incident.title = row.text(1);
    CORDON_TRY(incident.severity, decode_severity(row.integer(2)));
    CORDON_TRY(incident.phase, decode_enum<AlertPhase>(row.integer(3), 4, "phase"));
    incident.first = millis(row.integer(4));
    incident.last = millis(row.integer(5));
    incident.usd = cents(row, 6);
    incident.merged_into = row.text(7);
    return incident;
}

Result<Cursor> cursor_row(const Statement& row) {
    Cursor cursor;
    cursor.source = row.text(0);
    CORDON_TRY(cursor.chain, decode_chain(row.text(1)));
    cursor.block = static_cast<BlockNum>(row.integer(2));
    CORDON_TRY(cursor.hash, decode_hash(row.blob(3)));
    cursor.events = static_cast<uint64_t>(row.integer(4));
    cursor.time = millis(row.integer(5));
    return cursor;
}

Result<Suppression> suppression_row(const Statement& row) {
    Suppression suppression;
    suppression.id = row.text(0);
    suppression.detector = row.text(1);
    if (!row.is_null(2)) {
        CORDON_TRY(suppression.subject, decode_subject(row.blob(2)));
    }
    if (!row.is_null(3)) {
        CORDON_TRY(suppression.chain, decode_chain(row.text(3)));
    }
    suppression.tag = row.text(4);
    CORDON_TRY(suppression.at_most, decode_severity(row.integer(5)));
    suppression.reason = row.text(6);
    suppression.who = row.text(7);
    suppression.from = millis(row.integer(8));
    suppression.until = millis(row.integer(9));
    return suppression;
}

}  // namespace cordon::records
