// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/report/case_json.hpp>

#include "groups.hpp"

namespace cordon::server {

namespace json = boost::json;

namespace {

using records::Case;
using records::CaseItem;
using records::CaseState;

constexpr std::size_t kMostItems = 200;  ///< Of one request.
constexpr std::string_view kCasePath = "/api/cases/{id}";

std::string text_of(const json::object& body, std::string_view name) {
    const json::value* value = body.if_contains(name);
    return value == nullptr ? std::string{} : std::string{value->as_string()};
}

std::optional<std::string> optional_text(const json::object& body, std::string_view name) {
    return body.contains(name) ? std::optional{text_of(body, name)} : std::nullopt;
}

Schema text_schema(std::size_t longest, std::string about) {
    return Schema::text(longest, std::move(about));
}

Schema item_schema() {
    return Schema::object(
        {required("kind",
                  Schema::choice({"alert", "incident", "trace", "view", "address", "txn", "note"})),
         optional("ref", text_schema(200, "An id; CHAIN:ADDRESS, CHAIN:HASH; empty for a note.")),
         optional("note", text_schema(4'000, "Plain text."))});
}

constexpr std::array<std::pair<const char*, std::string records::CaseSender::*>, 8> kSender{
    {{"organisation", &records::CaseSender::organisation},
     {"name", &records::CaseSender::name},
     {"role", &records::CaseSender::role},
     {"email", &records::CaseSender::email},
     {"phone", &records::CaseSender::phone},
     {"reference", &records::CaseSender::reference},
     {"answer_to", &records::CaseSender::answer_to},
     {"hold_until", &records::CaseSender::hold_until}}};

Schema sender_schema() {
    std::vector<Property> parts;
    for (const auto& [name, part] : kSender)
        parts.push_back(optional(name, text_schema(200, "One line; left out: empty.")));
    return Schema::object(std::move(parts), "Who writes the letters, whole.");
}

Schema keys_schema() {
    return Schema::array(Schema::text(100, "Key of a letter.", "[a-z0-9-]+"), 500,
                         "Only these letters are drafted; empty: all that can be.");
}

std::optional<records::CaseSender> sender_of(const json::object& body) {
    const json::value* value = body.if_contains("sender");
    if (value == nullptr) return std::nullopt;
    records::CaseSender sender;
    for (const auto& [name, part] : kSender) sender.*part = text_of(value->as_object(), name);
    return sender;
}

std::optional<std::vector<std::string>> keys_of(const json::object& body) {
    const json::value* value = body.if_contains("letters_for");
    if (value == nullptr) return std::nullopt;
    std::vector<std::string> keys;
    for (const json::value& key : value->as_array()) keys.emplace_back(key.as_string());
    return keys;
}

CaseItem item_of(const json::object& body, const Call& call) {
    CaseItem item;
    // The schema has looked at it.
    item.kind =
        records::parse_case_item_kind(text_of(body, "kind")).value_or(CaseItem::Kind::kNote);
    item.ref = text_of(body, "ref");
    item.note = text_of(body, "note");
    item.by = call.caller.name;
    item.time = call.now;
    return item;
}

/// What a writer of `report` writes, as a value.
template <typename Write>
json::value written(Write write) {
    std::string text;
    const report::Sink sink = report::string_sink(text);
    report::JsonWriter writer{sink};
    write(writer);
    static_cast<void>(writer.finish());  // A string never refuses.
    return json::parse(text);
}

json::value case_json(const Case& value, std::span<const records::CaseStep> history = {}) {
    return written([&](report::JsonWriter& writer) { report::write_case(writer, value, history); });
}

Result<Answer> whole_case(const engine::CaseDesk& cases, std::string_view id, unsigned status,
                          bool history = false) {
    CORDON_TRY(const Case value, cases.get(id));
    std::vector<records::CaseStep> steps;
    if (history) {
        CORDON_TRY(steps, cases.history(id));
    }
    json::value data = case_json(value, steps);
    if (const std::string step = cases.sealing(id); !step.empty())
        data.as_object()["sealing"] = step;
    return Data{.data = std::move(data),
                .status = status,
                .location = status == 201 ? "/api/cases/" + value.id : std::string{}};
}

const std::string& id_of(const Call& call) { return call.path.at("id"); }

Result<Answer> list(const engine::CaseDesk& cases, const Call& call) {
    constexpr std::size_t kUsual = 100;
    std::size_t limit = kUsual;
    if (const std::string_view text = call.param("limit"); !text.empty())
        std::from_chars(text.data(), text.data() + text.size(), limit);
    CORDON_TRY(const auto all, cases.list(records::parse_case_state(call.param("state"))));
    // By the newest change: the cursor is the last one shown.
    auto from = all.begin();
    if (const std::string_view cursor = call.param("cursor"); !cursor.empty()) {
        from = std::find_if(all.begin(), all.end(),
                            [&](const Case& value) { return value.id == cursor; });
        if (from != all.end()) ++from;
    }
    json::array items;
    for (; from != all.end() && items.size() < limit; ++from) items.push_back(case_json(*from));
    const bool more = from != all.end() && !items.empty();
    return Data{
        .data = page(std::move(items), more ? std::optional{std::prev(from)->id} : std::nullopt)};
}

/// The letters as case.json has them, with the number of their rows instead of the rows.
Result<Answer> letters(const engine::CaseDesk& cases, const Call& call) {
    CORDON_TRY(const std::string text, cases.file(id_of(call), "case.json"));
    json::value value = json::parse(text);
    json::object& data = value.at("data").as_object();
    for (json::value& letter : data.at("letters").as_array()) {
        json::object& each = letter.as_object();
        each["rows"] = each.at("rows").as_array().size();
        each.erase("resting");
    }
    Data answer{.data = json::object{{"items", data.at("letters")},
                                     {"without_letter", data.at("without_letter")},
                                     {"next", nullptr}}};
    for (const json::value& warning : value.at("warnings").as_array())
        answer.warnings.emplace_back(warning.as_string());
    return answer;
}

/// One file of the archive, as it is or would be.
Result<Answer> file(const engine::CaseDesk& cases, const Call& call, const std::string& name,
                    const std::string& type, bool attach) {
    CORDON_TRY(std::string body, cases.file(id_of(call), name));
    const std::size_t slash = name.rfind('/');
    return File{
        .type = type,
        .body = std::move(body),
        .name = attach ? id_of(call) + "-" + name.substr(slash == std::string::npos ? 0 : slash + 1)
                       : std::string{}};
}

Result<Answer> archive(const engine::CaseDesk& cases, const Call& call) {
    CORDON_TRY(const std::string path, cases.archive(id_of(call)));
    CORDON_TRY(const Bytes bytes, read_file(path));
    return File{.type = "application/zip",
                .body = {bytes.begin(), bytes.end()},
                .name = id_of(call) + ".zip"};
}

Result<Answer> seal(engine::CaseDesk& cases, const Call& call) {
    CORDON_TRY(engine::SealedCase sealed, cases.seal(id_of(call), call.caller.name, call.now));
    return Data{.data = json::object{{"id", id_of(call)},
                                     {"sha256", sealed.sha256},
                                     {"manifest_sha256", sealed.manifest_sha256},
                                     {"files", sealed.files}},
                .warnings = std::move(sealed.warnings)};
}

Endpoint reads(std::string path, std::string id, std::string summary, std::string kind) {
    Endpoint endpoint;
    endpoint.method = "GET";
    endpoint.path = std::move(path);
    endpoint.id = std::move(id);
    endpoint.tag = "cases";
    endpoint.summary = std::move(summary);
    endpoint.kind = std::move(kind);
    endpoint.cacheable = true;
    return endpoint;
}

Endpoint changes(std::string method, std::string path, std::string id, std::string summary,
                 std::string kind) {
    Endpoint endpoint = reads(std::move(path), std::move(id), std::move(summary), std::move(kind));
    endpoint.method = std::move(method);
    endpoint.permission = Permission::kInvestigate;
    endpoint.changes = true;
    endpoint.cacheable = false;
    return endpoint;
}

void add_reading(std::vector<Endpoint>& all, engine::CaseDesk& cases) {
    Endpoint each = reads("/api/cases", "listCases", "Cases, the newest change first", "case.list");
    each.query = {{"state", Schema::choice({"open", "sealed", "closed"}), "Only these"},
                  {"cursor", text_schema(64, ""), "Of an earlier page"},
                  {"limit", Schema::integer(1, 500), "At most so many"}};
    each.handler = [&cases](const Call& call) { return list(cases, call); };
    all.push_back(each);

    const std::string path{kCasePath};
    each = reads(path, "getCase", "A case with its history", "case");
    each.handler = [&cases](const Call& call) { return whole_case(cases, id_of(call), 200, true); };
    all.push_back(each);

    each = reads(path + "/letters", "listLetters", "Its draft letters", "letter.list");
    each.handler = [&cases](const Call& call) { return letters(cases, call); };
    all.push_back(each);

    struct Form {
        const char *ending, *type;
        bool attach;
    };
    for (const Form& form : {Form{".html", "text/html; charset=utf-8", false},
                             Form{".txt", "text/plain; charset=utf-8", false},
                             Form{".csv", "text/csv; charset=utf-8", true}}) {
        const std::string ending = form.ending;
        each = reads(path + "/letters/{key}" + ending, "getLetter" + ending.substr(1),
                     "A draft letter as " + ending.substr(1), "file");
        each.handler = [&cases, ending, type = std::string{form.type},
                        attach = form.attach](const Call& call) {
            return file(cases, call, "letters/" + call.path.at("key") + ending, type, attach);
        };
        all.push_back(each);
    }

    each = reads(path + "/report.html", "getReport", "The report as one page", "file");
    each.handler = [&cases](const Call& call) {
        return file(cases, call, "case.html", "text/html; charset=utf-8", false);
    };
    all.push_back(each);

    each = reads(path + "/archive.zip", "getArchive", "The sealed archive", "file");
    each.handler = [&cases](const Call& call) { return archive(cases, call); };
    all.push_back(each);
}

void add_changing(std::vector<Endpoint>& all, engine::CaseDesk& cases) {
    Endpoint each = changes("POST", "/api/cases", "makeCase", "A new case", "case");
    each.body = Schema::object({optional("title", text_schema(200, "What it is about.")),
                                required("items", Schema::array(item_schema(), kMostItems)),
                                optional("letters_for", keys_schema())});
    each.max_body = 1U << 20U;
    each.handler = [&cases](const Call& call) -> Result<Answer> {
        const json::object& body = call.body.as_object();
        std::vector<CaseItem> items;
        for (const json::value& item : body.at("items").as_array())
            items.push_back(item_of(item.as_object(), call));
        CORDON_TRY(const Case made,
                   cases.create(text_of(body, "title"), std::move(items), call.caller.name,
                                call.now, keys_of(body).value_or(std::vector<std::string>{})));
        return whole_case(cases, made.id, 201);
    };
    all.push_back(each);

    const std::string path{kCasePath};
    each = changes("PATCH", path, "editCase",
                   "Title, story, state of a case, or who writes its letters", "case");
    each.body = Schema::object(
        {optional("title", text_schema(200, "What it is about.")),
         optional("summary", text_schema(16'000, "The story so far; plain text.")),
         optional("state", Schema::choice({"open", "closed"}, "Sealing is a call of its own.")),
         optional("sender", sender_schema()), optional("letters_for", keys_schema())});
    each.max_body = 128U << 10U;
    each.handler = [&cases](const Call& call) -> Result<Answer> {
        const json::object& body = call.body.as_object();
        const auto state = optional_text(body, "state");
        engine::CaseChange change{.title = optional_text(body, "title"),
                                  .summary = optional_text(body, "summary"),
                                  .state = state ? records::parse_case_state(*state) : std::nullopt,
                                  .sender = sender_of(body),
                                  .letters_for = keys_of(body)};
        CORDON_TRY(cases.edit(id_of(call), std::move(change), call.caller.name, call.now));
        return whole_case(cases, id_of(call), 200);
    };
    all.push_back(each);

    each = changes("POST", path + "/items", "addCaseItem", "Something more for a case", "case");
    each.body = item_schema();
    each.handler = [&cases](const Call& call) -> Result<Answer> {
        CORDON_TRY(cases.add(id_of(call), item_of(call.body.as_object(), call)));
        return whole_case(cases, id_of(call), 200);
    };
    all.push_back(each);

    each = changes("DELETE", path + "/items/{number}", "removeCaseItem",
                   "Takes an item out; the history keeps it", "case");
    each.handler = [&cases](const Call& call) -> Result<Answer> {
        const std::string& text = call.path.at("number");
        uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size())
            return fail(ErrorCode::kNotFound, "no item has such a number");
        CORDON_TRY(cases.remove(id_of(call), number, call.caller.name, call.now));
        return whole_case(cases, id_of(call), 200);
    };
    all.push_back(each);

    each = changes("POST", path + "/seal", "sealCase",
                   "Writes the archive; the case changes no more", "case.sealed");
    each.handler = [&cases](const Call& call) { return seal(cases, call); };
    all.push_back(each);
}

}  // namespace

std::vector<Endpoint> case_endpoints(engine::CaseDesk& cases) {
    std::vector<Endpoint> all;
    add_reading(all, cases);
    add_changing(all, cases);
    return all;
}

}  // namespace cordon::server
