// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_file.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "case_style.hpp"
#include "service.hpp"
#include "text.hpp"

namespace cordon::report {

CasePage::CasePage(const CaseInput& in)
    : input{in},
      result{in.result},
      money{in.context},
      scale{trace::ValueScale::make(in.result, &in.context)},
      whole{whole_of(in.result, scale)},
      evidence_hash{evidence_sha256(in.evidence)},
      endpoints{in.result.endpoints.all()} {
    std::map<ServiceId, ServiceGroup> groups;
    std::set<std::pair<ChainId, Address>> ends;
    for (const trace::Endpoint& end : endpoints) {
        ends.emplace(end.chain, end.address);
        if (end.stop != trace::Stop::kLabel || !end.label) {
            resting.push_back(&end);
            continue;
        }
        const auto [known, fresh] = groups.try_emplace(service_id(*end.label));
        ServiceGroup& group = known->second;
        if (fresh) {
            group.name = service_name(*end.label);
            group.category = end.label->category;
        }
        group.category = main_category(group.category, end.label->category);
        group.ends.push_back(&end);
        group.value += value(end);
    }
    for (auto& [key, group] : groups) services.push_back(std::move(group));
    std::stable_sort(services.begin(), services.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    const auto by_value = [this](const trace::Endpoint* a, const trace::Endpoint* b) {
        return value(*a) > value(*b);
    };
    for (ServiceGroup& group : services)
        std::stable_sort(group.ends.begin(), group.ends.end(), by_value);
    std::stable_sort(resting.begin(), resting.end(), by_value);
    for (std::size_t i = 0; i < std::min(result.nodes.size(), in.max_rows); ++i) {
        const trace::Node node = result.nodes[i];
        numbers[{node.chain, node.address}] = i + 1;
    }
    for (uint32_t i = 0; i < result.edges.size(); ++i) {
        const trace::Edge& edge = result.edges[i];
        const std::pair to{edge.arrives_on(), edge.to};
        if (ends.contains(to)) arrivals[to].push_back(i);
    }
}

std::string CasePage::address(ChainId chain, const Address& address) const {
    return escape(chain::display_address(chain, address));
}

std::string CasePage::brief(ChainId chain, const Address& address) const {
    const auto it = numbers.find({chain, address});
    const std::string full = chain::display_address(chain, address);
    if (it == numbers.end()) return escape(full);
    return format("<a href=\"#a{0}\" title=\"{1}\">{0}<i>{2}</i></a>", it->second, escape(full),
                  escape(shortened(full)));
}

std::string CasePage::amount(double value) const {
    // From here on nobody reads parts of a unit; below, two decimals say enough.
    constexpr double kWhole = 100'000;
    constexpr double kMost = 1e15;
    const bool usd = scale.unit() == trace::ValueScale::Unit::kUsd;
    if (scale.unit() == trace::ValueScale::Unit::kShare || value < 1 || value >= kMost)
        return scale.text_with_unit(value);
    if (usd) return usd_text(value);
    std::string digits = value >= kWhole ? grouped(static_cast<uint64_t>(std::llround(value)))
                                         : format("{:.2f}", value);
    if (value < kWhole) {
        while (digits.back() == '0') digits.pop_back();
        if (digits.back() == '.') digits.pop_back();
        const std::size_t point = std::min(digits.find('.'), digits.size());
        if (point > 3) digits.insert(point - 3, ",");
    }
    return digits + " " + scale.unit_name();
}

namespace {

/// Ends of sentences: a point, then a capital letter or a quotation mark; not after one letter or a
/// number ("U. S.", "No. 5" stay together).
std::vector<std::string_view> sentences(std::string_view line) {
    std::vector<std::string_view> out;
    std::size_t begin = 0;
    for (std::size_t i = 2; i + 2 < line.size(); ++i) {
        if (line[i] != '.' || line[i + 1] != ' ') continue;
        const char next = line[i + 2];
        const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == ')' || c == '"'; };
        if (!((next >= 'A' && next <= 'Z') || next == '"') || !letter(line[i - 1]) ||
            !(letter(line[i - 2]) || (line[i - 2] >= 'A' && line[i - 2] <= 'Z')))
            continue;
        out.push_back(line.substr(begin, i + 1 - begin));
        begin = i + 2;
    }
    out.push_back(line.substr(begin));
    return out;
}

}  // namespace

std::string paragraphs(std::string_view text) {
    constexpr std::size_t kEnough = 300;  // Four lines on the page.
    constexpr std::size_t kLimit = 4'000;
    constexpr std::size_t kListed = 3;
    std::string out;
    std::string open;
    const auto close = [&] {
        if (!open.empty()) out += "<p>" + open + "</p>";
        open.clear();
    };
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = clean_text(text.substr(begin, end - begin), kLimit);
        begin = end + 1;
        for (const std::string_view sentence : sentences(line)) {
            const std::size_t colon = sentence.find(": ");
            std::vector<std::string_view> items;
            if (colon != std::string_view::npos) {
                std::string_view rest = sentence.substr(colon + 2);
                for (std::size_t at; (at = rest.find("; ")) != std::string_view::npos;) {
                    items.push_back(rest.substr(0, at + 1));
                    rest.remove_prefix(at + 2);
                }
                items.push_back(rest);
            }
            const bool list = items.size() >= kListed;
            const std::string_view head = list ? sentence.substr(0, colon + 1) : sentence;
            if (open.size() >= kEnough || (list && open.size() >= kEnough / 2)) close();
            open += (open.empty() ? "" : " ") + escape(head);
            if (!list) continue;
            close();
            out += "<ul>";
            for (const std::string_view item : items) out += "<li>" + escape(item) + "</li>";
            out += "</ul>";
        }
        close();
    }
    return out;
}

std::string cut_note(std::size_t shown, std::size_t all, std::string_view what) {
    if (shown >= all) return {};
    return format("<p class=\"mark\">{} further {} in result.json.</p>", grouped(all - shown),
                  what);
}

namespace {

/// Sections have anchors; those of a further trace get a prefix, so that each stands once. Quotes
/// in text from outside are escaped: what looks like an anchor is one.
Sink anchored(const Sink& sink, const std::string& prefix) {
    return [&sink, prefix](std::string_view piece) {
        std::string out;
        for (std::size_t at = 0;;) {
            std::size_t next = piece.size(), size = 0;
            for (const std::string_view mark : {" id=\"", "href=\"#"})
                if (const std::size_t found = piece.find(mark, at); found < next)
                    next = found, size = mark.size();
            out += piece.substr(at, next + size - at);
            if (size == 0) return sink(out);
            out += prefix;
            at = next + size;
        }
    };
}

/// All that one trace shows.
Status write_trace(CasePage& page, const Sink& sink) {
    CORDON_TRY(sink(story_section(page)));
    CORDON_TRY(sink(flow_section(page)));
    CORDON_TRY(sink(patterns_section(page)));
    CORDON_TRY(sink(freeze_section(page)));
    CORDON_TRY(sink(watch_section(page)));
    CORDON_TRY(table_sections(page, sink));
    return sink(method_section(page));
}

std::string trace_heading(std::size_t number, const std::string& name) {
    return format("<h1 class=\"part\">Trace {}{}</h1>\n", number,
                  name.empty() ? "" : ": " + safe(name, 160));
}

}  // namespace

Status write_case_file(const CaseInput& input, const Sink& sink) {
    CasePage page{input};
    const std::string title = safe(input.title.empty() ? "Case" : input.title, 160);
    CORDON_TRY(
        sink("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'unsafe-inline'; "
             "base-uri 'none'; form-action 'none'\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<meta name=\"referrer\" content=\"no-referrer\"><title>" +
             title + " – case file</title><style>" + case_style(input.title, page.evidence_hash) +
             "</style></head>\n<body><main>\n<p class=\"kicker\">Case file" +
             (input.id.empty() ? "" : " " + safe(input.id, 60)) + "</p><h1>" + title + "</h1>\n"));
    if (!input.more.empty()) CORDON_TRY(sink(trace_heading(1, input.name)));
    CORDON_TRY(write_trace(page, sink));
    for (std::size_t i = 0; i < input.more.size(); ++i) {
        const CaseTrace& trace = input.more[i];
        CORDON_TRY(sink(trace_heading(i + 2, trace.name)));
        const CaseInput part{.title = input.title,
                             .notes = {},
                             .sources = {},
                             .result = trace.result,
                             .context = trace.context,
                             .evidence = {},
                             .max_rows = input.max_rows};
        CasePage more{part};
        CORDON_TRY(write_trace(more, anchored(sink, format("t{}-", i + 2))));
    }
    CORDON_TRY(sink(log_section(input)));
    CORDON_TRY(sink(evidence_section(page)));
    return sink("</main></body></html>\n");
}

}  // namespace cordon::report
