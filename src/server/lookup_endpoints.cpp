// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/lookup.hpp>
#include <cordon/engine/screen_json.hpp>
#include <cordon/engine/screening.hpp>
#include <cordon/report/csv.hpp>

#include "groups.hpp"
#include "lookup_json.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
using engine::TraceDesk;

// Transfers that one call looks at: some milliseconds.
constexpr std::size_t kMostLooked = 5'000;
constexpr std::size_t kMostCsv = 100'000;  // Rows of a file: what a spreadsheet still opens.
constexpr int64_t kMostRows = 500, kUsualRows = 100;
constexpr int64_t kMostFound = 100, kUsualFound = 20;
/// So many that share a part of their ids; each of them that is closed is read from the log.
constexpr std::size_t kMostWithdrawals = 10;
constexpr int64_t kMostCounterparties = 200, kUsualCounterparties = 10;
constexpr std::size_t kMostCounted = 100;  // "100" means that there may be more.
constexpr std::size_t kLongestAddress = 128, kLongestAsk = 200;

struct Parts {
    TraceDesk* traces;
    engine::AlertBook* alerts;
    engine::CaseDesk* cases;
    guard::Gate* gate;
    engine::Screener* screener;
};

std::vector<ChainId> chains_of(const ledger::Reader& ledger) {
    std::vector<ChainId> chains;
    for (const ledger::ChainSummary& each : ledger.chains()) chains.push_back(each.chain);
    return chains;
}

int64_t number(const Call& call, std::string_view name, int64_t unless_told) {
    const std::string_view text = call.param(name);
    int64_t value = unless_told;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<std::optional<ChainId>> asked_chain(const Call& call) {
    if (call.param("chain").empty()) return std::nullopt;
    auto chain = parse_chain(call.param("chain"));
    if (!chain) return fail(chain.error().in("/chain"));
    return *chain;
}

/// The address of the path on the chain that is meant: the one asked for, else the one of the
/// ledger that knows it.
Result<engine::Subject> subject_of(const ledger::Reader& ledger, const Call& call) {
    CORDON_TRY(const auto chain, asked_chain(call));
    const std::string& text = call.path.at("address");
    if (chain) {
        CORDON_TRY(const Address address, chain::parse_address(*chain, text));
        return engine::Subject{*chain, address, text};
    }
    CORDON_TRY(const auto subjects, engine::parse_subject(text, chains_of(ledger)));
    std::vector<engine::Subject> known;
    for (const engine::Subject& each : subjects) {
        CORDON_TRY(const auto id, ledger.address_id(each.chain, each.address));
        if (id) known.push_back(each);
    }
    if (known.size() > 1)
        return fail(
            ErrorCode::kConflict,
            format("/chain: the address is on {} chains of this ledger: which?", known.size()));
    return known.empty() ? subjects.front() : known.front();
}

/// Alerts about the address, and those of the newest ones that name it, up to kMostCounted.
Result<std::size_t> count_alerts(const engine::AlertBook* alerts, const Address& address) {
    if (!alerts) return 0;
    records::AlertQuery query;
    query.limit = kMostCounted;
    // There is no index of who else an alert names: a count is not worth more than some 4 ms.
    constexpr uint64_t kNewest = 2'000;
    std::set<std::string> ids;
    const auto take = [&]() -> Status {
        CORDON_TRY(const auto found, alerts->alerts(query, {}, kNewest));
        for (const records::StoredAlert& each : found.alerts) ids.insert(each.alert.id);
        return {};
    };
    query.subject = address;
    CORDON_TRY(take());
    query.subject.reset();
    query.named = address;
    CORDON_TRY(take());
    return std::min<std::size_t>(ids.size(), kMostCounted);
}

/// Cases that have the address, or a trace of it, among their items.
Result<std::size_t> count_cases(const engine::CaseDesk* cases, const std::string& address) {
    if (!cases) return 0;
    CORDON_TRY(const auto all, cases->list(std::nullopt));
    std::size_t count = 0;
    for (const records::Case& each : all) {
        CORDON_TRY(const records::Case whole, cases->get(each.id));
        count += std::any_of(whole.items.begin(), whole.items.end(),
                             [&](const records::CaseItem& item) {
                                 return item.kind == records::CaseItem::Kind::kAddress &&
                                        (item.ref == address || item.ref.ends_with(":" + address));
                             })
                     ? 1
                     : 0;
    }
    return count;
}

Result<Answer> address_info(const Parts& parts, const Call& call) {
    const auto ledger = parts.traces->ledger();
    CORDON_TRY(const auto records, parts.traces->records());
    CORDON_TRY(const auto chain, asked_chain(call));
    const std::string& text = call.path.at("address");
    std::vector<engine::Subject> subjects;
    if (chain) {
        CORDON_TRY(const Address address, chain::parse_address(*chain, text));
        subjects.push_back({*chain, address, text});
    } else {
        CORDON_TRY(subjects, engine::parse_subject(text, chains_of(*ledger)));
    }
    json::array rows;
    std::vector<Address> seen;
    std::size_t alerts = 0, cases = 0;
    for (const engine::Subject& subject : subjects) {
        // On every EVM chain it is the same.
        if (std::find(seen.begin(), seen.end(), subject.address) != seen.end()) continue;
        seen.push_back(subject.address);
        CORDON_TRY(const auto facts,
                   engine::address_facts(*ledger, records.get(), subject.address, kMostLooked));
        for (const engine::AddressFacts& each : facts)
            if (!chain || each.chain == *chain) rows.push_back(facts_json(each));
        CORDON_TRY(const std::size_t named, count_alerts(parts.alerts, subject.address));
        alerts += named;
        CORDON_TRY(const std::size_t in,
                   count_cases(parts.cases, chain::format_address(subject.chain, subject.address)));
        cases += in;
    }
    return Data{
        .data = json::object{{"addresses", std::move(rows)}, {"alerts", alerts}, {"cases", cases}}};
}

/// "BLOCK.TXN.SKIP": the row that comes next.
Status read_cursor(std::string_view text, engine::TransferAsk& ask) {
    if (text.empty()) return {};
    TxnPosition at;
    const auto read = [&text](auto& number) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{}) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const bool more = text.starts_with('.');
        if (more) text.remove_prefix(1);
        return more || text.empty();
    };
    if (!read(at.block) || !read(at.txn) || !read(ask.skip) || !text.empty())
        return fail(ErrorCode::kInvalidParam, "/cursor: expected one of an earlier page");
    ask.query.from = at;
    return {};
}

Result<engine::TransferAsk> transfer_ask(const Call& call) {
    engine::TransferAsk ask;
    ask.query.order =
        call.param("order") == "asc" ? ledger::Order::kAscending : ledger::Order::kDescending;
    if (call.param("side") == "in") ask.query.side = ledger::Side::kReceiver;
    if (call.param("side") == "out") ask.query.side = ledger::Side::kSender;
    if (!call.param("asset").empty()) {
        const auto asset = Asset::parse(call.param("asset"));
        if (!asset) return fail(asset.error().in("/asset"));
        ask.query.asset = *asset;
    }
    if (!call.param("since").empty()) {
        CORDON_TRY(ask.query.since, parse_time(call.param("since")));
    }
    if (!call.param("until").empty()) {
        CORDON_TRY(ask.query.until, parse_time(call.param("until")));
    }
    ask.dust = call.param("dust") == "true";
    return ask;
}

Result<Answer> transfer_list(const Parts& parts, const Call& call) {
    const auto ledger = parts.traces->ledger();
    CORDON_TRY(const auto records, parts.traces->records());
    CORDON_TRY(const engine::Subject who, subject_of(*ledger, call));
    CORDON_TRY(engine::TransferAsk ask, transfer_ask(call));
    CORDON_TRY(read_cursor(call.param("cursor"), ask));
    ask.limit = static_cast<std::size_t>(number(call, "limit", kUsualRows));
    CORDON_TRY(const auto found,
               engine::transfers(*ledger, records.get(), who.chain, who.address, ask, kMostLooked));
    json::array items;
    for (const engine::TransferRow& row : found.rows)
        items.push_back(transfer_json(who.chain, row));
    std::optional<std::string> next;
    if (found.next)
        next = format("{}.{}.{}", found.next->at.block, found.next->at.txn, found.next->skip);
    json::object out = page(std::move(items), next);
    out["left_out"] = found.left_out;
    return Data{.data = std::move(out)};
}

Result<Answer> transfer_csv(const Parts& parts, const Call& call) {
    const auto ledger = parts.traces->ledger();
    CORDON_TRY(const auto records, parts.traces->records());
    CORDON_TRY(const engine::Subject who, subject_of(*ledger, call));
    CORDON_TRY(engine::TransferAsk ask, transfer_ask(call));
    std::string body =
        "chain,block,time,tx,index,from,to,asset,symbol,decimals,amount,kind,from_label,to_label,"
        "usd\n";
    std::size_t rows = 0;
    bool cut = false;
    for (;;) {
        ask.limit = std::min<std::size_t>(kMostRows, kMostCsv - rows);
        CORDON_TRY(const auto found, engine::transfers(*ledger, records.get(), who.chain,
                                                       who.address, ask, kMostLooked));
        const auto name = [](const std::optional<Label>& label) {
            return label ? report::csv_field(label->text) : std::string{};
        };
        for (const engine::TransferRow& row : found.rows)
            body += format(
                "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", to_string(who.chain),
                row.at.block, row.time ? format_rfc3339(*row.time) : std::string{},
                chain::format_hash(who.chain, row.txn), row.index,
                chain::format_address(who.chain, row.from),
                chain::format_address(who.chain, row.to), report::csv_field(row.asset.text()),
                row.info ? report::csv_field(row.info->symbol) : std::string{},
                row.info ? std::to_string(row.info->decimals) : std::string{},
                row.amount.to_string(), row.kind, name(row.from_label), name(row.to_label),
                row.usd ? format("{}.{:02}", *row.usd / 100, *row.usd % 100) : std::string{});
        rows += found.rows.size();
        cut = found.next.has_value();
        if (!cut || rows >= kMostCsv) break;
        ask.query.from = found.next->at;
        ask.skip = found.next->skip;
    }
    // A file has no warnings: its name says that it is not all.
    return File{.type = "text/csv; charset=utf-8",
                .body = std::move(body),
                .name = cut ? format("transfers-first-{}-{}.csv", rows, who.text)
                            : format("transfers-{}.csv", who.text)};
}

Result<Answer> counterparty_list(const Parts& parts, const Call& call) {
    const auto ledger = parts.traces->ledger();
    CORDON_TRY(const auto records, parts.traces->records());
    CORDON_TRY(const engine::Subject who, subject_of(*ledger, call));
    CORDON_TRY(
        const auto found,
        engine::counterparties(
            *ledger, records.get(), who.chain, who.address,
            call.param("side") == "in" ? ledger::Side::kReceiver : ledger::Side::kSender,
            static_cast<std::size_t>(number(call, "top", kUsualCounterparties)), kMostLooked));
    return Data{.data = counterparties_json(who.chain, found)};
}

Result<Answer> txn_info(const Parts& parts, const Call& call) {
    const auto ledger = parts.traces->ledger();
    CORDON_TRY(const auto records, parts.traces->records());
    CORDON_TRY(const auto chain, asked_chain(call));
    std::optional<Error> refusal;
    for (const ChainId each : chains_of(*ledger)) {
        if (chain && each != *chain) continue;
        const auto hash = chain::parse_hash(each, call.path.at("hash"));
        if (!hash) {
            refusal = hash.error();
            continue;
        }
        CORDON_TRY(const auto at, ledger->find_txn(each, *hash));
        if (!at) continue;
        CORDON_TRY(auto txn, txn_json(*ledger, records.get(), each, *at));
        return Data{.data = std::move(txn)};
    }
    if (refusal) return fail(*refusal);
    return fail(ErrorCode::kNotFound, "the ledger does not hold this txn");
}

Result<Answer> screen_one(const Parts& parts, const Call& call) {
    const auto ledger = parts.screener->ledger();
    CORDON_TRY(const auto chain, asked_chain(call));
    const std::string& text = call.path.at("address");
    engine::Subject who;
    if (chain) {
        CORDON_TRY(who.address, chain::parse_address(*chain, text));
        who.chain = *chain;
    } else {
        CORDON_TRY(
            const auto subjects,
            engine::parse_subject(text, ledger ? chains_of(*ledger) : std::vector<ChainId>{}));
        who = subjects.front();
    }
    CORDON_TRY(const auto screening, parts.screener->screen(who.chain, who.address, call.now));
    return Data{.data = engine::screen_json(screening), .incomplete = screening.incomplete};
}

json::object item(std::string_view type, std::string_view id, std::string_view title,
                  std::string_view detail, std::string url) {
    return {
        {"type", type}, {"id", id}, {"title", title}, {"detail", detail}, {"url", std::move(url)}};
}

/// A path segment or query value of the console's addresses.
std::string escaped(std::string_view text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";  // RFC 3986 §2.3.
    std::string out;
    for (const char c : text)
        if (kPlain.find(c) != std::string_view::npos)
            out += c;
        else
            out += format("%{:02X}", static_cast<unsigned char>(c));
    return out;
}

void add_found(json::array& items, const engine::Found& found) {
    const std::string chain = to_string(found.chain);
    const bool txn = found.kind == engine::Found::Kind::kTxn;
    json::object row =
        item(txn                                         ? "txn"
             : found.kind == engine::Found::Kind::kLabel ? "label"
                                                         : "address",
             found.id, found.title, found.detail,
             format("/{}/{}?chain={}", txn ? "tx" : "address", escaped(found.id), escaped(chain)));
    row["chain"] = chain;
    items.push_back(std::move(row));
}

Status add_withdrawal(json::array& items, const Parts& parts, std::string_view id) {
    CORDON_TRY(const auto standing, parts.gate->find(id));
    if (standing)
        items.push_back(item("withdrawal", id, std::string{"withdrawal "} + std::string{id},
                             to_string(standing->verdict.decision), "/guard/" + escaped(id)));
    return {};
}

/// What has exactly this id: of alerts, incidents, cases, withdrawals.
Status add_by_id(json::array& items, const Parts& parts, std::string_view id) {
    if (parts.alerts) {
        CORDON_TRY(const auto alert, parts.alerts->alert(id));
        if (alert)
            items.push_back(item("alert", id, alert->alert.title, to_string(alert->alert.severity),
                                 "/watch?alert=" + escaped(id)));
        CORDON_TRY(const auto incident, parts.alerts->incident(id));
        if (incident)
            items.push_back(item("incident", id, incident->title, to_string(incident->severity),
                                 "/watch?incident=" + escaped(id)));
    }
    if (parts.cases) {
        const auto one = parts.cases->get(id);
        if (one)
            items.push_back(
                item("case", id, one->title, to_string(one->state), "/cases/" + escaped(id)));
        else if (one.error().code != ErrorCode::kNotFound)
            return fail(one.error());
    }
    return parts.gate ? add_withdrawal(items, parts, id) : Status{};
}

Result<Answer> search(const Parts& parts, const Call& call) {
    std::string_view text = call.param("q");
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    json::array items;
    if (!text.empty()) {
        const auto most = static_cast<std::size_t>(number(call, "limit", kUsualFound));
        CORDON_TRY(add_by_id(items, parts, text));
        if (parts.cases) {
            CORDON_TRY(const auto cases, parts.cases->list(std::nullopt));
            const auto fold = [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            };
            for (const records::Case& each : cases) {
                const auto at =
                    std::search(each.title.begin(), each.title.end(), text.begin(), text.end(),
                                [&](char a, char b) { return fold(a) == fold(b); });
                if (at != each.title.end() && each.id != text)
                    items.push_back(item("case", each.id, each.title, to_string(each.state),
                                         "/cases/" + escaped(each.id)));
            }
        }
        if (parts.gate)
            for (const std::string& id :
                 parts.gate->ids_with(text, std::min(most, kMostWithdrawals)))
                if (id != text) CORDON_TRY(add_withdrawal(items, parts, id));
        if (parts.traces && items.size() < most) {
            const auto ledger = parts.traces->ledger();
            CORDON_TRY(const auto records, parts.traces->records());
            CORDON_TRY(const auto found,
                       engine::find(*ledger, records.get(), *parts.traces->labels(), text,
                                    most - items.size()));
            for (const engine::Found& each : found) add_found(items, each);
        }
        while (items.size() > most) items.pop_back();
    }
    return Data{.data = json::object{{"items", std::move(items)}}};
}

Endpoint get(std::string path, std::string id, std::string kind, std::string summary,
             std::vector<Parameter> query, std::function<Result<Answer>(const Call&)> handler) {
    return Endpoint{.method = "GET",
                    .path = std::move(path),
                    .id = std::move(id),
                    .tag = "trace",
                    .summary = std::move(summary),
                    .kind = std::move(kind),
                    .query = std::move(query),
                    .cacheable = true,
                    .handler = std::move(handler)};
}

}  // namespace

std::vector<Endpoint> lookup_endpoints(TraceDesk* traces, engine::AlertBook* alerts,
                                       engine::CaseDesk* cases, guard::Gate* gate,
                                       engine::Screener* screener) {
    const Parts parts{traces, alerts, cases, gate, screener};
    const Parameter chain{"chain", Schema::text(40), "Needed where the address is on several."};
    std::vector<Endpoint> all;
    if (traces) {
        std::vector<Parameter> rows{
            chain,
            {"side", Schema::choice({"in", "out", "either"}), "either unless told."},
            {"asset", Schema::text(Asset::kMaxCode), ""},
            {"since", Schema::time(), ""},
            {"until", Schema::time(), ""},
            {"order", Schema::choice({"asc", "desc"}), "Newest first unless told."},
            {"dust", Schema::boolean(), "Also zero amounts, copied tokens and less than a dollar."},
        };
        all.push_back(get("/api/addresses/{address}", "getAddress", "address.info",
                          "What ledger and labels say of an address, a row a chain.", {chain},
                          [parts](const Call& call) { return address_info(parts, call); }));
        all.push_back(get("/api/addresses/{address}/transfers.csv", "getTransfersCsv", {},
                          format("Transfers as a file, {} at most.", kMostCsv), rows,
                          [parts](const Call& call) { return transfer_csv(parts, call); }));
        rows.push_back(
            {"cursor", Schema::text(60, "Of an earlier page.", "[0-9]+\\.[0-9]+\\.[0-9]+"), ""});
        rows.push_back({"limit", Schema::integer(1, kMostRows), "Rows; 100 unless told."});
        all.push_back(get("/api/addresses/{address}/transfers", "listTransfers", "transfer.list",
                          "Transfers page by page; a page may be short where much was left out.",
                          rows, [parts](const Call& call) { return transfer_list(parts, call); }));
        all.push_back(
            get("/api/addresses/{address}/counterparties", "listCounterparties",
                "counterparty.list", "Whom an address paid, or was paid by, the largest first.",
                {chain,
                 {"side", Schema::choice({"in", "out"}), "out unless told: whom it paid."},
                 {"top", Schema::integer(1, kMostCounterparties), "10 unless told."}},
                [parts](const Call& call) { return counterparty_list(parts, call); }));
        all.push_back(get("/api/txns/{hash}", "getTxn", "txn.info",
                          "Everything that a txn moved, and what it is linked to.", {chain},
                          [parts](const Call& call) { return txn_info(parts, call); }));
        all.back().version = [traces] { return Result<std::string>{traces->version()}; };
    }
    if (screener)
        all.push_back(get("/api/screen/{address}", "screenAddress", "screen.result",
                          "Lists, labels and the money behind an address.", {chain},
                          [parts](const Call& call) { return screen_one(parts, call); }));
    all.push_back(get("/api/search", "search", "search.result",
                      "Addresses, txns, labels, and everything that has an id.",
                      {{"q", Schema::text(kLongestAsk), "", true},
                       {"limit", Schema::integer(1, kMostFound), "20 unless told."}},
                      [parts](const Call& call) { return search(parts, call); }));
    return all;
}

}  // namespace cordon::server
