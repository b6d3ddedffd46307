// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

#include "groups.hpp"

namespace cordon::server {

namespace json = boost::json;

namespace {

constexpr int64_t kMostRows = 500, kUsualRows = 100;

/// A row of the list: of an entry of another kind, which the log of a server has as well (sealed
/// cases), what it is.
json::object row_of(uint64_t index, std::string_view entry) {
    json::object row{{"index", index},  {"time", nullptr},   {"who", nullptr},
                     {"what", nullptr}, {"target", nullptr}, {"status", nullptr}};
    boost::system::error_code error;
    const json::value parsed = json::parse(entry, error);
    const json::object* line = error ? nullptr : parsed.if_object();
    if (line == nullptr) return row;
    if (const json::value* kind = line->if_contains("kind"); kind != nullptr && *kind != "audit") {
        row["what"] = *kind;
        return row;
    }
    const json::value* data = line->if_contains("data");
    if (data == nullptr || !data->is_object()) return row;
    for (const char* name :
         {"time", "who", "what", "target", "status", "as", "peer", "request", "body", "left_out"})
        if (const json::value* value = data->get_object().if_contains(name)) row[name] = *value;
    return row;
}

/// The same for the two entries of one call. A request's id alone is the caller's own word.
std::string call_of(const json::object& row) {
    json::array key;
    for (const char* name : {"request", "who", "time", "what", "target", "body"}) {
        const json::value* value = row.if_contains(name);
        key.push_back(value != nullptr ? *value : json::value{});
    }
    return json::serialize(key);
}

/// What left by retention, as the log's anchor says it; null: nothing did.
Result<json::value> left_of(tlog::Log& log) {
    const tlog::Retention retention = log.retention();
    if (retention.until == 0) return nullptr;
    json::object left{{"until", retention.until},
                      {"bundle", retention.until / tlog::kTileWidth - 1},
                      {"anchor", retention.anchor}};
    CORDON_TRY(log.read(retention.anchor, retention.anchor + 1,
                        [&](uint64_t, std::string_view entry) -> Status {
                            CORDON_TRY(const auto anchor, tlog::parse_anchor(entry));
                            if (!anchor) return {};  // Opening the log told, or log verify will.
                            left["time"] = format_rfc3339(anchor->time);
                            left["by"] = anchor->by;
                            left["why"] = anchor->why;
                            left["archived"] = anchor->archived;
                            return {};
                        }));
    return left;
}

/// Backwards from the newest, or from before the cursor: the index of the last row that was shown.
Result<Answer> list(tlog::Log& log, const Call& call) {
    uint64_t end = log.size();
    if (const std::string_view cursor = call.param("cursor"); !cursor.empty()) {
        uint64_t index = 0;
        std::from_chars(cursor.data(), cursor.data() + cursor.size(), index);
        end = std::min(end, index);
    }
    uint64_t limit = kUsualRows;
    if (const std::string_view text = call.param("limit"); !text.empty())
        std::from_chars(text.data(), text.data() + text.size(), limit);
    const uint64_t first = log.first();  // What is before it left by retention.
    if (end <= first) {                  // Also a cursor of before something left.
        json::object none = page({}, std::nullopt);
        CORDON_TRY(none["left"], left_of(log));
        return Data{.data = std::move(none)};
    }
    const uint64_t begin = std::max(first, end - std::min(end, limit));
    // What was begun is told only where its end is not: that stands a few entries behind it, so
    // perhaps on the page that was read before this one.
    constexpr uint64_t kAhead = 512;
    std::set<std::string> ended;
    std::vector<json::object> rows;
    CORDON_TRY(log.read(begin, end + kAhead, [&](uint64_t index, std::string_view entry) -> Status {
        json::object row = row_of(index, entry);
        if (!row["status"].is_null()) ended.insert(call_of(row));
        if (index < end) rows.push_back(std::move(row));
        return {};
    }));
    json::array items;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const bool is_begin = (*row)["status"].is_null() && row->contains("request");
        if (!is_begin || !ended.contains(call_of(*row))) items.push_back(std::move(*row));
    }
    const bool is_last = begin == first;
    json::object out =
        page(std::move(items), is_last ? std::nullopt : std::optional{std::to_string(begin)});
    if (is_last) {
        CORDON_TRY(out["left"], left_of(log));
    } else {
        out["left"] = nullptr;
    }
    return Data{.data = std::move(out)};
}

}  // namespace

std::vector<Endpoint> audit_endpoints(tlog::Log& log) {
    const Schema row = Schema::object(
        {required("index", Schema::integer(0, INT64_MAX, "Place in the log: for proofs.")),
         required("time", Schema::or_null(Schema::time())),
         required("who", Schema::any("Name of the account or token; empty: nobody.")),
         required("what", Schema::any("operationId, or the kind of another entry.")),
         required("target", Schema::any("The path.")), required("status", Schema::any()),
         optional("as", Schema::choice({"session", "token", "nobody"})),
         optional("peer", Schema::any("IP address.")), optional("request", Schema::any("Its id.")),
         optional("body", Schema::any("SHA-256 of the body; null: none, or it had a secret.")),
         optional("left_out", Schema::any("Refused changes before it that were not written."))});
    const Schema left = Schema::object(
        {required("until", Schema::integer(0, INT64_MAX, "Entries before it left.")),
         required("bundle", Schema::integer(0, INT64_MAX, "The last bundle that left.")),
         required("anchor", Schema::integer(0, INT64_MAX, "The entry that says so.")),
         optional("time", Schema::time()), optional("by", Schema::any("Who let them leave.")),
         optional("why", Schema::any()),
         optional("archived", Schema::boolean("They lie in an archive."))});
    std::vector<Endpoint> out;
    out.push_back({.method = "GET",
                   .path = "/api/audit",
                   .id = "listAudit",
                   .tag = "accounts",
                   .summary = "What was changed by whom, newest first.",
                   .kind = "audit.list",
                   .permission = Permission::kAdminister,
                   .query = {{"cursor", Schema::text(20, "Of an earlier page.", "[0-9]+"), ""},
                             {"limit", Schema::integer(1, kMostRows), "Rows; 100 unless told."}},
                   .answer = Schema::object({required("items", Schema::array(row, kMostRows)),
                                             required("next", Schema::or_null(Schema::text(20))),
                                             required("left", Schema::or_null(left))}),
                   .handler = [&log](const Call& call) { return list(log, call); }});
    return out;
}

}  // namespace cordon::server
