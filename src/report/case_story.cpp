// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "palette.hpp"
#include "svg.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

using trace::Stop;

std::string count_of(uint64_t n, std::string_view one, std::string_view more) {
    return grouped(n) + " " + std::string{n == 1 ? one : more};
}

/// "<0.1 %" begins like a tag.
std::string percent(double share) { return escape(percent_text(share)); }

/// First and last moment of the movements.
std::pair<std::optional<UnixMillis>, std::optional<UnixMillis>> span_of(
    const trace::TraceResult& result) {
    std::optional<UnixMillis> first, last;
    for (const trace::Edge& edge : result.edges) {
        if (!edge.time) continue;
        if (!first || *edge.time < *first) first = edge.time;
        if (!last || *edge.time > *last) last = edge.time;
    }
    return {first, last};
}

std::string_view stop_words(Stop stop) noexcept {
    switch (stop) {
        case Stop::kNone: return "moved on";
        case Stop::kLabel: return "at a named service";
        case Stop::kHighDegree: return "at an address that behaves like a service nobody has named";
        case Stop::kUnspent: return "unspent: still where it was last seen";
        case Stop::kBelowLimit: return "in parts below the limit of this trace";
        case Stop::kHops: return "beyond the last hop that was followed";
        case Stop::kTime: return "after the end of the period that was followed";
        case Stop::kBudget: return "beyond the size to which this trace was bounded";
        case Stop::kFee: return "paid as fees";
        case Stop::kBurned: return "burned or sent to nobody";
        case Stop::kUnknown: return "spent in transactions that the ledger does not hold";
        case Stop::kMixer: return "mixed with money of strangers in one transaction (CoinJoin)";
    }
    return "";
}

/// Nobody holds it any more.
bool is_gone(Stop stop) noexcept { return stop == Stop::kFee || stop == Stop::kBurned; }

/// One line of "where it is now".
struct Place {
    std::string name;
    std::string css = "quiet";
    double value = 0;
    std::set<std::pair<ChainId, Address>> addresses;
};

std::vector<Place> places_of(const CasePage& page) {
    std::map<std::string, Place> by_name;
    const auto put = [&](const std::string& name, std::string_view css,
                         const trace::Endpoint& end) {
        Place& place = by_name[name];
        place.name = name;
        if (!css.empty()) place.css = css;
        place.value += page.value(end);
        place.addresses.emplace(end.chain, end.address);
    };
    for (const ServiceGroup& group : page.services)
        for (const trace::Endpoint* end : group.ends)
            put("at services: " + std::string{to_string(group.category)},
                sign_class(sign_of(group.category)), *end);
    for (const trace::Endpoint* end : page.resting)
        put(std::string{stop_words(end->stop)}, "", *end);
    std::vector<Place> places;
    for (auto& [name, place] : by_name) places.push_back(std::move(place));
    std::stable_sort(places.begin(), places.end(),
                     [](const Place& a, const Place& b) { return a.value > b.value; });
    return places;
}

/// "1,000 ETH ($2,000,000) and 5 USDT (unpriced)".
std::string taken(CasePage& page, std::optional<UnixMillis> when) {
    std::vector<std::string> parts;
    for (const trace::Total& total : page.result.totals)
        if (!total.seeded.is_zero())
            parts.push_back(page.money.html(total.chain, total.asset, total.seeded) + " (" +
                            page.money.usd(total.chain, total.asset, total.seeded, when) + ")");
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return text;
}

/// Where the trace starts: a dozen addresses with their labels, and how many there are.
std::string origin(const CasePage& page, bool backward) {
    constexpr std::size_t kShown = 12;
    std::vector<trace::Node> starts;
    for (const trace::Node& node : page.result.nodes)
        if (node.seed || node.hop == 0) starts.push_back(node);
    if (starts.empty()) return {};
    std::string text =
        format("<p class=\"list\">{} {}</p><ul class=\"starts\">",
               backward ? "The trace starts at" : "It starts at",
               starts.size() == 1 ? "one address:" : grouped(starts.size()) + " addresses:");
    for (std::size_t i = 0; i < std::min(starts.size(), kShown); ++i) {
        const trace::Node& node = starts[i];
        text += "<li><code>" + page.address(node.chain, node.address) + "</code>";
        if (node.label) text += " " + safe(node.label->text, 60);
        text += "</li>";
    }
    text += "</ul>";
    if (starts.size() > kShown)
        text += format(
            "<p class=\"soft\">and {} more: hop 0 in the table of <a "
            "href=\"#addresses\">addresses</a>.</p>",
            grouped(starts.size() - kShown));
    return text;
}

/// Where what was traced lies, in one or two sentences. Shares are of all of it.
std::string whereabouts(const CasePage& page) {
    const Whole& all = page.whole;
    const double whole = all.named + all.elsewhere;  // What lies somewhere.
    std::string text;
    std::set<std::pair<ChainId, Address>> wallets;
    const trace::Endpoint* largest = nullptr;
    for (const trace::Endpoint* end : page.resting) {
        if (is_gone(end->stop)) continue;
        wallets.emplace(end->chain, end->address);
        if (!largest || page.value(*end) > page.value(*largest)) largest = end;
    }
    if (whole > 0 && page.services.empty())
        text += "None of it was seen to reach a named service. ";
    else if (whole > 0)
        text += format(
            "Of all that was traced, {} lies at {}{}{}. ", percent(all.share(all.named)),
            count_of(page.services.size(), "named service", "named services"),
            all.freezable < all.named
                ? format(" ({} at those that hold money for others and can be asked to keep it "
                         "back)",
                         percent(all.share(all.freezable)))
                : ", all of which hold money for others and can be asked to keep it back",
            all.elsewhere > 0 ? format("; {} rests elsewhere", percent(all.share(all.elsewhere)))
                              : "");
    if (largest) {
        const double share = all.share(page.value(*largest));
        text += wallets.size() == 1
                    ? std::string{all.elsewhere < whole ? "That is at" : "It rests at"}
                    : format("{} {} hold the rest; the largest part, {}, is at",
                             grouped(wallets.size()), "addresses",
                             escape(page.amount(page.value(*largest))));
        if (wallets.size() > 1 && all.elsewhere >= whole)
            text = format(
                "None of it was seen to reach a named service. It rests at {} addresses; "
                "the largest part, {} ({}), is at",
                grouped(wallets.size()), escape(page.amount(page.value(*largest))), percent(share));
        text += " <code>" + page.address(*largest) + "</code>";
        if (largest->label) text += " (" + safe(largest->label->text, 60) + ")";
        text += format(", {}. ", stop_words(largest->stop));
    }
    if (all.gone > 0)
        text += format("{} went into fees or was burned. ", escape(page.amount(all.gone)));
    return text;
}

/// What the figures of the page mean, once.
std::string figures_words(const CasePage& page) {
    const Whole& all = page.whole;
    std::string text = format(
        "<p class=\"soft\">Every share is of all that was traced ({}): the stolen money ({})",
        escape(page.amount(all.traced)), escape(page.amount(all.stolen)));
    if (all.inherited > 0)
        text += format(
            ", and what was inherited ({}): sent on by addresses with stolen money beyond what the "
            "ledger saw arrive, and counted as stolen in their share",
            escape(page.amount(all.inherited)));
    return text + ".</p>";
}

/// What the case says of its own names; empty where it says nothing.
std::string words_list(const Words& words) {
    if (words.empty()) return {};
    std::string text = "<h3>What the names of this case mean, by its own words</h3><dl>";
    for (const Words::Said* said : {&words.assets, &words.authors})
        for (const auto& [name, about] : *said)
            text += format("<dt>{}</dt><dd>{}</dd>", safe(name, 120), safe(about, 400));
    return text + "</dl>";
}

/// What the page cannot tell, in plain words. Never empty: nothing is known for certain.
std::string unknown_list(CasePage& page) {
    std::string items;
    const auto item = [&items](const std::string& text) { items += "<li>" + text + "</li>"; };
    if (page.result.incomplete)
        item(
            "<b>The trace is incomplete.</b> It was stopped before its end; what is here is right, "
            "but not all.");
    for (const trace::Total& total : page.result.totals) {
        if (!total.inherited.is_zero())
            item(page.money.html(total.chain, total.asset, total.inherited) +
                 " were inherited: addresses spent more than the ledger saw them receive, and this "
                 "part of it counts as stolen. It is in all that was traced, beside the stolen "
                 "money.");
        if (!total.assumed.is_zero())
            item(page.money.html(total.chain, total.asset, total.assumed) +
                 " were assumed: spent by visited addresses beyond what the ledger saw arrive, "
                 "stolen or not; where they came from is not known. What was inherited is a part "
                 "of it, the rest counts as clean and stands in no share.");
    }
    std::map<Stop, std::pair<double, uint64_t>> open;
    for (const trace::Endpoint* end : page.resting) {
        auto& [value, count] = open[end->stop];
        value += page.value(*end);
        ++count;
    }
    for (const Stop stop : {Stop::kUnknown, Stop::kHighDegree, Stop::kBelowLimit, Stop::kHops,
                            Stop::kTime, Stop::kBudget, Stop::kMixer})
        if (const auto it = open.find(stop); it != open.end())
            item(format("{} in {} {}: not followed further.", escape(page.amount(it->second.first)),
                        count_of(it->second.second, "place", "places"), stop_words(stop)));
    uint64_t unsure = 0;
    double least = 1;
    for (const trace::Edge& edge : page.result.edges)
        if (edge.confidence < 1) ++unsure, least = std::min(least, edge.confidence);
    if (unsure > 0)
        item(format("{} on links with a confidence below 100 % (the lowest: {}).",
                    count_of(unsure, "movement rests", "movements rest"), percent(least)));
    item(
        "Who controls an address. Labels are statements of their sources, listed with each "
        "address.");
    return "<ul>" + items + "</ul>";
}

}  // namespace

std::string story_section(CasePage& page) {
    const trace::TraceResult& result = page.result;
    const auto [first, last] = span_of(result);
    const bool backward = result.params.direction == trace::Direction::kBackward;
    std::string out;
    if (result.edges.empty() && result.endpoints.empty()) {
        out +=
            "<p class=\"lead\">No movement of money from the given start was found in the "
            "ledger.</p>";
    } else {
        std::set<ChainId> chains;
        uint32_t hops = 0;
        for (const trace::Node& node : result.nodes)
            chains.insert(node.chain), hops = std::max(hops, node.hop);
        std::string chain_list;
        for (const ChainId chain : chains)
            chain_list += (chain_list.empty() ? "" : ", ") + to_string(chain);
        const std::string loot = taken(page, first);
        const Whole& all = page.whole;
        std::set<Hash256> txns;
        for (const trace::Edge& edge : result.edges) txns.insert(edge.txn);
        out += "<p class=\"lead\">";
        if (!loot.empty())
            out += loot + (backward ? " were traced back" : " were taken") +
                   (first && !backward ? " on " + utc_text(first) +
                                             (txns.size() == 1 ? ", in one transaction" : "")
                                       : std::string{}) +
                   ". ";
        if (first && (backward || loot.empty()))
            out += "The first movement was on " + utc_text(first) + ". ";
        if (result.edges.size() > 1) {
            out += format("The money was followed {} {} to {} in {} on {}",
                          backward ? "back over" : "over",
                          count_of(result.edges.size(), "movement", "movements"),
                          count_of(result.nodes.size(), "address", "addresses"),
                          count_of(hops, "hop", "hops"), chain_list);
            if (last != first) out += ", the last one on " + utc_text(last);
            out += ". ";
        }
        if (backward) {
            if (all.traced > 0)
                out += format(
                    "{} of it came from {}; how the rest came to where the walk ended is "
                    "not followed further.",
                    percent(all.share(all.named)),
                    count_of(page.services.size(), "named service", "named services"));
        } else {
            out += whereabouts(page);
        }
        out += "</p>\n<div class=\"facts\">";
        const auto fact = [&out](const std::string& value, std::string_view name) {
            out += format("<div><b>{}</b><span>{}</span></div>", value, name);
        };
        fact(escape(page.amount(all.stolen)), backward ? "traced back" : "stolen");
        if (all.inherited > 0)
            fact(escape(page.amount(all.traced)), "traced: stolen and inherited");
        fact(escape(page.amount(all.named)),
             backward ? "from named services" : "at named services");
        if (!backward && all.freezable < all.named)
            fact(escape(page.amount(all.freezable)), "of it at services that can be asked");
        fact(escape(page.amount(all.elsewhere)), backward ? "from elsewhere" : "rests elsewhere");
        fact(first ? format_rfc3339(*first).substr(0, 10) : "time unknown", "first movement, UTC");
        out += "</div>\n" + origin(page, backward);
    }
    if (!page.scale.note().empty())
        out += "<p class=\"soft\">" + escape(page.scale.note()) + "</p>";
    if (result.incomplete)
        out +=
            "<p class=\"mark\"><b>Incomplete.</b> The trace was stopped before its end. What is "
            "here is right, but it is not all.</p>";
    for (const std::string& warning : result.warnings)
        out += "<p class=\"mark\">" + safe(warning, 600) + "</p>";
    out +=
        "<nav><a href=\"#now\">Where it is now</a><a href=\"#flow\">Flow</a><a "
        "href=\"#freeze\">Where it can be frozen</a>"
        "<a href=\"#watch\">Watch list</a><a href=\"#addresses\">Addresses</a><a "
        "href=\"#transactions\">Transactions</a>"
        "<a href=\"#method\">Method and limits</a><a href=\"#evidence\">Evidence</a></nav>\n";

    out += "<h2 id=\"now\">Where it is now</h2>";
    const std::vector<Place> places = places_of(page);
    if (places.empty()) {
        out += "<p>No resting place was found.</p>";
    } else {
        const double whole = page.whole.traced;
        out +=
            "<table><thead><tr><th>Place</th><th class=\"n\">Addresses</th><th class=\"n\">Stolen "
            "value</th><th class=\"n\">Share of all traced</th>"
            "<th></th></tr></thead><tbody>";
        for (const Place& place : places)
            out += format(
                "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
                "class=\"n\">{}</td>"
                "<td><div class=\"bar {}\"><i style=\"width:{:.1f}%\"></i></div></td></tr>",
                escape(place.name), grouped(place.addresses.size()),
                escape(page.amount(place.value)), whole > 0 ? percent(place.value / whole) : "",
                place.css, whole > 0 ? 100 * place.value / whole : 0.0);
        out += "</tbody></table>" + figures_words(page);
    }
    out += letters_section(page.input);
    out += "<h3>What is not known</h3>" + unknown_list(page);
    if (!page.input.notes.empty())
        out += "<h3>About the case</h3><div class=\"notes\">" + paragraphs(page.input.notes) +
               "</div>";
    out += words_list(page.input.words);
    if (!page.input.sources.empty()) {
        out += "<h3>Sources</h3><ul class=\"sources\">";
        for (const std::string& source : page.input.sources)
            out += "<li>" + safe(source, 600) + "</li>";
        out += "</ul>";
    }
    return out + "\n";
}

std::string flow_section(CasePage& page) {
    trace::LayoutParams params = flow_params(page.result);
    params.width = 1'100;  // As wide as the page, so that labels keep their size.
    params.height = 760;
    constexpr std::size_t kColumnsOfPage = 10;     // More are wider than a screen can show.
    constexpr std::size_t kColumnsOfPortrait = 3;  // More need a sheet of their own in print.
    constexpr double kSideOfPage = 60;
    const trace::FlowLayout layout = trace::lay_out(page.result, &page.input.context, params);
    SvgOptions options;
    options.embedded = true;
    options.title = "Flow: " + page.input.title;
    const bool wide = layout.columns.size() > kColumnsOfPage;
    std::string out = format(
        "<section{}><h2 id=\"flow\">Flow</h2><p>Ribbons are as wide as the stolen value they "
        "carry; what "
        "enters a node on the left leaves it on the right or rests there.{}</p>",
        layout.columns.size() > kColumnsOfPortrait ? " class=\"sheet\"" : "",
        layout.backward ? " Read it backward: the start is on the right, sources on the left."
                        : "");
    if (wide)
        out += format(
            "<style>@media screen and (min-width:{0:.0f}px){{.hint{{display:none}}}}</style>"
            "<p class=\"hint\">The picture has {1} columns and is wider than this window: scroll "
            "it "
            "sideways →</p>",
            layout.width + kSideOfPage, layout.columns.size());
    out +=
        format("<div class=\"flow{}\" style=\"--w:{:.0f}px\"{}>", wide ? " wide" : "", layout.width,
               wide ? " tabindex=\"0\" role=\"region\" aria-label=\"Flow, scrolls sideways\"" : "");
    out += flow_svg(page.result, layout, options) + "</div></section>\n";
    if (layout.nodes.empty()) return out;
    out +=
        "<h3>The same as a table</h3><table "
        "class=\"dense\"><thead><tr><th>Column</th><th>Node</th><th "
        "class=\"n\">Addresses</th><th class=\"n\">Passes</th>"
        "<th class=\"n\">Moves on</th><th class=\"n\">Rests</th><th class=\"n\">Stolen "
        "share</th></tr></thead><tbody>";
    for (const trace::FlowNode& node : layout.nodes) {
        const trace::Node& one = page.result.nodes[node.members.front()];
        const bool one_address = node.members.size() == 1;
        const bool named = !one_address || one.label;
        std::string name = named ? escape(node.name) : std::string{};
        if (node.category)
            name += format(" <span class=\"soft\">{}</span>", to_string(*node.category));
        if (one_address)
            name += std::string{named ? " " : ""} + "<code>" +
                    page.address(one.chain, one.address) + "</code>";
        out += format(
            "<tr><td>{}</td><td class=\"w\">{}</td><td class=\"n\">{}</td><td "
            "class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
            "<td class=\"n\">{}</td></tr>",
            escape(layout.columns[node.column].head), name, grouped(node.members.size()),
            escape(page.amount(node.through())), escape(page.amount(node.out + node.dust_out)),
            escape(page.amount(node.rest)), percent(node.taint));
    }
    out += "</tbody></table>";
    return out + "<p class=\"soft\">Amounts rounded for reading; the tables below are exact.</p>\n";
}

}  // namespace cordon::report
