// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "crossing_text.hpp"
#include "palette.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

/// Of one service and of the arrivals at one address: enough for a letter; result.json has all.
constexpr std::size_t kRowsOfService = 500;
constexpr std::size_t kArrivalsOfAddress = 25;

/// What a service of this sort can do, and so what to ask it for.
std::string_view request_for(Category category) noexcept {
    switch (sign_of(category)) {
        case Sign::kExchange:
            return "Ask to hold the balance credited by these deposits, to name the account "
                   "holder, and to preserve identity "
                   "records, logins, devices, and all withdrawals since the first of these times.";
        case Sign::kBridge:
            return "Ask for the destination chain, address and transaction of each transfer, to "
                   "hold what is not yet paid out, "
                   "and to preserve relayer logs.";
        case Sign::kMixer:
            return "A contract cannot freeze. Ask operators, relayers and front ends for logs of "
                   "these times; watch the pool for "
                   "withdrawals of the same size.";
        case Sign::kSwap:
            return "Ask for request logs of the front end; issuers of the tokens involved can "
                   "often freeze at the address that "
                   "received the proceeds.";
        case Sign::kGambling:
            return "Ask to hold the balance, to name the account holder, and to preserve deposits, "
                   "bets and withdrawals.";
        case Sign::kService:
        case Sign::kCrime: break;
    }
    return "Ask who controls the address, to hold what arrived, and to preserve records since the "
           "first of these times.";
}

/// The movements that brought taint to an endpoint: its own output where it is one, else all of
/// that asset.
std::vector<trace::Edge> arrivals_at(const CasePage& page, const trace::Endpoint& end) {
    std::vector<trace::Edge> edges;
    const auto it = page.arrivals.find({end.chain, end.address});
    if (it == page.arrivals.end()) return edges;
    for (const uint32_t i : it->second) {
        trace::Edge edge = page.result.edges[i];
        const Asset& asset = edge.to_asset ? *edge.to_asset : edge.asset;
        if (asset != end.asset || edge.tainted.is_zero()) continue;
        if (end.outpoint && edge.outpoint && *edge.outpoint != *end.outpoint) continue;
        edges.push_back(std::move(edge));
    }
    return edges;
}

std::string arrivals_html(CasePage& page, const trace::Endpoint& end) {
    const std::vector<trace::Edge> edges = arrivals_at(page, end);
    std::string out;
    for (std::size_t i = 0; i < std::min(edges.size(), kArrivalsOfAddress); ++i) {
        const trace::Edge& edge = edges[i];
        const Asset& asset = edge.to_asset ? *edge.to_asset : edge.asset;
        const Amount& tainted = edge.to_asset && edge.to_tainted ? *edge.to_tainted : edge.tainted;
        out += format("<div class=\"id\">{}<br><span>{} · {} stolen{}</span></div>",
                      edge.to_txn ? escape(chain::format_hash(edge.arrives_on(), *edge.to_txn))
                                  : escape(chain::format_hash(edge.chain, edge.txn)),
                      (edge.to_txn ? "left " : "") + utc_text(edge.time),
                      page.money.html(edge.arrives_on(), asset, tainted),
                      edge.to_chain         ? " · " + safe(crossing_text(edge), 200)
                      : edge.confidence < 1 ? " · confidence " + percent_text(edge.confidence)
                                            : std::string{});
    }
    if (edges.size() > kArrivalsOfAddress)
        out += format("<div class=\"soft\">{} further in result.json</div>",
                      grouped(edges.size() - kArrivalsOfAddress));
    return out;
}

std::optional<UnixMillis> last_arrival(const CasePage& page, const trace::Endpoint& end) {
    std::optional<UnixMillis> last;
    for (const trace::Edge& edge : arrivals_at(page, end))
        if (edge.time && (!last || *edge.time > *last)) last = edge.time;
    return last;
}

std::string usd_of(const CasePage& page, const trace::Endpoint& end) {
    return end.usd ? usd_text(*end.usd)
                   : page.money.usd(end.chain, end.asset, end.tainted, last_arrival(page, end));
}

std::string endpoint_row(CasePage& page, const trace::Endpoint& end, const std::string& third) {
    std::string place = "<span class=\"id\">" + page.address(end) + "</span>";
    if (end.outpoint)
        place += "<small class=\"id\">output " +
                 escape(chain::format_outpoint(end.chain, *end.outpoint)) + "</small>";
    place += "<small>" + to_string(end.chain);
    if (end.label)
        place += format(" · label by {}, confidence {}", safe(end.label->source, 60),
                        percent_text(end.label->confidence));
    if (end.candidates > 0)
        place += format(" · may have gone on: {} uncertain {}, the surest {}", end.candidates,
                        end.candidates == 1 ? "link" : "links", percent_text(end.best_candidate));
    place += "</small>";
    return format("<tr><td>{}</td><td>{}</td><td class=\"n\">{}<small>{}</small></td></tr>", place,
                  third, page.money.html(end.chain, end.asset, end.tainted),
                  escape(usd_of(page, end)));
}

/// Sums by asset: "12 ETH, 5 USDT".
std::string sums(CasePage& page, const std::vector<const trace::Endpoint*>& ends) {
    std::map<std::pair<ChainId, Asset>, Amount> sum;
    for (const trace::Endpoint* end : ends) {
        Amount& total = sum[{end->chain, end->asset}];
        total = checked_add(total, end->tainted).value_or(Amount::max());
    }
    std::string text;
    for (const auto& [key, amount] : sum)
        text += (text.empty() ? "" : ", ") + page.money.html(key.first, key.second, amount) +
                " on " + to_string(key.first);
    return text;
}

std::string movement_row(CasePage& page, const trace::Edge& edge) {
    std::string amount = page.money.html(edge.chain, edge.asset, edge.amount);
    if (edge.tainted != edge.amount)
        amount +=
            "<small>stolen " + page.money.html(edge.chain, edge.asset, edge.tainted) + "</small>";
    if (edge.to_asset && edge.to_amount)
        amount += "<small>→ " +
                  page.money.html(edge.arrives_on(), *edge.to_asset, *edge.to_amount) + "</small>";
    // What most rows share is said by leaving it out.
    std::string kind;
    if (edge.to_chain && edge.to_txn) {
        kind = safe(crossing_text(edge), 400) + ", arrives by " +
               escape(chain::format_hash(*edge.to_chain, *edge.to_txn));
    } else {
        if (edge.kind != "native" && edge.kind != "token") kind = safe(edge.kind, 40);
        if (edge.confidence < 1)
            kind += (kind.empty() ? "" : ", ") + ("confidence " + percent_text(edge.confidence));
        for (const std::string& why : edge.why) kind += (kind.empty() ? "" : ", ") + safe(why, 120);
    }
    if (edge.outpoint)
        kind += (kind.empty() ? "" : ", ") + format("output {}", edge.outpoint->index);
    std::string time = edge.time ? utc_text(edge.time) : "unknown";
    if (time.ends_with(" UTC")) time.resize(time.size() - 4);
    return format(
        "<tr><td title=\"{} block {}\">{}</td><td class=\"id\">{}{}</td><td "
        "class=\"who\">{}</td><td "
        "class=\"who\">{}</td><td class=\"n\">{}</td></tr>",
        to_string(edge.chain), grouped(edge.at.block), time,
        escape(chain::format_hash(edge.chain, edge.txn)),
        kind.empty() ? "" : "<small>" + kind + "</small>", page.brief(edge.chain, edge.from),
        page.brief(edge.arrives_on(), edge.to), amount);
}

/// One service: its name and sum, then its addresses.
std::string service_rows(CasePage& page, const ServiceGroup& group) {
    const Sign sign = sign_of(group.category);
    std::string out =
        "<tbody><tr class=\"group\"><th colspan=\"2\"><svg viewBox=\"0 0 12 12\" "
        "aria-hidden=\"true\">" +
        sign_icon(sign, 0, 0, 12) + "</svg>" + escape(group.name) + " <span class=\"soft\">" +
        std::string{to_string(group.category)} + "</span></th><th class=\"n\">" +
        (group.ends.size() > 1 ? sums(page, group.ends) : std::string{}) + "</th></tr>";
    const std::size_t shown = std::min(group.ends.size(), kRowsOfService);
    for (std::size_t i = 0; i < shown; ++i)
        out += endpoint_row(page, *group.ends[i], arrivals_html(page, *group.ends[i]));
    if (shown < group.ends.size())
        out += format(
            "<tr><td colspan=\"3\">{} further addresses of this service in "
            "result.json.</td></tr>",
            grouped(group.ends.size() - shown));
    return out + "</tbody>";
}

}  // namespace

std::string freeze_section(CasePage& page) {
    std::string out = "<h2 id=\"freeze\">Where the money can be frozen</h2>";
    if (page.services.empty())
        return out + "<p>None of the stolen money was seen to reach a named service.</p>\n";
    out +=
        "<p>Each service once, with every address and transaction that stolen money reached it by. "
        "A label is the statement of "
        "its source; confirm with the service before acting.</p>";
    // By what they can be asked for, in the order of their largest service: the request stands
    // once.
    std::vector<std::string_view> requests;
    for (const ServiceGroup& group : page.services)
        if (const auto request = request_for(group.category);
            std::find(requests.begin(), requests.end(), request) == requests.end())
            requests.push_back(request);
    for (const std::string_view request : requests) {
        out += "<p class=\"ask\">" + std::string{request} + "</p>" +
               "<table class=\"dense\"><thead><tr><th style=\"width:42%\">Service, "
               "address</th><th>Arrived by transaction</th><th class=\"n\">Stolen "
               "amount</th></tr></thead>";
        for (const ServiceGroup& group : page.services)
            if (request_for(group.category) == request) out += service_rows(page, group);
        out += "</table>";
    }
    return out + "\n";
}

std::string watch_section(CasePage& page) {
    std::vector<const trace::Endpoint*> list;
    for (const trace::Endpoint* end : page.resting)
        if (end->stop != trace::Stop::kFee && end->stop != trace::Stop::kBurned)
            list.push_back(end);
    std::string out = "<h2 id=\"watch\">What rests: the watch list</h2>";
    if (list.empty()) return out + "<p>No stolen money rests outside of services.</p>\n";
    out +=
        "<p>Stolen money that has not reached a named service, the largest first. An alert on "
        "these addresses is worth more than any "
        "further analysis.</p><table class=\"dense\"><thead><tr><th "
        "style=\"width:46%\">Address</th><th>State</th><th class=\"n\">Stolen "
        "amount</th></tr></thead><tbody>";
    const std::size_t shown = std::min(list.size(), page.input.max_rows);
    for (std::size_t i = 0; i < shown; ++i) {
        const trace::Endpoint& end = *list[i];
        out += endpoint_row(page, end,
                            format("{}<small>last arrival {}</small>", trace::to_string(end.stop),
                                   utc_text(last_arrival(page, end))));
    }
    return out + "</tbody></table>" + cut_note(shown, list.size(), "resting places") + "\n";
}

Status table_sections(CasePage& page, const Sink& sink) {
    const trace::TraceResult& result = page.result;
    std::string out =
        "<h2 id=\"addresses\">Addresses</h2><table class=\"dense\"><caption>By hop, with the "
        "numbers by "
        "which the table of transactions names them. Received: all that the trace "
        "saw arrive; stolen: the part of "
        "it from the theft; rests: stolen and not moved on.</caption><thead><tr><th "
        "class=\"n\">No.</th><th class=\"n\">Hop</th><th style=\"width:44%\">Address"
        "</th><th class=\"n\">Received</th><th class=\"n\">Stolen</th><th "
        "class=\"n\">Rests</th></tr></thead><tbody>";
    std::size_t shown = std::min(result.nodes.size(), page.input.max_rows);
    for (std::size_t i = 0; i < shown; ++i) {
        const trace::Node& node = result.nodes[i];
        std::string received, tainted, rests;
        for (const trace::Holding& h : node.holdings) {
            const char* line = received.empty() ? "" : "<br>";
            received += line + page.money.html(node.chain, h.asset, h.received);
            tainted += line + page.money.html(node.chain, h.asset, h.tainted);
            rests += line + page.money.html(node.chain, h.asset, h.resting);
        }
        std::string label = to_string(node.chain);
        if (node.label)
            label += format(" · {} ({}; {}, {})", safe(node.label->text, 80),
                            to_string(node.label->category), safe(node.label->source, 60),
                            percent_text(node.label->confidence));
        if (node.stop != trace::Stop::kNone) label += format(" · {}", trace::to_string(node.stop));
        out += format(
            "<tr id=\"a{0}\"><td class=\"n\">{0}</td><td class=\"n\">{1}</td><td><span "
            "class=\"id\">{2}</span><small>{3}</small></td><td class=\"n\">{4}</td><td "
            "class=\"n\">{5}</td><td class=\"n\">{6}</td></tr>",
            i + 1, node.hop, page.address(node.chain, node.address), label, received, tainted,
            rests);
    }
    CORDON_TRY(
        sink(out + "</tbody></table>" + cut_note(shown, result.nodes.size(), "rows") + "\n"));

    out =
        "<h2 id=\"transactions\">Transactions</h2><table class=\"dense moves\"><caption>Movements "
        "that carried stolen money, in chain order. Addresses by their number above and both their "
        "ends. The stolen part is named where it is not all.</caption><thead><tr><th>Time "
        "(UTC)</th><th>Transaction</th><th>From</th><th>To</th><th "
        "class=\"n\">Amount</th></tr></thead><tbody>";
    shown = std::min(result.edges.size(), page.input.max_rows);
    for (std::size_t i = 0; i < shown; ++i) out += movement_row(page, result.edges[i]);
    return sink(out + "</tbody></table>" + cut_note(shown, result.edges.size(), "rows") + "\n");
}

}  // namespace cordon::report
